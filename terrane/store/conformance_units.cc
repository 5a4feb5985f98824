#include <atomic>
#include <thread>

#include "terrane/store/units_model_testing.h"

// What engines promise that are atomic across units.

namespace terrane {

#define SKIP_UNLESS_ATOMIC_ACROSS_UNITS() \
  if (!engine_->traits().atomic_across_units) GTEST_SKIP() << "atomic per unit only"

TEST_P(EngineConformance, AConditionHoldsBackTheChangesOfOtherUnits) {
  SKIP_UNLESS_ATOMIC_ACROSS_UNITS();
  put("a", "1");
  Batch refused;
  refused.require(kUnitA, "a", "2");
  refused.put(kUnitB, "b", "1");
  EXPECT_TRUE(fails_with(engine_->write(refused, Durability::kFsync), ErrorCode::kConflict));
  refused.put(kUnitA, "c", "1");
  EXPECT_TRUE(fails_with(engine_->write(std::move(refused), Durability::kFsync), ErrorCode::kConflict));
  EXPECT_EQ(get("b", kUnitB), std::nullopt);
  EXPECT_EQ(get("c"), std::nullopt);
  Batch taken;
  taken.require(kUnitA, "a", "1");
  taken.require(kUnitB, "b", std::nullopt);
  taken.put(kUnitB, "b", "1");
  ASSERT_TRUE(is_ok(engine_->write(std::move(taken), Durability::kFsync)));
  EXPECT_EQ(get("b", kUnitB), "1");
  Batch nothing;  // conditions alone
  nothing.require(kUnitA, "a", "1");
  nothing.require(kUnitB, "b", "1");
  EXPECT_TRUE(is_ok(engine_->write(std::move(nothing), Durability::kBuffered)));
}

TEST_P(EngineConformance, ARangeTakesNothingThatOtherUnitsPutAfterIt) {
  SKIP_UNLESS_ATOMIC_ACROSS_UNITS();
  put("a", "1");
  put("z", "1");
  Batch batch;
  batch.put(kUnitB, "\xff", "of this batch");
  batch.erase_range(kUnitA, kFirst, kLast);
  batch.put(kUnitB, "m", "2");
  batch.put(kUnitA, "n", "2");
  ASSERT_TRUE(is_ok(engine_->write(std::move(batch), Durability::kFsync)));
  Content b{{"m", "2"}}, all{{"m", "2"}, {"n", "2"}};
  if (engine_->traits().one_keyspace) {
    EXPECT_EQ(content(*engine_, kUnitA), all);
  } else {
    EXPECT_EQ(content(*engine_, kUnitA), (Content{{"n", "2"}}));
    b["\xff"] = "of this batch";
    EXPECT_EQ(content(*engine_, kUnitB), b);
  }
}

TEST_P(EngineConformance, TakesLargeBatchesOverUnits) {
  SKIP_UNLESS_ATOMIC_ACROSS_UNITS();
  Batch batch;
  for (std::uint64_t i = 0; i < 8; ++i) batch.put(unit_of(i), test_key(i), test_value(i, 3 << 20));
  for (std::uint64_t i = 8; i < 5000; ++i) batch.put(unit_of(i), test_key(i), test_value(i, 100));
  ASSERT_TRUE(is_ok(engine_->write(std::move(batch), Durability::kFsync)));
  if (can_reopen()) {
    ASSERT_NO_FATAL_FAILURE(reopen());
  }
  const auto snapshot = engine_->snapshot().value();
  for (std::uint64_t i = 0; i < 5000; ++i) {
    const auto value = snapshot->get(unit_of(i), test_key(i));
    ASSERT_TRUE(is_ok(value));
    ASSERT_TRUE(*value == test_value(i, i < 8 ? 3 << 20 : 100)) << i;
  }
}

TEST_P(EngineConformance, AgreesWithAMapOverRandomBatchesOfUnits) {
  SKIP_UNLESS_ATOMIC_ACROSS_UNITS();
  const std::uint64_t seed = 20250;
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  UnitsModel model(engine_->traits().one_keyspace);
  std::vector<std::pair<std::shared_ptr<const Snapshot>, UnitsModel>> old;
  std::uint64_t version = engine_->snapshot().value()->version();
  for (int step = 0; step < 500; ++step) {
    SCOPED_TRACE("step " + std::to_string(step));
    RandomBatch next = random_batch(random, model);
    const Durability durability = random.below(10) == 0 ? Durability::kFsync : Durability::kBuffered;
    const Status status = engine_->write(next.batch, durability);
    ASSERT_TRUE(next.conflict ? fails_with(status, ErrorCode::kConflict) : is_ok(status));
    const UnitsModel before = model;
    if (!next.conflict) model.apply(next.batch);
    auto snapshot = engine_->snapshot().value();
    ASSERT_GE(snapshot->version(), version);
    ASSERT_TRUE(model == before || snapshot->version() > version);
    version = snapshot->version();
    if (step % 5 == 0) {
      ASSERT_TRUE(agrees(*snapshot, model));
    }
    if (step % 23 == 0) old.emplace_back(snapshot, model);
    if (step % 97 == 96) {
      ASSERT_TRUE(is_ok(engine_->compact()));
    }
    if (step % 151 != 150) continue;
    for (const auto& [then, content_then] : old) ASSERT_TRUE(agrees(*then, content_then));
    old.clear();
    snapshot.reset();  // which would keep the engine open
    if (!can_reopen()) continue;
    ASSERT_NO_FATAL_FAILURE(reopen());
    EXPECT_EQ(engine_->snapshot().value()->version(), version);
  }
  EXPECT_TRUE(agrees(*engine_, model));
}

TEST_P(EngineThreads, ReadersSeeWholeBatchesOverUnits) {
  SKIP_UNLESS_ATOMIC_ACROSS_UNITS();
  constexpr std::uint64_t kBatches = 300, kKeys = 16;
  const auto write = [&](std::uint64_t n) {
    Batch batch;
    if (n % 3 == 0) batch.erase_range(unit_of(n), test_key(0), test_key(kKeys));
    for (std::uint64_t i = 0; i < kKeys; ++i) batch.put(unit_of(i), test_key(i), std::to_string(n));
    return engine_->write(std::move(batch), n % 50 == 0 ? Durability::kFsync : Durability::kBuffered);
  };
  ASSERT_TRUE(is_ok(write(0)));
  std::atomic<bool> done{false};
  const auto read = [&] {
    std::uint64_t last = 0, last_version = 0;
    for (bool more = true; more && !testing::Test::HasFailure();) {
      more = !done.load();
      const auto snapshot = engine_->snapshot().value();
      EXPECT_GE(snapshot->version(), last_version);
      last_version = snapshot->version();
      const std::string one = snapshot->get(unit_of(0), test_key(0)).value().value();
      for (std::uint64_t i = 0; i < kKeys; ++i) {
        const Content found = content(*snapshot, unit_of(i), test_key(i), test_key(i + 1));
        EXPECT_EQ(found, (Content{{test_key(i), one}}));
      }
      EXPECT_GE(std::stoull(one), last);
      last = std::stoull(one);
    }
  };
  // Beside them, batches of one unit that must neither be lost nor overtake.
  const auto write_alone = [&](std::uint64_t id) {
    for (std::uint64_t i = 0; i < kBatches; ++i) {
      Batch batch;
      batch.put(unit_of(id), test_key(kKeys + i * kUnits.size() + id), "1");
      EXPECT_TRUE(is_ok(engine_->write(std::move(batch), Durability::kBuffered)));
    }
  };
  std::thread a(read), b(read), c(write_alone, 1), d(write_alone, 2);
  for (std::uint64_t n = 1; n <= kBatches; ++n) EXPECT_TRUE(is_ok(write(n)));
  done = true;
  for (std::thread* thread : {&a, &b, &c, &d}) thread->join();
  EXPECT_EQ(get(test_key(0), unit_of(0)), std::to_string(kBatches));
  std::size_t alone = 0;
  for (std::uint64_t i = kKeys; i < kKeys + kBatches * kUnits.size(); ++i) {
    alone += get(test_key(i), unit_of(i)) ? 1 : 0;
  }
  EXPECT_EQ(alone, 2 * kBatches);
}

TEST_P(EngineThreads, ConditionalWritersOverUnitsLoseNoUpdate) {
  SKIP_UNLESS_ATOMIC_ACROSS_UNITS();
  constexpr int kThreads = 4, kEach = 40;
  put("counter", "0");
  const auto count = [&](int id) {
    for (int i = 0; i < kEach;) {
      const auto snapshot = engine_->snapshot().value();
      const std::string now = snapshot->get(kUnitA, "counter").value().value();
      EXPECT_EQ(snapshot->get(kUnitB, "mirror").value().value_or("0"), now);
      const std::string next = std::to_string(std::stoi(now) + 1);
      Batch batch;
      batch.require(kUnitA, "counter", now);
      batch.put(kUnitA, "counter", next);
      batch.put(kUnitB, "mirror", next);
      const Status status = engine_->write(std::move(batch), Durability::kBuffered);
      if (!status) {
        ASSERT_TRUE(fails_with(status, ErrorCode::kConflict));
        continue;
      }
      ++i;
      if (id != 0) continue;
      Batch alone;  // the condition is in another unit than the change
      alone.require(kUnitA, "never", std::nullopt);
      alone.put(kUnitB, test_key(static_cast<std::uint64_t>(i)), "1");
      EXPECT_TRUE(is_ok(engine_->write(std::move(alone), Durability::kBuffered)));
    }
  };
  std::vector<std::thread> threads;
  for (int id = 0; id < kThreads; ++id) threads.emplace_back(count, id);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(get("counter"), std::to_string(kThreads * kEach));
  EXPECT_EQ(get("mirror", kUnitB), std::to_string(kThreads * kEach));
}

}  // namespace terrane

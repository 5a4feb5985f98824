#include "terrane/store/staged_engine.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "terrane/base/rounds_testing.h"
#include "terrane/store/fault_engine.h"
#include "terrane/store/per_unit_engine_testing.h"
#include "terrane/store/staged_log.h"
#include "terrane/store/units_model_testing.h"

// Random batches and stops, and readers beside a writer.

namespace terrane {
namespace {

using Op = FaultEngine::Op;
using Shared = std::shared_ptr<Engine>;

std::unique_ptr<Engine> staged(std::unique_ptr<Engine> per_unit, std::size_t chunk_bytes = 100,
                               EngineMode mode = EngineMode::kWrite) {
  auto engine = open_staged_engine(std::move(per_unit), mode, {.chunk_bytes = chunk_bytes});
  EXPECT_TRUE(is_ok(engine));
  return *std::move(engine);
}

// Random batches, a fault somewhere, opened again, and on.
TEST(StagedEngine, AgreesWithAMapOverRandomBatchesAndStops) {
  for (std::uint64_t seed = 1; seed <= rounds<std::uint64_t>(400); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    const bool one_keyspace = random.below(2) == 0;
    const Shared inner = make_memory_engine();
    const auto per_unit = [&] { return std::make_unique<PerUnitEngine>(inner, one_keyspace); };
    UnitsModel model(one_keyspace), seen(one_keyspace);
    std::uint64_t version = 0;
    for (int life = 0; life < 6; ++life) {
      auto faults = std::make_unique<FaultEngine>(per_unit());
      FaultEngine& fault = *faults;
      const auto engine = staged(std::move(faults), 1 + random.below(300));
      const auto reader = staged(per_unit(), 1, EngineMode::kReadOnly);
      ASSERT_TRUE(agrees(*engine, model)) << "life " << life;
      const bool on_writes = random.below(2) == 0;
      fault.arm({.op = on_writes ? Op::kWrite : Op::kAny,
                 .nth = 1 + random.below(60),
                 .sticky = random.below(2) == 0,
                 .after_effect = random.below(2) == 0});
      for (int i = 0; i < 20; ++i) {
        const RandomBatch next = random_batch(random, model, 8);
        UnitsModel after = model;
        after.apply(next.batch);
        const auto durability = random.below(2) == 0 ? Durability::kFsync : Durability::kBuffered;
        const Status status = engine->write(next.batch, durability);
        if (status) {
          ASSERT_FALSE(next.conflict);
          model = std::move(after);
        } else if (!next.conflict) {
          ASSERT_TRUE(fails_with(status, ErrorCode::kIo));
          if (!agrees(*reader, model)) model = std::move(after);
        }
        ASSERT_TRUE(agrees(*reader, model)) << "life " << life << ", batch " << i;
        const std::uint64_t now = reader->snapshot().value()->version();
        ASSERT_TRUE(now > version || (now == version && model == seen)) << "life " << life << ", batch " << i;
        version = now;
        seen = model;
      }
      fault.disarm();
      ASSERT_TRUE(agrees(*engine, model)) << "life " << life;
    }
  }
}

TEST(StagedEngine, GoesOnByItselfAfterAFaultThatPassed) {
  const Shared inner = make_memory_engine();
  auto faults = std::make_unique<FaultEngine>(std::make_unique<PerUnitEngine>(inner));
  FaultEngine& fault = *faults;
  const auto engine = staged(std::move(faults));
  Batch batch;
  batch.put(kUnitA, "a", "1");
  batch.put(kUnitB, "b", "1");
  fault.arm({.op = Op::kWrite, .nth = 2});  // the log is written, the first part is not
  ASSERT_TRUE(is_ok(engine->write(batch, Durability::kFsync))) << "it was committed";
  EXPECT_EQ(content(*inner, kUnitA), Content{});
  EXPECT_EQ(content(*engine, kUnitA), (Content{{"a", "1"}}));
  EXPECT_EQ(content(*engine, kUnitB), (Content{{"b", "1"}}));
  EXPECT_EQ(content(*engine, staged::log_unit()), Content{});
  Batch next;
  next.require(kUnitA, "a", "1");
  next.put(kUnitA, "a", "2");
  ASSERT_TRUE(is_ok(engine->write(std::move(next), Durability::kFsync)));
  EXPECT_EQ(content(*inner, kUnitA), (Content{{"a", "2"}}));
  EXPECT_EQ(content(*inner, kUnitB), (Content{{"b", "1"}}));
}

TEST(StagedEngine, CostsTwoWritesMoreThanUnits) {
  auto faults = std::make_unique<FaultEngine>(std::make_unique<PerUnitEngine>(make_memory_engine()));
  const FaultEngine& calls = *faults;  // counts them
  const auto engine = staged(std::move(faults), StagedEngineOptions().chunk_bytes);
  struct Counts {
    std::uint64_t all, writes;
  };
  const auto cost = [&](const auto& work) {
    const Counts before{calls.count(Op::kAny), calls.count(Op::kWrite)};
    EXPECT_TRUE(is_ok(work()));
    return std::pair(calls.count(Op::kAny) - before.all, calls.count(Op::kWrite) - before.writes);
  };
  Batch alone, across;
  for (std::uint64_t i = 0; i < 100; ++i) {
    alone.put(kUnitA, test_key(4 * i), "1");
    across.put(unit_of(i), test_key(i), "2");
  }
  alone.require(kUnitA, "never", std::nullopt);
  EXPECT_EQ(cost([&] { return engine->write(alone, Durability::kFsync); }), std::pair(1ul, 1ul));
  const std::uint64_t writes = kUnits.size() + 2;
  EXPECT_EQ(cost([&] { return engine->write(across, Durability::kFsync); }), std::pair(writes + 1, writes));
  EXPECT_EQ(cost([&] { return engine->snapshot(); }), std::pair(1ul, 0ul));
  const auto snapshot = engine->snapshot().value();
  EXPECT_EQ(cost([&] { return snapshot->get(kUnitA, "a"); }), std::pair(1ul, 0ul));
}

TEST(StagedEngine, RefusesTheKeysOfItsLog) {
  const auto engine = staged(std::make_unique<PerUnitEngine>(make_memory_engine()));
  const std::string key = std::string(staged::kLogBegin) + "x";
  for (const Unit unit : {kUnitA, staged::log_unit()}) {
    Batch put, erase, range;
    put.put(unit, key, "1");
    erase.erase(unit, key);
    range.erase_range(staged::log_unit(), "a", "b");
    for (Batch* batch : {&put, &erase, &range}) {
      EXPECT_TRUE(fails_with(engine->write(*batch, Durability::kBuffered), ErrorCode::kInvalid));
    }
  }
  Batch beside;
  beside.put(kUnitA, std::string(staged::kLogEnd), "1");
  beside.put(kUnitB, "\xff", "1");
  EXPECT_TRUE(is_ok(engine->write(std::move(beside), Durability::kBuffered)));
}

TEST(StagedEngine, AReaderWritesNothing) {
  const Shared inner = make_memory_engine();
  auto faults = std::make_unique<FaultEngine>(std::make_unique<PerUnitEngine>(inner));
  FaultEngine& fault = *faults;
  Batch batch;
  batch.put(kUnitA, "a", "1");
  batch.put(kUnitB, "b", "1");
  {
    const auto engine = staged(std::move(faults));
    fault.arm({.op = Op::kWrite, .nth = 2, .sticky = true});
    ASSERT_TRUE(is_ok(engine->write(batch, Durability::kFsync)));
    EXPECT_TRUE(fails_with(engine->write(batch, Durability::kFsync), ErrorCode::kIo));
  }
  const std::uint64_t version = inner->snapshot().value()->version();
  const auto reader = staged(std::make_unique<PerUnitEngine>(inner), 1, EngineMode::kReadOnly);
  EXPECT_TRUE(reader->traits().read_only);
  EXPECT_EQ(content(*reader, kUnitB), (Content{{"b", "1"}}));
  EXPECT_TRUE(fails_with(reader->write(batch, Durability::kFsync), ErrorCode::kInvalid));
  EXPECT_EQ(inner->snapshot().value()->version(), version);
  // A copy taken now has the batch in its log.
  const ScratchDirectory scratch;
  ASSERT_TRUE(is_ok(reader->checkpoint(scratch.path("copy"))));
  auto copy = open_memory_checkpoint(scratch.path("copy"));
  ASSERT_TRUE(is_ok(copy));
  const auto opened = staged(std::make_unique<PerUnitEngine>(*std::move(copy)));
  EXPECT_EQ(content(*opened, kUnitA), (Content{{"a", "1"}}));
  EXPECT_EQ(content(*opened, kUnitB), (Content{{"b", "1"}}));
}

// Looks at every state of the engine within, the log in use or not.
TEST(StagedEngine, AReaderBesideAWriterSeesWholeBatches) {
  for (const bool one_keyspace : {false, true}) {
    SCOPED_TRACE(one_keyspace);
    const Shared inner = make_memory_engine();
    const auto per_unit = [&] { return std::make_unique<PerUnitEngine>(inner, one_keyspace); };
    constexpr std::uint64_t kKeys = 16;
    const auto engine = staged(per_unit(), 64);
    const auto write = [&](std::uint64_t n) {
      Batch batch;
      if (n % 3 == 0) batch.erase_range(unit_of(n), kFirst, kLast);
      for (std::uint64_t i = 0; i < kKeys; ++i) batch.put(unit_of(i), test_key(i), std::to_string(n));
      EXPECT_TRUE(is_ok(engine->write(std::move(batch), Durability::kBuffered)));
    };
    write(0);
    std::atomic<bool> done{false};
    std::thread writing([&] {
      for (std::uint64_t n = 1; n <= 500; ++n) write(n);
      done = true;
    });
    const auto reader = staged(per_unit(), 1, EngineMode::kReadOnly);
    std::uint64_t last = 0;
    while (!done && !testing::Test::HasFailure()) {
      const auto snapshot = reader->snapshot().value();
      const std::string one = snapshot->get(unit_of(0), test_key(0)).value().value_or("none");
      std::vector<Snapshot::Seek> seeks;
      for (std::uint64_t i = 0; i < kKeys; ++i) seeks.push_back({unit_of(i), test_key(i), test_key(i + 1)});
      EXPECT_TRUE(is_ok(snapshot->seek_many(seeks, [&](std::size_t i, const Snapshot::Entry& entry) {
        EXPECT_TRUE(entry.found && entry.key == test_key(i) && entry.value == one) << i;
        return ok();
      })));
      std::size_t keys = 0;
      for (const Unit unit : kUnits) {
        for (const auto& [key, value] : content(*snapshot, unit)) keys += value == one ? 1u : 0u;
      }
      EXPECT_EQ(keys, one_keyspace ? kKeys * kUnits.size() : kKeys);
      EXPECT_GE(std::stoull(one), last);
      last = std::stoull(one);
    }
    writing.join();
  }
}

}  // namespace
}  // namespace terrane

#include <atomic>
#include <thread>

#include "terrane/store/conformance.h"

namespace terrane {

TEST_P(EngineThreads, ReadersSeeWholeBatchesWhileWritesGoOn) {
  constexpr std::uint64_t kBatches = 400;
  constexpr std::uint64_t kKeys = 24;
  const auto write = [&](std::uint64_t n) {
    Batch batch;
    if (n % 3 == 0) batch.erase_range(kUnitA, test_key(0), test_key(kKeys));
    for (std::uint64_t i = 0; i < kKeys; ++i) batch.put(kUnitA, test_key(i), std::to_string(n));
    return engine_->write(std::move(batch), Durability::kBuffered);
  };
  ASSERT_TRUE(is_ok(write(0)));
  std::atomic<bool> done{false};
  const auto read = [&] {
    std::uint64_t last = 0, reads = 0;
    for (bool more = true; more; ++reads) {
      more = !done.load();
      const auto snapshot = engine_->snapshot().value();
      EXPECT_GE(snapshot->version(), last);
      last = snapshot->version();
      const Content all = content(*snapshot);
      EXPECT_EQ(all.size(), kKeys);
      for (const auto& [key, value] : all) EXPECT_EQ(value, all.begin()->second);
      EXPECT_EQ(snapshot->get(kUnitA, test_key(3)).value(), all.begin()->second);
      if (testing::Test::HasFailure()) break;
    }
    EXPECT_GT(reads, 0u);
  };
  std::thread a(read), b(read);
  for (std::uint64_t n = 1; n <= kBatches; ++n) {
    EXPECT_TRUE(is_ok(write(n)));
    if (n == kBatches / 2) {
      EXPECT_TRUE(is_ok(engine_->compact()));
    }
  }
  done = true;
  a.join();
  b.join();
  EXPECT_EQ(get(test_key(0)), std::to_string(kBatches));
}

TEST_P(EngineThreads, ConditionalWritersLoseNoUpdate) {
  constexpr int kThreads = 4, kEach = 50;
  put("counter", "0");
  std::atomic<int> conflicts{0};
  const auto count = [&](int id) {
    for (int i = 0; i < kEach;) {
      const std::string now = engine_->snapshot().value()->get(kUnitA, "counter").value().value();
      Batch batch;
      batch.require(kUnitA, "counter", now);
      batch.put(kUnitA, "counter", std::to_string(std::stoi(now) + 1));
      batch.put(kUnitA, test_key(static_cast<std::uint64_t>(id * kEach + i)), now);
      // Slow writes leave room between look and write.
      const Durability durability = i % 2 == 0 ? Durability::kFsync : Durability::kBuffered;
      const Status status = engine_->write(std::move(batch), durability);
      if (status) {
        ++i;
      } else {
        ASSERT_TRUE(fails_with(status, ErrorCode::kConflict));
        ++conflicts;
      }
    }
  };
  std::vector<std::thread> threads;
  for (int id = 0; id < kThreads; ++id) threads.emplace_back(count, id);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(get("counter"), std::to_string(kThreads * kEach));
  EXPECT_EQ(content(*engine_).size(), 1u + kThreads * kEach);
}

TEST_P(EngineThreads, WritersOfAllKindsGoTogether) {
  constexpr std::uint64_t kThreads = 4, kEach = 60;
  const auto work = [&](std::uint64_t id) {
    for (std::uint64_t i = 0; i < kEach; ++i) {
      const std::string key = test_key(id * 1000 + i);
      Batch batch;
      batch.put(kUnitA, key, "1");
      if (i % 3 == 1) batch.require(kUnitA, key, std::nullopt);
      if (i % 3 == 2) batch.erase_range(kUnitA, test_key(id * 1000 + i - 1), key);
      const Durability durability = i % 10 == 0 ? Durability::kFsync : Durability::kBuffered;
      EXPECT_TRUE(is_ok(engine_->write(std::move(batch), durability)));
    }
  };
  std::vector<std::thread> threads;
  for (std::uint64_t id = 0; id < kThreads; ++id) threads.emplace_back(work, id);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(content(*engine_).size(), kThreads * kEach * 2 / 3);
}

}  // namespace terrane

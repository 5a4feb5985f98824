#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "terrane/base/bytes.h"
#include "terrane/base/executor.h"
#include "terrane/base/hash.h"
#include "terrane/base/task.h"

namespace terrane {
namespace {

TEST(Bytes, WhatIsWrittenIsRead) {
  std::string out;
  ByteWriter writer(out);
  writer.fixed<std::uint32_t>(0xdeadbeef);
  for (std::uint64_t v : {0ULL, 127ULL, 128ULL, ~0ULL}) writer.varint(v);
  writer.signed_varint(-5);
  writer.string("abc");
  ByteReader reader(out);
  EXPECT_EQ(reader.fixed<std::uint32_t>(), 0xdeadbeef);
  for (std::uint64_t v : {0ULL, 127ULL, 128ULL, ~0ULL}) EXPECT_EQ(reader.varint(), v);
  EXPECT_EQ(reader.signed_varint(), -5);
  EXPECT_EQ(reader.string(), "abc");
  EXPECT_TRUE(reader.finished());
}

TEST(Bytes, ReaderStaysFailedAfterTheEnd) {
  ByteReader reader(std::string_view("\x01\x02"));
  EXPECT_EQ(reader.fixed<std::uint32_t>(), 0u);
  EXPECT_TRUE(reader.failed());
  EXPECT_EQ(reader.fixed<std::uint8_t>(), 0u);
  EXPECT_FALSE(reader.finished());
}

TEST(Bytes, ReaderRejectsAnOverlongVarint) {
  ByteReader reader(std::string_view("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"));
  (void)reader.varint();
  EXPECT_TRUE(reader.failed());
}

TEST(Hash, IsXxh3) {
  // Published for XXH3_64bits of no bytes with seed 0.
  EXPECT_EQ(hash64({}), 0x2d06800538d394c2ULL);
}

TEST(Random, IsSplitMix64) {
  Random random(0);
  EXPECT_EQ(random.next(), 0xe220a8397b1dcdafULL);
}

TEST(ParallelFor, VisitsEachIndexOnce) {
  ThreadPool pool(4);
  std::vector<std::atomic<int>> seen(1000);
  ASSERT_TRUE(parallel_for(pool, seen.size(), [&](std::size_t i) {
    ++seen[i];
    return ok();
  }));
  for (auto& s : seen) EXPECT_EQ(s.load(), 1);
}

TEST(ParallelFor, NestsWithoutDeadlock) {
  ThreadPool pool(2);
  std::atomic<int> sum = 0;
  ASSERT_TRUE(parallel_for(pool, 16, [&](std::size_t) {
    return parallel_for(pool, 16, [&](std::size_t) {
      ++sum;
      return ok();
    });
  }));
  EXPECT_EQ(sum.load(), 256);
}

TEST(ParallelFor, TheLowestFailureWins) {
  InlineExecutor inline_executor;
  const Status status = parallel_for(inline_executor, 10, [&](std::size_t i) -> Status {
    if (i >= 3) return invalid(std::to_string(i));
    return ok();
  });
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().message, "3");
}

TEST(ParallelFor, AnExceptionBecomesAnError) {
  InlineExecutor inline_executor;
  const Status status =
      parallel_for(inline_executor, 1, [](std::size_t) -> Status { throw std::runtime_error("oops"); });
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kInternal);
}

TEST(Task, StopsOnRequestAndAtTheDeadline) {
  std::stop_source source;
  Task task{.stop = source.get_token()};
  EXPECT_TRUE(task.check());
  source.request_stop();
  EXPECT_EQ(task.check().error().code, ErrorCode::kCancelled);

  ManualClock clock;
  Task timed;
  timed.clock = &clock;
  timed.deadline = clock.now() + std::chrono::seconds(1);
  EXPECT_TRUE(timed.check());
  clock.advance(std::chrono::seconds(1));
  EXPECT_EQ(timed.check().error().code, ErrorCode::kCancelled);
}

}  // namespace
}  // namespace terrane

#include <gtest/gtest.h>
#include <sys/mount.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <thread>

#include <rocksdb/perf_context.h>
#include <rocksdb/perf_level.h>
#include <rocksdb/write_batch.h>

#include "terrane/base/rounds_testing.h"
#include "terrane/store/conformance.h"
#include "terrane/store/engines.h"
#include "terrane/store/rocks_database.h"

// What RocksDB's engine promises beyond the suite: how it opens, who locks whom, readers beside a writer.

namespace terrane {

namespace {

namespace fs = std::filesystem;

constexpr RocksEngineOptions kSmall{.block_cache_bytes = 64 << 10, .write_buffer_bytes = 64 << 10};

std::unique_ptr<Engine> open(const std::string& path, EngineMode mode, RocksEngineOptions options = {}) {
  auto engine = open_rocks_engine(path, mode, options);
  EXPECT_TRUE(is_ok(engine));
  return engine ? *std::move(engine) : nullptr;
}

void put(Engine& engine, const std::string& key, const std::string& value) {
  Batch batch;
  batch.put(kUnitA, key, value);
  ASSERT_TRUE(is_ok(engine.write(std::move(batch), Durability::kBuffered)));
}

// Names, sizes and times of all files.
std::map<std::string, std::string> listing(const std::string& path) {
  std::map<std::string, std::string> out;
  for (const fs::directory_entry& entry : fs::directory_iterator(path)) {
    out[entry.path().filename()] = std::to_string(entry.file_size()) + " " +
                                   std::to_string(entry.last_write_time().time_since_epoch().count());
  }
  return out;
}

}  // namespace

TEST(RocksEngineOpen, CreateRefusesADirectoryThatHoldsADatabase) {
  const ScratchDirectory scratch;
  put(*open(scratch.path("s"), EngineMode::kCreate), "a", "1");
  EXPECT_TRUE(fails_with(open_rocks_engine(scratch.path("s"), EngineMode::kCreate), ErrorCode::kInvalid));
  EXPECT_EQ(content(*open(scratch.path("s"), EngineMode::kWrite)), (Content{{"a", "1"}}));
}

TEST(RocksEngineOpen, CreateTakesAnEmptyDirectoryAndRefusesAFile) {
  const ScratchDirectory scratch;
  fs::create_directory(scratch.path("empty"));
  EXPECT_NE(open(scratch.path("empty"), EngineMode::kCreate), nullptr);
  std::ofstream(scratch.path("file")) << "text";
  EXPECT_TRUE(fails_with(open_rocks_engine(scratch.path("file"), EngineMode::kCreate), ErrorCode::kInvalid));
  EXPECT_FALSE(open_rocks_engine(scratch.path("no/such/parent"), EngineMode::kCreate));
}

TEST(RocksEngineOpen, WhatIsNotThereIsNotFoundAndNotMade) {
  const ScratchDirectory scratch;
  fs::create_directory(scratch.path("empty"));
  std::ofstream(scratch.path("file")) << "text";
  for (const EngineMode mode : {EngineMode::kWrite, EngineMode::kReadOnly}) {
    for (const char* name : {"absent", "empty", "file", "file/below", "absent/below"}) {
      SCOPED_TRACE(name);
      const auto engine = open_rocks_engine(scratch.path(name), mode);
      ASSERT_TRUE(fails_with(engine, ErrorCode::kNotFound));
      EXPECT_NE(engine.error().message.find(scratch.path(name)), std::string::npos);
    }
  }
  EXPECT_FALSE(fs::exists(scratch.path("absent")));
  EXPECT_TRUE(fs::is_empty(scratch.path("empty")));
}

TEST(RocksEngineOpen, ASecondWriterInTheProcessIsRefused) {
  const ScratchDirectory scratch;
  auto first = open(scratch.path("s"), EngineMode::kCreate);
  const auto second = open_rocks_engine(scratch.path("s"), EngineMode::kWrite);
  ASSERT_TRUE(fails_with(second, ErrorCode::kLocked));
  EXPECT_NE(second.error().message.find("is open for writing"), std::string::npos) << second.error().message;
  EXPECT_NE(second.error().message.find("close it or open read-only"), std::string::npos);
  put(*first, "a", "1");
  first.reset();
  EXPECT_EQ(content(*open(scratch.path("s"), EngineMode::kWrite)), (Content{{"a", "1"}}));
}

TEST(RocksEngineOpen, AnEmptyStoreStaysSmall) {
  const ScratchDirectory scratch;
  for (int i = 0; i < 10; ++i) open(scratch.path("s"), i == 0 ? EngineMode::kCreate : EngineMode::kWrite);
  for (const auto& [name, about] : listing(scratch.path("s"))) EXPECT_FALSE(name.starts_with("LOG")) << name;
  EXPECT_LT(directory_bytes(scratch.path("s")).value(), 100u << 10);
}

TEST(RocksReader, SeesTheStateAtOpenAndNewerOnesAfterRefresh) {
  const ScratchDirectory scratch;
  auto writer = open(scratch.path("s"), EngineMode::kCreate);
  put(*writer, "a", "1");
  auto reader = open(scratch.path("s"), EngineMode::kReadOnly);
  EXPECT_TRUE(reader->traits().read_only);
  EXPECT_TRUE(reader->traits().one_keyspace);
  const auto old = reader->snapshot().value();
  EXPECT_EQ(old->version(), writer->snapshot().value()->version());

  put(*writer, "b", "2");
  EXPECT_EQ(content(*reader), (Content{{"a", "1"}}));
  ASSERT_TRUE(is_ok(reader->refresh()));
  EXPECT_EQ(content(*reader), (Content{{"a", "1"}, {"b", "2"}}));
  EXPECT_EQ(reader->snapshot().value()->version(), writer->snapshot().value()->version());

  Batch batch;
  batch.erase_range(kUnitA, kFirst, kLast);
  ASSERT_TRUE(is_ok(writer->write(std::move(batch), Durability::kBuffered)));
  ASSERT_TRUE(is_ok(writer->compact()));
  ASSERT_TRUE(is_ok(reader->refresh()));
  EXPECT_EQ(content(*reader), Content{});
  EXPECT_EQ(content(*old), (Content{{"a", "1"}})) << "a snapshot outlives refreshes and removed files";
  ASSERT_TRUE(is_ok(reader->refresh()));
  writer.reset();
  ASSERT_TRUE(is_ok(reader->refresh()));
  EXPECT_EQ(content(*reader), Content{});
}

TEST(RocksReader, RefusesToWrite) {
  const ScratchDirectory scratch;
  put(*open(scratch.path("s"), EngineMode::kCreate), "a", "1");
  auto reader = open(scratch.path("s"), EngineMode::kReadOnly);
  Batch batch;
  batch.put(kUnitA, "b", "2");
  EXPECT_TRUE(fails_with(reader->write(std::move(batch), Durability::kFsync), ErrorCode::kInvalid));
  EXPECT_TRUE(fails_with(reader->compact(), ErrorCode::kInvalid));
  EXPECT_TRUE(fails_with(reader->checkpoint(scratch.path("copy")), ErrorCode::kInvalid));
  EXPECT_EQ(content(*reader), (Content{{"a", "1"}}));
  EXPECT_GT(reader->disk_bytes().value(), 0u);
}

TEST(RocksReader, WritesNothingIntoTheDirectory) {
  const ScratchDirectory scratch;
  {
    auto writer = open(scratch.path("s"), EngineMode::kCreate);
    put(*writer, "a", "1");
    ASSERT_TRUE(is_ok(writer->compact()));
    put(*writer, "b", "2");  // in the log
  }
  const auto before = listing(scratch.path("s"));
  {
    auto reader = open(scratch.path("s"), EngineMode::kReadOnly);
    EXPECT_EQ(content(*reader).size(), 2u);
    ASSERT_TRUE(is_ok(reader->refresh()));
  }
  EXPECT_EQ(listing(scratch.path("s")), before);
}

TEST(RocksReader, OpensOnAReadOnlyMount) {
  const ScratchDirectory scratch;
  const std::string mount = scratch.path("mount");
  fs::create_directory(mount);
  if (::mount("tmpfs", mount.c_str(), "tmpfs", 0, "size=16m") != 0)
    GTEST_SKIP() << "mounting is not permitted";
  put(*open(mount + "/s", EngineMode::kCreate), "a", "1");
  EXPECT_EQ(::mount("tmpfs", mount.c_str(), "tmpfs", MS_REMOUNT | MS_RDONLY, "size=16m"), 0);
  EXPECT_EQ(content(*open(mount + "/s", EngineMode::kReadOnly)), (Content{{"a", "1"}}));
  EXPECT_TRUE(fails_with(open_rocks_engine(mount + "/s", EngineMode::kWrite), ErrorCode::kIo));
  EXPECT_EQ(::umount2(mount.c_str(), MNT_DETACH), 0);
}

// Each state that a reader opens must be one that was, and no older than the last batch before it opened:
// opened between the flush of a log and its removal it could lack some.
TEST(RocksReader, OpensBesideAWriterThatFlushesAndCompacts) {
  const ScratchDirectory scratch;
  auto writer = open(scratch.path("s"), EngineMode::kCreate, kSmall);
  constexpr std::uint64_t kKeys = 40;
  std::atomic<std::uint64_t> acknowledged{0};
  std::atomic<bool> done{false};
  const auto write = [&](std::uint64_t n) {
    Batch batch;
    if (n % 50 == 0) batch.erase_range(kUnitA, kFirst, kLast);
    for (std::uint64_t i = 0; i < kKeys; ++i) {
      batch.put(kUnitA, test_key(i), std::to_string(n) + " " + test_value(n + i, 200));
    }
    EXPECT_TRUE(is_ok(writer->write(std::move(batch), Durability::kBuffered)));
    acknowledged = n;
  };
  write(1);
  auto reader = open(scratch.path("s"), EngineMode::kReadOnly, kSmall);
  // The writer goes at its own pace, but only so far in each round: on a slow machine it would win every
  // race.
  std::atomic<std::uint64_t> allowed{0};
  std::thread writing([&] {
    for (std::uint64_t n = 2; !done;) {
      if (n < allowed) {
        write(n++);
      } else {
        std::this_thread::yield();
      }
    }
  });
  const auto check = [&](const Engine& engine, std::uint64_t at_least) {
    const Content all = content(engine);
    ASSERT_EQ(all.size(), kKeys);
    const std::uint64_t n = std::stoull(all.begin()->second);
    EXPECT_GE(n, at_least);
    std::uint64_t i = 0;
    for (const auto& [key, value] : all) EXPECT_EQ(value, std::to_string(n) + " " + test_value(n + i++, 200));
  };
  int opened = 0;
  for (int round = 0; round < 150 && !testing::Test::HasFailure(); ++round) {
    const std::uint64_t before = acknowledged;
    allowed = before + 100;
    Status status;
    if (round % 2 == 0) {
      status = reader->refresh();
    } else if (auto another = open_rocks_engine(scratch.path("s"), EngineMode::kReadOnly, kSmall)) {
      reader = *std::move(another);
    } else {
      status = std::move(another).error();
    }
    if (status) {
      check(*reader, before);
      ++opened;
    } else {
      EXPECT_TRUE(fails_with(status, ErrorCode::kConflict));  // on a slow machine the writer may win the race
    }
  }
  done = true;
  writing.join();
  ASSERT_TRUE(is_ok(reader->refresh()));
  check(*reader, acknowledged);
  RecordProperty("opened", opened);
}

// A million keys replaced by one must not be stepped over one by one, wherever they are: the comparisons of
// keys that a seek makes tell (times are printed by benchmarks/seek_across_deleted.cc).
TEST(RocksEngineSeek, JumpsOverAMillionReplacedKeys) {
  constexpr std::uint64_t kKeys = rounds<std::uint64_t>(1'000'000);
  const ScratchDirectory scratch;
  auto engine = open(scratch.path("s"), EngineMode::kCreate);
  for (const bool compacted : {false, true}) {
    SCOPED_TRACE(compacted ? "compacted before" : "as written");
    for (std::uint64_t i = 0; i < kKeys;) {
      Batch batch;
      for (std::uint64_t n = 0; n < 5000; ++n, ++i) batch.put(kUnitA, test_key(i), "some value of a range");
      ASSERT_TRUE(is_ok(engine->write(std::move(batch), Durability::kBuffered)));
    }
    if (compacted) {
      ASSERT_TRUE(is_ok(engine->compact()));
    }
    Batch batch;
    batch.erase_range(kUnitA, test_key(0), test_key(kKeys));
    batch.put(kUnitA, test_key(kKeys - 1), "one");
    ASSERT_TRUE(is_ok(engine->write(std::move(batch), Durability::kBuffered)));
    const auto snapshot = engine->snapshot().value();
    const auto cursor = snapshot->scan(kUnitA, kFirst, kLast);
    rocksdb::SetPerfLevel(rocksdb::PerfLevel::kEnableCount);
    for (std::uint64_t i = 0; i < kKeys; i += 99'991) {
      rocksdb::get_perf_context()->Reset();
      cursor->seek(test_key(i));
      ASSERT_TRUE(cursor->valid());
      EXPECT_EQ(cursor->value(), "one");
      EXPECT_LT(rocksdb::get_perf_context()->user_key_comparison_count, 5'000u);
    }
  }
}

// One key after the other is replaced by the next: each leaves a delete that a seek must pass, until one that
// had to pass many has them cleaned up.
TEST(RocksEngineSeek, CleansUpWhatManySmallDeletesLeave) {
  const ScratchDirectory scratch;
  auto engine = open(scratch.path("s"), EngineMode::kCreate);
  for (std::uint64_t i = 0; i < 30'000; ++i) {
    Batch batch;
    batch.erase_range(kUnitA, test_key(i), test_key(i + 1));
    batch.put(kUnitA, test_key(i + 1), "one");
    ASSERT_TRUE(is_ok(engine->write(std::move(batch), Durability::kBuffered)));
  }
  const auto passed = [&] {
    const auto snapshot = engine->snapshot().value();
    const auto cursor = snapshot->scan(kUnitA, kFirst, kLast);
    rocksdb::SetPerfLevel(rocksdb::PerfLevel::kEnableCount);
    rocksdb::get_perf_context()->Reset();
    cursor->seek(test_key(3));
    EXPECT_TRUE(cursor->valid());
    return rocksdb::get_perf_context()->internal_delete_skipped_count;
  };
  std::uint64_t now = passed();
  for (int tries = 0; now > SeekBurden::kLong && tries < 2000; ++tries) {  // it happens in the background
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    now = passed();
  }
  EXPECT_LE(now, SeekBurden::kLong);
}

TEST(RocksLogOrder, RefusesAGapBetweenBatches) {
  const auto batch = [](std::uint64_t sequence, std::uint32_t count) {
    std::string rep;
    ByteWriter w(rep);
    w.fixed(sequence);
    w.fixed(count);
    return rocksdb::WriteBatch(rep);
  };
  using Option = rocksdb::WalFilter::WalProcessingOption;
  LogOrder order;
  rocksdb::WriteBatch out;
  bool changed = false;
  const auto found = [&](std::uint64_t sequence, std::uint32_t count) {
    return order.LogRecordFound(1, "000001.log", batch(sequence, count), &out, &changed);
  };
  EXPECT_EQ(found(100, 3), Option::kContinueProcessing);  // wherever it begins
  EXPECT_EQ(found(103, 1), Option::kContinueProcessing);
  EXPECT_EQ(found(90, 0), Option::kContinueProcessing);  // stands for nothing
  EXPECT_EQ(found(104, 10), Option::kContinueProcessing);
  EXPECT_EQ(found(115, 1), Option::kCorruptedRecord);
  EXPECT_EQ(found(113, 1), Option::kCorruptedRecord);
  EXPECT_FALSE(changed);
}

}  // namespace terrane

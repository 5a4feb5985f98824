#include <gtest/gtest.h>
#include <sys/mount.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "terrane/base/rounds_testing.h"
#include "terrane/store/conformance.h"
#include "terrane/store/engines.h"
#include "terrane/store/faulty_file_system.h"
#include "terrane/store/rocks_database.h"
#include "terrane/store/rocks_iterator.h"

// Full disks, failing disks, files gone and bytes flipped: never an answer that is not what was written.

namespace terrane {

namespace {

namespace fs = std::filesystem;

constexpr RocksEngineOptions kSmall{.block_cache_bytes = 64 << 10, .write_buffer_bytes = 64 << 10};

Status put(Engine& engine, const std::string& key, const std::string& value,
           Durability durability = Durability::kFsync) {
  Batch batch;
  batch.put(kUnitA, key, value);
  return engine.write(std::move(batch), durability);
}

constexpr std::uint64_t kTableKeys = 1000;

// A store of several tables in one level and, where `in_log`, some keys that only the log holds.
Content make_store(const std::string& path, bool in_log) {
  Content expected;
  const auto add = [&](std::uint64_t from, std::uint64_t to) {
    Batch batch;
    for (std::uint64_t i = from; i < to; ++i) {
      expected[test_key(i)] = test_value(i, 100);
      batch.put(kUnitA, test_key(i), test_value(i, 100));
    }
    return batch;
  };
  {
    auto engine = open_rocks_engine(path, EngineMode::kCreate).value();
    EXPECT_TRUE(is_ok(engine->write(add(0, kTableKeys), Durability::kFsync)));
    EXPECT_TRUE(is_ok(engine->compact()));
  }
  {
    rocksdb::Options options = rocks_options({}, make_block_cache(1 << 20));
    options.target_file_size_base = 8 << 10;  // the engine's own tables are too large to have many
    rocksdb::DB* db = nullptr;
    EXPECT_TRUE(rocksdb::DB::Open(options, path, &db).ok());
    rocksdb::CompactRangeOptions compact;
    compact.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForce;
    EXPECT_TRUE(db->CompactRange(compact, nullptr, nullptr).ok());
    delete db;
  }
  if (in_log) {
    auto engine = open_rocks_engine(path, EngineMode::kWrite).value();
    for (std::uint64_t i = kTableKeys; i < kTableKeys + 100; ++i) {
      EXPECT_TRUE(is_ok(engine->write(add(i, i + 1), Durability::kBuffered)));
    }
  }
  return expected;
}

std::vector<std::string> files(const std::string& path, const std::string& extension) {
  std::vector<std::string> out;
  for (const fs::directory_entry& entry : fs::directory_iterator(path)) {
    if (entry.path().extension() == extension && entry.file_size() > 0) out.push_back(entry.path());
  }
  std::sort(out.begin(), out.end());
  return out;
}

void flip(const std::string& file, std::uint64_t at, int bit) {
  std::fstream f(file, std::ios::binary | std::ios::in | std::ios::out);
  f.seekg(static_cast<std::streamoff>(at));
  const int byte = f.get();
  f.seekp(static_cast<std::streamoff>(at));
  f.put(static_cast<char>(byte ^ (1 << bit)));
}

// Walks up from `from`: what it saw before the end, or the error that ended it.
Result<Content> walk(const Engine& engine, const std::string& from) {
  TERRANE_ASSIGN(const auto snapshot, engine.snapshot());
  Content out;
  const auto cursor = snapshot->scan(kUnitA, kFirst, kLast);
  for (cursor->seek(from); cursor->valid(); cursor->next()) out.emplace(cursor->key(), cursor->value());
  TERRANE_TRY(cursor->status());
  return out;
}

Result<Content> read_all(const std::string& path, EngineMode mode) {
  TERRANE_ASSIGN(const auto engine, open_rocks_engine(path, mode));
  return walk(*engine, kFirst);
}

// Flips bits all over the files of a kind, one at a time, in copies of the store.
void expect_flips_found(const std::string& extension, bool in_log) {
  const ScratchDirectory scratch;
  const Content expected = make_store(scratch.path("s"), in_log);
  Random random(11);
  std::size_t found = 0;
  for (int i = 0; i < 60; ++i) {
    const std::string copy = scratch.path("copy");
    fs::remove_all(copy);
    fs::copy(scratch.path("s"), copy);
    const std::vector<std::string> candidates = files(copy, extension);
    ASSERT_FALSE(candidates.empty());
    const std::string& file = candidates[random.below(candidates.size())];
    const std::uint64_t at = random.below(fs::file_size(file));
    flip(file, at, static_cast<int>(random.below(8)));
    SCOPED_TRACE(fs::path(file).filename().string() + " at " + std::to_string(at));
    const auto read = read_all(copy, i % 2 == 0 ? EngineMode::kReadOnly : EngineMode::kWrite);
    if (read) {
      EXPECT_EQ(*read, expected);  // a byte that means nothing, or one thing lost silently
    } else {
      EXPECT_TRUE(fails_with(read, ErrorCode::kCorrupt));
      ++found;
    }
  }
  EXPECT_GT(found, 40u);
}

}  // namespace

TEST(RocksDamage, AFlippedBitInATableIsFound) {
  expect_flips_found(".sst", false);
}

TEST(RocksDamage, AFlippedBitInTheLogIsFound) {
  expect_flips_found(".log", true);
}

// RocksDB itself ends such a walk without an error where the damaged block is the first of its table.
TEST(RocksDamage, AWalkNeverEndsAtADamagedTableAsIfItWereTheEnd) {
  const ScratchDirectory scratch;
  const Content expected = make_store(scratch.path("s"), false);
  const std::vector<std::string> tables = files(scratch.path("s"), ".sst");
  ASSERT_GT(tables.size(), 3u);
  for (const std::string& table : tables) {
    for (const bool with_range_delete : {false, true}) {
      SCOPED_TRACE(table + (with_range_delete ? " under a range delete" : ""));
      const std::string copy = scratch.path("copy");
      fs::remove_all(copy);
      fs::copy(scratch.path("s"), copy);
      flip(copy + "/" + fs::path(table).filename().string(), 50, 3);
      auto engine = open_rocks_engine(copy, EngineMode::kWrite).value();
      if (with_range_delete) {
        Batch batch;
        batch.erase_range(kUnitA, test_key(20), test_key(60));
        // It looks at the first few keys, which may be damaged themselves.
        const Status status = engine->write(std::move(batch), Durability::kBuffered);
        EXPECT_TRUE(status || status.error().code == ErrorCode::kCorrupt);
      }
      EXPECT_TRUE(fails_with(walk(*engine, kFirst), ErrorCode::kCorrupt));
      for (std::uint64_t from = 0; from < kTableKeys; from += 7) {
        const auto seen = walk(*engine, test_key(from));
        if (!seen) {
          ASSERT_TRUE(fails_with(seen, ErrorCode::kCorrupt));
          ASSERT_NE(seen.error().message.find(".sst"), std::string::npos) << seen.error().message;
        } else if (!with_range_delete || from >= 60) {
          ASSERT_EQ(*seen, Content(expected.lower_bound(test_key(from)), expected.end()));
        }
      }
      if (table == tables[2]) {  // nor does a compaction take it for the end
        EXPECT_TRUE(fails_with(engine->compact(), ErrorCode::kCorrupt));
      }
    }
  }
}

// The same where the disk cannot be read, at one read after the other.
TEST(RocksFaults, AWalkNeverEndsAtAFailedReadAsIfItWereTheEnd) {
  const ScratchDirectory scratch;
  const Content expected = make_store(scratch.path("s"), false);
  const auto system = std::make_shared<FaultyFileSystem>();
  const std::unique_ptr<rocksdb::Env> env = rocksdb::NewCompositeEnv(system);
  std::uint64_t failures = 0;
  for (std::uint64_t nth = 1;; ++nth) {
    SCOPED_TRACE("read " + std::to_string(nth));
    const RocksEngineOptions no_cache{.block_cache_bytes = 0};
    auto engine = open_rocks_engine_on(env.get(), scratch.path("s"), EngineMode::kReadOnly, no_cache).value();
    system->fail_read(nth);
    const auto seen = walk(*engine, kFirst);
    const bool hit = system->reads_failed() > failures;
    failures = system->reads_failed();
    system->heal();
    if (!hit) {
      ASSERT_TRUE(is_ok(seen));
      EXPECT_EQ(*seen, expected);
      break;
    }
    EXPECT_TRUE(fails_with(seen, ErrorCode::kIo));
  }
  EXPECT_GT(failures, 3u);
}

TEST(RocksDamage, ADeletedTableIsFoundAndNamed) {
  const ScratchDirectory scratch;
  make_store(scratch.path("s"), false);
  const std::string gone = files(scratch.path("s"), ".sst").at(0);
  fs::remove(gone);
  for (const EngineMode mode : {EngineMode::kReadOnly, EngineMode::kWrite}) {
    const auto engine = open_rocks_engine(scratch.path("s"), mode);
    ASSERT_TRUE(fails_with(engine, ErrorCode::kCorrupt));
    EXPECT_NE(engine.error().message.find(fs::path(gone).filename()), std::string::npos)
        << engine.error().message;
  }
}

TEST(RocksDamage, AMissingManifestOrCurrentIsFound) {
  const ScratchDirectory scratch;
  make_store(scratch.path("s"), true);
  const std::string path = scratch.path("s");
  std::string current;
  std::getline(std::ifstream(path + "/CURRENT"), current);
  fs::rename(path + "/" + current, path + "/elsewhere");
  for (const EngineMode mode : {EngineMode::kReadOnly, EngineMode::kWrite}) {
    EXPECT_TRUE(fails_with(open_rocks_engine(path, mode), ErrorCode::kCorrupt));
  }
  fs::rename(path + "/elsewhere", path + "/" + current);
  fs::remove(path + "/CURRENT");
  for (const EngineMode mode : {EngineMode::kReadOnly, EngineMode::kWrite}) {
    EXPECT_TRUE(fails_with(open_rocks_engine(path, mode), ErrorCode::kCorrupt));
  }
  const std::size_t tables = files(path, ".sst").size();
  EXPECT_TRUE(fails_with(open_rocks_engine(path, EngineMode::kCreate), ErrorCode::kInvalid));
  EXPECT_EQ(files(path, ".sst").size(), tables) << "what is left of a store was thrown away";
}

TEST(RocksDamage, ATornTailOfTheLogLosesOnlyTheTail) {
  const ScratchDirectory scratch;
  const Content expected = make_store(scratch.path("s"), true);
  const std::string log = files(scratch.path("s"), ".log").at(0);
  fs::resize_file(log, fs::file_size(log) - 10);
  for (const EngineMode mode : {EngineMode::kReadOnly, EngineMode::kWrite}) {
    Content all_but_last = expected;
    all_but_last.erase(std::prev(all_but_last.end()));
    const auto read = read_all(scratch.path("s"), mode);
    ASSERT_TRUE(is_ok(read));
    EXPECT_EQ(*read, all_but_last);
  }
}

TEST(RocksFaults, AFullDiskFailsWritesAndLosesNothing) {
  const ScratchDirectory scratch;
  const std::string mount = scratch.path("mount");
  fs::create_directory(mount);
  if (::mount("tmpfs", mount.c_str(), "tmpfs", 0, "size=4m") != 0)
    GTEST_SKIP() << "mounting is not permitted";
  {
    auto engine = open_rocks_engine(mount + "/s", EngineMode::kCreate, kSmall).value();
    Content written;
    Status status;
    for (std::uint64_t i = 0; status && i < 10000; ++i) {
      status = put(*engine, test_key(i), test_value(i, 3000));
      if (status) written[test_key(i)] = test_value(i, 3000);
    }
    ASSERT_TRUE(fails_with(status, ErrorCode::kIo));
    EXPECT_NE(status.error().message.find("the disk is full"), std::string::npos) << status.error().message;
    EXPECT_NE(status.error().message.find(mount + "/s"), std::string::npos);
    EXPECT_EQ(content(*engine), written);
    EXPECT_TRUE(fails_with(put(*engine, "more", "1"), ErrorCode::kIo));
    EXPECT_TRUE(fails_with(engine->flush(), ErrorCode::kIo));

    engine.reset();
    EXPECT_EQ(::mount("tmpfs", mount.c_str(), "tmpfs", MS_REMOUNT, "size=64m"), 0);
    engine = open_rocks_engine(mount + "/s", EngineMode::kWrite, kSmall).value();
    Content after = content(*engine);
    for (const auto& [key, value] : written) EXPECT_EQ(after[key], value);
    EXPECT_LE(after.size(), written.size() + 1);  // the batch that failed may be there, whole
    EXPECT_TRUE(is_ok(put(*engine, "more", "1")));
  }
  EXPECT_EQ(::umount2(mount.c_str(), MNT_DETACH), 0);
}

TEST(RocksFaults, AfterAFailedLogSyncTheEngineOnlyReads) {
  const ScratchDirectory scratch;
  const auto system = std::make_shared<FaultyFileSystem>();
  const std::unique_ptr<rocksdb::Env> env = rocksdb::NewCompositeEnv(system);
  auto engine = open_rocks_engine_on(env.get(), scratch.path("s"), EngineMode::kCreate, {}).value();
  ASSERT_TRUE(is_ok(put(*engine, "a", "1")));
  for (const char* what : {"write", "flush"}) {
    SCOPED_TRACE(what);
    const bool by_flush = what == std::string("flush");
    if (by_flush) {
      ASSERT_TRUE(is_ok(put(*engine, "b", "2", Durability::kBuffered)));
    }
    system->fail(by_flush ? 1 : 2, false, false, ".log");  // after the append, or alone: the sync
    const Status failed = by_flush ? engine->flush() : put(*engine, "b", "2");
    ASSERT_TRUE(fails_with(failed, ErrorCode::kIo));
    system->heal();
    EXPECT_TRUE(fails_with(put(*engine, "c", "3"), ErrorCode::kIo));
    EXPECT_TRUE(fails_with(put(*engine, "c", "3", Durability::kBuffered), ErrorCode::kIo));
    EXPECT_EQ(put(*engine, "c", "3").error().message, failed.error().message);
    EXPECT_TRUE(fails_with(engine->flush(), ErrorCode::kIo));
    EXPECT_TRUE(fails_with(engine->compact(), ErrorCode::kIo));
    EXPECT_TRUE(fails_with(engine->checkpoint(scratch.path("copy")), ErrorCode::kIo));
    EXPECT_EQ(content(*engine)["a"], "1");
    engine.reset();
    engine = open_rocks_engine_on(env.get(), scratch.path("s"), EngineMode::kWrite, {}).value();
    EXPECT_EQ(content(*engine)["a"], "1");
    EXPECT_EQ(content(*engine).count("c"), 0u);
    ASSERT_TRUE(is_ok(put(*engine, "d", "4")));
  }
}

namespace {

struct Outcome {
  Content acknowledged;
  Content also_possible;  // with the batch that failed, whole: what is on disk of it is unknown
};

Outcome work_until_failure(const std::string& path, rocksdb::Env* env) {
  Outcome out;
  auto engine = open_rocks_engine_on(env, path, EngineMode::kCreate, kSmall);
  if (!engine) return out;
  for (std::uint64_t i = 0; i < 40; ++i) {
    Batch batch;
    Content& next = out.also_possible;
    for (std::uint64_t k = 0; k < 4; ++k) {
      batch.put(kUnitA, test_key(10 * i + k), test_value(i + k, 2000));
      next[test_key(10 * i + k)] = test_value(i + k, 2000);
    }
    if (i % 8 == 7) {
      batch.erase_range(kUnitA, test_key(0), test_key(10 * i - 30));
      next.erase(next.lower_bound(test_key(0)), next.lower_bound(test_key(10 * i - 30)));
    }
    if (!(*engine)->write(std::move(batch), Durability::kFsync)) {
      EXPECT_EQ(content(**engine), out.acknowledged);  // reads go on, without the batch
      return out;
    }
    out.acknowledged = next;
  }
  (void)(*engine)->compact().has_value();
  return out;
}

}  // namespace

// The disk fails at one change after the other: once, or from then on, by an error or by being full. Every
// 17th change (RocksDB sleeps a second after some failures), or with TERRANE_SOAK set every one.
TEST(RocksFaults, NoFailureOfTheDiskLosesAnAcknowledgedBatch) {
  const std::uint64_t step = std::getenv("TERRANE_SOAK") != nullptr ? 1 : stride<std::uint64_t>(17);
  std::uint64_t runs = 0;
  for (int kind = 0; kind < 4; ++kind) {
    for (std::uint64_t nth = 1 + static_cast<std::uint64_t>(kind);; nth += step) {
      SCOPED_TRACE("kind " + std::to_string(kind) + ", change " + std::to_string(nth));
      const ScratchDirectory scratch;
      const auto system = std::make_shared<FaultyFileSystem>();
      const std::unique_ptr<rocksdb::Env> env = rocksdb::NewCompositeEnv(system);
      system->fail(nth, (kind & 1) != 0, (kind & 2) != 0);
      const Outcome outcome = work_until_failure(scratch.path("s"), env.get());
      ++runs;
      const auto again = open_rocks_engine(scratch.path("s"), EngineMode::kWrite, kSmall);
      if (again) {
        const Content after = content(**again);
        if (after != outcome.also_possible) {
          ASSERT_EQ(after, outcome.acknowledged);
        }
      } else {
        ASSERT_TRUE(outcome.acknowledged.empty()) << again.error().message;
      }
      if (system->changes() < nth) break;
    }
  }
  EXPECT_GT(runs, rounds<std::uint64_t>(20));
}

}  // namespace terrane

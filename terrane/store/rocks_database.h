#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/listener.h>
#include <rocksdb/options.h>
#include <rocksdb/wal_filter.h>

#include "terrane/store/engine.h"
#include "terrane/store/engines.h"

namespace terrane {

// The first failure after which durability is unknown; once set it stays. Thread-safe.
class Failure {
 public:
  void set(Error error);
  // Cheap while nothing failed.
  Status status() const;

 private:
  std::atomic<bool> failed_{false};
  mutable std::mutex mutex_;
  std::optional<Error> error_;
};

// Refuses to recover over a gap: batches must follow one another through all logs. The recovery mode alone
// takes a log that lost its tail for complete, and would apply the next log on top of the hole.
class LogOrder final : public rocksdb::WalFilter {
 public:
  WalProcessingOption LogRecordFound(unsigned long long log_number, const std::string& log_file_name,
                                     const rocksdb::WriteBatch& batch, rocksdb::WriteBatch* new_batch,
                                     bool* batch_changed) override;
  const char* Name() const override { return "a gap between batches of the log"; }

 private:
  std::uint64_t next_ = 0;  // the sequence number that must come; 0 before the first batch
};

// How much a seek may have to step over in the memtable: keys removed there stay in it until it is flushed,
// and a range delete jumps over the keys of older tables, but passes those of its own one by one. About
// 25 ns a unit. Thread-safe.
class SeekBurden {
 public:
  static constexpr std::uint64_t kErase = 2, kCoveredKey = 4, kRangeDelete = 200;
  static constexpr std::uint64_t kLimit = 32768;  // then the memtable is flushed before more is removed
  static constexpr std::uint64_t kLong = 2048;    // a seek that passes so many removed keys has it flushed
  std::uint64_t get() const { return units_.load(std::memory_order_relaxed); }
  void add(std::uint64_t units) { units_.fetch_add(units, std::memory_order_relaxed); }
  void reset() { units_.store(0, std::memory_order_relaxed); }
  // True for one of those who ask while there is much.
  bool take() {
    std::uint64_t units = get();
    while (units >= kLong) {
      if (units_.compare_exchange_weak(units, 0, std::memory_order_relaxed)) return true;
    }
    return false;
  }

 private:
  std::atomic<std::uint64_t> units_{0};
};

// Keeps batches durable in order, and failures final.
class DurabilityGuard final : public rocksdb::EventListener {
 public:
  DurabilityGuard(std::string path, std::shared_ptr<Failure> failure, std::shared_ptr<SeekBurden> burden)
      : path_(std::move(path)), failure_(std::move(failure)), burden_(std::move(burden)) {}
  // A log that is full goes to disk before its successor takes the first batch: otherwise a power cut could
  // keep a later buffered batch and lose an earlier one. Runs in the writing thread.
  void OnMemTableSealed(const rocksdb::MemTableInfo& info) override;
  // Without this RocksDB resumes by itself when space comes back, over a log whose end is unknown (and
  // Debian's build, which has assertions, may abort in it).
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason reason, rocksdb::Status error,
                            bool* auto_recovery) override;

 private:
  std::string path_;
  std::shared_ptr<Failure> failure_;
  std::shared_ptr<SeekBurden> burden_;  // of the memtable, so gone with it
};

// An open database and what must live as long as it. Shared by an engine, its snapshots and their cursors.
struct RocksDatabase {
  std::string path;
  std::shared_ptr<Failure> failure = std::make_shared<Failure>();
  std::shared_ptr<SeekBurden> burden = std::make_shared<SeekBurden>();
  std::unique_ptr<LogOrder> log_order = std::make_unique<LogOrder>();
  std::unique_ptr<rocksdb::DB> db;  // closed before the rest goes

  // Called with the number of removed keys that a cursor had to pass: where that was long, what the memtable
  // holds of them goes to a table, and a table that is full of them is compacted away.
  void passed(std::uint64_t removed_keys) const;
};

// Options of every database of ours. `cache` holds blocks; several databases may share it.
rocksdb::Options rocks_options(const RocksEngineOptions& options, std::shared_ptr<rocksdb::Cache> cache);

// A state of `database`: its newest, taken now.
std::shared_ptr<const Snapshot> rocks_snapshot(std::shared_ptr<const RocksDatabase> database);

// A database that only reads, beside a writer or alone. Never writes into the directory.
Result<std::unique_ptr<Engine>> open_rocks_reader(const std::string& path, const RocksEngineOptions& options,
                                                  rocksdb::Env* env);

// The same as open_rocks_engine, on a file system of the caller's: to test faults beneath RocksDB.
Result<std::unique_ptr<Engine>> open_rocks_engine_on(rocksdb::Env* env, const std::string& path,
                                                     EngineMode mode, const RocksEngineOptions& options);

// Whether `path` holds a database: kNotFound or kCorrupt where it does not.
Status check_rocks_directory(const std::string& path);
// Bytes of all files in the directory and of itself, as du counts.
Result<std::uint64_t> directory_bytes(const std::string& path);

}  // namespace terrane

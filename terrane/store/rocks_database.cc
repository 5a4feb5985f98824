#include "terrane/store/rocks_database.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include <rocksdb/env.h>
#include <rocksdb/file_checksum.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>
#include <rocksdb/utilities/table_properties_collectors.h>
#include <rocksdb/write_batch.h>

#include "terrane/base/bytes.h"
#include "terrane/store/rocks_status.h"

namespace terrane {

namespace fs = std::filesystem;

void Failure::set(Error error) {
  const std::lock_guard lock(mutex_);
  if (!error_) error_ = std::move(error);
  failed_.store(true, std::memory_order_release);
}

Status Failure::status() const {
  if (!failed_.load(std::memory_order_acquire)) return ok();
  const std::lock_guard lock(mutex_);
  return *error_;
}

rocksdb::WalFilter::WalProcessingOption LogOrder::LogRecordFound(unsigned long long, const std::string&,
                                                                 const rocksdb::WriteBatch& batch,
                                                                 rocksdb::WriteBatch*, bool*) {
  // RocksDB begins a log with an empty batch at times; it stands for nothing.
  if (batch.Count() == 0) return WalProcessingOption::kContinueProcessing;
  ByteReader header{std::string_view(batch.Data())};
  const auto sequence = header.fixed<std::uint64_t>();
  if (next_ != 0 && sequence != next_) return WalProcessingOption::kCorruptedRecord;
  next_ = sequence + batch.Count();
  return WalProcessingOption::kContinueProcessing;
}

void DurabilityGuard::OnMemTableSealed(const rocksdb::MemTableInfo&) {
  burden_->reset();
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(path_, error)) {
    if (entry.path().extension() != ".log") continue;
    const int fd = ::open(entry.path().c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) continue;  // obsolete, removed meanwhile
    const bool synced = fd >= 0 && ::fdatasync(fd) == 0;
    const int cause = errno;
    if (fd >= 0) ::close(fd);
    if (!synced) {
      failure_->set({ErrorCode::kIo, "cannot bring the log to disk: " + std::string(std::strerror(cause)) +
                                         "; check the disk, then open the store again; path=`" +
                                         entry.path().string() + "`"});
    }
  }
  if (error)
    failure_->set({ErrorCode::kIo, "cannot list the store: " + error.message() + "; path=`" + path_ + "`"});
}

void DurabilityGuard::OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason, rocksdb::Status,
                                           bool* auto_recovery) {
  *auto_recovery = false;
}

namespace {

// Failures come back as statuses. RocksDB's own log file is more than superfluous: after its disk was full,
// the next line that it logs aborts the process where assertions are on, as in Debian's build.
class Silence final : public rocksdb::Logger {
 public:
  Silence() : rocksdb::Logger(rocksdb::FATAL_LEVEL) {}
  using rocksdb::Logger::Logv;
  void Logv(const char*, va_list) override {}
};

rocksdb::BlockBasedTableOptions table_options(std::shared_ptr<rocksdb::Cache> cache) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = std::move(cache);
  table.block_size = 16 << 10;
  table.format_version = 5;
  table.checksum = rocksdb::kXXH3;
  // Look-ups are seeks, which no filter serves; get() is for the few records with a name. So filters only
  // where they save get() a level, and none on the last, which holds nearly all keys.
  table.filter_policy.reset(rocksdb::NewRibbonFilterPolicy(10, 1));
  // Indexes and filters stay with their open file.
  table.cache_index_and_filter_blocks = false;
  return table;
}

}  // namespace

rocksdb::Options rocks_options(const RocksEngineOptions& options, std::shared_ptr<rocksdb::Cache> cache) {
  rocksdb::Options o;
  // Integrity. The default recovery mode drops acknowledged batches silently where the log is damaged.
  o.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  o.paranoid_checks = true;
  o.paranoid_file_checks = options.paranoid_file_checks;
  o.verify_sst_unique_id_in_manifest = true;
  o.track_and_verify_wals_in_manifest = true;
  o.memtable_protection_bytes_per_key = 8;
  o.file_checksum_gen_factory = rocksdb::GetFileChecksumGenCrc32cFactory();
  o.avoid_flush_during_shutdown = false;
  o.max_bgerror_resume_count = 0;  // a failure is final until the store is opened again

  // Values come compressed.
  o.compression = rocksdb::kNoCompression;
  o.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table_options(std::move(cache))));
  o.optimize_filters_for_hits = true;
  o.table_properties_collector_factories.push_back(
      rocksdb::NewCompactOnDeletionCollectorFactory(2 * SeekBurden::kLong, SeekBurden::kLong));
  o.level_compaction_dynamic_level_bytes = true;
  o.write_buffer_size = options.write_buffer_bytes;
  o.max_write_buffer_number = 3;
  o.max_background_jobs = 2;
  o.bytes_per_sync = 1 << 20;
  o.wal_bytes_per_sync = 1 << 20;
  o.ttl = 0;  // nothing is rewritten because it is old
  o.periodic_compaction_seconds = 0;

  // All files stay open: a reader beside a writer keeps those that the writer has removed.
  o.max_open_files = -1;
  o.skip_stats_update_on_db_open = true;
  o.allow_fallocate = false;  // du would count what is not used yet

  o.info_log = std::make_shared<Silence>();
  o.stats_dump_period_sec = 0;
  o.stats_persist_period_sec = 0;
  return o;
}

void RocksDatabase::passed(std::uint64_t removed_keys) const {
  if (removed_keys < SeekBurden::kLong || !burden->take() || !failure->status()) return;
  rocksdb::FlushOptions options;
  options.wait = false;
  options.allow_write_stall = true;
  const rocksdb::Status status = db->Flush(options);
  if (!status.ok()) failure->set(rocks_error(status, "cannot write", path));
}

Status check_rocks_directory(const std::string& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) {
    if (error && error != std::errc::no_such_file_or_directory && error != std::errc::not_a_directory) {
      return Error{ErrorCode::kIo, "cannot look at the store: " + error.message() + "; path=`" + path + "`"};
    }
    return Error{ErrorCode::kNotFound, "there is no store; create it first; path=`" + path + "`"};
  }
  if (!fs::is_directory(status)) {
    return Error{ErrorCode::kNotFound, "not a store: a store is a directory; path=`" + path + "`"};
  }
  if (fs::exists(fs::path(path) / "CURRENT", error)) return ok();
  bool data = false;
  for (const fs::directory_entry& entry : fs::directory_iterator(path, error)) {
    const fs::path extension = entry.path().extension();
    data = data || extension == ".sst" || extension == ".log";
  }
  if (error) {
    return Error{ErrorCode::kIo, "cannot list the store: " + error.message() + "; path=`" + path + "`"};
  }
  if (data)
    return corrupt("a file of the store is gone; restore the store from a backup; file=`" + path +
                   "/CURRENT`");
  return Error{ErrorCode::kNotFound,
               "there is no store in this directory; create it first; path=`" + path + "`"};
}

Result<std::uint64_t> directory_bytes(const std::string& path) {
  const auto size_of = [](const fs::path& p) -> std::uint64_t {
    struct ::stat info {};
    // A file may be removed while we look.
    return ::lstat(p.c_str(), &info) == 0 ? static_cast<std::uint64_t>(info.st_blocks) * 512 : 0;
  };
  std::uint64_t total = size_of(path);
  std::error_code error;
  fs::recursive_directory_iterator it(path, error);
  for (; !error && it != fs::recursive_directory_iterator(); it.increment(error))
    total += size_of(it->path());
  if (error) {
    return Error{ErrorCode::kIo, "cannot list the store: " + error.message() + "; path=`" + path + "`"};
  }
  return total;
}

}  // namespace terrane

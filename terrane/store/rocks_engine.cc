#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <mutex>
#include <shared_mutex>
#include <system_error>
#include <utility>

#include <rocksdb/utilities/checkpoint.h>

#include "terrane/store/rocks_batch.h"
#include "terrane/store/rocks_database.h"
#include "terrane/store/rocks_iterator.h"
#include "terrane/store/rocks_status.h"

namespace terrane {

namespace fs = std::filesystem;

namespace {

class RocksEngine final : public Engine {
 public:
  explicit RocksEngine(std::shared_ptr<RocksDatabase> database) : database_(std::move(database)) {}

  Traits traits() const override {
    return {.name = "rocksdb", .one_keyspace = true, .atomic_across_units = true, .read_only = false};
  }
  Status write(Batch batch, Durability durability) override;
  Result<std::shared_ptr<const Snapshot>> snapshot() const override { return rocks_snapshot(database_); }
  Status flush() override;
  Status compact() override;
  Status checkpoint(const std::string& path) const override;
  Status refresh() override {
    return invalid("only an engine opened read-only can be refreshed; path=`" + database_->path + "`");
  }
  Result<std::uint64_t> disk_bytes() const override { return directory_bytes(database_->path); }

 private:
  Status apply(const Batch& batch, Durability durability);
  Status make_room(const RocksBatch& batch);
  // Passes a failure on, and makes it final: what is on disk is unknown from here on.
  Status final(const rocksdb::Status& status, std::string_view doing) const;

  std::shared_ptr<RocksDatabase> database_;
  // Batches that depend on what is stored exclude all others between look and write; the rest go together,
  // so that one sync serves many. Whoever waits holds the turnstile, so neither kind starves.
  std::mutex turnstile_;
  std::shared_mutex gate_;
};

Status RocksEngine::final(const rocksdb::Status& status, std::string_view doing) const {
  if (status.ok()) return ok();
  Error error = rocks_error(status, doing, database_->path);
  database_->failure->set(error);
  return error;
}

// Keys that a range delete covers cost a seek nothing in an older table, and much in its own.
Status RocksEngine::make_room(const RocksBatch& batch) {
  SeekBurden& burden = *database_->burden;
  if (batch.burden == 0) return ok();
  if (burden.get() + batch.burden <= SeekBurden::kLimit) {
    burden.add(batch.burden);
    return ok();
  }
  rocksdb::FlushOptions options;
  options.wait = false;
  options.allow_write_stall = true;
  TERRANE_TRY(final(database_->db->Flush(options), "cannot write"));
  burden.add(batch.has_range_delete ? SeekBurden::kRangeDelete : 0);
  return ok();
}

Status RocksEngine::apply(const Batch& batch, Durability durability) {
  TERRANE_TRY(database_->failure->status());
  TERRANE_TRY(check_conditions(*database_, batch));
  TERRANE_ASSIGN(RocksBatch translated, translate(*database_, batch));
  if (translated.changes.Count() == 0) return ok();
  TERRANE_TRY(make_room(translated));
  rocksdb::WriteOptions options;
  options.sync = durability == Durability::kFsync;
  options.protection_bytes_per_key = 8;
  return final(database_->db->Write(options, &translated.changes), "cannot write");
}

Status RocksEngine::write(Batch batch, Durability durability) {
  TERRANE_TRY(check_batch(batch, traits()));
  std::unique_lock turn(turnstile_);
  if (depends_on_state(batch)) {
    const std::unique_lock alone(gate_);
    turn.unlock();
    return apply(batch, durability);
  }
  const std::shared_lock together(gate_);
  turn.unlock();
  return apply(batch, durability);
}

Status RocksEngine::flush() {
  TERRANE_TRY(database_->failure->status());
  return final(database_->db->SyncWAL(), "cannot bring the log to disk");
}

Status RocksEngine::compact() {
  TERRANE_TRY(database_->failure->status());
  rocksdb::CompactRangeOptions options;
  options.exclusive_manual_compaction = false;
  // Also the last level, where replaced values and spent range deletes would stay otherwise.
  options.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForceOptimized;
  rocksdb::DB& db = *database_->db;
  rocksdb::Status status = db.CompactRange(options, nullptr, nullptr);
  // Turning deletions off and on again waits for the files that are of no use any more to be removed.
  if (status.ok()) status = db.DisableFileDeletions();
  if (status.ok()) status = db.EnableFileDeletions(false);
  if (status.ok()) return ok();
  return rocks_error(status, "cannot compact", database_->path);
}

Status RocksEngine::checkpoint(const std::string& path) const {
  TERRANE_TRY(database_->failure->status());
  std::error_code error;
  const fs::path target = fs::absolute(path, error);
  if (error) return invalid("not a path for a checkpoint: " + error.message() + "; path=`" + path + "`");
  if (fs::exists(fs::symlink_status(target, error))) {
    return invalid("a checkpoint needs a path that does not exist; path=`" + path + "`");
  }
  rocksdb::Checkpoint* made = nullptr;
  rocksdb::Status status = rocksdb::Checkpoint::Create(database_->db.get(), &made);
  const std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
  if (status.ok()) status = checkpoint->CreateCheckpoint(target.string());
  if (status.ok()) return ok();
  return rocks_error(status, "cannot make a checkpoint", path);
}

// A new directory is there for good only once its parent says so.
Status sync_parent(const std::string& path) {
  fs::path parent = fs::path(path).lexically_normal();
  if (!parent.has_filename()) parent = parent.parent_path();  // a trailing slash
  parent = parent.parent_path();
  if (parent.empty()) parent = ".";
  const int fd = ::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = fd >= 0 && ::fsync(fd) == 0;
  const int cause = errno;
  if (fd >= 0) ::close(fd);
  if (synced) return ok();
  return Error{ErrorCode::kIo, "cannot bring the new directory to disk: " +
                                   std::string(std::strerror(cause)) + "; path=`" + parent.string() + "`"};
}

Status check_vacant(const std::string& path) {
  const Status there = check_rocks_directory(path);
  std::error_code error;
  if (!there && there.error().code == ErrorCode::kNotFound) {
    if (!fs::exists(path, error) || fs::is_directory(path, error)) return ok();
    return invalid("a store needs a directory, and a file is there; path=`" + path + "`");
  }
  if (!there && there.error().code == ErrorCode::kIo) return there;
  return invalid("a store is there already; open it, or choose another path; path=`" + path + "`");
}

}  // namespace

Result<std::unique_ptr<Engine>> open_rocks_engine_on(rocksdb::Env* env, const std::string& path,
                                                     EngineMode mode, const RocksEngineOptions& options) {
  if (mode == EngineMode::kReadOnly) return open_rocks_reader(path, options, env);
  TERRANE_TRY(mode == EngineMode::kCreate ? check_vacant(path) : check_rocks_directory(path));

  auto database = std::make_shared<RocksDatabase>();
  database->path = path;
  rocksdb::Options rocks = rocks_options(options, make_block_cache(options.block_cache_bytes));
  rocks.env = env;
  rocks.create_if_missing = mode == EngineMode::kCreate;
  rocks.error_if_exists = mode == EngineMode::kCreate;
  rocks.wal_filter = database->log_order.get();
  rocks.listeners.push_back(std::make_shared<DurabilityGuard>(path, database->failure, database->burden));
  rocksdb::DB* db = nullptr;
  const rocksdb::Status status = rocksdb::DB::Open(rocks, path, &db);
  if (!status.ok()) {
    return rocks_error(
        status, mode == EngineMode::kCreate ? "cannot create the store" : "cannot open the store", path);
  }
  database->db.reset(db);
  if (mode == EngineMode::kCreate) TERRANE_TRY(sync_parent(path));
  return std::unique_ptr<Engine>(std::make_unique<RocksEngine>(std::move(database)));
}

Result<std::unique_ptr<Engine>> open_rocks_engine(const std::string& path, EngineMode mode,
                                                  RocksEngineOptions options) {
  return open_rocks_engine_on(rocksdb::Env::Default(), path, mode, options);
}

}  // namespace terrane

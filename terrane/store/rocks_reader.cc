#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "terrane/store/rocks_database.h"
#include "terrane/store/rocks_iterator.h"
#include "terrane/store/rocks_status.h"

namespace terrane {

namespace fs = std::filesystem;

namespace {

// What a directory says of its state. Equal manifests, before and after opening, mean that no file that was
// opened in between can have been removed or replaced; equal logs too, that nothing at all was written.
struct Stamp {
  std::string current;                // which manifest
  std::uintmax_t manifest_bytes = 0;  // it only grows
  std::map<std::string, std::uintmax_t> logs;

  bool same_files(const Stamp& other) const {
    return current == other.current && manifest_bytes == other.manifest_bytes;
  }
  friend bool operator==(const Stamp&, const Stamp&) = default;
};

Stamp stamp_of(const std::string& path) {
  Stamp stamp;
  std::ifstream file(fs::path(path) / "CURRENT");
  std::getline(file, stamp.current);
  std::error_code error;
  stamp.manifest_bytes = fs::file_size(fs::path(path) / stamp.current, error);
  for (const fs::directory_entry& entry : fs::directory_iterator(path, error)) {
    if (entry.path().extension() != ".log") continue;
    const std::uintmax_t bytes = fs::file_size(entry.path(), error);
    stamp.logs[entry.path().filename()] = bytes;
  }
  return stamp;
}

struct Opened {
  std::shared_ptr<RocksDatabase> database;
  Stamp stamp;
};

// Brings one file to disk by a descriptor of our own. A file that has gone was replaced by ones that are on
// disk; where the file system cannot be written to, nobody writes.
Status sync_file(const fs::path& file, int flags) {
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | flags);
  const bool synced = fd >= 0 && ::fsync(fd) == 0;
  const int cause = errno;
  if (fd >= 0) ::close(fd);
  if (synced || cause == ENOENT || cause == EROFS || cause == EINVAL) return ok();
  return Error{ErrorCode::kIo, "cannot bring to disk what another process wrote: " +
                                   std::string(std::strerror(cause)) + "; path=`" + file.string() + "`"};
}

// What the writer beside us has not synced yet could still be taken back by a power cut: before anybody reads
// it here, it is on disk. Tables are, before a manifest names them.
Status sync_what_is_seen(const std::string& path, const Stamp& stamp) {
  for (const auto& [name, bytes] : stamp.logs) TERRANE_TRY(sync_file(fs::path(path) / name, 0));
  TERRANE_TRY(sync_file(fs::path(path) / stamp.current, 0));
  return sync_file(path, O_DIRECTORY);
}

Result<std::shared_ptr<RocksDatabase>> open_once(const std::string& path, rocksdb::Options options) {
  TERRANE_TRY(check_rocks_directory(path));
  auto database = std::make_shared<RocksDatabase>();
  database->path = path;
  options.wal_filter = database->log_order.get();
  // The overload without column families may choose an implementation that has no iterators.
  const std::vector<rocksdb::ColumnFamilyDescriptor> families = {
      {rocksdb::kDefaultColumnFamilyName, rocksdb::ColumnFamilyOptions(options)}};
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  const rocksdb::Status status =
      rocksdb::DB::OpenForReadOnly(rocksdb::DBOptions(options), path, families, &handles, &db);
  if (!status.ok()) return rocks_error(status, "cannot open the store", path);
  database->db.reset(db);
  for (rocksdb::ColumnFamilyHandle* handle : handles) db->DestroyColumnFamilyHandle(handle);
  return database;
}

// A writer may flush or compact while we open: then a log that the manifest we read relies on, or a file it
// names, is gone, and what we opened would be damaged or, worse, lack a few batches. It is taken only if the
// manifest did not change meanwhile.
Result<Opened> open_beside_writer(const std::string& path, const rocksdb::Options& options) {
  using std::chrono::milliseconds;
  constexpr int kAttempts = 40;
  Stamp before = stamp_of(path);
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    Result<std::shared_ptr<RocksDatabase>> database = open_once(path, options);
    Stamp after = stamp_of(path);
    if (after.same_files(before)) {
      if (!database) return std::move(database).error();
      TERRANE_TRY(sync_what_is_seen(path, after));
      return Opened{*std::move(database), std::move(before)};
    }
    before = std::move(after);
    std::this_thread::sleep_for(milliseconds(attempt < 10 ? 1 : 20));
  }
  return Error{
      ErrorCode::kConflict,
      "the process that writes this store changes its files faster than they can be opened; try again "
      "later; path=`" +
          path + "`"};
}

class RocksReader final : public Engine {
 public:
  RocksReader(std::string path, rocksdb::Options options, Opened opened)
      : path_(std::move(path)), options_(std::move(options)), opened_(std::move(opened)) {}

  Traits traits() const override {
    return {.name = "rocksdb", .one_keyspace = true, .atomic_across_units = true, .read_only = true};
  }
  Status write(Batch batch, Durability) override { return check_batch(batch, traits()); }
  Result<std::shared_ptr<const Snapshot>> snapshot() const override {
    const std::lock_guard lock(mutex_);
    return rocks_snapshot(opened_.database);
  }
  Status flush() override { return ok(); }  // nothing was written here
  Status compact() override { return refuse(); }
  Status checkpoint(const std::string&) const override { return refuse(); }
  Status refresh() override;
  Result<std::uint64_t> disk_bytes() const override { return directory_bytes(path_); }

 private:
  Status refuse() const {
    return invalid("the store is open read-only; open it for writing to do this; path=`" + path_ + "`");
  }

  const std::string path_;
  const rocksdb::Options options_;
  std::mutex refresh_mutex_;  // one refresh at a time; taken before mutex_
  mutable std::mutex mutex_;  // guards opened_
  Opened opened_;             // snapshots share it, so an older one lives as long as they do
};

Status RocksReader::refresh() {
  const std::lock_guard one(refresh_mutex_);
  // Only refresh() changes opened_, so it may be read here without the other lock.
  if (stamp_of(path_) == opened_.stamp) return ok();
  TERRANE_ASSIGN(Opened opened, open_beside_writer(path_, options_));
  {
    const std::lock_guard lock(mutex_);
    std::swap(opened_, opened);
  }
  return ok();  // the older database closes here, unless a snapshot holds it
}

}  // namespace

Result<std::unique_ptr<Engine>> open_rocks_reader(const std::string& path, const RocksEngineOptions& options,
                                                  rocksdb::Env* env) {
  rocksdb::Options rocks = rocks_options(options, make_block_cache(options.block_cache_bytes));
  rocks.env = env;
  rocks.create_if_missing = false;
  TERRANE_ASSIGN(Opened opened, open_beside_writer(path, rocks));
  return std::unique_ptr<Engine>(std::make_unique<RocksReader>(path, std::move(rocks), std::move(opened)));
}

}  // namespace terrane

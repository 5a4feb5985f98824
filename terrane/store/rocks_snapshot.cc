#include <algorithm>
#include <utility>

#include "terrane/store/rocks_database.h"
#include "terrane/store/rocks_iterator.h"
#include "terrane/store/rocks_status.h"

namespace terrane {

namespace {

class RocksCursor final : public Cursor {
 public:
  RocksCursor(std::shared_ptr<const RocksDatabase> database, const rocksdb::Snapshot* snapshot,
              std::string_view begin, std::string_view end)
      : database_(std::move(database)),
        begin_(begin),
        end_(end),
        bound_(end_),
        iterator_(*database_, options(snapshot)) {}

  void seek(std::string_view key) override {
    key = std::max(key, std::string_view(begin_));
    sought_ = key < end_;
    if (sought_) iterator_.seek(key);
  }
  void next() override { iterator_.next(); }
  bool valid() const override { return sought_ && iterator_.valid(); }
  std::string_view key() const override { return iterator_.key(); }
  std::string_view value() const override { return iterator_.value(); }
  Status status() const override { return sought_ ? iterator_.status() : ok(); }

 private:
  rocksdb::ReadOptions options(const rocksdb::Snapshot* snapshot) const {
    rocksdb::ReadOptions read;
    read.snapshot = snapshot;
    read.iterate_upper_bound = &bound_;
    return read;
  }

  std::shared_ptr<const RocksDatabase> database_;
  std::string begin_, end_;
  rocksdb::Slice bound_;  // the iterator keeps a pointer to it
  RocksIterator iterator_;
  bool sought_ = false;  // a seek at or after the end finds nothing, without asking
};

class RocksSnapshot final : public Snapshot {
 public:
  explicit RocksSnapshot(std::shared_ptr<const RocksDatabase> database)
      : database_(std::move(database)), snapshot_(database_->db->GetSnapshot()) {}
  ~RocksSnapshot() override { database_->db->ReleaseSnapshot(snapshot_); }
  RocksSnapshot(const RocksSnapshot&) = delete;
  RocksSnapshot& operator=(const RocksSnapshot&) = delete;

  std::uint64_t version() const override { return snapshot_->GetSequenceNumber(); }
  Result<std::optional<std::string>> get(Unit, std::string_view key) const override {
    rocksdb::ReadOptions read;
    read.snapshot = snapshot_;
    std::string value;
    const rocksdb::Status status = database_->db->Get(read, {key.data(), key.size()}, &value);
    if (status.ok()) return std::optional<std::string>(std::move(value));
    // With a sub-code it is not an absent key but a failure in disguise.
    if (status.IsNotFound() && status.subcode() == rocksdb::Status::kNone)
      return std::optional<std::string>();
    return rocks_error(status, "cannot read", database_->path);
  }
  std::unique_ptr<Cursor> scan(Unit, std::string_view begin, std::string_view end) const override {
    return std::make_unique<RocksCursor>(database_, snapshot_, begin, end);
  }
  Status seek_many(std::span<const Seek> seeks,
                   const std::function<Status(std::size_t, const Entry&)>& visit) const override;

 private:
  std::shared_ptr<const RocksDatabase> database_;
  const rocksdb::Snapshot* snapshot_;
};

Status RocksSnapshot::seek_many(std::span<const Seek> seeks,
                                const std::function<Status(std::size_t, const Entry&)>& visit) const {
  // One cursor serves all: its bounds are the widest, and each seek checks its own end.
  std::string_view begin, end;
  for (const Seek& seek : seeks) {
    begin = &seek == seeks.data() ? std::string_view(seek.key) : std::min<std::string_view>(begin, seek.key);
    end = std::max<std::string_view>(end, seek.end);
  }
  RocksCursor cursor(database_, snapshot_, begin, end);
  std::string_view sought;
  for (std::size_t i = 0; i < seeks.size(); ++i) {
    const Seek& seek = seeks[i];
    // The entry at hand answers as well whatever lies between the last seek and it.
    const bool at_hand = i > 0 && cursor.valid() && sought <= seek.key && seek.key <= cursor.key();
    if (!at_hand) {
      cursor.seek(seek.key);
      sought = seek.key;
    }
    TERRANE_TRY(cursor.status());
    Entry entry;
    if (cursor.valid() && cursor.key() < seek.end) entry = {true, cursor.key(), cursor.value()};
    TERRANE_TRY(visit(i, entry));
  }
  return ok();
}

}  // namespace

std::shared_ptr<const Snapshot> rocks_snapshot(std::shared_ptr<const RocksDatabase> database) {
  return std::make_shared<RocksSnapshot>(std::move(database));
}

}  // namespace terrane

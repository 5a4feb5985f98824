#include <algorithm>
#include <utility>

#include <rocksdb/perf_context.h>

#include "terrane/store/rocks_database.h"
#include "terrane/store/rocks_status.h"

namespace terrane {

namespace {

std::string_view view(const rocksdb::Slice& s) {
  return {s.data(), s.size()};
}

// By this thread, so far.
std::uint64_t removed_keys_passed() {
  return rocksdb::get_perf_context()->internal_delete_skipped_count;
}

class RocksCursor final : public Cursor {
 public:
  RocksCursor(std::shared_ptr<const RocksDatabase> database, const rocksdb::Snapshot* snapshot,
              std::string_view begin, std::string_view end)
      : database_(std::move(database)), begin_(begin), end_(end), bound_(end_) {
    rocksdb::ReadOptions read;
    read.snapshot = snapshot;
    read.iterate_upper_bound = &bound_;
    iterator_.reset(database_->db->NewIterator(read));
  }

  void seek(std::string_view key) override {
    key = std::max(key, std::string_view(begin_));
    sought_ = key < end_;
    if (sought_) move([&] { iterator_->Seek({key.data(), key.size()}); });
  }
  void next() override {
    move([&] { iterator_->Next(); });
  }
  bool valid() const override { return sought_ && iterator_->Valid(); }
  std::string_view key() const override { return view(iterator_->key()); }
  std::string_view value() const override { return view(iterator_->value()); }
  Status status() const override {
    if (!sought_ || iterator_->status().ok()) return ok();
    return rocks_error(iterator_->status(), "cannot read", database_->path);
  }

 private:
  template <class Move>
  void move(const Move& move) {
    const std::uint64_t before = removed_keys_passed();
    move();
    database_->passed(removed_keys_passed() - before);
  }

  std::shared_ptr<const RocksDatabase> database_;
  std::string begin_, end_;
  rocksdb::Slice bound_;  // the iterator keeps a pointer to it
  std::unique_ptr<rocksdb::Iterator> iterator_;
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

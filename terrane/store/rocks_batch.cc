#include "terrane/store/rocks_batch.h"

#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "terrane/store/rocks_iterator.h"
#include "terrane/store/rocks_status.h"

namespace terrane {

namespace {

constexpr std::size_t kFewKeys = 16;

rocksdb::Slice slice(const std::string& s) {
  return {s.data(), s.size()};
}

class Translator {
 public:
  Translator(const RocksDatabase& database, const Batch& batch)
      : database_(database), batch_(batch), looks_(depends_on_state(batch)) {}

  Result<RocksBatch> run() {
    RocksBatch out;
    out.changes = rocksdb::WriteBatch(batch_.bytes() + 32 * batch_.ops().size());
    for (const Batch::Op& op : batch_.ops()) {
      rocksdb::Status status;
      switch (op.kind) {
        case Batch::Kind::kPut:
          status = out.changes.Put(slice(op.key), slice(op.value));
          if (looks_) put_.insert(op.key);
          break;
        case Batch::Kind::kErase:
          status = erase(slice(op.key), out);
          break;
        case Batch::Kind::kEraseRange:
          TERRANE_TRY(erase_range(op.key, op.value, out));
          break;
        case Batch::Kind::kRequire:
          break;
      }
      if (!status.ok()) return refused(status);
    }
    return out;
  }

 private:
  static Error refused(const rocksdb::Status& status) {
    return internal("the engine refuses a change that was checked; engine=`" + status.ToString() + "`");
  }
  static rocksdb::Status erase(const rocksdb::Slice& key, RocksBatch& out) {
    out.burden += SeekBurden::kErase;
    return out.changes.Delete(key);
  }

  Status erase_range(const std::string& begin, const std::string& end, RocksBatch& out) {
    if (begin >= end) return ok();
    TERRANE_ASSIGN(const std::optional<std::vector<std::string>> keys, few_keys(begin, end));
    if (!keys) return erase_many(begin, end, out);
    for (const std::string& key : *keys) {
      if (const rocksdb::Status status = erase(slice(key), out); !status.ok()) return refused(status);
    }
    // Keys that this batch itself put there.
    const auto first = put_.lower_bound(begin);
    const auto last = put_.lower_bound(end);
    for (auto it = first; it != last; ++it) {
      const rocksdb::Status status = erase(rocksdb::Slice(it->data(), it->size()), out);
      if (!status.ok()) return refused(status);
    }
    put_.erase(first, last);
    return ok();
  }

  Status erase_many(const std::string& begin, const std::string& end, RocksBatch& out) {
    rocksdb::DB& db = *database_.db;
    const rocksdb::Range range(slice(begin), slice(end));
    std::uint64_t in_memory = 0;
    std::uint64_t bytes = 0;
    db.GetApproximateMemTableStats(range, &in_memory, &bytes);
    out.burden += SeekBurden::kRangeDelete + SeekBurden::kCoveredKey * in_memory;
    out.has_range_delete = true;
    const rocksdb::Status status = out.changes.DeleteRange(slice(begin), slice(end));
    if (!status.ok()) return refused(status);
    return ok();
  }

  // The keys stored in [begin, end), or nothing where they are more than a few.
  Result<std::optional<std::vector<std::string>>> few_keys(const std::string& begin, const std::string& end) {
    if (!iterator_) {
      rocksdb::ReadOptions read;
      read.max_skippable_internal_keys = 1024;  // among that many removed keys a range delete does good
      iterator_.emplace(database_, read);
    }
    std::vector<std::string> keys;
    for (iterator_->seek(begin); iterator_->valid(); iterator_->next()) {
      if (iterator_->key() >= end) return std::optional(std::move(keys));
      if (keys.size() == kFewKeys) return std::optional<std::vector<std::string>>();
      keys.emplace_back(iterator_->key());
    }
    if (iterator_->gave_up()) return std::optional<std::vector<std::string>>();
    TERRANE_TRY(iterator_->status());
    return std::optional(std::move(keys));
  }

  const RocksDatabase& database_;
  const Batch& batch_;
  const bool looks_;
  std::set<std::string_view> put_;  // by this batch so far, kept only where a range may ask
  std::optional<RocksIterator> iterator_;
};

}  // namespace

bool depends_on_state(const Batch& batch) {
  for (const Batch::Op& op : batch.ops()) {
    if (op.kind == Batch::Kind::kRequire || op.kind == Batch::Kind::kEraseRange) return true;
  }
  return false;
}

Result<RocksBatch> translate(const RocksDatabase& database, const Batch& batch) {
  return Translator(database, batch).run();
}

Status check_conditions(const RocksDatabase& database, const Batch& batch) {
  rocksdb::PinnableSlice value;
  for (const Batch::Op& op : batch.ops()) {
    if (op.kind != Batch::Kind::kRequire) continue;
    value.Reset();
    const rocksdb::Status status =
        database.db->Get({}, database.db->DefaultColumnFamily(), slice(op.key), &value);
    const bool absent = status.IsNotFound() && status.subcode() == rocksdb::Status::kNone;
    if (!status.ok() && !absent) return rocks_error(status, "cannot read", database.path);
    if (op.present == absent || (op.present && value != slice(op.value))) {
      return Error{ErrorCode::kConflict, "a key changed since it was read; read again and retry"};
    }
  }
  return ok();
}

}  // namespace terrane

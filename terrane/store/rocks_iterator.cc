#include "terrane/store/rocks_iterator.h"

#include <utility>

#include <rocksdb/perf_context.h>

#include "terrane/store/rocks_database.h"
#include "terrane/store/rocks_status.h"

namespace terrane {

namespace {

// Blocks that this thread looked for in a cache, less those it brought in. RocksDB calls the cache from the
// thread that reads and hands nothing through, so there is no other place for it.
thread_local std::int64_t blocks_not_brought_in = 0;

class TallyCache final : public rocksdb::Cache {
 public:
  explicit TallyCache(std::shared_ptr<rocksdb::Cache> cache) : cache_(std::move(cache)) {}
  using rocksdb::Cache::Insert;
  using rocksdb::Cache::Lookup;
  using rocksdb::Cache::Release;

  rocksdb::Status Insert(const rocksdb::Slice& key, void* value, std::size_t charge, DeleterFn deleter,
                         Handle** handle, Priority priority) override {
    --blocks_not_brought_in;
    return cache_->Insert(key, value, charge, deleter, handle, priority);
  }
  Handle* Lookup(const rocksdb::Slice& key, rocksdb::Statistics* stats) override {
    Handle* handle = cache_->Lookup(key, stats);
    if (handle == nullptr) ++blocks_not_brought_in;
    return handle;
  }

  const char* Name() const override { return "TallyCache"; }
  bool Ref(Handle* handle) override { return cache_->Ref(handle); }
  bool Release(Handle* handle, bool erase) override { return cache_->Release(handle, erase); }
  void* Value(Handle* handle) override { return cache_->Value(handle); }
  void Erase(const rocksdb::Slice& key) override { cache_->Erase(key); }
  std::uint64_t NewId() override { return cache_->NewId(); }
  void SetCapacity(std::size_t capacity) override { cache_->SetCapacity(capacity); }
  void SetStrictCapacityLimit(bool strict) override { cache_->SetStrictCapacityLimit(strict); }
  bool HasStrictCapacityLimit() const override { return cache_->HasStrictCapacityLimit(); }
  std::size_t GetCapacity() const override { return cache_->GetCapacity(); }
  std::size_t GetUsage() const override { return cache_->GetUsage(); }
  std::size_t GetUsage(Handle* handle) const override { return cache_->GetUsage(handle); }
  std::size_t GetPinnedUsage() const override { return cache_->GetPinnedUsage(); }
  std::size_t GetCharge(Handle* handle) const override { return cache_->GetCharge(handle); }
  DeleterFn GetDeleter(Handle* handle) const override { return cache_->GetDeleter(handle); }
  void ApplyToAllEntries(
      const std::function<void(const rocksdb::Slice&, void*, std::size_t, DeleterFn)>& callback,
      const ApplyToAllEntriesOptions& options) override {
    cache_->ApplyToAllEntries(callback, options);
  }
  void EraseUnRefEntries() override { cache_->EraseUnRefEntries(); }

 private:
  std::shared_ptr<rocksdb::Cache> cache_;
};

rocksdb::Slice slice(std::string_view s) {
  return {s.data(), s.size()};
}

}  // namespace

std::shared_ptr<rocksdb::Cache> make_block_cache(std::uint64_t bytes) {
  return std::make_shared<TallyCache>(rocksdb::NewLRUCache(bytes));
}

RocksIterator::RocksIterator(const RocksDatabase& database, const rocksdb::ReadOptions& options)
    : database_(database), options_(options), iterator_(database.db->NewIterator(options)) {}

template <class Move>
void RocksIterator::move(std::string_view from, const Move& move) {
  const std::int64_t before = blocks_not_brought_in;
  const std::uint64_t removed_before = rocksdb::get_perf_context()->internal_delete_skipped_count;
  move();
  if (blocks_not_brought_in > before && iterator_->status().ok()) lost_ = forgotten_error(from);
  database_.passed(rocksdb::get_perf_context()->internal_delete_skipped_count - removed_before);
}

void RocksIterator::seek(std::string_view key) {
  lost_ = ok();
  move(key, [&] { iterator_->Seek(slice(key)); });
}

void RocksIterator::next() {
  last_.assign(key());
  move(last_, [&] { iterator_->Next(); });
}

Status RocksIterator::status() const {
  if (!lost_) return lost_;
  if (iterator_->status().ok()) return ok();
  return rocks_error(iterator_->status(), "cannot read", database_.path);
}

Status RocksIterator::forgotten_error(std::string_view from) const {
  // Where range deletes play no part RocksDB forgets nothing.
  rocksdb::ReadOptions options = options_;
  options.ignore_range_deletions = true;
  options.max_skippable_internal_keys = 0;
  const std::unique_ptr<rocksdb::Iterator> plain(database_.db->NewIterator(options));
  constexpr int kFar = 1'000'000;
  plain->Seek(slice(from));
  for (int steps = 0; plain->Valid() && steps < kFar; ++steps) plain->Next();
  if (!plain->status().ok()) return rocks_error(plain->status(), "cannot read", database_.path);
  return Error{ErrorCode::kIo, "a block of a table could not be read; check the disk, then verify; path=`" +
                                   database_.path + "`"};
}

}  // namespace terrane

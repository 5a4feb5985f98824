#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <rocksdb/cache.h>
#include <rocksdb/iterator.h>
#include <rocksdb/options.h>

#include "terrane/base/status.h"

namespace terrane {

struct RocksDatabase;

// The block cache that RocksIterator relies on: it keeps a tally, per thread, of blocks that were looked for
// and not brought in afterwards.
std::shared_ptr<rocksdb::Cache> make_block_cache(std::uint64_t bytes);

// An iterator that ends only where the keys end.
//
// RocksDB 7.8.3 forgets the error of a block that cannot be read where a table ends and the next one of its
// level begins, or where a key is skipped that a range delete covers: it then goes on without that table's
// keys and says ok (its pull request 11782, of 2023, mends it). But a block that cannot be read is missed in
// the cache and never brought in, and that shows.
//
// Not thread-safe. Outlives neither its database nor the bounds in its options.
class RocksIterator {
 public:
  RocksIterator(const RocksDatabase& database, const rocksdb::ReadOptions& options);

  void seek(std::string_view key);
  void next();  // valid() holds
  bool valid() const { return lost_ && iterator_->Valid(); }
  std::string_view key() const { return {iterator_->key().data(), iterator_->key().size()}; }
  std::string_view value() const { return {iterator_->value().data(), iterator_->value().size()}; }
  // Not ok once a step failed, until the next seek.
  Status status() const;
  // The step was given up after ReadOptions::max_skippable_internal_keys; status() is not ok.
  bool gave_up() const { return iterator_->status().IsIncomplete(); }

 private:
  template <class Move>
  void move(std::string_view from, const Move& move);
  // The error that RocksDB forgot, found again on the way up from `from`.
  Status forgotten_error(std::string_view from) const;

  const RocksDatabase& database_;
  rocksdb::ReadOptions options_;
  std::unique_ptr<rocksdb::Iterator> iterator_;
  Status lost_;
  std::string last_;  // the key that next() left
};

}  // namespace terrane

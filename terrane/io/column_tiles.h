#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include "terrane/base/status.h"
#include "terrane/model/earth_column.h"

namespace terrane {

// 64 x 64 columns of a store, whole height, as runs of voxels. Columns are appended y fastest.
class ColumnTile {
 public:
  static constexpr std::int64_t kSize = 64;

  ColumnTile() { spans_.reserve(kSize * kSize * 8); }
  void append(std::span<const model::Span> column);
  std::span<const model::Span> column(std::int64_t x, std::int64_t y) const {
    const auto i = static_cast<std::size_t>(x * kSize + y);
    return {spans_.data() + begin_[i], begin_[i + 1] - begin_[i]};
  }
  void finish() { spans_.shrink_to_fit(); }
  std::size_t bytes() const { return sizeof *this + spans_.capacity() * sizeof(model::Span); }

 private:
  std::vector<model::Span> spans_;
  std::array<std::uint32_t, kSize * kSize + 1> begin_{};
  std::size_t columns_ = 0;
};

// The tiles asked for last, up to a number of bytes. Each is built once however many threads ask for it
// together; one that could not be built is tried again. Thread-safe.
class ColumnTileCache {
 public:
  using Tile = std::shared_ptr<const ColumnTile>;
  explicit ColumnTileCache(std::size_t bytes) : limit_(bytes) {}
  Result<Tile> get(std::int64_t tx, std::int64_t ty, const std::function<Result<Tile>()>& build);

 private:
  using Key = std::pair<std::int64_t, std::int64_t>;
  struct Slot {
    std::mutex building;
    Tile tile;              // guarded by `building`
    std::size_t bytes = 0;  // guarded by the cache, as is the rest
    std::list<Key>::iterator recent;
  };
  std::shared_ptr<Slot> find(Key key);
  void count(Key key, const std::shared_ptr<Slot>& slot, std::size_t bytes);

  const std::size_t limit_;
  std::mutex mutex_;
  std::map<Key, std::shared_ptr<Slot>> slots_;
  std::list<Key> recent_;  // newest first
  std::size_t total_ = 0;
};

}  // namespace terrane

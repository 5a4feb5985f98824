#include "terrane/io/column_tiles.h"

namespace terrane {

void ColumnTile::append(std::span<const model::Span> column) {
  spans_.insert(spans_.end(), column.begin(), column.end());
  begin_[++columns_] = static_cast<std::uint32_t>(spans_.size());
}

Result<ColumnTileCache::Tile> ColumnTileCache::get(std::int64_t tx, std::int64_t ty,
                                                   const std::function<Result<Tile>()>& build) {
  const Key key = {ty, tx};
  const std::shared_ptr<Slot> slot = find(key);
  std::scoped_lock building(slot->building);
  if (slot->tile == nullptr) {
    TERRANE_ASSIGN(slot->tile, build());
    count(key, slot, slot->tile->bytes());
  }
  return slot->tile;
}

std::shared_ptr<ColumnTileCache::Slot> ColumnTileCache::find(Key key) {
  std::scoped_lock lock(mutex_);
  const auto [at, fresh] = slots_.try_emplace(key);
  if (fresh) {
    at->second = std::make_shared<Slot>();
    recent_.push_front(key);
    at->second->recent = recent_.begin();
  } else {
    recent_.splice(recent_.begin(), recent_, at->second->recent);
  }
  return at->second;
}

void ColumnTileCache::count(Key key, const std::shared_ptr<Slot>& slot, std::size_t bytes) {
  std::scoped_lock lock(mutex_);
  const auto found = slots_.find(key);
  if (found == slots_.end() || found->second != slot) return;  // pushed out while it was built
  slot->bytes = bytes;
  total_ += bytes;
  while (total_ > limit_ && recent_.back() != key) {
    const auto oldest = slots_.find(recent_.back());
    total_ -= oldest->second->bytes;
    slots_.erase(oldest);
    recent_.pop_back();
  }
}

}  // namespace terrane

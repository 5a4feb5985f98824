#include "terrane/volume/pooled_bricks.h"

#include <algorithm>

#include "terrane/volume/state.h"
#include "terrane/voxel/pool.h"

namespace terrane {
namespace {

// A node of the map, its key and its string.
constexpr std::size_t kEntryBytes = 128;

const Codec& codec() {
  return *find_codec(CodecId::kRows);
}

}  // namespace

PooledBricks::PooledBricks(std::span<const Lattice> lattices, const FluidSet& fluids,
                           std::span<const Box> boxes, std::uint64_t capacity_bytes)
    : lattices_(lattices),
      fluids_(fluids),
      boxes_(boxes.begin(), boxes.end()),
      capacity_(capacity_bytes),
      full_(capacity_bytes == 0) {}

void PooledBricks::keep(int level, Position position, std::span<const MaterialId> voxels,
                        CodecScratch& scratch) {
  const Box brick = lattices_[static_cast<std::size_t>(level)].brick_box(position);
  const auto up = [&](Coord c) { return Coord{c.x << level, c.y << level, c.z << level}; };
  const Box below = Box{up(brick.lo), up(brick.hi)}.intersect(lattices_[0].bounds());
  const auto holds = [&](const Box& box) { return below.intersect(box) == below; };
  if (std::none_of(boxes_.begin(), boxes_.end(), holds)) return;
  {
    std::scoped_lock lock(mutex_);
    if (full_) return;
  }
  VoxelArray half(level_extent(brick.size(), 1));
  pool(ConstVoxelView::dense(voxels.data(), brick.size()), fluids_, half.view());
  std::string bytes;
  codec().encode(half.voxels, BrickContext(shape_of(Box::of_size({}, half.size))), {.policy = Policy::kFast},
                 scratch, bytes);
  bytes.shrink_to_fit();
  std::scoped_lock lock(mutex_);
  const std::size_t size = bytes.size() + kEntryBytes;
  full_ = bytes_ + size > capacity_;
  if (full_) return;
  if (kept_.try_emplace({level, position}, std::move(bytes)).second) bytes_ += size;
}

bool PooledBricks::take(int level, Position position, CodecScratch& scratch, VoxelView out) {
  std::string bytes;
  {
    std::scoped_lock lock(mutex_);
    const auto found = kept_.find({level, position});
    if (found == kept_.end()) return false;
    bytes = std::move(found->second);
    bytes_ -= bytes.size() + kEntryBytes;
    kept_.erase(found);
    full_ = false;
  }
  const BrickContext half(shape_of(Box::of_size({}, out.size)));
  return codec()
      .decode_part(as_bytes(bytes), codec().version(), half, Box::of_size({}, out.size), scratch, out)
      .has_value();
}

}  // namespace terrane

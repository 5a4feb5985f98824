#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "terrane/base/status.h"
#include "terrane/space/box.h"
#include "terrane/space/position.h"

namespace terrane {

// Consecutive positions, both ends in.
struct Run {
  Position first = 0, last = 0;
  friend constexpr bool operator==(const Run&, const Run&) = default;
};

// A box in level-0 voxels becomes the box of level-L voxels it touches: floor of the low corner, ceiling of
// the high one, over 2^L.
Box level_box(const Box& box, int level);
// A size or extent at a level: max(1, ceil(N / 2^L)) on each axis.
Coord level_extent(Coord extent, int level);

// The bricks of one level of a store: which positions lie inside the extent, and the boxes they cover.
// A value; every method is const and thread-safe. All boxes here are in voxels of this level.
//
// Positions outside the extent have no content. The "inside" questions below skip them; they cost at most
// a walk over one slab (4,096 positions), and O(1) where the region is full width.
class Lattice {
 public:
  // `extent` in level-0 voxels, at most kMaxExtent and at least 1 on each axis; level 0..kMaxLevel.
  Lattice(Coord extent, int level);

  int level() const { return level_; }
  Coord extent() const { return extent_; }  // voxels of this level
  Box bounds() const { return {{0, 0, 0}, extent_}; }
  BrickCoord brick_grid() const { return grid_; }  // number of bricks on each axis

  bool inside(Position p) const;
  // The voxels of a brick that exist: 64^3, fewer at the upper edges. `p` is inside.
  Box brick_box(Position p) const;

  // The nearest inside position at or after `p` that is <= `limit`; at or before `p` that is >= `limit`.
  std::optional<Position> next_inside(Position p, Position limit) const;
  std::optional<Position> prev_inside(Position p, Position limit) const;

  // The same for whole regions: a region is inside if any of its bricks is.
  bool region_inside(RegionId r) const;
  std::optional<RegionId> next_region_inside(RegionId r, RegionId limit) const;
  std::optional<RegionId> prev_region_inside(RegionId r, RegionId limit) const;

  // The fewest runs of the line that hold exactly the bricks which `box` (not empty, within bounds())
  // touches, plus any positions outside the extent that join two of them; ascending. Full-height,
  // region-aligned parts become runs of whole regions.
  std::vector<Run> cover(const Box& box) const;

 private:
  int level_;
  Coord extent_;
  BrickCoord grid_;
};

}  // namespace terrane

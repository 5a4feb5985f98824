#pragma once

#include <array>
#include <optional>
#include <vector>

#include "terrane/space/box.h"
#include "terrane/space/position.h"

namespace terrane {

// Consecutive positions, both ends in.
struct Run {
  Position first = 0, last = 0;
  friend constexpr bool operator==(const Run&, const Run&) = default;
};

// A box in level-0 voxels becomes the box of level-L voxels it touches: floor of the low corner, ceiling of
// the high one, over 2^L. Any corners; level 0..kMaxLevel.
Box level_box(const Box& box, int level);
// A size or extent at a level: max(1, ceil(N / 2^L)) on each axis.
Coord level_extent(Coord extent, int level);

// The bricks of one level of a store: which positions lie inside the extent, and the boxes they cover.
// A value; every method is const and thread-safe. All boxes here are in voxels of this level.
//
// Positions outside the extent have no content. The "inside" questions below skip them; each costs a few
// dozen instructions, whatever the extent.
class Lattice {
 public:
  // `extent` in level-0 voxels, at most kMaxExtent and at least 1 on each axis; level 0..kMaxLevel.
  Lattice(Coord extent, int level);

  int level() const { return level_; }
  Coord extent() const { return extent_; }  // voxels of this level
  Box bounds() const { return {{0, 0, 0}, extent_}; }
  BrickCoord brick_grid() const { return grid_; }  // number of bricks on each axis
  const BrickBox& bricks() const { return bricks_; }

  bool inside(Position p) const { return bricks_.contains(p); }
  // The voxels of a brick that exist: 64^3, fewer at the upper edges. `p` is inside.
  Box brick_box(Position p) const;

  // The nearest inside position at or after `p` that is <= `limit`; at or before `p` that is >= `limit`.
  std::optional<Position> next_inside(Position p, Position limit) const;
  std::optional<Position> prev_inside(Position p, Position limit) const;

  // The same for whole regions: a region is inside if any of its bricks is.
  bool region_inside(RegionId r) const;
  std::optional<RegionId> next_region_inside(RegionId r, RegionId limit) const;
  std::optional<RegionId> prev_region_inside(RegionId r, RegionId limit) const;

  // All runs of Cover(*this, box), ascending. A planet-wide box that is not full height has one for each
  // region: there, take them one by one from a Cover.
  std::vector<Run> cover(const Box& box) const;

 private:
  int level_;
  Coord extent_;
  BrickCoord grid_;
  BrickBox bricks_;
};

// The fewest runs of the line that hold every brick which `box` (not empty, within bounds()) touches, and
// no other brick of the extent. Found one by one, in ascending order, each in well under a microsecond
// however long it is.
//
//  - Each touched brick is in exactly one run; all else in a run lies outside the extent.
//  - A run begins with a touched brick. It takes along the outside positions that follow it, through
//    the last one of its last touched region.
//  - So a region with all its bricks touched is wholly in one run, and a box that is the whole extent is
//    the single run from 0 to the last position of the last region inside.
//  - Between two runs there is a brick inside the extent that `box` does not touch.
class Cover {
 public:
  Cover(const Lattice& lattice, const Box& box);
  std::optional<Run> next();

 private:
  // The nearest inside position at or after `p` that the box does not touch.
  std::optional<Position> next_untouched(Position p);

  // Bricks of the extent below and above the box on one axis, and where the next of them is.
  struct Side {
    BrickBox bricks;
    std::optional<Position> next;
  };
  BrickBox touched_;
  std::array<Side, 6> sides_;
  std::size_t side_count_ = 0;
  std::optional<Position> from_ = 0;
};

}  // namespace terrane

#pragma once

#include <cstdint>

#include "terrane/space/box.h"

namespace terrane {

inline constexpr int kBrickEdge = 64;   // voxels
inline constexpr int kSlabBricks = 16;  // bricks along each edge of a slab and a region
inline constexpr int kMaxLevel = 21;
inline constexpr Coord kMaxExtent = {std::int64_t{1} << 28, std::int64_t{1} << 27, std::int64_t{1} << 27};

// A brick of the lattice of its level: voxel / 64 on each axis. x < 2^22, y < 2^21, z < 2^21.
struct BrickCoord {
  std::uint32_t x = 0, y = 0, z = 0;
  friend constexpr bool operator==(BrickCoord, BrickCoord) = default;
};

// The place of a brick on the 64-bit line (one line per level):
//
//   [ region: 35 bits, Morton of x/16 (18 bits) and y/16 (17 bits) ]
//   [ slab: 17 bits, z/16 ]
//   [ 12 bits, Morton of x%16, y%16, z%16 ]
//
// In both Morton codes x is the lowest bit, then y, then z; the 18th region bit of x is on top.
//  - A region (1024 x 1024 columns, full height) is one contiguous run of 2^29 positions.
//  - Inside a slab the line is a linear octree: each aligned cube of 2, 4, 8 or 16 bricks is one run.
//  - Every 64-bit number is the position of exactly one brick.
using Position = std::uint64_t;
using RegionId = std::uint64_t;  // 35 bits

inline constexpr int kRegionShift = 29;
inline constexpr std::uint64_t kRegionPositions = std::uint64_t{1} << kRegionShift;
inline constexpr RegionId kRegionCount = std::uint64_t{1} << 35;

Position position_of(BrickCoord brick);
BrickCoord brick_at(Position position);

constexpr RegionId region_of(Position p) {
  return p >> kRegionShift;
}
constexpr Position region_first(RegionId r) {
  return r << kRegionShift;
}
constexpr Position region_last(RegionId r) {
  return region_first(r) | (kRegionPositions - 1);
}

// The region's column of bricks begins at brick (16 * x, 16 * y).
struct RegionCoord {
  std::uint32_t x = 0, y = 0;  // 18 and 17 bits
};
RegionCoord region_at(RegionId region);
RegionId region_id(RegionCoord region);

constexpr BrickCoord brick_of(Coord voxel) {
  return {static_cast<std::uint32_t>(voxel.x / kBrickEdge), static_cast<std::uint32_t>(voxel.y / kBrickEdge),
          static_cast<std::uint32_t>(voxel.z / kBrickEdge)};
}

}  // namespace terrane

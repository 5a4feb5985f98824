#pragma once

#include <cstdint>
#include <optional>

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
  friend constexpr bool operator==(RegionCoord, RegionCoord) = default;
};

namespace detail {

// Moves bit i to bit 2i, and back.
constexpr std::uint64_t spread2(std::uint64_t v) {
  v = (v | (v << 16)) & 0x0000ffff0000ffff;
  v = (v | (v << 8)) & 0x00ff00ff00ff00ff;
  v = (v | (v << 4)) & 0x0f0f0f0f0f0f0f0f;
  v = (v | (v << 2)) & 0x3333333333333333;
  return (v | (v << 1)) & 0x5555555555555555;
}
constexpr std::uint32_t gather2(std::uint64_t v) {
  v &= 0x5555555555555555;
  v = (v | (v >> 1)) & 0x3333333333333333;
  v = (v | (v >> 2)) & 0x0f0f0f0f0f0f0f0f;
  v = (v | (v >> 4)) & 0x00ff00ff00ff00ff;
  v = (v | (v >> 8)) & 0x0000ffff0000ffff;
  return static_cast<std::uint32_t>(v | (v >> 16));
}

// The same for the four bits of a brick inside its slab: bit i to bit 3i, and back.
constexpr std::uint64_t spread3(std::uint32_t v) {
  v = ((v & 0xf) | (v << 4)) & 0x0c3;
  return (v | (v << 2)) & 0x249;
}
constexpr std::uint32_t gather3(std::uint64_t v) {
  v &= 0x249;
  v = (v | (v >> 2)) & 0x0c3;
  return static_cast<std::uint32_t>((v | (v >> 4)) & 0xf);
}

}  // namespace detail

constexpr RegionId region_id(RegionCoord region) {
  return detail::spread2(region.x) | (detail::spread2(region.y) << 1);
}
constexpr RegionCoord region_at(RegionId region) {
  return {detail::gather2(region), detail::gather2(region >> 1)};
}

constexpr Position position_of(BrickCoord brick) {
  return region_first(region_id({brick.x >> 4, brick.y >> 4})) | (Position{brick.z >> 4} << 12) |
         detail::spread3(brick.x) | (detail::spread3(brick.y) << 1) | (detail::spread3(brick.z) << 2);
}
constexpr BrickCoord brick_at(Position position) {
  const RegionCoord region = region_at(region_of(position));
  const auto slab = static_cast<std::uint32_t>((position >> 12) & 0x1ffff);
  return {(region.x << 4) | detail::gather3(position), (region.y << 4) | detail::gather3(position >> 1),
          (slab << 4) | detail::gather3(position >> 2)};
}

// Each bit of a position belongs to one axis, and the bits of an axis keep their order: positions masked to
// an axis compare as the coordinates do.
inline constexpr Position kAxisX = position_of({(1u << 22) - 1, 0, 0});
inline constexpr Position kAxisY = position_of({0, (1u << 21) - 1, 0});
inline constexpr Position kAxisZ = position_of({0, 0, (1u << 21) - 1});

constexpr BrickCoord brick_of(Coord voxel) {
  return {static_cast<std::uint32_t>(voxel.x / kBrickEdge), static_cast<std::uint32_t>(voxel.y / kBrickEdge),
          static_cast<std::uint32_t>(voxel.z / kBrickEdge)};
}

// A box of bricks, seen from the line: the positions of its lowest and its highest brick, both in it.
// Every question is a few dozen instructions whatever the size of the box. A value.
struct BrickBox {
  Position lo = 0, hi = 0;

  constexpr bool contains(Position p) const {
    return (p & kAxisX) >= (lo & kAxisX) && (p & kAxisX) <= (hi & kAxisX) &&  //
           (p & kAxisY) >= (lo & kAxisY) && (p & kAxisY) <= (hi & kAxisY) &&  //
           (p & kAxisZ) >= (lo & kAxisZ) && (p & kAxisZ) <= (hi & kAxisZ);
  }
  // The nearest brick of the box at or after `p`; at or before `p`.
  std::optional<Position> next(Position p) const;
  std::optional<Position> prev(Position p) const;
};

}  // namespace terrane

#pragma once

#include <array>
#include <vector>

#include "terrane/codec/material_list.h"
#include "terrane/voxel/brick.h"

// The parts that writing and reading an octree brick share. The format is docs/codecs/octree.md.
namespace terrane::detail {

inline constexpr int kTreeLevels = 7;              // cubes of 64, 32, 16, 8, 4, 2 and 1 voxels
inline constexpr std::size_t kFlagsPerRank = 512;  // nodes
inline constexpr std::size_t kMasksPerRank = 64;

constexpr int cube_edge(int level) {
  return 64 >> level;
}

// An octant of a cube, by its Morton number.
constexpr Coord octant_corner(Coord corner, std::int64_t edge, int octant) {
  return {corner.x + (octant & 1) * edge, corner.y + (octant >> 1 & 1) * edge,
          corner.z + (octant >> 2) * edge};
}
constexpr bool starts_inside(BrickShape shape, Coord corner) {
  return corner.x < shape.nx && corner.y < shape.ny && corner.z < shape.nz;
}

// What an encoder keeps from call to call: the nodes of each level in Morton order, a mask of 0 for a leaf.
struct TreeScratch {
  struct Level {
    std::vector<MaterialId> materials;
    std::vector<std::uint8_t> masks;
  };
  std::array<Level, kTreeLevels> levels;
};

// The nodes of one level, as read.
struct TreeLevel {
  std::size_t nodes = 0;
  std::size_t inner = 0;  // those with a mask
  Bytes materials, flags, flag_ranks, masks, mask_ranks;

  bool has_flags() const { return inner > 0 && inner < nodes; }
  // Leaves have no mask. i < nodes.
  bool is_leaf(std::size_t i) const { return has_flags() ? bits_at(flags, i, 1) != 0 : inner == 0; }
};

// A payload's parts: all sizes are checked, and nothing else.
struct Tree {
  MaterialList list;
  unsigned bits = 0;  // of a material
  std::array<TreeLevel, kTreeLevels> levels;
  Bytes raw;  // the voxels, instead of all the rest

  bool is_raw() const { return !raw.empty(); }
};

// Fills the scratch with the tree of dense voxels.
void build_tree(const MaterialId* voxels, BrickShape shape, TreeScratch& tree);

}  // namespace terrane::detail

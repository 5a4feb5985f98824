#include <cstring>

#include "terrane/codec/octree_tree.h"

namespace terrane::detail {
namespace {

struct Cell {
  MaterialId material = 0;
  std::uint8_t mask = 0;  // 0: all of one material
};

constexpr int kBlockLevel = 3;  // cubes of 8: looked at whole before they are split

// Most of `count` materials, the smallest of those that tie.
MaterialId most_common(const MaterialId* materials, int count) {
  MaterialId best = materials[0];
  int most = 0;
  for (int i = 0; i < count; ++i) {
    int n = 0;
    for (int j = 0; j < count; ++j) n += materials[j] == materials[i];
    if (n < most || (n == most && materials[i] >= best)) continue;
    most = n;
    best = materials[i];
  }
  return best;
}

class TreeBuilder {
 public:
  TreeBuilder(const MaterialId* voxels, BrickShape shape, TreeScratch& tree)
      : voxels_(voxels), shape_(shape), tree_(tree) {}

  void build() { put(0, cell(0, {})); }

 private:
  // The cube at `corner`. What lies below it is put down; the cube itself is its parent's to put down, which
  // knows whether it needs to be.
  Cell cell(int level, Coord corner) {
    if (level == kTreeLevels - 1) return {voxels_[voxel_index(shape_, corner)], 0};
    if (level == kBlockLevel && is_uniform_block(corner)) return {voxels_[voxel_index(shape_, corner)], 0};
    const int edge = cube_edge(level + 1);
    Cell cells[8];
    std::uint8_t there = 0;
    MaterialId uniform[8], any[8];
    int uniforms = 0, all = 0;
    for (int o = 0; o < 8; ++o) {
      const Coord c = octant_corner(corner, edge, o);
      if (!starts_inside(shape_, c)) continue;
      there = static_cast<std::uint8_t>(there | 1u << o);
      cells[o] = cell(level + 1, c);
      any[all++] = cells[o].material;
      if (cells[o].mask == 0) uniform[uniforms++] = cells[o].material;
    }
    // That of most octants which are of one material: as few as can be need a node of their own.
    Cell whole{uniforms > 0 ? most_common(uniform, uniforms) : most_common(any, all), 0};
    for (int o = 0; o < 8; ++o) {
      if ((there >> o & 1) == 0) continue;
      if (cells[o].mask == 0 && cells[o].material == whole.material) continue;
      whole.mask = static_cast<std::uint8_t>(whole.mask | 1u << o);
      put(level + 1, cells[o]);
    }
    return whole;
  }

  void put(int level, Cell cell) {
    TreeScratch::Level& to = tree_.levels[static_cast<std::size_t>(level)];
    to.materials.push_back(cell.material);
    to.masks.push_back(cell.mask);
  }

  // Whole blocks only.
  bool is_uniform_block(Coord c) const {
    constexpr int kEdge = cube_edge(kBlockLevel);
    if (c.x + kEdge > shape_.nx || c.y + kEdge > shape_.ny || c.z + kEdge > shape_.nz) return false;
    const MaterialId* block = voxels_ + voxel_index(shape_, c);
    const std::uint64_t first = block[0] * 0x0001000100010001ULL;
    for (int x = 0; x < kEdge; ++x) {
      std::uint64_t different = 0;
      for (int y = 0; y < kEdge; ++y) {
        std::uint64_t row[2];
        std::memcpy(row, block + voxel_index(shape_, {x, y, 0}), sizeof(row));
        different |= (row[0] ^ first) | (row[1] ^ first);
      }
      if (different != 0) return false;
    }
    return true;
  }

  const MaterialId* voxels_;
  BrickShape shape_;
  TreeScratch& tree_;
};

}  // namespace

void build_tree(const MaterialId* voxels, BrickShape shape, TreeScratch& tree) {
  for (TreeScratch::Level& level : tree.levels) {
    level.materials.clear();
    level.masks.clear();
  }
  TreeBuilder(voxels, shape, tree).build();
}

}  // namespace terrane::detail

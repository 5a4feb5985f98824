#pragma once

#include <algorithm>

#include "terrane/base/status.h"
#include "terrane/codec/octree_tree.h"
#include "terrane/space/box.h"

namespace terrane::detail {

// All sizes are right, and the raw form or at least one level is there.
// Fills `tree`, which is as made, in place: it is large, and at() is short.
Status parse_tree(Bytes payload, BrickShape shape, Tree& tree);
// That the ranks say what the flags and masks do.
bool ranks_are_true(const Tree& tree);
// The voxel, by one descent.
Result<MaterialId> tree_at(const Tree& tree, Coord c);

// Goes through all nodes in Morton order and checks them. Calls visit(corner, edge, material) for each cube
// of one material; the brick may end within it.
template <class Visit>
class TreeWalk {
 public:
  TreeWalk(const Tree& tree, BrickShape shape, Visit visit) : tree_(tree), shape_(shape), visit_(visit) {}

  Status run() {
    if (!walk(0, {})) return corrupt("an octree brick has a node beyond its level, list or shape");
    for (std::size_t level = 0; level < kTreeLevels; ++level) {
      if (node_[level] != tree_.levels[level].nodes || inner_[level] != tree_.levels[level].inner)
        return corrupt("an octree brick has nodes that no mask names");
    }
    if (!ranks_are_true(tree_)) return corrupt("an octree brick's ranks are not those of its nodes");
    return ok();
  }

 private:
  // Within a level nodes follow one another in Morton order, so a place in each level is all it takes.
  bool walk(int level, Coord corner) {
    const auto l = static_cast<std::size_t>(level);
    const TreeLevel& nodes = tree_.levels[l];
    const std::size_t i = node_[l]++;
    if (i >= nodes.nodes) return false;
    const std::size_t index = bits_at(nodes.materials, i * tree_.bits, tree_.bits);
    if (!tree_.list.has(index)) return false;
    const MaterialId material = tree_.list.material(index);
    if (nodes.is_leaf(i)) {
      visit_(corner, cube_edge(level), material);
      return true;
    }
    const std::size_t m = inner_[l]++;
    if (m >= nodes.inner) return false;
    const auto mask = std::to_integer<unsigned>(nodes.masks[m]);
    if (mask == 0) return false;
    const int edge = cube_edge(level + 1);
    for (int o = 0; o < 8; ++o) {
      const Coord c = octant_corner(corner, edge, o);
      const bool node = (mask >> o & 1) != 0;
      if (!starts_inside(shape_, c)) {
        if (node) return false;
      } else if (!node) {
        visit_(c, edge, material);
      } else if (!walk(level + 1, c)) {
        return false;
      }
    }
    return true;
  }

  const Tree& tree_;
  BrickShape shape_;
  Visit visit_;
  std::array<std::size_t, kTreeLevels> node_{}, inner_{};
};

// Counts what of the nodes lies in a part, entering no cube outside it. `add(material, voxels)`.
template <class Add>
class TreeCount {
 public:
  TreeCount(const Tree& tree, const Box& part, Add add) : tree_(tree), part_(part), add_(add) {}

  Status run() {
    if (count(0, 0, {})) return ok();
    return corrupt("an octree brick has a node beyond its level, list or shape");
  }

 private:
  bool count(int level, std::size_t i, Coord corner);
  void count_cube(Coord corner, int edge, MaterialId material) {
    const Box box = Box::of_size(corner, {edge, edge, edge}).intersect(part_);
    const Coord size = box.size();
    if (size.x > 0 && size.y > 0 && size.z > 0)
      add_(material, static_cast<std::uint64_t>(size.x * size.y * size.z));
  }

  const Tree& tree_;
  Box part_;
  Add add_;
};

// The masks before the one of node i, which is not a leaf, and the nodes of the next level before its first.
std::size_t masks_before(const TreeLevel& level, std::size_t i);
std::size_t children_before(const TreeLevel& level, std::size_t mask);

template <class Add>
bool TreeCount<Add>::count(int level, std::size_t i, Coord corner) {
  const TreeLevel& nodes = tree_.levels[static_cast<std::size_t>(level)];
  if (i >= nodes.nodes) return false;
  const std::size_t index = bits_at(nodes.materials, i * tree_.bits, tree_.bits);
  if (!tree_.list.has(index)) return false;
  const MaterialId material = tree_.list.material(index);
  if (nodes.is_leaf(i)) {
    count_cube(corner, cube_edge(level), material);
    return true;
  }
  const std::size_t m = masks_before(nodes, i);
  if (m >= nodes.inner) return false;
  const auto mask = std::to_integer<unsigned>(nodes.masks[m]);
  std::size_t child = children_before(nodes, m);
  const int edge = cube_edge(level + 1);
  for (int o = 0; o < 8; ++o) {
    const Coord c = octant_corner(corner, edge, o);
    if ((mask >> o & 1) == 0) {
      count_cube(c, edge, material);
      continue;
    }
    const bool meets = c.x < part_.hi.x && c.x + edge > part_.lo.x && c.y < part_.hi.y &&
                       c.y + edge > part_.lo.y && c.z < part_.hi.z && c.z + edge > part_.lo.z;
    if (meets && !count(level + 1, child, c)) return false;
    ++child;
  }
  return true;
}

}  // namespace terrane::detail

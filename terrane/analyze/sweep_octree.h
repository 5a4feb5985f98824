#pragma once

#include <algorithm>
#include <utility>

#include "terrane/analyze/sweep.h"

// The octree and the Morton order, from the masks of the whole brick.
namespace terrane::detail::TERRANE_SWEEP_SPACE {

constexpr int up(int n, int side) {
  return (n + side - 1) / side;
}

// Cubes of twice the side `half` out of those of `half`, which are single voxels where it is 1.
struct Joining {
  const RowBrick& brick;
  const AnalyzeScratch::State& scratch;
  int half;
  const std::uint64_t*
      children;  // bit z of [x / half, y / half]: the cube at (x, y, z) is uniform, or outside
};

// Bit z says that the cube at (x, y, z) is uniform, for z that a cube begins at, and those outside. Eight
// uniform cubes are one where seven of the faces between them, a tree, are equal at a corner. What is outside
// is equal.
template <bool kVoxels>
TERRANE_SWEEP_INLINE std::uint64_t uniform_cubes(const Joining& j, int x, int y) {
  const int half = j.half, a = x * j.brick.ny + y, right = half * j.brick.ny;
  const int pitch = up(j.brick.ny, half), child = x / half * pitch + y / half;
  const bool has_x = x + half < j.brick.nx, has_y = y + half < j.brick.ny;
  const std::uint64_t* starts = j.scratch.starts.data() + a;
  const std::uint64_t *same_x = j.scratch.same_x.data() + a, *same_y = j.scratch.same_y.data() + a;
  std::uint64_t children = kVoxels ? ~std::uint64_t{0} : j.children[child];
  std::uint64_t steps = starts[0];  // up, in the columns at the corners
  std::uint64_t faces = ~std::uint64_t{0};
  if (has_x) {
    steps |= starts[right];
    faces &= same_x[right];
    if constexpr (!kVoxels) children &= j.children[child + pitch];
  }
  if (has_y) {
    steps |= starts[half];
    faces &= same_y[half];
    if constexpr (!kVoxels) children &= j.children[child + 1];
  }
  if (has_x && has_y) {
    steps |= starts[right + half];
    faces &= same_y[right + half];
    if constexpr (!kVoxels) children &= j.children[child + pitch + 1];
  }
  if constexpr (!kVoxels) children &= children >> half;
  return (children & faces & ~(steps >> half)) | ~j.brick.all();
}

template <bool kVoxels>
TERRANE_SWEEP_INLINE void join(const Joining& j, std::uint64_t* cells, BrickStats& out) {
  const RowBrick& brick = j.brick;
  const int half = j.half, side = 2 * half;
  const auto level = static_cast<std::size_t>(6 - static_cast<int>(lowest(static_cast<std::uint64_t>(side))));
  const std::uint64_t begins = every(side) & brick.all();
  const int top = (brick.nz - 1) / side * side;
  // The topmost cubes have only a lower half where the brick ends within it.
  const std::uint64_t halved = top + half >= brick.nz ? std::uint64_t{1} << top : 0;
  std::uint64_t uniform = 0, nodes = 0;
  for (int x = 0; x < brick.nx; x += side) {
    for (int y = 0; y < brick.ny; y += side) {
      const std::uint64_t mask = uniform_cubes<kVoxels>(j, x, y);
      *cells++ = mask;
      const std::uint64_t mixed = begins & ~mask;
      const std::uint64_t across = x + half < brick.nx ? 2 : 1,
                          columns = y + half < brick.ny ? 2 * across : across;
      uniform += ones(begins & mask);
      nodes += columns * (2 * ones(mixed) - ones(mixed & halved));
    }
  }
  out.uniform_cubes[level] = uniform;
  out.octree_nodes[level + 1] = nodes;
}

// Changes from the last voxel of each cube in a column of cubes to the first of the one beside it.
TERRANE_SWEEP_INLINE std::uint64_t changes_beside(const MaterialId* last, const MaterialId* first, int side,
                                                  int nz) {
  const std::uint64_t whole = every(side) & low_bits64(std::max(nz - side + 1, 0));
  std::uint64_t changes = ones(whole & ~equal64(last + side - 1, first));
  if (nz % side != 0) changes += last[nz - 1] != first[nz - nz % side] ? 1 : 0;
  return changes;
}

// Changes from the last voxel of each even cube in a column of cubes to the first of the one above it.
TERRANE_SWEEP_INLINE std::uint64_t changes_above(const MaterialId* last, const MaterialId* first, int side,
                                                 int nz) {
  const std::uint64_t pairs = every(2 * side) << (side - 1) & low_bits64(nz - 1);
  return ones(pairs & ~equal64(last, first + 1));
}

// Where the Morton order steps from one cube of a side to the next within the cube of twice the side at (x,
// y).
TERRANE_SWEEP_INLINE std::uint64_t changes_within(const RowBrick& brick, int side, int x, int y) {
  const auto first = [&brick](int cx, int cy) { return brick.row(cx * brick.ny + cy); };
  const auto last = [&](int cx, int cy) {
    return first(std::min(cx + side, brick.nx) - 1, std::min(cy + side, brick.ny) - 1);
  };
  const bool has_x = x + side < brick.nx, has_y = y + side < brick.ny;
  std::uint64_t changes = 0;
  const MaterialId* left = last(x, y);  // the cubes that the order leaves
  const auto step = [&](int cx, int cy) {
    const MaterialId *from = left, *to = first(cx, cy);
    left = last(cx, cy);
    return std::pair(from, to);
  };
  if (has_x) {
    const auto [from, to] = step(x + side, y);
    changes += changes_beside(from, to, side, brick.nz);
  }
  if (has_y) {
    const auto [from, to] = step(x, y + side);
    changes += changes_beside(from, to, side, brick.nz);
  }
  if (has_x && has_y) {
    const auto [from, to] = step(x + side, y + side);
    changes += changes_beside(from, to, side, brick.nz);
  }
  return changes + changes_above(left, first(x, y), side, brick.nz);
}

// The same for cubes of one voxel, with what the masks know already.
TERRANE_SWEEP_INLINE std::uint64_t changes_of_voxels(const RowBrick& brick,
                                                     const AnalyzeScratch::State& scratch, int x, int y) {
  const int a = x * brick.ny + y, b = a + brick.ny;
  if (x + 1 == brick.nx || y + 1 == brick.ny) return changes_within(brick, 1, x, y);
  const MaterialId* row_a = brick.at(a);
  const std::uint64_t* same_x = scratch.same_x.data();
  const std::uint64_t all = brick.all();
  const std::uint64_t diagonal = equal64(brick.at(b), row_a + 64);
  const std::uint64_t up = equal64(brick.row(b + 1), row_a + 1);
  return ones(all & ~same_x[b]) + ones(all & ~same_x[b + 1]) + ones(all & ~diagonal) +
         ones(all >> 1 & every(2) & ~up);
}

TERRANE_SWEEP void sweep_octree(const RowBrick& brick, AnalyzeScratch::State& scratch, BrickStats& out) {
  for (int level = 0; level < BrickStats::kLevels; ++level) {
    const int side = 64 >> level;
    out.cubes[static_cast<std::size_t>(level)] =
        BrickShape{up(brick.nx, side), up(brick.ny, side), up(brick.nz, side)}.voxels();
  }
  out.uniform_cubes.back() = out.cubes.back();
  out.octree_nodes[0] = 1;
  std::uint64_t *cells = scratch.cells.data(), *children = scratch.coarser_cells.data();
  join<true>({brick, scratch, 1, nullptr}, cells, out);
  for (int half = 2; half <= 32; half *= 2) {
    std::swap(cells, children);
    join<false>({brick, scratch, half, children}, cells, out);
  }
}

// Changes from one cube of a side to the next, in Morton order, within the cubes of twice the side at x.
TERRANE_SWEEP std::uint64_t morton_changes(const RowBrick& brick, const AnalyzeScratch::State& scratch,
                                           int side, int x) {
  std::uint64_t changes = 0;
  if (side == 1) {
    for (int y = 0; y < brick.ny; y += 2) changes += changes_of_voxels(brick, scratch, x, y);
  } else {
    for (int y = 0; y < brick.ny; y += 2 * side) changes += changes_within(brick, side, x, y);
  }
  return changes;
}

}  // namespace terrane::detail::TERRANE_SWEEP_SPACE

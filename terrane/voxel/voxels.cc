#include "terrane/voxel/voxels.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace terrane {
namespace {

// One loop of a copy: how often, and how far each side moves. In a fill both sides are the same.
struct Axis {
  std::int64_t count;
  std::int64_t from;
  std::int64_t to;
};

// The loops of a copy, outermost first, in the order and with the joins that make rows longest.
struct Loops {
  const MaterialId* from;
  MaterialId* to;
  std::array<Axis, 3> axis;
};

Loops plan(const MaterialId* from, MaterialId* to, std::array<Axis, 3> axes) {
  for (Axis& a : axes) {
    if (a.count == 1) a.from = a.to = 0;
    if (a.to < 0) {  // Walk it from its other end.
      from += a.from * (a.count - 1);
      to += a.to * (a.count - 1);
      a.from = -a.from;
      a.to = -a.to;
    }
  }
  // Axes of one element go outermost, the smallest step of the target innermost.
  const auto outer = [](const Axis& a, const Axis& b) {
    if ((a.count == 1) != (b.count == 1)) return a.count == 1;
    return a.to > b.to;
  };
  if (outer(axes[1], axes[0])) std::swap(axes[0], axes[1]);
  if (outer(axes[2], axes[1])) std::swap(axes[1], axes[2]);
  if (outer(axes[1], axes[0])) std::swap(axes[0], axes[1]);
  // Where an axis goes on where the one inside it ends, on both sides, they are one.
  for (int joins = 0; joins < 2; ++joins) {
    for (int i = 1; i >= 0; --i) {
      const auto o = static_cast<std::size_t>(i);
      Axis &out = axes[o], &in = axes[o + 1];
      if (out.count == 1 || out.from != in.from * in.count || out.to != in.to * in.count) continue;
      in.count *= out.count;
      for (std::size_t j = o; j > 0; --j) axes[j] = axes[j - 1];
      axes[0] = {1, 0, 0};
    }
  }
  return {from, to, axes};
}

bool empty(Coord size) {
  return size.x <= 0 || size.y <= 0 || size.z <= 0;
}

void copy_row(const MaterialId* from, MaterialId* to, const Axis& row) {
  if (row.from == 1 && row.to == 1) {
    std::memcpy(to, from, static_cast<std::size_t>(row.count) * sizeof(MaterialId));
    return;
  }
  for (std::int64_t i = 0; i < row.count; ++i) to[i * row.to] = from[i * row.from];
}

// Copies a plane in tiles, so that the side whose rows lie across is read a cache line at a time and not a
// voxel at a time.
void copy_plane(const MaterialId* from, MaterialId* to, const Axis& outer, const Axis& row) {
  constexpr std::int64_t kTile = 32;  // voxels: a cache line of uint16
  const bool across = std::abs(outer.from) < std::abs(row.from);
  const std::int64_t width = across ? kTile : row.count;
  const std::int64_t height = across ? kTile : outer.count;
  for (std::int64_t i0 = 0; i0 < outer.count; i0 += height) {
    for (std::int64_t j0 = 0; j0 < row.count; j0 += width) {
      const Axis part = {std::min(width, row.count - j0), row.from, row.to};
      const std::int64_t end = std::min(i0 + height, outer.count);
      for (std::int64_t i = i0; i < end; ++i) {
        copy_row(from + i * outer.from + j0 * row.from, to + i * outer.to + j0 * row.to, part);
      }
    }
  }
}

}  // namespace

void fill(VoxelView view, MaterialId material) {
  if (empty(view.size)) return;
  const Loops loops =
      plan(view.data, view.data,
           {Axis{view.size.x, view.stride.x, view.stride.x}, Axis{view.size.y, view.stride.y, view.stride.y},
            Axis{view.size.z, view.stride.z, view.stride.z}});
  const auto& [a, b, row] = loops.axis;
  for (std::int64_t i = 0; i < a.count; ++i) {
    for (std::int64_t j = 0; j < b.count; ++j) {
      MaterialId* to = loops.to + i * a.to + j * b.to;
      if (row.to == 1) {
        std::fill_n(to, row.count, material);
      } else {
        for (std::int64_t k = 0; k < row.count; ++k) to[k * row.to] = material;
      }
    }
  }
}

void copy(ConstVoxelView from, VoxelView to) {
  if (empty(to.size)) return;
  Loops loops =
      plan(from.data, to.data,
           {Axis{to.size.x, from.stride.x, to.stride.x}, Axis{to.size.y, from.stride.y, to.stride.y},
            Axis{to.size.z, from.stride.z, to.stride.z}});
  auto& [a, b, row] = loops.axis;
  // The plane to tile is the one in which the source runs along.
  if (std::abs(a.from) < std::abs(b.from) && a.count > 1 && row.from != 1) std::swap(a, b);
  for (std::int64_t i = 0; i < a.count; ++i) {
    copy_plane(loops.from + i * a.from, loops.to + i * a.to, b, row);
  }
}

}  // namespace terrane

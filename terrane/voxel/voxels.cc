#include "terrane/voxel/voxels.h"

#include <algorithm>
#include <array>
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

// A square of voxels: rows of a cache line. The compiler has vectors of eight on every machine we build for.
constexpr std::size_t kTile = 32;
constexpr std::size_t kEight = 8;
using Eight = MaterialId __attribute__((vector_size(16)));
using Tile = std::array<MaterialId, kTile * kTile>;

// Eight rows of eight change places with their columns: dealing the lower rows into the upper ones, voxel by
// voxel, three times over.
void transpose_eight(const MaterialId* from, MaterialId* to) {
  std::array<Eight, kEight> v;
  for (std::size_t i = 0; i < kEight; ++i) std::memcpy(&v[i], from + i * kTile, sizeof(Eight));
  for (int round = 0; round < 3; ++round) {
    std::array<Eight, kEight> w;
    for (std::size_t i = 0; i < kEight / 2; ++i) {
      const Eight a = v[i], b = v[i + kEight / 2];
      w[2 * i] = __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
      w[2 * i + 1] = __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
    }
    v = w;
  }
  for (std::size_t i = 0; i < kEight; ++i) std::memcpy(to + i * kTile, &v[i], sizeof(Eight));
}

// Copies a square of at most kTile x kTile voxels whose rows lie across in the source. By way of two tiles,
// so that a cache line on either side is touched once: steps that are powers of two would evict it before its
// second voxel. `outer` has unit step in the source.
void transpose_tile(const MaterialId* from, MaterialId* to, const Axis& outer, const Axis& row) {
  alignas(64) Tile in{}, out;
  MaterialId* line = in.data();
  for (std::int64_t j = 0; j < row.count; ++j, line += kTile) {
    copy_row(from + j * row.from, line, {outer.count, 1, 1});
  }
  for (std::size_t i = 0; i < kTile; i += kEight) {
    for (std::size_t j = 0; j < kTile; j += kEight) {
      transpose_eight(in.data() + j * kTile + i, out.data() + i * kTile + j);
    }
  }
  line = out.data();
  for (std::int64_t i = 0; i < outer.count; ++i, line += kTile) {
    copy_row(line, to + i * outer.to, {row.count, 1, row.to});
  }
}

// Walks along the third axis inside each square, where both sides are nearest to a walk through memory.
void transpose(const MaterialId* from, MaterialId* to, const Axis& third, const Axis& outer,
               const Axis& row) {
  constexpr auto kStep = static_cast<std::int64_t>(kTile);
  for (std::int64_t i = 0; i < outer.count; i += kStep) {
    const Axis height = {std::min(kStep, outer.count - i), 1, outer.to};
    for (std::int64_t j = 0; j < row.count; j += kStep) {
      const Axis width = {std::min(kStep, row.count - j), row.from, row.to};
      for (std::int64_t k = 0; k < third.count; ++k) {
        transpose_tile(from + k * third.from + i + j * row.from,
                       to + k * third.to + i * outer.to + j * row.to, height, width);
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
  if (row.from != 1) {
    if (a.from == 1) std::swap(a, b);
    if (b.from == 1 && b.count >= static_cast<std::int64_t>(kEight)) {
      transpose(loops.from, loops.to, a, b, row);
      return;
    }
  }
  for (std::int64_t i = 0; i < a.count; ++i) {
    for (std::int64_t j = 0; j < b.count; ++j) {
      copy_row(loops.from + i * a.from + j * b.from, loops.to + i * a.to + j * b.to, row);
    }
  }
}

}  // namespace terrane

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "terrane/space/box.h"

namespace terrane {

// What fills a voxel. A name in the catalogue, two bytes on disk for ever.
using MaterialId = std::uint16_t;
inline constexpr MaterialId kUnknown = 65535;

// A caller's 3-D array [x, y, z] of materials: strides in elements, of any size and sign. Does not own.
template <class T>
struct BasicVoxelView {
  T* data = nullptr;
  Coord size;
  Coord stride;

  // C order, z fastest.
  static BasicVoxelView dense(T* data, Coord size) { return {data, size, {size.y * size.z, size.z, 1}}; }
  T& at(Coord c) const { return data[c.x * stride.x + c.y * stride.y + c.z * stride.z]; }
  T* row(std::int64_t x, std::int64_t y) const { return data + x * stride.x + y * stride.y; }
  BasicVoxelView sub(const Box& box) const {
    return {data + box.lo.x * stride.x + box.lo.y * stride.y + box.lo.z * stride.z, box.size(), stride};
  }
  operator BasicVoxelView<const T>() const { return {data, size, stride}; }  // NOLINT
};
using VoxelView = BasicVoxelView<MaterialId>;
using ConstVoxelView = BasicVoxelView<const MaterialId>;

// An owned dense array [x, y, z], C order.
struct VoxelArray {
  Coord size;
  std::vector<MaterialId> voxels;

  VoxelArray() = default;
  explicit VoxelArray(Coord s, MaterialId fill = 0)
      : size(s), voxels(static_cast<std::size_t>(s.x * s.y * s.z), fill) {}
  VoxelView view() { return VoxelView::dense(voxels.data(), size); }
  ConstVoxelView view() const { return ConstVoxelView::dense(voxels.data(), size); }
  MaterialId& at(Coord c) { return view().at(c); }
  MaterialId at(Coord c) const { return view().at(c); }
};

void fill(VoxelView view, MaterialId material);
// Sizes are equal.
void copy(ConstVoxelView from, VoxelView to);

}  // namespace terrane

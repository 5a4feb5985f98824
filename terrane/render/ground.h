#pragma once

#include <cstdint>
#include <vector>

#include "terrane/base/status.h"
#include "terrane/render/kinds.h"
#include "terrane/space/box.h"
#include "terrane/voxel/voxels.h"

namespace terrane {

// What is seen looking down one column. Heights are the upper borders of voxels, in voxels.
struct GroundColumn {
  static constexpr std::int32_t kNone = -1;
  std::int32_t ground_z = kNone;   // kNone: no ground as far as was looked
  std::int32_t surface_z = kNone;  // of the liquid above it, or the ground
  MaterialId ground = kUnknown;
  MaterialId surface = kUnknown;  // liquid or ground; kUnknown: sky all the way
  bool wet(const Kinds& kinds) const { return surface_z != kNone && kinds.liquid(surface); }
};

// A map of columns, filled from above: x to the right, y to the north.
class GroundMap {
 public:
  GroundMap(std::int64_t width, std::int64_t height)
      : width_(width), height_(height), columns_(static_cast<std::size_t>(width * height)) {}
  std::int64_t width() const { return width_; }
  std::int64_t height() const { return height_; }
  GroundColumn& at(std::int64_t x, std::int64_t y) {
    return columns_[static_cast<std::size_t>(y * width_ + x)];
  }
  const GroundColumn& at(std::int64_t x, std::int64_t y) const {
    return columns_[static_cast<std::size_t>(y * width_ + x)];
  }
  // Takes in the voxels below those seen so far: `voxels` begins at column (x, y) and at height z. True once
  // every one of its columns has found ground.
  bool look(ConstVoxelView voxels, std::int64_t x, std::int64_t y, std::int64_t z, const Kinds& kinds);

 private:
  std::int64_t width_, height_;
  std::vector<GroundColumn> columns_;
};

}  // namespace terrane

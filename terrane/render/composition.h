#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "terrane/base/status.h"
#include "terrane/render/kinds.h"
#include "terrane/volume/volume.h"

namespace terrane {

// How much of a store a material is.
struct MaterialAmount {
  double voxels = 0;  // of the level that was counted
  double volume =
      0;  // m3, or level-0 voxels where the store has no metres; longitude narrows towards the poles
};

// What the columns of a box hold at one level.
struct Composition {
  static constexpr float kSky = -1;
  int level = 0;
  std::int64_t width = 0, height = 0;  // columns of the level
  // By column, x fastest, from the south: the share of the commonest material among the voxels that are not
  // sky; kSky where all are.
  std::vector<float> homogeneity;
  std::map<MaterialId, MaterialAmount> materials;
  float at(std::int64_t x, std::int64_t y) const {
    return homogeneity[static_cast<std::size_t>(y * width + x)];
  }
};

// The finest level at which a box has at most 2^24 voxels, and no more columns than `most_x` x `most_y`.
int composition_level(const Box& box, double most_x, double most_y);

// Counts the voxels of a level, brick column by brick column. The box may cross the seam. kInvalid where it
// has over 2^30 voxels of that level.
Result<Composition> composition_of(const Volume& volume, const Box& box, int level, const Kinds& kinds,
                                   const ReadOptions& options);

}  // namespace terrane

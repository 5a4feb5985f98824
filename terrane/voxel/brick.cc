#include "terrane/voxel/brick.h"

#include <algorithm>

#include "terrane/base/hash.h"

namespace terrane {

Prediction::Prediction(std::span<const MaterialId> voxels) : material_(voxels[0]), voxels_(voxels) {
  if (std::equal(voxels.begin() + 1, voxels.end(), voxels.begin())) voxels_ = {};
}

std::uint64_t Prediction::hash() const {
  constexpr std::uint64_t kConstant = 1, kVoxels = 2;
  if (is_constant()) return hash64(std::as_bytes(std::span(&material_, 1)), kConstant);
  return hash64(std::as_bytes(voxels_), kVoxels);
}

}  // namespace terrane

#include "terrane/voxel/pool.h"

#include <algorithm>

namespace terrane {

MaterialId pool_one(const MaterialId* children, int n, const FluidSet& fluids) {
  int fluid_count = 0;
  for (int i = 0; i < n; ++i) fluid_count += fluids[children[i]] ? 1 : 0;
  const bool fluid_wins = 2 * fluid_count > n;
  int best_count = 0;
  MaterialId best = 0;
  for (int i = 0; i < n; ++i) {
    if (fluids[children[i]] != fluid_wins) continue;
    const int count = static_cast<int>(std::count(children, children + n, children[i]));
    if (count > best_count || (count == best_count && children[i] < best)) {
      best_count = count;
      best = children[i];
    }
  }
  return best;
}

namespace detail {

void pool_scalar(ConstVoxelView fine, const FluidSet& fluids, VoxelView coarse) {
  Coord c;
  for (c.x = 0; c.x < coarse.size.x; ++c.x) {
    for (c.y = 0; c.y < coarse.size.y; ++c.y) {
      for (c.z = 0; c.z < coarse.size.z; ++c.z) {
        MaterialId children[8];
        int n = 0;
        for (std::int64_t x = 2 * c.x; x < std::min(2 * c.x + 2, fine.size.x); ++x) {
          for (std::int64_t y = 2 * c.y; y < std::min(2 * c.y + 2, fine.size.y); ++y) {
            for (std::int64_t z = 2 * c.z; z < std::min(2 * c.z + 2, fine.size.z); ++z) {
              children[n++] = fine.at({x, y, z});
            }
          }
        }
        coarse.at(c) = pool_one(children, n, fluids);
      }
    }
  }
}

}  // namespace detail

void pool(ConstVoxelView fine, const FluidSet& fluids, VoxelView coarse) {
  detail::pool_scalar(fine, fluids, coarse);
}

}  // namespace terrane

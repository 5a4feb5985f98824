#pragma once

#include "terrane/voxel/catalogue.h"
#include "terrane/voxel/voxels.h"

namespace terrane {

// Pools a level into the next coarser one. Voxel (i, j, k) of `coarse` stands for the up to eight voxels
// (2i..2i+1, 2j..2j+1, 2k..2k+1) of `fine` that exist: first fluid against solid by majority, ties to
// solid; then the mode inside the winner, ties to the smallest id. coarse.size = ceil(fine.size / 2).
// With no fluid ids it is the plain mode. SIMD where both views have unit stride in z.
void pool(ConstVoxelView fine, const FluidSet& fluids, VoxelView coarse);

// The rule for one voxel; `n` in 1..8. What pool() is tested against.
MaterialId pool_one(const MaterialId* children, int n, const FluidSet& fluids);

namespace detail {
// The portable twin of pool(), whatever the machine.
void pool_scalar(ConstVoxelView fine, const FluidSet& fluids, VoxelView coarse);
}  // namespace detail

}  // namespace terrane

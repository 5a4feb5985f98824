#pragma once

#include <algorithm>
#include <span>

#include "terrane/codec/codec.h"
#include "terrane/codec/row_masks.h"

// The orders in which a brick can be gone through; each visits every voxel of any shape once.
//
//   z         as voxels lie in memory: z fastest, then y, then x
//   x         x fastest, then y, then z: along x then y, what lies level is one run
//   y         y fastest, then x, then z
//   Morton    by the interleaved bits of the place, x lowest, then y, then z; places outside are left out
//   diagonal  lines along (1, 1, 1) that wrap within the brick: line (y0, z0) has at i the voxel
//             (i, (y0 + i) mod ny, (z0 + i) mod nz); lines by y0, then z0
namespace terrane::detail {

inline constexpr int kScans = 5;

// The place of a voxel in the scan. The voxel lies within the shape.
std::size_t scan_rank(Scan scan, BrickShape shape, Coord c);

// From dense voxels to those in the order of the scan, and back. The two do not overlap.
void to_scan(Scan scan, BrickShape shape, const MaterialId* voxels, MaterialId* scanned);
void from_scan(Scan scan, BrickShape shape, const MaterialId* scanned, MaterialId* voxels);

// Calls run(begin, length) for each run of one material; voxels are not empty.
template <class Run>
void for_each_run(std::span<const MaterialId> voxels, Run run) {
  std::size_t begin = 0;
  const std::size_t last = voxels.size() - 1;  // comparisons of a voxel with the next
  for (std::size_t at = 0; at < last; at += 64) {
    const int n = static_cast<int>(std::min<std::size_t>(64, last - at));
    std::uint64_t ends = ~equal_mask(voxels.data() + at, voxels.data() + at + 1, n) & low_bits(n);
    for (; ends != 0; ends &= ends - 1) {
      const std::size_t end = at + static_cast<unsigned>(std::countr_zero(ends)) + 1;
      run(begin, end - begin);
      begin = end;
    }
  }
  run(begin, voxels.size() - begin);
}

// How many runs of one material there are; voxels are not empty.
std::size_t count_runs(std::span<const MaterialId> voxels);

}  // namespace terrane::detail

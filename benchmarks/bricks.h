#pragma once

#include <time.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "terrane/base/hash.h"
#include "terrane/io/npy.h"
#include "terrane/space/lattice.h"
#include "terrane/voxel/brick.h"

namespace terrane {

struct Brick {
  BrickShape shape;
  std::vector<MaterialId> voxels;
};

inline double cpu_seconds() {
  timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

// All voxels of a .npy.
inline Result<VoxelArray> read_volume(const std::string& path) {
  TERRANE_ASSIGN(const std::unique_ptr<VoxelSource> source, open_npy(path));
  VoxelArray volume(source->size());
  TERRANE_TRY(source->read(Box::of_size({}, volume.size), volume.view()));
  return volume;
}

// At most so many of its bricks, drawn at random and the same each time, without those of one material; with
// `whole` also without those cut off at the edges.
inline std::vector<Brick> mixed_bricks(const VoxelArray& volume, std::size_t most, bool whole) {
  std::vector<Coord> corners;
  for (std::int64_t x = 0; x < volume.size.x; x += kBrickEdge) {
    for (std::int64_t y = 0; y < volume.size.y; y += kBrickEdge) {
      for (std::int64_t z = 0; z < volume.size.z; z += kBrickEdge) corners.push_back({x, y, z});
    }
  }
  Random random(12345);
  for (std::size_t i = corners.size(); i > 1; --i) std::swap(corners[i - 1], corners[random.below(i)]);
  std::vector<Brick> bricks;
  for (const Coord corner : corners) {
    if (bricks.size() == most) break;
    const Box box =
        Box::of_size(corner, {kBrickEdge, kBrickEdge, kBrickEdge}).intersect({{0, 0, 0}, volume.size});
    VoxelArray voxels(box.size());
    copy(volume.view().sub(box), voxels.view());
    const BrickShape shape{static_cast<int>(voxels.size.x), static_cast<int>(voxels.size.y),
                           static_cast<int>(voxels.size.z)};
    if (whole && shape.voxels() < BrickShape{}.voxels()) continue;
    const auto is_first = [&](MaterialId m) { return m == voxels.voxels[0]; };
    if (std::all_of(voxels.voxels.begin(), voxels.voxels.end(), is_first)) continue;
    bricks.push_back({shape, std::move(voxels.voxels)});
  }
  return bricks;
}

}  // namespace terrane

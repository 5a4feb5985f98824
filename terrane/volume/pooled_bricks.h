#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "terrane/codec/codec.h"
#include "terrane/space/lattice.h"
#include "terrane/voxel/catalogue.h"

namespace terrane {

// What bricks become at the next coarser level, kept from when they are encoded until their parent is made,
// which then need not decode them. Only bricks whose voxels of level 0 all lie in one of `boxes`: those are
// nobody else's to change meanwhile, so what is kept holds. Kept as rows, bounded by bytes: where there is no
// room the brick is decoded again. Thread-safe. Lives for one ingest.
class PooledBricks {
 public:
  PooledBricks(std::span<const Lattice> lattices, const FluidSet& fluids, std::span<const Box> boxes,
               std::uint64_t capacity_bytes);

  // `voxels`: those of the brick, dense.
  void keep(int level, Position position, std::span<const MaterialId> voxels, CodecScratch& scratch);
  // Once for each brick kept: into a view of half its size, rounded up. False where it is not kept.
  bool take(int level, Position position, CodecScratch& scratch, VoxelView out);

 private:
  std::span<const Lattice> lattices_;
  const FluidSet& fluids_;
  std::vector<Box> boxes_;
  std::uint64_t capacity_;
  std::mutex mutex_;
  std::map<std::pair<int, Position>, std::string> kept_;
  std::uint64_t bytes_ = 0;
  bool full_ = false;  // something had no room, and nothing was taken since
};

}  // namespace terrane

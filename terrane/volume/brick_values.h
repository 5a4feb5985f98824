#pragma once

#include <span>
#include <vector>

#include "terrane/codec/patch.h"
#include "terrane/volume/brick_cursor.h"
#include "terrane/volume/state.h"

namespace terrane {

// The voxels of one brick of a level. A brick of one material under a few deltas is held as that, so that a
// look at some of its voxels costs no more than they do. Not thread-safe; outlives not its room.
class BrickValues {
 public:
  // `room`: for 64^3 voxels.
  explicit BrickValues(std::span<MaterialId> room) : room_(room) {}

  Status load(const Volume::State& state, int level, Position position, const StoredBrick& stored,
              CodecScratch& scratch);
  const Box& box() const { return box_; }  // in voxels of the level
  bool sparse() const { return sparse_; }
  // While sparse: the material, and where it is another one, by place.
  MaterialId base() const { return base_; }
  std::span<const PatchVoxel> exceptions() const { return exceptions_; }
  MaterialId at(std::uint32_t place) const;
  // All of them, dense; not sparse afterwards.
  std::span<MaterialId> dense();

  std::uint32_t place_of(Coord c) const {  // in voxels of the brick
    return static_cast<std::uint32_t>((c.x * size_.y + c.y) * size_.z + c.z);
  }
  Coord coord_of(std::uint32_t place) const {
    const auto nz = static_cast<std::uint32_t>(size_.z), ny = static_cast<std::uint32_t>(size_.y);
    return {place / nz / ny, place / nz % ny, place % nz};
  }

 private:
  std::span<MaterialId> room_, voxels_;
  Box box_;
  Coord size_;
  bool sparse_ = false;
  MaterialId base_ = 0;
  std::vector<PatchVoxel> exceptions_;
  std::vector<PatchVoxel> patch_;
};

}  // namespace terrane

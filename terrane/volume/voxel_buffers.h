#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include "terrane/space/position.h"
#include "terrane/voxel/voxels.h"

namespace terrane {

// Buffers of bricks, reused: a fresh one costs its page faults, about as much as decoding into it. They come
// four to a huge page, where the system gives those, so that a random voxel costs one miss and not a walk
// through page tables too. A partial brick of more than half the voxels has one, too; smaller ones come from
// the heap. Memory goes back only with this object. Thread-safe; outlives what it lent.
class VoxelBuffers {
 public:
  struct Return {
    VoxelBuffers* home = nullptr;  // nullptr: from the heap
    void operator()(MaterialId* voxels) const;
  };
  using Buffer = std::unique_ptr<MaterialId[], Return>;
  static constexpr std::size_t kWhole = std::size_t{kBrickEdge} * kBrickEdge * kBrickEdge;  // voxels
  // Room for `count` voxels, at most a whole brick; not cleared.
  Buffer lend(std::size_t count);
  // What lend(count) takes.
  static std::size_t bytes_for(std::size_t count);
  ~VoxelBuffers();

 private:
  static bool is_pooled(std::size_t count) { return count > kWhole / 2; }
  std::mutex mutex_;
  std::vector<void*> slabs_;
  std::vector<MaterialId*> idle_;
};

}  // namespace terrane

#include "terrane/volume/voxel_buffers.h"

#include <sys/mman.h>

#include <cassert>
#include <cstdlib>
#include <new>

namespace terrane {

void VoxelBuffers::Return::operator()(MaterialId* voxels) const {
  if (home == nullptr) {
    delete[] voxels;
    return;
  }
  std::scoped_lock lock(home->mutex_);
  home->idle_.push_back(voxels);
}

std::size_t VoxelBuffers::bytes_for(std::size_t count) {
  return (is_pooled(count) ? kWhole : count) * sizeof(MaterialId);
}

VoxelBuffers::Buffer VoxelBuffers::lend(std::size_t count) {
  assert(count <= kWhole);
  if (!is_pooled(count)) return Buffer(new MaterialId[count], Return{});
  std::scoped_lock lock(mutex_);
  if (idle_.empty()) {
    constexpr std::size_t kSlabBytes = std::size_t{2} << 20;
    constexpr std::size_t kPerSlab = kSlabBytes / (kWhole * sizeof(MaterialId));
    slabs_.reserve(slabs_.size() + 1);
    idle_.reserve((slabs_.size() + 1) * kPerSlab);
    void* slab = std::aligned_alloc(kSlabBytes, kSlabBytes);
    if (slab == nullptr) throw std::bad_alloc();
    slabs_.push_back(slab);
    (void)::madvise(slab, kSlabBytes, MADV_HUGEPAGE);  // refused where the system has none: then small pages
    for (std::size_t i = 0; i < kPerSlab; ++i) idle_.push_back(static_cast<MaterialId*>(slab) + i * kWhole);
  }
  MaterialId* voxels = idle_.back();
  idle_.pop_back();
  return Buffer(voxels, Return{this});
}

VoxelBuffers::~VoxelBuffers() {
  for (void* slab : slabs_) std::free(slab);
}

}  // namespace terrane

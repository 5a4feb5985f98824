#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "terrane/voxel/voxels.h"

namespace terrane {

// How many voxels of each material: a histogram that is added to, and then read. Counts wrap at 2^64. Keeps
// its room between uses. Not thread-safe.
class MaterialCounts {
 public:
  MaterialCounts();

  void add(MaterialId material, std::uint64_t voxels) {
    if (counts_[material] == 0 && voxels != 0) seen_.push_back(material);
    counts_[material] += voxels;
  }
  void add(std::span<const MaterialId> voxels);  // one each
  void add(ConstVoxelView voxels);
  void add(const MaterialCounts& other);

  std::uint64_t of(MaterialId material) const { return counts_[material]; }
  std::uint64_t total() const;
  // Those with voxels, ascending by material.
  std::vector<std::pair<MaterialId, std::uint64_t>> sorted() const;
  void clear();

 private:
  std::vector<std::uint64_t> counts_;  // by material
  std::vector<MaterialId> seen_;       // each once, and one that wrapped to 0 perhaps again
};

}  // namespace terrane

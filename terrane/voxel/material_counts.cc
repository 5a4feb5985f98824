#include "terrane/voxel/material_counts.h"

#include <algorithm>

namespace terrane {

MaterialCounts::MaterialCounts() : counts_(65536) {}

void MaterialCounts::add(std::span<const MaterialId> voxels) {
  for (std::size_t i = 0; i < voxels.size();) {
    std::size_t end = i + 1;
    while (end < voxels.size() && voxels[end] == voxels[i]) ++end;
    add(voxels[i], end - i);
    i = end;
  }
}

void MaterialCounts::add(ConstVoxelView voxels) {
  for (std::int64_t x = 0; x < voxels.size.x; ++x) {
    for (std::int64_t y = 0; y < voxels.size.y; ++y) {
      const MaterialId* row = voxels.row(x, y);
      for (std::int64_t z = 0; z < voxels.size.z; ++z) add(row[z * voxels.stride.z], 1);
    }
  }
}

void MaterialCounts::add(const MaterialCounts& other) {
  for (const MaterialId material : other.seen_) add(material, other.of(material));
}

std::uint64_t MaterialCounts::total() const {
  std::uint64_t sum = 0;
  for (const std::uint64_t n : counts_) sum += n;
  return sum;
}

std::vector<std::pair<MaterialId, std::uint64_t>> MaterialCounts::sorted() const {
  std::vector<MaterialId> ids = seen_;
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  std::vector<std::pair<MaterialId, std::uint64_t>> out;
  for (const MaterialId id : ids) {
    if (of(id) != 0) out.emplace_back(id, of(id));
  }
  return out;
}

void MaterialCounts::clear() {
  for (const MaterialId material : seen_) counts_[material] = 0;
  seen_.clear();
}

}  // namespace terrane

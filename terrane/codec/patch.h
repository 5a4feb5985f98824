#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "terrane/codec/codec.h"

namespace terrane {

// One voxel of a brick, by its place in the dense [x, y, z] array, and what it becomes.
struct PatchVoxel {
  std::uint32_t place = 0;
  MaterialId material = 0;
  friend bool operator==(const PatchVoxel&, const PatchVoxel&) = default;
};

// Some voxels of a brick in few bytes: docs/format/patch.md. One voxel takes 4 to 6 bytes, a ball of
// thousands a few bits each. The same voxels give the same bytes.
//
// `voxels` ascend by place, each place once, and there is at least one. Appends to `out`.
void write_patch(std::span<const PatchVoxel> voxels, CodecScratch& scratch, std::string& out);

// Replaces what `voxels` holds. Bytes are hostile: either voxels of a brick of this shape as write_patch()
// takes them, or kCorrupt. Memory is bounded by the shape.
Status read_patch(Bytes bytes, BrickShape shape, CodecScratch& scratch, std::vector<PatchVoxel>& voxels);

// Lays a patch over the voxels of its brick, which are more than its last place.
inline void apply_patch(std::span<const PatchVoxel> patch, std::span<MaterialId> voxels) {
  for (const PatchVoxel& v : patch) voxels[v.place] = v.material;
}

}  // namespace terrane

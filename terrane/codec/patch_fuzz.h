#pragma once

#include <cstdlib>

#include "terrane/codec/patch.h"

namespace terrane::testing {

// What read_patch() must do with any bytes: refuse them, or give voxels that are a patch and that are written
// and read again as the same. Three bytes of `data` are the shape. Aborts where it does not.
inline void try_patch(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return;
  const auto edge = [](std::uint8_t b) { return b % 64 + 1; };
  const BrickShape shape = {edge(data[0]), edge(data[1]), edge(data[2])};
  CodecScratch scratch;
  std::vector<PatchVoxel> voxels, again;
  const Bytes bytes = std::as_bytes(std::span(data + 3, size - 3));
  if (!read_patch(bytes, shape, scratch, voxels)) return;
  if (voxels.empty() || voxels.back().place >= shape.voxels()) std::abort();
  for (std::size_t i = 1; i < voxels.size(); ++i) {
    if (voxels[i].place <= voxels[i - 1].place) std::abort();
  }
  std::string out;
  write_patch(voxels, scratch, out);
  if (!read_patch(as_bytes(out), shape, scratch, again) || again != voxels) std::abort();
}

}  // namespace terrane::testing

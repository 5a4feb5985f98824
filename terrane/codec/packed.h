#pragma once

#include <span>
#include <string>

#include "terrane/base/bytes.h"
#include "terrane/codec/scratch.h"
#include "terrane/voxel/brick.h"

// Bricks that nothing shortens, as the codecs with a model keep them: docs/codecs/context.md, "Packed".
namespace terrane::detail {

// Places in the sorted palette of the scratch, for those who code places: fills wide_index_of.
void find_places(CodecScratch::State& state);

// What put_packed() appends.
std::size_t packed_bytes(std::size_t materials, std::size_t voxels);
// After find_places() of these voxels.
void put_packed(std::span<const MaterialId> voxels, const CodecScratch::State& state, std::string& out);

// A part of a packed brick, which ends with the bytes, into a view of its size. `codec` is named in messages.
Status read_packed(ByteReader& in, BrickShape shape, const Box& part, std::string_view codec, VoxelView out);

}  // namespace terrane::detail

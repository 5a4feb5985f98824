#pragma once

#include <bit>
#include <span>
#include <string>

#include "terrane/base/bytes.h"
#include "terrane/codec/scratch.h"
#include "terrane/voxel/brick.h"

// Bricks that nothing shortens, as the codecs with a model keep them: docs/codecs/context.md, "Packed".
namespace terrane::detail {

// Places in the sorted palette of the scratch, for those who code places: fills wide_index_of.
void find_places(CodecScratch::State& state);

// Bits of a place among so many.
inline unsigned place_bits(std::size_t materials) {
  return static_cast<unsigned>(std::bit_width(materials - 1));
}
// What put_packed() appends.
std::size_t packed_bytes(std::size_t materials, std::size_t voxels);
// Is what a model made of the first 1 / kTrialPart of a brick noise? It saves less than a tenth; or less than
// three tenths at two bits a voxel, which would take its time.
inline constexpr std::size_t kTrialPart = 32;
inline bool is_noise(std::size_t coded, std::size_t packed, std::size_t voxels) {
  const std::size_t as_whole = coded * kTrialPart;
  return as_whole * 10 > packed * 9 || (as_whole * 4 > voxels && as_whole * 10 > packed * 7);
}
// After find_places() of these voxels.
void put_packed(std::span<const MaterialId> voxels, const CodecScratch::State& state, std::string& out);

// A part of a packed brick, which ends with the bytes, into a view of its size. `codec` is named in messages.
Status read_packed(ByteReader& in, BrickShape shape, const Box& part, std::string_view codec, VoxelView out);

}  // namespace terrane::detail

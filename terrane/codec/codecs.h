#pragma once

#include "terrane/codec/codec.h"

namespace terrane::detail {

const Codec& uniform_codec();
const Codec& palette_codec();
const Codec& rows_codec();
const Codec& rle_codec();
const Codec& octree_codec();
const Codec& delta_codec();
const Codec& hybrid_codec();
const Codec& context_codec();
const Codec& tree_codec();
const Codec& archive_codec();

// What the palette would take for voxels of `distinct` materials.
std::size_t palette_bytes(std::size_t distinct, std::size_t voxels);

// Sorted distinct materials of the bits in `seen`, and the place of each in index_of where they are at most
// 256.
void list_seen(CodecScratch::State& state);

// The same of voxels, which are not empty.
void find_distinct(std::span<const MaterialId> voxels, CodecScratch::State& state);

// rows_codec().encode() with the effort of a policy; the format is the same. The materials that occur are
// then in the palette of the scratch.
void encode_rows(Policy policy, std::span<const MaterialId> voxels, BrickShape shape, CodecScratch& scratch,
                 std::string& out);

// decode() of a codec whose decode_part() is no slower.
Status decode_as_part(const Codec& codec, Bytes bytes, std::uint8_t version, const BrickContext& brick,
                      CodecScratch& scratch, std::span<MaterialId> voxels);

// How decode and at begin everywhere: an error here is the caller's, not the store's.
Status check_decode_call(BrickShape shape, std::size_t voxels, std::string_view codec);
Status check_at_call(BrickShape shape, Coord c, std::string_view codec);
Status check_part_call(BrickShape shape, const Box& part, const VoxelView& out, std::string_view codec);
Status check_version(const Codec& codec, std::uint8_t version);

}  // namespace terrane::detail

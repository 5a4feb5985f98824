#pragma once

#include "terrane/codec/codec.h"

namespace terrane {

// A brick on disk: what to decode it with, a hash over what it decodes to, and the codec's bytes.
//
//   u8 codec id | u8 codec version | u64 voxel hash | payload
//
// The voxel hash is hash64 over the brick's true voxels (uint16, little endian, [x, y, z] with z fastest),
// seeded with the shape (nx | ny << 8 | nz << 16). The bytes themselves are hashed by whoever stores them.
inline constexpr std::size_t kFrameHeaderBytes = 10;

std::uint64_t voxel_hash(std::span<const MaterialId> voxels, BrickShape shape);

// Appends the frame to `out`. Not uniform bricks only: a uniform one is legal, though a store keeps it as a
// range.
Encoded encode_frame(Policy policy, std::span<const MaterialId> voxels, const BrickContext& brick,
                     CodecScratch& scratch, std::string& out);
// With one codec. False, with `out` as it was, where it cannot take these voxels.
bool encode_frame(const Codec& codec, const EncodeParameters& how, std::span<const MaterialId> voxels,
                  const BrickContext& brick, CodecScratch& scratch, std::string& out);

struct FrameInfo {
  CodecId codec;
  std::uint8_t version;
  std::uint64_t voxel_hash;
  Bytes payload;
};
// kCorrupt where it is too short. Does not know whether the codec exists.
Result<FrameInfo> parse_frame(Bytes frame);

// What of a frame's bytes a reader checks and needs. `codecs` must outlive the calls; nullptr: those of this
// build. kUnsupported, naming the codec id and version, where the table lacks it.
enum class CheckVoxels : bool { kNo, kYes };
// With `check` also compares the voxel hash (kCorrupt).
Status decode_frame(Bytes frame, const BrickContext& brick, CheckVoxels check, CodecScratch& scratch,
                    std::span<MaterialId> voxels, const CodecTable* codecs = nullptr);
// A part of the brick (within it, not empty) into a view of its size.
Status decode_frame_part(Bytes frame, const BrickContext& brick, const Box& part, CodecScratch& scratch,
                         VoxelView out, const CodecTable* codecs = nullptr);
Result<MaterialId> frame_at(Bytes frame, const BrickContext& brick, Coord c, CodecScratch& scratch,
                            const CodecTable* codecs = nullptr);
// Codec::histogram.
Status frame_histogram(Bytes frame, const BrickContext& brick, const Box& part, CodecScratch& scratch,
                       MaterialCounts& counts, const CodecTable* codecs = nullptr);

}  // namespace terrane

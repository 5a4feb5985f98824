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
Encoded encode_frame(Policy policy, std::span<const MaterialId> voxels, BrickShape shape,
                     CodecScratch& scratch, std::string& out);

struct FrameInfo {
  CodecId codec;
  std::uint8_t version;
  std::uint64_t voxel_hash;
  Bytes payload;
};
// kCorrupt where it is too short. Does not know whether the codec exists.
Result<FrameInfo> parse_frame(Bytes frame);

// Decodes; with `check` also compares the voxel hash (kCorrupt). kUnsupported, naming the codec id and
// version, where this build lacks it.
enum class CheckVoxels : bool { kNo, kYes };
Status decode_frame(Bytes frame, BrickShape shape, CheckVoxels check, CodecScratch& scratch,
                    std::span<MaterialId> voxels);
Result<MaterialId> frame_at(Bytes frame, BrickShape shape, Coord c, CodecScratch& scratch);

}  // namespace terrane

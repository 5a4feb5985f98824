#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "terrane/codec/codec.h"
#include "terrane/voxel/source.h"

namespace terrane::cli {

// A brick of the window that is tried. One of one material counts two bytes for everyone.
struct TrialBrick {
  Box box;  // in voxels of the window
  BrickShape shape;
  bool uniform = false;
  std::vector<MaterialId> voxels;
};

// A part of a volume cut into bricks, those at the upper edges as they are.
struct TrialWindow {
  Box box;  // in voxels of the volume
  VoxelArray truth;
  Coord bricks;                 // how many along each axis
  std::vector<TrialBrick> all;  // x slowest, z fastest
  std::size_t mixed = 0;
  MaterialId commonest = 0;

  double raw_bytes() const { return 2 * static_cast<double>(truth.voxels.size()); }
};

// The window of `edge` voxels, a multiple of 64, at a multiple of 64, that has the most bricks of more than
// one material, the first of those that tie; 0: all of the volume.
Result<TrialWindow> hardest_window(const VoxelSource& volume, std::int64_t edge, const std::stop_token& stop);

// Somebody's way to keep a brick.
struct Contender {
  std::string name, kind;
  std::function<void(const TrialBrick&, std::string&)> encode;  // replaces the string
  std::function<Status(Bytes, const TrialBrick&, std::span<MaterialId>)> decode;
  // A part of a brick into a view of its size; nothing where that takes decoding all of it.
  std::function<Status(Bytes, const TrialBrick&, const Box&, VoxelView)> decode_part;
  // Nothing where a voxel takes decoding the brick.
  std::function<Result<MaterialId>(Bytes, const TrialBrick&, Coord)> at;
};

struct TrialResult {
  std::string name, kind;
  double bytes = 0, bits_per_voxel = 0;
  double encode_mb_s = 0, decode_mb_s = 0;  // of raw uint16, over the mixed bricks; CPU time of this thread
  double box32_us_p50 = 0, box32_us_p99 = 0, voxel_ns_p50 = 0, voxel_ns_p99 = 0;
};

struct TrialSettings {
  std::size_t repeats = 3, boxes = 300, voxels = 1000;
  std::uint64_t seed = 1;
};

// Encodes, decodes and asks, and compares everything that comes back with the window: kInternal where it
// differs. Repeats end early once they have taken some seconds.
Result<TrialResult> try_contender(const Contender& contender, const TrialWindow& window,
                                  const TrialSettings& settings, const std::stop_token& stop);

}  // namespace terrane::cli

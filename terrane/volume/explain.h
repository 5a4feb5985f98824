#pragma once

#include <string>
#include <vector>

#include "terrane/analyze/homogeneity.h"
#include "terrane/decide/decision.h"
#include "terrane/decide/guide_profile.h"
#include "terrane/volume/volume.h"

namespace terrane {

// What a box is made of: its bricks' statistics added up, each brick looked at by itself, and what follows.
struct BoxAnalysis {
  Box box;  // as asked for
  int level = 0;
  BrickStats stats;
  HomogeneityReport report;
};

struct ExplainOptions {
  ReadOptions read = {};
  int level = 0;
  Encoding encoding = {};                    // as a write would be told
  std::optional<AccessPattern> access = {};  // by hand; nullopt: what the volume has seen of the region
  bool measure = false;                      // also tries every strategy on the brick, and times it
};

// What one strategy made of the brick, in truth.
struct MeasuredCodec {
  const Codec* codec = nullptr;
  std::size_t bytes = 0;  // without the frame's header
  double encode_us = 0, decode_us = 0;
  double read_us = 0;  // one voxel, the mean of some
};

// Why a brick is coded as it is. The strategies named live in `codecs`.
struct Explanation {
  std::shared_ptr<const CodecTable> codecs;
  Box brick;  // voxels of the level
  int level = 0;
  RangeInfo stored;
  BrickStats stats;
  HomogeneityReport report;
  AccessPattern access;
  Requirements requirements;
  // Empty where the brick has one material: then there is nothing to choose.
  std::optional<Decision> decision;
  std::optional<GuideChoice> guide;  // what the guide's profile would do
  std::string_view cost_model;
  std::string reason;
  std::vector<MeasuredCodec> measured;  // by id
};

}  // namespace terrane

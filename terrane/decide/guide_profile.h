#pragma once

#include "terrane/analyze/homogeneity.h"
#include "terrane/codec/codec.h"

namespace terrane {

// The BlueMarble guide's own decision, to the letter: its tree over the homogeneity report, its thresholds,
// its parameters. Which strategy, with which parameters.
struct GuideChoice {
  CodecId codec = CodecId::kHybrid;
  EncodeParameters how = {};
};

// `water`: the ids that the guide means by water. Where the tree asks for run lengths and the guide's
// compressor declines them (water above 0.8, homogeneity below 0.95), the rest of the tree decides.
GuideChoice guide_choice(const HomogeneityReport& report, const FluidSet& water,
                         const GuideThresholds& thresholds = {});

inline constexpr int kGuideMinRun = 8;
inline constexpr int kGuideOceanMinRun = 64;
inline constexpr int kGuideMaxSegment = 65535;

}  // namespace terrane

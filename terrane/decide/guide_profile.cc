#include "terrane/decide/guide_profile.h"

namespace terrane {
namespace {

// The guide's compressor scans the oceans along x and then along y, in long runs, and all else in whichever
// way has the fewest.
GuideChoice run_lengths(bool ocean) {
  GuideChoice choice{CodecId::kRle, {}};
  choice.how.max_segment = kGuideMaxSegment;
  choice.how.min_run = ocean ? kGuideOceanMinRun : kGuideMinRun;
  if (ocean) choice.how.scan = Scan::kX;
  return choice;
}

}  // namespace

GuideChoice guide_choice(const HomogeneityReport& report, const FluidSet& water,
                         const GuideThresholds& thresholds) {
  const bool ocean = water.test(report.dominant_material);
  if (report.recommended_strategy == Strategy::kRunLength) {
    // The tree takes water from 0.8 on; the compressor itself gives back nothing below its threshold.
    if (report.overall_homogeneity >= thresholds.homogeneous) return run_lengths(ocean);
    if (report.distribution.size() <= thresholds.few_materials) return {CodecId::kOctree, {}};
    return {CodecId::kHybrid, {}};
  }
  switch (report.recommended_strategy) {
    case Strategy::kMortonOctree:
      return {CodecId::kOctree, {}};
    case Strategy::kProceduralDelta:
      return {CodecId::kDelta, {}};
    default:
      return {CodecId::kHybrid, {}};
  }
}

}  // namespace terrane

#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "terrane/analyze/brick_stats.h"
#include "terrane/voxel/catalogue.h"

namespace terrane {

// The strategies that the guide's analysis chooses from.
enum class Strategy : std::uint8_t { kRunLength, kMortonOctree, kProceduralDelta, kAdaptiveHybrid };
std::string_view name(Strategy strategy);

// Where the guide's tree branches.
struct GuideThresholds {
  double homogeneous = 0.95;       // a larger dominant share is for run lengths
  double homogeneous_water = 0.8;  // the same where water dominates
  std::size_t few_materials = 3;   // so many, or fewer, are for the octree
};

// The guide's report on a brick, or on any number of them added up.
struct HomogeneityReport {
  double overall_homogeneity = 0;  // share of the dominant material
  MaterialId dominant_material = kUnknown;
  std::vector<std::pair<MaterialId, double>> distribution;  // shares, largest first; of equals the smaller id
  ScanOrder optimal_order = ScanOrder::kZ;
  std::array<int, 3> optimal_direction{};  // of that scan; 0, 0, 0 for Morton, which has none
  Strategy recommended_strategy = Strategy::kAdaptiveHybrid;
  double estimated_ratio = 0;  // raw bytes to estimated_bytes(); 0 where there are no voxels
};

// `water` are the materials that count as water: seas, not air. The tree is the guide's: with s the dominant
// share, s > homogeneous, or water dominates and s > homogeneous_water: run lengths. Else at most
// few_materials: the Morton octree. Else the hybrid. It never recommends the procedural delta.
HomogeneityReport homogeneity(const BrickStats& stats, const FluidSet& water,
                              const GuideThresholds& thresholds = {});
Strategy guide_strategy(const BrickStats& stats, const FluidSet& water,
                        const GuideThresholds& thresholds = {});

// What a strategy would take, by formulas that need only the counts. With m bytes for a material, 1 up to 256
// distinct ones and else 2, and a palette of 2 bytes for each where m is 1:
//
//   run length        runs of the best order * (2 + m) + palette
//   Morton octree     inner nodes * 1 (child mask) + leaves * m + palette
//   procedural delta  differing runs * (3 + m) + palette
//   adaptive hybrid   the least of the three and of ceil(log2(distinct)) bits for each voxel + palette
//
// No entropy coder follows, so a codec that has one does better. Of voxels, at least 1 byte.
double estimated_bytes(const BrickStats& stats, Strategy strategy);

// Names the numbers of features(), in the same order. Part of what a learned model was trained on: a change
// is another model.
inline constexpr std::size_t kFeatures = 26;
const std::array<std::string_view, kFeatures>& feature_names();

// What a learned choice sees. Shares are 0..1. Those called log are log2(1 + n / bricks), so that a box looks
// like its mean brick; maxima and distinct materials are those of all.
std::array<double, kFeatures> features(const BrickStats& stats);

}  // namespace terrane

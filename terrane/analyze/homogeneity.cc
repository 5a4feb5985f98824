#include "terrane/analyze/homogeneity.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace terrane {
namespace {

std::array<int, 3> direction(ScanOrder order) {
  switch (order) {
    case ScanOrder::kX:
      return {1, 0, 0};
    case ScanOrder::kY:
      return {0, 1, 0};
    case ScanOrder::kZ:
      return {0, 0, 1};
    case ScanOrder::kMorton:
      break;
  }
  return {0, 0, 0};
}

double real(std::uint64_t n) {
  return static_cast<double>(n);
}

double hybrid_bytes(const BrickStats& stats, double palette) {
  const auto bits = static_cast<double>(std::bit_width(stats.distinct() - 1));
  return std::min(
      {estimated_bytes(stats, Strategy::kRunLength), estimated_bytes(stats, Strategy::kMortonOctree),
       estimated_bytes(stats, Strategy::kProceduralDelta), real(stats.voxels) * bits / 8 + palette});
}

}  // namespace

std::string_view name(Strategy strategy) {
  switch (strategy) {
    case Strategy::kRunLength:
      return "run-length";
    case Strategy::kMortonOctree:
      return "morton-octree";
    case Strategy::kProceduralDelta:
      return "procedural-delta";
    case Strategy::kAdaptiveHybrid:
      return "adaptive-hybrid";
  }
  return "?";
}

Strategy guide_strategy(const BrickStats& stats, const FluidSet& water, const GuideThresholds& thresholds) {
  const double share = stats.dominant_share();
  if (share > thresholds.homogeneous) return Strategy::kRunLength;
  if (water[stats.dominant_material()] && share > thresholds.homogeneous_water) return Strategy::kRunLength;
  if (stats.voxels > 0 && stats.distinct() <= thresholds.few_materials) return Strategy::kMortonOctree;
  return Strategy::kAdaptiveHybrid;
}

double estimated_bytes(const BrickStats& stats, Strategy strategy) {
  if (stats.voxels == 0) return 0;
  const bool small = stats.distinct() <= 256;
  const double material = small ? 1 : 2, palette = small ? 2 * real(stats.distinct()) : 0;
  double bytes = 0;
  switch (strategy) {
    case Strategy::kRunLength:
      bytes = real(stats.runs(stats.best_order())) * (2 + material) + palette;
      break;
    case Strategy::kMortonOctree: {
      const double inner = real(stats.inner_octree_nodes());
      bytes = inner + (real(stats.total_octree_nodes()) - inner) * material + palette;
      break;
    }
    case Strategy::kProceduralDelta:
      bytes = real(stats.differing_runs) * (3 + material) + palette;
      break;
    case Strategy::kAdaptiveHybrid:
      bytes = hybrid_bytes(stats, palette);
      break;
  }
  return std::max(bytes, 1.0);
}

HomogeneityReport homogeneity(const BrickStats& stats, const FluidSet& water,
                              const GuideThresholds& thresholds) {
  HomogeneityReport report;
  report.optimal_order = stats.best_order();
  report.optimal_direction = direction(report.optimal_order);
  report.recommended_strategy = guide_strategy(stats, water, thresholds);
  if (stats.voxels == 0) return report;
  report.overall_homogeneity = stats.dominant_share();
  report.dominant_material = stats.dominant_material();
  for (const auto& [material, count] : stats.materials) {
    report.distribution.emplace_back(material, real(count) / real(stats.voxels));
  }
  std::stable_sort(report.distribution.begin(), report.distribution.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  report.estimated_ratio =
      real(stats.voxels) * sizeof(MaterialId) / estimated_bytes(stats, report.recommended_strategy);
  return report;
}

const std::array<std::string_view, kFeatures>& feature_names() {
  static constexpr std::array<std::string_view, kFeatures> kNames = {
      "dominant_share",     "top_two_share",     "distinct",        "entropy_bits",
      "equal_faces_z",      "equal_faces_x",     "equal_faces_y",   "log_runs_z",
      "log_octree_nodes",   "uniform_cubes_2",   "uniform_cubes_4", "uniform_cubes_8",
      "uniform_cubes_16",   "uniform_cubes_32",  "mono_columns",    "same_sequence_columns",
      "mean_column_runs",   "max_column_runs",   "log_roughness",   "log_differing_voxels",
      "log_differing_runs", "dominant_class",    "log_single_runs", "log_deep_columns",
      "log_jumps",          "x_share_of_changes"};
  return kNames;
}

std::array<double, kFeatures> features(const BrickStats& stats) {
  const double bricks = std::max(real(stats.bricks), 1.0), columns = std::max(real(stats.columns), 1.0);
  const auto log = [bricks](std::uint64_t n) { return std::log2(1 + real(n) / bricks); };
  const auto changes = [&stats](Axis axis) {
    const auto a = static_cast<std::size_t>(axis);
    return real(stats.faces[a] - stats.equal_faces[a]);
  };
  const double all_changes = changes(Axis::kX) + changes(Axis::kY) + changes(Axis::kZ);
  return {stats.dominant_share(),
          stats.top_two_share(),
          real(stats.distinct()),
          stats.entropy_bits(),
          stats.equal_face_share(Axis::kZ),
          stats.equal_face_share(Axis::kX),
          stats.equal_face_share(Axis::kY),
          log(stats.runs(Axis::kZ)),
          log(stats.total_octree_nodes()),
          stats.uniform_cube_share(5),
          stats.uniform_cube_share(4),
          stats.uniform_cube_share(3),
          stats.uniform_cube_share(2),
          stats.uniform_cube_share(1),
          real(stats.mono_columns) / columns,
          real(stats.same_sequence_columns) / columns,
          real(stats.runs(Axis::kZ)) / columns,
          real(stats.max_column_runs),
          log(stats.roughness),
          log(stats.differing_voxels),
          log(stats.differing_stretches),
          real(std::min<std::uint64_t>(stats.dominant_material(), 3)),
          log(stats.single_runs),
          log(stats.deep_columns),
          log(stats.jumps),
          all_changes > 0 ? changes(Axis::kX) / all_changes : 0};
}

}  // namespace terrane

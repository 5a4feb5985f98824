#include "terrane/analyze/brick_stats.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "terrane/analyze/analyze_brick.h"
#include "terrane/analyze/homogeneity.h"
#include "terrane/base/hash.h"

namespace terrane {
namespace {

BrickStats analyze(const std::vector<MaterialId>& voxels, BrickShape shape, MaterialId predicted = 0) {
  AnalyzeScratch scratch;
  BrickStats stats;
  analyze_brick(voxels, shape, predicted, scratch, stats);
  return stats;
}

std::vector<MaterialId> random_voxels(BrickShape shape, std::uint64_t materials, std::uint64_t seed) {
  Random random(seed);
  std::vector<MaterialId> voxels(shape.voxels());
  for (MaterialId& v : voxels) v = static_cast<MaterialId>(random.below(materials) * 7);
  return voxels;
}

// One column of 20 voxels, `dominant` of them of one material, the rest by turns of `others` more.
BrickStats column_of_20(int dominant, int others, MaterialId material = 1) {
  std::vector<MaterialId> voxels(20, material);
  for (int i = dominant; i < 20; ++i) {
    voxels[static_cast<std::size_t>(i)] = static_cast<MaterialId>(100 + i % others);
  }
  return analyze(voxels, {1, 1, 20});
}

FluidSet water() {
  FluidSet set;
  set[1] = true;
  return set;
}

TEST(BrickStats, AddsUpInAnyOrder) {
  constexpr std::uint64_t kSeed = 4;
  const BrickStats a = analyze(random_voxels({16, 9, 33}, 5, kSeed), {16, 9, 33});
  const BrickStats b = analyze(random_voxels({64, 3, 8}, 400, kSeed + 1), {64, 3, 8});
  const BrickStats c = analyze(std::vector<MaterialId>(64, 21), {4, 4, 4}, 21);
  BrickStats abc, cba;
  abc.add(a);
  abc.add(b);
  abc.add(c);
  cba.add(c);
  cba.add(b);
  cba.add(a);
  EXPECT_EQ(abc, cba);
  EXPECT_EQ(abc.bricks, 3U);
  EXPECT_EQ(abc.uniform_bricks, 1U);
  EXPECT_EQ(abc.voxels, a.voxels + b.voxels + c.voxels);
  EXPECT_EQ(abc.max_column_runs, std::max(a.max_column_runs, b.max_column_runs));
  std::uint64_t counted = 0;
  for (std::size_t i = 0; i < abc.materials.size(); ++i) {
    counted += abc.materials[i].second;
    if (i == 0) continue;
    EXPECT_LT(abc.materials[i - 1].first, abc.materials[i].first) << "seed " << kSeed;
  }
  EXPECT_EQ(counted, abc.voxels);
}

TEST(BrickStats, ManyOfOneBrickAreThatBrickManyTimes) {
  BrickStats uniform;
  uniform_brick_stats({}, 3, 0, uniform);
  const BrickStats other = analyze(random_voxels({5, 6, 7}, 4, 8), {5, 6, 7});
  BrickStats one_by_one = other, at_once = other;
  for (int i = 0; i < 1000; ++i) one_by_one.add(uniform);
  at_once.add(uniform, 1000);
  EXPECT_EQ(at_once, one_by_one);
  at_once.add(uniform, 0);
  EXPECT_EQ(at_once, one_by_one);
}

TEST(BrickStats, TellsTheDominantTheTopTwoAndTheEntropy) {
  // Half 7, a quarter each of 5 and 9: 1.5 bits.
  const BrickStats stats = analyze({7, 7, 7, 7, 9, 9, 5, 5}, {2, 2, 2});
  EXPECT_EQ(stats.dominant_material(), 7);
  EXPECT_EQ(stats.dominant_share(), 0.5);
  EXPECT_EQ(stats.top_two_share(), 0.75);
  EXPECT_EQ(stats.entropy_bits(), 1.5);
  EXPECT_EQ(analyze({9, 9, 4, 4}, {1, 1, 4}).dominant_material(), 4) << "of equals the smallest id";
  EXPECT_EQ(BrickStats{}.dominant_material(), kUnknown);
  EXPECT_EQ(BrickStats{}.dominant_share(), 0);
}

TEST(BrickStats, TheBestOrderIsTheOneWithFewestRuns) {
  const auto best = [](auto rule) {
    std::vector<MaterialId> voxels;
    for (int x = 0; x < 16; ++x) {
      for (int y = 0; y < 16; ++y) {
        for (int z = 0; z < 16; ++z) voxels.push_back(static_cast<MaterialId>(rule(x, y, z)));
      }
    }
    return analyze(voxels, {16, 16, 16}).best_order();
  };
  EXPECT_EQ(best([](int, int, int) { return 1; }), ScanOrder::kZ);
  EXPECT_EQ(best([](int, int y, int z) { return 16 * y + z; }), ScanOrder::kX);
  EXPECT_EQ(best([](int x, int, int z) { return 16 * x + z; }), ScanOrder::kY);
  EXPECT_EQ(best([](int x, int y, int) { return 16 * x + y; }), ScanOrder::kZ);
  EXPECT_EQ(best([](int x, int y, int z) { return (x >> 2) * 16 + (y >> 2) * 4 + (z >> 2); }),
            ScanOrder::kMorton);
}

TEST(GuideTree, MoreThanNineteenTwentiethsAreForRunLengths) {
  EXPECT_EQ(guide_strategy(column_of_20(20, 1, 2), water()), Strategy::kRunLength);
  // 19 of 20 are 0.95, which is not above 0.95.
  EXPECT_EQ(guide_strategy(column_of_20(19, 1, 2), water()), Strategy::kMortonOctree);
  GuideThresholds lower;
  lower.homogeneous = 0.9;
  EXPECT_EQ(guide_strategy(column_of_20(19, 1, 2), water(), lower), Strategy::kRunLength);
}

TEST(GuideTree, MoreThanFourFifthsOfWaterAreForRunLengths) {
  EXPECT_EQ(guide_strategy(column_of_20(17, 1, 1), water()), Strategy::kRunLength);
  EXPECT_EQ(guide_strategy(column_of_20(17, 1, 2), water()), Strategy::kMortonOctree) << "not water";
  EXPECT_EQ(guide_strategy(column_of_20(16, 1, 1), water()), Strategy::kMortonOctree) << "exactly 0.8";
  EXPECT_EQ(guide_strategy(column_of_20(16, 4, 1), water()), Strategy::kAdaptiveHybrid);
}

TEST(GuideTree, AtMostThreeMaterialsAreForTheOctree) {
  EXPECT_EQ(guide_strategy(column_of_20(10, 2, 2), water()), Strategy::kMortonOctree);
  EXPECT_EQ(guide_strategy(column_of_20(10, 3, 2), water()), Strategy::kAdaptiveHybrid);
  GuideThresholds more;
  more.few_materials = 4;
  EXPECT_EQ(guide_strategy(column_of_20(10, 3, 2), water(), more), Strategy::kMortonOctree);
}

TEST(HomogeneityReport, SaysWhatTheGuideAsksFor) {
  // 2 x 2 x 4 voxels of 7 with one column of 5, 5, 9, 9.
  std::vector<MaterialId> voxels(16, 7);
  voxels[12] = voxels[13] = 9;
  voxels[14] = voxels[15] = 5;
  const BrickStats stats = analyze(voxels, {2, 2, 4});
  const HomogeneityReport report = homogeneity(stats, water());
  EXPECT_EQ(report.overall_homogeneity, 0.75);
  EXPECT_EQ(report.dominant_material, 7);
  EXPECT_EQ(report.distribution,
            (std::vector<std::pair<MaterialId, double>>{{7, 0.75}, {5, 0.125}, {9, 0.125}}));
  EXPECT_EQ(report.optimal_order, ScanOrder::kZ);
  EXPECT_EQ(report.optimal_direction, (std::array<int, 3>{0, 0, 1}));
  EXPECT_EQ(report.recommended_strategy, Strategy::kMortonOctree);
  // 5 cubes above one of 4^3 that has two children of 2^3, both mixed, with eight voxels each: 7 inner nodes,
  // 16 leaves, a palette of 3.
  EXPECT_EQ(stats.inner_octree_nodes(), 7U);
  EXPECT_EQ(stats.total_octree_nodes(), 23U);
  EXPECT_EQ(report.estimated_ratio, 32.0 / (7 + 16 + 6));
  EXPECT_EQ(estimated_bytes(stats, Strategy::kRunLength), 3 * 3 + 6);
  EXPECT_EQ(estimated_bytes(stats, Strategy::kProceduralDelta), 5 * 4 + 6);
  EXPECT_EQ(estimated_bytes(stats, Strategy::kAdaptiveHybrid), 16 * 2 / 8 + 6);
}

TEST(HomogeneityReport, OfABoxIsThatOfItsBricksTogether) {
  BrickStats box;
  uniform_brick_stats({}, 1, 0, box);
  box.add(BrickStats(box), 998);
  box.add(column_of_20(1, 2, 6));
  const HomogeneityReport report = homogeneity(box, water());
  EXPECT_EQ(report.recommended_strategy, Strategy::kRunLength);
  EXPECT_EQ(report.dominant_material, 1);
  EXPECT_EQ(report.distribution.size(), 4U);
  EXPECT_GT(report.overall_homogeneity, 0.9999);
  const HomogeneityReport nothing = homogeneity({}, water());
  EXPECT_EQ(nothing.estimated_ratio, 0);
  EXPECT_TRUE(nothing.distribution.empty());
}

TEST(Features, AreNamedAndFinite) {
  std::set<std::string_view> names(feature_names().begin(), feature_names().end());
  EXPECT_EQ(names.size(), kFeatures);
  for (const BrickStats& stats : {BrickStats{}, column_of_20(20, 1), column_of_20(3, 4)}) {
    for (const double f : features(stats)) EXPECT_TRUE(std::isfinite(f));
  }
}

TEST(Features, OfABoxOfEqualBricksAreThoseOfOne) {
  const BrickStats one = analyze(random_voxels({32, 32, 32}, 9, 77), {32, 32, 32});
  BrickStats box;
  box.add(one, 16);
  EXPECT_EQ(features(box), features(one));
}

TEST(Features, AreWhatTheirNamesSay) {
  // Two columns of four: 1 1 2 2 and 1 2 2 2, against a prediction of 2.
  const std::array<double, kFeatures> f = features(analyze({1, 1, 2, 2, 1, 2, 2, 2}, {2, 1, 4}, 2));
  const auto feature = [&f](std::string_view name) {
    for (std::size_t i = 0; i < kFeatures; ++i) {
      if (feature_names()[i] == name) return f[i];
    }
    return std::nan("");
  };
  EXPECT_EQ(feature("dominant_share"), 5.0 / 8);
  EXPECT_EQ(feature("top_two_share"), 1);
  EXPECT_EQ(feature("distinct"), 2);
  EXPECT_EQ(feature("equal_faces_z"), 4.0 / 6);
  EXPECT_EQ(feature("equal_faces_x"), 3.0 / 4);
  EXPECT_EQ(feature("equal_faces_y"), 1) << "there are none";
  EXPECT_EQ(feature("log_runs_z"), std::log2(5));
  EXPECT_EQ(feature("uniform_cubes_2"), 0.5);
  EXPECT_EQ(feature("mono_columns"), 1);
  EXPECT_EQ(feature("same_sequence_columns"), 0.5);
  EXPECT_EQ(feature("mean_column_runs"), 2);
  EXPECT_EQ(feature("log_roughness"), 1);
  EXPECT_EQ(feature("log_differing_voxels"), 2);
  EXPECT_EQ(feature("log_differing_runs"), std::log2(3));
  EXPECT_EQ(feature("dominant_class"), 2);
  EXPECT_EQ(feature("log_single_runs"), 1);
  EXPECT_EQ(feature("log_jumps"), 0);
  EXPECT_EQ(feature("x_share_of_changes"), 1.0 / 3);
}

}  // namespace
}  // namespace terrane

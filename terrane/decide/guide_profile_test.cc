#include "terrane/decide/guide_profile.h"

#include <gtest/gtest.h>

namespace terrane {
namespace {

constexpr MaterialId kWater = 1, kRock = 2;

// A report on 10,000 voxels of which `dominant` are of the first material.
HomogeneityReport report_of(MaterialId first, std::uint64_t dominant, std::size_t materials) {
  BrickStats stats;
  stats.bricks = 1;
  stats.voxels = 10000;
  std::uint64_t rest = 10000 - dominant;
  stats.materials.emplace_back(first, dominant);
  for (std::size_t i = 1; i < materials; ++i) {
    const std::uint64_t n = i + 1 == materials ? rest : rest / (materials - i);
    stats.materials.emplace_back(static_cast<MaterialId>(100 + i), n);
    rest -= n;
  }
  FluidSet water;
  water.set(kWater);
  return homogeneity(stats, water);
}

GuideChoice choice_of(MaterialId first, std::uint64_t dominant, std::size_t materials) {
  FluidSet water;
  water.set(kWater);
  return guide_choice(report_of(first, dominant, materials), water);
}

TEST(GuideProfile, TakesRunLengthsAbove95Percent) {
  const GuideChoice rock = choice_of(kRock, 9501, 5);
  EXPECT_EQ(rock.codec, CodecId::kRle);
  EXPECT_EQ(rock.how.min_run, 8);
  EXPECT_EQ(rock.how.max_segment, 65535);
  EXPECT_FALSE(rock.how.scan.has_value());
  EXPECT_EQ(choice_of(kRock, 9500, 5).codec, CodecId::kHybrid);  // 0.95 is not above 0.95
}

TEST(GuideProfile, ScansOceansAlongXInRunsOf64) {
  const GuideChoice ocean = choice_of(kWater, 9600, 5);
  EXPECT_EQ(ocean.codec, CodecId::kRle);
  EXPECT_EQ(ocean.how.min_run, 64);
  EXPECT_EQ(ocean.how.scan, Scan::kX);
}

TEST(GuideProfile, FollowsTheTreeWhereTheCompressorDeclinesWater) {
  // The tree asks for run lengths from 0.8 of water on, the guide's compressor declines below 0.95.
  EXPECT_EQ(report_of(kWater, 9000, 5).recommended_strategy, Strategy::kRunLength);
  EXPECT_EQ(choice_of(kWater, 9000, 5).codec, CodecId::kHybrid);
  EXPECT_EQ(choice_of(kWater, 9000, 3).codec, CodecId::kOctree);
  EXPECT_EQ(choice_of(kWater, 9500, 5).codec, CodecId::kRle);
}

TEST(GuideProfile, TakesTheOctreeForUpToThreeMaterials) {
  EXPECT_EQ(choice_of(kRock, 6000, 2).codec, CodecId::kOctree);
  EXPECT_EQ(choice_of(kRock, 6000, 3).codec, CodecId::kOctree);
  EXPECT_EQ(choice_of(kRock, 6000, 4).codec, CodecId::kHybrid);
  EXPECT_EQ(choice_of(kWater, 8000, 4).codec, CodecId::kHybrid);  // 0.8 is not above 0.8
}

}  // namespace
}  // namespace terrane

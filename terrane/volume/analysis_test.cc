#include <gtest/gtest.h>

#include <mutex>
#include <thread>

#include "terrane/analyze/analyze_brick.h"
#include "terrane/volume/dense_truth_testing.h"
#include "terrane/volume/explain.h"

namespace terrane {
namespace {

using namespace testing_truth;

std::map<MaterialId, std::uint64_t> counted(const VoxelArray& voxels) {
  std::map<MaterialId, std::uint64_t> out;
  for (const MaterialId m : voxels.voxels) ++out[m];
  return out;
}

std::map<MaterialId, std::uint64_t> as_map(const MaterialCounts& counts) {
  const auto sorted = counts.sorted();
  return {sorted.begin(), sorted.end()};
}

// Writes of all kinds, and the truth beside them.
VoxelArray fill_randomly(Volume& volume, Random& random, int writes) {
  const Coord extent = volume.world().extent();
  VoxelArray truth(extent, 0);
  for (int i = 0; i < writes; ++i) {
    const Box box = random_box(random, extent, 90);
    const VoxelArray voxels = random_voxels(random, box.size());
    EXPECT_TRUE(volume.write(box, voxels.view()));
    copy(voxels.view(), truth.view().sub(box));
  }
  return truth;
}

// What analyze() promises, from a dense array: each brick's part by itself, added up.
BrickStats stats_of(const VoxelArray& level, const Box& box) {
  AnalyzeScratch scratch;
  BrickStats sum, one;
  for (std::int64_t x = box.lo.x / 64 * 64; x < box.hi.x; x += 64) {
    for (std::int64_t y = box.lo.y / 64 * 64; y < box.hi.y; y += 64) {
      for (std::int64_t z = box.lo.z / 64 * 64; z < box.hi.z; z += 64) {
        const Box part = Box::of_size({x, y, z}, {64, 64, 64}).intersect(box);
        const VoxelArray voxels = part_of(level, part);
        const Coord n = part.size();
        analyze_brick(voxels.voxels, {static_cast<int>(n.x), static_cast<int>(n.y), static_cast<int>(n.z)}, 0,
                      scratch, one);
        sum.add(one);
      }
    }
  }
  return sum;
}

TEST(Histogram, AndAnalysisOfAnyBoxAtAnyLevelEqualTheVoxels) {
  const std::uint64_t seed = 2024;
  SCOPED_TRACE(seed);
  Random random(seed);
  for (const Coord extent :
       {Coord{200, 150, 130}, Coord{1100, 40, 70}, Coord{64, 64, 64}, Coord{5, 3, 200}}) {
    Volume volume = Volume::create("memory:", options_for(extent, wet())).value();
    const VoxelArray truth = fill_randomly(volume, random, 12);
    VoxelArray at = truth;
    for (int level = 0; level <= 3; ++level) {
      for (int i = 0; i < 8; ++i) {
        const Box box = i == 0 ? volume.world().bounds() : random_box(random, extent, 150);
        const Box part = level_box(box, level);
        SCOPED_TRACE(to_string(box) + " at level " + std::to_string(level));
        const auto counts = volume.histogram(box, level);
        ASSERT_TRUE(counts) << counts.error().message;
        ASSERT_EQ(as_map(*counts), counted(part_of(at, part)));
        const auto analysis = volume.analyze(box, level);
        ASSERT_TRUE(analysis) << analysis.error().message;
        ASSERT_EQ(analysis->stats, stats_of(at, part));
        ASSERT_EQ(analysis->report.dominant_material, analysis->stats.dominant_material());
      }
      at = coarser(at, volume.catalogue().fluids());
    }
  }
}

TEST(Histogram, GoesOverTheSeam) {
  Volume volume = Volume::create("memory:", options_for({130, 20, 20}, {}, true)).value();
  Random random(8);
  const Box box = {{100, 2, 3}, {170, 18, 15}};
  const VoxelArray voxels = random_voxels(random, box.size());
  ASSERT_TRUE(volume.write(box, voxels.view()));
  EXPECT_EQ(as_map(volume.histogram(box).value()), counted(voxels));
}

TEST(Histogram, OfAnEmptyPlanetTakesNoTimeAndRefusesWhatItCannotCount) {
  CreateOptions create;
  create.world = World::bluemarble().settings();
  create.fill = 9;
  Volume volume = Volume::create("memory:", std::move(create)).value();
  const Box all = volume.world().bounds();
  const auto counts = volume.histogram(all, 12);
  ASSERT_TRUE(counts) << counts.error().message;
  EXPECT_EQ(static_cast<double>(counts->of(9)), (Box{{}, volume.shape(all, 12).value()}).volume());
  const auto refused = volume.histogram(all, 0);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kExhausted);
  EXPECT_NE(refused.error().message.find("coarser level"), std::string::npos);
  EXPECT_EQ(volume.analyze(all, 12).value().stats.voxels, counts->of(9));
  const auto too_many = volume.analyze(all, 0);
  ASSERT_FALSE(too_many);
  EXPECT_EQ(too_many.error().code, ErrorCode::kExhausted);
}

TEST(Histogram, RefusesBoxesAndLevelsThatAreNotThere) {
  Volume volume = Volume::create("memory:", options_for({50, 50, 50})).value();
  EXPECT_EQ(volume.histogram({{0, 0, 0}, {51, 1, 1}}).error().code, ErrorCode::kInvalid);
  EXPECT_EQ(volume.histogram(volume.world().bounds(), 22).error().code, ErrorCode::kInvalid);
  EXPECT_EQ(volume.analyze({{3, 0, 0}, {3, 1, 1}}).error().code, ErrorCode::kInvalid);
  EXPECT_EQ(volume.explain({50, 0, 0}, {}).error().code, ErrorCode::kInvalid);
}

TEST(Histogram, StopsWhenAsked) {
  Volume volume = Volume::create("memory:", options_for({200, 200, 200})).value();
  std::stop_source source;
  source.request_stop();
  ReadOptions options;
  options.task.stop = source.get_token();
  EXPECT_EQ(volume.histogram(volume.world().bounds(), 0, options).error().code, ErrorCode::kCancelled);
  EXPECT_EQ(volume.analyze(volume.world().bounds(), 0, options).error().code, ErrorCode::kCancelled);
}

TEST(Explain, ListsEveryStrategyAndWhatItTakesInTruth) {
  Volume volume = Volume::create("memory:", options_for({100, 70, 70})).value();
  Random random(4);
  VoxelArray voxels({100, 70, 70});
  for (MaterialId& m : voxels.voxels) m = static_cast<MaterialId>(random.below(40) == 0 ? 2 : 1);
  ASSERT_TRUE(volume.write(volume.world().bounds(), voxels.view()));
  ExplainOptions options;
  options.measure = true;
  const Explanation e = volume.explain({99, 69, 69}, options).value();
  EXPECT_EQ(e.brick, (Box{{64, 64, 64}, {100, 70, 70}}));
  EXPECT_EQ(e.stored.kind, RangeKind::kBrick);
  EXPECT_EQ(e.stats, stats_of(voxels, e.brick));
  ASSERT_TRUE(e.decision);
  EXPECT_EQ(e.decision->candidates.size(), all_codecs().size() - 1);  // without uniform
  EXPECT_EQ(e.measured.size(), all_codecs().size() - 1);
  EXPECT_NE(e.reason.find(std::string(e.decision->primary().codec->name())), std::string::npos);
  ASSERT_TRUE(e.guide);
  EXPECT_EQ(e.guide->codec, CodecId::kRle);
  for (const MeasuredCodec& m : e.measured) {
    EXPECT_GT(m.bytes, 0u);
    // What is stored is the frame of the strategy that was chosen: its bytes, a header of 10, and the key.
    if (m.codec->id() == e.stored.codec) {
      EXPECT_GT(e.stored.stored_bytes, m.bytes + 10);
      EXPECT_LT(e.stored.stored_bytes, m.bytes + 60);
    }
  }
}

TEST(Explain, HasNothingToChooseForOneMaterial) {
  Volume volume = Volume::create("memory:", options_for({100, 70, 70})).value();
  const Explanation e = volume.explain({0, 0, 0}, {}).value();
  EXPECT_EQ(e.stored.kind, RangeKind::kPredicted);
  EXPECT_FALSE(e.decision);
  EXPECT_NE(e.reason.find("one material"), std::string::npos);
}

TEST(Access, IsCountedByRegionAndCanBeGivenByHand) {
  Volume volume = Volume::create("memory:", options_for({1100, 70, 70})).value();
  ASSERT_TRUE(volume.write({{0, 0, 0}, {130, 64, 64}}, VoxelArray({130, 64, 64}, 3).view()));
  EXPECT_EQ(volume.access(0).brick_writes, 3u);
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(volume.at({i, 0, 0}));
  ASSERT_TRUE(volume.at({100, 0, 0}));
  const AccessPattern seen{6, 0, 3, 4};
  EXPECT_EQ(volume.access(0), seen);
  ASSERT_TRUE(volume.read({{{1000, 0, 0}, {1100, 64, 64}}}));
  EXPECT_EQ(volume.access(0).brick_reads, 1u);
  EXPECT_EQ(volume.access(1).brick_reads, 2u);
  EXPECT_EQ(volume.access(0, 1).reads(), 0u);
  EXPECT_EQ(volume.access(7), AccessPattern{});

  EXPECT_EQ(volume.explain({0, 0, 0}, {}).value().access, volume.access(0));
  ExplainOptions by_hand;
  by_hand.access = AccessPattern{1000, 2, 3, 4};
  EXPECT_EQ(volume.explain({0, 0, 0}, by_hand).value().access, *by_hand.access);
  volume.forget_access();
  EXPECT_EQ(volume.access(0), AccessPattern{});
}

TEST(Access, LosesNoReadOfManyThreads) {
  const Volume volume = Volume::create("memory:", options_for({2100, 20, 20})).value();
  constexpr int kThreads = 4, kReads = 2000;
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (std::int64_t i = 0; i < kReads; ++i) (void)volume.at({i % 2 * 1024, 0, 0}).value();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(volume.access(0).point_reads + volume.access(1).point_reads, std::uint64_t{kThreads} * kReads);
}

}  // namespace
}  // namespace terrane

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "terrane/volume/dense_truth_testing.h"
#include "terrane/volume/pending.h"
#include "terrane/volume/volume.h"

namespace terrane {
namespace {

using namespace testing_truth;

class ArraySource final : public VoxelSource {
 public:
  ArraySource(VoxelArray voxels, std::string identity)
      : voxels_(std::move(voxels)), identity_(std::move(identity)) {}
  Coord size() const override { return voxels_.size; }
  std::string identity() const override { return identity_; }
  Status read(const Box& box, VoxelView out) const override {
    if (reads_left-- <= 0) return Error{ErrorCode::kIo, "the source broke"};
    copy(voxels_.view().sub(box), out);
    return ok();
  }
  mutable std::atomic<int> reads_left{1 << 30};

 private:
  VoxelArray voxels_;
  std::string identity_;
};

TEST(Ingest, AStoppedOneIsIncompleteAndContinuesToTheSame) {
  Random random(11);
  const Coord extent = {700, 600, 70};
  VoxelArray voxels = random_voxels(random, {650, 580, 66});
  for (std::int64_t x = 0; x < 650; ++x) fill(voxels.view().sub({{x, 0, 0}, {x + 1, 580, 20 + x % 13}}), 3);
  const ArraySource source(voxels, "array");
  IngestOptions options;
  options.at = {20, 10, 2};
  const std::string undisturbed_path = fresh_path("undisturbed"), path = fresh_path("stopped");
  Volume undisturbed = Volume::create(undisturbed_path, options_for(extent)).value();
  ASSERT_TRUE(undisturbed.ingest(source, options));
  {
    Volume volume = Volume::create(path, options_for(extent)).value();
    source.reads_left = 140;  // of 220 bricks: the first block ends, the second does not
    const auto failed = volume.ingest(source, options);
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().message, "the source broke");
  }
  source.reads_left = 1 << 30;
  OpenOptions for_writing;
  for_writing.access = Access::kWrite;
  Volume volume = Volume::open(path, for_writing).value();
  const Box box = Box::of_size(options.at, voxels.size);
  ASSERT_EQ(volume.info().value().unfinished.size(), 1u);
  EXPECT_EQ(volume.info().value().unfinished[0].box, box);
  const auto unfinished = volume.read({{{600, 580, 20}, {610, 590, 30}}});
  ASSERT_FALSE(unfinished);
  EXPECT_EQ(unfinished.error().code, ErrorCode::kIncomplete);
  EXPECT_EQ(volume.at({600, 580, 20}).error().code, ErrorCode::kIncomplete);
  EXPECT_EQ(volume.at({600, 580, 20}, 2).error().code, ErrorCode::kIncomplete);
  EXPECT_TRUE(volume.read({{{20, 10, 2}, {100, 90, 60}}})) << "this part was finished";
  EXPECT_TRUE(volume.read({{{0, 0, 0}, {20, 600, 70}}})) << "this part was not asked for";
  ReadOptions allow;
  allow.allow_incomplete = true;
  EXPECT_EQ(volume.at({600, 580, 20}, 0, allow).value(), 0);
  // Others are refused, and so are writes.
  const ArraySource other(VoxelArray({10, 10, 10}, 1), "other");
  IngestOptions inside;
  inside.at = {30, 30, 10};
  EXPECT_EQ(volume.ingest(other, inside).error().code, ErrorCode::kConflict);
  EXPECT_EQ(volume.write({{30, 30, 10}, {31, 31, 11}}, VoxelArray({1, 1, 1}).view()).error().code,
            ErrorCode::kConflict);

  const auto report = volume.ingest(source, options);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_TRUE(report->resumed);
  EXPECT_TRUE(volume.info().value().unfinished.empty());
  for (int level = 0; level <= 6; ++level) {
    EXPECT_EQ(volume.read({volume.world().bounds(), level}).value().voxels,
              undisturbed.read({volume.world().bounds(), level}).value().voxels);
  }
  EXPECT_EQ(volume.info().value().stored_bytes - volume.info().value().level0_bytes -
                    (undisturbed.info().value().stored_bytes - undisturbed.info().value().level0_bytes) <
                64,
            true);
  EXPECT_EQ(volume.info().value().level0_bytes, undisturbed.info().value().level0_bytes);
  EXPECT_EQ(volume.info().value().ingested_bytes, undisturbed.info().value().ingested_bytes);
  expect_clean(volume);
}

// Levels come from what was kept of the bricks below, or from the store where there is no room for it: also
// in a box across the seam, and where the ingest was stopped and goes on.
TEST(Ingest, LevelsAreTheSameWhereNothingIsKeptOfTheBricksBelow) {
  Random random(21);
  const ArraySource source(random_voxels(random, {333, 290, 133}), "array");
  for (const auto& [wrap, at_x] : {std::pair{false, 11}, std::pair{true, 150}}) {
    IngestOptions options;
    options.at = {at_x, 64, 3};
    std::vector<Volume> volumes;
    for (const std::uint64_t bytes : {std::uint64_t{0}, std::uint64_t{1} << 18, std::uint64_t{1} << 30}) {
      OpenOptions open;
      open.access = Access::kWrite;
      open.cache_bytes = bytes;
      volumes.push_back(Volume::create("memory:", options_for({400, 400, 140}, wet(), wrap), open).value());
      // What lies beside the box is pooled with it.
      ASSERT_TRUE(volumes.back().write({{0, 0, 0}, {40, 70, 20}}, VoxelArray({40, 70, 20}, 2).view()));
      source.reads_left = bytes == 1 << 18 ? 50 : 1 << 30;
      EXPECT_EQ(volumes.back().ingest(source, options).has_value(), bytes != 1 << 18);
      source.reads_left = 1 << 30;
      if (bytes == 1 << 18) {
        ASSERT_TRUE(volumes.back().ingest(source, options));
      }
      expect_clean(volumes.back());
    }
    for (int level = 0; level <= 9; ++level) {
      const Box all = volumes[0].world().bounds();
      const std::vector<MaterialId> voxels = volumes[0].read({all, level}).value().voxels;
      for (const Volume& other : volumes) EXPECT_EQ(other.read({all, level}).value().voxels, voxels) << level;
    }
    const auto bytes_of = [](const Volume& v) {
      return std::pair(v.info().value().level0_bytes, v.info().value().bricks);
    };
    for (const Volume& other : volumes) EXPECT_EQ(bytes_of(other), bytes_of(volumes[0]));
  }
}

TEST(Ingest, RestartGivesUpWhatWasUnfinished) {
  const Coord extent = {600, 600, 64};
  Volume volume = Volume::create("memory:", options_for(extent)).value();
  Random random(3);
  const ArraySource broken(random_voxels(random, extent), "broken");
  broken.reads_left = 70;
  ASSERT_FALSE(volume.ingest(broken));
  const VoxelArray good = random_voxels(random, extent);
  const ArraySource source(good, "good");
  EXPECT_EQ(volume.ingest(source).error().code, ErrorCode::kConflict);
  IngestOptions restart;
  restart.restart = true;
  const auto report = volume.ingest(source, restart);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_FALSE(report->resumed);
  EXPECT_EQ(volume.read({volume.world().bounds()}).value().voxels, good.voxels);
  expect_levels(volume, good, 6);
  expect_clean(volume);
}

TEST(Ingest, UnfinishedWorkBelongsToOneThread) {
  World::Settings settings;
  settings.extent = {100, 100, 100};
  const World world = World::create(settings).value();
  std::vector<Lattice> lattices;
  for (int level = 0; level <= kMaxLevel; ++level) lattices.emplace_back(world.extent(), level);
  PendingWork work(world, lattices);
  EXPECT_EQ(work.claim(3), std::nullopt) << "there is none";
  format::Pending pending;
  pending.id = 3;
  work.put(pending);
  EXPECT_EQ(work.claim(3), pending);
  EXPECT_EQ(work.claim(3), std::nullopt) << "it runs";
  pending.block = 7;
  work.put(pending);
  work.set_running(3, false);
  EXPECT_EQ(work.claim(3), pending) << "as far as it got";
}

// Threads with one ingest: what comes while it runs is refused, what comes after it goes through it again,
// and the store is sound.
TEST(Ingest, OfOneBoxByManyThreadsLeavesASoundStore) {
  const std::string path = fresh_path("twice");
  const Coord extent = {700, 520, 64};
  Random random(8);
  const VoxelArray voxels = random_voxels(random, extent);
  {
    Volume volume = Volume::create(path, options_for(extent)).value();
    const ArraySource source(voxels, "array");
    std::vector<std::thread> others;
    // From within a block, whose thread holds the writers' lock: the others come in between two blocks.
    IngestOptions first;
    first.task.progress = [&](const Progress&) {
      for (const bool restart : {false, true}) {
        if (others.size() >= 4) return;
        others.emplace_back([&, restart] {
          IngestOptions again;
          again.restart = restart;
          const auto other = volume.ingest(source, again);
          if (other) return;
          EXPECT_EQ(other.error().code, ErrorCode::kConflict) << other.error().message;
        });
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    };
    EXPECT_TRUE(volume.ingest(source, first));
    for (std::thread& other : others) other.join();
    EXPECT_EQ(others.size(), 4u);
    EXPECT_EQ(volume.read({volume.world().bounds()}).value().voxels, voxels.voxels);
    expect_levels(volume, voxels, 6);
    expect_clean(volume);
  }
  OpenOptions for_writing;
  for_writing.access = Access::kWrite;
  const auto reopened = Volume::open(path, for_writing);
  ASSERT_TRUE(reopened) << reopened.error().message;
  EXPECT_TRUE(reopened->info().value().unfinished.empty());
}

TEST(Ingest, StopsWhenAskedTo) {
  Volume volume = Volume::create("memory:", options_for({1200, 600, 64})).value();
  const ArraySource source(VoxelArray({1200, 600, 64}, 2), "array");
  std::stop_source stop;
  IngestOptions options;
  options.task.stop = stop.get_token();
  options.task.progress = [&](const Progress& p) {
    if (p.done > 0) stop.request_stop();
  };
  const auto report = volume.ingest(source, options);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::kCancelled);
  EXPECT_TRUE(volume.ingest(source));
}

}  // namespace
}  // namespace terrane

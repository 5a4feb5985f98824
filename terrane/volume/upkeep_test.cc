#include "terrane/volume/upkeep.h"

#include <gtest/gtest.h>

#include "terrane/base/rounds_testing.h"
#include "terrane/volume/dense_truth_testing.h"

namespace terrane {
namespace {

using namespace testing_truth;

constexpr Coord kExtent = {300, 200, 130};

class UpkeepTest : public testing::TestWithParam<const char*> {
 protected:
  static Volume fresh(const char* name) {
    const bool rocks = std::string(GetParam()) == "rocks";
    return Volume::create(rocks ? fresh_path(name) : "memory:", options_for(kExtent)).value();
  }
};

TEST_P(UpkeepTest, KeepsLevelsAndFoldsUpWithWriters) {
  const std::uint64_t seed = 5;
  SCOPED_TRACE("seed " + std::to_string(seed));
  Volume volume = fresh("upkeep");
  UpkeepOptions options;
  options.fold_at = 8;
  options.rest = std::chrono::milliseconds(1);
  options.most_due = 3;  // writers wait every now and then
  VoxelArray truth(kExtent, 0);
  {
    Upkeep upkeep(volume, options);
    std::vector<std::thread> writers;
    std::mutex mutex;
    for (std::uint64_t w = 0; w < 3; ++w) {
      writers.emplace_back([&, w] {
        Random random(seed + w);
        for (int i = 0; i < rounds(80); ++i) {
          std::vector<VoxelEdit> voxels;
          for (int n = 0; n < 20; ++n) {
            Coord c = random_box(random, kExtent, 1).lo;
            c.z = c.z / 3 * 3 + static_cast<std::int64_t>(w);
            if (c.z < kExtent.z) voxels.push_back({c, static_cast<MaterialId>(random.below(4))});
          }
          ASSERT_TRUE(volume.edit(voxels, {.durability = EditDurability::kBatch}));
          std::scoped_lock lock(mutex);
          for (const VoxelEdit& edit : voxels) truth.at(edit.voxel) = edit.material;
        }
      });
    }
    for (std::thread& writer : writers) writer.join();
    ASSERT_TRUE(upkeep.catch_up());
    const std::uint64_t most = volume.info().value().deltas;
    EXPECT_LT(most, 8u * 4 * 3 * 3 * 3) << "bricks with so many small changes were to be folded";
    expect_levels(volume, truth, 9);
    EXPECT_EQ(volume.read({volume.world().bounds()}).value().voxels, truth.voxels);
    ASSERT_TRUE(upkeep.status());
  }
  ASSERT_TRUE(volume.edit({{0, 0, 0}, {3, 3, 3}}, 2)) << "nobody waits for one that has gone";
  expect_clean(volume);
}

TEST_P(UpkeepTest, EndsInTheMiddleOfItsWork) {
  Volume volume = fresh("upkeep_ends");
  Random random(9);
  VoxelArray truth(kExtent, 0);
  for (int i = 0; i < rounds(20); ++i) {
    const Box box = random_box(random, kExtent, 150);
    const auto material = static_cast<MaterialId>(i);
    { Upkeep upkeep(volume, {.fold_at = 2, .rest = std::chrono::milliseconds(0)}); }
    ASSERT_TRUE(volume.edit(box, material, {.durability = EditDurability::kBatch}));
    fill(truth.view().sub(box), material);
    Upkeep upkeep(volume, {.fold_at = 2, .rest = std::chrono::milliseconds(0)});
  }
  ASSERT_TRUE(volume.flush_levels());
  expect_levels(volume, truth, 9);
  expect_clean(volume);
}

INSTANTIATE_TEST_SUITE_P(Engines, UpkeepTest, testing::Values("memory", "rocks"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace terrane

#include "terrane/volume/edit.h"

#include <gtest/gtest.h>

#include <thread>

#include "terrane/base/rounds_testing.h"
#include "terrane/volume/dense_truth_testing.h"

namespace terrane {
namespace {

using namespace testing_truth;

constexpr Coord kExtent = {200, 140, 100};

class Edits : public testing::TestWithParam<const char*> {
 protected:
  Volume fresh(const char* name) {
    const bool rocks = std::string(GetParam()) == "rocks";
    path_ = rocks ? fresh_path(name) : "memory:";
    return Volume::create(path_, options_for(kExtent)).value();
  }
  std::string path_;
};

void expect_same(const Volume& volume, const VoxelArray& truth, Random& random) {
  const Box look = random_box(random, truth.size, 90);
  for (int time = 0; time < 2; ++time)
    ASSERT_EQ(volume.read({look}).value().voxels, part_of(truth, look).voxels);
  const Coord c = random_box(random, truth.size, 1).lo;
  ASSERT_EQ(volume.at(c).value(), truth.at(c));
  const MaterialCounts counts = volume.histogram(look).value();
  MaterialCounts expected;
  expected.add(std::span<const MaterialId>(part_of(truth, look).voxels));
  for (int m = 0; m < 8; ++m)
    ASSERT_EQ(counts.of(static_cast<MaterialId>(m)), expected.of(static_cast<MaterialId>(m)));
}

// Every voxel of like parity becomes this material.
EditFunction spread(MaterialId material) {
  return [material](const Box&, VoxelView voxels) {
    for (std::int64_t x = 0; x < voxels.size.x; ++x) {
      for (std::int64_t y = 0; y < voxels.size.y; ++y) {
        for (std::int64_t z = 0; z < voxels.size.z; ++z) {
          MaterialId& m = voxels.at({x, y, z});
          if (m % 2 == material % 2) m = material;
        }
      }
    }
    return ok();
  };
}

// The same of an array; how many voxels became another.
std::uint64_t lay(const EditFunction& function, const Box& box, VoxelArray& truth) {
  const VoxelArray before = part_of(truth, box);
  EXPECT_TRUE(function(box, truth.view().sub(box)));
  const VoxelArray after = part_of(truth, box);
  std::uint64_t changed = 0;
  for (std::size_t v = 0; v < after.voxels.size(); ++v)
    changed += after.voxels[v] != before.voxels[v] ? 1 : 0;
  return changed;
}

TEST_P(Edits, ReadAsADenseArrayWhateverIsWrittenBetween) {
  const std::uint64_t seed = 31;
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  Volume volume = fresh("edits_dense");
  VoxelArray truth(kExtent, 0);
  std::uint64_t batches = 0;
  for (int i = 0; i < rounds(100); ++i) {
    const Box box = random_box(random, kExtent, i % 7 == 0 ? 200 : 40);
    const auto material = static_cast<MaterialId>(random.below(6));
    switch (random.below(5)) {
      case 4: {
        const EditFunction add = spread(material);
        const std::uint64_t changed = lay(add, box, truth);
        const auto report = volume.edit(box, add, {.durability = EditDurability::kBatch});
        ASSERT_TRUE(report) << report.error().message;
        EXPECT_EQ(report->voxels, changed);
        EXPECT_EQ(report->batch, changed == 0 ? 0 : ++batches);
        break;
      }
      case 0: {
        const VoxelArray voxels = random_voxels(random, box.size());
        ASSERT_TRUE(volume.write(box, voxels.view()));
        copy(voxels.view(), truth.view().sub(box));
        break;
      }
      case 1: {
        const auto report = volume.edit(box, material, {.durability = EditDurability::kBatch});
        ASSERT_TRUE(report) << report.error().message;
        EXPECT_EQ(report->voxels, static_cast<std::uint64_t>(box.volume()));
        EXPECT_EQ(report->batch, ++batches);
        fill(truth.view().sub(box), material);
        break;
      }
      default: {
        std::vector<VoxelEdit> voxels;
        for (std::uint64_t n = 1 + random.below(100); n > 0; --n)
          voxels.push_back({random_box(random, kExtent, 1).lo, static_cast<MaterialId>(random.below(6))});
        const auto report = volume.edit(voxels, {.durability = EditDurability::kBatch});
        ASSERT_TRUE(report) << report.error().message;
        EXPECT_EQ(report->batch, ++batches);
        for (const VoxelEdit& edit : voxels) truth.at(edit.voxel) = edit.material;
      }
    }
    expect_same(volume, truth, random);
    if (i % 10 == 5) expect_clean(volume);
    if (i % 10 == 7) {
      ASSERT_TRUE(volume.fold(static_cast<std::uint32_t>(1 + random.below(3))));
      expect_clean(volume);
    }
    if (i % 20 == 0) {
      ASSERT_TRUE(volume.rebuild_levels());
    }
    if (i % 10 == 0) {
      ASSERT_TRUE(volume.flush_levels());
      expect_levels(volume, truth, 9);
      expect_clean(volume);
    }
    if (HasFatalFailure()) FAIL() << "at step " << i;
  }
  ASSERT_TRUE(volume.flush_levels());
  expect_levels(volume, truth, 9);
  expect_clean(volume);
  EXPECT_EQ(volume.read({volume.world().bounds()}).value().voxels, truth.voxels);
}

TEST_P(Edits, AreThereAfterReopeningWithTheirEvents) {
  {
    Volume volume = fresh("edits_reopened");
    if (path_ == "memory:") GTEST_SKIP() << "dies with its process";
    EditOptions options;
    options.process = Process::kErosion | Process::kDeposition;
    options.author = "river";
    options.note = "a flood";
    options.time_us = 1'700'000'000'000'000;
    ASSERT_TRUE(
        volume.edit(std::vector<VoxelEdit>{{{3, 4, 5}, 7}, {{150, 4, 5}, 8}, {{3, 4, 5}, 9}}, options));
    ASSERT_TRUE(volume.edit({{0, 0, 0}, {64, 64, 70}}, 2));
  }
  OpenOptions for_writing;
  for_writing.access = Access::kWrite;
  Volume volume = Volume::open(path_, for_writing).value();
  EXPECT_EQ(volume.at({3, 4, 5}).value(), 2);
  EXPECT_EQ(volume.at({150, 4, 5}).value(), 8);
  EXPECT_EQ(volume.at({63, 63, 69}).value(), 2);
  EXPECT_EQ(volume.at({63, 63, 70}).value(), 0);
  std::vector<EventInfo> events;
  ASSERT_TRUE(volume.events(0, [&](const EventInfo& event) {
    events.push_back(event);
    return ok();
  }));
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].batch, 1u);
  EXPECT_EQ(events[0].author, "river");
  EXPECT_EQ(events[0].note, "a flood");
  EXPECT_EQ(events[0].time_us, 1'700'000'000'000'000);
  EXPECT_TRUE(events[0].process.has(Process::kDeposition));
  EXPECT_EQ(events[0].voxels, 2u);
  EXPECT_EQ(events[0].box, (Box{{3, 4, 5}, {151, 5, 6}}));
  EXPECT_EQ(events[1].voxels, 64u * 64 * 70);
  ASSERT_TRUE(volume.edit(std::vector<VoxelEdit>{{{150, 4, 5}, 1}}));
  EXPECT_EQ(volume.at({150, 4, 5}).value(), 1) << "numbers go on where they ended";
}

TEST_P(Edits, OfManyWritersAllHold) {
  Volume volume = fresh("edits_writers");
  constexpr int kWriters = 8, kEach = 60;
  std::vector<std::thread> writers;
  std::vector<std::vector<VoxelEdit>> made(kWriters);
  writers.reserve(kWriters);
  for (int w = 0; w < kWriters; ++w) {
    writers.emplace_back([&, w] {
      Random random(static_cast<std::uint64_t>(w) + 1);
      for (int i = 0; i < kEach; ++i) {
        std::vector<VoxelEdit> voxels;
        for (int n = 0; n < 5; ++n) {
          Coord c = random_box(random, kExtent, 1).lo;
          c.x = c.x / kWriters * kWriters + w;  // each writer has planes of its own
          if (c.x >= kExtent.x) continue;
          voxels.push_back({c, static_cast<MaterialId>(1 + random.below(1000))});
        }
        if (voxels.empty()) continue;
        EXPECT_TRUE(volume.edit(voxels));
        for (const VoxelEdit& edit : voxels) made[static_cast<std::size_t>(w)].push_back(edit);
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  VoxelArray truth(kExtent, 0);
  for (const auto& edits : made) {
    for (const VoxelEdit& edit : edits) truth.at(edit.voxel) = edit.material;
  }
  EXPECT_EQ(volume.read({volume.world().bounds()}).value().voxels, truth.voxels);
}

// Adds one to every voxel of a box that two bricks share.
constexpr Box kShared = {{60, 0, 0}, {68, 8, 8}};

Status add_one(const Box&, VoxelView voxels) {
  for (std::int64_t x = 0; x < voxels.size.x; ++x) {
    for (std::int64_t y = 0; y < voxels.size.y; ++y) {
      for (std::int64_t z = 0; z < voxels.size.z; ++z) ++voxels.at({x, y, z});
    }
  }
  return ok();
}

TEST_P(Edits, AFunctionConflictsWithWhatChangedItsBricksMeanwhile) {
  Volume volume = fresh("edits_conflict");
  const auto meddling = [&](const std::function<void()>& meddle) {
    bool once = true;
    InlineExecutor here;
    EditOptions options;
    options.task.executor = &here;
    return volume.edit(
        kShared,
        [&](const Box& part, VoxelView voxels) {
          if (std::exchange(once, false)) meddle();
          return add_one(part, voxels);
        },
        options);
  };
  EXPECT_TRUE(meddling([&] { volume.edit(std::vector<VoxelEdit>{{{150, 0, 0}, 1}}).value(); }));
  EXPECT_EQ(volume.at({67, 7, 7}).value(), 1);
  EXPECT_EQ(meddling([&] {
              volume.edit(std::vector<VoxelEdit>{{{127, 63, 63}, 1}}).value();
            })
                .error()
                .code,
            ErrorCode::kConflict);
  EXPECT_EQ(meddling([&] {
              volume.edit({{0, 0, 0}, {64, 64, 64}}, 5).value();
            })
                .error()
                .code,
            ErrorCode::kConflict);
  const VoxelArray voxels({1, 1, 1}, 9);
  EXPECT_EQ(meddling([&] {
              volume.write({{64, 0, 0}, {65, 1, 1}}, voxels.view()).value();
            })
                .error()
                .code,
            ErrorCode::kConflict);
  EXPECT_TRUE(meddling([&] { volume.fold().value(); })) << "a fold changes nothing that is read";
  EXPECT_EQ(volume.at({60, 0, 0}).value(), 6);
  EXPECT_EQ(volume.at({64, 0, 0}).value(), 10);
  EXPECT_EQ(volume.at({66, 0, 0}).value(), 2);
}

TEST_P(Edits, FunctionsOfManyWritersLoseNoUpdate) {
  Volume volume = fresh("edits_counter");
  constexpr int kWriters = 4, kEach = 15;
  std::vector<std::thread> writers;
  writers.reserve(kWriters);
  for (int w = 0; w < kWriters; ++w) {
    writers.emplace_back([&] {
      for (int done = 0; done < kEach;) {
        const auto report = volume.edit(kShared, add_one, {.durability = EditDurability::kBatch});
        if (report) {
          ++done;
        } else {
          ASSERT_EQ(report.error().code, ErrorCode::kConflict) << report.error().message;
        }
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  for (const Coord c : {kShared.lo, kShared.hi - Coord{1, 1, 1}})
    EXPECT_EQ(volume.at(c).value(), kWriters * kEach);
}

TEST_P(Edits, AFunctionThatFailsChangesNothing) {
  Volume volume = fresh("edits_failing");
  const auto failing = [](const Box& part, VoxelView voxels) -> Status {
    TERRANE_TRY(add_one(part, voxels));
    if (part.hi.x > 64) return invalid("enough");
    return ok();
  };
  EXPECT_EQ(volume.edit(kShared, failing).error().message, "enough");
  EXPECT_EQ(volume.at({60, 0, 0}).value(), 0);
  EXPECT_EQ(volume.info().value().epoch, 0u);
}

TEST(PlanetEdits, OnesThatAreTooLargeAreRefusedAtOnce) {
  Volume volume = Volume::create("memory:", options_for(kMaxExtent)).value();
  const Box all = volume.world().bounds();
  EXPECT_EQ(volume.edit(all, 1).error().code, ErrorCode::kExhausted) << "2^82 voxels have no number";
  Box cut = all;
  cut.lo = {1, 1, 1};
  cut.hi.z = 3;
  EXPECT_EQ(volume.edit(cut, 1).error().code, ErrorCode::kExhausted) << "a billion bricks are cut";
  const Box deep = {{0, 0, 0}, {1024, 1024, kMaxExtent.z}};
  EXPECT_EQ(volume.edit(deep, 1).value().voxels, std::uint64_t{1} << 47);
  EXPECT_EQ(volume.at({5, 5, kMaxExtent.z - 1}).value(), 1);
}

TEST_P(Edits, BadOnesAreRefusedAndChangeNothing) {
  Volume volume = fresh("edits_bad");
  EXPECT_EQ(volume.edit(std::vector<VoxelEdit>{}).error().code, ErrorCode::kInvalid);
  EXPECT_EQ(volume.edit(std::vector<VoxelEdit>{{{1, 1, 1}, 3}, {{200, 0, 0}, 1}}).error().code,
            ErrorCode::kInvalid);
  EXPECT_EQ(volume.edit({{0, 0, 0}, {0, 1, 1}}, 1).error().code, ErrorCode::kInvalid);
  EXPECT_EQ(volume.edit({{0, 0, 0}, {201, 1, 1}}, 1).error().code, ErrorCode::kInvalid);
  EditOptions chatty;
  chatty.note.assign(100'000, 'x');
  EXPECT_EQ(volume.edit(std::vector<VoxelEdit>{{{1, 1, 1}, 3}}, chatty).error().code, ErrorCode::kInvalid);
  EXPECT_EQ(volume.at({1, 1, 1}).value(), 0);
  EXPECT_EQ(volume.info().value().epoch, 0u);
}

INSTANTIATE_TEST_SUITE_P(Engines, Edits, testing::Values("memory", "rocks"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace terrane

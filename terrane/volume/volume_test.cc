#include "terrane/volume/volume.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "terrane/base/rounds_testing.h"
#include "terrane/volume/dense_truth_testing.h"

namespace terrane {
namespace {

using namespace testing_truth;

struct WriteCase {
  const char* name;
  Coord extent;
  int writes;
  bool fluids;
  bool rocks;
  std::int64_t most;
};

class RandomWrites : public testing::TestWithParam<WriteCase> {};

TEST_P(RandomWrites, ReadAsADenseArrayAtEveryLevel) {
  const WriteCase& c = GetParam();
  const std::uint64_t seed = 99;
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  const std::string where = c.rocks ? fresh_path(c.name) : "memory:";
  Volume volume = Volume::create(where, options_for(c.extent, c.fluids ? wet() : Catalogue())).value();
  VoxelArray truth(c.extent, 0);
  for (int i = 0; i < rounds(c.writes); ++i) {
    const Box box = random_box(random, c.extent, c.most);
    const VoxelArray voxels = random_voxels(random, box.size());
    const auto policy = static_cast<Policy>(random.below(2));
    const Status status = volume.write(box, voxels.view(), {{}, {.policy = policy}});
    ASSERT_TRUE(status) << status.error().message;
    copy(voxels.view(), truth.view().sub(box));
    const Box look = random_box(random, c.extent, c.most);
    ASSERT_EQ(volume.read({look}).value().voxels, part_of(truth, look).voxels);
    const Coord p = random_box(random, c.extent, 1).lo;
    ASSERT_EQ(volume.at(p).value(), truth.at(p));
    if (i % 50 == 0) expect_levels(volume, truth, 6);
    if (HasFatalFailure()) FAIL() << "at write " << i;
  }
  expect_levels(volume, truth, 9);
  expect_clean(volume);
}

INSTANTIATE_TEST_SUITE_P(Volumes, RandomWrites,
                         testing::Values(WriteCase{"plain", {150, 130, 100}, 600, false, false, 40},
                                         WriteCase{"fluids", {97, 64, 131}, 300, true, false, 70},
                                         WriteCase{"flat", {300, 300, 1}, 100, true, false, 200},
                                         WriteCase{"regions", {1100, 40, 30}, 60, false, false, 200},
                                         WriteCase{"rocks", {140, 90, 70}, 60, true, true, 50}),
                         [](const auto& info) { return std::string(info.param.name); });

// --- the seam -----------------------------------------------------------------------------------------

TEST(Volume, ABoxOverTheSeamIsWrittenAndReadInOrder) {
  Random random(5);
  for (const std::int64_t nx : {200, 60}) {
    const Coord extent = {nx, 70, 20};
    Volume volume = Volume::create("memory:", options_for(extent, {}, true)).value();
    VoxelArray truth(extent, 0);
    const Box box = {{nx - 30, 3, 2}, {nx + 25, 60, 19}};
    const VoxelArray voxels = random_voxels(random, box.size());
    ASSERT_TRUE(volume.write(box, voxels.view()));
    for (std::int64_t x = 0; x < box.size().x; ++x) {
      const Coord from = {x, 0, 0};
      const Coord to = {(box.lo.x + x) % nx, box.lo.y, box.lo.z};
      const Coord column = {1, box.size().y, box.size().z};
      copy(voxels.view().sub(Box::of_size(from, column)), truth.view().sub(Box::of_size(to, column)));
    }
    EXPECT_EQ(volume.read({box}).value().voxels, voxels.voxels);
    expect_levels(volume, truth, 6);
    // At a level: [floor(X0/2^L), NX_L) and then [0, ceil((X1-NX)/2^L)).
    const VoxelArray level1 = coarser(truth, {});
    const auto read = volume.read({box, 1}).value();
    const std::int64_t lo = (nx - 30) / 2, n1 = (nx + 1) / 2, rest = 13;
    ASSERT_EQ(read.size.x, n1 - lo + rest);
    for (std::int64_t x = 0; x < read.size.x; ++x) {
      const std::int64_t from = x < n1 - lo ? lo + x : x - (n1 - lo);
      EXPECT_EQ(read.at({x, 5, 4}), level1.at({from, 5 + 1, 4 + 1}));
    }
    expect_clean(volume);
  }
}

// The first time only the part is decoded; from the second on the brick is in the cache.
TEST(Volume, AnyBoxReadsTheSameTheFirstTimeAndLater) {
  const Coord extent = {130, 100, 90};
  Volume volume = Volume::create("memory:", options_for(extent, {})).value();
  Random random(12);
  const VoxelArray truth = random_voxels(random, extent);
  for (const Policy policy : {Policy::kFast, Policy::kBalanced, Policy::kArchive}) {
    ASSERT_TRUE(volume.write(Box::of_size({}, extent), truth.view(), {{}, {.policy = policy}}));
    for (int i = 0; i < rounds(30); ++i) {
      const Box look = random_box(random, extent, 80);
      volume.drop_cache();
      for (int time = 0; time < 3; ++time)
        ASSERT_EQ(volume.read({look}).value().voxels, part_of(truth, look).voxels) << name(policy);
    }
  }
}

// --- bad calls ----------------------------------------------------------------------------------------

TEST(Volume, BadCallsAreRefusedBeforeAnythingHappens) {
  const std::string path = fresh_path("refusals");
  Volume volume = Volume::create(path, options_for({100, 100, 100})).value();
  const auto code = [](const auto& result) { return result ? ErrorCode{} : result.error().code; };
  EXPECT_EQ(code(volume.read({{{0, 0, 0}, {101, 1, 1}}})), ErrorCode::kInvalid);
  EXPECT_EQ(code(volume.read({{{0, 0, 0}, {0, 1, 1}}})), ErrorCode::kInvalid);
  EXPECT_EQ(code(volume.read({{{5, 0, 0}, {2, 1, 1}}})), ErrorCode::kInvalid);
  EXPECT_EQ(code(volume.read({{{0, 0, 0}, {1 << 20, 1 << 20, 1 << 20}}})), ErrorCode::kInvalid);
  EXPECT_EQ(code(volume.read({{{0, 0, 0}, {1, 1, 1}}, 22})), ErrorCode::kInvalid);
  EXPECT_EQ(code(volume.read({{{0, 0, 0}, {1, 1, 1}}, -1})), ErrorCode::kInvalid);
  EXPECT_EQ(code(volume.at({100, 0, 0})), ErrorCode::kInvalid);
  EXPECT_EQ(code(volume.at({-1, 0, 0})), ErrorCode::kInvalid);
  EXPECT_EQ(code(volume.write({{0, 0, 0}, {2, 2, 2}}, VoxelArray({2, 2, 1}).view())), ErrorCode::kInvalid);
  EXPECT_EQ(code(Volume::create(path, options_for({10, 10, 10}))), ErrorCode::kInvalid);
  EXPECT_EQ(code(Volume::open(path + "nowhere")), ErrorCode::kNotFound);
  OpenOptions for_writing;
  for_writing.access = Access::kWrite;
  EXPECT_EQ(code(Volume::open(path, for_writing)), ErrorCode::kLocked);
  Volume reader = Volume::open(path).value();
  EXPECT_EQ(code(reader.write({{0, 0, 0}, {1, 1, 1}}, VoxelArray({1, 1, 1}).view())), ErrorCode::kInvalid);
  CreateOptions huge = options_for({std::int64_t{1} << 28, std::int64_t{1} << 27, std::int64_t{1} << 27});
  Volume planet = Volume::create("memory:", huge).value();
  EXPECT_EQ(code(planet.read({{{0, 0, 0}, {1 << 20, 1 << 20, 1 << 20}}})), ErrorCode::kExhausted);
  EXPECT_EQ(planet.at({(1 << 28) - 1, (1 << 27) - 1, (1 << 27) - 1}).value(), 0);
  huge.world.extent.x += 1;
  EXPECT_EQ(code(Volume::create("memory:", huge)), ErrorCode::kInvalid);
}

TEST(Volume, AReaderSeesNewWritesAfterRefresh) {
  const std::string path = fresh_path("refresh");
  Volume writer = Volume::create(path, options_for({200, 200, 200})).value();
  Volume reader = Volume::open(path).value();
  const VoxelArray ones({100, 100, 100}, 1);
  ASSERT_TRUE(writer.write({{10, 10, 10}, {110, 110, 110}}, ones.view()));
  EXPECT_EQ(reader.at({50, 50, 50}).value(), 0);
  ASSERT_TRUE(reader.refresh());
  EXPECT_EQ(reader.at({50, 50, 50}).value(), 1);
  EXPECT_EQ(reader.at({50, 50, 50}, 3).value(), 1);
}

TEST(Volume, APlanetSizedStoreTakesAWriteAtItsFarCorner) {
  CreateOptions create;
  create.world = World::bluemarble().settings();
  Volume volume = Volume::create("memory:", create).value();
  const Coord n = volume.world().extent();
  const Box box = {n - Coord{70, 70, 70}, n};
  Random random(1);
  VoxelArray voxels(box.size(), 7);
  ASSERT_TRUE(volume.write(box, voxels.view()));
  EXPECT_EQ(volume.read({box}).value().voxels, voxels.voxels);
  EXPECT_EQ(volume.at(n - Coord{1, 1, 1}, 5).value(), 7);
  EXPECT_EQ(volume.at(n - Coord{80, 80, 80}).value(), kUnknown);
  EXPECT_EQ(volume.at({0, 0, 0}, 21).value(), kUnknown);
  const auto info = volume.info().value();
  // A brick that was touched counts with all voxels it has inside the extent.
  EXPECT_EQ(info.ingested_bytes % 128, 0u);
  EXPECT_LE(info.uniform + info.predicted + info.bricks, 60u);
  expect_clean(volume);
}

TEST(Volume, TouchedBricksCountOnce) {
  Volume volume = Volume::create("memory:", options_for({128, 128, 100})).value();
  const VoxelArray one({1, 1, 1}, 0);  // as predicted, and yet written
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(volume.write({{5, 5, 5}, {6, 6, 6}}, one.view()));
  EXPECT_EQ(volume.info().value().ingested_bytes, 2u * 64 * 64 * 64);
  ASSERT_TRUE(volume.write({{5, 5, 70}, {6, 6, 71}}, one.view()));
  EXPECT_EQ(volume.info().value().ingested_bytes, 2u * 64 * 64 * 100);
  EXPECT_EQ(volume.info().value().bricks, 0u);
}

TEST(Volume, VisitGivesEachRangeOnceAndCoversTheBox) {
  Volume volume = Volume::create("memory:", options_for({300, 300, 300})).value();
  Random random(8);
  for (int i = 0; i < 10; ++i) {
    const Box box = random_box(random, {300, 300, 300}, 100);
    ASSERT_TRUE(volume.write(box, random_voxels(random, box.size()).view()));
  }
  const Box box = {{10, 70, 3}, {200, 290, 280}};
  const Lattice lattice({300, 300, 300}, 0);
  std::vector<RangeInfo> ranges;
  ASSERT_TRUE(volume.visit(box, 0, [&](const RangeInfo& range) {
    if (!ranges.empty()) {
      EXPECT_GT(range.run.first, ranges.back().run.last);
    }
    ranges.push_back(range);
    return ok();
  }));
  for (auto p = lattice.next_inside(0, ~Position{0}); p; p = lattice.next_inside(*p + 1, ~Position{0})) {
    if (!lattice.brick_box(*p).overlaps(box)) continue;
    const auto covers = [&](const RangeInfo& r) { return r.run.first <= *p && *p <= r.run.last; };
    EXPECT_EQ(std::count_if(ranges.begin(), ranges.end(), covers), 1);
  }
}

TEST(Volume, LevelsCanBeMadeAnew) {
  Random random(21);
  const std::string path = fresh_path("rebuild");
  Volume volume = Volume::create(path, options_for({260, 130, 140}, wet())).value();
  VoxelArray truth({260, 130, 140}, 0);
  for (int i = 0; i < 6; ++i) {
    const Box box = random_box(random, truth.size, 120);
    const VoxelArray voxels = random_voxels(random, box.size());
    ASSERT_TRUE(volume.write(box, voxels.view()));
    copy(voxels.view(), truth.view().sub(box));
  }
  const std::uint64_t before = volume.info().value().stored_bytes;
  ASSERT_TRUE(volume.rebuild_levels());
  expect_levels(volume, truth, 9);
  expect_clean(volume);
  EXPECT_NEAR(static_cast<double>(volume.info().value().stored_bytes), static_cast<double>(before), 200);
}

TEST(Volume, ReadersNeverSeeHalfAWrite) {
  Volume volume = Volume::create("memory:", options_for({256, 256, 128})).value();
  const Box box = {{30, 30, 30}, {200, 200, 100}};
  std::atomic<bool> done = false;
  std::atomic<int> torn = 0, reads = 0;
  std::vector<std::thread> readers;
  readers.reserve(3);
  for (int t = 0; t < 3; ++t) {
    readers.emplace_back([&, t] {
      InlineExecutor here;
      ReadRequest request{box, t};
      request.options.task.executor = &here;
      while (!done) {
        const auto read = volume.read(request);
        if (!read) {
          ++torn;
          continue;
        }
        // Away from the edges of the box every voxel of every level is of one write.
        const Coord c = {read->size.x / 2, read->size.y / 2, read->size.z / 2};
        const MaterialId m = read->at(c);
        for (std::int64_t x = 2; x < read->size.x - 2; ++x) {
          for (std::int64_t z = 2; z < read->size.z - 2; ++z) torn += read->at({x, c.y, z}) != m ? 1 : 0;
        }
        ++reads;
      }
    });
  }
  for (MaterialId m = 1; m <= 10; ++m) ASSERT_TRUE(volume.write(box, VoxelArray(box.size(), m).view()));
  done = true;
  for (auto& reader : readers) reader.join();
  EXPECT_EQ(torn.load(), 0);
  EXPECT_GT(reads.load(), 0);
}

}  // namespace
}  // namespace terrane

// Volumes on an engine that is atomic per unit only: batches over several regions are staged.

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "terrane/base/rounds_testing.h"
#include "terrane/store/engines.h"
#include "terrane/store/fault_engine.h"
#include "terrane/store/per_unit_engine_testing.h"
#include "terrane/store/staged_log.h"
#include "terrane/volume/dense_truth_testing.h"
#include "terrane/volume/raw_store_testing.h"
#include "terrane/volume/sample_store_testing.h"

namespace terrane {
namespace {

using Op = FaultEngine::Op;
using testing_truth::random_box;
using testing_truth::random_voxels;

constexpr Coord kExtent = sample::kExtent;              // two regions, which meet at x = 1024
constexpr Box kAcross = {{960, 0, 0}, {1060, 10, 70}};  // whole bricks of both

class Source final : public VoxelSource {
 public:
  explicit Source(VoxelArray voxels) : voxels_(std::move(voxels)) {}
  Coord size() const override { return voxels_.size; }
  std::string identity() const override { return "array"; }
  Status read(const Box& box, VoxelView out) const override {
    copy(voxels_.view().sub(box), out);
    return ok();
  }

 private:
  VoxelArray voxels_;
};

OpenOptions open_for(Executor& executor, Access access) {
  OpenOptions open;
  open.executor = &executor;
  open.access = access;
  return open;
}

bool log_is_empty(const StoredValues& values) {
  return std::none_of(values.begin(), values.end(), [](const auto& entry) {
    return staged::is_of_log(entry.first.first, entry.first.second);
  });
}

// A voxel in each region.
std::vector<VoxelEdit> pair_of(std::int64_t x, MaterialId material) {
  return {{{1000 - x, 3, 5}, material}, {{1030 + x, 3, 5}, material}};
}

// The same steps on any engine.
void work(Volume& volume, VoxelArray& truth, std::uint64_t seed, int steps) {
  Random random(seed);
  for (int i = 0; i < steps; ++i) {
    Box box = random_box(random, kExtent, 200);
    if (i % 2 == 0) box = {{900 + box.lo.x / 20, box.lo.y, box.lo.z}, {1030, box.hi.y, box.hi.z}};
    const auto material = static_cast<MaterialId>(1 + random.below(5));
    const EditOptions batched{.durability = EditDurability::kBatch};
    switch (random.below(6)) {
      case 0:
      case 1: {
        const VoxelArray voxels = random_voxels(random, box.size());
        ASSERT_TRUE(volume.write(box, voxels.view()));
        copy(voxels.view(), truth.view().sub(box));
        break;
      }
      case 2: {
        const VoxelArray voxels = random_voxels(random, box.size());
        IngestOptions options;
        options.at = box.lo;
        ASSERT_TRUE(volume.ingest(Source(voxels), options));
        copy(voxels.view(), truth.view().sub(box));
        break;
      }
      case 3:
        ASSERT_TRUE(volume.edit(i % 4 == 0 ? kAcross : box, material, batched));
        fill(truth.view().sub(i % 4 == 0 ? kAcross : box), material);
        break;
      case 4:
        for (const std::int64_t x : {0, 1, 9}) {
          const std::vector<VoxelEdit> voxels = pair_of(x + i % 20, material);
          ASSERT_TRUE(volume.edit(voxels, batched));
          for (const VoxelEdit& edit : voxels) truth.at(edit.voxel) = edit.material;
        }
        break;
      default:
        ASSERT_TRUE(volume.flush_levels());
        ASSERT_TRUE(volume.fold());
    }
    ASSERT_EQ(volume.read({volume.world().bounds()}).value().voxels, truth.voxels) << "at step " << i;
  }
  ASSERT_TRUE(volume.flush_levels());
}

TEST(StagedVolume, StoresWhatOneOnAWholeEngineStores) {
  const std::uint64_t seed = 12;
  SCOPED_TRACE("seed " + std::to_string(seed));
  InlineExecutor here;
  RawStore whole(make_memory_engine()), per_unit(make_memory_engine({.atomic_across_units = false}));
  std::vector<VoxelArray> levels;
  for (RawStore* store : {&whole, &per_unit}) {
    Volume volume =
        Volume::create_on(store->lend(), sample::create_options(), open_for(here, Access::kWrite)).value();
    VoxelArray truth(kExtent, 0);
    ASSERT_NO_FATAL_FAILURE(work(volume, truth, seed, rounds(40)));
    sample::expect_clean(volume);
    const std::vector<VoxelArray> now = sample::all_levels(volume);
    for (std::size_t l = 0; l < levels.size(); ++l) EXPECT_EQ(now[l].voxels, levels[l].voxels);
    levels = now;
  }
  EXPECT_EQ(per_unit.values(), whole.values());
  EXPECT_TRUE(log_is_empty(per_unit.values()));
}

TEST(StagedVolume, IsTheSameInOneKeyspaceAndOpensAgain) {
  InlineExecutor here;
  for (const bool rocks : {false, true}) {
    std::shared_ptr<Engine> inner = make_memory_engine();
    if (rocks) inner = open_rocks_engine(sample::fresh_path("staged"), EngineMode::kCreate).value();
    const auto per_unit = [&] { return std::make_unique<PerUnitEngine>(inner, true); };
    VoxelArray truth(kExtent, 0);
    {
      Volume volume =
          Volume::create_on(per_unit(), sample::create_options(), open_for(here, Access::kWrite)).value();
      ASSERT_NO_FATAL_FAILURE(work(volume, truth, 7, rounds(24)));
    }
    const Volume volume = Volume::open_on(per_unit(), open_for(here, Access::kRead)).value();
    EXPECT_EQ(volume.read({volume.world().bounds()}).value().voxels, truth.voxels);
    sample::expect_clean(volume);
  }
}

struct Mode {
  const char* name;
  Op op;
  bool sticky, after_effect;
  std::uint64_t stride;
};

class StagedVolumeFaults : public testing::TestWithParam<Mode> {
 protected:
  StagedVolumeFaults() : store_(make_memory_engine({.atomic_across_units = false})) {
    Volume volume =
        Volume::create_on(store_.lend(), sample::create_options(), open_for(here_, Access::kWrite)).value();
    const VoxelArray layers = sample::layers({300, 10, 70}, 3);
    volume.write({{760, 0, 0}, kExtent}, layers.view()).value();
    volume.edit(pair_of(2, 8)).value();
    before_ = volume.read({volume.world().bounds()}).value();
    sound_ = store_.values();
  }

  // What a volume that was opened now would show of level 0. Nothing is written.
  VoxelArray shown() {
    const Volume volume = Volume::open_on(store_.lend(), open_for(here_, Access::kRead)).value();
    return volume.read({volume.world().bounds(), 0, {{}, true}}).value();
  }

  // Calls `attempt` with a volume whose engine fails at its first call, its second...; then looks whether
  // what is stored is sound once it is opened anew.
  void at_every_call(const std::function<void(Volume&)>& attempt) {
    std::uint64_t nth = 1;
    for (bool hit = true; hit; nth += stride(GetParam().stride)) {
      store_.restore(sound_);
      {
        auto engine = std::make_unique<FaultEngine>(store_.lend());
        FaultEngine& faults = *engine;
        Volume volume = Volume::open_on(std::move(engine), open_for(here_, Access::kWrite)).value();
        faults.arm({GetParam().op, nth, GetParam().sticky, GetParam().after_effect});
        attempt(volume);
        hit = faults.failures() > 0;
        faults.disarm();
      }
      finish();
      EXPECT_TRUE(log_is_empty(store_.values()));
      if (HasFailure()) FAIL() << "at call " << nth;
      ASSERT_LT(nth, 20'000u);
    }
    EXPECT_GT(nth, 20u);
  }
  virtual void finish() {
    Volume volume = Volume::open_on(store_.lend(), open_for(here_, Access::kWrite)).value();
    sample::expect_clean(volume);
    const VoxelArray level0 = volume.read({volume.world().bounds()}).value();
    EXPECT_EQ(level0.voxels, expected_.voxels);
    ASSERT_TRUE(volume.flush_levels());
    const std::vector<VoxelArray> levels = sample::all_levels(volume), right = sample::levels_of(level0);
    for (std::size_t l = 0; l < levels.size(); ++l) EXPECT_EQ(levels[l].voxels, right[l].voxels) << l;
  }

  InlineExecutor here_;
  RawStore store_;
  StoredValues sound_;
  VoxelArray before_, expected_;
};

TEST_P(StagedVolumeFaults, AnEditOfTwoRegionsIsThereWholeOrNot) {
  at_every_call([&](Volume& volume) {
    expected_ = before_;
    const auto edited = [&](const auto& result, const VoxelArray& after) {
      if (!result) {
        EXPECT_EQ(result.error().code, ErrorCode::kIo) << result.error().message;
      }
      const VoxelArray now = result ? after : shown();
      EXPECT_TRUE(now.voxels == after.voxels || now.voxels == expected_.voxels) << "in part";
      expected_ = now;
    };
    VoxelArray after = expected_;
    for (const VoxelEdit& edit : pair_of(0, 9)) after.at(edit.voxel) = 9;
    edited(volume.edit(pair_of(0, 9)), after);
    after = expected_;
    fill(after.view().sub(kAcross), 6);
    edited(volume.edit(kAcross, 6), after);
    (void)volume.flush_levels().has_value();
    after = expected_;
    for (const VoxelEdit& edit : pair_of(20, 7)) after.at(edit.voxel) = 7;
    edited(volume.edit(pair_of(20, 7)), after);
    edited(volume.fold(), expected_);
  });
}

class StagedIngestFaults : public StagedVolumeFaults {
 protected:
  void finish() override {
    {
      Volume volume = Volume::open_on(store_.lend(), open_for(here_, Access::kWrite)).value();
      sample::expect_clean(volume);
      const bool unfinished = !volume.info().value().unfinished.empty();
      const auto report = volume.ingest(source_, options_);
      ASSERT_TRUE(report) << report.error().message;
      EXPECT_EQ(report->resumed, unfinished);
    }
    StagedVolumeFaults::finish();
  }
  static constexpr Box kBox = {{700, 1, 2}, {1055, 9, 69}};
  IngestOptions options_{{}, {}, kBox.lo, false};
  Source source_{sample::layers(kBox.size(), 4)};
};

TEST_P(StagedIngestFaults, AnIngestOverTwoRegionsContinuesWhereItStopped) {
  expected_ = before_;
  copy(sample::layers(kBox.size(), 4).view(), expected_.view().sub(kBox));
  at_every_call([&](Volume& volume) {
    const auto report = volume.ingest(source_, options_);
    if (!report) {
      EXPECT_EQ(report.error().code, ErrorCode::kIo) << report.error().message;
    }
  });
}

const auto kModes = testing::Values(
    Mode{"once", Op::kAny, false, false, 13}, Mode{"writes", Op::kWrite, false, false, 1},
    Mode{"writes_for_good", Op::kWrite, true, false, 1}, Mode{"write_unknown", Op::kWrite, false, true, 1});
std::string name_of(const testing::TestParamInfo<Mode>& info) {
  return info.param.name;
}
INSTANTIATE_TEST_SUITE_P(Modes, StagedVolumeFaults, kModes, name_of);
INSTANTIATE_TEST_SUITE_P(Modes, StagedIngestFaults, kModes, name_of);

// Each edit and write makes one material of a box over both regions: whoever reads sees one.
TEST(StagedVolume, ReadersSeeWholeBatchesOverTwoRegions) {
  OpenOptions open;
  open.access = Access::kWrite;
  open.threads = 2;
  open.cache_bytes = 2 << 20;  // some bricks come from the cache, some do not
  Volume volume =
      Volume::create_on(make_memory_engine({.atomic_across_units = false}), sample::create_options(), open)
          .value();
  constexpr int kBatches = 400;
  std::atomic<int> begun = 0, ended = 0, reads = 0;
  std::atomic<bool> done = false;
  const auto write = [&](int n) {
    const auto material = static_cast<MaterialId>(n);
    begun = n;
    if (n % 3 == 0) {
      const VoxelArray voxels(kAcross.size(), material);
      EXPECT_TRUE(volume.write(kAcross, voxels.view()));
    } else if (n % 3 == 1) {
      EXPECT_TRUE(volume.edit(kAcross, material));
    } else {
      std::vector<VoxelEdit> voxels;  // as deltas
      for (std::int64_t x = kAcross.lo.x; x < kAcross.hi.x; ++x) voxels.push_back({{x, 5, 5}, material});
      EXPECT_TRUE(volume.edit(voxels));
    }
    if (n % 20 == 0) {
      EXPECT_TRUE(volume.fold());
    }
    ended = n;
  };
  const Box row = {{kAcross.lo.x, 5, 5}, {kAcross.hi.x, 6, 6}};
  write(0);
  const auto read = [&] {
    while (!done && !testing::Test::HasFailure()) {
      const int from = ended;
      const VoxelArray voxels = volume.read({row}).value();
      const int to = begun;
      const MaterialId one = voxels.voxels.front();
      EXPECT_EQ(std::count(voxels.voxels.begin(), voxels.voxels.end(), one), row.size().x);
      EXPECT_GE(one, from);
      EXPECT_LE(one, to);
      if (reads % 10 == 0) volume.drop_cache();
      ++reads;
    }
  };
  std::thread a(read), b(read);
  for (int n = 1; n <= kBatches; ++n) {
    write(n);
    while (reads < n && !testing::Test::HasFailure()) std::this_thread::yield();
  }
  done = true;
  a.join();
  b.join();
  sample::expect_clean(volume);
}

}  // namespace
}  // namespace terrane

// Everything at once, for ThreadSanitizer and for torn reads: readers at several levels, a writer, a
// verifier, and one who empties the cache.

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "terrane/volume/sample_store_testing.h"

namespace terrane {
namespace {

constexpr Coord kExtent = {300, 140, 100};
constexpr std::uint64_t kSeed = 8080;

// Box by box one material, so that a read of a state between two writes is told by a glance: what each box
// held is known after each write.
struct Plan {
  std::vector<Box> boxes;
  std::vector<std::pair<std::size_t, MaterialId>> writes;

  Plan() {
    for (std::int64_t x = 0; x < kExtent.x; x += 60) {
      for (std::int64_t z = 0; z < kExtent.z; z += 50) {
        boxes.push_back({{x, 0, z}, {x + 60, kExtent.y, z + 50}});
      }
    }
    Random random(kSeed);
    for (int i = 0; i < 60; ++i) {
      writes.push_back({random.below(boxes.size()), static_cast<MaterialId>(1 + random.below(60'000))});
    }
  }
};

class Crowd {
 public:
  Crowd(Volume& volume, const Plan& plan) : volume_(volume), plan_(plan) {}

  // The number of writes that ended before, and of those that had begun after, bound what a read may see.
  void read_level(int level, std::uint64_t seed) {
    Random random(seed);
    while (!done) {
      const std::size_t b = random.below(plan_.boxes.size());
      const Box& box = plan_.boxes[b];
      const std::size_t from = ended;
      const auto read = volume_.read({box, level, {}});
      const std::size_t to = begun;
      wrong += read && right(*read, level, b, from, to) ? 0 : 1;
      const Coord middle = {box.lo.x + 30, kExtent.y / 2, box.lo.z + 25};
      const std::size_t at_from = ended;
      const auto point = volume_.at(middle, level);
      wrong += point && allowed(b, *point, at_from, begun) ? 0 : 1;
      ++reads;
    }
  }
  void verify() {
    while (!done) {
      const auto report = volume_.verify();
      wrong += report && report->corrupt + report->missing == 0 ? 0 : 1;
    }
  }
  void disturb() {
    while (!done) {
      volume_.drop_cache();
      wrong += volume_.info() ? 0 : 1;
      wrong += volume_.locate({1, 2, 3}, 2) ? 0 : 1;
      const auto each = [](const RangeInfo&) { return ok(); };
      wrong += volume_.visit(volume_.world().bounds(), 0, each) ? 0 : 1;
    }
  }

  std::atomic<bool> done = false;
  std::atomic<std::size_t> begun = 0, ended = 0;  // writes
  std::atomic<int> wrong = 0, reads = 0;

 private:
  bool right(const VoxelArray& read, int level, std::size_t b, std::size_t from, std::size_t to) const {
    // The middle of the box: away from what its neighbours pool into.
    const MaterialId m = read.at({read.size.x / 2, read.size.y / 2, read.size.z / 2});
    const auto same = [&](MaterialId other) { return other == m; };
    return allowed(b, m, from, to) &&
           (level > 0 || std::all_of(read.voxels.begin(), read.voxels.end(), same));
  }

  // Whether box `b` held `material` after one of the first `from` to `to` writes.
  bool allowed(std::size_t b, MaterialId material, std::size_t from, std::size_t to) const {
    MaterialId now = 0;
    bool seen = false;
    for (std::size_t i = 0; i <= to; ++i) {
      seen = seen || (i >= from && now == material);
      if (i < plan_.writes.size() && plan_.writes[i].first == b) now = plan_.writes[i].second;
    }
    return seen;
  }

  Volume& volume_;
  const Plan& plan_;
};

class Stress : public testing::TestWithParam<const char*> {};

TEST_P(Stress, ReadersWriterVerifierAndASmallCache) {
  RecordProperty("seed", std::to_string(kSeed));
  const bool memory = GetParam() == std::string_view("memory");
  CreateOptions create = sample::create_options();
  create.world.extent = kExtent;
  OpenOptions open;
  open.threads = 3;
  open.cache_bytes = 3 << 20;  // less than a level
  Volume volume = Volume::create(memory ? "memory:" : sample::fresh_path("stress"), create, open).value();
  const Plan plan;
  Crowd crowd(volume, plan);
  std::vector<std::thread> threads;
  for (const int level : {0, 1, 3}) threads.emplace_back([&, level] { crowd.read_level(level, kSeed + 1); });
  threads.emplace_back([&] { crowd.verify(); });
  threads.emplace_back([&] { crowd.disturb(); });
  for (std::size_t i = 0; i < plan.writes.size(); ++i) {
    const auto& [b, material] = plan.writes[i];
    const VoxelArray voxels(plan.boxes[b].size(), material);
    crowd.begun = i + 1;
    EXPECT_TRUE(volume.write(plan.boxes[b], voxels.view()));
    crowd.ended = i + 1;
    while (crowd.reads < static_cast<int>(i)) std::this_thread::yield();
  }
  EXPECT_TRUE(volume.rebuild_levels());
  crowd.done = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(crowd.wrong, 0);
  sample::expect_clean(volume);
}

INSTANTIATE_TEST_SUITE_P(Engines, Stress, testing::Values("memory", "rocks"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace terrane

// Readers of their own, as another process has them, beside one that writes: each read is of one state
// between two batches, and not older than it may be.

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "terrane/base/rounds_testing.h"
#include "terrane/volume/dense_truth_testing.h"

namespace terrane {
namespace {

using namespace testing_truth;

constexpr Coord kExtent = {200, 70, 70};
// In different bricks, so that a batch of both may be seen in half.
constexpr Coord kFirst = {63, 1, 1}, kSecond = {130, 2, 2};
constexpr Box kBoth = {{60, 0, 0}, {140, 5, 5}};

Volume reader(const std::string& path, std::optional<std::chrono::milliseconds> max_staleness) {
  OpenOptions options;
  options.max_staleness = max_staleness;
  return Volume::open(path, options).value();
}

void set_both(Volume& volume, int n) {
  const auto material = static_cast<MaterialId>(n);
  volume.edit(std::vector<VoxelEdit>{{kFirst, material}, {kSecond, material}}).value();
}

TEST(BesideAWriter, AReadSeesAllThatIsAcknowledgedWhereNothingMayBeOld) {
  const std::string path = fresh_path("beside_fresh");
  Volume volume = Volume::create(path, options_for(kExtent)).value();
  const Volume beside = reader(path, std::chrono::milliseconds(0));
  for (int n = 1; n < rounds(30); ++n) {
    set_both(volume, n);
    EXPECT_EQ(beside.at(kFirst).value(), n);
    EXPECT_EQ(beside.read({kBoth}).value().at(kSecond - kBoth.lo), n);
    EXPECT_EQ(beside.info().value().batches, static_cast<std::uint64_t>(n));
  }
}

TEST(BesideAWriter, AReadStaysWithWhatItSawWhereThatMayBeOld) {
  const std::string path = fresh_path("beside_old");
  Volume volume = Volume::create(path, options_for(kExtent)).value();
  set_both(volume, 1);
  Volume by_hand = reader(path, std::nullopt);
  const Volume patient = reader(path, std::chrono::hours(1));
  set_both(volume, 2);
  EXPECT_EQ(by_hand.at(kFirst).value(), 1);
  EXPECT_EQ(patient.at(kFirst).value(), 1);
  EXPECT_TRUE(by_hand.refresh());
  EXPECT_EQ(by_hand.at(kFirst).value(), 2);
}

TEST(BesideAWriter, NoReadMixesTwoBatchesOrGoesBack) {
  const std::string path = fresh_path("beside_whole");
  Volume volume = Volume::create(path, options_for(kExtent)).value();
  std::atomic<int> acknowledged = 0;
  std::atomic<bool> done = false;
  std::vector<std::thread> readers;
  for (int r = 0; r < 2; ++r) {
    readers.emplace_back([&, r] {
      const Volume beside = reader(path, std::chrono::milliseconds(r));
      for (int last = 0; !done;) {
        const int least = r == 0 ? acknowledged.load() : last;
        const VoxelArray voxels = beside.read({kBoth}).value();
        const int first = voxels.at(kFirst - kBoth.lo), second = voxels.at(kSecond - kBoth.lo);
        ASSERT_EQ(first, second);
        ASSERT_GE(first, std::max(last, least));
        last = first;
      }
    });
  }
  for (int n = 1; n <= rounds(300); ++n) {
    set_both(volume, n);
    acknowledged = n;
    if (n % 50 == 0) {
      EXPECT_TRUE(volume.fold());
      EXPECT_TRUE(volume.compact());
    }
  }
  done = true;
  for (std::thread& one : readers) one.join();
}

}  // namespace
}  // namespace terrane

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "terrane/volume/cell_cache.h"

namespace terrane {
namespace {

constexpr std::uint64_t kNewest = ~std::uint64_t{0};

class PatchedCell : public testing::Test {
 protected:
  static constexpr BrickShape kShape = {64, 64, 64};
  static CellPtr uniform(MaterialId material) {
    auto cell = std::make_shared<Cell>();
    cell->kind = RangeKind::kUniform;
    cell->material = material;
    return cell;
  }
  PatchedCell() {
    cache_.insert(0, 7, 1, uniform(1));
    write_patch(std::vector<PatchVoxel>{{3, 50}, {9000, 51}}, scratch_, first_);
    write_patch(std::vector<PatchVoxel>{{3, 60}, {8000, 61}}, scratch_, second_);
  }
  CellCache::Changed change(const std::string& patch) const { return {0, {7, 7}, &patch, kShape}; }
  std::optional<MaterialId> at(std::size_t place, std::uint64_t version) {
    return cache_.voxel(0, 7, version, place);
  }
  CellCache cache_{16 * 1024 * 1024};
  CodecScratch scratch_;
  std::string first_, second_;
};

TEST_F(PatchedCell, IsTheOldOneForOldReadersUntilTheChangeIsMade) {
  const CellCache::Changed changes = change(first_);
  cache_.begin_change({&changes, 1}, 1);
  EXPECT_EQ(at(3, 1), 1);
  EXPECT_EQ(at(3, kNewest), std::nullopt) << "nobody knows yet";
  EXPECT_EQ(at(3, 2), std::nullopt);
  cache_.end_change({&changes, 1}, 2, true);
  EXPECT_EQ(at(3, 1), std::nullopt);
  EXPECT_EQ(at(3, 2), 50);
  EXPECT_EQ(at(4, kNewest), 1);
  EXPECT_EQ(cache_.find(0, 7, 2)->at(9000), 51);
}

TEST_F(PatchedCell, TakesOnePatchAfterTheOther) {
  const std::vector<CellCache::Changed> changes = {change(first_), change(second_)};
  cache_.begin_change(changes, 1);
  cache_.end_change(changes, 2, true);
  EXPECT_EQ(at(3, kNewest), 60);
  EXPECT_EQ(at(8000, kNewest), 61);
  EXPECT_EQ(at(9000, kNewest), 51);
  EXPECT_EQ(at(8001, kNewest), 1);
}

TEST_F(PatchedCell, GoesWhenTheChangeMayHaveFailed) {
  const CellCache::Changed changes = change(first_);
  cache_.begin_change({&changes, 1}, 1);
  cache_.end_change({&changes, 1}, 1, false);
  EXPECT_EQ(at(3, kNewest), std::nullopt);
  EXPECT_EQ(cache_.bytes(), 0u);
}

TEST_F(PatchedCell, GoesWhenTooMuchLiesOverIt) {
  std::uint64_t version = 1;
  std::size_t edited = 0;
  for (std::uint32_t place = 0; place < 2000; ++place) {
    std::string patch;
    write_patch(std::vector<PatchVoxel>{{place, 5}}, scratch_, patch);
    const CellCache::Changed changes = change(patch);
    cache_.begin_change({&changes, 1}, version);
    cache_.end_change({&changes, 1}, ++version, true);
    const CellPtr cell = cache_.find(0, 7, version);
    if (!cell) break;
    EXPECT_EQ(cell->at(place), 5);
    edited = cell->edited.size();
  }
  EXPECT_GT(edited, 100u);
  EXPECT_EQ(cache_.find(0, 7, version), nullptr);
}

// A batch that patches a brick twice: whoever sees one half of it sees the other.
TEST_F(PatchedCell, IsNeverSeenInHalf) {
  std::atomic<bool> done = false;
  std::atomic<int> looks = 0;
  std::thread reader([&] {
    while (!done) {
      const CellPtr cell = cache_.find(0, 7, kNewest);
      if (!cell) continue;
      ++looks;
      ASSERT_EQ(cell->at(10), cell->at(9000));
    }
  });
  std::uint64_t version = 1;
  for (MaterialId m = 2; m < 3000 || looks < 1000; ++m) {
    std::string first, second;
    write_patch(std::vector<PatchVoxel>{{10, m}}, scratch_, first);
    write_patch(std::vector<PatchVoxel>{{9000, m}}, scratch_, second);
    const std::vector<CellCache::Changed> changes = {change(first), change(second)};
    cache_.begin_change(changes, version);
    cache_.end_change(changes, ++version, true);
  }
  done = true;
  reader.join();
}

}  // namespace
}  // namespace terrane

#include "terrane/volume/pooled_bricks.h"

#include <gtest/gtest.h>

#include "terrane/base/hash.h"
#include "terrane/volume/dense_truth_testing.h"

namespace terrane {
namespace {

using testing_truth::coarser;
using testing_truth::random_voxels;

constexpr Coord kExtent = {300, 200, 90};
constexpr std::uint64_t kRoom = 1 << 20;

class Pooled : public testing::Test {
 protected:
  Pooled() {
    for (int level = 0; level < 4; ++level) lattices_.emplace_back(kExtent, level);
  }
  VoxelArray keep(PooledBricks& pooled, int level, Position position) {
    const VoxelArray voxels = random_voxels(random_, lattice(level).brick_box(position).size());
    pooled.keep(level, position, voxels.voxels, scratch_);
    return coarser(voxels, fluids_);
  }
  // What is taken; nothing where it is not kept.
  std::vector<MaterialId> take(PooledBricks& pooled, int level, Position position) {
    VoxelArray out(level_extent(lattice(level).brick_box(position).size(), 1));
    return pooled.take(level, position, scratch_, out.view()) ? out.voxels : std::vector<MaterialId>{};
  }
  const Lattice& lattice(int level) const { return lattices_[static_cast<std::size_t>(level)]; }

  std::vector<Lattice> lattices_;
  FluidSet fluids_;
  Random random_{4};
  CodecScratch scratch_;
};

TEST_F(Pooled, AreTheirBricksAtTheNextLevelOnce) {
  const Box all = lattice(0).bounds();
  PooledBricks pooled(lattices_, fluids_, {&all, 1}, kRoom);
  for (const Coord c : {Coord{0, 0, 0}, Coord{4, 3, 1}, Coord{4, 0, 0}, Coord{2, 1, 1}}) {
    const auto at = [](std::int64_t v) { return static_cast<std::uint32_t>(v); };
    const Position position = position_of({at(c.x), at(c.y), at(c.z)});
    const VoxelArray half = keep(pooled, 0, position);
    EXPECT_EQ(take(pooled, 1, 0), std::vector<MaterialId>{}) << "another level";
    EXPECT_EQ(take(pooled, 0, position), half.voxels);
    EXPECT_EQ(take(pooled, 0, position), std::vector<MaterialId>{});
  }
}

TEST_F(Pooled, OnlyBricksThatLieInTheBoxesWithAllTheirVoxels) {
  const Box boxes[] = {{{0, 0, 0}, {128, 128, 90}}, {{256, 64, 0}, {300, 200, 63}}};
  PooledBricks pooled(lattices_, fluids_, boxes, kRoom);
  const auto kept = [&](int level, BrickCoord c) {
    keep(pooled, level, position_of(c));
    return !take(pooled, level, position_of(c)).empty();
  };
  EXPECT_TRUE(kept(0, {0, 0, 0}));
  EXPECT_TRUE(kept(0, {1, 1, 1})) << "as far as there are voxels";
  EXPECT_FALSE(kept(0, {2, 0, 0}));
  EXPECT_FALSE(kept(0, {4, 1, 0})) << "one layer lies outside";
  EXPECT_TRUE(kept(1, {0, 0, 0}));
  EXPECT_FALSE(kept(1, {1, 0, 0}));
  EXPECT_FALSE(kept(2, {0, 0, 0}));
}

TEST_F(Pooled, AreNotKeptWhereThereIsNoRoom) {
  const Box all = lattice(0).bounds();
  PooledBricks none(lattices_, fluids_, {&all, 1}, 0);
  keep(none, 0, 0);
  EXPECT_TRUE(take(none, 0, 0).empty());

  PooledBricks little(lattices_, fluids_, {&all, 1}, 100'000);
  const auto keep_noise = [&](Position p) {
    VoxelArray noise(lattice(0).brick_box(p).size());
    for (MaterialId& m : noise.voxels) m = static_cast<MaterialId>(random_.below(64));
    little.keep(0, p, noise.voxels, scratch_);
  };
  int kept = 0;
  for (Position p = 0; p < 8; ++p) keep_noise(p);
  for (Position p = 0; p < 8; ++p) kept += take(little, 0, p).empty() ? 0 : 1;
  EXPECT_GT(kept, 0);
  EXPECT_LT(kept, 8);
  keep_noise(1);
  EXPECT_FALSE(take(little, 0, 1).empty()) << "what was taken makes room";
}

}  // namespace
}  // namespace terrane

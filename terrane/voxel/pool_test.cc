#include "terrane/voxel/pool.h"

#include <gtest/gtest.h>

#include <map>

#include "terrane/base/hash.h"

namespace terrane {
namespace {

FluidSet fluid_set(std::initializer_list<MaterialId> ids) {
  FluidSet set;
  for (const MaterialId id : ids) set.set(id);
  return set;
}

MaterialId pool_of(std::vector<MaterialId> children, const FluidSet& fluids = {}) {
  return pool_one(children.data(), static_cast<int>(children.size()), fluids);
}

TEST(PoolOne, TakesTheModeAndOfEqualCountsTheSmallestId) {
  EXPECT_EQ(pool_of({5, 5, 5, 5, 5, 5, 5, 5}), 5);
  EXPECT_EQ(pool_of({9, 9, 9, 2, 2, 4, 4, 1}), 9);
  EXPECT_EQ(pool_of({9, 9, 9, 9, 2, 2, 2, 2}), 2);
  EXPECT_EQ(pool_of({8, 7, 6, 5, 4, 3, 2, 1}), 1);
  EXPECT_EQ(pool_of({65535, 0}), 0);
}

TEST(PoolOne, LetsFluidAndSolidVoteFirstAndGivesTiesToSolid) {
  const FluidSet fluids = fluid_set({0, 1});
  // Four solids of different kinds stand against four of air: the ground does not melt away.
  EXPECT_EQ(pool_of({0, 0, 0, 0, 7, 8, 9, 10}, fluids), 7);
  // Five fluids win, though no one of them is as many as the solid.
  EXPECT_EQ(pool_of({0, 0, 0, 1, 1, 9, 9, 9}, fluids), 0);
  EXPECT_EQ(pool_of({0, 0, 1, 1, 1, 9, 9, 9}, fluids), 1);
  EXPECT_EQ(pool_of({0, 9}, fluids), 9);
  EXPECT_EQ(pool_of({1, 0}, fluids), 0);
  EXPECT_EQ(pool_of({0}, fluids), 0);
}

// Written from the rule's words, with none of pool.cc's ways.
MaterialId by_the_book(const std::vector<MaterialId>& children, const FluidSet& fluids) {
  std::map<MaterialId, int> fluid, solid;
  int fluid_count = 0, solid_count = 0;
  for (const MaterialId m : children) {
    if (fluids.test(m)) {
      ++fluid[m];
      ++fluid_count;
    } else {
      ++solid[m];
      ++solid_count;
    }
  }
  const std::map<MaterialId, int>& winner = fluid_count > solid_count ? fluid : solid;
  MaterialId best = 0;
  int most = 0;
  for (const auto& [material, count] : winner) {  // ascending ids
    if (count > most) {
      best = material;
      most = count;
    }
  }
  return best;
}

VoxelArray pool_by_the_book(const VoxelArray& fine, const FluidSet& fluids) {
  const Coord size = {(fine.size.x + 1) / 2, (fine.size.y + 1) / 2, (fine.size.z + 1) / 2};
  VoxelArray coarse(size);
  for (std::int64_t x = 0; x < size.x; ++x) {
    for (std::int64_t y = 0; y < size.y; ++y) {
      for (std::int64_t z = 0; z < size.z; ++z) {
        std::vector<MaterialId> children;
        for (int i = 0; i < 8; ++i) {
          const Coord c = {2 * x + (i & 1), 2 * y + (i >> 1 & 1), 2 * z + (i >> 2 & 1)};
          if (Box{{0, 0, 0}, fine.size}.contains(c)) children.push_back(fine.at(c));
        }
        coarse.at({x, y, z}) = by_the_book(children, fluids);
      }
    }
  }
  return coarse;
}

// Voxels of few materials, as runs of z of random length, so that spans of equal children occur.
VoxelArray random_voxels(Random& random, Coord size, std::uint64_t materials, std::uint64_t longest_run) {
  VoxelArray array(size);
  std::uint64_t left = 0;
  MaterialId material = 0;
  for (MaterialId& v : array.voxels) {
    if (left == 0) {
      left = 1 + random.below(longest_run);
      material = static_cast<MaterialId>(random.below(materials));
      if (random.below(50) == 0) material = static_cast<MaterialId>(65535 - material);
    }
    --left;
    v = material;
  }
  return array;
}

FluidSet random_fluids(Random& random, std::uint64_t materials) {
  FluidSet set;
  const std::uint64_t count = random.below(12);  // below and above what is held as a list
  for (std::uint64_t i = 0; i < count; ++i) set.set(random.below(materials));
  if (random.below(4) == 0) set.set(65535);
  return set;
}

TEST(Pool, FollowsTheRuleOnRandomVoxelsOfEverySize) {
  const std::uint64_t seed = 20240601;
  SCOPED_TRACE(seed);
  Random random(seed);
  for (int round = 0; round < 600; ++round) {
    const Coord size = {random.between(1, 9), random.between(1, 9), random.between(1, 70)};
    const std::uint64_t materials = 1 + random.below(round % 3 == 0 ? 30 : 4);
    const VoxelArray fine = random_voxels(random, size, materials, 1 + random.below(40));
    const FluidSet fluids = random_fluids(random, materials);
    const VoxelArray expected = pool_by_the_book(fine, fluids);
    VoxelArray coarse(expected.size, 1234), scalar(expected.size, 1234);
    pool(fine.view(), fluids, coarse.view());
    detail::pool_scalar(fine.view(), fluids, scalar.view());
    ASSERT_EQ(coarse.voxels, expected.voxels) << "round " << round << " size " << to_string(size);
    ASSERT_EQ(scalar.voxels, expected.voxels) << "round " << round << " size " << to_string(size);
  }
}

TEST(Pool, TakesViewsOfAnyStride) {
  const std::uint64_t seed = 77;
  SCOPED_TRACE(seed);
  Random random(seed);
  for (int round = 0; round < 60; ++round) {
    const Coord size = {random.between(2, 8), random.between(2, 8), random.between(2, 40)};
    const VoxelArray fine = random_voxels(random, size, 3, 6);
    const FluidSet fluids = fluid_set({0});
    const VoxelArray expected = pool_by_the_book(fine, fluids);
    // The same voxels within a larger array whose axes lie the other way round, back to front in y.
    std::vector<MaterialId> room(static_cast<std::size_t>((size.x + 2) * size.y * size.z), 9);
    const VoxelView turned{
        room.data() + (size.y - 1) * (size.x + 2), size, {1, -(size.x + 2), (size.x + 2) * size.y}};
    Coord c;
    for (c.x = 0; c.x < size.x; ++c.x) {
      for (c.y = 0; c.y < size.y; ++c.y) {
        for (c.z = 0; c.z < size.z; ++c.z) turned.at(c) = fine.at(c);
      }
    }
    VoxelArray coarse(expected.size);
    pool(turned, fluids, coarse.view());
    ASSERT_EQ(coarse.voxels, expected.voxels) << "round " << round;
    // A coarse view of unit stride inside a wider array, whose margin must stay as it is.
    const Coord wide = {expected.size.x, expected.size.y + 1, expected.size.z + 3};
    VoxelArray around(wide, 4321);
    pool(fine.view(), fluids, around.view().sub(Box::of_size({0, 0, 1}, expected.size)));
    for (c.x = 0; c.x < wide.x; ++c.x) {
      for (c.y = 0; c.y < wide.y; ++c.y) {
        for (c.z = 0; c.z < wide.z; ++c.z) {
          const Coord at = c - Coord{0, 0, 1};
          const bool inside = Box{{0, 0, 0}, expected.size}.contains(at);
          ASSERT_EQ(around.at(c), inside ? expected.at(at) : 4321) << to_string(c);
        }
      }
    }
  }
}

TEST(Pool, KeepsTheLastOddVoxelsOfEachAxis) {
  VoxelArray fine({3, 3, 3}, 5);
  fine.at({2, 2, 2}) = 7;
  VoxelArray coarse({2, 2, 2});
  pool(fine.view(), {}, coarse.view());
  EXPECT_EQ(coarse.at({1, 1, 1}), 7);
  EXPECT_EQ(coarse.at({0, 1, 1}), 5);
}

}  // namespace
}  // namespace terrane

#include "terrane/space/lattice.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "terrane/base/hash.h"
#include "terrane/space/world.h"

namespace terrane {
namespace {

using Runs = std::vector<Run>;  // Inside a test, Run is a method of its class.

constexpr Position kEnd = ~Position{0};
constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

std::int64_t below(Random& random, std::int64_t n) {
  return random.between(0, n);
}

// All positions inside, ascending, found by walking the grid.
std::vector<Position> all_inside(const Lattice& lattice) {
  std::vector<Position> out;
  const BrickCoord n = lattice.brick_grid();
  for (std::uint32_t x = 0; x < n.x; ++x) {
    for (std::uint32_t y = 0; y < n.y; ++y) {
      for (std::uint32_t z = 0; z < n.z; ++z) out.push_back(position_of({x, y, z}));
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

// What Cover promises, from the list of all bricks.
std::vector<Run> cover_by_walking(const Lattice& lattice, const std::vector<Position>& inside,
                                  const Box& box) {
  std::vector<Run> runs;
  bool open = false;
  for (std::size_t i = 0; i < inside.size(); ++i) {
    const Position p = inside[i];
    if (!lattice.brick_box(p).overlaps(box)) {
      open = false;
      continue;
    }
    if (!open) runs.push_back({p, p});
    open = true;
    runs.back().last = region_last(region_of(p));
    if (i + 1 < inside.size()) runs.back().last = std::min(runs.back().last, inside[i + 1] - 1);
  }
  return runs;
}

// Extents that are small enough to walk: flat, thin, single, and such as cross slabs and regions.
std::vector<Coord> small_extents(Random& random) {
  std::vector<Coord> out = {{4096, 4096, 1},  {1, 1, 1},          {64, 64, 64},   {65, 1, 1},
                            {2000, 70, 1100}, {1, 1, 20000},      {1, 30000, 1},  {30000, 1, 65},
                            {1024, 1024, 64}, {1025, 1023, 1025}, {64, 5000, 64}, {3100, 2100, 64}};
  for (int i = 0; i < 30; ++i)
    out.push_back({below(random, 3500) + 1, below(random, 2500) + 1, below(random, 1500) + 1});
  return out;
}

Box random_box(Random& random, Coord n) {
  const auto pick = [&](std::int64_t size, std::int64_t& lo, std::int64_t& hi) {
    lo = below(random, size);
    hi = lo + 1 + below(random, size - lo);
    if (random.next() % 3 == 0) lo = 0;
    if (random.next() % 3 == 0) hi = size;
  };
  Box b;
  pick(n.x, b.lo.x, b.hi.x);
  pick(n.y, b.lo.y, b.hi.y);
  pick(n.z, b.lo.z, b.hi.z);
  return b;
}

TEST(LevelBox, IsWhatTheBoxTouches) {
  EXPECT_EQ(level_box({{0, 0, 0}, {1, 2, 3}}, 0), (Box{{0, 0, 0}, {1, 2, 3}}));
  EXPECT_EQ(level_box({{3, 4, 5}, {5, 8, 9}}, 2), (Box{{0, 1, 1}, {2, 2, 3}}));
  EXPECT_EQ(level_box({{-1, -4, -5}, {0, -3, 5}}, 2), (Box{{-1, -1, -2}, {0, 0, 2}}));
  EXPECT_EQ(level_box({{0, 0, 0}, {160'300'080, 80'150'040, 80'000'000}}, 21),
            (Box{{0, 0, 0}, {77, 39, 39}}));
}

TEST(LevelBox, TakesAnyCorner) {
  const Box b = level_box({{kMin, kMin, 0}, {kMax, kMax, 0}}, 21);
  EXPECT_EQ(b.lo.x, kMin >> 21);
  EXPECT_EQ(b.hi.x, (kMax >> 21) + 1);
}

TEST(LevelBox, FloorsAndCeilsOverLevels) {
  const std::uint64_t seed = 20240601;
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  for (int i = 0; i < 2'000; ++i) {
    const int level = static_cast<int>(random.next() % (kMaxLevel + 1));
    const std::int64_t edge = std::int64_t{1} << level;
    const std::int64_t lo = below(random, 1 << 28) - (1 << 27), hi = below(random, 1 << 28) - (1 << 27);
    const Box b = level_box({{lo, 0, 0}, {hi, 0, 0}}, level);
    ASSERT_LE(b.lo.x * edge, lo);
    ASSERT_GT((b.lo.x + 1) * edge, lo);
    ASSERT_GE(b.hi.x * edge, hi);
    ASSERT_LT((b.hi.x - 1) * edge, hi);
  }
}

TEST(LevelExtent, NeverFallsBelowOneVoxel) {
  EXPECT_EQ(level_extent({4320, 2160, 256}, 3), (Coord{540, 270, 32}));
  EXPECT_EQ(level_extent({4321, 1, 257}, 1), (Coord{2161, 1, 129}));
  EXPECT_EQ(level_extent({4320, 2160, 256}, 21), (Coord{1, 1, 1}));
  EXPECT_EQ(level_extent(kMaxExtent, 21), (Coord{128, 64, 64}));
}

TEST(Lattice, KnowsItsGridAtEachLevel) {
  const Coord planet = World::bluemarble().extent();
  EXPECT_EQ(Lattice(planet, 0).brick_grid(), (BrickCoord{2'504'689, 1'252'345, 1'250'000}));
  EXPECT_EQ(Lattice(planet, 21).brick_grid(), (BrickCoord{2, 1, 1}));
  EXPECT_EQ(Lattice(kMaxExtent, 0).brick_grid(), (BrickCoord{1u << 22, 1u << 21, 1u << 21}));
  EXPECT_EQ(Lattice({65, 64, 1}, 0).brick_grid(), (BrickCoord{2, 1, 1}));
  EXPECT_EQ(Lattice({65, 64, 1}, 1).brick_grid(), (BrickCoord{1, 1, 1}));
}

TEST(Lattice, BricksAtTheUpperEdgesAreCut) {
  const Lattice lattice({2000, 70, 1100}, 0);
  EXPECT_EQ(lattice.brick_box(0), (Box{{0, 0, 0}, {64, 64, 64}}));
  EXPECT_EQ(lattice.brick_box(position_of({31, 1, 17})), (Box{{1984, 64, 1088}, {2000, 70, 1100}}));
  const Lattice planet(World::bluemarble().extent(), 0);
  EXPECT_EQ(planet.brick_box(position_of({2'504'688, 1'252'344, 1'249'999})).hi, planet.extent());
}

TEST(Lattice, NeighboursInsideAreThoseOfAWalk) {
  const std::uint64_t seed = 20240602;
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  for (const Coord extent : small_extents(random)) {
    const Lattice lattice(extent, 0);
    SCOPED_TRACE(to_string(extent));
    const std::vector<Position> inside = all_inside(lattice);
    for (int i = 0; i < 300; ++i) {
      Position p = random.next() >> (random.next() % 64);
      if (i % 2 == 0) p = inside[random.next() % inside.size()] + random.next() % 3 - 1;
      const auto after = std::lower_bound(inside.begin(), inside.end(), p);
      const bool is_inside = after != inside.end() && *after == p;
      ASSERT_EQ(lattice.inside(p), is_inside) << p;
      const std::optional<Position> next = after != inside.end() ? std::optional(*after) : std::nullopt;
      ASSERT_EQ(lattice.next_inside(p, kEnd), next) << p;
      const auto upto = is_inside ? after + 1 : after;
      const std::optional<Position> prev = upto != inside.begin() ? std::optional(*(upto - 1)) : std::nullopt;
      ASSERT_EQ(lattice.prev_inside(p, 0), prev) << p;
      // Limits are themselves in reach, and what lies beyond them is not.
      if (next) {
        ASSERT_EQ(lattice.next_inside(p, *next), next);
        if (*next > p) {
          ASSERT_EQ(lattice.next_inside(p, *next - 1), std::nullopt);
        }
      }
      if (prev) {
        ASSERT_EQ(lattice.prev_inside(p, *prev), prev);
        if (*prev < p) {
          ASSERT_EQ(lattice.prev_inside(p, *prev + 1), std::nullopt);
        }
      }
    }
  }
}

TEST(Lattice, RegionsInsideAreThoseOfAWalk) {
  const std::uint64_t seed = 20240603;
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  for (const Coord extent : {Coord{1, 1, 1}, Coord{70'000, 1, 9}, Coord{1, 70'000, 9},
                             Coord{9000, 17'500, 5000}, Coord{1025, 1024, 1}, Coord{40'000, 3000, 64}}) {
    const Lattice lattice(extent, 0);
    SCOPED_TRACE(to_string(extent));
    std::vector<RegionId> inside;
    for (std::int64_t x = 0; x * 1024 < extent.x; ++x) {
      for (std::int64_t y = 0; y * 1024 < extent.y; ++y) {
        inside.push_back(region_id({static_cast<std::uint32_t>(x), static_cast<std::uint32_t>(y)}));
      }
    }
    std::sort(inside.begin(), inside.end());
    for (int i = 0; i < 500; ++i) {
      const RegionId r = (random.next() % kRegionCount) >> (random.next() % 35);
      const auto after = std::lower_bound(inside.begin(), inside.end(), r);
      const bool is_inside = after != inside.end() && *after == r;
      ASSERT_EQ(lattice.region_inside(r), is_inside) << r;
      const std::optional<RegionId> next = after != inside.end() ? std::optional(*after) : std::nullopt;
      ASSERT_EQ(lattice.next_region_inside(r, kRegionCount - 1), next) << r;
      const auto upto = is_inside ? after + 1 : after;
      const std::optional<RegionId> prev = upto != inside.begin() ? std::optional(*(upto - 1)) : std::nullopt;
      ASSERT_EQ(lattice.prev_region_inside(r, 0), prev) << r;
      if (next && *next > r) {
        ASSERT_EQ(lattice.next_region_inside(r, *next - 1), std::nullopt);
      }
      if (prev && *prev < r) {
        ASSERT_EQ(lattice.prev_region_inside(r, *prev + 1), std::nullopt);
      }
      if (next) {
        ASSERT_EQ(lattice.next_region_inside(r, *next), next);
      }
      if (prev) {
        ASSERT_EQ(lattice.prev_region_inside(r, *prev), prev);
      }
    }
  }
}

TEST(Lattice, PlanetWideRegionsAreFoundAcrossBillions) {
  const Lattice planet(World::bluemarble().extent(), 0);
  const RegionId last = region_id({156'543, 78'271});
  EXPECT_EQ(planet.prev_region_inside(kRegionCount - 1, 0), last);
  EXPECT_EQ(planet.next_region_inside(last + 1, kRegionCount - 1), std::nullopt);
  // Just east of the edge the line is in the lower right of a square of 256 regions, whose left half is
  // inside: it goes on in the upper left.
  const RegionId east = region_id({156'544, 0});
  const auto next = planet.next_region_inside(east, kRegionCount - 1);
  ASSERT_TRUE(next);
  EXPECT_EQ(region_at(*next), (RegionCoord{156'416, 128}));
  // A world one region wide in the upper half of x: the 18th bit of x has no y beside it.
  const Lattice wide({(std::int64_t{1} << 27) + 1, 1, 1}, 0);
  EXPECT_EQ(wide.next_region_inside(region_id({131'071, 0}) + 1, kRegionCount - 1), RegionId{1} << 34);
  EXPECT_EQ(wide.prev_region_inside((RegionId{1} << 34) - 1, 0), region_id({131'071, 0}));
  EXPECT_EQ(wide.next_region_inside((RegionId{1} << 34) + 1, kRegionCount - 1), std::nullopt);
}

TEST(Cover, IsThatOfAWalk) {
  const std::uint64_t seed = 20240604;
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  for (const Coord extent : small_extents(random)) {
    const Lattice lattice(extent, 0);
    const std::vector<Position> inside = all_inside(lattice);
    for (int i = 0; i < 12; ++i) {
      const Box box = random_box(random, extent);
      ASSERT_EQ(lattice.cover(box), cover_by_walking(lattice, inside, box))
          << to_string(extent) << " " << to_string(box);
    }
  }
}

TEST(Cover, OfACoarserLevelIsInItsOwnVoxels) {
  const Lattice lattice({20'000, 9'000, 3'000}, 3);
  const std::vector<Position> inside = all_inside(lattice);
  const Box box = level_box({{4'321, 77, 900}, {15'000, 8'999, 2'001}}, 3);
  EXPECT_EQ(lattice.cover(box), cover_by_walking(lattice, inside, box));
}

TEST(Cover, OfTheWholeExtentIsOneRun) {
  const std::uint64_t seed = 20240605;
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  std::vector<Coord> extents = small_extents(random);
  extents.push_back(World::bluemarble().extent());
  extents.push_back(kMaxExtent);
  for (const Coord extent : extents) {
    for (const int level : {0, 1, 5, 21}) {
      const Lattice lattice(extent, level);
      const RegionId last = *lattice.prev_region_inside(kRegionCount - 1, 0);
      EXPECT_EQ(lattice.cover(lattice.bounds()), (Runs{{0, region_last(last)}})) << to_string(extent);
    }
  }
  EXPECT_EQ(Lattice(kMaxExtent, 0).cover({{0, 0, 0}, kMaxExtent}), (Runs{{0, kEnd}}));
}

TEST(Cover, OfWholeRegionsIsRunsOfWholeRegions) {
  const Lattice lattice(kMaxExtent, 0);
  const std::int64_t half = std::int64_t{1} << 27, top = kMaxExtent.z;
  EXPECT_EQ(lattice.cover({{half, 0, 0}, {2 * half, half, top}}), (Runs{{Position{1} << 63, kEnd}}));
  EXPECT_EQ(lattice.cover({{0, half / 2, 0}, {half / 2, half, top}}),
            (Runs{{region_first(RegionId{1} << 33), region_last((RegionId{3} << 32) - 1)}}));
  // Two regions side by side in x are one run only where the lower one is even.
  EXPECT_EQ(lattice.cover({{2048, 0, 0}, {4096, 1024, top}}), (Runs{{region_first(4), region_last(5)}}));
  EXPECT_EQ(lattice.cover({{1024, 0, 0}, {3072, 1024, top}}),
            (Runs{{region_first(1), region_last(1)}, {region_first(4), region_last(4)}}));
}

TEST(Cover, OfARegionThatStopsBelowTheLineIsWholeAllTheSame) {
  const Lattice lattice({5000, 5000, 100}, 0);
  EXPECT_EQ(lattice.cover({{1024, 1024, 0}, {2048, 2048, 100}}), (Runs{{region_first(3), region_last(3)}}));
  // The last region is cut by the extent, on two axes.
  EXPECT_EQ(lattice.cover({{4096, 4096, 0}, {5000, 5000, 100}}), (Runs{{region_first(48), region_last(48)}}));
}

TEST(Cover, OfALargeBoxHoldsExactlyItsBricks) {
  const Lattice lattice(World::bluemarble().extent(), 0);
  const Box box = Box::of_size({80'123'456, 40'004'321, 39'995'111}, {10'000, 10'000, 10'000});
  const Runs runs = lattice.cover(box);
  const auto bricks = [](std::int64_t lo, std::int64_t size) {
    return static_cast<std::uint64_t>((lo + size - 1) / 64 - lo / 64 + 1);
  };
  std::uint64_t want = 1, got = 0;
  for (const std::int64_t lo : {box.lo.x, box.lo.y, box.lo.z}) want *= bricks(lo, 10'000);
  for (std::size_t i = 0; i < runs.size(); ++i) {
    got += runs[i].last - runs[i].first + 1;
    if (i > 0) {
      ASSERT_LT(runs[i - 1].last + 1, runs[i].first);
    }
    ASSERT_TRUE(lattice.brick_box(runs[i].first).overlaps(box));
    ASSERT_TRUE(lattice.brick_box(runs[i].last).overlaps(box));
  }
  EXPECT_EQ(got, want);
  EXPECT_LT(runs.size(), 3 * 157u * 157u);  // A surface, where the bricks are a volume of 157^3.
}

TEST(Cover, OfASheetAroundThePlanetIsTakenRunByRun) {
  const Lattice lattice(World::bluemarble().extent(), 0);
  Box sheet = lattice.bounds();
  sheet.hi.z = 40'000'000;
  Cover cover(lattice, sheet);
  for (RegionId r = 0; r < 5'000; ++r) {
    const auto run = cover.next();
    ASSERT_TRUE(run);
    ASSERT_EQ(run->first, region_first(r));
    ASSERT_EQ(run->last,
              position_of({(region_at(r).x * 16) | 15, (region_at(r).y * 16) | 15, 40'000'000 / 64 - 1}));
  }
}

TEST(Cover, OfOneVoxelIsItsBrick) {
  const Lattice lattice(World::bluemarble().extent(), 0);
  const std::uint64_t seed = 20240606;
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  for (int i = 0; i < 1'000; ++i) {
    const Coord n = lattice.extent();
    const Coord c = {below(random, n.x - 64), below(random, n.y - 64), below(random, n.z - 64)};
    const Position p = position_of(brick_of(c));
    ASSERT_EQ(lattice.cover(Box::of_size(c, {1, 1, 1})), (Runs{{p, p}})) << to_string(c);
  }
}

}  // namespace
}  // namespace terrane

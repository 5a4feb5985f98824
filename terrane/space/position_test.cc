#include "terrane/space/position.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "terrane/base/hash.h"

namespace terrane {
namespace {

constexpr BrickCoord kMaxBrick = {(1u << 22) - 1, (1u << 21) - 1, (1u << 21) - 1};
constexpr BrickCoord kBlueMarbleBricks = {2'504'689, 1'252'345, 1'250'000};

// The definition, a bit at a time from the top: what the arithmetic is tested against.
Position spelled_out(BrickCoord b) {
  Position p = 0;
  const auto put = [&](std::uint32_t v, int bit) { p = (p << 1) | ((v >> bit) & 1); };
  put(b.x, 21);
  for (int i = 20; i >= 4; --i) {
    put(b.y, i);
    put(b.x, i);
  }
  for (int i = 20; i >= 4; --i) put(b.z, i);
  for (int i = 3; i >= 0; --i) {
    put(b.z, i);
    put(b.y, i);
    put(b.x, i);
  }
  return p;
}

BrickCoord random_brick(Random& random) {
  return {static_cast<std::uint32_t>(random.next() % (kMaxBrick.x + 1ull)),
          static_cast<std::uint32_t>(random.next() % (kMaxBrick.y + 1ull)),
          static_cast<std::uint32_t>(random.next() % (kMaxBrick.z + 1ull))};
}

// The examples of docs/format/positions.md.
static_assert(position_of({1, 2, 3}) == 0x0000'0000'0000'0035);
static_assert(position_of({21, 5, 37}) == 0x0000'0000'2000'21c7);
static_assert(position_of({2'504'688, 1'252'344, 1'249'999}) == 0xc3c0'f3ff'f312'cd24);
static_assert(brick_at(0xc3c0'f3ff'f312'cd24) == BrickCoord{2'504'688, 1'252'344, 1'249'999});

static_assert(kAxisX == 0xaaaa'aaaa'a000'0249 && kAxisY == 0x5555'5555'4000'0492 &&
              kAxisZ == 0x0000'0000'1fff'f924);

TEST(Position, HasTheWorkedExamplesOfTheFormat) {
  EXPECT_EQ(position_of({1, 2, 3}), 53u);
  EXPECT_EQ(region_of(position_of({1, 2, 3})), 0u);
  EXPECT_EQ(position_of({21, 5, 37}), (Position{1} << 29) | (Position{2} << 12) | 0b000'111'000'111);
  EXPECT_EQ(region_at(1), (RegionCoord{1, 0}));
  EXPECT_EQ(position_of({2'504'688, 1'252'344, 1'249'999}), 14'105'542'313'544'699'172u);
  EXPECT_EQ(region_at(region_of(0xc3c0'f3ff'f312'cd24)), (RegionCoord{156'543, 78'271}));
}

TEST(Position, EveryNumberIsThePositionOfExactlyOneBrick) {
  const std::uint64_t seed = 20240501;
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  std::vector<Position> numbers = {0, ~Position{0}};
  for (int bit = 0; bit < 64; ++bit) {
    numbers.push_back(Position{1} << bit);
    numbers.push_back(~(Position{1} << bit));
  }
  for (int i = 0; i < 200'000; ++i) numbers.push_back(random.next());
  for (const Position p : numbers) {
    const BrickCoord b = brick_at(p);
    ASSERT_LE(b.x, kMaxBrick.x) << p;
    ASSERT_LE(b.y, kMaxBrick.y) << p;
    ASSERT_LE(b.z, kMaxBrick.z) << p;
    ASSERT_EQ(spelled_out(b), p);
    ASSERT_EQ(position_of(b), p);
  }
}

TEST(Position, EveryBrickComesBackFromItsPosition) {
  const std::uint64_t seed = 20240502;
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  for (int i = 0; i < 200'000; ++i) {
    const BrickCoord b = random_brick(random);
    ASSERT_EQ(position_of(b), spelled_out(b)) << b.x << "," << b.y << "," << b.z;
    ASSERT_EQ(brick_at(position_of(b)), b) << b.x << "," << b.y << "," << b.z;
  }
}

TEST(Position, HoldsAtTheFarCornersOfThePlanet) {
  for (const BrickCoord end : {kBlueMarbleBricks, BrickCoord{1u << 22, 1u << 21, 1u << 21}}) {
    for (const std::uint32_t x : {0u, end.x - 1}) {
      for (const std::uint32_t y : {0u, end.y - 1}) {
        for (const std::uint32_t z : {0u, end.z - 1}) {
          const BrickCoord b = {x, y, z};
          EXPECT_EQ(position_of(b), spelled_out(b));
          EXPECT_EQ(brick_at(position_of(b)), b);
        }
      }
    }
  }
  EXPECT_EQ(position_of({0, 0, 0}), 0u);
  EXPECT_EQ(position_of(kMaxBrick), ~Position{0});
}

TEST(Position, TheHighestBitOfXIsOnTop) {
  EXPECT_EQ(position_of({1u << 21, 0, 0}), Position{1} << 63);
  EXPECT_LT(position_of({(1u << 21) - 1, kMaxBrick.y, kMaxBrick.z}), position_of({1u << 21, 0, 0}));
}

TEST(Position, ARegionIsOneRunOfWholeColumns) {
  const std::uint64_t seed = 20240503;
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  EXPECT_EQ(kRegionPositions, std::uint64_t{1} << 29);
  EXPECT_EQ(region_last(kRegionCount - 1), ~Position{0});
  for (int i = 0; i < 20'000; ++i) {
    const BrickCoord b = random_brick(random);
    const RegionCoord column = {b.x / kSlabBricks, b.y / kSlabBricks};
    const RegionId region = region_id(column);
    ASSERT_LT(region, kRegionCount);
    ASSERT_EQ(region_of(position_of(b)), region);
    ASSERT_EQ(region_at(region), column);
    ASSERT_EQ(brick_at(region_first(region)), (BrickCoord{column.x * 16, column.y * 16, 0}));
    ASSERT_EQ(brick_at(region_last(region)),
              (BrickCoord{column.x * 16 + 15, column.y * 16 + 15, kMaxBrick.z}));
    ASSERT_EQ(region_last(region) - region_first(region) + 1, kRegionPositions);
  }
}

TEST(Position, RegionsFollowTheMortonCurveOfThePlane) {
  EXPECT_EQ(region_id({1, 0}), 1u);
  EXPECT_EQ(region_id({0, 1}), 2u);
  EXPECT_EQ(region_id({3, 5}), 0b10'01'11u);
  for (RegionId r = 0; r < 4096; ++r) {
    EXPECT_EQ(region_id(region_at(r)), r);
    EXPECT_LT(region_at(r).x, 64u);
    EXPECT_LT(region_at(r).y, 64u);
  }
}

TEST(Position, SlabsOfARegionAscendInZ) {
  for (const std::uint32_t slab : {0u, 1u, 77u, (1u << 17) - 2}) {
    const Position low = position_of({16 * 9 + 15, 16 * 4 + 15, slab * 16 + 15});
    const Position high = position_of({16 * 9, 16 * 4, (slab + 1) * 16});
    EXPECT_EQ(low + 1, high);
  }
}

TEST(Position, AnAlignedCubeInsideASlabIsOneRun) {
  const std::uint64_t seed = 20240504;
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  for (const std::uint32_t edge : {2u, 4u, 8u, 16u}) {
    BrickCoord corner = random_brick(random);
    corner = {corner.x / edge * edge, corner.y / edge * edge, corner.z / edge * edge};
    std::vector<Position> cube;
    for (std::uint32_t x = 0; x < edge; ++x) {
      for (std::uint32_t y = 0; y < edge; ++y) {
        for (std::uint32_t z = 0; z < edge; ++z) {
          cube.push_back(position_of({corner.x + x, corner.y + y, corner.z + z}));
        }
      }
    }
    std::sort(cube.begin(), cube.end());
    EXPECT_EQ(cube.front(), position_of(corner));
    EXPECT_EQ(cube.back() - cube.front() + 1, cube.size()) << edge;
    EXPECT_EQ(std::adjacent_find(cube.begin(), cube.end()), cube.end());
  }
}

TEST(Position, AscendsAlongEachAxis) {
  const std::uint64_t seed = 20240505;
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  for (int i = 0; i < 50'000; ++i) {
    const BrickCoord a = random_brick(random), b = random_brick(random);
    ASSERT_EQ(position_of({a.x, a.y, a.z}) < position_of({b.x, a.y, a.z}), a.x < b.x);
    ASSERT_EQ(position_of({a.x, a.y, a.z}) < position_of({a.x, b.y, a.z}), a.y < b.y);
    ASSERT_EQ(position_of({a.x, a.y, a.z}) < position_of({a.x, a.y, b.z}), a.z < b.z);
  }
}

bool in_box(BrickCoord b, BrickCoord lo, BrickCoord hi) {
  return b.x >= lo.x && b.x <= hi.x && b.y >= lo.y && b.y <= hi.y && b.z >= lo.z && b.z <= hi.z;
}

// next() by descent through the halves of the line; each half is a box of bricks between its two ends.
std::optional<Position> next_by_descent(BrickCoord lo, BrickCoord hi, Position p, Position first, int bits) {
  const Position last = first | (bits == 64 ? ~Position{0} : (Position{1} << bits) - 1);
  const BrickCoord a = brick_at(first), b = brick_at(last);
  const bool apart = b.x < lo.x || a.x > hi.x || b.y < lo.y || a.y > hi.y || b.z < lo.z || a.z > hi.z;
  if (apart || last < p) return std::nullopt;
  if (bits == 0) return first;
  if (const auto q = next_by_descent(lo, hi, p, first, bits - 1)) return q;
  return next_by_descent(lo, hi, p, first | (Position{1} << (bits - 1)), bits - 1);
}

struct Corners {
  BrickCoord lo, hi;
};

// Boxes of every size from one brick to the planet; some on the borders of cubes, slabs and regions.
Corners random_box(Random& random) {
  const auto pick = [&](std::uint32_t max, std::uint32_t& lo, std::uint32_t& hi) {
    const int bits = static_cast<int>(random.next() % 23);
    const auto at = [&] { return static_cast<std::uint32_t>(random.next() & max & ((1ull << bits) - 1)); };
    const std::uint32_t base =
        random.next() % 2 ? 0 : static_cast<std::uint32_t>((random.next() & max) >> bits << bits);
    const std::uint32_t a = base | at(), b = base | at();
    lo = std::min(a, b);
    hi = std::max(a, b);
    if (random.next() % 4 == 0) lo = lo / 16 * 16;
    if (random.next() % 4 == 0) hi |= 15;
    if (random.next() % 8 == 0) lo = 0;
    if (random.next() % 8 == 0) hi = max;
  };
  Corners c;
  pick(kMaxBrick.x, c.lo.x, c.hi.x);
  pick(kMaxBrick.y, c.lo.y, c.hi.y);
  pick(kMaxBrick.z, c.lo.z, c.hi.z);
  return c;
}

TEST(BrickBox, FindsTheNeighboursOfAnyPosition) {
  const std::uint64_t seed = 20240506;
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  for (int i = 0; i < 3'000; ++i) {
    const auto [lo, hi] = random_box(random);
    const BrickBox box = {position_of(lo), position_of(hi)};
    for (int k = 0; k < 8; ++k) {
      Position p = random.next() >> (random.next() % 64);
      if (k % 2 == 0) p = box.lo + (box.hi > box.lo ? random.next() % (box.hi - box.lo) : 0);
      if (k == 7) p = box.hi + 1;
      const BrickCoord b = brick_at(p);
      ASSERT_EQ(box.contains(p), in_box(b, lo, hi)) << std::hex << p;
      ASSERT_EQ(box.next(p), next_by_descent(lo, hi, p, 0, 64))
          << std::hex << box.lo << " " << box.hi << " " << p;
      // prev() is the nearest one: it is in the box, and the next after it lies beyond p.
      const auto prev = box.prev(p);
      if (!prev) {
        ASSERT_TRUE(p < box.lo) << std::hex << box.lo << " " << box.hi << " " << p;
        continue;
      }
      ASSERT_LE(*prev, p);
      ASSERT_TRUE(in_box(brick_at(*prev), lo, hi));
      if (*prev < p) {
        const auto after = next_by_descent(lo, hi, *prev + 1, 0, 64);
        ASSERT_TRUE(!after || *after > p) << std::hex << box.lo << " " << box.hi << " " << p;
      }
    }
  }
}

TEST(BrickBox, BeginsAndEndsWithItsCorners) {
  const BrickBox box = {position_of({3, 70, 5}), position_of({40, 90, 19})};
  EXPECT_EQ(box.next(0), box.lo);
  EXPECT_EQ(box.prev(~Position{0}), box.hi);
  EXPECT_EQ(box.next(box.hi), box.hi);
  EXPECT_EQ(box.next(box.hi + 1), std::nullopt);
  EXPECT_EQ(box.prev(box.lo - 1), std::nullopt);
}

TEST(BrickBox, StepsThroughAllItsBricksInOrder) {
  const BrickCoord lo = {14, 30, 15}, hi = {35, 33, 48};
  const BrickBox box = {position_of(lo), position_of(hi)};
  std::vector<Position> want;
  for (std::uint32_t x = lo.x; x <= hi.x; ++x) {
    for (std::uint32_t y = lo.y; y <= hi.y; ++y) {
      for (std::uint32_t z = lo.z; z <= hi.z; ++z) want.push_back(position_of({x, y, z}));
    }
  }
  std::sort(want.begin(), want.end());
  std::vector<Position> got;
  for (auto p = box.next(0); p; p = box.next(*p + 1)) got.push_back(*p);
  EXPECT_EQ(got, want);
  std::vector<Position> back;
  for (auto p = box.prev(~Position{0}); p; p = box.prev(*p - 1)) back.push_back(*p);
  std::reverse(back.begin(), back.end());
  EXPECT_EQ(back, want);
}

TEST(BrickBox, WorksAtBothEndsOfTheLine) {
  const BrickBox all = {0, ~Position{0}};
  EXPECT_EQ(all.next(~Position{0}), ~Position{0});
  EXPECT_EQ(all.prev(0), Position{0});
  const BrickBox last = {~Position{0}, ~Position{0}};
  EXPECT_EQ(last.next(0), ~Position{0});
  EXPECT_EQ(last.prev(~Position{0} - 1), std::nullopt);
}

}  // namespace
}  // namespace terrane

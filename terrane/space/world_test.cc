#include "terrane/space/world.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "terrane/base/hash.h"
#include "terrane/space/lattice.h"
#include "terrane/space/position.h"

namespace terrane {
namespace {

constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

World::Settings relief_settings(bool wraps) {
  return {.extent = {4320, 2160, 256},
          .voxel_size = {1.0 / 12, 1.0 / 12, 80},
          .origin = {-180, -90, -11'000},
          .crs = "EPSG:4326",
          .wrap_x = wraps};
}

World relief(bool wraps = true) {
  return World::create(relief_settings(wraps)).value();
}

// The message of the error; "" where there is none.
template <class T>
std::string refusal(const Result<T>& r) {
  if (r) return "";
  EXPECT_EQ(r.error().code, ErrorCode::kInvalid);
  return r.error().message;
}

testing::AssertionResult says(const std::string& message, const std::vector<std::string>& parts) {
  for (const std::string& part : parts) {
    if (message.find(part) == std::string::npos) {
      return testing::AssertionFailure() << "`" << message << "` does not say `" << part << "`";
    }
  }
  return testing::AssertionSuccess();
}

TEST(Box, IsWrittenAsTheCommandLineTakesIt) {
  EXPECT_EQ(to_string(Coord{1, -2, 3}), "1,-2,3");
  EXPECT_EQ(to_string(Box{{0, 0, 0}, {64, 65, 66}}), "0:64,0:65,0:66");
  EXPECT_EQ(to_string(Coord{kMin, kMax, 0}), "-9223372036854775808,9223372036854775807,0");
}

TEST(Box, CentredHasTheOddVoxelBelow) {
  EXPECT_EQ(Box::centred({10, 10, 10}, {3, 4, 1}), (Box{{9, 8, 10}, {12, 12, 11}}));
}

TEST(WorldCreate, TakesTheLargestAndTheSmallestExtent) {
  EXPECT_TRUE(World::create({.extent = kMaxExtent, .crs = ""}));
  EXPECT_TRUE(World::create({.extent = {1, 1, 1}, .crs = "EPSG:28992"}));
}

TEST(WorldCreate, RefusesBadExtents) {
  const auto with = [](Coord extent) { return refusal(World::create({.extent = extent, .crs = ""})); };
  EXPECT_TRUE(says(with({0, 1, 1}), {"extent in x", "1 to 268435456", "got 0"}));
  EXPECT_TRUE(says(with({1, -5, 1}), {"extent in y", "1 to 134217728", "got -5"}));
  EXPECT_TRUE(says(with({1, 1, kMaxExtent.z + 1}), {"extent in z", "1 to 134217728", "got 134217729"}));
  EXPECT_TRUE(says(with({kMax, kMax, kMax}), {"extent in x"}));
  EXPECT_TRUE(says(with({kMin, 1, 1}), {"extent in x"}));
}

TEST(WorldCreate, RefusesSizesAndOriginsThatAreNoLengths) {
  const double inf = std::numeric_limits<double>::infinity(), nan = std::nan("");
  for (const double size : {0.0, -1.0, inf, nan}) {
    World::Settings s = relief_settings(false);
    s.voxel_size[1] = size;
    EXPECT_TRUE(says(refusal(World::create(s)), {"voxel size in y", "above 0"})) << size;
  }
  for (const double origin : {inf, -inf, nan}) {
    World::Settings s = relief_settings(false);
    s.origin[2] = origin;
    EXPECT_TRUE(says(refusal(World::create(s)), {"origin in z"})) << origin;
  }
  World::Settings s = relief_settings(false);
  s.voxel_size[0] = 1e307;
  EXPECT_TRUE(says(refusal(World::create(s)), {"upper corner in x"}));
}

TEST(WorldCreate, RefusesACrsItCannotName) {
  for (const char* crs :
       {"4326", "EPSG:", "EPSG:43x", "epsg:4326", "EPSG: 4326", "WGS84", "EPSG:-1", "EPSG:1234567890"}) {
    World::Settings s = relief_settings(false);
    s.crs = crs;
    EXPECT_TRUE(says(refusal(World::create(s)), {"CRS", "EPSG:4326", std::string("`") + crs + "`"}));
  }
}

TEST(WorldGeo, BlueMarbleMeetsThePlanet) {
  const World world = World::bluemarble();
  EXPECT_TRUE(World::create(world.settings()));
  EXPECT_EQ(world.to_voxel({-180, 0, 0}).value(), (Coord{0, 40'075'020, 40'000'000}));
  EXPECT_EQ(world.to_voxel({0, 0, 0}).value(), (Coord{80'150'040, 40'075'020, 40'000'000}));
  EXPECT_EQ(world.to_voxel({90, 45, -10'000'000}).value(),
            (Coord{120'225'060, 40'075'020 + static_cast<std::int64_t>(45 * 111319.49079327358 * 4), 0}));
  for (const double pole : {-90.0, 90.0}) {
    EXPECT_TRUE(world.to_voxel({0, pole, 0})) << pole;
  }
  EXPECT_TRUE(says(refusal(world.to_voxel({0, 90.1, 0})), {"latitude", "90.1", "outside"}));
  EXPECT_TRUE(says(refusal(world.to_voxel({0, 0, 1.1e7})), {"elevation", "-10000000 to 10000000"}));
}

TEST(WorldGeo, LongitudesGoAroundAWorldThatWraps) {
  for (const World& world : {World::bluemarble(), relief()}) {
    const Coord at = world.to_voxel({147.7, -18.3, -20}).value();
    for (const double turns : {-360.0, 360.0, 720.0, -3600.0}) {
      EXPECT_EQ(world.to_voxel({147.7 + turns, -18.3, -20}).value(), at) << turns;
    }
    EXPECT_EQ(world.to_voxel({180, 0, 0}).value().x, 0);
    EXPECT_EQ(world.to_voxel({-180, 0, 0}).value().x, 0);
    EXPECT_EQ(world.to_voxel({540, 0, 0}).value().x, 0);
    EXPECT_EQ(world.to_voxel({179.9999999, 0, 0}).value().x, world.extent().x - 1);
    EXPECT_EQ(world.to_voxel({std::nextafter(-180, -200), 0, 0}).value().x, world.extent().x - 1);
    EXPECT_TRUE(world.to_voxel({1e300, 0, 0}));
  }
}

TEST(WorldGeo, AWorldThatWrapsMayBeginAnywhere) {
  World::Settings s = relief_settings(true);
  s.origin[0] = 20;  // As ETOPO5 does.
  const World world = World::create(s).value();
  EXPECT_EQ(world.to_voxel({20, 0, 0}).value().x, 0);
  EXPECT_EQ(world.to_voxel({19.99, 0, 0}).value().x, 4319);
  EXPECT_EQ(world.to_voxel({-170, 0, 0}).value().x, 170 * 12);
  EXPECT_NEAR(world.to_geo({4319, 0, 0}).value().longitude_deg, 20 - 1.0 / 24, 1e-9);
  EXPECT_NEAR(world.to_geo({2040, 0, 0}).value().longitude_deg, -170 + 1.0 / 24, 1e-9);
}

TEST(WorldGeo, TheAntimeridianIsWest) {
  const World world =
      World::create({.extent = {360, 180, 1}, .origin = {19.5, -90, 0}, .crs = "EPSG:4326", .wrap_x = true})
          .value();
  EXPECT_EQ(world.to_geo({160, 0, 0}).value().longitude_deg, -180);
  EXPECT_EQ(world.to_voxel({-180, 0, 0}).value().x, 160);
  EXPECT_EQ(world.to_geo({161, 0, 0}).value().longitude_deg, -179);
}

TEST(WorldGeo, UpperFacesBelongToTheLastVoxel) {
  const World flat = relief(false);
  EXPECT_EQ(flat.to_voxel({180, 90, -11'000 + 256 * 80}).value(), (Coord{4319, 2159, 255}));
  EXPECT_EQ(flat.to_voxel({-180, -90, -11'000}).value(), (Coord{0, 0, 0}));
  EXPECT_TRUE(says(refusal(flat.to_voxel({180.01, 0, 0})), {"longitude 180.01", "-180 to 180"}));
  EXPECT_TRUE(says(refusal(flat.to_voxel({0, -90.01, 0})), {"latitude -90.01", "-90 to 90"}));
  EXPECT_TRUE(says(refusal(flat.to_voxel({0, 0, -11'001})), {"elevation -11001", "-11000 to 9480"}));
}

TEST(WorldGeo, RefusesNumbersThatAreNoPlace) {
  const double inf = std::numeric_limits<double>::infinity(), nan = std::nan("");
  for (const World& world : {World::bluemarble(), relief(true), relief(false)}) {
    for (const double bad : {inf, -inf, nan}) {
      EXPECT_NE(refusal(world.to_voxel({bad, 0, 0})), "");
      EXPECT_NE(refusal(world.to_voxel({0, bad, 0})), "");
      EXPECT_NE(refusal(world.to_voxel({0, 0, bad})), "");
    }
    EXPECT_NE(refusal(world.to_voxel({0, 1e300, 0})), "");
    EXPECT_TRUE(says(refusal(world.to_geo({-1, 0, 0})), {"voxel -1,0,0", "outside"}));
    EXPECT_NE(refusal(world.to_geo(world.extent())), "");
    EXPECT_NE(refusal(world.to_geo({kMax, kMin, 0})), "");
  }
}

TEST(WorldGeo, SaysWhereNoLongitudeIsKnown) {
  const World local = World::create({.extent = {10, 10, 10}, .crs = ""}).value();
  EXPECT_TRUE(says(refusal(local.to_voxel({0, 0, 0})), {"no CRS", "EPSG:4326"}));
  const World dutch = World::create({.extent = {10, 10, 10}, .crs = "EPSG:28992"}).value();
  EXPECT_TRUE(says(refusal(dutch.to_geo({0, 0, 0})), {"EPSG:28992", "EPSG:4326"}));
}

TEST(WorldGeo, EveryVoxelIsWhereItsCentreIs) {
  const std::uint64_t seed = 20240701;
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  World::Settings local = relief_settings(false);
  local.crs = "EPSG:4087";
  local.extent = {70'000, 3, 5};
  for (const World& world :
       {World::bluemarble(), relief(true), relief(false), World::create(local).value()}) {
    const Coord n = world.extent();
    const auto check = [&](Coord voxel) {
      const GeoPoint point = world.to_geo(voxel).value();
      if (world.wraps()) {
        ASSERT_GE(point.longitude_deg, -180);
        ASSERT_LT(point.longitude_deg, 180);
      }
      ASSERT_EQ(world.to_voxel(point).value(), voxel);
      if (world.wraps()) {
        ASSERT_EQ(world.to_voxel({point.longitude_deg + 360, point.latitude_deg, point.elevation_m}).value(),
                  voxel);
      }
    };
    const auto below = [&](std::int64_t end) { return random.between(0, end); };
    for (int i = 0; i < 20'000; ++i) check({below(n.x), below(n.y), below(n.z)});
    for (const std::int64_t x : {std::int64_t{0}, std::int64_t{1}, n.x / 2 - 1, n.x / 2, n.x - 2, n.x - 1}) {
      for (const std::int64_t y : {std::int64_t{0}, n.y - 1}) {
        for (const std::int64_t z : {std::int64_t{0}, n.z - 1}) check({x, y, z});
      }
    }
  }
}

TEST(WorldPieces, ABoxInsideIsOnePiece) {
  for (const bool wraps : {false, true}) {
    const World world = relief(wraps);
    for (const Box& box :
         {world.bounds(), Box{{0, 0, 0}, {1, 1, 1}}, Box{{4319, 2159, 255}, {4320, 2160, 256}}}) {
      EXPECT_EQ(world.pieces(box).value(), (std::vector<Box>{box}));
    }
  }
}

TEST(WorldPieces, ABoxAcrossTheSeamIsTwo) {
  const World world = relief();
  EXPECT_EQ(world.pieces({{4300, 1, 2}, {4350, 3, 4}}).value(),
            (std::vector<Box>{{{4300, 1, 2}, {4320, 3, 4}}, {{0, 1, 2}, {30, 3, 4}}}));
  EXPECT_EQ(world.pieces({{4319, 0, 0}, {8639, 1, 1}}).value(),
            (std::vector<Box>{{{4319, 0, 0}, {4320, 1, 1}}, {{0, 0, 0}, {4319, 1, 1}}}));
  // Once around and no further.
  EXPECT_TRUE(
      says(refusal(world.pieces({{4319, 0, 0}, {8640, 1, 1}})), {"x=8640", "x=4319", "at most 4320 wide"}));
  EXPECT_TRUE(says(refusal(world.pieces({{0, 0, 0}, {4321, 1, 1}})), {"x=4321", "at most 4320 wide"}));
  EXPECT_TRUE(
      says(refusal(world.pieces({{4320, 0, 0}, {4321, 1, 1}})), {"begins at x=4320", "x=0 to x=4319"}));
  EXPECT_TRUE(says(refusal(world.pieces({{-1, 0, 0}, {3, 1, 1}})), {"begins at x=-1", "x=0 to x=4319"}));
}

TEST(WorldPieces, BoxesOverlapOnEitherSideOfTheSeam) {
  const World world = relief();
  const Box across = {{4300, 5, 5}, {4350, 9, 9}};
  for (const std::int64_t x : {4299, 4300, 4319, 0, 29, 30}) {
    const Box one = Box::of_size({x, 5, 5}, {1, 1, 1});
    EXPECT_EQ(world.overlap(across, one), x != 4299 && x != 30) << x;
    EXPECT_EQ(world.overlap(one, across), x != 4299 && x != 30) << x;
    EXPECT_FALSE(world.overlap(across, Box::of_size({x, 9, 5}, {1, 1, 1})));
  }
  EXPECT_TRUE(world.overlap(across, {{4319, 8, 8}, {4321, 10, 10}}));
  EXPECT_FALSE(world.overlap(across, {}));
  EXPECT_FALSE(world.overlap(across, {{-1, 0, 0}, {4320, 2160, 256}}));
}

TEST(WorldPieces, ABoxOutsideNamesAxisAndRange) {
  const World world = relief(false);
  EXPECT_TRUE(says(refusal(world.pieces({{4000, 0, 0}, {5000, 1, 1}})),
                   {"box reaches x=5000 but the store ends at x=4320", "0:4320"}));
  EXPECT_TRUE(says(refusal(world.pieces({{0, -3, 0}, {1, 1, 1}})), {"begins at y=-3", "0:2160"}));
  EXPECT_TRUE(says(refusal(world.pieces({{0, 0, 0}, {1, 1, 257}})), {"z=257", "ends at z=256"}));
  EXPECT_TRUE(says(refusal(world.pieces({{0, 5, 0}, {1, 5, 1}})), {"empty on y", "5:5"}));
  EXPECT_TRUE(says(refusal(world.pieces({{0, 0, 9}, {1, 1, 3}})), {"inverted on z", "9:3"}));
  EXPECT_TRUE(says(refusal(relief().pieces({{9, 0, 0}, {3, 1, 1}})), {"inverted on x", "9:3"}));
  EXPECT_TRUE(says(refusal(relief().pieces({{9, 0, 0}, {9, 1, 1}})), {"empty on x", "9:9"}));
}

TEST(WorldPieces, AnyNumbersAreRefusedAndNotComputedWith) {
  const std::vector<std::int64_t> extremes = {kMin,     kMin + 1, -1, 0, 1, std::int64_t{1} << 60,
                                              kMax - 1, kMax};
  for (const World& world : {World::bluemarble(), relief(true), relief(false)}) {
    for (const std::int64_t lo : extremes) {
      for (const std::int64_t hi : extremes) {
        if (lo == 0 && hi == 1) continue;
        EXPECT_FALSE(world.pieces({{lo, 0, 0}, {hi, 1, 1}})) << lo << ":" << hi;
        EXPECT_FALSE(world.pieces({{0, lo, 0}, {1, hi, 1}})) << lo << ":" << hi;
        EXPECT_FALSE(world.level_pieces({{0, 0, lo}, {1, 1, hi}}, 3)) << lo << ":" << hi;
        EXPECT_FALSE(world.level_shape({{lo, lo, lo}, {hi, hi, hi}}, 21)) << lo << ":" << hi;
      }
    }
    EXPECT_FALSE(world.pieces({{world.extent().x - 1, 0, 0}, {kMax, 1, 1}}));
  }
}

TEST(WorldLevels, APieceIsWhatItsBoxTouches) {
  const World world = relief(false);
  const auto parts = world.level_pieces({{5, 6, 7}, {17, 18, 19}}, 2).value();
  ASSERT_EQ(parts.size(), 1u);
  EXPECT_EQ(parts[0].box, (Box{{1, 1, 1}, {5, 5, 5}}));
  EXPECT_EQ(parts[0].out_x, 0);
  EXPECT_EQ(world.level_shape({{5, 6, 7}, {17, 18, 19}}, 2).value(), (Coord{4, 4, 4}));
  EXPECT_EQ(world.level_shape(world.bounds(), 21).value(), (Coord{1, 1, 1}));
}

TEST(WorldLevels, ASeamBoxReadsToTheEndAndThenFromTheStart) {
  World::Settings s = relief_settings(true);
  s.extent.x = 4321;  // The last voxel of each coarser level has one child fewer.
  const World world = World::create(s).value();
  const auto parts = world.level_pieces({{4309, 0, 8}, {4321 + 9, 64, 16}}, 3).value();
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_EQ(parts[0].box, (Box{{538, 0, 1}, {541, 8, 2}}));
  EXPECT_EQ(parts[0].out_x, 0);
  EXPECT_EQ(parts[1].box, (Box{{0, 0, 1}, {2, 8, 2}}));
  EXPECT_EQ(parts[1].out_x, 3);
  EXPECT_EQ(world.level_shape({{4309, 0, 8}, {4321 + 9, 64, 16}}, 3).value(), (Coord{5, 8, 1}));
}

TEST(WorldLevels, TheTwoPartsOfASeamBoxMayOverlap) {
  const World world = relief();
  const auto parts = world.level_pieces({{10, 0, 0}, {4325, 1, 1}}, 3).value();
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_EQ(parts[0].box, (Box{{1, 0, 0}, {540, 1, 1}}));
  EXPECT_EQ(parts[1].box, (Box{{0, 0, 0}, {1, 1, 1}}));
  const auto coarse = world.level_pieces({{10, 0, 0}, {4325, 1, 1}}, 21).value();
  ASSERT_EQ(coarse.size(), 2u);
  EXPECT_EQ(coarse[0].box, coarse[1].box);
  EXPECT_EQ(coarse[1].out_x, 1);
}

TEST(WorldLevels, PiecesStayInsideTheLevel) {
  const std::uint64_t seed = 20240702;
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  const World world = World::bluemarble();
  const Coord n = world.extent();
  const auto below = [&](std::int64_t end) { return random.between(0, end); };
  for (int i = 0; i < 5'000; ++i) {
    const Coord lo = {below(n.x), below(n.y), below(n.z)};
    const Box box = Box::of_size(lo, {1 + below(n.x), 1 + below(n.y - lo.y), 1 + below(n.z - lo.z)});
    const int level = static_cast<int>(random.next() % (kMaxLevel + 1));
    const auto parts = world.level_pieces(box, level).value();
    const Box bounds = {{0, 0, 0}, level_extent(n, level)};
    Coord shape = {0, parts[0].box.size().y, parts[0].box.size().z};
    for (const World::Piece& part : parts) {
      ASSERT_FALSE(part.box.empty());
      ASSERT_TRUE(bounds.contains(part.box)) << to_string(box) << " level " << level;
      ASSERT_EQ(part.out_x, shape.x);
      shape.x += part.box.size().x;
    }
    ASSERT_EQ(world.level_shape(box, level).value(), shape);
    ASSERT_EQ(parts.size(), box.hi.x > n.x ? 2u : 1u);
    if (parts.size() == 2) {
      ASSERT_EQ(parts[0].box.hi.x, bounds.hi.x);
    }
    if (parts.size() == 2) {
      ASSERT_EQ(parts[1].box.lo.x, 0);
    }
  }
}

TEST(WorldLevels, RefusesALevelOutOfRange) {
  for (const int level : {-1, 22, std::numeric_limits<int>::min(), std::numeric_limits<int>::max()}) {
    EXPECT_TRUE(says(refusal(relief().level_pieces({{0, 0, 0}, {1, 1, 1}}, level)), {"level", "0 to 21"}));
    EXPECT_NE(refusal(relief().level_shape({{0, 0, 0}, {1, 1, 1}}, level)), "");
  }
}

}  // namespace
}  // namespace terrane

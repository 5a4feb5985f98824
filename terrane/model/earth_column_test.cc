#include "terrane/model/earth_column.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bitset>
#include <cstdlib>
#include <vector>

#include "terrane/base/hash.h"
#include "terrane/model/climate.h"
#include "terrane/voxel/earth_materials.h"

namespace terrane::model {
namespace {

constexpr std::int32_t kDegree = 1'000'000;
constexpr std::int64_t kNm = 1'000'000'000;

ColumnInput random_input(Random& random) {
  ColumnInput in = {static_cast<std::int32_t>(random.between(-1'150'000, 900'000)),
                    static_cast<std::int32_t>(random.between(-90 * kDegree, 90 * kDegree + 1)),
                    static_cast<std::int32_t>(random.between(-180 * kDegree, 360 * kDegree)),
                    static_cast<std::int32_t>(random.below(1 + random.below(300'000))), 0};
  const auto apart = static_cast<std::int64_t>(random.below(1 + random.below(600'000)));
  in.regional_cm = static_cast<std::int32_t>(in.ground_cm + (random.below(2) == 0 ? apart : -apart));
  return in;
}

Column build_within(std::int32_t regional_m, std::int32_t ground_m, int lat, int lon,
                    std::int32_t relief_m = 50) {
  Column column;
  build_column({ground_m * 100, lat * kDegree, lon * kDegree, relief_m * 100, regional_m * 100}, column);
  return column;
}

Column build(std::int32_t ground_m, int lat, int lon, std::int32_t relief_m = 50) {
  return build_within(ground_m, ground_m, lat, lon, relief_m);
}

std::vector<MaterialId> materials(const Column& column) {
  std::vector<MaterialId> out;
  for (const Layer& layer : column.all()) out.push_back(layer.material);
  return out;
}

// The bottom of the first layer of a material.
std::int32_t bottom_of(const Column& column, MaterialId material) {
  const auto all = column.all();
  for (std::size_t i = 0; i + 1 < all.size(); ++i) {
    if (all[i].material == material) return all[i + 1].top_cm;
  }
  ADD_FAILURE() << "no layer of " << material;
  return 0;
}

void mix(std::uint64_t& hash, std::uint64_t v) {
  hash = (hash ^ v) * 0x100000001b3U;
}

// Stores hold differences from these columns: another hash is another Earth. A change made on purpose raises
// kEarthVersion and keeps the old version readable.
TEST(EarthColumn, AMillionPredictionsAreWhatTheyWere) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  Random random(1);
  Column column;
  std::bitset<256> seen;
  for (int i = 0; i < 1'000'000; ++i) {
    build_column(random_input(random), column);
    for (const Layer& layer : column.all()) {
      mix(hash, static_cast<std::uint32_t>(layer.top_cm));
      mix(hash, layer.material * 2U + (layer.shows ? 1 : 0));
      seen.set(layer.material);
    }
  }
  constexpr std::uint64_t kGolden = 0x9f40927375df45ebU;
  EXPECT_EQ(hash, kGolden) << std::hex << "the hash is now 0x" << hash << " for version " << kEarthVersion;
  // The Earth is not drawn with three crayons.
  EXPECT_GE(seen.count(), 45U);
}

TEST(EarthColumn, LayersDescendStrictlyFromAirToTheInnerCore) {
  const std::uint64_t seed = 2;
  Random random(seed);
  Column column;
  for (int i = 0; i < 200'000; ++i) {
    const ColumnInput in = random_input(random);
    build_column(in, column);
    const auto all = column.all();
    ASSERT_GE(all.size(), 8U) << "seed " << seed;
    ASSERT_EQ(all.front(), (Layer{Column::kSky, earth::kAir, false})) << "seed " << seed;
    ASSERT_EQ(all.back().material, earth::kInnerCore) << "seed " << seed;
    bool ground = false;
    for (std::size_t k = 1; k < all.size(); ++k) {
      ASSERT_LT(all[k].top_cm, all[k - 1].top_cm) << "seed " << seed;
      ground = ground || all[k].top_cm == in.ground_cm;
    }
    ASSERT_TRUE(ground) << "the ground lies where it was asked to; seed " << seed;
  }
}

TEST(EarthColumn, HostileInputGivesSomeColumn) {
  Column column;
  constexpr std::int32_t kMin = std::numeric_limits<std::int32_t>::min(),
                         kMax = std::numeric_limits<std::int32_t>::max();
  for (const std::int32_t ground : {kMin, -1'200'001, 0, 1'200'001, kMax}) {
    for (const std::int32_t lat : {kMin, 0, kMax}) {
      for (const std::int32_t lon : {kMin, -1, kMax}) {
        for (const std::int32_t relief : {kMin, 0, kMax}) {
          for (const std::int32_t regional : {kMin, -250'000, 0, kMax}) {
            build_column({ground, lat, lon, relief, regional}, column);
            ASSERT_GE(column.count, 8);
            ASSERT_LE(column.count, Column::kMaxLayers);
          }
        }
      }
    }
  }
}

TEST(EarthColumn, TheAbyssIsWaterClayAndOceanCrust) {
  const Column pacific = build(-5800, 30, -160);
  EXPECT_EQ(materials(pacific),
            (std::vector<MaterialId>{
                earth::kAir, earth::kWater, earth::kPelagicClay, earth::kConsolidatedSediment, earth::kBasalt,
                earth::kDikes, earth::kGabbro, earth::kLithosphericMantle, earth::kAsthenosphere,
                earth::kTransitionZone, earth::kLowerMantle, earth::kOuterCore, earth::kInnerCore}));
  // About 6.9 km of crystalline crust; Moho near 12.5 km.
  const std::int32_t top = bottom_of(pacific, earth::kConsolidatedSediment);
  const std::int32_t moho = bottom_of(pacific, earth::kGabbro);
  EXPECT_NEAR(top - moho, 690'000, 80'000);
  EXPECT_NEAR(moho, -1'260'000, 10'000);
  EXPECT_NEAR(top - bottom_of(pacific, earth::kBasalt), (top - moho) / 10, 10'000);
  // Above the depth where carbonate dissolves there is ooze.
  EXPECT_EQ(materials(build(-3200, 10, -110))[2], earth::kCarbonateOoze);
  EXPECT_EQ(materials(build(-4300, -57, 20))[2], earth::kSiliceousOoze);
  EXPECT_EQ(materials(build(-80, 40, -72))[2], earth::kShelfMud);
}

TEST(EarthColumn, AContinentIsSoilSedimentThreeCrustsAndADeepMoho) {
  const Column plain = build(100, 40, -90);
  EXPECT_EQ(materials(plain)[1], earth::kTemperateSoil);
  EXPECT_NEAR(bottom_of(plain, earth::kLowerContinentalCrust), -3'690'000, 1000);
  const Column tibet = build(4900, 33, 88);
  EXPECT_NEAR(bottom_of(tibet, earth::kLowerContinentalCrust), -5'830'000, 100'000);
  EXPECT_EQ(materials(tibet)[1], earth::kTundraSoil);
  EXPECT_EQ(materials(tibet)[2], earth::kPermafrost);
  // Mountains too steep for soil are bare.
  EXPECT_EQ(materials(build(2500, 44, 7, 1500))[1], earth::kWeatheredRock);
}

bool has_any(const Column& column, std::initializer_list<MaterialId> wanted) {
  const auto all = column.all();
  return std::any_of(all.begin(), all.end(), [&](const Layer& layer) {
    return std::find(wanted.begin(), wanted.end(), layer.material) != wanted.end();
  });
}
const auto kContinental = {earth::kUpperContinentalCrust, earth::kMiddleContinentalCrust,
                           earth::kLowerContinentalCrust};
const auto kOceanic = {earth::kBasalt, earth::kDikes, earth::kGabbro};

TEST(EarthColumn, ASeamountIsAHeapOfBasaltOnTheCrustOfTheOceanAroundIt) {
  const Column abyss = build(-5400, 18, 150);
  for (const std::int32_t summit_m : {-4000, -2000, -900, -100, -10, 300, 2000}) {
    const Column mount = build_within(-5400, summit_m, 18, 150, 800);
    EXPECT_FALSE(has_any(mount, kContinental)) << summit_m;
    EXPECT_FALSE(has_any(mount, {earth::kShale, earth::kSandstone, earth::kLimestone})) << summit_m;
    for (const MaterialId m : {earth::kBasalt, earth::kDikes, earth::kGabbro, earth::kLithosphericMantle})
      EXPECT_EQ(bottom_of(mount, m), bottom_of(abyss, m)) << summit_m;
    // Little lies on it: nearly all that rises from the sea floor is lava.
    const auto all = mount.all();
    const auto basalt =
        std::find_if(all.begin(), all.end(), [](const Layer& l) { return l.material == earth::kBasalt; });
    EXPECT_GT(basalt->top_cm, (summit_m - 250) * 100) << summit_m;
  }
  // An island has its soil all the same.
  EXPECT_EQ(materials(build_within(-4200, 120, 15, 146, 60))[1], materials(build(120, 15, 146, 60))[1]);
}

TEST(EarthColumn, ContinentsReachToTheFootOfTheirSlopes) {
  for (const std::int32_t ground_m : {-4500, -3000, -1500, -120, 50, 1000}) {
    const Column shelf = build_within(-1200, ground_m, 41, -68, 200);
    EXPECT_TRUE(has_any(shelf, {earth::kLowerContinentalCrust})) << ground_m;
    EXPECT_FALSE(has_any(shelf, kOceanic)) << ground_m;
    EXPECT_LT(bottom_of(shelf, earth::kLowerContinentalCrust), -1'900'000) << ground_m;
  }
}

TEST(EarthColumn, TheMohoBendsUnderTrenchesAndIsNotCut) {
  const Column trench = build_within(-6200, -10'400, 11, 142, 2500);
  const std::int32_t moho = bottom_of(trench, earth::kGabbro);
  EXPECT_TRUE(has_any(trench, {earth::kBasalt}));
  EXPECT_LT(moho, -1'040'000 - 400'000);
  EXPECT_GT(moho, -1'040'000 - 700'000);
}

TEST(EarthColumn, InnerBoundariesAreSmoothWhereTheGroundIsRough) {
  const std::uint64_t seed = 5;
  Random random(seed);
  for (int round = 0; round < 20'000; ++round) {
    const auto regional_m = static_cast<std::int32_t>(random.between(-5800, 5500));
    const auto rough = [&] { return regional_m + static_cast<std::int32_t>(random.between(-600, 601)); };
    const Column a = build_within(regional_m, rough(), 20, 30, 600);
    const Column b = build_within(regional_m + 3, rough(), 20, 30, 600);
    if (has_any(a, kOceanic) != has_any(b, kOceanic)) continue;
    const MaterialId lowest = has_any(a, kOceanic) ? earth::kGabbro : earth::kLowerContinentalCrust;
    // Heights differ by up to 1.2 km: were each afloat by itself, roots would by six times that and more.
    const std::int32_t most_m = regional_m < -2500 ? 25 : 3200;
    ASSERT_NEAR(bottom_of(a, lowest), bottom_of(b, lowest), most_m * 100) << "seed " << seed;
  }
}

TEST(EarthColumn, MountainsHaveRoots) {
  const std::int32_t andes =
      bottom_of(build_within(4200, 4800, -18, -68, 900), earth::kLowerContinentalCrust);
  const std::int32_t tibet = bottom_of(build_within(4900, 4700, 33, 88, 300), earth::kLowerContinentalCrust);
  EXPECT_LT(andes, -5'500'000);
  EXPECT_LT(tibet, -5'500'000);
}

TEST(EarthColumn, IceSheetsReachDownToTheirBeds) {
  const Column pole = build(2800, -89, 10, 20);
  EXPECT_EQ(materials(pole)[1], earth::kIce);
  EXPECT_NEAR(bottom_of(pole, earth::kIce), 0, 20'000);
  EXPECT_EQ(materials(build(3000, 73, -40, 20))[1], earth::kIce);  // Greenland
  EXPECT_NE(materials(build(100, 65, -20, 20))[1], earth::kIce);   // Iceland
  EXPECT_EQ(materials(build(-3000, 88, 0))[1], earth::kIce);       // on the sea
  EXPECT_EQ(materials(build(-3000, 88, 0))[2], earth::kWater);
  EXPECT_EQ(materials(build(-3000, 60, -20))[1], earth::kWater);
}

TEST(EarthColumn, BasinsBelowTheSeaAreDryOrHaveLakesOfTheirOwn) {
  EXPECT_EQ(materials(build(-100, 29, 27))[1], earth::kSand);  // Qattara
  const Column caspian = build(-500, 40, 51);
  EXPECT_EQ(caspian.layers[1], (Layer{-2800, earth::kFreshWater, true}));
  EXPECT_NE(materials(build(-10, 47, 50))[1], earth::kFreshWater);  // its northern shore, above -28 m
}

TEST(EarthColumn, AnyTurnsOfLongitudeAreTheSamePlace) {
  const Column a = build(200, 10, -170), b = build(200, 10, 190), c = build(200, 10, -530);
  EXPECT_TRUE(std::ranges::equal(a.all(), b.all()));
  EXPECT_TRUE(std::ranges::equal(a.all(), c.all()));
}

MaterialId at_height(const Column& column, std::int64_t nm) {
  MaterialId m = column.layers[0].material;
  for (const Layer& layer : column.all()) {
    if (nm < layer.top_cm * std::int64_t{10'000'000}) m = layer.material;
  }
  return m;
}

TEST(Voxelize, AVoxelIsWhatItsCentreIs) {
  const std::uint64_t seed = 3;
  Random random(seed);
  Column column;
  std::vector<MaterialId> voxels;
  for (int round = 0; round < 3000; ++round) {
    build_column(random_input(random), column);
    for (Layer& layer : column.layers) layer.shows = false;
    const Ladder ladder = {random.between(-12'000 * kNm, 5'000 * kNm), random.between(1, 500 * kNm),
                           random.between(1, 300)};
    voxels.assign(static_cast<std::size_t>(ladder.count), 9999);
    fill(column, ladder, 0, voxels);
    for (std::int64_t k = 0; k < ladder.count; ++k) {
      const std::int64_t centre = ladder.bottom_nm + k * ladder.step_nm + ladder.step_nm / 2;
      ASSERT_EQ(voxels[static_cast<std::size_t>(k)], at_height(column, centre)) << "seed " << seed;
    }
  }
}

TEST(Voxelize, ThinSkinsTakeOneVoxelAndOnlyThose) {
  Column c;
  c.layers[0] = {Column::kSky, earth::kAir, false};
  c.layers[1] = {250, earth::kWater, true};
  c.layers[2] = {240, earth::kSand, true};
  c.layers[3] = {230, earth::kClay, false};
  c.layers[4] = {220, earth::kGranite, false};
  c.count = 5;
  const Ladder metres = {0, kNm, 6};
  std::vector<MaterialId> voxels(6);
  fill(c, metres, 0, voxels);
  EXPECT_EQ(voxels, (std::vector<MaterialId>{earth::kSand, earth::kWater, earth::kAir, earth::kAir,
                                             earth::kAir, earth::kAir}));
  // Above the ladder's head nothing is dragged down into it, below its foot nothing is lifted.
  fill(c, {-5 * kNm, kNm, 3}, 0, {voxels.data(), 3});
  EXPECT_EQ(voxels[2], earth::kGranite);
  fill(c, {3 * kNm, kNm, 3}, 0, {voxels.data(), 3});
  EXPECT_EQ(voxels[0], earth::kAir);
  // A skin thicker than a voxel is as thick as it is.
  fill(c, {2'200'000'000, 50'000'000, 6}, 0, voxels);
  EXPECT_EQ(voxels, (std::vector<MaterialId>{earth::kClay, earth::kClay, earth::kSand, earth::kSand,
                                             earth::kWater, earth::kWater}));
}

TEST(Voxelize, AnyWindowIsAPieceOfTheWhole) {
  const std::uint64_t seed = 4;
  Random random(seed);
  Column column;
  for (int round = 0; round < 2000; ++round) {
    build_column(random_input(random), column);
    const Ladder ladder = {-11'000 * kNm, random.between(kNm / 4, 200 * kNm), 256};
    std::vector<MaterialId> whole(256), part;
    fill(column, ladder, 0, whole);
    std::array<Span, Column::kMaxLayers> spans;
    const int count = voxelize(column, ladder, spans);
    ASSERT_EQ(spans[0].end, 256);
    for (int i = 1; i < count; ++i) {
      ASSERT_LT(spans[static_cast<std::size_t>(i)].end, spans[static_cast<std::size_t>(i - 1)].end);
      ASSERT_GT(spans[static_cast<std::size_t>(i)].end, 0);
    }
    const std::int64_t first = random.between(0, 256);
    part.assign(static_cast<std::size_t>(random.between(1, 257 - first)), 9999);
    fill(column, ladder, first, part);
    ASSERT_TRUE(std::equal(part.begin(), part.end(), whole.begin() + first)) << "seed " << seed;
  }
}

}  // namespace
}  // namespace terrane::model

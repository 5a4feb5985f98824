#include "terrane/model/climate.h"

#include <gtest/gtest.h>

#include "terrane/base/hash.h"
#include "terrane/model/fixed.h"
#include "terrane/model/noise.h"

namespace terrane::model {
namespace {

constexpr std::int32_t kDegree = 1'000'000;

Biome biome(int lat, int lon, int metres, int relief_m = 50) {
  return biome_of(climate_at(lat * kDegree, lon * kDegree, metres * 100, relief_m * 100), lat * kDegree,
                  lon * kDegree);
}

TEST(Climate, PlacesHaveTheBiomesTheyAreKnownFor) {
  EXPECT_EQ(biome(24, 10, 500), Biome::kDesert);         // Sahara
  EXPECT_EQ(biome(21, 50, 300), Biome::kDesert);         // Rub al-Khali
  EXPECT_EQ(biome(-25, 128, 400), Biome::kDesert);       // western Australia
  EXPECT_EQ(biome(-23, 15, 200), Biome::kDesert);        // Namib
  EXPECT_EQ(biome(43, 65, 200), Biome::kDesert);         // Kyzylkum
  EXPECT_EQ(biome(-4, -64, 60), Biome::kRainforest);     // Amazon
  EXPECT_EQ(biome(0, 114, 100), Biome::kRainforest);     // Borneo
  EXPECT_EQ(biome(10, 20, 400), Biome::kSavanna);        // Chad
  EXPECT_EQ(biome(14, 5, 300), Biome::kSteppe);          // Sahel
  EXPECT_EQ(biome(-22, 24, 1000), Biome::kSteppe);       // Kalahari
  EXPECT_EQ(biome(39, -4, 500), Biome::kMediterranean);  // Spain
  EXPECT_EQ(biome(48, 2, 100), Biome::kTemperate);       // Paris
  EXPECT_EQ(biome(55, 37, 150), Biome::kTemperate);      // Moscow
  EXPECT_EQ(biome(38, -85, 200), Biome::kTemperate);     // Kentucky
  EXPECT_EQ(biome(62, 129, 100), Biome::kBoreal);        // Yakutsk
  EXPECT_EQ(biome(55, -90, 200), Biome::kBoreal);        // Ontario
  EXPECT_EQ(biome(74, 100, 100), Biome::kTundra);        // Taimyr
  EXPECT_EQ(biome(33, 88, 4900), Biome::kTundra);        // Tibet
  EXPECT_EQ(biome(28, 87, 8500), Biome::kIce);           // Everest
  EXPECT_EQ(biome(-80, 60, 3500), Biome::kIce);          // Antarctica
}

TEST(Climate, SeaIceLiesAtThePolesAndNotInTheGulfStream) {
  EXPECT_TRUE(sea_ice(88 * kDegree, 0));
  EXPECT_TRUE(sea_ice(75 * kDegree, 150 * kDegree));
  EXPECT_TRUE(sea_ice(-72 * kDegree, -170 * kDegree));
  EXPECT_FALSE(sea_ice(70 * kDegree, 10 * kDegree));
  EXPECT_FALSE(sea_ice(0, 0));
  EXPECT_FALSE(sea_ice(-55 * kDegree, 0));
}

TEST(Climate, ItGetsColderUphillEverywhere) {
  const std::uint64_t seed = 5;
  Random random(seed);
  for (int i = 0; i < 20'000; ++i) {
    const auto lat = static_cast<std::int32_t>(random.between(-90 * kDegree, 90 * kDegree + 1));
    const auto lon = static_cast<std::int32_t>(random.between(-180 * kDegree, 180 * kDegree));
    const auto low = static_cast<std::int32_t>(random.between(0, 800'000));
    const Climate below = climate_at(lat, lon, low, 0), above = climate_at(lat, lon, low + 10'000, 0);
    ASSERT_LT(above.mean_cc, below.mean_cc) << "seed " << seed;
    ASSERT_GE(below.warmest_cc, below.coldest_cc) << "seed " << seed;
    ASSERT_GE(below.rain_mm, 0) << "seed " << seed;
    ASSERT_LT(below.rain_mm, 8000) << "seed " << seed;
  }
}

TEST(Climate, IsContinuousAcrossTheDateLine) {
  for (std::int32_t lat = -89 * kDegree; lat < 90 * kDegree; lat += 700'001) {
    const Climate east = climate_at(lat, 180 * kDegree - 1, 0, 0),
                  west = climate_at(lat, -180 * kDegree, 0, 0);
    EXPECT_NEAR(east.mean_cc, west.mean_cc, 2) << lat;
    EXPECT_NEAR(east.rain_mm, west.rain_mm, 2) << lat;
  }
}

TEST(Noise, StaysInItsRangeAndHasNoSteps) {
  const std::uint64_t seed = 6;
  Random random(seed);
  std::int32_t lowest = 0, highest = 0;
  for (int i = 0; i < 200'000; ++i) {
    const auto lat = static_cast<std::int32_t>(random.between(-90 * kDegree, 90 * kDegree));
    const auto lon = static_cast<std::int32_t>(random.between(-180 * kDegree, 180 * kDegree));
    const std::int32_t here = noise(lat, lon, 2 * kDegree, 9);
    ASSERT_NEAR(here, noise(lat, lon + 500, 2 * kDegree, 9), 4) << "seed " << seed;
    ASSERT_NEAR(here, noise(lat + 500, lon, 2 * kDegree, 9), 4) << "seed " << seed;
    const std::int32_t rough = fractal(lat, lon, 2 * kDegree, 9);
    ASSERT_LE(std::abs(rough), 1024) << "seed " << seed;
    lowest = std::min(lowest, here);
    highest = std::max(highest, here);
  }
  EXPECT_GE(lowest, -1024);
  EXPECT_LE(highest, 1024);
  EXPECT_LT(lowest, -800);
  EXPECT_GT(highest, 800);
}

TEST(Fixed, DivisionFloors) {
  EXPECT_EQ(floor_div(7, 2), 3);
  EXPECT_EQ(floor_div(-7, 2), -4);
  EXPECT_EQ(floor_div(-8, 2), -4);
  EXPECT_EQ(floor_div(7, -2), -4);
  EXPECT_EQ(floor_mod(-1, 36), 35);
  EXPECT_EQ(ceil_div(7, 2), 4);
  EXPECT_EQ(ceil_div(-7, 2), -3);
}

TEST(Fixed, TheRootIsTheLargestThatFits) {
  EXPECT_EQ(isqrt(0), 0U);
  EXPECT_EQ(isqrt(~std::uint64_t{0}), 0xffffffffU);
  Random random(7);
  for (int i = 0; i < 100'000; ++i) {
    const std::uint64_t v = random.next() >> random.below(64);
    const std::uint64_t r = isqrt(v);
    ASSERT_LE(r * r, v);
    ASSERT_TRUE(r == 0xffffffffU || (r + 1) * (r + 1) > v);
  }
}

TEST(Fixed, TablesAreHeldBeyondTheirEnds) {
  constexpr Knot kTable[] = {{-10, 0}, {0, 100}, {5, 50}};
  EXPECT_EQ(interpolate(kTable, -11'000, 1000), 0);
  EXPECT_EQ(interpolate(kTable, -5'000, 1000), 50);
  EXPECT_EQ(interpolate(kTable, 0, 1000), 100);
  EXPECT_EQ(interpolate(kTable, 2'500, 1000), 75);
  EXPECT_EQ(interpolate(kTable, 9'000, 1000), 50);
}

}  // namespace
}  // namespace terrane::model

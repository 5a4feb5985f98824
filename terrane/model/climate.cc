#include "terrane/model/climate.h"

#include <algorithm>
#include <cstdlib>

#include "terrane/model/fixed.h"
#include "terrane/model/noise.h"

namespace terrane::model {
namespace {

constexpr std::int32_t kDegree = 1'000'000;

// Mean at sea level over the sea by degree of latitude: 27.4 - 28.6 sin^2 in the north, 27.4 - 32.5 sin^2 in
// the south, fitted to the zonal means of COADS.
constexpr Knot kSeaMean[] = {
    {-90, -510}, {-85, -485}, {-80, -412}, {-75, -292}, {-70, -130}, {-65, 70},   {-60, 303},  {-55, 559},
    {-50, 833},  {-45, 1115}, {-40, 1397}, {-35, 1671}, {-30, 1927}, {-25, 2160}, {-20, 2360}, {-15, 2522},
    {-10, 2642}, {-5, 2715},  {0, 2740},   {5, 2718},   {10, 2654},  {15, 2548},  {20, 2405},  {25, 2229},
    {30, 2025},  {35, 1799},  {40, 1558},  {45, 1310},  {50, 1062},  {55, 821},   {60, 595},   {65, 391},
    {70, 215},   {75, 72},    {80, -34},   {85, -98},   {90, -120},
};
// By absolute latitude: how much colder the middle of a continent is than the sea (warmer below zero), and
// half the range from the coldest to the warmest month at the sea and in the middle of a continent.
constexpr Knot kInlandColder[] = {{0, 0},    {10, -200}, {20, -400}, {30, -200}, {40, 300},
                                  {50, 850}, {60, 1300}, {70, 1500}, {80, 1800}, {90, 2200}};
constexpr Knot kSwingAtSea[] = {{0, 100},  {10, 150}, {20, 300}, {30, 500}, {40, 600},
                                {50, 600}, {60, 600}, {70, 600}, {80, 800}, {90, 800}};
constexpr Knot kSwingInland[] = {{0, 100},   {10, 300},  {20, 700},  {30, 1100}, {40, 1500},
                                 {50, 2000}, {60, 2600}, {70, 2400}, {80, 2100}, {90, 1800}};

// Maps of 10 degrees a cell: rows from north to south, columns from 180 W eastward.
// Continental 0 (sea) to 9 (the middle of Asia).
constexpr char kContinental[18][37] = {
    "999999999999999887777799999999999999",  // 85 N
    "999999999998777765666667899999999999", "656789999998554100023345678899999987",
    "222113788887620000124567788999987653", "000001578764300001235678999999975310",
    "000001566531000003433578888877532000", "000000354210000048999887665444200000",
    "000000022100000058999764364341000000", "000000001223300001345443220111121000",
    "000000000123320000345431000001112000",  // 5 S
    "000000000013430000046420000001675000", "000000000015420000036320000005886200",
    "000000000014200000013000000003344101", "000000000013100000000000000000001111",
    "000000000001000000000000000000000000", "666666666666666666666666666666666666",
    "999999999999999999999999999999999999", "999999999999999999999999999999999999",
};
// Rain: 0 = 20 mm a year ... A = 3,200 mm.
constexpr char kRain[18][37] = {
    "222222222222333333332222222222222222",  // 85 N
    "222222222233444445554444433332222222", "444443333344466667886555555554433344",
    "777897545566777777655555445444555667", "777778435677777777665432222112567777",
    "766665236777665543333322231256788776", "555433246776554210000011267978976655",
    "555444467876664345544422477988998876", "8888888889A9988898888635788999999999",
    "876543333399976544588667899999999999",  // 5 S
    "887754322138876532256788777766667888", "776665543105776543214666655443334767",
    "776666665454766665545666666665335777", "777777777792577777777777777777777797",
    "666666666685666666666666666666666666", "444444444455544444444444444444444444",
    "222222222222222222222222222222222222", "111111111111111111111111111111111111",
};
constexpr std::int32_t kRainMm[] = {20, 80, 150, 250, 400, 600, 850, 1200, 1700, 2400, 3200};

constexpr std::int32_t digit(char c) {
  return c >= 'A' ? c - 'A' + 10 : c - '0';
}

// Bilinear between the middles of the cells; closes around the globe and holds beyond the last rows.
template <class Value>
std::int32_t sample(const char (&map)[18][37], std::int32_t lat_udeg, std::int32_t lon_udeg, Value value) {
  constexpr std::int64_t kCell = std::int64_t{10} * kDegree;
  const std::int64_t x = lon_udeg + 180 * std::int64_t{kDegree} - kCell / 2;
  const std::int64_t y =
      std::clamp<std::int64_t>(90 * std::int64_t{kDegree} - lat_udeg - kCell / 2, 0, 17 * kCell);
  const auto west = static_cast<std::size_t>(floor_mod(floor_div(x, kCell), 36)), east = (west + 1) % 36;
  const std::size_t north = std::min<std::size_t>(static_cast<std::size_t>(y / kCell), 16);
  const std::int64_t u = floor_mod(x, kCell), v = y - static_cast<std::int64_t>(north) * kCell;
  const auto row = [&](std::size_t r) { return lerp(value(map[r][west]), value(map[r][east]), u, kCell); };
  return static_cast<std::int32_t>(lerp(row(north), row(north + 1), v, kCell));
}

// 6.5 K/km to 1.5 km; above, high ground warms its own air.
std::int32_t cooling_cc(std::int32_t elevation_cm) {
  const std::int32_t cm = std::max(elevation_cm, 0);
  const std::int32_t low = std::min(cm, 150'000);
  return static_cast<std::int32_t>((std::int64_t{low} * 650 + std::int64_t{cm - low} * 450) / 100'000);
}

// Dry summers: the west sides of the continents between 30 and 45 degrees. Degrees.
struct Region {
  std::int16_t south, north, west, east;
  constexpr bool has(std::int32_t lat_udeg, std::int32_t lon_udeg) const {
    return lat_udeg >= south * kDegree && lat_udeg < north * kDegree && lon_udeg >= west * kDegree &&
           lon_udeg < east * kDegree;
  }
};
constexpr Region kDrySummer[] = {{30, 44, -10, 42},  {32, 43, -125, -118}, {-38, -30, -74, -70},
                                 {-35, -31, 17, 22}, {-36, -30, 114, 120}, {-38, -31, 133, 140}};

bool dry_summer(std::int32_t lat_udeg, std::int32_t lon_udeg) {
  lat_udeg += noise(lat_udeg, lon_udeg, 3 * kDegree, 4) * 1200;
  return std::any_of(std::begin(kDrySummer), std::end(kDrySummer),
                     [&](const Region& r) { return r.has(lat_udeg, lon_udeg); });
}

// The mean edge of the ice in the north, by longitude.
constexpr Knot kNorthernIce[] = {{-180, 68}, {-160, 69}, {-130, 70}, {-85, 66}, {-60, 65},
                                 {-50, 66},  {-30, 68},  {-15, 74},  {0, 79},   {25, 78},
                                 {50, 75},   {65, 71},   {100, 72},  {150, 71}, {180, 68}};
constexpr Knot kSouthernIce[] = {{-180, -67}, {-120, -69}, {-60, -64}, {-40, -62}, {0, -64},
                                 {60, -65},   {120, -64},  {160, -65}, {180, -67}};

}  // namespace

Climate climate_at(std::int32_t lat_udeg, std::int32_t lon_udeg, std::int32_t elevation_cm,
                   std::int32_t relief_cm) {
  constexpr std::int32_t kFull = 9 * 100;  // sample() of hundredths of a digit
  const std::int32_t wobble =
      noise(lat_udeg, lon_udeg, 3 * kDegree, 1) + noise(lat_udeg, lon_udeg, 800'000, 2) / 2;
  const std::int32_t inland = sample(kContinental, lat_udeg, lon_udeg, [](char c) { return digit(c) * 100; });
  const std::int32_t lat = std::abs(lat_udeg);
  const auto at_latitude = [](const auto& table, std::int32_t udeg) {
    return interpolate(table, udeg, kDegree);
  };
  Climate c;
  // The square: half the way to the middle of Asia is still mild.
  c.mean_cc = at_latitude(kSeaMean, lat_udeg) -
              static_cast<std::int32_t>(std::int64_t{at_latitude(kInlandColder, lat)} * inland * inland /
                                        (std::int64_t{kFull} * kFull)) -
              cooling_cc(elevation_cm) + wobble / 10;
  const auto swing = static_cast<std::int32_t>(
      lerp(at_latitude(kSwingAtSea, lat), at_latitude(kSwingInland, lat), inland, kFull));
  c.warmest_cc = c.mean_cc + swing;
  c.coldest_cc = c.mean_cc - swing;
  const std::int64_t rain =
      sample(kRain, lat_udeg, lon_udeg, [](char d) { return kRainMm[static_cast<std::size_t>(digit(d))]; });
  const std::int64_t uplift_m = std::min(relief_cm, 200'000) / 100;
  c.rain_mm = static_cast<std::int32_t>(rain * (5000 + uplift_m) / 5000 * (4096 + wobble) / 4096);
  return c;
}

Biome biome_of(const Climate& c, std::int32_t lat_udeg, std::int32_t lon_udeg) {
  // Much snow keeps ice alive in summers of up to 4 degrees.
  const std::int32_t snow_line_cc = std::clamp((c.rain_mm - 500) / 4, 0, 400);
  if (c.warmest_cc <= snow_line_cc) return Biome::kIce;
  if (c.warmest_cc <= 1000) return Biome::kTundra;
  // Rain that falls in summer dries sooner: 28 in Koeppen's threshold in the tropics, 14 further out.
  const std::int32_t lat = std::abs(lat_udeg) / kDegree;
  const std::int32_t season = 28 - 14 * (std::clamp(lat, 20, 40) - 20) / 20;
  const std::int32_t threshold_mm = std::max(0, (2 * c.mean_cc + 100 * season) / 10);
  if (c.rain_mm * 2 < threshold_mm) return Biome::kDesert;
  if (c.rain_mm < threshold_mm) return Biome::kSteppe;
  if (c.coldest_cc >= 1800) {
    if (c.rain_mm >= 1750) return Biome::kRainforest;
    return c.rain_mm >= 1350 ? Biome::kTropical : Biome::kSavanna;
  }
  if (c.coldest_cc < -300 && c.mean_cc + c.warmest_cc < 2000) return Biome::kBoreal;
  if (c.coldest_cc >= -300 && c.rain_mm < 1000 && dry_summer(lat_udeg, lon_udeg))
    return Biome::kMediterranean;
  return Biome::kTemperate;
}

std::string_view name(Biome biome) {
  constexpr std::string_view kNames[] = {"ice",      "tundra",  "desert",        "steppe",    "rainforest",
                                         "tropical", "savanna", "mediterranean", "temperate", "boreal"};
  return kNames[static_cast<std::size_t>(biome)];
}

bool sea_ice(std::int32_t lat_udeg, std::int32_t lon_udeg) {
  if (std::abs(lat_udeg) < 58 * kDegree) return false;
  const std::int32_t shift = noise(lat_udeg, lon_udeg, 2 * kDegree, 3) * 1000;
  const auto edge = [&](const auto& table) {
    const Place p = place(table, lon_udeg, kDegree);
    return lerp(std::int64_t{table[p.below].value} * kDegree,
                std::int64_t{table[p.below + 1].value} * kDegree, p.t, p.one);
  };
  if (lat_udeg > 0) return lat_udeg + shift > edge(kNorthernIce);
  return lat_udeg + shift < edge(kSouthernIce);
}

}  // namespace terrane::model

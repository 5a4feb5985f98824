#include "terrane/model/crust.h"

#include <algorithm>
#include <cstdlib>

#include "terrane/model/fixed.h"

namespace terrane::model {
namespace {

// Metres. Medians of CRUST1.0 by height of the ground, joined where the fits for land (36.0 + 4.28 h km), for
// shelf and slope (32.0 + 7.26 h) and for ocean (10.7 - 0.32 h) leave steps.
struct Row {
  std::int32_t at, moho, sediment, upper, middle, asthenosphere;
};
constexpr Row kRows[] = {
    {-11000, 14200, 300, 100, 220, 95000},  {-6500, 12900, 160, 100, 220, 95000},
    {-5500, 12500, 150, 100, 220, 92000},   {-5000, 12200, 190, 100, 220, 85000},
    {-4000, 11300, 170, 100, 220, 50000},   {-3000, 11000, 150, 100, 220, 25000},
    {-2500, 12000, 350, 100, 220, 30000},   {-1750, 19500, 1050, 117, 241, 80000},
    {-1000, 25000, 1250, 220, 300, 100000}, {-200, 30500, 1500, 330, 335, 120000},
    {-100, 31000, 1500, 338, 338, 125000},  {0, 34500, 1300, 335, 342, 130000},
    {100, 36900, 1000, 332, 347, 140000},   {350, 37000, 500, 336, 344, 150000},
    {750, 38500, 200, 341, 341, 160000},    {1500, 42000, 150, 360, 335, 165000},
    {2500, 45500, 100, 427, 338, 175000},   {4000, 53500, 30, 460, 280, 190000},
    {5500, 61500, 10, 491, 244, 200000},    {9000, 74500, 0, 491, 244, 200000},
};
constexpr std::int32_t kOceanicBelowM = -2500;

// Metres, by degrees of longitude: deeper in the Atlantic, whose water is young.
constexpr Knot kCarbonateDepth[] = {{-180, 4400}, {-85, 4400}, {-65, 5000}, {15, 5000},
                                    {35, 4900},   {105, 4800}, {150, 4500}, {180, 4400}};

// 0.5 m x ln(0.1 mm a year over Ahnert's erosion, 0.1535 mm in a thousand years for each metre): cm by
// metres.
constexpr Knot kSoil[] = {{0, 196},  {10, 196}, {20, 174}, {35, 146}, {50, 128}, {75, 108}, {100, 94},
                          {150, 73}, {200, 59}, {300, 39}, {400, 24}, {500, 13}, {600, 4},  {650, 0}};

}  // namespace

Crust crust_at(std::int32_t ground_cm) {
  const Place p = place(kRows, ground_cm, 100);
  const Row &a = kRows[p.below], &b = kRows[p.below + 1];
  const auto between = [&](std::int32_t lo, std::int32_t hi, std::int32_t unit) {
    return static_cast<std::int32_t>(lerp(std::int64_t{lo} * unit, std::int64_t{hi} * unit, p.t, p.one));
  };
  Crust c;
  c.moho_cm = between(a.moho, b.moho, 100);
  c.sediment_cm = between(a.sediment, b.sediment, 100);
  c.upper_permille = between(a.upper, b.upper, 1);
  c.middle_permille = between(a.middle, b.middle, 1);
  c.asthenosphere_cm = between(a.asthenosphere, b.asthenosphere, 100);
  c.oceanic = ground_cm < kOceanicBelowM * 100;
  return c;
}

std::int32_t carbonate_depth_cm(std::int32_t lat_udeg, std::int32_t lon_udeg) {
  const std::int32_t metres = interpolate(kCarbonateDepth, lon_udeg, 1'000'000);
  // Little carbonate falls in cold seas; the equator's plankton feeds a deeper floor.
  const std::int32_t lat_cdeg = std::abs(lat_udeg) / 10'000;
  const std::int32_t cold_cm = std::max(0, lat_cdeg - 5000) * 80;
  const std::int32_t equator_cm = std::max(0, 500 - lat_cdeg) * 60;
  return metres * 100 - cold_cm + equator_cm;
}

std::int32_t soil_cm(std::int32_t relief_cm) {
  return interpolate(kSoil, relief_cm, 100);
}

}  // namespace terrane::model

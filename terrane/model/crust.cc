#include "terrane/model/crust.h"

#include <algorithm>
#include <cstdlib>

#include "terrane/model/fixed.h"

namespace terrane::model {
namespace {

// Metres. Medians of CRUST1.0 by height of the ground, joined where the fits for land (36.0 + 4.28 h km), for
// shelf and slope (32.0 + 7.26 h) and for ocean (10.7 - 0.32 h) leave steps.
// Height alone cannot tell a young ridge from a margin, so no plate is thinner than 70 km.
struct Row {
  std::int32_t at, moho, sediment, upper, middle, asthenosphere;
};
constexpr Row kRows[] = {
    {-11000, 14200, 300, 100, 220, 95000},  {-6500, 12900, 160, 100, 220, 95000},
    {-5500, 12500, 150, 100, 220, 92000},   {-5000, 12200, 190, 100, 220, 85000},
    {-4000, 11300, 170, 100, 220, 75000},   {-3000, 11000, 150, 100, 220, 70000},
    {-2500, 12000, 350, 100, 220, 72000},   {-1750, 19500, 1050, 117, 241, 85000},
    {-1000, 25000, 1250, 220, 300, 100000}, {-200, 30500, 1500, 330, 335, 120000},
    {-100, 31000, 1500, 338, 338, 125000},  {0, 34500, 1300, 335, 342, 130000},
    {100, 36900, 1000, 332, 347, 140000},   {350, 37000, 500, 336, 344, 150000},
    {750, 38500, 200, 341, 341, 160000},    {1500, 42000, 150, 360, 335, 165000},
    {2500, 45500, 100, 427, 338, 175000},   {4000, 53500, 30, 460, 280, 190000},
    {5500, 61500, 10, 491, 244, 200000},    {9000, 74500, 0, 491, 244, 200000},
};
constexpr std::int32_t kOceanicBelowM = -2500;

// How much of a column's own height bears on the depth of its crust, 1/1024 by metres of regional ground:
// cold oceanic plates are stiff, and a continent's root follows its ranges a little.
constexpr Knot kOwnWeight[] = {{kOceanicBelowM, 0}, {0, 64}, {4000, 256}};

// Metres, by degrees of longitude: deeper in the Atlantic, whose water is young.
constexpr Knot kCarbonateDepth[] = {{-180, 4400}, {-85, 4400}, {-65, 5000}, {15, 5000},
                                    {35, 4900},   {105, 4800}, {150, 4500}, {180, 4400}};

// 0.5 m x ln(0.1 mm a year over Ahnert's erosion, 0.1535 mm in a thousand years for each metre): cm by
// metres.
constexpr Knot kSoil[] = {{0, 196},  {10, 196}, {20, 174}, {35, 146}, {50, 128}, {75, 108}, {100, 94},
                          {150, 73}, {200, 59}, {300, 39}, {400, 24}, {500, 13}, {600, 4},  {650, 0}};

// One column of the table at a height.
class Medians {
 public:
  explicit Medians(std::int32_t height_cm) : place_(place(kRows, height_cm, 100)) {}
  std::int32_t operator()(std::int32_t Row::*what, std::int32_t unit) const {
    const std::int64_t lo = kRows[place_.below].*what, hi = kRows[place_.below + 1].*what;
    return static_cast<std::int32_t>(lerp(lo * unit, hi * unit, place_.t, place_.one));
  }

 private:
  Place place_;
};

}  // namespace

Crust crust_at(std::int32_t ground_cm, std::int32_t regional_cm) {
  const std::int32_t weight = interpolate(kOwnWeight, regional_cm, 100);
  const auto height_cm = static_cast<std::int32_t>(lerp(regional_cm, ground_cm, weight, 1024));
  const Medians at(height_cm);
  Crust c;
  c.oceanic = regional_cm < kOceanicBelowM * 100;
  c.basement_cm = height_cm - at(&Row::sediment, 100);
  c.moho_cm = at(&Row::moho, 100);
  c.upper_permille = at(&Row::upper, 1);
  c.middle_permille = at(&Row::middle, 1);
  c.asthenosphere_cm = at(&Row::asthenosphere, 100);
  // A seamount gathers no more than the abyss around it, whatever a shelf of its depth would.
  const std::int32_t floor_cm = c.oceanic ? std::min(ground_cm, regional_cm) : ground_cm;
  c.sediment_cm = Medians(floor_cm)(&Row::sediment, 100);
  return c;
}

Crust::Bottoms Crust::bottoms(std::int32_t rock_cm) const {
  const std::int64_t thickness = std::int64_t{basement_cm} + moho_cm;
  const auto bottom = [&](std::int64_t permille, std::int64_t least_permille) {
    const std::int64_t even = basement_cm - thickness * permille / 1000;
    return static_cast<std::int32_t>(std::min(even, rock_cm - thickness * least_permille / 1000));
  };
  const std::int32_t both = upper_permille + middle_permille;
  Bottoms b{};
  b.upper_cm = bottom(upper_permille, upper_permille / 2);
  b.middle_cm = bottom(both, both * 5 / 8);
  b.moho_cm = bottom(1000, oceanic ? 700 : 300);
  return b;
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

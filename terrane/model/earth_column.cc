#include "terrane/model/earth_column.h"

#include <algorithm>
#include <cstdlib>

#include "terrane/model/climate.h"
#include "terrane/model/crust.h"
#include "terrane/model/fixed.h"
#include "terrane/model/noise.h"
#include "terrane/voxel/earth_materials.h"

namespace terrane::model {
namespace {

constexpr std::int32_t kDegree = 1'000'000;
constexpr std::int32_t kMetre = 100;
constexpr std::int32_t kKilometre = 100'000;

// Where a column is, with what more than one layer asks about it.
struct Site {
  std::int32_t lat, lon, ground_cm, relief_cm;
  Climate climate;
  Biome biome;
  bool plain() const { return relief_cm < 120 * kMetre; }
};

// Lays layers on one another from the sky down; one without thickness leaves no trace.
class Stack {
 public:
  explicit Stack(Column& column) : column_(column) { column_.count = 0; }
  void down_to(std::int32_t bottom_cm, MaterialId material, bool shows = false) {
    if (bottom_cm >= top_) return;
    column_.layers[static_cast<std::size_t>(column_.count++)] = {top_, material, shows};
    top_ = bottom_cm;
  }
  void lay(std::int32_t thickness_cm, MaterialId material, bool shows = false) {
    down_to(top_ - thickness_cm, material, shows);
  }
  std::int32_t top() const { return top_; }

 private:
  Column& column_;
  std::int32_t top_ = Column::kSky;
};

struct Region {
  std::int16_t south, north, west, east;  // tenths of a degree
  constexpr bool has(std::int32_t lat, std::int32_t lon) const {
    constexpr std::int32_t kTenth = kDegree / 10;
    return lat >= south * kTenth && lat < north * kTenth && lon >= west * kTenth && lon < east * kTenth;
  }
};

// Land below the level of the sea: what water stands in it, if any.
constexpr std::int32_t kDry = -32768;
struct Basin {
  Region where;
  std::int32_t level_m;
};
constexpr Basin kBasins[] = {
    {{360, 490, 455, 555}, -28},       // Caspian
    {{305, 332, 352, 359}, -430},      // Dead Sea
    {{285, 305, 255, 305}, kDry},      // Qattara
    {{325, 340, -1165, -1150}, -71},   // Salton
    {{350, 372, -1178, -1160}, kDry},  // Death Valley
    {{420, 436, 870, 910}, kDry},      // Turfan
    {{112, 150, 398, 414}, kDry},      // Danakil
    {{-295, -275, 1360, 1385}, kDry},  // Lake Eyre
};

// Volcanoes that stand on the ocean floor: basalt to the top.
constexpr Region kHotSpots[] = {
    {630, 668, -250, -130}, {185, 225, -1610, -1545}, {-15, 10, -920, -890},
    {-220, -195, 550, 582}, {275, 295, -183, -133},   {365, 400, -315, -250},
    {-500, -480, 680, 710}, {705, 712, -92, -78},     {-180, -172, -1500, -1488},
};

// The ice sheet of Greenland, apart from the islands and Iceland around it.
constexpr Region kGreenland[] = {{590, 670, -560, -300}, {670, 760, -580, -170}, {760, 785, -735, -170},
                                 {785, 805, -700, -110}, {805, 815, -660, -110}, {815, 840, -600, -110}};

template <std::size_t N>
bool in_any(const Region (&regions)[N], std::int32_t lat, std::int32_t lon) {
  return std::any_of(std::begin(regions), std::end(regions),
                     [&](const Region& r) { return r.has(lat, lon); });
}

struct WaterLevel {
  std::int32_t top_cm = 0;
  MaterialId material = earth::kWater;
};

WaterLevel water_at(const ColumnInput& in, std::int32_t lon) {
  if (in.ground_cm >= 0) return {};
  for (const Basin& basin : kBasins) {
    if (basin.where.has(in.lat_udeg, lon)) return {basin.level_m * kMetre, earth::kFreshWater};
  }
  return {};
}

// The ground of a relief is the surface of its ice; how much of it is ice.
std::int32_t ice_cm(const Site& s) {
  const auto sheet = [&] {
    const std::int32_t thickness = s.ground_cm / 10 * 9 + 300 * kMetre;
    return std::clamp(thickness - s.relief_cm / 2, 50 * kMetre, 4500 * kMetre);
  };
  if (s.lat < -60 * kDegree) return sheet();
  if (in_any(kGreenland, s.lat, s.lon)) {
    const std::int32_t margin_m = 1150 - (s.lat / kDegree - 60) * 25;
    if (s.ground_cm > margin_m * kMetre || s.biome == Biome::kIce) return sheet();
    return 0;
  }
  if (s.biome != Biome::kIce) return 0;
  const std::int32_t cold_cm =
      std::min(20 * kMetre + std::max(0, 400 - s.climate.warmest_cc) * 40, 400 * kMetre);
  return static_cast<std::int32_t>(std::int64_t{cold_cm} * 150'000 / (150'000 + s.relief_cm));
}

struct Soil {
  MaterialId material;
  std::int32_t percent;  // of what erosion leaves
};

Soil soil_of(const Site& s) {
  const std::int32_t patch = fractal(s.lat, s.lon, 3 * kDegree, 10);
  switch (s.biome) {
    case Biome::kIce:
      return {earth::kTill, 50};
    case Biome::kTundra:
      return {earth::kTundraSoil, 40};
    case Biome::kDesert:
      return s.plain() && patch > 100 ? Soil{earth::kSand, 400} : Soil{earth::kDesertSoil, 30};
    case Biome::kSteppe:
      return {earth::kSteppeSoil, 100};
    case Biome::kRainforest:
      return {earth::kTropicalForest, 200};
    case Biome::kTropical:
      return {earth::kTropicalSoil, 250};
    case Biome::kSavanna:
      return {earth::kSavannaSoil, 150};
    case Biome::kMediterranean:
      return {earth::kMediterraneanSoil, 60};
    case Biome::kTemperate:
      return {earth::kTemperateSoil, 100};
    case Biome::kBoreal:
      break;
  }
  // Bogs: flat, wet for their warmth.
  const bool bog = s.relief_cm < 60 * kMetre && s.climate.rain_mm > 420 && patch > 250;
  return bog ? Soil{earth::kPeat, 150} : Soil{earth::kBorealSoil, 70};
}

// Below the soil and above the rock.
Layer loose_of(const Site& s) {
  const auto layer = [](std::int32_t metres, MaterialId m) { return Layer{metres * kMetre, m, false}; };
  if (s.climate.mean_cc < -200) {
    return layer(std::min(600, -s.climate.mean_cc / 100 * 30 - 30), earth::kPermafrost);
  }
  if (s.relief_cm > 650 * kMetre) return layer(3, earth::kWeatheredRock);
  switch (s.biome) {
    case Biome::kDesert:
      return s.plain() ? layer(40, earth::kSand) : layer(8, earth::kGravel);
    case Biome::kSteppe:
      return s.plain() ? layer(25, earth::kLoess) : layer(5, earth::kWeatheredRock);
    case Biome::kRainforest:
    case Biome::kTropical:
      return s.plain() ? layer(30, earth::kSaprolite) : layer(12, earth::kWeatheredGranite);
    case Biome::kSavanna:
      return s.plain() ? layer(12, earth::kLaterite) : layer(6, earth::kWeatheredGranite);
    case Biome::kMediterranean:
      return s.plain() ? layer(15, earth::kAlluvium) : layer(3, earth::kWeatheredRock);
    case Biome::kTemperate: {
      const bool was_under_ice = s.lat > 52 * kDegree || (s.lon < -60 * kDegree && s.lat > 42 * kDegree);
      if (was_under_ice && s.lon < 60 * kDegree) return layer(15, earth::kTill);
      return s.plain() ? layer(20, earth::kAlluvium) : layer(4, earth::kWeatheredRock);
    }
    default:
      return layer(12, earth::kTill);
  }
}

// The skin of the sea bed.
Layer bed_of(const Site& s, std::int32_t depth_cm, std::int32_t sediment_cm) {
  const auto skin = [&](std::int32_t metres, MaterialId m) { return Layer{metres * kMetre, m, true}; };
  if (depth_cm < 25 * kMetre) return skin(5, earth::kSand);
  if (depth_cm < 250 * kMetre)
    return std::abs(s.lat) > 62 * kDegree ? skin(20, earth::kTill) : skin(20, earth::kShelfMud);
  if (depth_cm < 1200 * kMetre) return skin(50, earth::kSilt);
  if (depth_cm < 2500 * kMetre) return skin(100, earth::kClay);
  const std::int32_t metres = std::clamp(sediment_cm / 2 / kMetre, 20, 400);
  const std::int32_t patch = fractal(s.lat, s.lon, 4 * kDegree, 11);
  // Where the water is rich: around Antarctica, along the equator and in the north of the Pacific.
  const std::int32_t wavy = s.lat + patch * 4000;
  const bool pacific = s.lon < -80 * kDegree || s.lon > 150 * kDegree;
  if (wavy < -51 * kDegree && wavy > -65 * kDegree) return skin(metres, earth::kSiliceousOoze);
  if (depth_cm < carbonate_depth_cm(s.lat, s.lon) + patch * 20) return skin(metres, earth::kCarbonateOoze);
  if (pacific && (std::abs(wavy) < 8 * kDegree || wavy > 48 * kDegree))
    return skin(metres, earth::kSiliceousOoze);
  return skin(metres, earth::kPelagicClay);
}

// Medians hide that basins are deep and shields bare: 0 to twice the median, flat ground the most.
std::int32_t spread_sediment(const Site& s, std::int32_t median_cm) {
  const std::int64_t wave = noise(s.lat, s.lon, 6 * kDegree, 20) + noise(s.lat, s.lon, 1'500'000, 21) / 3;
  const std::int64_t scale = std::clamp<std::int64_t>(1024 + wave * 5 / 4, 0, 2400);
  return static_cast<std::int32_t>(median_cm * scale / 1024 * 400 * kMetre / (400 * kMetre + s.relief_cm));
}

// Whatever stands above the basement is lava, heaped upon it.
void lay_ocean_crust(const Crust& crust, Stack& stack) {
  const Crust::Bottoms bottoms = crust.bottoms(stack.top());
  stack.down_to(bottoms.upper_cm, earth::kBasalt);
  stack.down_to(bottoms.middle_cm, earth::kDikes);
  stack.down_to(bottoms.moho_cm, earth::kGabbro);
}

void lay_ocean_floor(const Site& s, const Crust& crust, std::int32_t depth_cm, Stack& stack) {
  const std::int32_t sediment = std::max(spread_sediment(s, crust.sediment_cm), 10 * kMetre);
  const std::int32_t rock = stack.top() - sediment;
  const Layer bed = bed_of(s, depth_cm, sediment);
  stack.down_to(std::max(rock, stack.top() - bed.top_cm), bed.material, true);
  stack.down_to(rock, bed.material == earth::kCarbonateOoze ? earth::kChalk : earth::kConsolidatedSediment);
  lay_ocean_crust(crust, stack);
}

void lay_continent(const Site& s, const Crust& crust, Stack& stack) {
  const bool basalt = in_any(kHotSpots, s.lat, s.lon);
  const std::int32_t sediment = basalt ? 0 : spread_sediment(s, crust.sediment_cm);
  const bool arid = s.biome == Biome::kDesert || s.biome == Biome::kSteppe;
  const MaterialId young = s.relief_cm > 300 * kMetre ? earth::kConglomerate
                           : arid                     ? earth::kSandstone
                                                      : earth::kShale;
  stack.lay(sediment / 10 * 3, young);
  stack.lay(sediment / 10 * 4, arid ? earth::kShale : earth::kSandstone);
  stack.lay(sediment - sediment / 10 * 7, earth::kLimestone);
  const Crust::Bottoms bottoms = crust.bottoms(stack.top());
  stack.down_to(bottoms.upper_cm, basalt ? earth::kBasalt : earth::kUpperContinentalCrust);
  stack.down_to(bottoms.middle_cm, earth::kMiddleContinentalCrust);
  stack.down_to(bottoms.moho_cm, earth::kLowerContinentalCrust);
}

void lay_land_cover(const Site& s, const Crust& crust, Stack& stack) {
  if (const std::int32_t ice = ice_cm(s); ice > 0) {
    stack.lay(ice, earth::kIce, true);
    stack.lay(4 * kMetre, earth::kTill);
    return;
  }
  const bool volcanic = in_any(kHotSpots, s.lat, s.lon);
  const Soil soil = soil_of(s);
  const std::int32_t thickness = soil_cm(s.relief_cm) * soil.percent / 100;
  if (thickness > 0) stack.lay(thickness, volcanic ? earth::kVolcanicSoil : soil.material, true);
  const Layer loose = loose_of(s);
  const bool bare = thickness == 0;
  if (bare) stack.lay(kMetre, volcanic ? earth::kBasalt : earth::kWeatheredRock, true);
  // What weathers from granite or was swept together on plains is not found on a heap of lava.
  if (!volcanic && !crust.oceanic) stack.lay(loose.top_cm, loose.material);
}

void lay_mantle_and_core(const Crust& crust, Stack& stack) {
  stack.down_to(-crust.asthenosphere_cm, earth::kLithosphericMantle);
  stack.down_to(-410 * kKilometre, earth::kAsthenosphere);
  stack.down_to(-660 * kKilometre, earth::kTransitionZone);
  stack.down_to(-2891 * kKilometre, earth::kLowerMantle);
  stack.down_to(-5150 * kKilometre, earth::kOuterCore);
  stack.down_to(-Column::kSky, earth::kInnerCore);
}

}  // namespace

void build_column(const ColumnInput& input, Column& column) {
  Site s{};
  s.lat = std::clamp(input.lat_udeg, -90 * kDegree, 90 * kDegree);
  s.lon = static_cast<std::int32_t>(
      floor_mod(input.lon_udeg + 180 * std::int64_t{kDegree}, 360 * std::int64_t{kDegree}) -
      180 * std::int64_t{kDegree});
  s.ground_cm = std::clamp(input.ground_cm, -12 * kKilometre, 12 * kKilometre);
  s.relief_cm = std::clamp(input.relief_cm, 0, 10 * kKilometre);
  const WaterLevel water = water_at(input, s.lon);
  const Crust crust = crust_at(s.ground_cm, std::clamp(input.regional_cm, -12 * kKilometre, 12 * kKilometre));
  Stack stack(column);
  stack.down_to(std::max(s.ground_cm, water.top_cm), earth::kAir);
  if (s.ground_cm < water.top_cm) {
    const bool frozen = water.top_cm == 0 && sea_ice(s.lat, s.lon);
    if (frozen) stack.down_to(std::max(s.ground_cm, -150), earth::kIce, true);
    stack.down_to(s.ground_cm, water.material, true);
    const std::int32_t depth = water.top_cm - s.ground_cm;
    if (crust.oceanic) {
      lay_ocean_floor(s, crust, depth, stack);
    } else {
      s.biome = Biome::kTemperate;
      const Layer bed = bed_of(s, depth, crust.sediment_cm);
      stack.lay(bed.top_cm, bed.material, true);
      lay_continent(s, crust, stack);
    }
  } else {
    s.climate = climate_at(s.lat, s.lon, s.ground_cm, s.relief_cm);
    s.biome = biome_of(s.climate, s.lat, s.lon);
    lay_land_cover(s, crust, stack);
    if (crust.oceanic) {
      lay_ocean_crust(crust, stack);
    } else {
      lay_continent(s, crust, stack);
    }
  }
  lay_mantle_and_core(crust, stack);
}

}  // namespace terrane::model

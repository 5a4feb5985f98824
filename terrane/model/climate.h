#pragma once

#include <cstdint>
#include <string_view>

namespace terrane::model {

// A year at one place. Temperatures in hundredths of a degree Celsius.
struct Climate {
  std::int32_t mean_cc = 0, warmest_cc = 0, coldest_cc = 0;  // of the year; of its months
  std::int32_t rain_mm = 0;
};

// For land `elevation_cm` above the sea with `relief_cm` around it. Coarse by design: zonal means, a map of
// how continental each 10 degrees are, a map of rain, a lapse rate, and a little noise so that borders do not
// run straight. Longitude in -180..180 degrees.
Climate climate_at(std::int32_t lat_udeg, std::int32_t lon_udeg, std::int32_t elevation_cm,
                   std::int32_t relief_cm);

// What grows, which is what the soil is made from. Koeppen's order with E first, then B, A, C and D.
enum class Biome : std::uint8_t {
  kIce,
  kTundra,
  kDesert,
  kSteppe,
  kRainforest,
  kTropical,
  kSavanna,
  kMediterranean,
  kTemperate,
  kBoreal,
};
Biome biome_of(const Climate& climate, std::int32_t lat_udeg, std::int32_t lon_udeg);
std::string_view name(Biome biome);

// The sea here is under ice for most of the year.
bool sea_ice(std::int32_t lat_udeg, std::int32_t lon_udeg);

}  // namespace terrane::model

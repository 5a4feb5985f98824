#pragma once

#include <cstdint>

namespace terrane::model {

// What lies under ground of one height. Depths below sea level.
struct Crust {
  std::int32_t moho_cm = 0;
  std::int32_t sediment_cm = 0;     // thickness
  std::int32_t upper_permille = 0;  // of the crystalline crust
  std::int32_t middle_permille = 0;
  std::int32_t asthenosphere_cm = 0;
  bool oceanic = false;
};
Crust crust_at(std::int32_t ground_cm);

// Depth of the sea below which carbonate dissolves as fast as it falls: ooze above, red clay below.
std::int32_t carbonate_depth_cm(std::int32_t lat_udeg, std::int32_t lon_udeg);

// What erosion leaves: thickness of soil where the ground rises `relief_cm` within 10 km. None above 650 m.
std::int32_t soil_cm(std::int32_t relief_cm);

}  // namespace terrane::model

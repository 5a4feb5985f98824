#pragma once

#include <cstdint>

namespace terrane::model {

// What lies under a column. The crust floats as a whole: its kind and its inner boundaries follow the mean
// ground of the surroundings, so that a lone peak has no root and a canyon no dent in the Moho. Sediment
// follows the column's own ground.
struct Crust {
  std::int32_t basement_cm = 0;     // above sea level: top of the crystalline crust, were the ground even
  std::int32_t moho_cm = 0;         // depth below sea level
  std::int32_t sediment_cm = 0;     // thickness
  std::int32_t upper_permille = 0;  // of the crystalline crust
  std::int32_t middle_permille = 0;
  std::int32_t asthenosphere_cm = 0;  // depth below sea level
  bool oceanic = false;

  // Where the upper crust, the middle crust and the whole crust end below rock whose top is at `rock_cm`,
  // above sea level. Each keeps a part of its thickness where the rock lies far below the basement: the crust
  // bends down under a trench.
  struct Bottoms {
    std::int32_t upper_cm, middle_cm, moho_cm;
  };
  Bottoms bottoms(std::int32_t rock_cm) const;
};
// regional_cm: mean ground within about 150 km.
Crust crust_at(std::int32_t ground_cm, std::int32_t regional_cm);

// Depth of the sea below which carbonate dissolves as fast as it falls: ooze above, red clay below.
std::int32_t carbonate_depth_cm(std::int32_t lat_udeg, std::int32_t lon_udeg);

// What erosion leaves: thickness of soil where the ground rises `relief_cm` within 10 km. None above 650 m.
std::int32_t soil_cm(std::int32_t relief_cm);

}  // namespace terrane::model

#pragma once

#include <cstdint>

namespace terrane::model {

// A smooth random surface over the globe: -1024..1024, its hills about `cell_udeg` wide. It closes around the
// globe where 360 degrees are a multiple of the cell. `salt` chooses the surface.
std::int32_t noise(std::int32_t lat_udeg, std::int32_t lon_udeg, std::int32_t cell_udeg, std::uint32_t salt);

// Four of them on one another, each finer and half as high: coasts rather than hills. -1024..1024.
std::int32_t fractal(std::int32_t lat_udeg, std::int32_t lon_udeg, std::int32_t cell_udeg,
                     std::uint32_t salt);

}  // namespace terrane::model

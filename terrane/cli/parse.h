#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

#include "terrane/base/status.h"
#include "terrane/space/box.h"
#include "terrane/space/world.h"

namespace terrane::cli {

// The forms of the command line. Each is kInvalid naming the option, the part that is wrong, and the form
// wanted. Blanks around a number are allowed.

// "X,Y,Z", each from 0 on.
Result<Coord> parse_point(std::string_view option, std::string_view text);
// "NX,NY,NZ", each from 1 on.
Result<Coord> parse_shape(std::string_view option, std::string_view text);
// "X0:X1,Y0:Y1,Z0:Z1", each pair rising, from 0 on.
Result<Box> parse_box(std::string_view option, std::string_view text);
// "A,B,C": finite numbers.
Result<std::array<double, 3>> parse_triple(std::string_view option, std::string_view text);
// "A:B", rising.
Result<std::pair<double, double>> parse_range(std::string_view option, std::string_view text);
// "LON,LAT,ELEV" in degrees and metres.
Result<GeoPoint> parse_geo_point(std::string_view option, std::string_view text);
// "LON,LAT:LON,LAT".
Result<std::pair<GeoPoint, GeoPoint>> parse_way(std::string_view option, std::string_view text);
// "LON0:LON1,LAT0:LAT1".
struct Region {
  std::pair<double, double> longitude, latitude;
};
Result<Region> parse_region(std::string_view option, std::string_view text);
// "x=K", "y=K" or "z=K".
struct Plane {
  char axis = 'z';
  std::int64_t at = 0;
};
Result<Plane> parse_plane(std::string_view option, std::string_view text);
// "W,H" in pixels.
Result<std::pair<int, int>> parse_size(std::string_view option, std::string_view text);
// "4096", "256M", "1.5G": K, M, G and T are powers of 1024.
Result<std::uint64_t> parse_bytes(std::string_view option, std::string_view text);

}  // namespace terrane::cli

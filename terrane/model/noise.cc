#include "terrane/model/noise.h"

#include "terrane/model/fixed.h"

namespace terrane::model {
namespace {

constexpr std::int64_t kCircle = 360'000'000;

// Mixes until every input bit sways every output bit; -1024..1023.
std::int32_t corner(std::int64_t column, std::int64_t row, std::uint32_t salt) {
  std::uint64_t h = static_cast<std::uint64_t>(column) * 0x9e3779b97f4a7c15U;
  h ^= static_cast<std::uint64_t>(row) * 0xc2b2ae3d27d4eb4fU;
  h ^= static_cast<std::uint64_t>(salt) * 0x165667b19e3779f9U;
  h = (h ^ (h >> 32)) * 0xd6e8feb86659fd93U;
  h = (h ^ (h >> 32)) * 0xd6e8feb86659fd93U;
  return static_cast<std::int32_t>(h >> 53) - 1024;
}

// 3t^2 - 2t^3 for t in 0..4096.
std::int64_t ease(std::int64_t t) {
  return (t * t * (std::int64_t{3} * 4096 - 2 * t)) >> 24;
}

}  // namespace

std::int32_t noise(std::int32_t lat_udeg, std::int32_t lon_udeg, std::int32_t cell_udeg, std::uint32_t salt) {
  const std::int64_t around = kCircle / cell_udeg;
  const std::int64_t column = floor_div(lon_udeg, cell_udeg), row = floor_div(lat_udeg, cell_udeg);
  const std::int64_t u = ease((lon_udeg - column * cell_udeg) * 4096 / cell_udeg);
  const std::int64_t v = ease((lat_udeg - row * cell_udeg) * 4096 / cell_udeg);
  const std::int64_t west = floor_mod(column, around), east = floor_mod(column + 1, around);
  const std::int64_t south = corner(west, row, salt) * (4096 - u) + corner(east, row, salt) * u;
  const std::int64_t north = corner(west, row + 1, salt) * (4096 - u) + corner(east, row + 1, salt) * u;
  return static_cast<std::int32_t>((south * (4096 - v) + north * v) >> 24);
}

std::int32_t fractal(std::int32_t lat_udeg, std::int32_t lon_udeg, std::int32_t cell_udeg,
                     std::uint32_t salt) {
  std::int32_t sum = 0;
  for (std::uint32_t i = 0; i < 4; ++i)
    sum += noise(lat_udeg, lon_udeg, cell_udeg >> i, salt + (i << 16)) >> i;
  return sum * 8 / 15;
}

}  // namespace terrane::model

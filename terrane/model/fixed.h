#pragma once

#include <cstddef>
#include <cstdint>

// Arithmetic of the model: integers, floors, no library. The same on every machine and compiler.
namespace terrane::model {

constexpr std::int64_t floor_div(std::int64_t a, std::int64_t b) {
  const std::int64_t q = a / b;
  return q - ((a % b != 0) && ((a < 0) != (b < 0)) ? 1 : 0);
}

constexpr std::int64_t floor_mod(std::int64_t a, std::int64_t b) {
  return a - floor_div(a, b) * b;
}

constexpr std::int64_t ceil_div(std::int64_t a, std::int64_t b) {
  return -floor_div(-a, b);
}

// The largest r with r * r <= v.
constexpr std::uint32_t isqrt(std::uint64_t v) {
  std::uint64_t root = 0;
  for (std::uint64_t bit = std::uint64_t{1} << 31; bit != 0; bit >>= 1) {
    const std::uint64_t with = root | bit;
    if (with * with <= v) root = with;
  }
  return static_cast<std::uint32_t>(root);
}

// a at t = 0, b at t = one; rounded down.
constexpr std::int64_t lerp(std::int64_t a, std::int64_t b, std::int64_t t, std::int64_t one) {
  return a + floor_div((b - a) * t, one);
}

// Where x falls between the knots of an ascending table, whose places are in units of `unit`: beyond the ends
// it is held.
struct Place {
  std::size_t below;  // index of the knot at or below, with another one after it
  std::int64_t t, one;
};
template <class Row, std::size_t N>
constexpr Place place(const Row (&table)[N], std::int64_t x, std::int64_t unit) {
  static_assert(N >= 2);
  std::size_t i = 0;
  while (i + 2 < N && x >= table[i + 1].at * unit) ++i;
  const std::int64_t one = (std::int64_t{table[i + 1].at} - table[i].at) * unit;
  const std::int64_t t = x - table[i].at * unit;
  return {i, t < 0 ? 0 : t > one ? one : t, one};
}

struct Knot {
  std::int32_t at, value;
};
template <std::size_t N>
constexpr std::int32_t interpolate(const Knot (&table)[N], std::int64_t x, std::int64_t unit) {
  const Place p = place(table, x, unit);
  return static_cast<std::int32_t>(lerp(table[p.below].value, table[p.below + 1].value, p.t, p.one));
}

}  // namespace terrane::model

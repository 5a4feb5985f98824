#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

namespace terrane {

// A voxel, or a size in voxels: x east, y north, z up.
struct Coord {
  std::int64_t x = 0, y = 0, z = 0;
  friend constexpr bool operator==(const Coord&, const Coord&) = default;
  friend constexpr Coord operator+(Coord a, Coord b) { return {a.x + b.x, a.y + b.y, a.z + b.z}; }
  friend constexpr Coord operator-(Coord a, Coord b) { return {a.x - b.x, a.y - b.y, a.z - b.z}; }
};

// Half-open: lo is in, hi is out. A box with lo >= hi on an axis is empty.
struct Box {
  Coord lo, hi;

  static constexpr Box of_size(Coord lo, Coord size) { return {lo, lo + size}; }
  // The box of `size` voxels around `c`; an even size has one voxel more below `c` than above.
  static constexpr Box centred(Coord c, Coord size) {
    return of_size({c.x - size.x / 2, c.y - size.y / 2, c.z - size.z / 2}, size);
  }
  constexpr Coord size() const { return hi - lo; }
  constexpr bool empty() const { return lo.x >= hi.x || lo.y >= hi.y || lo.z >= hi.z; }
  constexpr bool contains(Coord c) const {
    return c.x >= lo.x && c.x < hi.x && c.y >= lo.y && c.y < hi.y && c.z >= lo.z && c.z < hi.z;
  }
  constexpr bool contains(const Box& b) const {
    return b.empty() || (b.lo.x >= lo.x && b.hi.x <= hi.x && b.lo.y >= lo.y && b.hi.y <= hi.y &&
                         b.lo.z >= lo.z && b.hi.z <= hi.z);
  }
  constexpr Box intersect(const Box& o) const {
    return {{std::max(lo.x, o.lo.x), std::max(lo.y, o.lo.y), std::max(lo.z, o.lo.z)},
            {std::min(hi.x, o.hi.x), std::min(hi.y, o.hi.y), std::min(hi.z, o.hi.z)}};
  }
  constexpr bool overlaps(const Box& o) const { return !intersect(o).empty(); }
  // Voxels, as a double: a planet has more than 2^64.
  constexpr double volume() const {
    return empty() ? 0.0
                   : static_cast<double>(hi.x - lo.x) * static_cast<double>(hi.y - lo.y) *
                         static_cast<double>(hi.z - lo.z);
  }
  friend constexpr bool operator==(const Box&, const Box&) = default;
};

std::string to_string(Coord c);       // "1,2,3"
std::string to_string(const Box& b);  // "0:64,0:64,0:64", the form the command line takes

}  // namespace terrane

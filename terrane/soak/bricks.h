#pragma once

#include <time.h>

#include <array>
#include <vector>

#include "terrane/soak/ops.h"

// Bricks as registers: an edit gives all chosen voxels of a brick one value, and a read finds one value in
// them.
namespace terrane::soak {

inline constexpr std::size_t kPlaces = 5;

struct BrickRegister {
  Box box;
  std::array<Coord, kPlaces> places;  // corners, and the middle
};

inline std::vector<BrickRegister> brick_registers(const Plan& plan) {
  std::vector<BrickRegister> out;
  const Box bounds = {{0, 0, 0}, plan.extent};
  for (std::int64_t x = 0; x < plan.extent.x; x += kBrickEdge) {
    for (std::int64_t y = 0; y < plan.extent.y; y += kBrickEdge) {
      for (std::int64_t z = 0; z < plan.extent.z; z += kBrickEdge) {
        const Box box = Box::of_size({x, y, z}, {kBrickEdge, kBrickEdge, kBrickEdge}).intersect(bounds);
        const Coord last = box.hi - Coord{1, 1, 1};
        const Coord middle = {(box.lo.x + last.x) / 2, (box.lo.y + last.y) / 2, (box.lo.z + last.z) / 2};
        out.push_back(
            {box, {box.lo, last, middle, {box.lo.x, last.y, box.lo.z}, {last.x, box.lo.y, last.z}}});
      }
    }
  }
  return out;
}

// Nanoseconds of a clock that all processes of the machine share.
inline std::uint64_t shared_time() {
  timespec now = {};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
}

}  // namespace terrane::soak

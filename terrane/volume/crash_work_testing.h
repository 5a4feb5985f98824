#pragma once

#include "terrane/volume/sample_store_testing.h"

// What the process that is killed writes, and what the test expects of it.
namespace terrane::crash {

inline constexpr std::uint64_t kSeed = 31337;

inline OpenOptions for_writing() {
  OpenOptions open;
  open.access = Access::kWrite;
  open.threads = 2;
  return open;
}

// Write number n, the same in every process.
inline sample::Step numbered_step(int n) {
  Random random(kSeed + static_cast<std::uint64_t>(n));
  const auto axis = [&](std::int64_t size, std::int64_t& lo, std::int64_t& hi) {
    lo = random.between(0, size);
    hi = lo + 1 + random.between(0, std::min<std::int64_t>(size - lo, 200));
  };
  Box box;
  axis(sample::kExtent.x, box.lo.x, box.hi.x);
  axis(sample::kExtent.y, box.lo.y, box.hi.y);
  axis(sample::kExtent.z, box.lo.z, box.hi.z);
  switch (n % 3) {
    case 0:
      return {box, VoxelArray(box.size(), static_cast<MaterialId>(random.below(4)))};
    case 1:
      return {box, sample::layers(box.size(), 3)};
    default:
      return {box, sample::noise(box.size(), random.next())};
  }
}

}  // namespace terrane::crash

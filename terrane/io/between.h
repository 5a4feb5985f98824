#pragma once

#include <cstdint>

namespace terrane {

// Where a place falls between two samples of one axis of a grid.
struct Between {
  static constexpr int kBits = 20;
  static constexpr std::int64_t kOne = std::int64_t{1} << kBits;
  std::int64_t index = 0, next = 0;
  std::int64_t fraction = 0;  // 0..kOne of the way to `next`

  // `samples` counts from sample 0. Beyond the ends of an axis that does not close around the globe, the last
  // sample holds.
  static Between at(double samples, std::int64_t count, bool around);
  // The same place on an axis of `cells` cells, which share out the `count` samples of this one evenly.
  Between among_cells(std::int64_t cells, std::int64_t count, bool around) const;
  // One past the last sample that has weight, where the axis is not crossed at its seam.
  std::int64_t end() const { return (fraction == 0 ? index : next) + 1; }
};

// The value between four samples, rounded: a, b above, c, d below. Within +-2^24.
std::int32_t bilinear(const Between& x, const Between& y, std::int64_t a, std::int64_t b, std::int64_t c,
                      std::int64_t d);

}  // namespace terrane

#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "terrane/base/status.h"
#include "terrane/io/relief_grid.h"

namespace terrane {

// Where a place falls between two samples of one axis of a relief.
struct Between {
  static constexpr int kBits = 20;
  static constexpr std::int64_t kOne = std::int64_t{1} << kBits;
  std::int64_t index = 0, next = 0;
  std::int64_t fraction = 0;  // 0..kOne of the way to `next`

  // `samples` counts from sample 0. Beyond the ends of an axis that does not close around the globe, the last
  // sample holds.
  static Between at(double samples, std::int64_t count, bool around);
  // One past the last sample that has weight, where the axis is not crossed at its seam.
  std::int64_t end() const { return (fraction == 0 ? index : next) + 1; }
};

struct Ground {
  std::int32_t ground_cm = 0, relief_cm = 0;
};

// The ground between the samples of a relief, one place after another: bilinear, in integers. Holds the
// blocks of the last few places. For one thread.
class GroundReader {
 public:
  explicit GroundReader(const ReliefGrid& grid) : grid_(grid) {}
  // kInvalid where a sample that has weight is a hole.
  Result<Ground> at(const Between& x, const Between& y);

 private:
  struct Held {
    int bx = -1, by = -1;
    std::shared_ptr<const ReliefGrid::Block> block;
  };
  Result<Ground> sample(std::int64_t column, std::int64_t row);
  const ReliefGrid& grid_;
  std::array<Held, 4> held_;  // by the parities of bx and by
};

}  // namespace terrane

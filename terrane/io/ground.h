#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "terrane/base/status.h"
#include "terrane/io/between.h"
#include "terrane/io/regional_ground.h"
#include "terrane/io/relief_grid.h"

namespace terrane {

struct Ground {
  std::int32_t ground_cm = 0, relief_cm = 0, regional_cm = 0;
};

// The ground between the samples of a relief, one place after another: bilinear, in integers. Holds the
// blocks of the last few places. For one thread.
class GroundReader {
 public:
  GroundReader(const ReliefGrid& grid, const RegionalGround& regional) : grid_(grid), regional_(regional) {}
  // kInvalid where a sample that has weight is a hole.
  Result<Ground> at(const Between& x, const Between& y);

 private:
  struct Held {
    int bx = -1, by = -1;
    std::shared_ptr<const ReliefGrid::Block> block;
  };
  Result<Ground> sample(std::int64_t column, std::int64_t row);
  const ReliefGrid& grid_;
  const RegionalGround& regional_;
  std::array<Held, 4> held_;  // by the parities of bx and by
};

}  // namespace terrane

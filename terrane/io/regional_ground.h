#pragma once

#include <cstdint>
#include <vector>

#include "terrane/base/status.h"
#include "terrane/io/between.h"
#include "terrane/io/relief_grid.h"

namespace terrane {

// The mean ground around a place, some 140 km to each side: half-degree cells averaged over the 5 x 5 around,
// in integers. Cells are no smaller than a sample, so that of a coarse relief it is the ground itself; at the
// edges of a relief, and around its holes, it is the mean of what is there. Immutable; about 1 MiB.
class RegionalGround {
 public:
  // Reads the whole relief once; of a fine one, 16 rows a cell or a few more, and all their samples.
  static Result<RegionalGround> of(const ReliefGrid& grid);

  // At a place among the samples of the relief.
  std::int32_t at(const Between& x, const Between& y) const;

 private:
  struct Axis {
    std::int64_t cells = 1, samples = 1;
    int reach = 0;  // cells to each side that a mean takes in
    bool around = false;

    static Axis over(std::int64_t samples, double step_degrees, bool around);
    std::int64_t first_sample(std::int64_t cell) const;
  };
  struct Sum {
    std::int64_t cm = 0, samples = 0;
    Sum& operator+=(const Sum& other);
  };
  Result<std::vector<Sum>> sum_cells(const ReliefGrid& grid) const;
  std::size_t cell(std::int64_t column, std::int64_t row) const {
    return static_cast<std::size_t>(row * x_.cells + column);
  }

  Axis x_, y_;
  std::vector<std::int32_t> mean_cm_;  // by cell(); 0 where there is nothing around
};

}  // namespace terrane

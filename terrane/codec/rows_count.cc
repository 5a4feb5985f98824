#include <bit>

#include "terrane/codec/row_masks.h"
#include "terrane/codec/rows.h"

namespace terrane::detail {

void count_rows(const MaterialId* voxels, RowGrid grid, const RowOrigins& origins, const Box& part,
                MaterialCounts& counts) {
  std::array<std::uint16_t, kMaxRows> weight{};  // rows of the part that are the same as this one
  const int rows = static_cast<int>((part.hi.x - 1) * grid.per_plane + part.hi.y);
  for (auto x = static_cast<int>(part.lo.x); x < part.hi.x; ++x) {
    for (auto y = static_cast<int>(part.lo.y); y < part.hi.y; ++y)
      ++weight[static_cast<std::size_t>(origins.of(x * grid.per_plane + y))];
  }
  const int n = static_cast<int>(part.hi.z - part.lo.z);
  for (int row = 0; row < rows; ++row) {
    const std::uint64_t times = weight[static_cast<std::size_t>(row)];
    if (times == 0) continue;
    const MaterialId* begin = voxels + grid.offset(row) + part.lo.z;
    std::uint64_t starts = run_starts(begin, n);
    while (starts != 0) {
      const int at = std::countr_zero(starts);
      starts &= starts - 1;
      const int end = starts == 0 ? n : std::countr_zero(starts);
      counts.add(begin[at], static_cast<std::uint64_t>(end - at) * times);
    }
  }
}

}  // namespace terrane::detail

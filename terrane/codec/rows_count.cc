#include <bit>

#include "terrane/codec/row_masks.h"
#include "terrane/codec/rows.h"

namespace terrane::detail {

void count_rows(const MaterialId* voxels, RowGrid grid, const std::array<RowKind, kMaxRows>& kinds,
                const Box& part, MaterialCounts& counts) {
  std::array<std::uint16_t, kMaxRows> source;
  std::array<std::uint16_t, kMaxRows> weight{};  // rows of the part that are the same as this one
  const int rows = static_cast<int>((part.hi.x - 1) * grid.per_plane + part.hi.y);
  for (int row = 0; row < rows; ++row) {
    const auto at = static_cast<std::size_t>(row);
    if (kinds[at] == kCopyBefore) {
      source[at] = source[at - 1];
    } else if (kinds[at] == kCopyAcross) {
      source[at] = source[at - static_cast<std::size_t>(grid.per_plane)];
    } else {
      source[at] = static_cast<std::uint16_t>(row);
    }
    const int x = row / grid.per_plane, y = row % grid.per_plane;
    if (x >= part.lo.x && y >= part.lo.y && y < part.hi.y) ++weight[source[at]];
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

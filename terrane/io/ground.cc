#include "terrane/io/ground.h"

namespace terrane {

Result<Ground> GroundReader::sample(std::int64_t column, std::int64_t row) {
  constexpr std::int64_t kBlock = ReliefGrid::kBlock;
  const int bx = static_cast<int>(column / kBlock), by = static_cast<int>(row / kBlock);
  Held& held = held_[static_cast<std::size_t>((bx & 1) | (by & 1) << 1)];
  if (held.block == nullptr || held.bx != bx || held.by != by) {
    TERRANE_ASSIGN(held.block, grid_.block(bx, by));
    held.bx = bx;
    held.by = by;
  }
  const auto i = static_cast<std::size_t>((row % kBlock) * kBlock + column % kBlock);
  if (held.block->ground_cm[i] == ReliefGrid::kHole) return grid_.hole_at(column, row);
  return Ground{held.block->ground_cm[i], held.block->relief_m[i] * 100, 0};
}

Result<Ground> GroundReader::at(const Between& x, const Between& y) {
  // A sample without weight is not asked for: it may be a hole.
  const std::int64_t right = x.fraction == 0 ? x.index : x.next, lower = y.fraction == 0 ? y.index : y.next;
  TERRANE_ASSIGN(const Ground a, sample(x.index, y.index));
  TERRANE_ASSIGN(const Ground b, sample(right, y.index));
  TERRANE_ASSIGN(const Ground c, sample(x.index, lower));
  TERRANE_ASSIGN(const Ground d, sample(right, lower));
  return Ground{bilinear(x, y, a.ground_cm, b.ground_cm, c.ground_cm, d.ground_cm),
                bilinear(x, y, a.relief_cm, b.relief_cm, c.relief_cm, d.relief_cm), regional_.at(x, y)};
}

}  // namespace terrane

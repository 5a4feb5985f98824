#include "terrane/io/ground.h"

#include <algorithm>
#include <cmath>

#include "terrane/model/fixed.h"

namespace terrane {

Between Between::at(double samples, std::int64_t count, bool around) {
  if (!around) samples = std::clamp(samples, 0.0, static_cast<double>(count - 1));
  const double below = std::floor(samples);
  Between b;
  b.index = static_cast<std::int64_t>(below);
  b.fraction = std::llround((samples - below) * static_cast<double>(kOne));
  b.next = b.index + 1;
  if (around) {
    b.index = model::floor_mod(b.index, count);
    b.next = model::floor_mod(b.next, count);
  } else {
    b.next = std::min(b.next, count - 1);
  }
  return b;
}

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
  return Ground{held.block->ground_cm[i], held.block->relief_m[i] * 100};
}

Result<Ground> GroundReader::at(const Between& x, const Between& y) {
  // A sample without weight is not asked for: it may be a hole.
  const std::int64_t right = x.fraction == 0 ? x.index : x.next, lower = y.fraction == 0 ? y.index : y.next;
  TERRANE_ASSIGN(const Ground a, sample(x.index, y.index));
  TERRANE_ASSIGN(const Ground b, sample(right, y.index));
  TERRANE_ASSIGN(const Ground c, sample(x.index, lower));
  TERRANE_ASSIGN(const Ground d, sample(right, lower));
  const auto mix = [&](std::int64_t p, std::int64_t q, std::int64_t r, std::int64_t s) {
    constexpr int kDrop = 10;  // 10^7 cm x 2^20 x 2^20 would not fit 64 bits
    const std::int64_t upper = p * (Between::kOne - x.fraction) + q * x.fraction;
    const std::int64_t under = r * (Between::kOne - x.fraction) + s * x.fraction;
    const std::int64_t sum = (upper >> kDrop) * (Between::kOne - y.fraction) + (under >> kDrop) * y.fraction;
    constexpr int kShift = 2 * Between::kBits - kDrop;
    return static_cast<std::int32_t>((sum + (std::int64_t{1} << (kShift - 1))) >> kShift);
  };
  return Ground{mix(a.ground_cm, b.ground_cm, c.ground_cm, d.ground_cm),
                mix(a.relief_cm, b.relief_cm, c.relief_cm, d.relief_cm)};
}

}  // namespace terrane

#include "terrane/io/between.h"

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

Between Between::among_cells(std::int64_t cells, std::int64_t count, bool around) const {
  // Samples and cells are both places of their middles. Integers, so that every machine finds the same place.
  const std::int64_t edge = index * kOne + fraction + kOne / 2;
  std::int64_t at = edge * cells / count - kOne / 2;
  if (!around) at = std::clamp<std::int64_t>(at, 0, (cells - 1) * kOne);
  const std::int64_t below = model::floor_div(at, kOne);
  Between b;
  b.fraction = at - below * kOne;
  b.index = model::floor_mod(below, cells);
  b.next = around ? model::floor_mod(below + 1, cells) : std::min(below + 1, cells - 1);
  return b;
}

std::int32_t bilinear(const Between& x, const Between& y, std::int64_t a, std::int64_t b, std::int64_t c,
                      std::int64_t d) {
  constexpr int kDrop = 10;  // 10^7 cm x 2^20 x 2^20 would not fit 64 bits
  const std::int64_t upper = a * (Between::kOne - x.fraction) + b * x.fraction;
  const std::int64_t under = c * (Between::kOne - x.fraction) + d * x.fraction;
  const std::int64_t sum = (upper >> kDrop) * (Between::kOne - y.fraction) + (under >> kDrop) * y.fraction;
  constexpr int kShift = 2 * Between::kBits - kDrop;
  return static_cast<std::int32_t>((sum + (std::int64_t{1} << (kShift - 1))) >> kShift);
}

}  // namespace terrane

#pragma once

#include <cstddef>
#include <cstdint>

#include "terrane/analyze/scratch.h"

// The sweep over a brick is written once, on few operations that give masks of 64 voxels. A source includes
// those of its kind first, and so makes all of it in a namespace and for instructions of their own.
#if !defined(TERRANE_SWEEP)
#include "terrane/analyze/masks_portable.h"
#endif

namespace terrane::detail::TERRANE_SWEEP_SPACE {

constexpr std::uint64_t low_bits64(int n) {
  return n >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << n) - 1;
}

// The lowest bit and every `step`-th above it; step is a power of two.
constexpr std::uint64_t every(int step) {
  std::uint64_t bits = 1;
  for (int width = step; width < 64; width *= 2) bits |= bits << width;
  return bits;
}

// A brick whose rows lie 64 voxels apart, whatever they hold: row r is that of x = r / ny, y = r % ny.
struct RowBrick {
  const MaterialId* rows;
  const MaterialId* last_row;  // the last one with room for 64 voxels behind it
  int nx, ny, nz;

  int count() const { return nx * ny; }
  const MaterialId* at(int r) const { return rows + std::ptrdiff_t{r} * 64; }
  // 64 voxels, and as many behind them, may be read from here.
  const MaterialId* row(int r) const { return r == count() - 1 ? last_row : at(r); }
  std::uint64_t all() const { return low_bits64(nz); }
};

}  // namespace terrane::detail::TERRANE_SWEEP_SPACE

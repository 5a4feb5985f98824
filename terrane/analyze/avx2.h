#pragma once

#include "terrane/analyze/scratch.h"

// The parts of the AVX2 twin. Functions name their instructions themselves, so that nothing else is compiled
// for a machine that may not be this one.
#if defined(__x86_64__)
#include <immintrin.h>

#include <bit>

#define TERRANE_AVX2 __attribute__((target("avx2,bmi,popcnt")))
#define TERRANE_AVX2_INLINE inline __attribute__((always_inline, target("avx2,bmi,popcnt")))

namespace terrane::detail {

constexpr std::uint64_t low_bits64(int n) {
  return n >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << n) - 1;
}

// The lowest bit and every `step`-th above it; step is a power of two.
constexpr std::uint64_t every(int step) {
  std::uint64_t bits = 1;
  for (int width = step; width < 64; width *= 2) bits |= bits << width;
  return bits;
}

TERRANE_AVX2_INLINE std::uint64_t ones(std::uint64_t bits) {
  return static_cast<std::uint64_t>(__builtin_popcountll(bits));
}

TERRANE_AVX2_INLINE int lowest(std::uint64_t bits) {
  return __builtin_ctzll(bits);
}

// A brick whose rows lie 64 voxels apart, whatever they hold: row r is that of x = r / ny, y = r % ny.
struct RowBrick {
  const MaterialId* rows;
  const MaterialId* last_row;  // the last one with room for 64 voxels behind it
  int nx, ny, nz;

  int count() const { return nx * ny; }
  // 64 voxels, and as many behind them, may be read from here.
  const MaterialId* row(int r) const { return r == count() - 1 ? last_row : rows + r * 64; }
  std::uint64_t all() const { return low_bits64(nz); }
};

TERRANE_AVX2_INLINE __m256i load16(const MaterialId* from) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
}

// Two comparisons of 16 lanes each as 32 bits.
TERRANE_AVX2_INLINE std::uint32_t bits_of(__m256i a, __m256i b) {
  const __m256i bytes = _mm256_permute4x64_epi64(_mm256_packs_epi16(a, b), 0xd8);
  return static_cast<std::uint32_t>(_mm256_movemask_epi8(bytes));
}

// Bit i says whether a[i] == b[i], of 64.
TERRANE_AVX2_INLINE std::uint64_t equal64(const MaterialId* a, const MaterialId* b) {
  const std::uint64_t low =
      bits_of(_mm256_cmpeq_epi16(load16(a), load16(b)), _mm256_cmpeq_epi16(load16(a + 16), load16(b + 16)));
  const std::uint64_t high = bits_of(_mm256_cmpeq_epi16(load16(a + 32), load16(b + 32)),
                                     _mm256_cmpeq_epi16(load16(a + 48), load16(b + 48)));
  return low | high << 32;
}

// Masks of all rows into the scratch, and what they say of faces, runs, rows and horizons.
void sweep_rows(const RowBrick& brick, AnalyzeScratch::State& scratch, BrickStats& out);
// From the masks: columns, differences, and materials into the tally.
void sweep_columns(const RowBrick& brick, MaterialId predicted, AnalyzeScratch::State& scratch,
                   BrickStats& out);
// From the masks: cubes and nodes.
void sweep_octree(const RowBrick& brick, AnalyzeScratch::State& scratch, BrickStats& out);
void sweep_morton(const RowBrick& brick, const AnalyzeScratch::State& scratch, BrickStats& out);

}  // namespace terrane::detail
#endif

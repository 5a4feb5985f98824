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
  const MaterialId* at(int r) const { return rows + std::ptrdiff_t{r} * 64; }
  // 64 voxels, and as many behind them, may be read from here.
  const MaterialId* row(int r) const { return r == count() - 1 ? last_row : at(r); }
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

// The rows of one x, bit by y: that differ from the row before, and that equal the row across. The first row
// differs.
struct Plane {
  std::uint64_t fresh = 0, across = 0;
};

// Masks of same_x and same_y of one x into the scratch.
Plane compare_plane(const RowBrick& brick, int x, AnalyzeScratch::State& scratch, BrickStats& out);
// What columns say, one x after the other: masks of starts, tops, counts of materials.
class ColumnSweep {
 public:
  ColumnSweep(const RowBrick& brick, MaterialId predicted, AnalyzeScratch::State& scratch)
      : brick_(brick), predicted_(predicted), scratch_(scratch) {}
  void sweep(int x, Plane plane);
  void store(BrickStats& out) const;

 private:
  struct Sums {
    std::uint64_t runs = 0, single_runs = 0, long_runs = 0, long_run_voxels = 0, joins = 0;
    std::uint64_t mono = 0, same_sequence = 0, deep = 0, most = 0, rows_new = 0, runs_new = 0;
    std::uint64_t differing_stretches = 0, differing_runs = 0;
    void add(const ColumnFacts& facts, std::uint64_t columns);
  };

  void describe(const MaterialId* row, ColumnFacts& facts) const;
  bool mono(const ColumnFacts& facts) const;
  void spread(const ColumnFacts& facts, int row, int columns);
  void count(const ColumnFacts& facts, std::uint32_t columns);

  const RowBrick& brick_;
  MaterialId predicted_;
  AnalyzeScratch::State& scratch_;
  std::uint64_t last_fresh_ = 0;
  Sums sums_;
};
// From the masks and tops of the whole brick.
void sweep_lines(const RowBrick& brick, const AnalyzeScratch::State& scratch, BrickStats& out);
void sweep_octree(const RowBrick& brick, AnalyzeScratch::State& scratch, BrickStats& out);
// Changes from one cube of a side to the next, in Morton order, within the cubes of twice the side at x.
std::uint64_t morton_changes(const RowBrick& brick, const AnalyzeScratch::State& scratch, int side, int x);

}  // namespace terrane::detail
#endif

#pragma once

#include <algorithm>
#include <cstdint>

#include "terrane/voxel/voxels.h"

// What sweep*.h are built on, by AVX2. Functions name their instructions themselves, so that nothing else is
// compiled for a machine that may not be this one.
#if defined(__x86_64__)
#include <immintrin.h>

#define TERRANE_SWEEP_SPACE avx2
#define TERRANE_SWEEP inline __attribute__((target("avx2,bmi,popcnt")))
#define TERRANE_SWEEP_INLINE inline __attribute__((always_inline, target("avx2,bmi,popcnt")))
#define TERRANE_SWEEP_LAMBDA __attribute__((always_inline, target("avx2,bmi,popcnt")))

namespace terrane::detail::avx2 {

TERRANE_SWEEP_INLINE std::uint64_t ones(std::uint64_t bits) {
  return static_cast<std::uint64_t>(__builtin_popcountll(bits));
}

// The lowest bit that is set; 64 where none is.
TERRANE_SWEEP_INLINE std::uint64_t lowest(std::uint64_t bits) {
  return _tzcnt_u64(bits);
}

TERRANE_SWEEP_INLINE __m256i load16(const MaterialId* from) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
}

// Two comparisons of 16 lanes each as 32 bits.
TERRANE_SWEEP_INLINE std::uint32_t bits_of(__m256i a, __m256i b) {
  const __m256i bytes = _mm256_permute4x64_epi64(_mm256_packs_epi16(a, b), 0xd8);
  return static_cast<std::uint32_t>(_mm256_movemask_epi8(bytes));
}

// 64 voxels at hand.
struct Row64 {
  __m256i v[4];
};

TERRANE_SWEEP_INLINE Row64 load_row(const MaterialId* from) {
  return {{load16(from), load16(from + 16), load16(from + 32), load16(from + 48)}};
}

// Bit i says whether a[i] == b[i], of 64.
TERRANE_SWEEP_INLINE std::uint64_t equal64(const Row64& a, const Row64& b) {
  const std::uint64_t low = bits_of(_mm256_cmpeq_epi16(a.v[0], b.v[0]), _mm256_cmpeq_epi16(a.v[1], b.v[1]));
  const std::uint64_t high = bits_of(_mm256_cmpeq_epi16(a.v[2], b.v[2]), _mm256_cmpeq_epi16(a.v[3], b.v[3]));
  return low | high << 32;
}

TERRANE_SWEEP_INLINE std::uint64_t equal64(const MaterialId* a, const MaterialId* b) {
  return equal64(load_row(a), load_row(b));
}

TERRANE_SWEEP_INLINE std::uint64_t equal64_to(const MaterialId* row, MaterialId material) {
  const __m256i v = _mm256_set1_epi16(static_cast<short>(material));
  return equal64(load_row(row), {{v, v, v, v}});
}

// Bit i says that a run begins at row[i], of 64. Reads these and no others.
TERRANE_SWEEP_INLINE std::uint64_t starts64(const MaterialId* row) {
  // The first group is compared with what follows, for what is before may not be read: its bits are one low.
  const std::uint32_t low = bits_of(_mm256_cmpeq_epi16(load16(row), load16(row + 1)),
                                    _mm256_cmpeq_epi16(load16(row + 16), load16(row + 15)));
  const std::uint32_t high = bits_of(_mm256_cmpeq_epi16(load16(row + 32), load16(row + 31)),
                                     _mm256_cmpeq_epi16(load16(row + 48), load16(row + 47)));
  const std::uint32_t equal = (low & 0xffff) << 1 | (low & 0xffff0000);
  return ~(equal | static_cast<std::uint64_t>(high) << 32);
}

// Bit i says whether a[i] == b[i], of 16.
TERRANE_SWEEP_INLINE std::uint32_t equal16(const MaterialId* a, const MaterialId* b) {
  const __m256i equal = _mm256_cmpeq_epi16(load16(a), load16(b));
  return static_cast<std::uint32_t>(
      _mm_movemask_epi8(_mm_packs_epi16(_mm256_castsi256_si128(equal), _mm256_extracti128_si256(equal, 1))));
}

// Adds |a[i] - b[i]| of the first n of 64 numbers 0..63 to `sum`; how many of these are more than `small`.
// All 64 may be read.
TERRANE_SWEEP_INLINE std::uint64_t add_steps(const std::uint8_t* a, const std::uint8_t* b, int n, int small,
                                             std::uint64_t& sum) {
  const __m256i places = _mm256_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18,
                                          19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31);
  __m256i sums = _mm256_setzero_si256();
  std::uint64_t large = 0;
  for (int i = 0; i < 64; i += 32) {
    const __m256i v = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(a + i));
    const __m256i w = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(b + i));
    const __m256i count = _mm256_set1_epi8(static_cast<char>(n - i));
    const __m256i step =
        _mm256_and_si256(_mm256_abs_epi8(_mm256_sub_epi8(v, w)), _mm256_cmpgt_epi8(count, places));
    const __m256i jumps = _mm256_cmpgt_epi8(step, _mm256_set1_epi8(static_cast<char>(small)));
    sums = _mm256_add_epi64(sums, _mm256_sad_epu8(step, _mm256_setzero_si256()));
    large += ones(static_cast<std::uint32_t>(_mm256_movemask_epi8(jumps)));
  }
  const __m128i half = _mm_add_epi64(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
  sum += static_cast<std::uint64_t>(_mm_cvtsi128_si64(half) + _mm_extract_epi64(half, 1));
  return large;
}

}  // namespace terrane::detail::avx2
#endif

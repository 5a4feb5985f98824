#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "terrane/voxel/voxels.h"

#if defined(__x86_64__)
#include <emmintrin.h>
#endif

// What sweep*.h are built on, for any machine: by SSE2 on x86-64, which all of them have, and elsewhere in
// words that a compiler makes vectors of.
#define TERRANE_SWEEP_SPACE portable
#define TERRANE_SWEEP inline
#define TERRANE_SWEEP_INLINE inline __attribute__((always_inline))
#define TERRANE_SWEEP_LAMBDA __attribute__((always_inline))

namespace terrane::detail::portable {

// Eight bytes that are 0 or 1 as bits, the first as the lowest.
TERRANE_SWEEP_INLINE std::uint64_t bits_of_bytes(const std::uint8_t* bytes) {
  std::uint64_t word = 0;
  if constexpr (std::endian::native == std::endian::little) {
    std::memcpy(&word, bytes, 8);
  } else {
    for (int i = 0; i < 8; ++i) word |= std::uint64_t{bytes[i]} << (8 * i);
  }
  // Moves byte i from bit 8 i to bit 56 + i. No two meet, so that nothing is carried.
  return word * 0x0102040810204080 >> 56;
}

// Bit i says whether a[i] == b[i], of kLanes.
template <int kLanes>
TERRANE_SWEEP_INLINE std::uint64_t equal_plain(const MaterialId* a, const MaterialId* b) {
  std::array<std::uint8_t, kLanes> bytes;
  for (std::size_t i = 0; i < kLanes; ++i) bytes[i] = a[i] == b[i] ? 1 : 0;
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < kLanes; i += 8) bits |= bits_of_bytes(bytes.data() + i) << i;
  return bits;
}

#if defined(__x86_64__)
// Without an instruction for it, a call of a function is what a compiler makes of std::popcount.
TERRANE_SWEEP_INLINE std::uint64_t ones(std::uint64_t bits) {
  bits -= bits >> 1 & 0x5555555555555555;
  bits = (bits & 0x3333333333333333) + (bits >> 2 & 0x3333333333333333);
  bits = (bits + (bits >> 4)) & 0x0f0f0f0f0f0f0f0f;
  return bits * 0x0101010101010101 >> 56;
}

TERRANE_SWEEP_INLINE std::uint32_t equal16(const MaterialId* a, const MaterialId* b) {
  const auto equal8 = [&](int i) {
    return _mm_cmpeq_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(a + i)),
                           _mm_loadu_si128(reinterpret_cast<const __m128i*>(b + i)));
  };
  return static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_packs_epi16(equal8(0), equal8(8))));
}
#else
TERRANE_SWEEP_INLINE std::uint64_t ones(std::uint64_t bits) {
  return static_cast<std::uint64_t>(std::popcount(bits));
}

TERRANE_SWEEP_INLINE std::uint32_t equal16(const MaterialId* a, const MaterialId* b) {
  return static_cast<std::uint32_t>(equal_plain<16>(a, b));
}
#endif

// The lowest bit that is set; 64 where none is.
TERRANE_SWEEP_INLINE std::uint64_t lowest(std::uint64_t bits) {
  return static_cast<std::uint64_t>(std::countr_zero(bits));
}

TERRANE_SWEEP_INLINE std::uint64_t equal64(const MaterialId* a, const MaterialId* b) {
  return equal16(a, b) | std::uint64_t{equal16(a + 16, b + 16)} << 16 |
         std::uint64_t{equal16(a + 32, b + 32)} << 32 | std::uint64_t{equal16(a + 48, b + 48)} << 48;
}

// 64 voxels.
struct Row64 {
  const MaterialId* at;
};

TERRANE_SWEEP_INLINE Row64 load_row(const MaterialId* from) {
  return {from};
}

TERRANE_SWEEP_INLINE std::uint64_t equal64(Row64 a, Row64 b) {
  return equal64(a.at, b.at);
}

TERRANE_SWEEP_INLINE std::uint64_t equal64_to(const MaterialId* row, MaterialId material) {
  std::array<MaterialId, 16> v;
  v.fill(material);
  return equal16(row, v.data()) | std::uint64_t{equal16(row + 16, v.data())} << 16 |
         std::uint64_t{equal16(row + 32, v.data())} << 32 | std::uint64_t{equal16(row + 48, v.data())} << 48;
}

// Bit i says that a run begins at row[i], of 64. Reads these and no others.
TERRANE_SWEEP_INLINE std::uint64_t starts64(const MaterialId* row) {
  // The first group is compared with what follows, for what is before may not be read: its bits are one low.
  const std::uint64_t low = equal16(row, row + 1);
  return ~(low << 1 | std::uint64_t{equal16(row + 16, row + 15)} << 16 |
           std::uint64_t{equal16(row + 32, row + 31)} << 32 |
           std::uint64_t{equal16(row + 48, row + 47)} << 48);
}

// Adds |a[i] - b[i]| of the first n of 64 numbers 0..63 to `sum`; how many of these are more than `small`.
TERRANE_SWEEP_INLINE std::uint64_t add_steps(const std::uint8_t* a, const std::uint8_t* b, int n, int small,
                                             std::uint64_t& sum) {
  int total = 0, large = 0;
  for (int i = 0; i < n; ++i) {
    const int step = std::abs(a[i] - b[i]);
    total += step;
    large += step > small ? 1 : 0;
  }
  sum += static_cast<std::uint64_t>(total);
  return static_cast<std::uint64_t>(large);
}

}  // namespace terrane::detail::portable

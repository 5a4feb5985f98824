#pragma once

#include <bit>
#include <cstdint>

#if defined(__x86_64__)
#include <emmintrin.h>
#endif

#include "terrane/voxel/voxels.h"

namespace terrane::detail {

constexpr std::uint64_t low_bits(int n) {
  return n >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << n) - 1;
}

// Bit i says whether a[i] == b[i]; n in 0..64.
inline std::uint64_t equal_mask_portable(const MaterialId* a, const MaterialId* b, int n) {
  std::uint64_t mask = 0;
  for (int i = 0; i < n; ++i) mask |= static_cast<std::uint64_t>(a[i] == b[i]) << i;
  return mask;
}

template <class Voxel>
inline std::uint64_t equal_mask_to_portable(const Voxel* a, Voxel m, int n) {
  std::uint64_t mask = 0;
  for (int i = 0; i < n; ++i) mask |= static_cast<std::uint64_t>(a[i] == m) << i;
  return mask;
}

#if defined(__x86_64__)
// SSE2 is in every x86-64.
inline std::uint64_t equal_mask16(const MaterialId* a, const MaterialId* b) {
  const auto equal8 = [&](int i) {
    return _mm_cmpeq_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(a + i)),
                           _mm_loadu_si128(reinterpret_cast<const __m128i*>(b + i)));
  };
  return static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_packs_epi16(equal8(0), equal8(8))));
}
inline std::uint64_t equal_mask(const MaterialId* a, const MaterialId* b, int n) {
  if (n == 64) {
    return equal_mask16(a, b) | equal_mask16(a + 16, b + 16) << 16 | equal_mask16(a + 32, b + 32) << 32 |
           equal_mask16(a + 48, b + 48) << 48;
  }
  std::uint64_t mask = 0;
  int i = 0;
  for (; i + 16 <= n; i += 16) mask |= equal_mask16(a + i, b + i) << i;
  return i == n ? mask : mask | equal_mask_portable(a + i, b + i, n - i) << i;
}

// Bit i says whether a[i] == m; n in 0..64.
inline std::uint64_t equal_mask_to(const MaterialId* a, MaterialId m, int n) {
  const __m128i all = _mm_set1_epi16(static_cast<short>(m));
  const auto equal8 = [&](int i) {
    return _mm_cmpeq_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(a + i)), all);
  };
  std::uint64_t mask = 0;
  int i = 0;
  for (; i + 16 <= n; i += 16) {
    const int equal = _mm_movemask_epi8(_mm_packs_epi16(equal8(i), equal8(i + 8)));
    mask |= static_cast<std::uint64_t>(equal) << i;
  }
  return i == n ? mask : mask | equal_mask_to_portable(a + i, m, n - i) << i;
}
inline std::uint64_t equal_mask_to(const std::uint8_t* a, std::uint8_t m, int n) {
  const __m128i all = _mm_set1_epi8(static_cast<char>(m));
  std::uint64_t mask = 0;
  int i = 0;
  for (; i + 16 <= n; i += 16) {
    const __m128i equal = _mm_cmpeq_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(a + i)), all);
    mask |= static_cast<std::uint64_t>(static_cast<std::uint32_t>(_mm_movemask_epi8(equal))) << i;
  }
  return i == n ? mask : mask | equal_mask_to_portable(a + i, m, n - i) << i;
}
#else
inline std::uint64_t equal_mask_to(const std::uint8_t* a, std::uint8_t m, int n) {
  return equal_mask_to_portable(a, m, n);
}
inline std::uint64_t equal_mask_to(const MaterialId* a, MaterialId m, int n) {
  return equal_mask_to_portable(a, m, n);
}
inline std::uint64_t equal_mask(const MaterialId* a, const MaterialId* b, int n) {
  return equal_mask_portable(a, b, n);
}
#endif

// Of n pairs, up to 64^3: how many have a[i] < b[i], and how many a[i] > b[i].
struct Changes {
  std::size_t up = 0, down = 0;
  std::size_t all() const { return up + down; }
};
inline Changes count_changes(const MaterialId* a, const MaterialId* b, std::size_t n) {
  Changes changes;
  std::size_t i = 0;
#if defined(__x86_64__)
  __m128i up = _mm_setzero_si128(), down = up;  // 32,768 at most in each lane
  const __m128i sign = _mm_set1_epi16(-32768);
  for (; i + 8 <= n; i += 8) {
    const __m128i x = _mm_xor_si128(_mm_loadu_si128(reinterpret_cast<const __m128i*>(a + i)), sign);
    const __m128i y = _mm_xor_si128(_mm_loadu_si128(reinterpret_cast<const __m128i*>(b + i)), sign);
    up = _mm_sub_epi16(up, _mm_cmplt_epi16(x, y));
    down = _mm_sub_epi16(down, _mm_cmpgt_epi16(x, y));
  }
  const auto sum = [](__m128i lanes) {
    std::uint16_t all[8];
    _mm_storeu_si128(reinterpret_cast<__m128i*>(all), lanes);
    std::size_t total = 0;
    for (const std::uint16_t lane : all) total += lane;
    return total;
  };
  changes = {sum(up), sum(down)};
#endif
  for (; i < n; ++i) {
    changes.up += a[i] < b[i] ? 1 : 0;
    changes.down += a[i] > b[i] ? 1 : 0;
  }
  return changes;
}

// Bit i says that a run of one material begins at row[i]. Reads no voxel but those of the row.
inline std::uint64_t run_starts(const MaterialId* row, int n) {
  std::uint64_t equal;
  if (n == 64) {
    // The last group overlaps the one before it, so that 63 comparisons need no tail.
    equal = equal_mask(row + 1, row, 48) | equal_mask(row + 48, row + 47, 16) << 47;
  } else {
    equal = equal_mask(row + 1, row, n - 1);
  }
  return (~(equal << 1) | 1) & low_bits(n);
}

}  // namespace terrane::detail

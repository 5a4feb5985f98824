#include "terrane/codec/row_agreement.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace terrane::detail {
namespace {

constexpr std::uint8_t kClose = kBeforeAgrees | kAcrossAgrees | kCornerAgrees | kAheadAgrees;
constexpr std::uint8_t kNext = kBeforeAgrees | kAcrossAgrees;

// Of 64 cells: where all the close ones agree, and where those agree that must do so at the next cell too.
std::uint64_t flat_of(std::uint64_t close, std::uint64_t next) {
  return close & static_cast<std::uint64_t>(static_cast<std::int64_t>(next) >> 1);
}

}  // namespace

template <class Cell>
void find_agreement_portable(const RowNeighbours<Cell>& rows, Cell value, RowAgreement& out) {
  std::uint64_t close = 0, next = 0;
  for (int i = 0; i < kRowCells; ++i) {
    const auto bit = [&](const Cell* row, std::uint8_t agrees) { return row[i] == value ? agrees : 0; };
    const int cell = bit(rows.before, kBeforeAgrees) | bit(rows.across, kAcrossAgrees) |
                     bit(rows.corner, kCornerAgrees) | bit(rows.ahead, kAheadAgrees) |
                     bit(rows.before2, kBefore2Agrees) | bit(rows.across2, kAcross2Agrees);
    out.cells()[i] = static_cast<std::uint8_t>(cell);
    close |= static_cast<std::uint64_t>((cell & kClose) == kClose) << i;
    next |= static_cast<std::uint64_t>((cell & kNext) == kNext) << i;
  }
  out.set_flat(flat_of(close, next));
}
template void find_agreement_portable(const RowNeighbours<std::uint8_t>&, std::uint8_t, RowAgreement&);
template void find_agreement_portable(const RowNeighbours<std::uint16_t>&, std::uint16_t, RowAgreement&);

#if defined(__x86_64__)
namespace {

// Sixteen bytes, each all ones where the cell is of the value.
__m128i equal16(const std::uint8_t* cells, __m128i value) {
  return _mm_cmpeq_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(cells)), value);
}
__m128i equal16(const std::uint16_t* cells, __m128i value) {
  const auto* at = reinterpret_cast<const __m128i*>(cells);
  return _mm_packs_epi16(_mm_cmpeq_epi16(_mm_loadu_si128(at), value),
                         _mm_cmpeq_epi16(_mm_loadu_si128(at + 1), value));
}
__m128i all_lanes(std::uint8_t value) {
  return _mm_set1_epi8(static_cast<char>(value));
}
__m128i all_lanes(std::uint16_t value) {
  return _mm_set1_epi16(static_cast<short>(value));
}

}  // namespace

template <class Cell>
void find_agreement_sse2(const RowNeighbours<Cell>& rows, Cell value, RowAgreement& out) {
  const __m128i all = all_lanes(value);
  std::uint64_t close_mask = 0, next_mask = 0;
  for (int i = 0; i < kRowCells; i += 16) {
    const auto bit = [&](const Cell* row, std::uint8_t agrees) {
      return _mm_and_si128(equal16(row + i, all), all_lanes(agrees));
    };
    const auto where = [i](__m128i cells, std::uint8_t bits) {
      const int mask = _mm_movemask_epi8(_mm_cmpeq_epi8(cells, all_lanes(bits)));
      return static_cast<std::uint64_t>(mask) << i;
    };
    const __m128i next = _mm_or_si128(bit(rows.before, kBeforeAgrees), bit(rows.across, kAcrossAgrees));
    const __m128i sides = _mm_or_si128(bit(rows.corner, kCornerAgrees), bit(rows.ahead, kAheadAgrees));
    const __m128i far = _mm_or_si128(bit(rows.before2, kBefore2Agrees), bit(rows.across2, kAcross2Agrees));
    const __m128i close = _mm_or_si128(next, sides);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out.cells() + i), _mm_or_si128(close, far));
    close_mask |= where(close, kClose);
    next_mask |= where(next, kNext);
  }
  out.set_flat(flat_of(close_mask, next_mask));
}
template void find_agreement_sse2(const RowNeighbours<std::uint8_t>&, std::uint8_t, RowAgreement&);
template void find_agreement_sse2(const RowNeighbours<std::uint16_t>&, std::uint16_t, RowAgreement&);

#define TERRANE_AVX2 __attribute__((target("avx2")))
#define TERRANE_AVX2_LAMBDA __attribute__((target("avx2"), always_inline))

TERRANE_AVX2 void find_agreement_avx2(const RowNeighbours<std::uint8_t>& rows, std::uint8_t value,
                                      RowAgreement& out) {
  const __m256i all = _mm256_set1_epi8(static_cast<char>(value));
  const auto half = [&](int i, std::uint64_t& close_mask, std::uint64_t& next_mask) TERRANE_AVX2_LAMBDA {
    const auto bit = [&](const std::uint8_t* row, std::uint8_t agrees) TERRANE_AVX2_LAMBDA {
      const __m256i cells = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(row + i));
      return _mm256_and_si256(_mm256_cmpeq_epi8(cells, all), _mm256_set1_epi8(static_cast<char>(agrees)));
    };
    const auto where = [i](__m256i cells, std::uint8_t bits) TERRANE_AVX2_LAMBDA {
      const __m256i equal = _mm256_cmpeq_epi8(cells, _mm256_set1_epi8(static_cast<char>(bits)));
      return static_cast<std::uint64_t>(static_cast<std::uint32_t>(_mm256_movemask_epi8(equal))) << i;
    };
    const __m256i next = _mm256_or_si256(bit(rows.before, kBeforeAgrees), bit(rows.across, kAcrossAgrees));
    const __m256i sides = _mm256_or_si256(bit(rows.corner, kCornerAgrees), bit(rows.ahead, kAheadAgrees));
    const __m256i far = _mm256_or_si256(bit(rows.before2, kBefore2Agrees), bit(rows.across2, kAcross2Agrees));
    const __m256i close = _mm256_or_si256(next, sides);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out.cells() + i), _mm256_or_si256(close, far));
    close_mask |= where(close, kClose);
    next_mask |= where(next, kNext);
  };
  std::uint64_t close_mask = 0, next_mask = 0;
  half(0, close_mask, next_mask);
  half(32, close_mask, next_mask);
  out.set_flat(flat_of(close_mask, next_mask));
}

template <>
FindAgreement<std::uint8_t> best_find_agreement() {
  return __builtin_cpu_supports("avx2") ? find_agreement_avx2 : find_agreement_sse2<std::uint8_t>;
}
template <>
FindAgreement<std::uint16_t> best_find_agreement() {
  return find_agreement_sse2<std::uint16_t>;
}
#else
template <>
FindAgreement<std::uint8_t> best_find_agreement() {
  return find_agreement_portable<std::uint8_t>;
}
template <>
FindAgreement<std::uint16_t> best_find_agreement() {
  return find_agreement_portable<std::uint16_t>;
}
#endif

}  // namespace terrane::detail

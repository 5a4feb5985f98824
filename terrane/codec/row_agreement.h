#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace terrane::detail {

// A row of cells as the context codec keeps it: 64, and what is beyond the end of the row is as its last.
inline constexpr int kRowCells = 64;

// Rows that came before a row; where there is none, the next best.
template <class Cell>
struct RowNeighbours {
  const Cell *before, *across, *corner, *ahead, *before2, *across2;
};

enum : std::uint8_t {
  kBeforeAgrees = 1,
  kAcrossAgrees = 2,
  kCornerAgrees = 4,
  kAheadAgrees = 8,
  kBefore2Agrees = 16,
  kAcross2Agrees = 32
};

// For each cell of a row, which of its neighbours are of a certain value. Made for one run of the row after
// the other; the cells before and after the row are set once.
class RowAgreement {
 public:
  RowAgreement() {
    cells_.fill(0);
    cells_[kBegin - 1] = 63;  // as if the row began within the run
  }

  // Bytes of the cells i - 1, i, i + 1, i + 2, the first the lowest; beyond the row nothing agrees.
  std::uint32_t around(int i) const {
    std::uint32_t four;
    std::memcpy(&four, cells_.data() + kBegin - 1 + i, sizeof(four));
    if constexpr (std::endian::native == std::endian::big) four = __builtin_bswap32(four);
    return four;
  }
  // Bit i: before and across agree at i and i + 1, corner and ahead at i. Past its end the row is as at its
  // last cell.
  std::uint64_t flat() const { return flat_; }

  std::uint8_t* cells() { return cells_.data() + kBegin; }
  void set_flat(std::uint64_t flat) { flat_ = flat; }

 private:
  static constexpr std::size_t kBegin = 32;
  std::array<std::uint8_t, kBegin + kRowCells + 32> cells_;
  std::uint64_t flat_ = 0;
};

template <class Cell>
using FindAgreement = void (*)(const RowNeighbours<Cell>& rows, Cell value, RowAgreement& out);

template <class Cell>
void find_agreement_portable(const RowNeighbours<Cell>& rows, Cell value, RowAgreement& out);

#if defined(__x86_64__)
// SSE2 is in every x86-64.
template <class Cell>
void find_agreement_sse2(const RowNeighbours<Cell>& rows, Cell value, RowAgreement& out);
// Only where the processor has it.
void find_agreement_avx2(const RowNeighbours<std::uint8_t>& rows, std::uint8_t value, RowAgreement& out);
#endif

// The fastest that this processor has.
template <class Cell>
FindAgreement<Cell> best_find_agreement();

}  // namespace terrane::detail

#pragma once

#include <array>
#include <bit>
#include <cstring>
#include <type_traits>

#include "terrane/codec/context_model.h"
#include "terrane/codec/range_coder.h"
#include "terrane/codec/row_agreement.h"
#include "terrane/codec/row_grid.h"
#include "terrane/codec/row_masks.h"

// What writing and reading a context brick share, which is all but who knows the voxels:
// docs/codecs/context.md.
namespace terrane::detail {

// The cells of eight neighbours of a voxel, in a register.
template <class Cell>
class Surroundings;

template <>
class Surroundings<std::uint8_t> {
 public:
  Surroundings(const RowNeighbours<std::uint8_t>& n, int i)
      : cells_(std::uint64_t{n.before[i]} | std::uint64_t{n.across[i]} << 8 |
               std::uint64_t{n.corner[i]} << 16 | std::uint64_t{n.ahead[i]} << 24 |
               std::uint64_t{n.before[i + 1]} << 32 | std::uint64_t{n.across[i + 1]} << 40 |
               std::uint64_t{n.before2[i]} << 48 | std::uint64_t{n.across2[i]} << 56) {}
  std::uint32_t at(int k) const { return static_cast<std::uint8_t>(cells_ >> (8 * k)); }
  // Bit k says whether at(k) == value.
  std::uint32_t equal_to(std::uint32_t value) const {
    constexpr std::uint64_t kLow = 0x7f7f7f7f7f7f7f7fu;
    const std::uint64_t x = cells_ ^ value * std::uint64_t{0x0101010101010101u};
    const std::uint64_t zeros = ~(((x & kLow) + kLow) | x | kLow);
    return static_cast<std::uint32_t>((zeros >> 7) * 0x0102040810204080u >> 56);
  }

 private:
  std::uint64_t cells_;
};

template <>
class Surroundings<std::uint16_t> {
 public:
  Surroundings(const RowNeighbours<std::uint16_t>& n, int i)
      : cells_{n.before[i],     n.across[i],     n.corner[i],  n.ahead[i],
               n.before[i + 1], n.across[i + 1], n.before2[i], n.across2[i]} {}
  std::uint32_t at(int k) const { return cells_[static_cast<std::size_t>(k)]; }
  std::uint32_t equal_to(std::uint32_t value) const {
    std::uint32_t equal = 0;
    for (std::size_t k = 0; k < 8; ++k) equal |= (cells_[k] == value ? 1u : 0u) << k;
    return equal;
  }

 private:
  std::array<std::uint16_t, 8> cells_;
};

// Goes once through the voxels of a brick, row by row, with a RangeEncoder or a RangeDecoder. Cells are
// places in the palette. Keeps the three planes of rows that it needs, and nothing of the rest.
template <class Coder, class Cell>
class ContextRows {
 public:
  // Coder and model outlive this. Places are below `materials`, and in so many bits.
  ContextRows(Coder& coder, ContextModel& model, unsigned bits, std::size_t materials, RowGrid grid)
      : coder_(coder),
        model_(model),
        materials_(materials),
        inside_(grid.length >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << grid.length) - 1),
        find_agreement_(best_find_agreement<Cell>()),
        grid_(grid),
        bits_(bits) {
    first_row_.fill(0);
  }

  // The row that comes next. An encoder fills it, and what is beyond its end with its last cell.
  static constexpr int kStride = kRowCells + 16;
  Cell* row() { return row_at(row_ / grid_.per_plane, row_ % grid_.per_plane); }
  // Codes it. False, for a decoder, where no encoder wrote such bits.
  [[nodiscard]] bool next() {
    Coder coder = coder_;  // in registers
    const bool good = code_row(coder);
    coder_ = coder;
    ++row_;
    return good;
  }
  // Of the row that was coded last: all its cells are equal.
  bool is_one_run() const { return is_one_run_; }

 private:
  static constexpr bool kDecodes = Coder::kDecodes;

  struct Run {
    Cell cell;
    int begin;
    std::uint32_t hash;   // of the cell
    std::uint64_t flat;   // where its neighbours show no sign of its end
    std::uint64_t cells;  // an encoder's: where the row is of it
  };

  Cell* row_at(int x, int y) { return planes_[static_cast<std::size_t>(x % 3)].data() + y * kStride; }

  RowNeighbours<Cell> neighbours(const Cell* own, int x, int y) {
    RowNeighbours<Cell> near;
    near.before = y > 0 ? own - kStride : x > 0 ? row_at(x - 1, y) : first_row_.data();
    near.across = x > 0 ? row_at(x - 1, y) : near.before;
    near.corner = x > 0 && y > 0 ? near.across - kStride : near.across;
    near.ahead = x > 0 && y + 1 < grid_.per_plane ? near.across + kStride : near.across;
    near.before2 = y > 1 ? own - 2 * kStride : near.before;
    near.across2 = x > 1 ? row_at(x - 2, y) : near.across;
    return near;
  }

  [[gnu::always_inline]] bool code_row(Coder& coder) {
    const int x = row_ / grid_.per_plane, y = row_ % grid_.per_plane, length = grid_.length;
    Cell* const own = row_at(x, y);
    const RowNeighbours<Cell> near = neighbours(own, x, y);
    Cell cell = near.before[0], before = cell;
    for (int i = 0;;) {
      // To the end of the row and beyond; what comes after this run will be overwritten.
      if constexpr (kDecodes) std::fill_n(own + i, kStride, cell);
      is_one_run_ = i == 0;
      if (i == length) return true;
      const Run run = begin_run(near, own, cell, i);
      i = go_on(coder, near, run, i);
      if (i == length) return true;
      const std::uint32_t next = change(coder, near, run, before, kDecodes ? Cell{0} : own[i], i);
      if (kDecodes && next >= materials_) return false;
      before = cell;
      cell = static_cast<Cell>(next);
      if constexpr (kDecodes) own[i] = cell;
      ++i;
    }
  }

  [[gnu::always_inline]] Run begin_run(const RowNeighbours<Cell>& near, const Cell* own, Cell cell, int i) {
    find_agreement_(near, cell, agreement_);
    return {cell, i, cell * 0x9e3779b1u, agreement_.flat() & inside_,
            kDecodes ? 0 : equal_mask_to(own, cell, 64)};
  }

  // Codes how far the run goes on from voxel i; the place of the first voxel that is another.
  [[gnu::always_inline]] int go_on(Coder& coder, const RowNeighbours<Cell>& near, const Run& run, int i) {
    do {
      if ((run.flat >> i & 1) != 0) {
        const int length = std::countr_one(run.flat >> i);
        const int same = flat(coder, run, i, length);
        i += same;
        if (same < length) return i;
      } else {
        if (!single(coder, near, run, i)) return i;
        ++i;
      }
    } while (i < grid_.length);
    return i;
  }

  // How many of a stretch whose neighbours are all of the run are so too.
  [[gnu::always_inline]] int flat(Coder& coder, const Run& run, int i, int length) {
    const int same = kDecodes ? 0 : std::min(std::countr_one(run.cells >> i), length);
    constexpr std::uint32_t kFar = kBefore2Agrees | kAcross2Agrees;
    const bool further = (agreement_.around(i) >> 8 & kFar) == kFar;
    const auto width = static_cast<std::uint32_t>(std::bit_width(static_cast<unsigned>(length)));
    const std::uint32_t context =
        width * 8 + (i == 0 ? 4u : 0u) + (i == run.begin ? 2u : 0u) + (further ? 1u : 0u);
    if (code_bit(coder, model_.flat[context], same == length)) return length;
    return static_cast<int>(coder.even(static_cast<std::uint32_t>(length), static_cast<std::uint32_t>(same)));
  }

  // Is voxel i of the run?
  [[gnu::always_inline]] bool single(Coder& coder, const RowNeighbours<Cell>& near, const Run& run, int i) {
    const std::uint32_t around = agreement_.around(i);
    const std::uint32_t here = around >> 8 & 63;
    const auto length = static_cast<std::uint32_t>(i - run.begin);
    const std::uint32_t since = std::min(length, 3u);
    const std::uint32_t close = here | (around >> 10 & 0xc0) | since << 8;
    const std::uint32_t wide = (around & 0x0f3f3f3fu) * 0x9e3779b1u >> 17;
    const std::uint32_t names = std::uint32_t{near.before[i]} | std::uint32_t{near.across[i]} << 8;
    const std::uint32_t labels = (run.hash ^ names ^ (around & 0x03030000u)) * 0x85ebca6bu >> 17;
    const std::uint32_t lengths = ((run.hash ^ length) + (here & 15) * 0x27d4eb2fu) * 0x85ebca6bu >> 17;
    return code_mixed(coder, model_.near[close], model_.wide[wide], model_.labels[labels],
                      model_.lengths[lengths], model_.go_on_weights[(here & 15) | since << 4],
                      !kDecodes && (run.cells >> i & 1) != 0);
  }

  // Codes what comes at voxel i after a run, which is not of the run.
  [[gnu::always_inline]] std::uint32_t change(Coder& coder, const RowNeighbours<Cell>& near, const Run& run,
                                              Cell before, Cell actual, int i) {
    const Surroundings<Cell> around(near, i);
    std::uint16_t& follower = model_.follower[run.cell];
    const std::uint32_t guesses[] = {follower, before};
    std::uint32_t open = ~around.equal_to(run.cell) & 255;
    for (std::uint32_t rank = 0, guessed = 0;;) {
      std::uint32_t candidate, agree;
      if (open != 0) {
        candidate = around.at(std::countr_zero(open));
        agree = around.equal_to(candidate);
        open &= ~agree;
      } else {
        if (guessed == 2) break;
        candidate = guesses[guessed++];
        agree = around.equal_to(candidate);
        if (agree != 0 || candidate == run.cell || (guessed == 2 && candidate == guesses[0])) continue;
      }
      if (is(coder, run, candidate, agree, rank++, open, candidate == guesses[0], actual, i)) {
        follower = static_cast<std::uint16_t>(candidate);
        return candidate;
      }
    }
    const std::uint32_t spelt = spell(coder, actual);
    follower = static_cast<std::uint16_t>(spelt);
    return spelt;
  }

  // Is it this candidate, on which those neighbours agree? `open` are those that others agree on.
  [[gnu::always_inline]] bool is(Coder& coder, const Run& run, std::uint32_t candidate, std::uint32_t agree,
                                 std::uint32_t rank, std::uint32_t open, bool follows, Cell actual, int i) {
    const std::uint32_t left = open == 0 ? 0 : (open & (open - 1)) == 0 ? 1 : 2;
    const std::uint32_t agreeing = agree | std::min(rank, 3u) << 8 | (follows ? 1u << 10 : 0u);
    const std::uint32_t pair = (run.hash ^ candidate * 0x85ebca6bu) * 0xc2b2ae35u >> 19;
    const std::uint32_t hopeful =
        (candidate * 0x9e3779b1u + (agree & 15) * 0x27d4eb2fu + left * 77777u) * 0x85ebca6bu >> 19;
    const std::uint32_t places =
        ((run.hash ^ static_cast<std::uint32_t>(i)) + candidate * 0x27d4eb2fu) * 0x85ebca6bu >> 19;
    return code_mixed(coder, model_.agreeing[agreeing], model_.pairs[pair], model_.hopeful[hopeful],
                      model_.places[places], model_.rank_weights[std::min(rank, 7u)], candidate == actual);
  }

  // A place in the palette, bit by bit.
  [[gnu::always_inline]] std::uint32_t spell(Coder& coder, std::uint32_t actual) {
    std::uint32_t node = 1;
    for (unsigned bit = bits_; bit-- > 0;) {
      node = node * 2 + (code_bit(coder, model_.index_bits[node], (actual >> bit & 1) != 0) ? 1u : 0u);
    }
    return node - (std::uint32_t{1} << bits_);
  }

  Coder& coder_;
  ContextModel& model_;
  const std::size_t materials_;
  const std::uint64_t inside_;
  const FindAgreement<Cell> find_agreement_;
  RowAgreement agreement_;
  const RowGrid grid_;
  const unsigned bits_;
  int row_ = 0;
  bool is_one_run_ = false;
  std::array<Cell, kStride> first_row_;
  // A plane has room for what is written beyond its last row.
  std::array<std::array<Cell, 64 * kStride + kRowCells>, 3> planes_;
};

}  // namespace terrane::detail

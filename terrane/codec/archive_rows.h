#pragma once

#include <array>
#include <bit>
#include <cstring>

#include "terrane/codec/archive_model.h"
#include "terrane/codec/range_coder.h"
#include "terrane/codec/row_masks.h"

// What writing and reading an archive brick share, which is all but who knows the voxels:
// docs/codecs/archive.md.
namespace terrane::detail {

inline constexpr int kArchiveStride = 64;  // of a row: beyond its end it holds its last voxel

// Rows as they are coded: along one axis of the brick, in planes.
struct ArchiveGrid {
  int planes = 0, per_plane = 0, length = 0;
};

// Goes once through the voxels of a brick, row by row, with a RangeEncoder or a RangeDecoder. Voxel is
// std::uint8_t, an index into the palette, or MaterialId. An encoder reads the voxels, a decoder writes
// them; both read only voxels that came before.
template <class Coder, class Voxel>
class ArchiveRows {
 public:
  // All of them outlive this. `voxels` has the whole grid, in rows of kArchiveStride. Voxels are below
  // `materials`, and `bits` are enough for them.
  ArchiveRows(Coder& coder, ArchiveModel& model, unsigned bits, std::size_t materials, ArchiveGrid grid,
              Voxel* voxels)
      : coder_(coder), model_(model), bits_(bits), materials_(materials), grid_(grid), voxels_(voxels) {
    model_.reset(bits, materials);
    first_row_.fill(0);
  }

  // The next row. False, for a decoder, where no encoder wrote such bits.
  bool next() {
    find_neighbours();
    Voxel run = rows_[kBefore][0];
    earlier_ = run;
    for (int i = 0; i < grid_.length;) {
      begin_run(run, i);
      i = go_on(i);
      if (i == grid_.length) break;
      Voxel other = 0;
      if (!change(i, other)) return false;
      if constexpr (kDecodes) row_at_[i] = other;
      earlier_ = run;
      run = other;
      ++i;
    }
    if constexpr (kDecodes)
      std::fill_n(row_at_ + grid_.length, kArchiveStride - grid_.length, row_at_[grid_.length - 1]);
    ++row_;
    if (row_ == (plane_ + 1) * grid_.per_plane) ++plane_;
    return true;
  }

 private:
  static constexpr bool kDecodes = Coder::kDecodes;

  // Rows that came before; where there is none, the next best.
  enum Row {
    kBefore,
    kAcross,
    kCorner,
    kAhead,
    kBefore2,
    kAcross2,
    kCorner2,
    kAhead2,
    kBefore3,
    kCorner3,
    kAhead3,
    kRows
  };

  void find_neighbours() {
    row_at_ = voxels_ + row_ * kArchiveStride;
    const std::ptrdiff_t back = kArchiveStride, plane = back * grid_.per_plane;
    const int x = plane_, y = row_ - plane_ * grid_.per_plane;
    const bool after = y + 1 < grid_.per_plane;
    const Voxel* row = row_at_;
    rows_[kBefore] = y > 0 ? row - back : x > 0 ? row - plane : first_row_.data();
    rows_[kAcross] = x > 0 ? row - plane : rows_[kBefore];
    rows_[kCorner] = x > 0 && y > 0 ? rows_[kAcross] - back : rows_[kAcross];
    rows_[kAhead] = x > 0 && after ? rows_[kAcross] + back : rows_[kAcross];
    rows_[kBefore2] = y > 1 ? row - 2 * back : rows_[kBefore];
    rows_[kAcross2] = x > 1 ? row - 2 * plane : rows_[kAcross];
    rows_[kCorner2] = x > 0 && y > 1 ? rows_[kAcross] - 2 * back : rows_[kCorner];
    rows_[kAhead2] = x > 0 && y + 2 < grid_.per_plane ? rows_[kAcross] + 2 * back : rows_[kAhead];
    rows_[kBefore3] = y > 2 ? row - 3 * back : rows_[kBefore2];
    rows_[kCorner3] = x > 1 && y > 0 ? rows_[kAcross2] - back : rows_[kAcross2];
    rows_[kAhead3] = x > 1 && after ? rows_[kAcross2] + back : rows_[kAcross2];
  }

  static std::uint64_t later(std::uint64_t mask, int by) {
    return static_cast<std::uint64_t>(static_cast<std::int64_t>(mask) >> by);
  }

  void begin_run(Voxel run, int i) {
    run_ = run;
    begin_ = i;
    hash_ = run * 0x9e3779b1u + 0x3c6ef372u;
    for (std::size_t k = 0; k < kRows; ++k) masks_[k] = equal_mask_to(rows_[k], run, kArchiveStride);
    const std::uint64_t* m = masks_.data();
    flat_ = m[kBefore] & m[kAcross] & later(m[kBefore] & m[kAcross], 1) & m[kCorner] & m[kAhead] &
            m[kBefore2] & m[kAcross2] & m[kCorner2] & m[kAhead2] & low_bits(grid_.length);
    calm_ = m[kBefore3] & m[kCorner3] & m[kAhead3] & later(m[kBefore] & m[kAcross], 2) &
            later(m[kCorner] & m[kAhead], 1);
    if constexpr (!kDecodes) own_ = equal_mask_to(row_at_, run, kArchiveStride);
  }

  // Codes how far the run goes on from voxel i; the place of the first voxel that is another.
  int go_on(int i) {
    while (i < grid_.length) {
      if ((flat_ >> i & 1) != 0) {
        const int length = std::countr_one(flat_ >> i);
        const int same = flat(i, length);
        if constexpr (kDecodes) std::fill_n(row_at_ + i, same, run_);
        i += same;
        if (same < length) return i;
      } else {
        if (!single(i)) return i;
        if constexpr (kDecodes) row_at_[i] = run_;
        ++i;
      }
    }
    return i;
  }

  template <int kBits>
  static std::uint32_t hashed(std::uint32_t a, std::uint32_t b) {
    return (a * 0x9e3779b1u + b * 0x85ebca6bu) >> (32 - kBits);
  }
  static std::uint32_t at(int i) { return static_cast<std::uint32_t>(i); }
  static std::uint32_t capped(int value, int most) {
    return static_cast<std::uint32_t>(std::min(value, most));
  }
  static std::uint32_t around(int distance, int most) {
    return static_cast<std::uint32_t>(std::clamp(distance, -most, most) + most);
  }

  // How many of a stretch whose neighbours are all of the run are so too.
  int flat(int i, int length) {
    const int same = kDecodes ? 0 : std::min(std::countr_one(own_ >> i), length);
    const std::uint32_t width = static_cast<std::uint32_t>(std::bit_width(static_cast<unsigned>(length)));
    const std::uint32_t calm = capped(std::countr_one(calm_ >> i), length);
    const std::uint32_t start = (i == 0 ? 2u : 0u) + (i == begin_ ? 1u : 0u);
    const std::uint32_t is_calm = calm == static_cast<std::uint32_t>(length) ? 1 : 0;
    const std::uint32_t kind = width * 8 + start * 2 + is_calm;
    const auto h = [](std::uint32_t a, std::uint32_t b) { return hashed<kFlatBits>(a, b); };
    auto& t = model_.flat;
    auto& mixes = model_.flat_mixes;
    bool whole = same == length;
    if (is_sure(t[0][kind])) {
      whole = code_alone(coder_, t[0][kind], whole);
    } else {
      const std::array<Chance*, kFlatInputs> chances = {
          &t[0][kind],
          &t[1][h(hash_, width * 2 + is_calm)],
          &t[2][h(hash_, at(i) * 8 + width)],
          &t[3][h(at(length) * 64 + calm, start)],
          &t[4][h(hash_ + broken_, width)],
          &t[5][h(earlier_ * 77777u + hash_, start * 8 + width)],
          &t[6][h(broken_ & 15, capped(i - begin_, 15) * 128u + at(length))]};
      whole = code_archive<kFlatLanes>(coder_, chances, mixes.a[kind], mixes.b[run_ & 255u],
                                       mixes.last[width], whole);
    }
    broken_ = (broken_ << 1 | (whole ? 0 : 1)) & 255;
    return whole ? length : break_in(i, length, same);
  }

  // Where in a stretch that is not whole the run ends.
  int break_in(int i, int length, int same) {
    int low = 0;
    for (int count = length; count > 1;) {
      const int half = count / 2;
      const std::uint64_t restless = ~calm_ >> (i + low);
      const std::uint32_t first = (restless & low_bits(half)) != 0 ? 2 : 0;
      const std::uint32_t second = (restless >> half & low_bits(count - half)) != 0 ? 1 : 0;
      const std::uint32_t ends = (low == 0 ? 4u : 0u) + (low + count == length ? 8u : 0u);
      const auto width = static_cast<std::uint32_t>(std::bit_width(static_cast<unsigned>(count)));
      if (code_alone(coder_, model_.halves[width * 16 + ends + first + second], same < low + half)) {
        count = half;
      } else {
        low += half;
        count -= half;
      }
    }
    return low;
  }

  // `width` bits of a mask from voxel i - back on; a row is a ring here.
  std::uint32_t window(Row row, int i, int back, int width) const {
    return static_cast<std::uint32_t>(std::rotr(masks_[row], i - back) & low_bits(width));
  }
  // How many voxels from i on a row is of the run; or, below 1, how long ago it ended.
  int distance(Row row, int i) const {
    constexpr std::uint64_t kTop = std::uint64_t{1} << 63;
    const std::uint64_t mask = masks_[row];
    const int on = std::countr_zero(~(mask >> i) | kTop);
    const int ago = std::countl_zero(mask << (63 - i) | kTop >> 1 >> i | 1);
    return on + 1 - ago - static_cast<int>(mask >> i & 1);
  }
  // As far as the run would go if it were as long as in that row, where it ends so far from voxel i.
  int by_length(Row row, int i, int distance) const {
    const int end = std::min(i + distance, 64);
    const int length = std::countl_zero(~(masks_[row] << (64 - std::max(end, 1))) | 1);
    return distance + begin_ - (end - length);
  }

  // What is of the run around voxel i: bits of windows that begin four or one before it.
  struct View {
    std::uint32_t across9, before, across, corner, ahead, before2, across2;
  };

  // Is voxel i of the run?
  bool single(int i) {
    const bool own = !kDecodes && (own_ >> i & 1) != 0;
    View v;
    v.across9 = window(kAcross, i, 4, 9);
    v.before = window(kBefore, i, 1, 4);
    v.across = v.across9 >> 3 & 15;
    v.corner = window(kCorner, i, 1, 3);
    v.ahead = window(kAhead, i, 1, 3);
    v.before2 = window(kBefore2, i, 1, 3);
    v.across2 = window(kAcross2, i, 1, 3);
    const std::uint32_t all = v.before | v.across << 4 | v.corner << 8 | v.ahead << 11 |
                              (v.before2 >> 1 & 1) << 14 | (v.across2 >> 1 & 1) << 15;
    Chance& wide = model_.run[0][hashed<kRunBits>(all, 3)];
    return is_sure(wide) ? code_alone(coder_, wide, own) : single_mixed(i, v, wide, own);
  }

  bool single_mixed(int i, const View& v, Chance& wide, bool own) {
    const auto bit = [this, i](Row row) { return static_cast<std::uint32_t>(masks_[row] >> i & 1); };
    const auto h = [](std::uint32_t a, std::uint32_t b) { return hashed<kRunBits>(a, b); };
    const std::uint32_t before = v.before >> 1 & 3, across = v.across >> 1 & 3;
    const std::uint32_t corner = v.corner >> 1 & 3, ahead = v.ahead >> 1 & 3;
    const std::uint32_t four = before | across << 2 | (corner & 1) << 4 | (ahead & 1) << 5;
    const std::uint32_t close = (before & 1) | (across & 1) << 1 | (corner & 1) << 2 | (ahead & 1) << 3;
    const std::uint32_t second = (v.before2 >> 1 & 1) | (v.across2 >> 1 & 1) << 1 | bit(kCorner2) << 2 |
                                 bit(kAhead2) << 3 | bit(kBefore3) << 4 | bit(kCorner3) << 5 |
                                 bit(kAhead3) << 6;
    const int since = i - begin_;
    const std::uint32_t since3 = i == 0 ? 0 : capped(since, 3), begins = since == 0 ? 1 : 0;
    const int b = distance(kBefore, i), a = distance(kAcross, i), c = distance(kCorner, i),
              d = distance(kAhead, i);
    const int b2 = distance(kBefore2, i), a2 = distance(kAcross2, i);
    const std::uint32_t lengths = around(by_length(kBefore, i, b), 7) | around(by_length(kAcross, i, a), 7)
                                                                            << 4;
    const int next = i + 1 < grid_.length ? i + 1 : i;
    const std::uint32_t here = rows_[kBefore][i] * 0x27d4eb2fu + rows_[kAcross][i] * 0x165667b1u;
    const std::uint32_t then = rows_[kBefore][next] * 0x85ebca6bu + rows_[kAcross][next] * 0xc2b2ae35u;
    const std::uint32_t pair = hash_ + earlier_;
    auto& t = model_.run;
    const std::array<Chance*, kRunInputs> chances = {
        &wide,
        &t[1][h(around(b + a - c, 7) | around(2 * b - b2, 3) << 4 | around(2 * a - a2, 3) << 7 |
                    capped(since, 7) << 10,
                hash_ * 3)],
        &t[2][h(before | across << 2 | corner << 4 | ahead << 6 | second << 8, 77)],
        &t[3][h(capped(since, 31) | (before & 1) << 5 | (across & 1) << 6 | around(b, 3) << 7, pair * 11)],
        &t[4][h(v.across9 | v.across2 << 9 | before << 12 | since3 << 14, hash_ * 5)],
        &t[5][h(hash_ + then, here + 77)],
        &t[6][h(lengths | close << 8 | begins << 12, pair * 7)],
        &t[7][h(around(b + d - a, 7) | around(3 * (b + a) - 2 * c, 31) << 4 | since3 << 10, 331)],
        &t[8][h(at(i) | close << 6 | (before >> 1) << 10 | (across >> 1) << 11, hash_ * 13)]};
    auto& mixes = model_.run_mixes;
    return code_archive<kRunLanes>(coder_, chances, mixes.a[four | begins << 6], mixes.b[run_ & 255u],
                                   mixes.last[close], own);
  }

  // What follows the run in a row.
  Voxel after_run(Row row, int i) const {
    const std::uint64_t others = ~later(masks_[row], i);
    return rows_[row]
                [others == 0 ? grid_.length - 1 : std::min(i + std::countr_zero(others), grid_.length - 1)];
  }

  // The materials that neighbours have at voxel i, each once, the likeliest first.
  int list_candidates(int i) {
    int count = 0;
    const auto add = [&](Voxel m) {
      if (m == run_) return;
      for (int k = 0; k < count; ++k) {
        if (candidates_[static_cast<std::size_t>(k)] == m) return;
      }
      candidates_[static_cast<std::size_t>(count++)] = m;
    };
    const int next = i + 1 < grid_.length ? i + 1 : i;
    for (const Row row : {kBefore, kAcross, kCorner, kAhead}) add(rows_[row][i]);
    add(rows_[kBefore][next]);
    add(rows_[kAcross][next]);
    add(rows_[kBefore2][i]);
    add(rows_[kAcross2][i]);
    add(static_cast<Voxel>(model_.follower[run_]));
    add(earlier_);
    return count;
  }

  // Which neighbours have a candidate.
  std::uint32_t agreement(int i, Voxel m) const {
    const int next = i + 1 < grid_.length ? i + 1 : i;
    const auto is = [m](Voxel other) { return other == m ? 1u : 0u; };
    return is(rows_[kBefore][i]) | is(rows_[kAcross][i]) << 1 | is(rows_[kCorner][i]) << 2 |
           is(rows_[kAhead][i]) << 3 | is(rows_[kBefore][next]) << 4 | is(rows_[kAcross][next]) << 5 |
           is(rows_[kBefore2][i]) << 6 | is(rows_[kAcross2][i]) << 7;
  }

  // Codes the material of voxel i, which is not of the run, into `material`.
  bool change(int i, Voxel& material) {
    const Voxel actual = kDecodes ? Voxel{0} : row_at_[i];
    const int count = list_candidates(i);
    const Voxel after_before = after_run(kBefore, i), after_across = after_run(kAcross, i);
    bool found = false;
    for (int k = 0; k < count && !found; ++k) {
      const Voxel m = candidates_[static_cast<std::size_t>(k)];
      const std::uint32_t after = (after_before == m ? 1u : 0u) | (after_across == m ? 2u : 0u);
      found = is_candidate(i, k, m, after, m == actual);
      if (found) material = m;
    }
    if (!found && !spell(i, actual, material)) return false;
    model_.follower[run_] = material;
    return true;
  }

  // Is the k-th candidate the material of voxel i?
  bool is_candidate(int i, int k, Voxel m, std::uint32_t after, bool is) {
    const auto h = [](std::uint32_t a, std::uint32_t b) { return hashed<kRankBits>(a, b); };
    const std::uint32_t agree = agreement(i, m), rank = capped(k, 3), follows = model_.follower[run_] == m;
    auto& t = model_.rank;
    Chance& first = t[0][agree | rank << 8 | follows << 10];
    if (is_sure(first)) return code_alone(coder_, first, is);
    const std::uint32_t own = m * 0xc2b2ae35u;
    const std::array<Chance*, kRankInputs> chances = {
        &first,
        &t[1][h(hash_, own)],
        &t[2][h(own + rows_[kCorner][i] * 77777u, hash_ * 5 + rows_[kAhead][i] * 7u)],
        &t[3][h(hash_ + earlier_ * 77777u, own + capped(i - begin_, 7) + 7)],
        &t[4][h(hash_ + rows_[kBefore][i] * 77777u, own + rows_[kAcross][i] * 7u)],
        &t[5][h(at(i), own * 3)],
        &t[6][h(hash_ + agree, own + 3 + after * 1000)]};
    auto& mixes = model_.rank_mixes;
    return code_archive<kRankLanes>(coder_, chances, mixes.a[rank | (agree & 15) << 2], mixes.b[m & 255u],
                                    mixes.last[capped(k, 7)], is);
  }

  // A material by its code, highest bit first.
  bool spell(int i, Voxel actual, Voxel& material) {
    const auto h = [](std::uint32_t a, std::uint32_t b) { return hashed<kSpellBits>(a, b); };
    const std::uint32_t around = rows_[kBefore][i] * 256u + rows_[kAcross][i];
    auto& t = model_.spelt;
    auto& mixes = model_.spell_mixes;
    std::size_t node = 1;
    for (unsigned bit = bits_; bit-- > 0;) {
      const auto n = static_cast<std::uint32_t>(node);
      const std::array<Chance*, kSpellInputs> chances = {&model_.index_bits[node], &t[0][h(n, run_)],
                                                         &t[1][h(n, around)], &t[2][h(n, at(i) + 1000)]};
      const bool is =
          code_archive<kSpellLanes>(coder_, chances, mixes.a[bits_ - 1 - bit], mixes.b[run_ & 255u],
                                    mixes.last[0], (actual >> bit & 1) != 0);
      node = node * 2 + (is ? 1 : 0);
    }
    node -= std::size_t{1} << bits_;
    material = static_cast<Voxel>(node);
    return node < materials_;
  }

  Coder& coder_;
  ArchiveModel& model_;
  const unsigned bits_;
  const std::size_t materials_;
  const ArchiveGrid grid_;
  Voxel* const voxels_;
  std::array<Voxel, kArchiveStride> first_row_;
  std::array<Voxel, 10> candidates_;
  int row_ = 0, plane_ = 0;
  Voxel* row_at_ = nullptr;
  std::array<const Voxel*, kRows> rows_{};
  std::array<std::uint64_t, kRows> masks_{};
  std::uint64_t flat_ = 0;
  std::uint64_t calm_ = 0;    // where rows further away are of the run too
  std::uint64_t own_ = 0;     // an encoder's: where the row itself is of the run
  std::uint32_t broken_ = 0;  // of the last eight stretches, which were not whole
  Voxel run_ = 0;
  Voxel earlier_ = 0;       // what the run before this one was of
  int begin_ = 0;           // of the run, in the row
  std::uint32_t hash_ = 0;  // of its material
};

}  // namespace terrane::detail

#pragma once

#include <array>
#include <bit>
#include <cstring>
#include <span>

#include "terrane/codec/context_model.h"
#include "terrane/codec/range_coder.h"
#include "terrane/codec/row_grid.h"
#include "terrane/codec/row_masks.h"

// What writing and reading a context brick share, which is all but who knows the voxels:
// docs/codecs/context.md.
namespace terrane::detail {

// Materials as they are coded where no neighbour has them: a place in the list, or themselves.
struct MaterialCode {
  std::span<const MaterialId> list;        // empty: more than 256
  const std::uint8_t* index_of = nullptr;  // by material, for a writer with a list
  unsigned bits = 0;
};

// Goes once through the voxels of a brick, row by row, with a RangeEncoder or a RangeDecoder. An encoder
// reads the voxels, a decoder writes them; both read only voxels that came before.
template <class Coder>
class ContextRows {
 public:
  // All of them outlive this. `voxels` has the whole grid.
  ContextRows(Coder& coder, ContextModel& model, MaterialCode code, RowGrid grid, MaterialId* voxels)
      : coder_(coder),
        model_(model),
        code_(code),
        grid_(grid),
        voxels_(voxels),
        inside_(low_bits(grid.length)) {
    model_.reset(code.bits, code.list.data(), code.list.size());
    first_row_.fill(code.list.empty() ? MaterialId{0} : code.list[0]);
  }

  // The next row. False, for a decoder, where no encoder wrote such bits.
  bool next() {
    find_neighbours();
    MaterialId run = near_.before[0];
    before_run_ = run;
    for (int i = 0; i < grid_.length;) {
      begin_run(run, i);
      i = go_on(i);
      if (i == grid_.length) break;
      const MaterialId before = run;
      if (!change(i, before, run)) return false;
      set(i, run);
      ++i;
    }
    ++row_;
    return true;
  }

 private:
  static constexpr bool kDecodes = Coder::kDecodes;

  // Rows that came before; where there is none, the next best.
  struct Neighbours {
    const MaterialId *before, *across, *corner, *ahead, *before2, *across2;
  };
  // Of the same rows: where is the material of the run? Beyond the end of a row as at its last voxel.
  struct Masks {
    std::int64_t before, across, corner, ahead, before2, across2;
  };

  void find_neighbours() {
    row_at_ = voxels_ + grid_.offset(row_);
    const std::ptrdiff_t length = grid_.length, plane = length * grid_.per_plane;
    const int x = row_ / grid_.per_plane, y = row_ % grid_.per_plane;
    const MaterialId* row = row_at_;
    near_.before = y > 0 ? row - length : x > 0 ? row - plane : first_row_.data();
    near_.across = x > 0 ? row - plane : near_.before;
    near_.corner = x > 0 && y > 0 ? near_.across - length : near_.across;
    near_.ahead = x > 0 && y + 1 < grid_.per_plane ? near_.across + length : near_.across;
    near_.before2 = y > 1 ? row - 2 * length : near_.before;
    near_.across2 = x > 1 ? row - 2 * plane : near_.across;
  }

  std::int64_t mask_of(const MaterialId* row) const {
    const std::uint64_t mask = equal_mask_to(row, run_, grid_.length);
    const int beyond = 64 - grid_.length;
    return static_cast<std::int64_t>(mask << beyond) >> beyond;
  }

  void begin_run(MaterialId run, int i) {
    run_ = run;
    begin_ = i;
    hash_ = run * 0x9e3779b1u;
    masks_ = {mask_of(near_.before), mask_of(near_.across),  mask_of(near_.corner),
              mask_of(near_.ahead),  mask_of(near_.before2), mask_of(near_.across2)};
    flat_ = static_cast<std::uint64_t>(masks_.before & (masks_.before >> 1) & masks_.across &
                                       (masks_.across >> 1) & masks_.ahead & masks_.corner) &
            inside_;
    if constexpr (!kDecodes) own_ = equal_mask_to(row_at_, run_, grid_.length);
  }

  // Codes how far the run goes on from voxel i; the place of the first voxel that is another.
  int go_on(int i) {
    while (i < grid_.length) {
      if ((flat_ >> i & 1) != 0) {
        const int length = std::countr_one(flat_ >> i);
        const int same = flat(i, length);
        fill(i, same);
        i += same;
        if (same < length) return i;
      } else {
        if (!single(i)) return i;
        set(i, run_);
        ++i;
      }
    }
    return i;
  }

  // How many of a stretch whose neighbours are all of the run are so too.
  int flat(int i, int length) {
    const int same = kDecodes ? 0 : std::min(std::countr_one(own_ >> i), length);
    const std::size_t further = (masks_.before2 & masks_.across2) >> i & 1;
    const std::size_t context = static_cast<std::size_t>(std::bit_width(static_cast<unsigned>(length)) * 8 +
                                                         (i == 0 ? 4 : 0) + (i == begin_ ? 2 : 0)) +
                                further;
    if (code_bit(coder_, model_.flat[context], same == length)) return length;
    int low = 0;
    for (int count = length; count > 1;) {
      const int half = count / 2;
      if (coder_.bit(kEvenP, same < low + half)) {
        count = half;
      } else {
        low += half;
        count -= half;
      }
    }
    return low;
  }

  // Is voxel i of the run?
  bool single(int i) {
    // Bit 0 is the voxel before: at the begin of a row, as if it were of the run.
    const auto window = [i](std::int64_t mask, std::uint32_t width) {
      const auto bits = static_cast<std::uint32_t>(i > 0 ? mask >> (i - 1) : mask << 1 | 1);
      return bits & ((1u << width) - 1);
    };
    const std::uint32_t before = window(masks_.before, 4), across = window(masks_.across, 4),
                        corner = window(masks_.corner, 3), ahead = window(masks_.ahead, 3);
    const auto before2 = static_cast<std::uint32_t>(masks_.before2 >> i & 1),
               across2 = static_cast<std::uint32_t>(masks_.across2 >> i & 1);
    const auto since = static_cast<std::uint32_t>(i == 0 ? 0 : std::min(i - begin_, 3));
    const std::uint32_t wide =
        before | across << 4 | corner << 8 | ahead << 11 | before2 << 14 | across2 << 15;
    const std::uint32_t close = (before >> 1 & 3) | (across >> 1 & 3) << 2 | (corner >> 1 & 1) << 4 |
                                (ahead >> 1 & 1) << 5 | since << 6 | before2 << 8 | across2 << 9;
    const std::uint32_t labels = ((hash_ + near_.before[i] * 0x85ebca6bu + near_.across[i] * 0xc2b2ae35u) ^
                                  (before >> 2 | (across >> 2) << 2) * 0x27d4eb2fu) *
                                     0x9e3779b1u >>
                                 16;
    const std::uint32_t weights = (before >> 1 & 1) | (across >> 1 & 1) << 1 | (corner >> 1 & 1) << 2 |
                                  (ahead >> 1 & 1) << 3 | (i == begin_ ? 16u : 0u);
    return code_mixed(coder_, model_.near[close], model_.wide[wide], model_.labels[labels],
                      model_.go_on_weights[weights], !kDecodes && (own_ >> i & 1) != 0);
  }

  // The materials that neighbours have at voxel i, each once, the likeliest first.
  int list_candidates(int i, MaterialId before_run) {
    int count = 0;
    const auto add = [&](MaterialId m) {
      if (m == run_) return;
      for (int k = 0; k < count; ++k) {
        if (candidates_[static_cast<std::size_t>(k)] == m) return;
      }
      candidates_[static_cast<std::size_t>(count++)] = m;
    };
    const int next = std::min(i + 1, grid_.length - 1);
    add(near_.before[i]);
    add(near_.across[i]);
    add(near_.corner[i]);
    add(near_.ahead[i]);
    add(near_.before[next]);
    add(near_.across[next]);
    add(near_.before2[i]);
    add(near_.across2[i]);
    add(model_.follower[run_]);
    add(before_run);
    return count;
  }

  // Which neighbours have a candidate.
  std::uint32_t agreement(int i, MaterialId m) const {
    const int next = std::min(i + 1, grid_.length - 1);
    const auto is = [m](MaterialId other) { return other == m ? 1u : 0u; };
    return is(near_.before[i]) | is(near_.across[i]) << 1 | is(near_.corner[i]) << 2 |
           is(near_.ahead[i]) << 3 | is(near_.before[next]) << 4 | is(near_.across[next]) << 5 |
           is(near_.before2[i]) << 6 | is(near_.across2[i]) << 7;
  }

  // Codes the material of voxel i, which is not of the run, into `material`.
  bool change(int i, MaterialId run, MaterialId& material) {
    const MaterialId actual = kDecodes ? MaterialId{0} : row_at_[i];
    const int count = list_candidates(i, before_run_);
    before_run_ = run;
    for (int k = 0; k < count; ++k) {
      const MaterialId m = candidates_[static_cast<std::size_t>(k)];
      const std::uint32_t agree = agreement(i, m);
      const std::uint32_t rank = static_cast<std::uint32_t>(std::min(k, 3));
      const std::uint32_t agreeing = agree | rank << 8 | (model_.follower[run] == m ? 1u << 10 : 0u);
      const std::uint32_t pair = (hash_ ^ m * 0x85ebca6bu) * 0xc2b2ae35u >> 18;
      const std::uint32_t hopeful = (m * 0x9e3779b1u + (agree & 15) * 0x27d4eb2fu +
                                     static_cast<std::uint32_t>(std::min(count, 4)) * 77777u) *
                                        0x85ebca6bu >>
                                    18;
      if (code_mixed(coder_, model_.agreeing[agreeing], model_.pairs[pair], model_.hopeful[hopeful],
                     model_.rank_weights[static_cast<std::size_t>(std::min(k, 7))], m == actual)) {
        model_.follower[run] = material = m;
        return true;
      }
    }
    if (!spell(actual, material)) return false;
    model_.follower[run] = material;
    return true;
  }

  // A material by its code.
  bool spell(MaterialId actual, MaterialId& material) {
    std::size_t code = 0;
    if constexpr (!kDecodes) code = code_.list.empty() ? actual : code_.index_of[actual];
    std::size_t node = 1;
    for (unsigned bit = code_.bits; bit-- > 0;) {
      node = node * 2 + (code_bit(coder_, model_.index_bits[node], (code >> bit & 1) != 0) ? 1 : 0);
    }
    code = node - (std::size_t{1} << code_.bits);
    if (!code_.list.empty() && code >= code_.list.size()) return false;
    material = code_.list.empty() ? static_cast<MaterialId>(code) : code_.list[code];
    return true;
  }

  void set(int i, MaterialId material) {
    if constexpr (kDecodes) row_at_[i] = material;
  }
  void fill(int i, int count) {
    if constexpr (kDecodes) std::fill_n(row_at_ + i, count, run_);
  }

  static constexpr std::uint32_t kEvenP = 32768;

  Coder& coder_;
  ContextModel& model_;
  const MaterialCode code_;
  const RowGrid grid_;
  MaterialId* const voxels_;
  const std::uint64_t inside_;
  std::array<MaterialId, 64> first_row_;
  std::array<MaterialId, 10> candidates_;
  int row_ = 0;
  MaterialId* row_at_ = nullptr;
  Neighbours near_{};
  Masks masks_{};
  std::uint64_t flat_ = 0;
  std::uint64_t own_ = 0;  // an encoder's: where the row itself is of the run
  MaterialId run_ = 0;
  MaterialId before_run_ = 0;  // what the run before this one was of
  int begin_ = 0;              // of the run, in the row
  std::uint32_t hash_ = 0;     // of its material
};

}  // namespace terrane::detail

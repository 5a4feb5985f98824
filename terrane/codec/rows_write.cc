#include <algorithm>
#include <bit>

#include "terrane/codec/row_masks.h"
#include "terrane/codec/rows.h"

namespace terrane::detail {
namespace {

using Equal = RowsScratch::Equal;

// Prices in eighths of a bit, as zstd's entropy stage was seen to charge on layered and on rugged bricks.
constexpr int kSegmentPrice = 6 * 8;
constexpr int kMaterialPrice = 5 * 8;
constexpr int kShiftAcrossPrice = 8;
constexpr int kNoPrice = 1 << 28;

int move_price(int distance) {
  if (distance == 0) return 6;
  if (distance == 1) return 20;
  return 16 + 16 * static_cast<int>(std::bit_width(static_cast<unsigned>(distance)));
}

class RowWriter {
 public:
  RowWriter(const MaterialId* voxels, RowGrid grid, std::span<std::uint64_t, 1024> seen, RowsScratch& scratch)
      : voxels_(voxels), grid_(grid), all_(low_bits(grid.length)), seen_(seen), scratch_(scratch) {}

  void write() {
    RowOrigins origins(grid_);
    for (int row = 0, y = 0; row < grid_.rows; ++row, y = y + 1 < grid_.per_plane ? y + 1 : 0) {
      const bool before = y > 0, across = row >= grid_.per_plane;
      const auto context = origins.context(row, before, across);
      const RowKind kind = choose(row, context, before, across);
      scratch_.kinds[static_cast<std::size_t>(row)] = kind;
      origins.record(row, kind);
      write_kind(kind, context);
      if (kind == kShiftBefore) write_shift(row, row - 1);
      if (kind == kShiftAcross) write_shift(row, row - grid_.per_plane);
    }
    flush_kinds();
    write_stretches();
  }

 private:
  const MaterialId* row_at(int row) const { return voxels_ + grid_.offset(row); }
  Equal& equal(int row) { return scratch_.equal[static_cast<std::size_t>(row)]; }
  const Equal& equal(int row) const { return scratch_.equal[static_cast<std::size_t>(row)]; }
  std::uint64_t starts(int row) const { return scratch_.starts[static_cast<std::size_t>(row)]; }
  std::vector<std::uint8_t>& stream(RowStream s) { return scratch_.streams[s]; }

  // What a row is equal to is found step by step: most rows are copies, and need no more.
  RowKind choose(int row, RowOrigins::Context context, bool before, bool across) {
    const auto at = static_cast<std::size_t>(row);
    const auto plane = static_cast<std::size_t>(grid_.per_plane);
    const MaterialId* voxels = row_at(row);
    const int n = grid_.length;
    Equal& e = scratch_.equal[at];
    e.before = row > 0 ? equal_mask(voxels, voxels - n, n) : 0;
    const bool copy_before = before && e.before == all_;
    if (copy_before && context != RowOrigins::Context::kExpectAcross) {
      scratch_.starts[at] = scratch_.starts[at - 1];
      return kCopyBefore;
    }
    e.across = across ? equal_mask(voxels, voxels - grid_.offset(grid_.per_plane), n) : 0;
    if (across && e.across == all_) {
      scratch_.starts[at] = scratch_.starts[at - plane];
      return kCopyAcross;
    }
    if (copy_before) {
      scratch_.starts[at] = scratch_.starts[at - 1];
      return kCopyBefore;
    }
    e.self = row > 0 ? equal_mask(voxels, voxels - 1, n) : equal_mask(voxels + 1, voxels, n - 1) << 1;
    scratch_.starts[at] = (~e.self | 1) & all_;
    note_materials(row);
    return shift_or_segments(row, before, across);
  }

  RowKind shift_or_segments(int row, bool before, bool across) const {
    const int shift_before = before ? shift_price(row, row - 1) : kNoPrice;
    const int shift_across = across ? shift_price(row, row - grid_.per_plane) + kShiftAcrossPrice : kNoPrice;
    const int shift = std::min(shift_before, shift_across);
    if (shift >= kNoPrice || shift > segments_price(row, shift)) return kSegments;
    return shift == shift_before ? kShiftBefore : kShiftAcross;
  }

  void note_materials(int row) {
    const MaterialId* at = row_at(row);
    for (std::uint64_t rest = starts(row); rest != 0; rest &= rest - 1) {
      const MaterialId m = at[std::countr_zero(rest)];
      seen_[m >> 6] |= std::uint64_t{1} << (m & 63);
    }
  }

  int shift_price(int row, int from) const {
    std::uint64_t a = starts(row), b = starts(from);
    const MaterialId *at = row_at(row), *other = row_at(from);
    int price = 0;
    for (; a != 0 && b != 0; a &= a - 1, b &= b - 1) {
      const int i = std::countr_zero(a), k = std::countr_zero(b);
      if (at[i] != other[k]) return kNoPrice;
      price += move_price(std::abs(i - k));
    }
    if (a != b) return kNoPrice;   // one has more runs
    return price - move_price(0);  // a row's first run begins at its begin
  }

  // Of a row alone; no more is looked for once it is above `enough`.
  int segments_price(int row, int enough) const {
    int price = 0;
    for (int i = 0; i < grid_.length && price <= enough;) {
      const Segment s = next_segment(row, i, row + 1);
      price += kSegmentPrice + (s.kind == kMaterial ? kMaterialPrice : 0);
      i += s.length;
    }
    return price;
  }

  struct Segment {
    SegmentKind kind;
    int length;
  };

  // How far the voxels from (row, i) on are equal in the sense of `mask`, at most to the begin of row `end`.
  int reach(std::uint64_t Equal::*mask, int row, int i, int end) const {
    int n = std::countr_one(equal(row).*mask >> i);
    if (i + n < grid_.length) return n;
    n = grid_.length - i;
    while (++row < end) {
      const int more = std::countr_one(equal(row).*mask);
      n += std::min(more, grid_.length);
      if (more < grid_.length) break;
    }
    return n;
  }

  Segment next_segment(int row, int i, int end) const {
    Segment best{kFromRow, reach(&Equal::before, row, i, end)};
    if (const int n = reach(&Equal::across, row, i, end); n > best.length) best = {kFromPlane, n};
    if (const int n = reach(&Equal::self, row, i, end); n > best.length) best = {kRepeat, n};
    if (best.length > 0) return best;
    if (++i == grid_.length) {
      i = 0;
      if (++row == end) return {kMaterial, 1};
    }
    // A copy that begins at the next voxel is worth more than a run as long.
    const int copy = std::max(reach(&Equal::before, row, i, end), reach(&Equal::across, row, i, end));
    const int run = reach(&Equal::self, row, i, end);
    return {kMaterial, copy >= run ? 1 : 1 + run};
  }

  void write_stretches() {
    for (int row = 0; row < grid_.rows;) {
      int end = row;
      while (end < grid_.rows && scratch_.kinds[static_cast<std::size_t>(end)] == kSegments) ++end;
      if (end > row) write_segments(row, end);
      row = std::max(end, row + 1);
    }
  }

  void write_segments(int row, int end) {
    for (int i = 0; row < end;) {
      const Segment s = next_segment(row, i, end);
      if (s.kind == kMaterial) scratch_.materials.push_back(row_at(row)[i]);
      const int field = std::min(s.length - 1, kSegmentLengthLimit);
      stream(kSegmentStream).push_back(static_cast<std::uint8_t>(s.kind | field << 2));
      if (field == kSegmentLengthLimit) write_length(static_cast<std::uint32_t>(s.length - 1 - field));
      i += s.length;
      while (i >= grid_.length && row < end) {
        i -= grid_.length;
        ++row;
      }
    }
  }

  void write_length(std::uint32_t more) {
    for (; more >= 0x80; more >>= 7) stream(kLengthStream).push_back(static_cast<std::uint8_t>(more | 0x80));
    stream(kLengthStream).push_back(static_cast<std::uint8_t>(more));
  }

  void write_shift(int row, int from) {
    std::uint64_t a = starts(row) & ~std::uint64_t{1}, b = starts(from) & ~std::uint64_t{1};
    for (; a != 0; a &= a - 1, b &= b - 1) {
      const int move = std::countr_zero(a) - std::countr_zero(b);
      stream(kShiftStream).push_back(static_cast<std::uint8_t>(move < 0 ? -2 * move - 1 : 2 * move));
    }
  }

  void write_kind(RowKind kind, RowOrigins::Context context) {
    if (context == RowOrigins::Context::kFlat) {
      if (kind == kCopyBefore) {
        ++flat_;
        return;
      }
      for (; flat_ >= 255; flat_ -= 255) stream(kFlatStream).push_back(255);
      stream(kFlatStream).push_back(static_cast<std::uint8_t>(flat_));
      flat_ = 0;
    }
    packed_ += RowOrigins::swap_expected(kind, context) * weight_;
    weight_ *= kRowKinds;
    if (weight_ == kRowKinds * kRowKinds * kRowKinds) flush_kinds();
  }

  void flush_kinds() {
    if (weight_ > 1) stream(kKindStream).push_back(static_cast<std::uint8_t>(packed_));
    packed_ = 0;
    weight_ = 1;
  }

  const MaterialId* voxels_;
  RowGrid grid_;
  std::uint64_t all_;  // the bits of one row
  std::span<std::uint64_t, 1024> seen_;
  RowsScratch& scratch_;
  int flat_ = 0;  // flat rows that were copies, since the last that was not
  int packed_ = 0, weight_ = 1;
};

}  // namespace

void write_rows(const MaterialId* voxels, RowGrid grid, std::span<std::uint64_t, 1024> seen,
                RowsScratch& scratch) {
  for (std::vector<std::uint8_t>& s : scratch.streams) s.clear();
  scratch.materials.clear();
  scratch.equal.resize(kMaxRows);
  scratch.starts.resize(kMaxRows);
  RowWriter(voxels, grid, seen, scratch).write();
}

}  // namespace terrane::detail

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
    RowOrigins origins;
    origins.start(grid_);
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
      copy_runs(at, at - 1);
      return kCopyBefore;
    }
    e.across = across ? equal_mask(voxels, voxels - grid_.offset(grid_.per_plane), n) : 0;
    if (across && e.across == all_) {
      copy_runs(at, at - plane);
      return kCopyAcross;
    }
    if (copy_before) {
      copy_runs(at, at - 1);
      return kCopyBefore;
    }
    e.self = row > 0 ? equal_mask(voxels, voxels - 1, n) : equal_mask(voxels + 1, voxels, n - 1) << 1;
    scratch_.starts[at] = (~e.self | 1) & all_;
    scratch_.runs[at] = static_cast<std::uint8_t>(std::popcount(scratch_.starts[at]));
    return shift_or_segments(row, before, across);
  }

  void copy_runs(std::size_t to, std::size_t from) {
    scratch_.starts[to] = scratch_.starts[from];
    scratch_.runs[to] = scratch_.runs[from];
  }

  RowKind shift_or_segments(int row, bool before, bool across) const {
    const int shift_before = before ? shift_price(row, row - 1) : kNoPrice;
    const int shift_across = across ? shift_price(row, row - grid_.per_plane) + kShiftAcrossPrice : kNoPrice;
    const int shift = std::min(shift_before, shift_across);
    if (shift >= kNoPrice || shift > segments_price(row, shift)) return kSegments;
    return shift == shift_before ? kShiftBefore : kShiftAcross;
  }

  int shift_price(int row, int from) const {
    if (scratch_.runs[static_cast<std::size_t>(row)] != scratch_.runs[static_cast<std::size_t>(from)]) {
      return kNoPrice;
    }
    std::uint64_t a = starts(row), b = starts(from);
    const MaterialId *at = row_at(row), *other = row_at(from);
    int price = 0;
    for (; a != 0; a &= a - 1, b &= b - 1) {
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

  // How far the voxels from (row, i) on are equal to those before, across, and just before: at most to the
  // begin of row `end`.
  struct Reach {
    int before, across, self;
  };
  [[gnu::always_inline]] Reach reach(int row, int i, int end) const {
    const Equal& e = equal(row);
    Reach r{std::countr_one(e.before >> i), std::countr_one(e.across >> i), std::countr_one(e.self >> i)};
    const int left = grid_.length - i;
    const bool within = r.before < left && r.across < left && r.self < left;
    if (within || row + 1 == end) return r;
    if (r.before == left) r.before += reach_on(&Equal::before, row + 1, end);
    if (r.across == left) r.across += reach_on(&Equal::across, row + 1, end);
    if (r.self == left) r.self += reach_on(&Equal::self, row + 1, end);
    return r;
  }
  int reach_on(std::uint64_t Equal::*mask, int row, int end) const {
    int n = 0;
    for (; row < end; ++row) {
      const int more = std::countr_one(equal(row).*mask);
      n += more;
      if (more < grid_.length) break;
    }
    return n;
  }

  Segment next_segment(int row, int i, int end) const {
    // The longest, of equals the first: by one number for both, since which it will be is hard to predict.
    const Reach here = reach(row, i, end);
    const int best =
        std::max(std::max(here.before << 2 | (3 - kFromRow), here.across << 2 | (3 - kFromPlane)),
                 here.self << 2 | (3 - kRepeat));
    if (best >= 4) return {static_cast<SegmentKind>(3 - (best & 3)), best >> 2};
    if (++i == grid_.length) {
      i = 0;
      if (++row == end) return {kMaterial, 1};
    }
    // A copy that begins at the next voxel is worth more than a run as long.
    const Reach next = reach(row, i, end);
    return {kMaterial, std::max(next.before, next.across) >= next.self ? 1 : 1 + next.self};
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
      if (s.kind == kMaterial) {
        const MaterialId m = row_at(row)[i];
        scratch_.materials.push_back(m);
        seen_[m >> 6] |= std::uint64_t{1} << (m & 63);
      }
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
  scratch.runs.resize(kMaxRows);
  RowWriter(voxels, grid, seen, scratch).write();
}

}  // namespace terrane::detail

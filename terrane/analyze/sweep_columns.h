#pragma once

#include <algorithm>
#include <bit>
#include <cstring>

#include "terrane/analyze/sweep_lines.h"

namespace terrane::detail::TERRANE_SWEEP_SPACE {

// What columns say, one x after the other: masks of starts, tops, counts of materials. A column that equals
// the one before or across is not looked at again. kWhole: columns are of 64 voxels.
template <Detail kDetail, bool kWhole>
class ColumnSweep {
 public:
  TERRANE_SWEEP_INLINE ColumnSweep(const RowBrick& brick, MaterialId predicted,
                                   AnalyzeScratch::State& scratch)
      : brick_(brick), predicted_(predicted), scratch_(scratch) {}
  TERRANE_SWEEP void sweep(int x, Plane plane);
  TERRANE_SWEEP void store(BrickStats& out);

 private:
  static constexpr bool kAll = kDetail == Detail::kAll;

  struct Sums {
    std::uint64_t runs = 0, single_runs = 0, long_runs = 0, long_run_voxels = 0, joins = 0;
    std::uint64_t mono = 0, same_sequence = 0, deep = 0, most = 0, rows_new = 0, runs_new = 0;
    std::uint64_t differing_stretches = 0, differing_runs = 0;
    TERRANE_SWEEP_INLINE void add(const ColumnFacts& facts);
  };

  TERRANE_SWEEP_INLINE std::uint64_t all() const { return kWhole ? ~std::uint64_t{0} : brick_.all(); }
  // Where the run that begins before the lowest of `starts` ends.
  TERRANE_SWEEP_INLINE std::uint64_t end(std::uint64_t starts) const {
    return kWhole ? lowest(starts) : std::min(lowest(starts), static_cast<std::uint64_t>(brick_.nz));
  }
  TERRANE_SWEEP_INLINE void describe(const MaterialId* row, ColumnFacts& facts) const;
  TERRANE_SWEEP_INLINE void gather(const ColumnFacts& facts, std::uint32_t columns, RunSequence* sequence);
  TERRANE_SWEEP_INLINE void spread(const ColumnFacts& facts, int row);
  TERRANE_SWEEP void look(int x, Plane plane, PlaneColumns& here, PlaneColumns& across);
  TERRANE_SWEEP void compare(PlaneColumns& here, const PlaneColumns* across);
  TERRANE_SWEEP void tell_rest(PlaneColumns& columns);
  TERRANE_SWEEP_INLINE bool recurs(const RunSequence& sequence, std::uint32_t runs) const;

  const RowBrick& brick_;
  MaterialId predicted_;
  AnalyzeScratch::State& scratch_;
  Sums sums_;
};

// Of two sequences as long.
TERRANE_SWEEP_INLINE bool same_sequence(const RunSequence& a, const RunSequence& b, std::uint32_t runs) {
  for (std::uint32_t i = 0; i < runs; i += 16) {
    const std::uint32_t differs = ~equal16(a.data() + i, b.data() + i);
    if ((differs & 0xffff & low_bits64(static_cast<int>(runs - i))) != 0) return false;
  }
  return true;
}

template <Detail kDetail, bool kWhole>
TERRANE_SWEEP_INLINE bool ColumnSweep<kDetail, kWhole>::recurs(const RunSequence& sequence,
                                                               std::uint32_t runs) const {
  if (runs <= 2) return false;
  if (runs <= 17) {
    // All pairs: neighbours differ, and of others most that are equal have but one run between them.
    for (std::uint32_t apart = 2; apart < runs; ++apart) {
      const std::uint64_t pairs = low_bits64(static_cast<int>(runs - apart));
      if ((equal16(sequence.data(), sequence.data() + apart) & pairs) != 0) return true;
    }
    return false;
  }
  std::uint32_t n = 0;
  bool fresh = true;
  for (; n < runs && fresh; ++n) fresh = scratch_.set.insert(sequence[n]);
  for (std::uint32_t i = 0; i < n; ++i) scratch_.set.erase(sequence[i]);
  return !fresh;
}

template <Detail kDetail, bool kWhole>
TERRANE_SWEEP_INLINE void ColumnSweep<kDetail, kWhole>::describe(const MaterialId* row,
                                                                 ColumnFacts& facts) const {
  const std::uint64_t all = this->all(), starts = starts64(row) & all;
  facts.starts = starts;
  facts.runs = static_cast<std::uint32_t>(ones(starts));
  facts.single_runs = static_cast<std::uint32_t>(ones(starts & (starts >> 1 | (all ^ all >> 1))));
  const std::uint64_t differs = ~equal64_to(row, predicted_) & all;
  facts.differing_runs = static_cast<std::uint32_t>(ones(differs & starts));
  if constexpr (kAll) {
    facts.differing_stretches = static_cast<std::uint32_t>(ones(differs & ~(differs << 1)));
    // Seven equalities that follow one another end here; eight do not where a long run is just long enough.
    const std::uint64_t same = ~starts & all, two = same & same << 1, four = two & two << 2,
                        seven = four & four << 3;
    facts.long_runs = static_cast<std::uint32_t>(ones(seven & ~(same << 7)));
    facts.long_run_voxels = static_cast<std::uint32_t>(ones(seven)) + 7 * facts.long_runs;
  }
}

// The tally of so many columns, and on the way the sequence where there is room for one. Four runs at a time:
// those past the last are of no voxels.
template <Detail kDetail, bool kWhole>
TERRANE_SWEEP_INLINE void ColumnSweep<kDetail, kWhole>::gather(const ColumnFacts& facts,
                                                               std::uint32_t columns, RunSequence* sequence) {
  const MaterialId* row = facts.row;
  const std::uint32_t runs = facts.runs;  // known long before the last of them is come to
  Tally& tally = scratch_.tally;
  std::uint64_t rest = facts.starts, z = 0;
  for (std::uint32_t i = 0; i < runs; i += 4) {
    const std::uint64_t r1 = rest & (rest - 1), r2 = r1 & (r1 - 1), r3 = r2 & (r2 - 1);
    rest = r3 & (r3 - 1);
    const std::uint64_t z1 = end(r1), z2 = end(r2), z3 = end(r3), z4 = end(rest);
    const std::array<MaterialId, 4> four = {row[z], row[z1], row[z2], row[z3]};
    if (sequence != nullptr) std::memcpy(sequence->data() + i, four.data(), sizeof four);
    const auto voxels = [columns](std::uint64_t length)
                            TERRANE_SWEEP_LAMBDA { return static_cast<std::uint32_t>(length) * columns; };
    tally.add(four, {voxels(z1 - z), voxels(z2 - z1), voxels(z3 - z2), voxels(z4 - z3)});
    z = z4;
  }
}

template <Detail kDetail, bool kWhole>
TERRANE_SWEEP void ColumnSweep<kDetail, kWhole>::tell_rest(PlaneColumns& columns) {
  for (std::size_t i = 0; i < columns.count; ++i) {
    ColumnFacts& facts = columns.facts[i];
    if (facts.untold != 0) gather(facts, facts.untold, nullptr);
    facts.untold = 0;
  }
}

// To all columns of a stretch. Most are short: a few are written at once, and those too many are written
// again.
template <Detail kDetail, bool kWhole>
TERRANE_SWEEP_INLINE void ColumnSweep<kDetail, kWhole>::spread(const ColumnFacts& facts, int row) {
  std::uint64_t* starts = scratch_.starts.data() + row;
  std::uint8_t* tops = scratch_.tops.data() + row;
  for (std::uint32_t i = 0; i < facts.columns; i += 4) {
    for (std::uint32_t k = i; k < i + 4; ++k) starts[k] = facts.starts;
  }
  if constexpr (!kAll) return;
  const std::uint64_t top = static_cast<std::uint64_t>(std::bit_width(facts.starts) - 1) * 0x0101010101010101;
  for (std::uint32_t i = 0; i < facts.columns; i += 8) std::memcpy(tops + i, &top, sizeof top);
}

// At each stretch of equal columns, once.
template <Detail kDetail, bool kWhole>
TERRANE_SWEEP void ColumnSweep<kDetail, kWhole>::look(int x, Plane plane, PlaneColumns& here,
                                                      PlaneColumns& across) {
  const int first = x * brick_.ny, above = brick_.nz - 65;
  std::uint64_t joins = 0;
  std::size_t n = 0;
  for (std::uint64_t rest = plane.fresh; rest != 0; ++n) {
    const int y = static_cast<int>(lowest(rest));
    rest &= rest - 1;
    ColumnFacts& facts = here.facts[n];
    const std::uint32_t columns =
        static_cast<std::uint32_t>(std::min(lowest(rest), static_cast<std::uint64_t>(brick_.ny))) -
        static_cast<std::uint32_t>(y);
    const MaterialId* row = brick_.at(first + y);
    if ((plane.across >> y & 1) != 0) {
      const std::size_t same = ones(across.fresh & low_bits64(y + 1)) - 1;
      facts = across.facts[same];
      if constexpr (kAll) {
        const std::size_t short_part = 16 * sizeof(MaterialId);
        std::memcpy(here.sequences[n].data(), across.sequences[same].data(),
                    facts.runs <= 16 ? short_part : sizeof(RunSequence));
      }
      facts.copy = true;
      facts.columns = columns;
      facts.untold += columns;
      across.facts[same].untold = 0;
    } else {
      facts.copy = false;
      facts.columns = columns;
      facts.untold = 0;
      facts.row = brick_.row(first + y);
      describe(row, facts);
    }
    joins +=
        (first + y > 0 && row[0] == row[above] ? 1U : 0U) + (row[0] == row[brick_.nz - 1] ? columns - 1 : 0);
    spread(facts, first + y);
  }
  here.fresh = plane.fresh;
  here.count = n;
  sums_.joins += joins;
  // Apart, so that how many there are does not have to be guessed.
  for (std::size_t i = 0; i < n; ++i) {
    const ColumnFacts& facts = here.facts[i];
    if (!facts.copy) gather(facts, facts.columns, kAll ? &here.sequences[i] : nullptr);
  }
}

template <Detail kDetail, bool kWhole>
TERRANE_SWEEP_INLINE void ColumnSweep<kDetail, kWhole>::Sums::add(const ColumnFacts& facts) {
  const std::uint64_t columns = facts.columns;
  runs += columns * facts.runs;
  single_runs += columns * facts.single_runs;
  differing_runs += columns * facts.differing_runs;
  rows_new += facts.copy ? 0 : 1;
  runs_new += facts.copy ? 0 : facts.runs;
  if constexpr (!kAll) return;
  differing_stretches += columns * facts.differing_stretches;
  long_runs += columns * facts.long_runs;
  long_run_voxels += columns * facts.long_run_voxels;
  mono += facts.mono ? columns : 0;
  deep += facts.runs > BrickStats::kDeepColumn ? columns : 0;
  most = std::max<std::uint64_t>(most, facts.runs);
}

// Each with the one before, the first with the first of the x before. Apart from look(), whose writes have
// come to rest by now.
template <Detail kDetail, bool kWhole>
TERRANE_SWEEP void ColumnSweep<kDetail, kWhole>::compare(PlaneColumns& here, const PlaneColumns* across) {
  Sums sums = sums_;
  const ColumnFacts* before = across != nullptr ? &across->facts[0] : nullptr;
  const RunSequence* sequence = across != nullptr ? &across->sequences[0] : nullptr;
  for (std::size_t i = 0; i < here.count; ++i) {
    ColumnFacts& facts = here.facts[i];
    if constexpr (!kAll) {
      sums.add(facts);
      continue;
    }
    const bool same = before != nullptr && facts.runs == before->runs &&
                      same_sequence(here.sequences[i], *sequence, facts.runs);
    if (!facts.copy) facts.mono = same ? before->mono : !recurs(here.sequences[i], facts.runs);
    sums.same_sequence += facts.columns - (same ? 0 : 1);
    sums.add(facts);
    before = &facts;
    sequence = &here.sequences[i];
  }
  sums_ = sums;
}

template <Detail kDetail, bool kWhole>
TERRANE_SWEEP void ColumnSweep<kDetail, kWhole>::sweep(int x, Plane plane) {
  PlaneColumns& here = scratch_.planes[x % 2 == 0 ? 0 : 1];
  PlaneColumns& across = scratch_.planes[x % 2 == 0 ? 1 : 0];
  look(x, plane, here, across);
  compare(here, x > 0 ? &across : nullptr);
  if (x > 0) tell_rest(across);
}

template <Detail kDetail, bool kWhole>
TERRANE_SWEEP void ColumnSweep<kDetail, kWhole>::store(BrickStats& out) {
  tell_rest(scratch_.planes[brick_.nx % 2 == 0 ? 1 : 0]);
  out.equal_faces[2] = out.voxels - sums_.runs;
  out.scan_runs[2] = sums_.runs - sums_.joins;
  out.single_runs = sums_.single_runs;
  out.long_runs[2] = sums_.long_runs;
  out.long_run_voxels[2] = sums_.long_run_voxels;
  out.mono_columns = sums_.mono;
  out.same_sequence_columns = sums_.same_sequence;
  out.deep_columns = sums_.deep;
  out.max_column_runs = sums_.most;
  out.rows_new = sums_.rows_new;
  out.runs_new = sums_.runs_new;
  out.differing_voxels = out.voxels - scratch_.tally.of(predicted_);
  out.differing_stretches = sums_.differing_stretches;
  out.differing_runs = sums_.differing_runs;
}

}  // namespace terrane::detail::TERRANE_SWEEP_SPACE

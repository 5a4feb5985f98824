#include <algorithm>

#include "terrane/analyze/avx2.h"

#if defined(__x86_64__)
namespace terrane::detail {
namespace {

struct ColumnSums {
  std::uint64_t mono = 0, same_sequence = 0, deep = 0, rows_new = 0, runs_new = 0, most = 0;
  std::uint64_t differing_stretches = 0, differing_runs = 0;
};

struct Columns {
  const RowBrick& brick;
  AnalyzeScratch::State& scratch;
  MaterialId predicted;

  std::uint64_t starts(const Stretch& s) const { return scratch.starts[s.row]; }
  const MaterialId* row(const Stretch& s) const { return brick.rows + s.row * 64; }
};

TERRANE_AVX2_INLINE __m128i short_sequence(const Stretch& s) {
  return _mm_load_si128(reinterpret_cast<const __m128i*>(s.materials.data()));
}

// One bit for each of eight lanes that was compared.
TERRANE_AVX2_INLINE std::uint32_t lanes_of(__m128i equal) {
  return static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_packs_epi16(equal, _mm_setzero_si128())));
}

// The materials of the first eight runs; the first again where there are fewer.
TERRANE_AVX2_INLINE __m128i gather_sequence(const MaterialId* row, std::uint64_t starts) {
  const auto next = [&starts, row]() TERRANE_AVX2 {
    const MaterialId material = row[_tzcnt_u64(starts) & 63];
    starts &= starts - 1;
    return static_cast<int>(material);
  };
  __m128i v = _mm_cvtsi32_si128(next());
  v = _mm_insert_epi16(v, next(), 1);
  v = _mm_insert_epi16(v, next(), 2);
  v = _mm_insert_epi16(v, next(), 3);
  v = _mm_insert_epi16(v, next(), 4);
  v = _mm_insert_epi16(v, next(), 5);
  v = _mm_insert_epi16(v, next(), 6);
  return _mm_insert_epi16(v, next(), 7);
}

// Whether two of the first `runs` lanes are equal: each with those one to four lanes on, round the end.
TERRANE_AVX2_INLINE bool short_recurs(__m128i v, int runs) {
  const std::uint32_t used = (1U << runs) - 1, twice = used | used << 8;
  const std::uint32_t found = (lanes_of(_mm_cmpeq_epi16(v, _mm_alignr_epi8(v, v, 2))) & twice >> 1) |
                              (lanes_of(_mm_cmpeq_epi16(v, _mm_alignr_epi8(v, v, 4))) & twice >> 2) |
                              (lanes_of(_mm_cmpeq_epi16(v, _mm_alignr_epi8(v, v, 6))) & twice >> 3) |
                              (lanes_of(_mm_cmpeq_epi16(v, _mm_alignr_epi8(v, v, 8))) & twice >> 4);
  return (found & used) != 0;
}

TERRANE_AVX2 bool long_recurs(const MaterialId* row, std::uint64_t starts, MaterialSet& set) {
  std::uint64_t rest = starts;
  bool fresh = true;
  for (; rest != 0 && fresh; rest &= rest - 1) fresh = set.insert(row[lowest(rest)]);
  for (std::uint64_t done = starts; done != rest; done &= done - 1) set.erase(row[lowest(done)]);
  return !fresh;
}

TERRANE_AVX2 bool same_long_sequence(const MaterialId* a, std::uint64_t a_starts, const MaterialId* b,
                                     std::uint64_t b_starts) {
  for (; a_starts != 0; a_starts &= a_starts - 1, b_starts &= b_starts - 1) {
    if (a[lowest(a_starts)] != b[lowest(b_starts)]) return false;
  }
  return true;
}

TERRANE_AVX2_INLINE bool same_sequence(const Columns& columns, const Stretch& a, const Stretch& b) {
  if (a.runs != b.runs) return false;
  if (lanes_of(_mm_cmpeq_epi16(short_sequence(a), short_sequence(b))) != 0xff) return false;
  return a.runs <= Stretch::kShort ||
         same_long_sequence(columns.row(a), columns.starts(a), columns.row(b), columns.starts(b));
}

// What only the voxels of the row say. `same` says that it has the sequence of the column before, whose
// stretch is `before`.
TERRANE_AVX2_INLINE void describe(const Columns& columns, Stretch& s, const Stretch* before, bool& same) {
  const MaterialId* row = columns.row(s);
  const std::uint64_t starts = columns.starts(s);
  s.runs = static_cast<std::uint8_t>(ones(starts));
  const __m128i sequence = gather_sequence(row, starts);
  _mm_store_si128(reinterpret_cast<__m128i*>(s.materials.data()), sequence);
  std::uint64_t differs, begins;
  if (s.runs <= Stretch::kShort) {
    const __m128i predicted = _mm_set1_epi16(static_cast<short>(columns.predicted));
    begins = (1U << s.runs) - 1;
    differs = begins & ~lanes_of(_mm_cmpeq_epi16(sequence, predicted));
  } else {
    const __m256i predicted = _mm256_set1_epi16(static_cast<short>(columns.predicted));
    const auto equal = [&](int i) TERRANE_AVX2 { return _mm256_cmpeq_epi16(load16(row + i), predicted); };
    const std::uint64_t high = bits_of(equal(32), equal(48));
    begins = starts;
    differs = ~(bits_of(equal(0), equal(16)) | high << 32) & columns.brick.all();
  }
  s.differing_stretches = static_cast<std::uint8_t>(ones(differs & ~(differs << 1)));
  s.differing_runs = static_cast<std::uint8_t>(ones(differs & begins));
  same = before != nullptr && same_sequence(columns, s, *before);
  if (same) {
    s.mono = before->mono;
  } else if (s.runs <= Stretch::kShort) {
    s.mono = !short_recurs(sequence, s.runs);
  } else {
    s.mono = !long_recurs(row, starts, columns.scratch.set);
  }
}

// Finds the stretches of one x: appends them behind `count` others, and returns how many there are then.
TERRANE_AVX2_INLINE int find_stretches(const Columns& columns, int x, int count) {
  const int ny = columns.brick.ny;
  const std::uint64_t all = columns.brick.all();
  std::uint16_t* stretch_of = columns.scratch.stretch_of.data() + (x & 1) * 64;
  for (int y = 0; y < ny; ++y) {
    const auto row = static_cast<std::size_t>(x * ny + y);
    columns.scratch.stretches[static_cast<std::size_t>(count)].row = static_cast<std::uint16_t>(row);
    count += columns.scratch.same_y[row] != all || y == 0 ? 1 : 0;
    stretch_of[y] = static_cast<std::uint16_t>(count - 1);
  }
  return count;
}

// Describes the stretches [begin, end), those of one x.
TERRANE_AVX2_INLINE void sweep_stretches(const Columns& columns, int x, int begin, int end,
                                         ColumnSums& sums) {
  Stretch* all = columns.scratch.stretches.data();
  const int ny = columns.brick.ny, first_row = x * ny;
  const std::uint16_t* across = columns.scratch.stretch_of.data() + (~x & 1) * 64;
  for (int i = begin; i < end; ++i) {
    Stretch& s = all[i];
    const Stretch* before = i > begin ? &s - 1 : x > 0 ? all + across[0] : nullptr;
    bool same;
    if (x > 0 && columns.scratch.same_x[s.row] == columns.brick.all()) {
      const std::uint16_t row = s.row, copy_of = across[row - first_row];
      s = all[copy_of];
      s.row = row;
      s.copy_of = copy_of;
      same = same_sequence(columns, s, *before);
    } else {
      s.copy_of = Stretch::kNone;
      describe(columns, s, before, same);
      ++sums.rows_new;
      sums.runs_new += s.runs;
    }
    s.columns = static_cast<std::uint32_t>((i + 1 < end ? all[i + 1].row : first_row + ny) - s.row);
    sums.same_sequence += s.columns - (same ? 0 : 1);
    sums.mono += s.mono ? s.columns : 0;
    sums.deep += s.runs > BrickStats::kDeepColumn ? s.columns : 0;
    sums.most = std::max(sums.most, std::uint64_t{s.runs});
    sums.differing_stretches += s.columns * s.differing_stretches;
    sums.differing_runs += s.columns * s.differing_runs;
  }
}

// Voxels of each material: each row once, times the columns that are its copies.
TERRANE_AVX2_INLINE void count_materials(const Columns& columns, int count) {
  Stretch* all = columns.scratch.stretches.data();
  Tally& tally = columns.scratch.tally;
  for (int i = count - 1; i >= 0; --i) {
    const Stretch& s = all[i];
    if (s.copy_of != Stretch::kNone) {
      all[s.copy_of].columns += s.columns;
      continue;
    }
    const MaterialId* row = columns.row(s);
    std::uint64_t rest = columns.starts(s);
    for (int z = 0; z < columns.brick.nz;) {
      rest &= rest - 1;
      const int end = rest != 0 ? lowest(rest) : columns.brick.nz;
      tally.add(row[z], static_cast<std::uint32_t>(end - z) * s.columns);
      z = end;
    }
  }
}

}  // namespace

TERRANE_AVX2 void sweep_columns(const RowBrick& brick, MaterialId predicted, AnalyzeScratch::State& scratch,
                                BrickStats& out) {
  const Columns columns{brick, scratch, predicted};
  ColumnSums sums;
  int count = 0;
  for (int x = 0; x < brick.nx; ++x) {
    const int begin = count;
    count = find_stretches(columns, x, begin);
    sweep_stretches(columns, x, begin, count, sums);
  }
  count_materials(columns, count);
  out.mono_columns = sums.mono;
  out.same_sequence_columns = sums.same_sequence;
  out.deep_columns = sums.deep;
  out.max_column_runs = sums.most;
  out.rows_new = sums.rows_new;
  out.runs_new = sums.runs_new;
  out.differing_voxels = out.voxels - scratch.tally.of(predicted);
  out.differing_stretches = sums.differing_stretches;
  out.differing_runs = sums.differing_runs;
}

}  // namespace terrane::detail
#endif

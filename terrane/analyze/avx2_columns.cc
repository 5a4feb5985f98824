#include <algorithm>

#include "terrane/analyze/avx2.h"

#if defined(__x86_64__)
namespace terrane::detail {
namespace {

// Bit i says that a run begins at row[i]. Reads the 64 voxels and no others.
TERRANE_AVX2_INLINE std::uint64_t starts64(const MaterialId* row) {
  // The first group is compared with what follows, for what is before may not be read: its bits are one low.
  const std::uint32_t low = bits_of(_mm256_cmpeq_epi16(load16(row), load16(row + 1)),
                                    _mm256_cmpeq_epi16(load16(row + 16), load16(row + 15)));
  const std::uint32_t high = bits_of(_mm256_cmpeq_epi16(load16(row + 32), load16(row + 31)),
                                     _mm256_cmpeq_epi16(load16(row + 48), load16(row + 47)));
  const std::uint32_t equal = (low & 0xffff) << 1 | (low & 0xffff0000);
  return ~(equal | static_cast<std::uint64_t>(high) << 32);
}

TERRANE_AVX2_INLINE std::uint64_t equal_to(const MaterialId* row, __m256i v) {
  const std::uint64_t low =
      bits_of(_mm256_cmpeq_epi16(load16(row), v), _mm256_cmpeq_epi16(load16(row + 16), v));
  const std::uint64_t high =
      bits_of(_mm256_cmpeq_epi16(load16(row + 32), v), _mm256_cmpeq_epi16(load16(row + 48), v));
  return low | high << 32;
}

TERRANE_AVX2_INLINE __m128i short_sequence(const ColumnFacts& facts) {
  return _mm_load_si128(reinterpret_cast<const __m128i*>(facts.materials.data()));
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
TERRANE_AVX2_INLINE bool short_recurs(__m128i v, std::uint32_t runs) {
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

TERRANE_AVX2 bool same_long_sequence(const ColumnFacts& a, const ColumnFacts& b) {
  for (std::uint64_t i = a.starts, k = b.starts; i != 0; i &= i - 1, k &= k - 1) {
    if (a.row[lowest(i)] != b.row[lowest(k)]) return false;
  }
  return true;
}

TERRANE_AVX2_INLINE bool same_sequence(const ColumnFacts& a, const ColumnFacts& b) {
  if (a.runs != b.runs) return false;
  if (lanes_of(_mm_cmpeq_epi16(short_sequence(a), short_sequence(b))) != 0xff) return false;
  return a.runs <= ColumnFacts::kShort || same_long_sequence(a, b);
}

}  // namespace

TERRANE_AVX2_INLINE void ColumnSweep::describe(const MaterialId* row, ColumnFacts& facts) const {
  const std::uint64_t all = brick_.all(), starts = starts64(row) & all;
  facts.row = row;
  facts.starts = starts;
  facts.runs = static_cast<std::uint32_t>(ones(starts));
  facts.single_runs = static_cast<std::uint32_t>(ones(starts & (starts >> 1 | (all ^ all >> 1))));
  // Seven equalities that follow one another end here; eight do not where a long run is just long enough.
  const std::uint64_t same = ~starts & all, two = same & same << 1, four = two & two << 2,
                      seven = four & four << 3;
  facts.long_runs = static_cast<std::uint32_t>(ones(seven & ~(same << 7)));
  facts.long_run_voxels = static_cast<std::uint32_t>(ones(seven)) + 7 * facts.long_runs;

  const __m128i sequence = gather_sequence(row, starts);
  _mm_store_si128(reinterpret_cast<__m128i*>(facts.materials.data()), sequence);
  std::uint64_t differs, begins;
  if (facts.runs <= ColumnFacts::kShort) {
    begins = (1U << facts.runs) - 1;
    const __m128i predicted = _mm_set1_epi16(static_cast<short>(predicted_));
    differs = begins & ~lanes_of(_mm_cmpeq_epi16(sequence, predicted));
  } else {
    begins = starts;
    const __m256i predicted = _mm256_set1_epi16(static_cast<short>(predicted_));
    differs = ~equal_to(row, predicted) & all;
  }
  facts.differing_stretches = static_cast<std::uint32_t>(ones(differs & ~(differs << 1)));
  facts.differing_runs = static_cast<std::uint32_t>(ones(differs & begins));
}

TERRANE_AVX2_INLINE bool ColumnSweep::mono(const ColumnFacts& facts) const {
  if (short_recurs(short_sequence(facts), std::min<std::uint32_t>(facts.runs, ColumnFacts::kShort)))
    return false;
  return facts.runs <= ColumnFacts::kShort || !long_recurs(facts.row, facts.starts, scratch_.set);
}

// To all columns of a stretch. Most are short: a few are written at once, and those too many are written
// again.
TERRANE_AVX2_INLINE void ColumnSweep::spread(const ColumnFacts& facts, int row, int columns) {
  std::uint64_t* starts = scratch_.starts.data() + row;
  std::uint8_t* tops = scratch_.tops.data() + row;
  const __m256i four = _mm256_set1_epi64x(static_cast<long long>(facts.starts));
  const __m128i sixteen = _mm_set1_epi8(static_cast<char>(63 - __builtin_clzll(facts.starts)));
  for (int i = 0; i < columns; i += 4) _mm256_storeu_si256(reinterpret_cast<__m256i*>(starts + i), four);
  for (int i = 0; i < columns; i += 16) _mm_storeu_si128(reinterpret_cast<__m128i*>(tops + i), sixteen);
}

TERRANE_AVX2_INLINE void ColumnSweep::count(const ColumnFacts& facts, std::uint32_t columns) {
  std::uint64_t rest = facts.starts;
  const auto nz = static_cast<std::uint32_t>(brick_.nz);
  for (std::uint32_t z = 0; z < nz;) {
    rest &= rest - 1;
    const std::uint32_t end = rest != 0 ? static_cast<std::uint32_t>(lowest(rest)) : nz;
    scratch_.tally.add(facts.row[z], (end - z) * columns);
    z = end;
  }
}

TERRANE_AVX2_INLINE void ColumnSweep::Sums::add(const ColumnFacts& facts, std::uint64_t columns) {
  runs += columns * facts.runs;
  single_runs += columns * facts.single_runs;
  long_runs += columns * facts.long_runs;
  long_run_voxels += columns * facts.long_run_voxels;
  mono += facts.mono ? columns : 0;
  deep += facts.runs > BrickStats::kDeepColumn ? columns : 0;
  most = std::max<std::uint64_t>(most, facts.runs);
  differing_stretches += columns * facts.differing_stretches;
  differing_runs += columns * facts.differing_runs;
}

TERRANE_AVX2 void ColumnSweep::sweep(int x, Plane plane) {
  Sums sums = sums_;  // apart from what is written meanwhile
  ColumnFacts* here = scratch_.columns.data() + (x % 2 == 0 ? 0 : 64);
  const ColumnFacts* across = scratch_.columns.data() + (x % 2 == 0 ? 64 : 0);
  const ColumnFacts* before = x > 0 ? across : nullptr;  // of the column before
  const int first = x * brick_.ny, above = brick_.nz - 65;
  for (std::uint64_t rest = plane.fresh; rest != 0;) {
    const int y = lowest(rest);
    rest &= rest - 1;
    const int columns = (rest != 0 ? lowest(rest) : brick_.ny) - y;
    const MaterialId* row = brick_.at(first + y);
    const bool copy = (plane.across >> y & 1) != 0;
    if (copy) {
      *here = across[ones(last_fresh_ & low_bits64(y + 1)) - 1];
    } else {
      describe(row, *here);
      ++sums.rows_new;
      sums.runs_new += here->runs;
    }
    const bool same = before != nullptr && same_sequence(*here, *before);
    if (!copy) here->mono = same ? before->mono : mono(*here);
    sums.same_sequence += static_cast<std::uint64_t>(columns) - (same ? 0 : 1);
    sums.joins += (first + y > 0 && row[0] == row[above] ? 1U : 0U) +
                  (row[0] == row[brick_.nz - 1] ? static_cast<std::uint64_t>(columns) - 1 : 0);
    sums.add(*here, static_cast<std::uint64_t>(columns));
    spread(*here, first + y, columns);
    count(*here, static_cast<std::uint32_t>(columns));
    before = here++;
  }
  sums_ = sums;
  last_fresh_ = plane.fresh;
}

void ColumnSweep::store(BrickStats& out) const {
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

}  // namespace terrane::detail
#endif

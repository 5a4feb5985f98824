#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "terrane/analyze/avx2.h"

#if defined(__x86_64__)
namespace terrane::detail {
namespace {

// Bit i says that a run begins at row[i]. Reads the 64 voxels and no others.
TERRANE_AVX2_INLINE std::uint64_t starts64(const MaterialId* row, const __m256i (&v)[4]) {
  // The first group is compared with what follows, for what is before may not be read: its bits are one low.
  const std::uint32_t low =
      bits_of(_mm256_cmpeq_epi16(v[0], load16(row + 1)), _mm256_cmpeq_epi16(v[1], load16(row + 15)));
  const std::uint32_t high =
      bits_of(_mm256_cmpeq_epi16(v[2], load16(row + 31)), _mm256_cmpeq_epi16(v[3], load16(row + 47)));
  const std::uint32_t equal = (low & 0xffff) << 1 | (low & 0xffff0000);
  return ~(equal | static_cast<std::uint64_t>(high) << 32);
}

TERRANE_AVX2_INLINE std::uint64_t equal_rows(const __m256i (&v)[4], const __m256i (&w)[4]) {
  const std::uint64_t low = bits_of(_mm256_cmpeq_epi16(v[0], w[0]), _mm256_cmpeq_epi16(v[1], w[1]));
  const std::uint64_t high = bits_of(_mm256_cmpeq_epi16(v[2], w[2]), _mm256_cmpeq_epi16(v[3], w[3]));
  return low | high << 32;
}

struct RowSums {
  std::uint64_t starts = 0, same_x = 0, same_y = 0, before = 0, across = 0, joins = 0, singles = 0;
};

// The rows of one x.
template <bool kHasAcross>
TERRANE_AVX2_INLINE void mask_plane(const RowBrick& brick, int x, AnalyzeScratch::State& scratch,
                                    RowSums& sums) {
  const std::uint64_t all = brick.all(), top = all ^ all >> 1;
  const int first = x * brick.ny;
  const MaterialId* row = brick.rows + first * 64;
  __m256i before[4] = {};
  for (int r = first; r < first + brick.ny; ++r, row += 64) {
    const __m256i v[4] = {load16(row), load16(row + 16), load16(row + 32), load16(row + 48)};
    const auto at = static_cast<std::size_t>(r);
    const std::uint64_t starts = starts64(row, v) & all;
    const std::uint64_t same_y = r == first ? 0 : equal_rows(v, before) & all;
    std::uint64_t same_x = 0;
    if constexpr (kHasAcross) {
      const MaterialId* across = row - brick.ny * 64;
      const __m256i w[4] = {load16(across), load16(across + 16), load16(across + 32), load16(across + 48)};
      same_x = equal_rows(v, w) & all;
    }
    scratch.starts[at] = starts;
    scratch.same_x[at] = same_x;
    scratch.same_y[at] = same_y;
    scratch.tops[at] = static_cast<std::uint8_t>(63 - __builtin_clzll(starts));
    sums.starts += ones(starts);
    sums.same_x += ones(same_x);
    sums.same_y += ones(same_y);
    sums.before += same_y == all ? 1 : 0;
    sums.across += same_x == all ? 1 : 0;
    sums.singles += ones(starts & (starts >> 1 | top));
    for (int i = 0; i < 4; ++i) before[i] = v[i];
  }
}

// Runs of at least eight begin or go on where seven equalities follow one another: `all7`; the one more
// before them is `eighth`.
struct LongRuns {
  std::uint64_t windows = 0, runs = 0;
  TERRANE_AVX2_INLINE void see(std::uint64_t all7, std::uint64_t eighth) {
    windows += ones(all7);
    runs += ones(all7 & ~eighth);
  }
  void store(Axis axis, BrickStats& out) const {
    out.long_runs[static_cast<std::size_t>(axis)] = runs;
    out.long_run_voxels[static_cast<std::size_t>(axis)] = windows + 7 * runs;
  }
};

// Of rows [begin, end), where `same` of row r compares it with the one `step` before, and all but the first
// seven rows of a line are among them: no long run ends in those.
TERRANE_AVX2_INLINE void long_runs(const std::uint64_t* same, int begin, int end, int step, LongRuns& sums) {
  constexpr int kChunk = 64;
  std::uint64_t all7[kChunk];
  for (; begin < end; begin += kChunk) {
    const int n = std::min(kChunk, end - begin);
    const std::uint64_t* p = same + begin;
    for (int i = 0; i < n; ++i, ++p) {
      all7[i] = p[0] & p[-step] & p[-2 * step] & p[-3 * step] & p[-4 * step] & p[-5 * step] & p[-6 * step];
    }
    p = same + begin - 7 * step;
    for (int i = 0; i < n; ++i) sums.see(all7[i], p[i]);
  }
}

TERRANE_AVX2_INLINE LongRuns long_runs_up(const std::uint64_t* starts, int rows, std::uint64_t all) {
  LongRuns sums;
  for (int r = 0; r < rows; ++r) {
    const std::uint64_t same = ~starts[r] & all;  // with the voxel below; never bit 0
    const std::uint64_t two = same & same << 1, four = two & two << 2, seven = four & four << 3;
    sums.see(seven, same << 7);
  }
  return sums;
}

// Where a scan goes on from the end of a line to the begin of the next with the same material. Lines along
// an axis of rows: from row `ends` to the voxel above in row `begins`, and past the top to the next pair.
TERRANE_AVX2_INLINE std::uint64_t joins_across(const RowBrick& brick, int begins, int ends, int step,
                                               int pairs) {
  std::uint64_t joins = 0;
  for (int i = 0; i < pairs; ++i) {
    const MaterialId *begin = brick.row(begins + i * step), *end = brick.row(ends + i * step);
    joins += ones(equal64(end, begin + 1) & low_bits64(brick.nz - 1));
    if (i + 1 < pairs) joins += end[brick.nz - 1] == brick.row(begins + (i + 1) * step)[0] ? 1 : 0;
  }
  return joins;
}

std::uint64_t joins_up(const RowBrick& brick) {
  std::uint64_t joins = 0;
  for (const MaterialId *row = brick.rows + 64, *end = brick.rows + brick.count() * 64; row < end;
       row += 64) {
    joins += row[0] == row[brick.nz - 65] ? 1 : 0;
  }
  return joins;
}

TERRANE_AVX2_INLINE void horizon_pairs(const std::uint8_t* a, const std::uint8_t* b, int n, BrickStats& out) {
  out.column_pairs += static_cast<std::uint64_t>(n);
  const __m256i zero = _mm256_setzero_si256(), smooth = _mm256_set1_epi8(BrickStats::kSmoothStep);
  int i = 0;
  for (; i + 32 <= n; i += 32) {
    const __m256i v = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(a + i));
    const __m256i w = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(b + i));
    const __m256i step = _mm256_sub_epi8(_mm256_max_epu8(v, w), _mm256_min_epu8(v, w));
    const __m256i sums = _mm256_sad_epu8(step, zero);
    const __m256i jumps = _mm256_cmpgt_epi8(step, smooth);  // steps are below 64
    const __m128i half = _mm_add_epi64(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
    out.roughness += static_cast<std::uint64_t>(_mm_cvtsi128_si64(half) + _mm_extract_epi64(half, 1));
    out.jumps += ones(static_cast<std::uint32_t>(_mm256_movemask_epi8(jumps)));
  }
  for (; i < n; ++i) {
    const int step = std::abs(a[i] - b[i]);
    out.roughness += static_cast<std::uint64_t>(step);
    out.jumps += step > BrickStats::kSmoothStep ? 1 : 0;
  }
}

// The rows of a lower brick 64 apart, and the last row where there is room behind it.
RowBrick lay_out(const MaterialId* voxels, BrickShape shape, AnalyzeScratch::State& scratch) {
  RowBrick brick{voxels, scratch.last_row.data(), shape.nx, shape.ny, shape.nz};
  const auto nz = static_cast<std::size_t>(shape.nz);
  if (nz < 64) {
    if (scratch.padded.empty()) scratch.padded.resize(kRows * 64);
    for (int r = 0; r < brick.count(); ++r) {
      std::memcpy(scratch.padded.data() + r * 64, voxels + static_cast<std::size_t>(r) * nz,
                  nz * sizeof(MaterialId));
    }
    brick.rows = scratch.padded.data();
  }
  std::memcpy(scratch.last_row.data(), brick.rows + (brick.count() - 1) * 64, nz * sizeof(MaterialId));
  return brick;
}

}  // namespace

TERRANE_AVX2 void sweep_rows(const RowBrick& brick, AnalyzeScratch::State& scratch, BrickStats& out) {
  RowSums sums;
  mask_plane<false>(brick, 0, scratch, sums);
  for (int x = 1; x < brick.nx; ++x) mask_plane<true>(brick, x, scratch, sums);

  const auto nx = static_cast<std::uint64_t>(brick.nx), ny = static_cast<std::uint64_t>(brick.ny),
             nz = static_cast<std::uint64_t>(brick.nz);
  out.columns = nx * ny;
  out.faces = {(nx - 1) * ny * nz, nx * (ny - 1) * nz, nx * ny * (nz - 1)};
  out.equal_faces = {sums.same_x, sums.same_y, out.voxels - sums.starts};
  out.rows_before = sums.before;
  out.rows_across = sums.across;
  out.single_runs = sums.singles;
  out.scan_runs = {out.voxels - sums.same_x - joins_across(brick, 0, (brick.nx - 1) * brick.ny, 1, brick.ny),
                   out.voxels - sums.same_y - joins_across(brick, 0, brick.ny - 1, brick.ny, brick.nx),
                   sums.starts - joins_up(brick)};
  LongRuns along_x, along_y;
  long_runs(scratch.same_x.data(), 7 * brick.ny, brick.count(), brick.ny, along_x);
  for (int begin = 0; begin < brick.count(); begin += brick.ny) {
    long_runs(scratch.same_y.data(), begin + 7, begin + brick.ny, 1, along_y);
  }
  along_x.store(Axis::kX, out);
  along_y.store(Axis::kY, out);
  long_runs_up(scratch.starts.data(), brick.count(), brick.all()).store(Axis::kZ, out);

  const std::uint8_t* tops = scratch.tops.data();
  for (int x = 0; x < brick.nx; ++x, tops += brick.ny) {
    horizon_pairs(tops, tops + 1, brick.ny - 1, out);
    if (x > 0) horizon_pairs(tops - brick.ny, tops, brick.ny, out);
  }
}

void analyze_avx2(const MaterialId* voxels, BrickShape shape, MaterialId predicted,
                  AnalyzeScratch::State& scratch, BrickStats& out) {
  const RowBrick brick = lay_out(voxels, shape, scratch);
  sweep_rows(brick, scratch, out);
  sweep_columns(brick, predicted, scratch, out);
  sweep_octree(brick, scratch, out);
  sweep_morton(brick, scratch, out);
}

}  // namespace terrane::detail
#endif

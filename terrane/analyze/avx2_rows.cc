#include <algorithm>

#include "terrane/analyze/avx2.h"

#if defined(__x86_64__)
namespace terrane::detail {
namespace {

TERRANE_AVX2_INLINE std::uint64_t equal_rows(const __m256i (&v)[4], const __m256i (&w)[4]) {
  const std::uint64_t low = bits_of(_mm256_cmpeq_epi16(v[0], w[0]), _mm256_cmpeq_epi16(v[1], w[1]));
  const std::uint64_t high = bits_of(_mm256_cmpeq_epi16(v[2], w[2]), _mm256_cmpeq_epi16(v[3], w[3]));
  return low | high << 32;
}

template <bool kHasAcross>
TERRANE_AVX2_INLINE Plane compare(const RowBrick& brick, int x, AnalyzeScratch::State& scratch,
                                  BrickStats& out) {
  const std::uint64_t all = brick.all();
  const int ny = brick.ny;
  const int first = x * ny;
  const MaterialId* row = brick.at(first);
  const std::ptrdiff_t back = std::ptrdiff_t{ny} * 64;
  std::uint64_t* same_x = scratch.same_x.data() + first;
  std::uint64_t* same_y = scratch.same_y.data() + first;
  std::uint64_t sum_x = 0, sum_y = 0, fresh = 0, across = 0;
  __m256i before[4] = {};
  for (int y = 0; y < ny; ++y, row += 64) {
    const __m256i v[4] = {load16(row), load16(row + 16), load16(row + 32), load16(row + 48)};
    const std::uint64_t equal_y = y > 0 ? equal_rows(v, before) & all : 0;
    same_y[y] = equal_y;
    sum_y += ones(equal_y);
    fresh |= std::uint64_t{equal_y != all} << y;
    if constexpr (kHasAcross) {
      const MaterialId* w = row - back;
      const std::uint64_t equal_x =
          equal_rows(v, {load16(w), load16(w + 16), load16(w + 32), load16(w + 48)}) & all;
      same_x[y] = equal_x;
      sum_x += ones(equal_x);
      across |= std::uint64_t{equal_x == all} << y;
    } else {
      same_x[y] = 0;
    }
    for (int i = 0; i < 4; ++i) before[i] = v[i];
  }
  out.equal_faces[0] += sum_x;
  out.equal_faces[1] += sum_y;
  out.rows_before += static_cast<std::uint64_t>(ny) - ones(fresh);
  out.rows_across += ones(across);
  return {fresh, across};
}

// Runs of at least eight: where seven equalities follow one another ends a window, and one where there are
// not eight is the first of its run.
struct LongRuns {
  std::uint64_t windows = 0, runs = 0;
  void store(Axis axis, BrickStats& out) const {
    out.long_runs[static_cast<std::size_t>(axis)] = runs;
    out.long_run_voxels[static_cast<std::size_t>(axis)] = windows + 7 * runs;
  }
};

TERRANE_AVX2_INLINE __m256i load4(const std::uint64_t* from) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
}

TERRANE_AVX2_INLINE void store4(std::uint64_t (&to)[4], __m256i v) {
  _mm256_store_si256(reinterpret_cast<__m256i*>(to), v);
}

// Of rows [begin, end), where `same` of row r compares it with the one `step` before, and all but the first
// seven rows of a line are among them: no long run ends in those.
TERRANE_AVX2_INLINE void long_runs(const std::uint64_t* same, int begin, int end, std::ptrdiff_t step,
                                   LongRuns& sums) {
  alignas(32) std::uint64_t ends[4], firsts[4];
  int r = begin;
  for (; r + 4 <= end; r += 4) {
    const std::uint64_t* p = same + r;
    __m256i seven = load4(p);
    for (int i = 1; i < 7; ++i) seven = _mm256_and_si256(seven, load4(p - i * step));
    store4(ends, seven);
    store4(firsts, _mm256_andnot_si256(load4(p - 7 * step), seven));
    for (int i = 0; i < 4; ++i) {
      sums.windows += ones(ends[i]);
      sums.runs += ones(firsts[i]);
    }
  }
  for (; r < end; ++r) {
    const std::uint64_t* p = same + r;
    std::uint64_t seven = p[0];
    for (int i = 1; i < 7; ++i) seven &= p[-i * step];
    sums.windows += ones(seven);
    sums.runs += ones(seven & ~p[-7 * step]);
  }
}

// Where a scan goes on from the end of a line to the begin of the next with the same material. Lines along
// an axis of rows: from row `ends` to the voxel above in row `begins`, and past the top to the next pair.
TERRANE_AVX2_INLINE std::uint64_t joins(const RowBrick& brick, int begins, int ends, int step, int pairs) {
  std::uint64_t sum = 0;
  for (int i = 0; i < pairs; ++i) {
    const MaterialId *begin = brick.row(begins + i * step), *end = brick.row(ends + i * step);
    sum += ones(equal64(end, begin + 1) & low_bits64(brick.nz - 1));
    if (i + 1 < pairs) sum += end[brick.nz - 1] == brick.row(begins + (i + 1) * step)[0] ? 1 : 0;
  }
  return sum;
}

// Steps between the horizons of `n` pairs, the tops of each 0..63.
class Horizons {
 public:
  TERRANE_AVX2_INLINE void see(const std::uint8_t* a, const std::uint8_t* b, int n) {
    const __m256i places = _mm256_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18,
                                            19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31);
    for (int i = 0; i < n; i += 32) {
      const __m256i v = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(a + i));
      const __m256i w = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(b + i));
      const __m256i count = _mm256_set1_epi8(static_cast<char>(std::min(n - i, 32)));
      const __m256i step =
          _mm256_and_si256(_mm256_abs_epi8(_mm256_sub_epi8(v, w)), _mm256_cmpgt_epi8(count, places));
      const __m256i jumps = _mm256_cmpgt_epi8(step, _mm256_set1_epi8(BrickStats::kSmoothStep));
      sums_ = _mm256_add_epi64(sums_, _mm256_sad_epu8(step, _mm256_setzero_si256()));
      jumps_ += ones(static_cast<std::uint32_t>(_mm256_movemask_epi8(jumps)));
    }
    pairs_ += static_cast<std::uint64_t>(n);
  }
  TERRANE_AVX2_INLINE void store(BrickStats& out) const {
    alignas(32) std::uint64_t sums[4];
    store4(sums, sums_);
    out.roughness = sums[0] + sums[1] + sums[2] + sums[3];
    out.column_pairs = pairs_;
    out.jumps = jumps_;
  }

 private:
  __m256i sums_{};
  std::uint64_t pairs_ = 0, jumps_ = 0;
};

}  // namespace

TERRANE_AVX2 Plane compare_plane(const RowBrick& brick, int x, AnalyzeScratch::State& scratch,
                                 BrickStats& out) {
  return x > 0 ? compare<true>(brick, x, scratch, out) : compare<false>(brick, x, scratch, out);
}

TERRANE_AVX2 void sweep_lines(const RowBrick& brick, const AnalyzeScratch::State& scratch, BrickStats& out) {
  const auto nx = static_cast<std::uint64_t>(brick.nx), ny = static_cast<std::uint64_t>(brick.ny),
             nz = static_cast<std::uint64_t>(brick.nz);
  out.columns = nx * ny;
  out.faces = {(nx - 1) * ny * nz, nx * (ny - 1) * nz, nx * ny * (nz - 1)};
  out.scan_runs[0] =
      out.voxels - out.equal_faces[0] - joins(brick, 0, (brick.nx - 1) * brick.ny, 1, brick.ny);
  out.scan_runs[1] = out.voxels - out.equal_faces[1] - joins(brick, 0, brick.ny - 1, brick.ny, brick.nx);
  LongRuns along_x, along_y;
  long_runs(scratch.same_x.data(), 7 * brick.ny, brick.count(), brick.ny, along_x);
  for (int begin = 0; begin < brick.count(); begin += brick.ny) {
    long_runs(scratch.same_y.data(), begin + 7, begin + brick.ny, 1, along_y);
  }
  along_x.store(Axis::kX, out);
  along_y.store(Axis::kY, out);

  Horizons horizons;
  const std::uint8_t* tops = scratch.tops.data();
  horizons.see(tops, tops + brick.ny, brick.count() - brick.ny);
  for (int x = 0; x < brick.nx; ++x, tops += brick.ny) horizons.see(tops, tops + 1, brick.ny - 1);
  horizons.store(out);
}

}  // namespace terrane::detail
#endif

#pragma once

#include <algorithm>
#include <array>

#include "terrane/analyze/sweep.h"

// What lines across the columns say: which voxels equal those beside them, and what follows from it.
namespace terrane::detail::TERRANE_SWEEP_SPACE {

// The rows of one x, bit by y: that differ from the row before, and that equal the row across. The first row
// differs.
struct Plane {
  std::uint64_t fresh = 0, across = 0;
};

// Masks of same_x and same_y of one x into the scratch.
template <bool kHasAcross>
TERRANE_SWEEP Plane compare_plane(const RowBrick& brick, int x, AnalyzeScratch::State& scratch,
                                  BrickStats& out) {
  const std::uint64_t all = brick.all();
  const int ny = brick.ny, first = x * ny;
  const MaterialId* row = brick.at(first);
  const std::ptrdiff_t back = std::ptrdiff_t{ny} * 64;
  std::uint64_t* same_x = scratch.same_x.data() + first;
  std::uint64_t* same_y = scratch.same_y.data() + first;
  std::uint64_t sum_x = 0, sum_y = 0, fresh = 0, across = 0;
  Row64 before = load_row(row);
  for (int y = 0; y < ny; ++y, row += 64) {
    const Row64 here = load_row(row);
    const std::uint64_t equal_y = y > 0 ? equal64(here, before) & all : 0;
    same_y[y] = equal_y;
    sum_y += ones(equal_y);
    fresh |= std::uint64_t{equal_y != all} << y;
    if constexpr (kHasAcross) {
      const std::uint64_t equal_x = equal64(here, load_row(row - back)) & all;
      same_x[y] = equal_x;
      sum_x += ones(equal_x);
      across |= std::uint64_t{equal_x == all} << y;
    } else {
      same_x[y] = 0;
    }
    before = here;
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

// Of rows [begin, end), where `same` of row r compares it with the one `step` before, and all but the first
// seven rows of a line are among them: no long run ends in those.
TERRANE_SWEEP_INLINE void add_long_runs(const std::uint64_t* same, int begin, int end, std::ptrdiff_t step,
                                        LongRuns& sums) {
  constexpr int kTogether = 8;  // vectors, to a compiler
  std::array<std::uint64_t, kTogether> ends, firsts;
  for (int r = begin; r < end; r += kTogether) {
    const int n = std::min(kTogether, end - r);
    const std::uint64_t* p = same + r;
    // What is behind the last row may be read.
    for (int i = 0; i < kTogether; ++i, ++p) {
      const auto u = static_cast<std::size_t>(i);
      ends[u] = p[0] & p[-step] & p[-2 * step] & p[-3 * step] & p[-4 * step] & p[-5 * step] & p[-6 * step];
      firsts[u] = ends[u] & ~p[-7 * step];
    }
    for (std::size_t i = 0; i < static_cast<std::size_t>(n); ++i) {
      sums.windows += ones(ends[i]);
      sums.runs += ones(firsts[i]);
    }
  }
}

// Where a scan goes on from the end of a line to the begin of the next with the same material. Lines along
// an axis of rows: from row `ends` to the voxel above in row `begins`, and past the top to the next pair.
TERRANE_SWEEP_INLINE std::uint64_t joins(const RowBrick& brick, int begins, int ends, int step, int pairs) {
  std::uint64_t sum = 0;
  for (int i = 0; i < pairs; ++i) {
    const MaterialId *begin = brick.row(begins + i * step), *end = brick.row(ends + i * step);
    sum += ones(equal64(end, begin + 1) & low_bits64(brick.nz - 1));
    if (i + 1 < pairs) sum += end[brick.nz - 1] == brick.row(begins + (i + 1) * step)[0] ? 1 : 0;
  }
  return sum;
}

// Steps between the horizons of neighbours.
TERRANE_SWEEP void sweep_horizons(const RowBrick& brick, const AnalyzeScratch::State& scratch,
                                  BrickStats& out) {
  const std::uint8_t* tops = scratch.tops.data();
  for (int x = 0; x < brick.nx; ++x, tops += brick.ny) {
    if (x > 0)
      out.jumps += add_steps(tops - brick.ny, tops, brick.ny, BrickStats::kSmoothStep, out.roughness);
    out.jumps += add_steps(tops, tops + 1, brick.ny - 1, BrickStats::kSmoothStep, out.roughness);
  }
  out.column_pairs = static_cast<std::uint64_t>((brick.nx - 1) * brick.ny) +
                     static_cast<std::uint64_t>(brick.nx * (brick.ny - 1));
}

// How scans go on from line to line; and what there is to go on from.
TERRANE_SWEEP void sweep_scans(const RowBrick& brick, BrickStats& out) {
  const auto nx = static_cast<std::uint64_t>(brick.nx), ny = static_cast<std::uint64_t>(brick.ny),
             nz = static_cast<std::uint64_t>(brick.nz);
  out.columns = nx * ny;
  out.faces = {(nx - 1) * ny * nz, nx * (ny - 1) * nz, nx * ny * (nz - 1)};
  out.scan_runs[0] =
      out.voxels - out.equal_faces[0] - joins(brick, 0, (brick.nx - 1) * brick.ny, 1, brick.ny);
  out.scan_runs[1] = out.voxels - out.equal_faces[1] - joins(brick, 0, brick.ny - 1, brick.ny, brick.nx);
}

// From the masks and tops of the whole brick.
TERRANE_SWEEP void sweep_lines(const RowBrick& brick, const AnalyzeScratch::State& scratch, BrickStats& out) {
  LongRuns along_x, along_y;
  add_long_runs(scratch.same_x.data(), 7 * brick.ny, brick.count(), brick.ny, along_x);
  for (int begin = 0; begin < brick.count(); begin += brick.ny) {
    add_long_runs(scratch.same_y.data(), begin + 7, begin + brick.ny, 1, along_y);
  }
  along_x.store(Axis::kX, out);
  along_y.store(Axis::kY, out);
  sweep_horizons(brick, scratch, out);
}

}  // namespace terrane::detail::TERRANE_SWEEP_SPACE

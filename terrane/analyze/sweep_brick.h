#pragma once

#include <cstring>

#include "terrane/analyze/sweep_columns.h"
#include "terrane/analyze/sweep_lines.h"
#include "terrane/analyze/sweep_octree.h"

namespace terrane::detail::TERRANE_SWEEP_SPACE {

// The rows of a lower brick 64 apart, and the last row where there is room behind it.
TERRANE_SWEEP RowBrick lay_out(const MaterialId* voxels, BrickShape shape, AnalyzeScratch::State& scratch) {
  RowBrick brick{voxels, scratch.last_row.data(), shape.nx, shape.ny, shape.nz};
  const auto nz = static_cast<std::size_t>(shape.nz);
  if (nz < 64) {
    if (scratch.padded.empty()) scratch.padded.resize(kRows * 64);
    for (int r = 0; r < brick.count(); ++r) {
      std::memcpy(scratch.padded.data() + static_cast<std::size_t>(r) * 64,
                  voxels + static_cast<std::size_t>(r) * nz, nz * sizeof(MaterialId));
    }
    brick.rows = scratch.padded.data();
  }
  std::memcpy(scratch.last_row.data(), brick.at(brick.count() - 1), nz * sizeof(MaterialId));
  return brick;
}

// As much as can be is done while the rows of one x, and of the one before, are near.
template <Detail kDetail, bool kWhole>
TERRANE_SWEEP void sweep_rows(const RowBrick& brick, MaterialId predicted, AnalyzeScratch::State& scratch,
                              BrickStats& out) {
  ColumnSweep<kDetail, kWhole> columns(brick, predicted, scratch);
  out.morton_runs = 1;
  for (int x = 0; x < brick.nx; ++x) {
    columns.sweep(x, x > 0 ? compare_plane<true>(brick, x, scratch, out)
                           : compare_plane<false>(brick, x, scratch, out));
    const bool last = x + 1 == brick.nx;
    if (x % 2 == 1 || last) out.morton_runs += morton_changes(brick, scratch, 1, x / 2 * 2);
    if (x % 4 == 3 || last) out.morton_runs += morton_changes(brick, scratch, 2, x / 4 * 4);
  }
  columns.store(out);
}

TERRANE_SWEEP void sweep_brick(const MaterialId* voxels, BrickShape shape, MaterialId predicted,
                               Detail detail, AnalyzeScratch::State& scratch, BrickStats& out) {
  const RowBrick brick = lay_out(voxels, shape, scratch);
  const bool whole = brick.nz == 64;
  if (detail == Detail::kAll) {
    whole ? sweep_rows<Detail::kAll, true>(brick, predicted, scratch, out)
          : sweep_rows<Detail::kAll, false>(brick, predicted, scratch, out);
  } else {
    whole ? sweep_rows<Detail::kChoice, true>(brick, predicted, scratch, out)
          : sweep_rows<Detail::kChoice, false>(brick, predicted, scratch, out);
  }
  for (int side = 4; side <= 32; side *= 2) {
    for (int x = 0; x < brick.nx; x += 2 * side) {
      out.morton_runs += morton_changes(brick, scratch, side, x);
    }
  }
  sweep_octree(brick, scratch, out);
  sweep_scans(brick, out);
  if (detail == Detail::kAll) sweep_lines(brick, scratch, out);
}

}  // namespace terrane::detail::TERRANE_SWEEP_SPACE

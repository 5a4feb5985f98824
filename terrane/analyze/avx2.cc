#include "terrane/analyze/avx2.h"

#include <cstring>

#if defined(__x86_64__)
namespace terrane::detail {
namespace {

// The rows of a lower brick 64 apart, and the last row where there is room behind it.
RowBrick lay_out(const MaterialId* voxels, BrickShape shape, AnalyzeScratch::State& scratch) {
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

}  // namespace

// As much as can be is done while the rows of one x, and of the one before, are near.
void analyze_avx2(const MaterialId* voxels, BrickShape shape, MaterialId predicted,
                  AnalyzeScratch::State& scratch, BrickStats& out) {
  const RowBrick brick = lay_out(voxels, shape, scratch);
  ColumnSweep columns(brick, predicted, scratch);
  out.morton_runs = 1;
  for (int x = 0; x < brick.nx; ++x) {
    columns.sweep(x, compare_plane(brick, x, scratch, out));
    const bool last = x + 1 == brick.nx;
    if (x % 2 == 1 || last) out.morton_runs += morton_changes(brick, scratch, 1, x / 2 * 2);
    if (x % 4 == 3 || last) out.morton_runs += morton_changes(brick, scratch, 2, x / 4 * 4);
  }
  columns.store(out);
  for (int side = 4; side <= 32; side *= 2) {
    for (int x = 0; x < brick.nx; x += 2 * side) {
      out.morton_runs += morton_changes(brick, scratch, side, x);
    }
  }
  sweep_octree(brick, scratch, out);
  sweep_lines(brick, scratch, out);
}

}  // namespace terrane::detail
#endif

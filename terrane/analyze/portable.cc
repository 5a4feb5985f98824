#include <algorithm>
#include <cstdlib>
#include <vector>

#include "terrane/analyze/scratch.h"

// What the statistics mean, voxel by voxel. The fast twin is held against this.
namespace terrane::detail {
namespace {

constexpr std::size_t index(Axis axis) {
  return static_cast<std::size_t>(axis);
}

class Portable {
 public:
  Portable(const MaterialId* voxels, BrickShape shape, AnalyzeScratch::State& scratch, BrickStats& out)
      : voxels_(voxels), size_{shape.nx, shape.ny, shape.nz}, scratch_(scratch), out_(out) {}

  void lines(Axis axis);
  void octree();
  void columns();
  void rows();
  void horizons();
  void differences(MaterialId predicted);

 private:
  MaterialId at(int x, int y, int z) const { return voxels_[(x * size_[1] + y) * size_[2] + z]; }
  const MaterialId* row(int x, int y) const { return voxels_ + std::ptrdiff_t{x * size_[1] + y} * size_[2]; }
  void line_ended(Axis axis, int run);
  bool octree_cube(int x, int y, int z, int level);
  bool same_row(const MaterialId* a, const MaterialId* b) const { return std::equal(a, a + size_[2], b); }
  int runs_of(const MaterialId* row) const;
  bool same_sequence(const MaterialId* a, const MaterialId* b) const;
  bool recurs(const MaterialId* row);
  int top_of(const MaterialId* row) const;
  void horizon_pair(const MaterialId* a, const MaterialId* b);

  const MaterialId* voxels_;
  std::array<int, 3> size_;
  AnalyzeScratch::State& scratch_;
  BrickStats& out_;
  MaterialId last_in_morton_ = 0;
};

void Portable::line_ended(Axis axis, int run) {
  if (run >= BrickStats::kLongRun) {
    ++out_.long_runs[index(axis)];
    out_.long_run_voxels[index(axis)] += static_cast<std::uint64_t>(run);
  }
  if (axis == Axis::kZ && run == 1) ++out_.single_runs;
}

void Portable::lines(Axis axis) {
  const std::size_t a = index(axis);
  const std::array<std::ptrdiff_t, 3> stride = {std::ptrdiff_t{size_[1]} * size_[2], size_[2], 1};
  const std::size_t b = axis == Axis::kX ? 1 : 0, c = axis == Axis::kZ ? 1 : 2;
  const MaterialId* last = nullptr;  // where the scan was
  for (int j = 0; j < size_[b]; ++j) {
    for (int k = 0; k < size_[c]; ++k) {
      int run = 0;
      for (int i = 0; i < size_[a]; ++i) {
        const MaterialId* here = voxels_ + i * stride[a] + j * stride[b] + k * stride[c];
        const bool goes_on = last != nullptr && *last == *here;
        last = here;
        out_.scan_runs[a] += goes_on ? 0 : 1;
        if (i > 0) {
          ++out_.faces[a];
          out_.equal_faces[a] += goes_on ? 1 : 0;
        }
        if (i > 0 && !goes_on) line_ended(axis, std::exchange(run, 0));
        ++run;
      }
      line_ended(axis, run);
    }
  }
}

// Visits a cube's voxels in Morton order; whether they are equal.
bool Portable::octree_cube(int x, int y, int z, int level) {
  const auto l = static_cast<std::size_t>(level);
  ++out_.cubes[l];
  bool uniform = true;
  std::uint64_t children = 0;
  if (level == BrickStats::kLevels - 1) {
    const MaterialId here = at(x, y, z);
    out_.morton_runs += out_.morton_runs == 0 || here != last_in_morton_ ? 1 : 0;
    last_in_morton_ = here;
  } else {
    const int half = 32 >> level;
    for (int child = 0; child < 8; ++child) {
      const int cx = x + (child & 1) * half, cy = y + (child >> 1 & 1) * half, cz = z + (child >> 2) * half;
      if (cx >= size_[0] || cy >= size_[1] || cz >= size_[2]) continue;
      ++children;
      uniform &= octree_cube(cx, cy, cz, level + 1);
      uniform &= at(cx, cy, cz) == at(x, y, z);
    }
  }
  out_.uniform_cubes[l] += uniform ? 1 : 0;
  if (!uniform) out_.octree_nodes[l + 1] += children;
  return uniform;
}

void Portable::octree() {
  out_.octree_nodes[0] = 1;
  octree_cube(0, 0, 0, 0);
}

int Portable::runs_of(const MaterialId* row) const {
  int runs = 1;
  for (int z = 1; z < size_[2]; ++z) runs += row[z] != row[z - 1] ? 1 : 0;
  return runs;
}

bool Portable::same_sequence(const MaterialId* a, const MaterialId* b) const {
  const int n = size_[2];
  for (int i = 0, k = 0;;) {
    if (a[i] != b[k]) return false;
    const MaterialId material = a[i];
    while (i < n && a[i] == material) ++i;
    while (k < n && b[k] == material) ++k;
    if (i == n || k == n) return i == k;
  }
}

bool Portable::recurs(const MaterialId* row) {
  bool recurs = false;
  for (int z = 0; z < size_[2]; ++z) {
    if (z == 0 || row[z] != row[z - 1]) recurs |= !scratch_.set.insert(row[z]);
  }
  for (int z = 0; z < size_[2]; ++z) scratch_.set.erase(row[z]);
  return recurs;
}

void Portable::columns() {
  for (int x = 0; x < size_[0]; ++x) {
    for (int y = 0; y < size_[1]; ++y) {
      const MaterialId* here = row(x, y);
      const int runs = runs_of(here);
      ++out_.columns;
      out_.mono_columns += recurs(here) ? 0 : 1;
      out_.deep_columns += runs > BrickStats::kDeepColumn ? 1 : 0;
      out_.max_column_runs = std::max(out_.max_column_runs, static_cast<std::uint64_t>(runs));
      if (x > 0 || y > 0) {
        const MaterialId* previous = y > 0 ? row(x, y - 1) : row(x - 1, y);
        out_.same_sequence_columns += same_sequence(here, previous) ? 1 : 0;
      }
    }
  }
}

void Portable::rows() {
  for (int x = 0; x < size_[0]; ++x) {
    for (int y = 0; y < size_[1]; ++y) {
      const bool before = y > 0 && same_row(row(x, y), row(x, y - 1));
      const bool across = x > 0 && same_row(row(x, y), row(x - 1, y));
      out_.rows_before += before ? 1 : 0;
      out_.rows_across += across ? 1 : 0;
      if (before || across) continue;
      ++out_.rows_new;
      out_.runs_new += static_cast<std::uint64_t>(runs_of(row(x, y)));
    }
  }
}

int Portable::top_of(const MaterialId* row) const {
  int z = size_[2] - 1;
  while (z > 0 && row[z - 1] == row[z]) --z;
  return z;
}

void Portable::horizon_pair(const MaterialId* a, const MaterialId* b) {
  const int step = std::abs(top_of(a) - top_of(b));
  ++out_.column_pairs;
  out_.roughness += static_cast<std::uint64_t>(step);
  out_.jumps += step > BrickStats::kSmoothStep ? 1 : 0;
}

void Portable::horizons() {
  for (int x = 0; x < size_[0]; ++x) {
    for (int y = 0; y < size_[1]; ++y) {
      if (y > 0) horizon_pair(row(x, y - 1), row(x, y));
      if (x > 0) horizon_pair(row(x - 1, y), row(x, y));
    }
  }
}

void Portable::differences(MaterialId predicted) {
  for (int x = 0; x < size_[0]; ++x) {
    for (int y = 0; y < size_[1]; ++y) {
      const MaterialId* here = row(x, y);
      for (int z = 0; z < size_[2]; ++z) {
        scratch_.tally.add(here[z], 1);
        if (here[z] == predicted) continue;
        ++out_.differing_voxels;
        if (z == 0 || here[z - 1] != here[z]) ++out_.differing_runs;
        if (z == 0 || here[z - 1] == predicted) ++out_.differing_stretches;
      }
    }
  }
}

}  // namespace

void analyze_portable(const MaterialId* voxels, BrickShape shape, MaterialId predicted,
                      AnalyzeScratch::State& scratch, BrickStats& out) {
  Portable pass(voxels, shape, scratch, out);
  for (const Axis axis : {Axis::kX, Axis::kY, Axis::kZ}) pass.lines(axis);
  pass.octree();
  pass.columns();
  pass.rows();
  pass.horizons();
  pass.differences(predicted);
}

}  // namespace terrane::detail

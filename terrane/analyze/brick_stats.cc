#include "terrane/analyze/brick_stats.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace terrane {
namespace {

using Counts = std::vector<std::pair<MaterialId, std::uint64_t>>;

constexpr std::size_t at(Axis axis) {
  return static_cast<std::size_t>(axis);
}

double ratio(std::uint64_t part, std::uint64_t whole, double of_nothing) {
  return whole == 0 ? of_nothing : static_cast<double>(part) / static_cast<double>(whole);
}

template <std::size_t kSize>
void add_each(std::array<std::uint64_t, kSize>& to, const std::array<std::uint64_t, kSize>& from,
              std::uint64_t times) {
  for (std::size_t i = 0; i < kSize; ++i) to[i] += from[i] * times;
}

// Merges from the back, within the room that the sum needs anyhow.
void add_counts(Counts& to, const Counts& from, std::uint64_t times) {
  std::size_t fresh = 0;
  auto known = to.cbegin();
  for (const auto& [material, count] : from) {
    while (known != to.cend() && known->first < material) ++known;
    fresh += known == to.cend() || known->first != material ? 1 : 0;
  }
  std::size_t i = to.size(), k = from.size();
  to.resize(to.size() + fresh);
  for (std::size_t end = to.size(); k > 0; --end) {
    if (i > 0 && to[i - 1].first > from[k - 1].first) {
      to[end - 1] = to[--i];
    } else {
      const bool both = i > 0 && to[i - 1].first == from[k - 1].first;
      const std::uint64_t before = both ? to[--i].second : 0;
      --k;
      to[end - 1] = {from[k].first, before + from[k].second * times};
    }
  }
}

// The two largest counts.
std::pair<std::uint64_t, std::uint64_t> largest(const Counts& counts) {
  std::uint64_t first = 0, second = 0;
  for (const auto& [material, count] : counts) {
    second = std::max(second, std::min(first, count));
    first = std::max(first, count);
  }
  return {first, second};
}

}  // namespace

std::string_view name(ScanOrder order) {
  switch (order) {
    case ScanOrder::kX:
      return "x";
    case ScanOrder::kY:
      return "y";
    case ScanOrder::kZ:
      return "z";
    case ScanOrder::kMorton:
      return "morton";
  }
  return "?";
}

void BrickStats::add(const BrickStats& other, std::uint64_t times) {
  if (times == 0) return;
  bricks += other.bricks * times;
  uniform_bricks += other.uniform_bricks * times;
  voxels += other.voxels * times;
  add_counts(materials, other.materials, times);
  add_each(faces, other.faces, times);
  add_each(equal_faces, other.equal_faces, times);
  add_each(scan_runs, other.scan_runs, times);
  morton_runs += other.morton_runs * times;
  add_each(long_runs, other.long_runs, times);
  add_each(long_run_voxels, other.long_run_voxels, times);
  single_runs += other.single_runs * times;
  add_each(cubes, other.cubes, times);
  add_each(uniform_cubes, other.uniform_cubes, times);
  add_each(octree_nodes, other.octree_nodes, times);
  columns += other.columns * times;
  mono_columns += other.mono_columns * times;
  same_sequence_columns += other.same_sequence_columns * times;
  deep_columns += other.deep_columns * times;
  max_column_runs = std::max(max_column_runs, other.max_column_runs);
  rows_before += other.rows_before * times;
  rows_across += other.rows_across * times;
  rows_new += other.rows_new * times;
  runs_new += other.runs_new * times;
  column_pairs += other.column_pairs * times;
  roughness += other.roughness * times;
  jumps += other.jumps * times;
  differing_voxels += other.differing_voxels * times;
  differing_stretches += other.differing_stretches * times;
  differing_runs += other.differing_runs * times;
}

// Each voxel begins a run unless it equals the one before it on its line.
std::uint64_t BrickStats::runs(Axis axis) const {
  return voxels - equal_faces[at(axis)];
}

std::uint64_t BrickStats::runs(ScanOrder order) const {
  return order == ScanOrder::kMorton ? morton_runs : scan_runs[static_cast<std::size_t>(order)];
}

ScanOrder BrickStats::best_order() const {
  ScanOrder best = ScanOrder::kZ;
  for (const ScanOrder order : {ScanOrder::kX, ScanOrder::kY, ScanOrder::kMorton}) {
    if (runs(order) < runs(best)) best = order;
  }
  return best;
}

MaterialId BrickStats::dominant_material() const {
  const auto most = std::max_element(materials.begin(), materials.end(),
                                     [](const auto& a, const auto& b) { return a.second < b.second; });
  return most == materials.end() ? kUnknown : most->first;
}

double BrickStats::dominant_share() const {
  return ratio(largest(materials).first, voxels, 0);
}

double BrickStats::top_two_share() const {
  const auto [first, second] = largest(materials);
  return ratio(first + second, voxels, 0);
}

double BrickStats::entropy_bits() const {
  double sum = 0;
  for (const auto& [material, count] : materials) {
    const double share = ratio(count, voxels, 0);
    if (share > 0) sum -= share * std::log2(share);
  }
  return std::max(sum, 0.0);  // not -0
}

double BrickStats::equal_face_share(Axis axis) const {
  return ratio(equal_faces[at(axis)], faces[at(axis)], 1);
}

double BrickStats::uniform_cube_share(int level) const {
  const auto l = static_cast<std::size_t>(level);
  return ratio(uniform_cubes[l], cubes[l], 1);
}

std::uint64_t BrickStats::total_octree_nodes() const {
  std::uint64_t sum = 0;
  for (const std::uint64_t nodes : octree_nodes) sum += nodes;
  return sum;
}

// What is not uniform lies in nothing uniform, and has children.
std::uint64_t BrickStats::inner_octree_nodes() const {
  std::uint64_t sum = 0;
  for (std::size_t l = 0; l < cubes.size(); ++l) sum += cubes[l] - uniform_cubes[l];
  return sum;
}

void uniform_brick_stats(BrickShape shape, MaterialId material, MaterialId predicted, BrickStats& out) {
  Counts room = std::move(out.materials);
  out = BrickStats{};
  out.materials = std::move(room);
  out.materials.assign(1, {material, shape.voxels()});
  const std::array<std::uint64_t, 3> n = {static_cast<std::uint64_t>(shape.nx),
                                          static_cast<std::uint64_t>(shape.ny),
                                          static_cast<std::uint64_t>(shape.nz)};
  out.bricks = out.uniform_bricks = 1;
  out.voxels = shape.voxels();
  for (std::size_t a = 0; a < 3; ++a) {
    const std::uint64_t lines = out.voxels / n[a];
    out.faces[a] = out.equal_faces[a] = lines * (n[a] - 1);
    out.scan_runs[a] = 1;
    if (n[a] >= BrickStats::kLongRun) {
      out.long_runs[a] = lines;
      out.long_run_voxels[a] = out.voxels;
    }
  }
  out.morton_runs = 1;
  out.columns = n[0] * n[1];
  out.single_runs = n[2] == 1 ? out.columns : 0;
  for (std::size_t l = 0; l < out.cubes.size(); ++l) {
    const std::uint64_t side = std::uint64_t{64} >> l;
    out.cubes[l] = (n[0] + side - 1) / side * ((n[1] + side - 1) / side) * ((n[2] + side - 1) / side);
  }
  out.uniform_cubes = out.cubes;
  out.octree_nodes[0] = 1;
  out.mono_columns = out.columns;
  out.same_sequence_columns = out.columns - 1;
  out.max_column_runs = 1;
  out.rows_before = n[0] * (n[1] - 1);
  out.rows_across = (n[0] - 1) * n[1];
  out.rows_new = out.runs_new = 1;
  out.column_pairs = out.rows_before + out.rows_across;
  if (material != predicted) {
    out.differing_voxels = out.voxels;
    out.differing_stretches = out.differing_runs = out.columns;
  }
}

}  // namespace terrane

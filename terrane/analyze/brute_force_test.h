#pragma once

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "terrane/analyze/brick_stats.h"

namespace terrane::testing {

// The statistics of one brick from their definitions, by lists and sets, with no thought for time. A view of
// the voxels; for one call of stats().
class BruteForce {
 public:
  BruteForce(std::span<const MaterialId> voxels, BrickShape shape, MaterialId predicted)
      : voxels_(voxels), shape_(shape), n_{shape.nx, shape.ny, shape.nz}, predicted_(predicted) {}

  BrickStats stats() {
    out_.bricks = 1;
    out_.voxels = voxels_.size();
    std::map<MaterialId, std::uint64_t> counts;
    for (const MaterialId m : voxels_) ++counts[m];
    out_.materials.assign(counts.begin(), counts.end());
    out_.uniform_bricks = counts.size() == 1 ? 1 : 0;
    lines(0, 1, 2);
    lines(1, 0, 2);
    lines(2, 0, 1);
    octree();
    morton();
    for (int x = 0; x < n_[0]; ++x) {
      for (int y = 0; y < n_[1]; ++y) column(x, y);
    }
    return out_;
  }

 private:
  using List = std::vector<MaterialId>;

  MaterialId at(int x, int y, int z) const { return voxels_[voxel_index(shape_, {x, y, z})]; }
  List column_at(int x, int y) const {
    List list;
    for (int z = 0; z < n_[2]; ++z) list.push_back(at(x, y, z));
    return list;
  }
  // (material, length) of each run.
  static std::vector<std::pair<MaterialId, int>> runs_of(const List& list) {
    std::vector<std::pair<MaterialId, int>> runs;
    for (const MaterialId m : list) {
      if (runs.empty() || runs.back().first != m) runs.push_back({m, 0});
      ++runs.back().second;
    }
    return runs;
  }
  static List materials_of(const List& list) {
    List materials;
    for (const auto& run : runs_of(list)) materials.push_back(run.first);
    return materials;
  }

  void lines(std::size_t a, std::size_t b, std::size_t c) {
    List scan;
    for (int j = 0; j < n_[b]; ++j) {
      for (int k = 0; k < n_[c]; ++k) {
        List line;
        for (int i = 0; i < n_[a]; ++i) {
          std::array<int, 3> p{};
          p[a] = i;
          p[b] = j;
          p[c] = k;
          line.push_back(at(p[0], p[1], p[2]));
        }
        scan.insert(scan.end(), line.begin(), line.end());
        out_.faces[a] += line.size() - 1;
        out_.equal_faces[a] += line.size() - runs_of(line).size();
        for (const auto& [material, length] : runs_of(line)) {
          if (length >= 8) {
            ++out_.long_runs[a];
            out_.long_run_voxels[a] += static_cast<std::uint64_t>(length);
          }
          if (a == 2 && length == 1) ++out_.single_runs;
        }
      }
    }
    out_.scan_runs[a] = runs_of(scan).size();
  }

  bool uniform(int x, int y, int z, int side) const {
    for (int i = x; i < std::min(x + side, n_[0]); ++i) {
      for (int j = y; j < std::min(y + side, n_[1]); ++j) {
        for (int k = z; k < std::min(z + side, n_[2]); ++k) {
          if (at(i, j, k) != at(x, y, z)) return false;
        }
      }
    }
    return true;
  }

  void octree() {
    std::set<std::array<int, 3>> mixed;  // corners of those of the level above
    for (int level = 0; level < 7; ++level) {
      const int side = 64 >> level, twice = 2 * side;
      const auto l = static_cast<std::size_t>(level);
      std::set<std::array<int, 3>> mixed_here;
      for (int x = 0; x < n_[0]; x += side) {
        for (int y = 0; y < n_[1]; y += side) {
          for (int z = 0; z < n_[2]; z += side) {
            ++out_.cubes[l];
            if (level == 0 || mixed.contains({x / twice * twice, y / twice * twice, z / twice * twice}))
              ++out_.octree_nodes[l];
            if (uniform(x, y, z, side)) {
              ++out_.uniform_cubes[l];
            } else {
              mixed_here.insert({x, y, z});
            }
          }
        }
      }
      mixed = std::move(mixed_here);
    }
  }

  void morton() {
    std::vector<std::pair<int, MaterialId>> by_code;
    by_code.reserve(voxels_.size());
    for (int x = 0; x < n_[0]; ++x) {
      for (int y = 0; y < n_[1]; ++y) {
        for (int z = 0; z < n_[2]; ++z) {
          int code = 0;
          for (int bit = 0; bit < 6; ++bit) {
            code |= (x >> bit & 1) << (3 * bit) | (y >> bit & 1) << (3 * bit + 1) |
                    (z >> bit & 1) << (3 * bit + 2);
          }
          by_code.push_back({code, at(x, y, z)});
        }
      }
    }
    std::sort(by_code.begin(), by_code.end());
    List list;
    for (const auto& entry : by_code) list.push_back(entry.second);
    out_.morton_runs = runs_of(list).size();
  }

  void column(int x, int y) {
    const List here = column_at(x, y);
    const List materials = materials_of(here);
    const std::set<MaterialId> distinct(materials.begin(), materials.end());
    ++out_.columns;
    out_.mono_columns += distinct.size() == materials.size() ? 1 : 0;
    out_.deep_columns += materials.size() > 8 ? 1 : 0;
    out_.max_column_runs = std::max<std::uint64_t>(out_.max_column_runs, materials.size());
    if (x > 0 || y > 0) {
      const List previous = y > 0 ? column_at(x, y - 1) : column_at(x - 1, y);
      out_.same_sequence_columns += materials == materials_of(previous) ? 1 : 0;
    }
    const bool before = y > 0 && here == column_at(x, y - 1), across = x > 0 && here == column_at(x - 1, y);
    out_.rows_before += before ? 1 : 0;
    out_.rows_across += across ? 1 : 0;
    if (!before && !across) {
      ++out_.rows_new;
      out_.runs_new += materials.size();
    }
    if (y > 0) horizon_pair(here, column_at(x, y - 1));
    if (x > 0) horizon_pair(here, column_at(x - 1, y));
    List differing;  // with the prediction, a run for the first and the last time
    for (const auto& [material, length] : runs_of(here)) {
      differing.push_back(material == predicted_ ? MaterialId{0} : MaterialId{1});
      if (material == predicted_) continue;
      out_.differing_voxels += static_cast<std::uint64_t>(length);
      ++out_.differing_runs;
    }
    for (const auto& [differs, length] : runs_of(differing)) out_.differing_stretches += differs;
  }

  void horizon_pair(const List& a, const List& b) {
    const int top_a = n_[2] - runs_of(a).back().second, top_b = n_[2] - runs_of(b).back().second;
    ++out_.column_pairs;
    out_.roughness += static_cast<std::uint64_t>(std::abs(top_a - top_b));
    out_.jumps += std::abs(top_a - top_b) > 2 ? 1 : 0;
  }

  std::span<const MaterialId> voxels_;
  BrickShape shape_;
  std::array<int, 3> n_;
  MaterialId predicted_;
  BrickStats out_;
};

}  // namespace terrane::testing

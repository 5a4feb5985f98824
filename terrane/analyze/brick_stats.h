#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "terrane/voxel/brick.h"

namespace terrane {

enum class Axis : std::uint8_t { kX = 0, kY = 1, kZ = 2 };

// An order in which voxels are visited. Along an axis: line after line, the lines by their first and then by
// their second other coordinate. Morton: x is the lowest bit, then y, then z; what is outside a brick is
// skipped.
enum class ScanOrder : std::uint8_t { kX = 0, kY = 1, kZ = 2, kMorton = 3 };
std::string_view name(ScanOrder order);

// What one pass over bricks found: whole numbers, so that the sum over bricks is the same in any order.
//
// A brick of true shape n is a box of voxels [x, y, z]. A column is its voxels of one (x, y), also called a
// row where its bytes are meant; a line is the same along any axis. A run is a longest stretch of one
// material. The octree is that of the 64^3 cube in whose low corner the brick lies: level 0 is the cube,
// level 6 the voxels. Cubes with no voxel of the brick do not exist, and one whose voxels in the brick are
// all equal is uniform. A plain value: copies own what they hold.
struct BrickStats {
  using Axes = std::array<std::uint64_t, 3>;  // by Axis
  static constexpr int kLevels = 7;
  using Levels = std::array<std::uint64_t, kLevels>;
  static constexpr int kLongRun = 8;     // voxels
  static constexpr int kDeepColumn = 8;  // a column of more runs is deep
  static constexpr int kSmoothStep = 2;  // a horizon that moves by more jumps

  std::uint64_t bricks = 0;
  std::uint64_t uniform_bricks = 0;
  std::uint64_t voxels = 0;
  std::vector<std::pair<MaterialId, std::uint64_t>> materials;  // ascending, none with 0 voxels

  // Pairs of voxels that are neighbours along an axis, and those that are equal.
  Axes faces{};
  Axes equal_faces{};

  // Runs where a scan goes on from line to line through the brick.
  Axes scan_runs{};
  std::uint64_t morton_runs = 0;
  // Runs within lines of at least kLongRun voxels, and the voxels in them.
  Axes long_runs{};
  Axes long_run_voxels{};
  std::uint64_t single_runs = 0;  // runs within columns of one voxel

  Levels cubes{};          // that exist
  Levels uniform_cubes{};  // of these
  Levels octree_nodes{};   // cubes that lie in no larger uniform one

  std::uint64_t columns = 0;
  std::uint64_t mono_columns = 0;  // in which no material has two runs
  std::uint64_t same_sequence_columns =
      0;  // materials in the same order as in the column at y-1; if y is 0, x-1
  std::uint64_t deep_columns = 0;
  std::uint64_t max_column_runs = 0;

  std::uint64_t rows_before = 0;  // equal to the row at y-1
  std::uint64_t rows_across = 0;  // equal to the row at x-1, whether or not also to that at y-1
  std::uint64_t rows_new = 0;     // equal to neither
  std::uint64_t runs_new = 0;     // within these

  // The top horizon of a column is the z at which its uppermost run begins, 0 where there is but one run.
  // Over pairs of columns that are neighbours along x or along y.
  std::uint64_t column_pairs = 0;
  std::uint64_t roughness = 0;  // sum of the differences
  std::uint64_t jumps = 0;      // pairs that differ by more than kSmoothStep

  // Against a predicted material. Along columns: stretches of voxels that differ, and runs of one material
  // that differ.
  std::uint64_t differing_voxels = 0;
  std::uint64_t differing_stretches = 0;
  std::uint64_t differing_runs = 0;

  void add(const BrickStats& other, std::uint64_t times = 1);
  friend bool operator==(const BrickStats&, const BrickStats&) = default;

  std::size_t distinct() const { return materials.size(); }
  // Runs within the lines along an axis.
  std::uint64_t runs(Axis axis) const;
  std::uint64_t runs(ScanOrder order) const;
  // Fewest runs; of equals the first of z, x, y, Morton.
  ScanOrder best_order() const;
  // Largest count; of equals the smallest id. kUnknown where there are no voxels.
  MaterialId dominant_material() const;
  // Shares of all voxels, 0..1; 0 where there are none.
  double dominant_share() const;
  double top_two_share() const;
  double entropy_bits() const;                 // per voxel
  double equal_face_share(Axis axis) const;    // 1 where there are no faces
  double uniform_cube_share(int level) const;  // 1 where there are no cubes
  std::uint64_t total_octree_nodes() const;
  std::uint64_t inner_octree_nodes() const;  // those with children
};

// Of a brick of one material, from its shape alone. Into `out`, whose room is used again.
void uniform_brick_stats(BrickShape shape, MaterialId material, MaterialId predicted, BrickStats& out);

}  // namespace terrane

#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "terrane/base/status.h"
#include "terrane/render/column_map.h"
#include "terrane/render/look.h"
#include "terrane/volume/volume.h"

namespace terrane {

// What a square of brick columns is like: by its surface where the catalogue names a liquid, else by how much
// of it is one material.
enum class RegionType : std::uint8_t {
  kOcean,     // liquid on top of over 95 % of its columns of voxels
  kCoast,     // of 5 % to 95 %
  kMountain,  // less liquid, and high or steep: see type_by_surface
  kPlain,     // the rest
  kUniform,   // one material
  kOver95,    // the commonest material fills over 95 % of the voxels
  kOver80,    // 80 % to 95 %
  kMixed,     // less
};
std::string_view name(RegionType type);
// What makes a region one, in a sentence.
std::string_view definition(RegionType type);

// What is seen of a square from above. Heights in metres (voxels where the store has no metres) of the
// columns whose top is not liquid.
struct SurfaceFacts {
  double wet = 0;             // share of the columns with liquid on top
  double mean_elevation = 0;  // of the dry ground; 0 where there is none
  double relief = 0;          // between its 5th and 95th percentile
  double width = 0;           // of the square
  bool elevations = true;     // above sea level: the store has a CRS
};
// Mountain: the dry ground is over 1,500 m high on average, or its relief is over 1,500 m, or over a quarter
// of the square's width where that is less.
RegionType type_by_surface(const SurfaceFacts& facts);
RegionType type_by_homogeneity(double share);

struct RegionSum {
  RegionType type = RegionType::kPlain;
  std::uint64_t squares = 0;
  ColumnUse use;
  double reduction() const { return use.raw_bytes > 0 ? 1 - use.stored_bytes() / use.raw_bytes : 0; }
};
struct RegionTable {
  bool by_surface = false;
  int level = 0;                // whose voxels were looked at
  std::vector<RegionSum> rows;  // those that occur, in the order of the types
  const RegionSum* find(RegionType type) const;
};

// The finest level whose voxels are counted in a few seconds, told from the counters of level 0: at most
// about 2^16 bricks, and 10^18 voxels.
Result<int> countable_level(const Volume& volume);

// Sorts the squares of a survey of a whole store by type. By surface: from a look down at all of it. By
// homogeneity: counts the voxels of the countable level.
Result<RegionTable> region_types(const Volume& volume, const ColumnMap& map, const GroundView& ground,
                                 const ReadOptions& options);

}  // namespace terrane

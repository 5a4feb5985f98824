#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "terrane/base/status.h"
#include "terrane/render/canvas.h"
#include "terrane/render/column_map.h"
#include "terrane/render/look.h"
#include "terrane/space/world.h"
#include "terrane/volume/volume.h"

namespace terrane {

struct PictureOptions {
  std::string title;         // above the picture: the name of the store
  std::optional<Box> box;    // level-0 voxels; all of the store by default; may cross the seam
  std::optional<int> level;  // by default the finest whose voxels fit the picture
  int max_width = 1600, max_height = 1000;
  ReadOptions read = {};
};

enum class SliceAxis : std::uint8_t { kX, kY, kZ };

// Pictures of a store, north and up at the top: plot, axes with units, legend of the materials seen. Upright
// plots are stretched in height where the truth would be a thin line, and say by how much. kInvalid where the
// box, plane, point or level lies outside the store.

// The voxels of one plane of the lattice.
Result<Canvas> picture_of_slice(const Volume& volume, SliceAxis axis, std::int64_t at,
                                const PictureOptions& options);
// The voxels under the great circle between two points, the first on the left. The heights are those of
// options.box where it is given; else all but monotone sky above and monotone rock below.
Result<Canvas> picture_of_section(const Volume& volume, const GeoPoint& from, const GeoPoint& to,
                                  const PictureOptions& options);
// The ground from above: the colour of the topmost solid material, hill-shaded, and liquid tinted by its
// depth. Kinds says which materials are looked through. By default the level is finer than the plot: up to 8
// columns a pixel, and at most 2^24 in all.
Result<Canvas> picture_of_surface(const Volume& volume, const PictureOptions& options);

// How the store is stored, from above, in squares of whole brick columns: at most 2^16, so several columns a
// side in a large store. From the ranges of level 0, or of a coarser level where that has over 2^24; nothing
// is decoded but what shores need: they are drawn where the catalogue names a liquid.
//
// Strategy: what holds most of the bytes of a square: a codec, or a kind of range where no brick is stored.
Result<Canvas> picture_of_strategy(const Volume& volume, const PictureOptions& options);
// Ratio: raw bytes (2 a voxel) over the bytes of the ranges. Logarithmic.
Result<Canvas> picture_of_ratio(const Volume& volume, const PictureOptions& options);
// Homogeneity: the share of the commonest material among the voxels of a column that are not sky, by columns
// of the finest level that fits the picture and has at most 2^24 voxels. Pooled voxels: an estimate above
// level 0.
Result<Canvas> picture_of_homogeneity(const Volume& volume, const PictureOptions& options);

// The same, from a survey of the box and a look at its ground that there are already.
Result<Canvas> picture_of_surface(const Volume& volume, const GroundView& ground,
                                  const PictureOptions& options);
Result<Canvas> picture_of_strategy(const Volume& volume, const ColumnMap& map, const GroundView& ground,
                                   const PictureOptions& options);
Result<Canvas> picture_of_ratio(const Volume& volume, const ColumnMap& map, const GroundView& ground,
                                const PictureOptions& options);
Result<Canvas> picture_of_homogeneity(const Volume& volume, const GroundView& ground,
                                      const PictureOptions& options);

}  // namespace terrane

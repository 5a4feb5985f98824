#include <algorithm>

#include "terrane/render/pictures.h"
#include "terrane/render/plan.h"
#include "terrane/render/scale.h"

namespace terrane {

namespace {

// A voxel plane as a picture: `right` and `up` name the axes of the array that run that way.
struct Plane {
  Box box;             // level-0 voxels, one thick across
  double cells_x = 0;  // level-0 voxels
  double cells_y = 0;
};

Result<Plane> plane_of(const Volume& volume, SliceAxis axis, std::int64_t at, const Box& box) {
  const Coord extent = volume.world().extent();
  const std::int64_t n = axis == SliceAxis::kX ? extent.x : axis == SliceAxis::kY ? extent.y : extent.z;
  const char* names[] = {"x", "y", "z"};
  if (at < 0 || at >= n) {
    return invalid(std::string("the slice lies outside the store, whose ") + names[static_cast<int>(axis)] +
                   " is 0 to " + std::to_string(n - 1) + ": slice=`" + names[static_cast<int>(axis)] + "=" +
                   std::to_string(at) + "`");
  }
  Plane plane{.box = box};
  const Coord size = box.size();
  if (axis == SliceAxis::kX) {
    plane.box.lo.x = at, plane.box.hi.x = at + 1;
    plane.cells_x = static_cast<double>(size.y), plane.cells_y = static_cast<double>(size.z);
  } else if (axis == SliceAxis::kY) {
    plane.box.lo.y = at, plane.box.hi.y = at + 1;
    plane.cells_x = static_cast<double>(size.x), plane.cells_y = static_cast<double>(size.z);
  } else {
    plane.box.lo.z = at, plane.box.hi.z = at + 1;
    plane.cells_x = static_cast<double>(size.x), plane.cells_y = static_cast<double>(size.y);
  }
  return plane;
}

Raster paint(ConstVoxelView voxels, SliceAxis axis, Palette& palette) {
  const bool along_y = axis == SliceAxis::kX, map = axis == SliceAxis::kZ;
  const auto width = static_cast<int>(along_y ? voxels.size.y : voxels.size.x);
  const auto height = static_cast<int>(map ? voxels.size.y : voxels.size.z);
  Raster raster(width, height);
  for (int row = 0; row < height; ++row) {
    const std::int64_t up = height - 1 - row;
    for (int column = 0; column < width; ++column) {
      const Coord c = {along_y ? 0 : column, along_y ? column : map ? up : 0, map ? 0 : up};
      raster.at(column, row) = palette.color(voxels.at(c));
    }
  }
  return raster;
}

// The borders of the level-L voxels that are drawn, in level-0 voxels.
struct Borders {
  double first = 0, last = 0;
};
Borders borders(std::int64_t lo, std::int64_t n, int level) {
  const std::int64_t first = (lo >> level) << level;
  return {static_cast<double>(first), static_cast<double>(first + (n << level))};
}

}  // namespace

Result<Canvas> picture_of_slice(const Volume& volume, SliceAxis axis, std::int64_t at,
                                const PictureOptions& options) {
  const World& world = volume.world();
  const Box box = options.box.value_or(world.bounds());
  TERRANE_TRY(world.pieces(box));
  TERRANE_ASSIGN(const Plane plane, plane_of(volume, axis, at, box));
  TERRANE_ASSIGN(const PlotSpace space, plot_space(options.max_width, options.max_height));
  const Scale scale(world);
  const auto middle_y = static_cast<double>(box.lo.y + box.hi.y) / 2;
  const double length = plane.cells_x * (axis == SliceAxis::kX ? scale.metres_y() : scale.metres_x(middle_y));
  const PlotSize size = axis == SliceAxis::kZ
                            ? map_size(space, plane.cells_x * scale.map_x(), plane.cells_y * scale.map_y())
                            : upright_size(space, length, plane.cells_y * scale.metres_z());
  const int fitting = fitting_level(plane.cells_x, plane.cells_y, size.width, size.height);
  TERRANE_ASSIGN(const int level, checked_level(options.level, fitting, plane.cells_x, plane.cells_y));
  TERRANE_ASSIGN(const VoxelArray voxels,
                 volume.read({.box = plane.box, .lod = level, .options = options.read}));

  Palette palette(volume.catalogue());
  Figure figure;
  figure.title = options.title;
  figure.plot = paint(voxels.view(), axis, palette);
  figure.plot_width = size.width, figure.plot_height = size.height;
  figure.legend = palette.legend();
  const Borders x = borders(box.lo.x, voxels.size.x, level), y = borders(box.lo.y, voxels.size.y, level),
                z = borders(box.lo.z, voxels.size.z, level);
  figure.x = axis == SliceAxis::kX ? scale.y(y.first, y.last) : scale.x(x.first, x.last);
  figure.y = axis == SliceAxis::kZ ? scale.y(y.first, y.last) : scale.z(z.first, z.last);
  figure.subtitle = "slice at " + (axis == SliceAxis::kX   ? scale.place_x(at)
                                   : axis == SliceAxis::kY ? scale.place_y(at)
                                                           : scale.place_z(at));
  figure.subtitle += " · level " + std::to_string(level) + ": " + scale.voxel_text(level);
  if (size.stretch > 1) figure.subtitle += " · vertical exaggeration " + stretch_text(size);
  if (axis != SliceAxis::kZ && scale.geographic()) figure.level_line = 0;
  return draw(figure, options.max_width, options.max_height);
}

}  // namespace terrane

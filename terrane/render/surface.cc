#include <algorithm>
#include <cmath>

#include "terrane/render/look.h"
#include "terrane/render/pictures.h"
#include "terrane/render/plan.h"
#include "terrane/render/scale.h"
#include "terrane/render/shade.h"

namespace terrane {

namespace {

CellSize cells(const Scale& scale, std::int64_t first_y, std::int64_t rows, int level) {
  const double size = std::ldexp(1.0, level);
  CellSize out{.x = {}, .y = scale.metres_y() * size, .z = scale.metres_z() * size};
  for (std::int64_t row = 0; row < rows; ++row) {
    // Towards the poles the land would be all cliffs: their voxels are slivers.
    const double x =
        scale.metres_x(static_cast<double>(first_y) + (static_cast<double>(row) + 0.5) * size) * size;
    out.x.push_back(std::max(x, out.y / 2));
  }
  return out;
}

// Far finer than the pixels where that is affordable: averaged down, shores and hills look smooth.
int surface_level(const Box& box, const PlotSize& size) {
  constexpr double kFiner = 8;
  const Coord n = box.size();
  return std::max(look_level(box), fitting_level(static_cast<double>(n.x), static_cast<double>(n.y),
                                                 kFiner * size.width, kFiner * size.height));
}

}  // namespace

Result<Canvas> picture_of_surface(const Volume& volume, const PictureOptions& options) {
  const World& world = volume.world();
  const Box box = options.box.value_or(world.bounds());
  TERRANE_TRY(world.pieces(box));
  TERRANE_ASSIGN(const PlotSpace space, plot_space(options.max_width, options.max_height));
  const Scale scale(world);
  const auto cells_x = static_cast<double>(box.hi.x - box.lo.x),
             cells_y = static_cast<double>(box.hi.y - box.lo.y);
  const PlotSize size = map_size(space, cells_x * scale.map_x(), cells_y * scale.map_y());
  TERRANE_ASSIGN(const int level, checked_level(options.level, surface_level(box, size), cells_x, cells_y));
  TERRANE_ASSIGN(const GroundView ground, look_down(volume, box, level, options.read));
  return picture_of_surface(volume, ground, options);
}

Result<Canvas> picture_of_surface(const Volume& volume, const GroundView& ground,
                                  const PictureOptions& options) {
  const World& world = volume.world();
  const Box box = options.box.value_or(world.bounds());
  TERRANE_ASSIGN(const PlotSpace space, plot_space(options.max_width, options.max_height));
  const Scale scale(world);
  const PlotSize size = map_size(space, static_cast<double>(box.hi.x - box.lo.x) * scale.map_x(),
                                 static_cast<double>(box.hi.y - box.lo.y) * scale.map_y());
  const int level = ground.level;
  const GroundMap& map = ground.map;
  const std::int64_t first_y = (box.lo.y >> level) << level;
  ShadedMap shaded = shade(map, ground.kinds, volume.catalogue(), cells(scale, first_y, map.height(), level));

  Figure figure;
  figure.title = options.title;
  figure.plot = std::move(shaded.raster);
  figure.plot_width = size.width, figure.plot_height = size.height;
  // Large voxels are shown as what they are; small ones are blended.
  figure.scaling =
      size.width >= 3.0 * static_cast<double>(map.width()) ? Scaling::kNearest : Scaling::kSmooth;
  const std::int64_t first_x = (box.lo.x >> level) << level;
  figure.x = scale.x(static_cast<double>(first_x), static_cast<double>(first_x + (map.width() << level)));
  figure.y = scale.y(static_cast<double>(first_y), static_cast<double>(first_y + (map.height() << level)));
  figure.legend = std::move(shaded.legend);
  if (shaded.deepest > 0) {
    ColorBar bar{.title = "depth", .colors = {}, .first = "0", .last = scale.length_text(shaded.deepest)};
    for (int i = 0; i < 150; ++i) bar.colors.push_back(depth_color(shaded.liquid, i / 149.0));
    figure.bars.push_back(std::move(bar));
  }
  figure.subtitle = "surface, hill-shaded · level " + std::to_string(level) + ": " + scale.voxel_text(level);
  return draw(figure, options.max_width, options.max_height);
}

}  // namespace terrane

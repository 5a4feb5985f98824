#include <algorithm>
#include <cmath>
#include <functional>
#include <map>

#include "terrane/render/composition.h"
#include "terrane/render/look.h"
#include "terrane/render/pictures.h"
#include "terrane/render/plan.h"
#include "terrane/render/ramp.h"
#include "terrane/render/scale.h"

namespace terrane {

namespace {

constexpr Rgb kShore = 0x1d1d1d;
constexpr double kShoreInk = 0.6, kBorderInk = 0.12;
constexpr double kWideSquare = 14;  // pixels: smaller squares get no borders
constexpr int kBarColors = 150;

// What all maps of bricks share: the columns of a level, about one a pixel, and where they lie.
struct Sheet {
  Box box;  // level-0 voxels
  PlotSize size;
  int level = 0;
  std::vector<World::Piece> pieces;
  Coord shape;

  Status draw_at(const World& world, int at_level) {
    level = at_level;
    TERRANE_ASSIGN(pieces, world.level_pieces(box, level));
    TERRANE_ASSIGN(shape, world.level_shape(box, level));
    return ok();
  }
  std::size_t piece(std::int64_t x) const { return pieces.size() > 1 && x >= pieces[1].out_x ? 1 : 0; }
  // The column of the level that pixel column `x` shows.
  std::int64_t column(std::int64_t x) const {
    const World::Piece& from = pieces[piece(x)];
    return from.box.lo.x + x - from.out_x;
  }
  std::int64_t row(std::int64_t y) const { return pieces[0].box.lo.y + y; }
};

Result<Sheet> sheet_of(const Volume& volume, const PictureOptions& options) {
  const World& world = volume.world();
  Sheet sheet;
  sheet.box = options.box.value_or(world.bounds());
  TERRANE_TRY(world.pieces(sheet.box));
  TERRANE_ASSIGN(const PlotSpace space, plot_space(options.max_width, options.max_height));
  const Scale scale(world);
  const Coord n = sheet.box.size();
  const auto wide = static_cast<double>(n.x), high = static_cast<double>(n.y);
  sheet.size = map_size(space, wide * scale.map_x(), high * scale.map_y());
  TERRANE_TRY(sheet.draw_at(world, fitting_level(wide, high, sheet.size.width, sheet.size.height)));
  return sheet;
}

// What is needed for shores: nothing where the catalogue names no liquid.
Result<GroundView> ground_for_shores(const Volume& volume, const PictureOptions& options) {
  const Box box = options.box.value_or(volume.world().bounds());
  TERRANE_TRY(volume.world().pieces(box));
  TERRANE_ASSIGN(const Kinds kinds, kinds_of(volume, box, options.read));
  if (!names_liquid(volume.catalogue(), kinds)) return GroundView{0, kinds, GroundMap(0, 0)};
  return look_down(volume, box, look_level(box), options.read);
}

// Where most of the columns of the ground that a pixel shows have liquid on top. North last.
std::vector<bool> wet_pixels(const World& world, const Sheet& sheet, const GroundView& ground) {
  const std::size_t n = static_cast<std::size_t>(sheet.shape.x * sheet.shape.y);
  std::vector<std::int32_t> lead(n, 0);  // wet columns, less dry ones
  const int finer = sheet.level - ground.level;
  const auto pieces = world.level_pieces(sheet.box, ground.level);  // a box that was looked at is good
  for (std::size_t i = 0; pieces && i < pieces->size(); ++i) {
    const World::Piece& piece = (*pieces)[i];
    const World::Piece& to = sheet.pieces[i];
    for (std::int64_t y = piece.box.lo.y; y < piece.box.hi.y; ++y) {
      for (std::int64_t x = piece.box.lo.x; x < piece.box.hi.x; ++x) {
        const bool wet =
            ground.map.at(piece.out_x + x - piece.box.lo.x, y - piece.box.lo.y).wet(ground.kinds);
        const std::int64_t px = to.out_x + (x >> finer) - to.box.lo.x, py = (y >> finer) - to.box.lo.y;
        lead[static_cast<std::size_t>(py * sheet.shape.x + px)] += wet ? 1 : -1;
      }
    }
  }
  std::vector<bool> out(n);
  for (std::size_t i = 0; i < n; ++i) out[i] = lead[i] >= 0;
  return out;
}

// Shores, so that one knows where one is: between pixels with liquid on top and others.
void draw_shores(const World& world, const Sheet& sheet, const GroundView& ground, Raster& raster) {
  if (ground.map.width() == 0 || sheet.level < ground.level) return;
  const std::vector<bool> wet = wet_pixels(world, sheet, ground);
  const auto at = [&](std::int64_t x, std::int64_t y) {
    return wet[static_cast<std::size_t>(y * sheet.shape.x + x)];
  };
  for (std::int64_t y = 0; y < sheet.shape.y; ++y) {
    for (std::int64_t x = 0; x < sheet.shape.x; ++x) {
      const bool east = x + 1 < sheet.shape.x && at(x + 1, y) != at(x, y);
      const bool north = y + 1 < sheet.shape.y && at(x, y + 1) != at(x, y);
      if (!east && !north) continue;
      Rgb& pixel = raster.at(static_cast<int>(x), static_cast<int>(sheet.shape.y - 1 - y));
      pixel = mix(pixel, kShore, kShoreInk);
    }
  }
}

Figure figure_of(const Volume& volume, const Sheet& sheet, const PictureOptions& options, Raster raster) {
  Figure figure;
  figure.title = options.title;
  figure.plot_width = sheet.size.width, figure.plot_height = sheet.size.height;
  figure.scaling =
      sheet.size.width >= 1.5 * static_cast<double>(raster.width) ? Scaling::kNearest : Scaling::kSmooth;
  figure.plot = std::move(raster);
  const Scale scale(volume.world());
  const auto border = [&](std::int64_t lo, std::int64_t n) {
    const std::int64_t first = (lo >> sheet.level) << sheet.level;
    return std::pair(static_cast<double>(first), static_cast<double>(first + (n << sheet.level)));
  };
  const auto x = border(sheet.box.lo.x, sheet.shape.x), y = border(sheet.box.lo.y, sheet.shape.y);
  figure.x = scale.x(x.first, x.second);
  figure.y = scale.y(y.first, y.second);
  return figure;
}

// Paints each column of the sheet in the colour of the square of bricks that it stands in.
Raster paint_squares(const ColumnMap& map, const Sheet& sheet,
                     const std::function<Rgb(const ColumnUse&)>& color) {
  Raster raster(static_cast<int>(sheet.shape.x), static_cast<int>(sheet.shape.y), 0xffffff);
  // From the sheet's level to that of the map.
  const auto at_map = [&](std::int64_t v) {
    return map.level() >= sheet.level ? v >> (map.level() - sheet.level) : v << (sheet.level - map.level());
  };
  const double square = static_cast<double>(map.cell_bricks() * kBrickEdge) *
                        std::ldexp(1.0, map.level() - sheet.level) * sheet.size.width /
                        static_cast<double>(sheet.shape.x);
  for (std::int64_t y = 0; y < sheet.shape.y; ++y) {
    const ColumnUse* left = nullptr;
    for (std::int64_t x = 0; x < sheet.shape.x; ++x) {
      const std::int64_t my = at_map(sheet.row(y));
      const ColumnUse* use = map.find(at_map(sheet.column(x)), my);
      if (use == nullptr) continue;
      Rgb& pixel = raster.at(static_cast<int>(x), static_cast<int>(sheet.shape.y - 1 - y));
      pixel = color(*use);
      const bool below = y > 0 && map.find(at_map(sheet.column(x)), at_map(sheet.row(y - 1))) != use;
      if (square >= kWideSquare && ((left != nullptr && left != use) || below)) {
        pixel = mix(pixel, 0xffffff, kBorderInk);
      }
      left = use;
    }
  }
  return raster;
}

std::string squares_text(const ColumnMap& map) {
  const std::int64_t n = map.cell_bricks();
  const std::string level = map.level() > 0 ? " of level " + std::to_string(map.level()) : "";
  return n == 1 ? "by brick columns of 64 × 64 voxels" + level
                : "by " + number_text(static_cast<double>(n), 0) + " × " +
                      number_text(static_cast<double>(n), 0) + " brick columns" + level;
}

std::string percent(double share) {
  const double p = share * 100;
  return p > 0 && p < 0.1 ? "< 0.1 %" : number_text(p, p < 9.95 ? 1 : 0) + " %";
}

Result<ColumnMap> surveyed(const Volume& volume, const PictureOptions& options) {
  TERRANE_ASSIGN(const int affordable, ColumnMap::affordable_level(volume));
  return ColumnMap::survey(volume, options.box.value_or(volume.world().bounds()),
                           options.level.value_or(affordable), options.read);
}

}  // namespace

Result<Canvas> picture_of_strategy(const Volume& volume, const ColumnMap& map, const GroundView& ground,
                                   const PictureOptions& options) {
  TERRANE_ASSIGN(const Sheet sheet, sheet_of(volume, options));
  const auto color = [](const ColumnUse& use) {
    return use.most() == nullptr ? Rgb{0xffffff} : strategy_color(use.most()->strategy);
  };
  Raster raster = paint_squares(map, sheet, color);
  draw_shores(volume.world(), sheet, ground, raster);
  Figure figure = figure_of(volume, sheet, options, std::move(raster));
  std::map<RangeStrategy, double> squares;
  double all = 0;
  for (const ColumnUse& use : map.cells()) {
    if (use.most() == nullptr) continue;
    squares[use.most()->strategy] += 1;
    all += 1;
  }
  for (const auto& [strategy, n] : squares) {
    figure.legend.push_back({name_of(strategy) + ", " + percent(n / all), strategy_color(strategy), n / all});
  }
  std::stable_sort(figure.legend.begin(), figure.legend.end(),
                   [](const LegendEntry& a, const LegendEntry& b) { return a.share > b.share; });
  figure.legend_title = "strategy, share of columns";
  figure.subtitle = "strategy that holds most bytes, " + squares_text(map);
  return draw(figure, options.max_width, options.max_height);
}

Result<Canvas> picture_of_ratio(const Volume& volume, const ColumnMap& map, const GroundView& ground,
                                const PictureOptions& options) {
  TERRANE_ASSIGN(const Sheet sheet, sheet_of(volume, options));
  double lo = 0, hi = 0;
  for (const ColumnUse& use : map.cells()) {
    const double ratio = use.ratio();
    if (ratio <= 0) continue;
    lo = lo == 0 ? ratio : std::min(lo, ratio);
    hi = std::max(hi, ratio);
  }
  const LogSpan span = log_span(lo > 0 ? lo : 1, hi > 0 ? hi : 10);
  const Ramp ramp = ratio_ramp();
  const auto color = [&](const ColumnUse& use) {
    return use.ratio() > 0 ? ramp.at(span.share(use.ratio())) : Rgb{0xffffff};
  };
  Raster raster = paint_squares(map, sheet, color);
  draw_shores(volume.world(), sheet, ground, raster);
  Figure figure = figure_of(volume, sheet, options, std::move(raster));
  figure.bars.push_back({.title = "raw / stored bytes",
                         .colors = ramp.colors(kBarColors),
                         .first = {},
                         .last = {},
                         .ticks = log_ticks(span, 5)});
  const ColumnUse total = map.total();
  figure.subtitle =
      "compression ratio, " + squares_text(map) + " · as a whole " + short_count(total.ratio()) + " : 1";
  return draw(figure, options.max_width, options.max_height);
}

Result<Canvas> picture_of_strategy(const Volume& volume, const PictureOptions& options) {
  TERRANE_ASSIGN(const ColumnMap map, surveyed(volume, options));
  TERRANE_ASSIGN(const GroundView ground, ground_for_shores(volume, options));
  return picture_of_strategy(volume, map, ground, options);
}

Result<Canvas> picture_of_ratio(const Volume& volume, const PictureOptions& options) {
  TERRANE_ASSIGN(const ColumnMap map, surveyed(volume, options));
  TERRANE_ASSIGN(const GroundView ground, ground_for_shores(volume, options));
  return picture_of_ratio(volume, map, ground, options);
}

Result<Canvas> picture_of_homogeneity(const Volume& volume, const PictureOptions& options) {
  TERRANE_ASSIGN(const GroundView ground, ground_for_shores(volume, options));
  return picture_of_homogeneity(volume, ground, options);
}

Result<Canvas> picture_of_homogeneity(const Volume& volume, const GroundView& ground,
                                      const PictureOptions& options) {
  const World& world = volume.world();
  TERRANE_ASSIGN(Sheet sheet, sheet_of(volume, options));
  const Coord n = sheet.box.size();
  TERRANE_ASSIGN(
      const int level,
      checked_level(options.level, composition_level(sheet.box, sheet.size.width, sheet.size.height),
                    static_cast<double>(n.x), static_cast<double>(n.y)));
  TERRANE_TRY(sheet.draw_at(world, std::min(level, sheet.level)));
  TERRANE_ASSIGN(const Composition made,
                 composition_of(volume, sheet.box, level, ground.kinds, options.read));
  const bool sky =
      std::any_of(made.homogeneity.begin(), made.homogeneity.end(), [](float s) { return s < 0; });
  float least = 1;
  for (const float share : made.homogeneity) least = share < 0 ? least : std::min(least, share);
  const double lo = std::min(0.9, std::floor(static_cast<double>(least) * 10) / 10);
  const Ramp ramp = homogeneity_ramp();
  Raster raster(static_cast<int>(sheet.shape.x), static_cast<int>(sheet.shape.y), kUnknownColor);
  TERRANE_ASSIGN(const std::vector<World::Piece> pieces, world.level_pieces(sheet.box, level));
  const int coarser = level - sheet.level;
  for (std::int64_t y = 0; y < sheet.shape.y; ++y) {
    for (std::int64_t x = 0; x < sheet.shape.x; ++x) {
      const World::Piece& piece = pieces[sheet.piece(x)];
      const double share = made.at(piece.out_x + (sheet.column(x) >> coarser) - piece.box.lo.x,
                                   (sheet.row(y) >> coarser) - piece.box.lo.y);
      if (share < 0) continue;
      raster.at(static_cast<int>(x), static_cast<int>(sheet.shape.y - 1 - y)) =
          ramp.at((share - lo) / (1 - lo));
    }
  }
  draw_shores(world, sheet, ground, raster);
  Figure figure = figure_of(volume, sheet, options, std::move(raster));
  if (sky) {
    figure.legend_title = "column";
    figure.legend.push_back({"nothing but sky", kUnknownColor, 0});
  }
  ColorBar bar{
      .title = "commonest material", .colors = ramp.colors(kBarColors), .first = {}, .last = {}, .ticks = {}};
  for (const double share : {lo, (lo + 1) / 2, 1.0}) {
    bar.ticks.push_back({(share - lo) / (1 - lo), percent(share)});
  }
  figure.bars.push_back(std::move(bar));
  figure.subtitle = "homogeneity: share of the commonest material in a column, sky apart · level " +
                    std::to_string(level) + ": " + Scale(world).voxel_text(level);
  return draw(figure, options.max_width, options.max_height);
}

}  // namespace terrane

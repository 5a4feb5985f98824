#include "terrane/io/relief.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>
#include <vector>

#include "fmt/format.h"
#include "terrane/io/column_tiles.h"
#include "terrane/io/earth_box.h"
#include "terrane/io/ground.h"
#include "terrane/io/regional_ground.h"
#include "terrane/io/relief_grid.h"
#include "terrane/model/earth_column.h"

namespace terrane {
namespace {

constexpr std::int64_t kTile = ColumnTile::kSize;
constexpr std::size_t kTileCacheBytes = std::size_t{64} << 20;
constexpr double kNmPerMetre = 1e9;

// Voxels `first` on of a column into one row of the output.
void fill_row(std::span<const model::Span> spans, std::int64_t first, std::int64_t n, MaterialId* to,
              std::int64_t stride) {
  for (std::size_t i = 0; i < spans.size(); ++i) {
    const std::int64_t hi = std::min<std::int64_t>(spans[i].end - first, n);
    if (hi <= 0) return;
    const std::int64_t lo = i + 1 == spans.size() ? 0 : std::max<std::int64_t>(spans[i + 1].end - first, 0);
    if (lo >= hi) continue;
    if (stride == 1) {
      std::fill(to + lo, to + hi, spans[i].material);
    } else {
      for (std::int64_t z = lo; z < hi; ++z) to[z * stride] = spans[i].material;
    }
  }
}

class EarthSource final : public VoxelSource {
 public:
  EarthSource(std::unique_ptr<ReliefGrid> grid, RegionalGround regional, const World& world, const Box& box)
      : grid_(std::move(grid)),
        regional_(std::move(regional)),
        world_(world),
        box_(box),
        tiles_(kTileCacheBytes) {
    const World::Settings& s = world.settings();
    ladder_ = {std::llround(s.origin[2] * kNmPerMetre), std::llround(s.voxel_size[2] * kNmPerMetre),
               s.extent.z};
  }

  Coord size() const override { return box_.size(); }
  std::string identity() const override;
  Status read(const Box& box, VoxelView out) const override;
  // That there are no holes under the box: an ingest that must fail does so before it has begun.
  Status find_holes() const;

 private:
  double samples_east(std::int64_t store_x) const;
  double samples_north(std::int64_t store_y) const;
  bool holds_column(std::int64_t store_x) const {
    const std::int64_t n = world_.extent().x;
    return (store_x - box_.lo.x + n) % n < box_.size().x;
  }
  GeoPoint centre(std::int64_t store_x, std::int64_t store_y) const;
  Result<ColumnTileCache::Tile> build(std::int64_t tx, std::int64_t ty) const;

  std::unique_ptr<ReliefGrid> grid_;
  RegionalGround regional_;
  World world_;
  Box box_;
  model::Ladder ladder_;
  mutable ColumnTileCache tiles_;
};

std::string EarthSource::identity() const {
  const World::Settings& s = world_.settings();
  return fmt::format(
      "earth version={} relief=[{}] box={} extent={} voxel_size={},{},{} origin={},{},{} crs={} wrap_x={}",
      model::kEarthVersion, grid_->identity(), to_string(box_), to_string(s.extent), s.voxel_size[0],
      s.voxel_size[1], s.voxel_size[2], s.origin[0], s.origin[1], s.origin[2], s.crs, s.wrap_x);
}

// The store's own columns always have a place: open_earth() asked for the first.
GeoPoint EarthSource::centre(std::int64_t store_x, std::int64_t store_y) const {
  const auto point = world_.to_geo({store_x, store_y, 0});
  return point ? *point : GeoPoint{};
}

double EarthSource::samples_east(std::int64_t store_x) const {
  const GridPlaces& p = grid_->places();
  const double middle = (p.west + p.east) / 2;
  const double longitude = middle + std::remainder(centre(store_x, 0).longitude_deg - middle, 360.0);
  return (longitude - p.lon0) / p.dlon;
}

double EarthSource::samples_north(std::int64_t store_y) const {
  const GridPlaces& p = grid_->places();
  return (centre(0, store_y).latitude_deg - p.lat0) / p.dlat;
}

Status EarthSource::find_holes() const {
  if (!grid_->may_have_holes()) return ok();
  const GridPlaces& p = grid_->places();
  const Between first = Between::at(samples_north(box_.lo.y), p.ny, false);
  const Between last = Between::at(samples_north(box_.hi.y - 1), p.ny, false);
  const std::int64_t row0 = std::min(first.index, last.index), row1 = std::max(first.end(), last.end());

  const std::int64_t columns = box_.size().x - 1;
  const double degrees = world_.wraps()
                             ? 360.0 * static_cast<double>(columns) / static_cast<double>(world_.extent().x)
                             : centre(box_.hi.x - 1, 0).longitude_deg - centre(box_.lo.x, 0).longitude_deg;
  const double a = samples_east(box_.lo.x), b = a + degrees / p.dlon;
  const double most = static_cast<double>(p.nx - 1);
  const auto held = [&](double v) { return p.around ? v : std::clamp(v, 0.0, most); };
  const auto column0 = static_cast<std::int64_t>(std::floor(held(std::min(a, b))));
  const auto column1 = static_cast<std::int64_t>(std::ceil(held(std::max(a, b)))) + 1;
  return grid_->find_holes(column0, column1, row0, row1);
}

Result<ColumnTileCache::Tile> EarthSource::build(std::int64_t tx, std::int64_t ty) const {
  const GridPlaces& p = grid_->places();
  const auto udeg = [](double degrees) { return static_cast<std::int32_t>(std::llround(degrees * 1e6)); };
  struct Line {
    bool held = false;
    Between between;
    std::int32_t udeg = 0;
  };
  std::array<Line, kTile> ys;
  for (std::int64_t y = 0; y < kTile; ++y) {
    const std::int64_t sy = ty * kTile + y;
    if (sy < box_.lo.y || sy >= box_.hi.y) continue;
    ys[static_cast<std::size_t>(y)] = {true, Between::at(samples_north(sy), p.ny, false),
                                       udeg(centre(0, sy).latitude_deg)};
  }
  auto tile = std::make_shared<ColumnTile>();
  GroundReader reader(*grid_, regional_);
  model::Column column;
  std::array<model::Span, model::Column::kMaxLayers> spans;
  for (std::int64_t x = 0; x < kTile; ++x) {
    const std::int64_t sx = tx * kTile + x;
    Line line;
    if (sx < world_.extent().x && holds_column(sx)) {
      line = {true, Between::at(samples_east(sx), p.nx, p.around),
              udeg(std::remainder(centre(sx, 0).longitude_deg, 360.0))};
    }
    for (const Line& y : ys) {
      if (!line.held || !y.held) {
        tile->append({});
        continue;
      }
      TERRANE_ASSIGN(const Ground ground, reader.at(line.between, y.between));
      model::build_column({ground.ground_cm, y.udeg, line.udeg, ground.relief_cm, ground.regional_cm},
                          column);
      const int count = model::voxelize(column, ladder_, spans);
      tile->append({spans.data(), static_cast<std::size_t>(count)});
    }
  }
  tile->finish();
  return ColumnTileCache::Tile(std::move(tile));
}

Status EarthSource::read(const Box& box, VoxelView out) const {
  if (box.empty() || !Box{{0, 0, 0}, size()}.contains(box) || out.size != box.size()) {
    return invalid(
        fmt::format("the box is not within the source, or the output has another size; box=`{}` size=`{}`",
                    to_string(box), to_string(size())));
  }
  const std::int64_t around = world_.extent().x;
  for (std::int64_t x = box.lo.x; x < box.hi.x;) {
    const std::int64_t sx = (box_.lo.x + x) % around;
    const std::int64_t nx = std::min({box.hi.x - x, kTile - sx % kTile, around - sx});
    for (std::int64_t y = box.lo.y; y < box.hi.y;) {
      const std::int64_t sy = box_.lo.y + y;
      const std::int64_t ny = std::min(box.hi.y - y, kTile - sy % kTile);
      const std::int64_t tx = sx / kTile, ty = sy / kTile;
      TERRANE_ASSIGN(const auto tile, tiles_.get(tx, ty, [&] { return build(tx, ty); }));
      for (std::int64_t i = 0; i < nx; ++i) {
        for (std::int64_t j = 0; j < ny; ++j) {
          fill_row(tile->column(sx % kTile + i, sy % kTile + j), box_.lo.z + box.lo.z, out.size.z,
                   out.row(x - box.lo.x + i, y - box.lo.y + j), out.stride.z);
        }
      }
      y += ny;
    }
    x += nx;
  }
  return ok();
}

Status check_heights(const World::Settings& s) {
  constexpr double kMost = 1e8;  // metres; nanometres of it fit the model's integers
  const double top = s.origin[2] + s.voxel_size[2] * static_cast<double>(s.extent.z);
  if (std::abs(s.origin[2]) <= kMost && std::abs(top) <= kMost && s.voxel_size[2] * kNmPerMetre >= 1)
    return ok();
  return invalid(
      fmt::format("the store's heights are not those of a planet: create it with z in metres, within "
                  "100,000 km of sea level; bottom=`{:g}` top=`{:g}`",
                  s.origin[2], top));
}

}  // namespace

Result<EarthInput> open_earth(const std::string& relief_path, const World& world, const EarthRegion& region) {
  // A world that no relief fits is refused before any file is read.
  TERRANE_ASSIGN([[maybe_unused]] const GeoPoint corner, world.to_geo({0, 0, 0}));
  TERRANE_TRY(check_heights(world.settings()));
  TERRANE_ASSIGN(std::unique_ptr<ReliefGrid> grid, ReliefGrid::open(relief_path));
  TERRANE_ASSIGN(const Box box, earth_box(world, grid->places(), region));
  TERRANE_ASSIGN(RegionalGround regional, RegionalGround::of(*grid));
  auto source = std::make_unique<EarthSource>(std::move(grid), std::move(regional), world, box);
  TERRANE_TRY(source->find_holes());
  return EarthInput{std::move(source), box};
}

}  // namespace terrane

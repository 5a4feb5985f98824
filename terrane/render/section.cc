#include <algorithm>
#include <cmath>

#include "terrane/render/chunks.h"
#include "terrane/render/kinds.h"
#include "terrane/render/pictures.h"
#include "terrane/render/plan.h"
#include "terrane/render/scale.h"

namespace terrane {

namespace {

constexpr double kPi = 3.14159265358979323846;
constexpr double kEarthRadius = 6371008.8;  // metres, the mean
constexpr double kKilometresFrom = 20000;   // metres: shorter ways are counted in metres
constexpr int kZooms = 8;

struct Vector {
  double x = 0, y = 0, z = 0;
};

Vector unit(const GeoPoint& p) {
  const double lon = p.longitude_deg * kPi / 180, lat = p.latitude_deg * kPi / 180;
  return {std::cos(lat) * std::cos(lon), std::cos(lat) * std::sin(lon), std::sin(lat)};
}

// The way from one point to another over the sphere.
class GreatCircle {
 public:
  GreatCircle(const GeoPoint& from, const GeoPoint& to) : a_(unit(from)), b_(unit(to)) {
    const Vector cross = {a_.y * b_.z - a_.z * b_.y, a_.z * b_.x - a_.x * b_.z, a_.x * b_.y - a_.y * b_.x};
    angle_ = std::atan2(std::sqrt(cross.x * cross.x + cross.y * cross.y + cross.z * cross.z),
                        a_.x * b_.x + a_.y * b_.y + a_.z * b_.z);
  }
  double metres() const { return angle_ * kEarthRadius; }
  // Opposite points have no shortest way.
  bool defined() const { return angle_ > 1e-9 && angle_ < kPi - 1e-6; }
  GeoPoint at(double share) const {
    const double u = std::sin((1 - share) * angle_) / std::sin(angle_);
    const double v = std::sin(share * angle_) / std::sin(angle_);
    const Vector p = {a_.x * u + b_.x * v, a_.y * u + b_.y * v, a_.z * u + b_.z * v};
    return {std::atan2(p.y, p.x) * 180 / kPi, std::atan2(p.z, std::hypot(p.x, p.y)) * 180 / kPi, 0};
  }

 private:
  Vector a_, b_;
  double angle_ = 0;
};

struct GroundProfile {
  std::vector<std::optional<Coord>> columns;  // level-0 voxels; none: outside the store
  std::int64_t z_lo = 0, z_hi = 0;            // level-0 voxels
  int level = 0;
  PlotSize size;
};

// The column of a place; its height is the lowest. A store may count its degrees from 0 to 360.
Result<Coord> column_of(const World& world, GeoPoint place) {
  TERRANE_ASSIGN(const GeoPoint low, world.to_geo({0, 0, 0}));
  place.elevation_m = low.elevation_m;
  const Result<Coord> straight = world.to_voxel(place);
  for (const double turn : {360.0, -360.0}) {
    if (straight) break;
    GeoPoint turned = place;
    turned.longitude_deg += turn;
    if (Result<Coord> found = world.to_voxel(turned); found) return found;
  }
  return straight;
}

std::vector<std::optional<Coord>> columns_along(const World& world, const GreatCircle& way, int n) {
  std::vector<std::optional<Coord>> out;
  for (int i = 0; i < n; ++i) {
    const Result<Coord> column = column_of(world, way.at((i + 0.5) / n));
    out.push_back(column ? std::optional(*column) : std::nullopt);
  }
  return out;
}

// Reads the columns of one brick column together, so that each brick is decoded once.
Result<VoxelArray> read_profile(const Volume& volume, const GroundProfile& profile,
                                const ReadOptions& options) {
  const World& world = volume.world();
  const int level = profile.level;
  const std::int64_t z0 = profile.z_lo >> level, z1 = ((profile.z_hi - 1) >> level) + 1;
  VoxelArray out({static_cast<std::int64_t>(profile.columns.size()), 1, z1 - z0}, kUnknown);
  for (std::size_t i = 0, end = 0; i < profile.columns.size(); i = std::max(end, i + 1)) {
    end = i;
    if (!profile.columns[i]) continue;
    const auto at_level = [&](std::size_t k) {
      return Coord{profile.columns[k]->x >> level, profile.columns[k]->y >> level, 0};
    };
    const Coord first = at_level(i);
    Box part = {{first.x, first.y, z0}, {first.x + 1, first.y + 1, z1}};
    for (; end < profile.columns.size() && profile.columns[end]; ++end) {
      const Coord c = at_level(end);
      if (c.x / kBrickEdge != first.x / kBrickEdge || c.y / kBrickEdge != first.y / kBrickEdge) break;
      part.lo = {std::min(part.lo.x, c.x), std::min(part.lo.y, c.y), z0};
      part.hi = {std::max(part.hi.x, c.x + 1), std::max(part.hi.y, c.y + 1), z1};
    }
    TERRANE_ASSIGN(const VoxelArray voxels,
                   volume.read({.box = level0_box(world, part, level), .lod = level, .options = options}));
    for (std::size_t k = i; k < end; ++k) {
      const Coord c = at_level(k);
      copy(voxels.view().sub(
               {{c.x - part.lo.x, c.y - part.lo.y, 0}, {c.x - part.lo.x + 1, c.y - part.lo.y + 1, z1 - z0}}),
           out.view().sub(
               {{static_cast<std::int64_t>(k), 0, 0}, {static_cast<std::int64_t>(k) + 1, 1, z1 - z0}}));
    }
  }
  return out;
}

struct Rows {
  std::int64_t lo = 0, hi = 0;
};

// The rows worth showing: without sky that nothing reaches, or rock of one kind at the bottom, but for a rim.
Rows interesting(ConstVoxelView voxels, const Kinds& kinds) {
  const std::int64_t nz = voxels.size.z;
  std::int64_t top = 0, bottom = nz;
  for (std::int64_t x = 0; x < voxels.size.x; ++x) {
    for (std::int64_t z = nz; z > top; --z) {
      if (!kinds.sky(voxels.at({x, 0, z - 1}))) top = z;
    }
    std::int64_t z = 0;
    while (z < bottom && voxels.at({x, 0, z}) == voxels.at({0, 0, 0})) ++z;
    bottom = std::min(bottom, z);
  }
  if (bottom >= top) return {0, nz};
  const std::int64_t rim = std::max<std::int64_t>(2, (top - bottom) / 8);
  return {std::max<std::int64_t>(0, bottom - rim), std::min(nz, top + rim)};
}

Kinds kinds_of(const Volume& volume, ConstVoxelView voxels) {
  const Coord n = voxels.size;
  return Kinds::create(volume.catalogue(), volume.fill(), voxels.sub({{0, 0, n.z - 1}, n}), n.z);
}

GroundProfile plan(const Volume& volume, const GreatCircle& way, const PlotSpace& space, std::int64_t lo,
                   std::int64_t hi) {
  const Scale scale(volume.world());
  const auto height = static_cast<double>(hi - lo);
  GroundProfile out;
  out.z_lo = lo, out.z_hi = hi;
  out.size = upright_size(space, way.metres(), height * scale.metres_z());
  out.columns = columns_along(volume.world(), way, static_cast<int>(out.size.width));
  double along = 0;  // level-0 voxels on the way
  for (std::size_t i = 1; i < out.columns.size(); ++i) {
    if (!out.columns[i] || !out.columns[i - 1]) continue;
    const Coord d = *out.columns[i] - *out.columns[i - 1];
    const auto step = static_cast<double>(std::max(std::abs(d.x), std::abs(d.y)));
    along += step < static_cast<double>(volume.world().extent().x) / 2 ? step : 1;  // else the seam
  }
  out.level = fitting_level(along, height, out.size.width, out.size.height);
  return out;
}

// Two decimals of a degree are a kilometre.
std::string point_text(const GeoPoint& p, const GreatCircle& way) {
  const int decimals = way.metres() > kKilometresFrom ? 2 : 5;
  return longitude_text(p.longitude_deg, decimals) + " " + latitude_text(p.latitude_deg, decimals);
}

Figure figure_of(const Volume& volume, const GroundProfile& profile, ConstVoxelView voxels,
                 const GreatCircle& way) {
  const Scale scale(volume.world());
  Palette palette(volume.catalogue());
  const auto width = static_cast<int>(voxels.size.x), height = static_cast<int>(voxels.size.z);
  Figure figure;
  figure.plot = Raster(width, height);
  for (int row = 0; row < height; ++row) {
    for (int column = 0; column < width; ++column) {
      const bool inside = profile.columns[static_cast<std::size_t>(column)].has_value();
      figure.plot.at(column, row) =
          inside ? palette.color(voxels.at({column, 0, height - 1 - row})) : 0xffffff;
    }
  }
  const std::int64_t first = (profile.z_lo >> profile.level) << profile.level;
  figure.plot_width = profile.size.width, figure.plot_height = profile.size.height;
  const bool far = way.metres() > kKilometresFrom;
  figure.x.title = far ? "distance (km)" : "distance (m)";
  figure.x.last = far ? way.metres() / 1000 : way.metres();
  figure.y =
      scale.z(static_cast<double>(first), static_cast<double>(first + (voxels.size.z << profile.level)));
  figure.legend = palette.legend();
  figure.level_line = 0;
  return figure;
}

}  // namespace

Result<Canvas> picture_of_section(const Volume& volume, const GeoPoint& from, const GeoPoint& to,
                                  const PictureOptions& options) {
  const World& world = volume.world();
  for (const GeoPoint& end : {from, to}) TERRANE_TRY(column_of(world, end));
  const GreatCircle way(from, to);
  if (!way.defined())
    return invalid("a section needs two points that are neither the same nor opposite on the globe");
  const Box box = options.box.value_or(world.bounds());
  TERRANE_TRY(world.pieces(box));
  TERRANE_ASSIGN(const PlotSpace space, plot_space(options.max_width, options.max_height));

  GroundProfile profile;
  VoxelArray voxels;
  Rows rows = {box.lo.z, box.hi.z};
  for (int zoom = 0; zoom < kZooms; ++zoom) {
    profile = plan(volume, way, space, rows.lo, rows.hi);
    const auto height = static_cast<double>(rows.hi - rows.lo);
    TERRANE_ASSIGN(profile.level, checked_level(options.level, profile.level, profile.size.width, height));
    TERRANE_ASSIGN(voxels, read_profile(volume, profile, options.read));
    if (options.box) break;
    const Rows shown = interesting(voxels.view(), kinds_of(volume, voxels.view()));
    const std::int64_t base = rows.lo >> profile.level;
    const Rows next = {std::max(rows.lo, (base + shown.lo) << profile.level),
                       std::min(rows.hi, (base + shown.hi) << profile.level)};
    // Close enough: another look would move the borders by less than a tenth.
    if ((next.hi - next.lo) * 10 > (rows.hi - rows.lo) * 9) break;
    rows = next;
  }

  Figure figure = figure_of(volume, profile, voxels.view(), way);
  figure.title = options.title;
  figure.subtitle = "section from " + point_text(from, way) + " to " + point_text(to, way) + " · level " +
                    std::to_string(profile.level) + ": " + Scale(world).voxel_text(profile.level) +
                    " · vertical exaggeration " + stretch_text(profile.size);
  return draw(figure, options.max_width, options.max_height);
}

}  // namespace terrane

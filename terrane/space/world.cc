#include "terrane/space/world.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <optional>

#include "terrane/space/lattice.h"
#include "terrane/space/position.h"

namespace terrane {
namespace {

constexpr const char* kAxisName[3] = {"x", "y", "z"};
constexpr double kMetresPerDegree = 111319.49079327358;  // EPSG:4087: 6,378,137 m x pi / 180
constexpr double kEdgeTolerance = 1e-6;                  // voxels; what rounding may move a point on a face

struct Span {
  std::int64_t lo, hi;
};

Span span_of(const Box& b, int axis) {
  if (axis == 0) return {b.lo.x, b.hi.x};
  if (axis == 1) return {b.lo.y, b.hi.y};
  return {b.lo.z, b.hi.z};
}

std::int64_t on_axis(Coord c, int axis) {
  return axis == 0 ? c.x : axis == 1 ? c.y : c.z;
}

std::string text(double v) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.10g", v);
  return buffer;
}

std::string text(std::int64_t v) {
  return std::to_string(v);
}

bool is_epsg(const std::string& crs) {
  constexpr std::size_t kPrefix = 5, kMaxDigits = 9;
  if (crs.compare(0, kPrefix, "EPSG:") != 0) return false;
  if (crs.size() == kPrefix || crs.size() > kPrefix + kMaxDigits) return false;
  return crs.find_first_not_of("0123456789", kPrefix) == std::string::npos;
}

Status check_axis(const World::Settings& s, int axis) {
  const std::string name = kAxisName[axis];
  const std::int64_t n = on_axis(s.extent, axis), max = on_axis(kMaxExtent, axis);
  const double size = s.voxel_size[axis], origin = s.origin[axis];
  if (n < 1 || n > max) {
    return invalid("extent in " + name + " must be 1 to " + text(max) + " voxels; got " + text(n));
  }
  if (!std::isfinite(size) || size <= 0) {
    return invalid("voxel size in " + name + " must be a finite number above 0; got " + text(size));
  }
  if (!std::isfinite(origin)) {
    return invalid("origin in " + name + " must be a finite number; got " + text(origin));
  }
  if (!std::isfinite(origin + size * static_cast<double>(n))) {
    return invalid("the upper corner in " + name +
                   " is not a finite number; use a smaller voxel size or origin");
  }
  return ok();
}

// How the horizontal axes of a world are laid out in degrees: where voxel 0 begins, and one voxel.
struct Degrees {
  double origin[2];
  double voxel[2];
};

std::optional<Degrees> degrees_of(const World::Settings& s) {
  double unit[2];  // CRS units in one degree
  if (s.crs == "EPSG:4326") {
    unit[0] = unit[1] = 1;
  } else if (s.crs == "EPSG:4087") {
    unit[0] = unit[1] = kMetresPerDegree;
    if (s.wrap_x) unit[0] = s.voxel_size[0] * static_cast<double>(s.extent.x) / 360;
  } else {
    return std::nullopt;
  }
  Degrees d;
  for (int i : {0, 1}) {
    d.origin[i] = s.origin[i] / unit[i];
    d.voxel[i] = s.voxel_size[i] / unit[i];
  }
  if (s.wrap_x) d.voxel[0] = 360 / static_cast<double>(s.extent.x);
  return d;
}

Error no_longitude(const World::Settings& s) {
  const std::string what =
      s.crs.empty() ? "this world has no CRS (local metres)" : "no longitude is known for " + s.crs;
  return invalid(what +
                 "; only EPSG:4326 and EPSG:4087 tie voxels to longitude and latitude. Address it by voxel");
}

// The voxel at `offset` voxels from the low corner.
Result<std::int64_t> voxel_at(double offset, std::int64_t n, const char* what, double value, double first,
                              double step) {
  const double end = static_cast<double>(n);
  if (!(offset >= -kEdgeTolerance && offset <= end + kEdgeTolerance)) {
    return invalid(std::string(what) + " " + text(value) + " is outside the store, which spans " +
                   text(first) + " to " + text(first + step * end));
  }
  const auto voxel = static_cast<std::int64_t>(std::floor(offset));
  return std::min(std::max<std::int64_t>(voxel, 0), n - 1);
}

// Of an axis that does not wrap.
Status check_span(Span s, std::int64_t n, const char* axis) {
  const std::string name = axis;
  const std::string limits = "; boxes on " + name + " lie within 0:" + text(n);
  if (s.lo == s.hi) return invalid("box is empty on " + name + ": " + text(s.lo) + ":" + text(s.hi) + limits);
  if (s.lo > s.hi) {
    return invalid("box is inverted on " + name + ": " + text(s.lo) + ":" + text(s.hi) +
                   "; give the lower corner first");
  }
  if (s.lo < 0)
    return invalid("box begins at " + name + "=" + text(s.lo) + " but the store begins at 0" + limits);
  if (s.hi > n) {
    return invalid("box reaches " + name + "=" + text(s.hi) + " but the store ends at " + name + "=" +
                   text(n) + limits);
  }
  return ok();
}

// x of a world that wraps: a box may run on over the seam, once around at most.
Status check_wrapping_span(Span s, std::int64_t n) {
  if (s.lo >= s.hi) return check_span(s, n, kAxisName[0]);
  const std::string limits = "; in this world, which wraps, a box begins at x=0 to x=" + text(n - 1) +
                             " and is at most " + text(n) + " wide";
  if (s.lo < 0 || s.lo >= n) return invalid("box begins at x=" + text(s.lo) + limits);
  if (s.hi > s.lo + n) return invalid("box reaches x=" + text(s.hi) + " from x=" + text(s.lo) + limits);
  return ok();
}

}  // namespace

Result<World> World::create(Settings settings) {
  for (int axis : {0, 1, 2}) TERRANE_TRY(check_axis(settings, axis));
  if (!settings.crs.empty() && !is_epsg(settings.crs)) {
    return invalid("CRS must be empty (local metres) or EPSG:N, such as EPSG:4326; got `" + settings.crs +
                   "`");
  }
  return World(std::move(settings));
}

World World::bluemarble() {
  return World({.extent = {160'300'080, 80'150'040, 80'000'000},
                .voxel_size = {0.25, 0.25, 0.25},
                .origin = {-20'037'510, -10'018'755, -10'000'000},
                .crs = "EPSG:4087",
                .wrap_x = true});
}

Result<Coord> World::to_voxel(const GeoPoint& point) const {
  const auto degrees = degrees_of(settings_);
  if (!degrees) return no_longitude(settings_);
  double longitude = point.longitude_deg;
  if (wraps()) {
    if (!std::isfinite(longitude))
      return invalid("longitude must be a finite number; got " + text(longitude));
    // remainder() is exact, so a longitude far around the globe loses nothing here.
    longitude = degrees->origin[0] + std::remainder(longitude - degrees->origin[0], 360.0);
    if (longitude < degrees->origin[0]) longitude += 360;
  }
  const double offset = (longitude - degrees->origin[0]) / degrees->voxel[0];
  Coord voxel;
  TERRANE_ASSIGN(voxel.x, voxel_at(offset, extent().x, "longitude", point.longitude_deg, degrees->origin[0],
                                   degrees->voxel[0]));
  TERRANE_ASSIGN(voxel.y, voxel_at((point.latitude_deg - degrees->origin[1]) / degrees->voxel[1], extent().y,
                                   "latitude", point.latitude_deg, degrees->origin[1], degrees->voxel[1]));
  const double z0 = settings_.origin[2], dz = settings_.voxel_size[2];
  TERRANE_ASSIGN(voxel.z,
                 voxel_at((point.elevation_m - z0) / dz, extent().z, "elevation", point.elevation_m, z0, dz));
  return voxel;
}

Result<GeoPoint> World::to_geo(Coord voxel) const {
  const auto degrees = degrees_of(settings_);
  if (!degrees) return no_longitude(settings_);
  if (!bounds().contains(voxel)) {
    return invalid("voxel " + to_string(voxel) + " is outside the store; it has voxels " +
                   to_string(bounds()));
  }
  const auto centre = [](double first, double step, std::int64_t i) {
    return first + (static_cast<double>(i) + 0.5) * step;
  };
  GeoPoint point;
  point.longitude_deg = centre(degrees->origin[0], degrees->voxel[0], voxel.x);
  if (wraps() && !(point.longitude_deg >= -180 && point.longitude_deg < 180)) {
    point.longitude_deg = std::remainder(point.longitude_deg, 360.0);
    if (point.longitude_deg >= 180) point.longitude_deg -= 360;
  }
  point.latitude_deg = centre(degrees->origin[1], degrees->voxel[1], voxel.y);
  point.elevation_m = centre(settings_.origin[2], settings_.voxel_size[2], voxel.z);
  return point;
}

Result<std::vector<Box>> World::pieces(const Box& box) const {
  const Coord n = extent();
  TERRANE_TRY(wraps() ? check_wrapping_span(span_of(box, 0), n.x)
                      : check_span(span_of(box, 0), n.x, kAxisName[0]));
  for (int axis : {1, 2}) TERRANE_TRY(check_span(span_of(box, axis), on_axis(n, axis), kAxisName[axis]));
  if (box.hi.x <= n.x) return std::vector<Box>{box};
  return std::vector<Box>{{box.lo, {n.x, box.hi.y, box.hi.z}},
                          {{0, box.lo.y, box.lo.z}, {box.hi.x - n.x, box.hi.y, box.hi.z}}};
}

bool World::overlap(const Box& a, const Box& b) const {
  const auto parts = pieces(a), others = pieces(b);
  if (!parts || !others) return false;
  return std::any_of(parts->begin(), parts->end(), [&](const Box& part) {
    return std::any_of(others->begin(), others->end(),
                       [&](const Box& other) { return part.overlaps(other); });
  });
}

Result<std::vector<World::Piece>> World::level_pieces(const Box& box, int level) const {
  if (level < 0 || level > kMaxLevel) {
    return invalid("level of detail must be 0 to " + text(std::int64_t{kMaxLevel}) + "; got " +
                   text(std::int64_t{level}));
  }
  TERRANE_ASSIGN(const std::vector<Box> parts, pieces(box));
  std::vector<Piece> out;
  std::int64_t x = 0;
  for (const Box& part : parts) {
    out.push_back({level_box(part, level), x});
    x += out.back().box.size().x;
  }
  return out;
}

Result<Coord> World::level_shape(const Box& box, int level) const {
  TERRANE_ASSIGN(const std::vector<Piece> parts, level_pieces(box, level));
  Coord shape = parts.back().box.size();
  shape.x += parts.back().out_x;
  return shape;
}

}  // namespace terrane

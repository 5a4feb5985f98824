#include "terrane/io/earth_box.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "fmt/format.h"

namespace terrane {
namespace {

struct Interval {
  std::int64_t lo, hi;
};

// Voxel i of an axis has its centre at first + i * step.
struct Axis {
  double first, step;
  std::int64_t count;
  // What rounding may move a centre: voxels.
  static constexpr double kTolerance = 1e-6;

  // The first voxel whose centre is at or above `value`, whether it exists or not.
  std::int64_t at_or_above(double value) const {
    return static_cast<std::int64_t>(std::clamp(std::ceil((value - first) / step - kTolerance), -1e15, 1e15));
  }
  Interval within(double lo, double hi) const {
    return {std::max<std::int64_t>(at_or_above(lo), 0), std::min(at_or_above(hi), count)};
  }
};

// Voxels between two meridians, for each turn that the axis meets.
std::vector<Interval> between_meridians(const Axis& axis, double west, double east) {
  if (east - west >= 360 - 1e-9) return {{0, axis.count}};
  std::vector<Interval> out;
  const double begin = axis.first - axis.step, end = axis.first + axis.step * static_cast<double>(axis.count);
  const double turns = std::floor((begin - east) / 360) * 360;
  for (double turn = turns; west + turn <= end; turn += 360) {
    const Interval part = axis.within(west + turn, east + turn);
    if (part.lo < part.hi) out.push_back(part);
  }
  return out;
}

std::vector<Interval> intersect(const std::vector<Interval>& a, const std::vector<Interval>& b) {
  std::vector<Interval> out;
  for (const Interval& i : a) {
    for (const Interval& j : b) {
      const Interval both = {std::max(i.lo, j.lo), std::min(i.hi, j.hi)};
      if (both.lo < both.hi) out.push_back(both);
    }
  }
  std::sort(out.begin(), out.end(), [](const Interval& i, const Interval& j) { return i.lo < j.lo; });
  std::vector<Interval> joined;
  for (const Interval& i : out) {
    if (!joined.empty() && joined.back().hi >= i.lo) {
      joined.back().hi = std::max(joined.back().hi, i.hi);
    } else {
      joined.push_back(i);
    }
  }
  return joined;
}

Status check_range(const std::optional<EarthRegion::Range>& range, const char* what) {
  if (!range || (std::isfinite(range->lo) && std::isfinite(range->hi) && range->lo < range->hi)) return ok();
  return invalid(fmt::format("the {} of the region runs from {} to {}: give the lower end first", what,
                             range->lo, range->hi));
}

std::string text(const std::optional<EarthRegion::Range>& range) {
  return range ? fmt::format("{:g}:{:g}", range->lo, range->hi) : "all";
}

Error nothing_to_fill(const char* what, const Axis& axis, const std::optional<EarthRegion::Range>& relief,
                      const std::optional<EarthRegion::Range>& region) {
  const EarthRegion::Range store = {axis.first - axis.step / 2,
                                    axis.first + axis.step * (static_cast<double>(axis.count) - 0.5)};
  return invalid(
      fmt::format("nothing to fill: no voxel has its centre where store, relief and region meet in {}; "
                  "store=`{}` relief=`{}` region=`{}`",
                  what, text(store), text(relief), text(region)));
}

// Centres through the world's own eyes; the longitude of voxel 0 may lie anywhere within a turn.
struct Axes {
  Axis x, y, z;
};
Result<Axes> axes_of(const World& world) {
  const Coord n = world.extent();
  TERRANE_ASSIGN(const GeoPoint first, world.to_geo({0, 0, 0}));
  TERRANE_ASSIGN(const GeoPoint last, world.to_geo(n - Coord{1, 1, 1}));
  const auto step = [](double a, double b, std::int64_t count) {
    return count > 1 ? (b - a) / static_cast<double>(count - 1) : 1.0;
  };
  const double around = 360 / static_cast<double>(n.x);
  return Axes{
      {first.longitude_deg, world.wraps() ? around : step(first.longitude_deg, last.longitude_deg, n.x), n.x},
      {first.latitude_deg, step(first.latitude_deg, last.latitude_deg, n.y), n.y},
      {first.elevation_m, world.settings().voxel_size[2], n.z}};
}

}  // namespace

Result<Box> earth_box(const World& world, const GridPlaces& relief, const EarthRegion& region) {
  TERRANE_TRY(check_range(region.longitude, "longitude"));
  TERRANE_TRY(check_range(region.latitude, "latitude"));
  TERRANE_TRY(check_range(region.vertical_m, "vertical range"));
  TERRANE_ASSIGN(const Axes axes, axes_of(world));

  const bool all_around = relief.around;
  auto x = all_around ? std::vector<Interval>{{0, axes.x.count}}
                      : between_meridians(axes.x, relief.west, relief.east);
  if (region.longitude)
    x = intersect(x, between_meridians(axes.x, region.longitude->lo, region.longitude->hi));
  if (x.empty())
    return nothing_to_fill("longitude", axes.x, EarthRegion::Range{relief.west, relief.east},
                           region.longitude);
  const bool over_seam = world.wraps() && x.size() > 1 && x.front().lo == 0 && x.back().hi == axes.x.count;
  if (over_seam) {
    x.back().hi += x.front().hi;
    x.erase(x.begin());
  }
  if (x.size() > 1) {
    return invalid(
        fmt::format("the part to fill falls apart into x={}:{} and x={}:{}: give a region for each in turn",
                    x[0].lo, x[0].hi, x[1].lo, x[1].hi));
  }
  Interval y = axes.y.within(relief.south, relief.north);
  if (region.latitude) {
    const Interval asked = axes.y.within(region.latitude->lo, region.latitude->hi);
    y = {std::max(y.lo, asked.lo), std::min(y.hi, asked.hi)};
  }
  if (y.lo >= y.hi)
    return nothing_to_fill("latitude", axes.y, EarthRegion::Range{relief.south, relief.north},
                           region.latitude);
  Interval z = {0, axes.z.count};
  if (region.vertical_m) z = axes.z.within(region.vertical_m->lo, region.vertical_m->hi);
  if (z.lo >= z.hi) return nothing_to_fill("height", axes.z, {}, region.vertical_m);
  return Box{{x[0].lo, y.lo, z.lo}, {x[0].hi, y.hi, z.hi}};
}

}  // namespace terrane

#include "terrane/render/shade.h"

#include <algorithm>
#include <cmath>

namespace terrane {

namespace {

constexpr double kSteep = 0.7;  // tangent of 35 degrees

struct Slope {
  double east = 0, north = 0;  // metres up per metre
  double steepness() const { return std::hypot(east, north); }
};

// Heights of the ground in metres, smoothed a little: voxels are steps, hills are not.
class Heights {
 public:
  Heights(const GroundMap& map, double metres_z)
      : width_(map.width()), height_(map.height()), values_(static_cast<std::size_t>(width_ * height_)) {
    for (std::int64_t y = 0; y < height_; ++y) {
      for (std::int64_t x = 0; x < width_; ++x) {
        const GroundColumn& c = map.at(x, y);
        const std::int32_t z = c.ground_z != GroundColumn::kNone ? c.ground_z : std::max(c.surface_z, 0);
        values_[index(x, y)] = static_cast<float>(z * metres_z);
      }
    }
    for (int pass = 0; pass < 2; ++pass) {
      smooth(width_, 1, height_, width_);
      smooth(height_, width_, width_, 1);
    }
  }
  Slope slope(std::int64_t x, std::int64_t y, const CellSize& cell) const {
    const double dx = 2 * cell.x[static_cast<std::size_t>(y)];
    return {(values_[clamped(x + 1, y)] - values_[clamped(x - 1, y)]) / dx,
            (values_[clamped(x, y + 1)] - values_[clamped(x, y - 1)]) / (2 * cell.y)};
  }

 private:
  // A pass of weights 1, 2, 1 along `n` values `step` apart, for each of `lines` lines `apart` apart.
  void smooth(std::int64_t n, std::int64_t step, std::int64_t lines, std::int64_t apart) {
    for (std::int64_t line = 0; line < lines; ++line) {
      float* v = values_.data() + line * apart;
      float before = v[0];
      for (std::int64_t i = 0; i < n; ++i) {
        const float here = v[i * step], after = v[std::min(i + 1, n - 1) * step];
        v[i * step] = (before + 2 * here + after) / 4;
        before = here;
      }
    }
  }
  std::size_t index(std::int64_t x, std::int64_t y) const { return static_cast<std::size_t>(y * width_ + x); }
  std::size_t clamped(std::int64_t x, std::int64_t y) const {
    return index(std::clamp<std::int64_t>(x, 0, width_ - 1), std::clamp<std::int64_t>(y, 0, height_ - 1));
  }
  std::int64_t width_, height_;
  std::vector<float> values_;
};

// How steep the steep tenth is: on land, and under liquid. Flat ground counts as 1.
struct Steepness {
  double land = 1, seabed = 1;
};

double steep_tenth(std::vector<double>& values) {
  std::erase_if(values, [](double v) { return v <= 0; });
  if (values.empty()) return 1;
  const auto nth = values.begin() + static_cast<std::ptrdiff_t>(values.size() * 9 / 10);
  std::nth_element(values.begin(), nth, values.end());
  return *nth;
}

Steepness steepness(const GroundMap& map, const Heights& heights, const Kinds& kinds, const CellSize& cell) {
  // Every 7th column will do; 7 has no rhythm in common with bricks.
  std::vector<double> land, seabed;
  for (std::int64_t i = 0; i < map.width() * map.height(); i += 7) {
    const std::int64_t x = i % map.width(), y = i / map.width();
    const GroundColumn& c = map.at(x, y);
    if (c.surface_z == GroundColumn::kNone) continue;
    (c.wet(kinds) ? seabed : land).push_back(heights.slope(x, y, cell).steepness());
  }
  return {steep_tenth(land), steep_tenth(seabed)};
}

// How light a slope is beside flat ground: 1.
double light(const Slope& slope, double exaggeration) {
  const double e = slope.east * exaggeration, n = slope.north * exaggeration;
  // The sun at azimuth 315, 45 degrees up: (-1/2, 1/2, 1/sqrt 2). The normal is (-e, -n, 1).
  const double cosine = (0.5 * e - 0.5 * n + std::sqrt(0.5)) / std::sqrt(e * e + n * n + 1);
  return std::max(0.0, cosine) / std::sqrt(0.5);
}

double depth(const GroundColumn& c, double metres_z) {
  return c.ground_z == GroundColumn::kNone ? 0 : (c.surface_z - c.ground_z) * metres_z;
}

// The 99.8th percentile: one trench does not make all oceans pale.
double deepest(const GroundMap& map, const Kinds& kinds, double metres_z) {
  std::vector<double> depths;
  for (std::int64_t y = 0; y < map.height(); ++y) {
    for (std::int64_t x = 0; x < map.width(); ++x) {
      if (map.at(x, y).wet(kinds)) depths.push_back(depth(map.at(x, y), metres_z));
    }
  }
  if (depths.empty()) return 0;
  const auto nth = depths.begin() + static_cast<std::ptrdiff_t>((depths.size() - 1) * 998 / 1000);
  std::nth_element(depths.begin(), nth, depths.end());
  return *nth;
}

}  // namespace

Rgb depth_color(Rgb liquid, double share) {
  const double s = std::clamp(share, 0.0, 1.0);
  const Rgb pale = mix(liquid, 0xffffff, 0.55), deep = mix(liquid, 0x051030, 0.62);
  return s < 0.35 ? mix(pale, liquid, s / 0.35) : mix(liquid, deep, (s - 0.35) / 0.65);
}

ShadedMap shade(const GroundMap& map, const Kinds& kinds, const Catalogue& catalogue, const CellSize& cell) {
  const Heights heights(map, cell.z);
  const Steepness steep = steepness(map, heights, kinds, cell);
  ShadedMap out;
  out.raster = Raster(static_cast<int>(map.width()), static_cast<int>(map.height()));
  out.deepest = deepest(map, kinds, cell.z);
  Palette palette(catalogue);
  for (std::int64_t y = 0; y < map.height(); ++y) {
    for (std::int64_t x = 0; x < map.width(); ++x) {
      const GroundColumn& c = map.at(x, y);
      Rgb& pixel = out.raster.at(static_cast<int>(x), static_cast<int>(map.height() - 1 - y));
      const Rgb color = palette.color(c.surface);
      const Slope slope = heights.slope(x, y, cell);
      if (c.surface_z == GroundColumn::kNone) {
        pixel = color;
      } else if (c.wet(kinds)) {
        const double share = out.deepest > 0 ? depth(c, cell.z) / out.deepest : 1;
        pixel = brighten(depth_color(color, share), 1 + 0.30 * (light(slope, kSteep / steep.seabed) - 1));
      } else {
        pixel = brighten(color, 1 + 0.62 * (light(slope, kSteep / steep.land) - 1));
      }
    }
  }
  out.legend = palette.legend();
  for (const LegendEntry& e : out.legend) {
    const Material* m = catalogue.find(e.name);
    if (m != nullptr && kinds.liquid(m->id) && out.liquid == 0) out.liquid = e.color;
  }
  return out;
}

}  // namespace terrane

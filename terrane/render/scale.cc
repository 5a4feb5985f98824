#include "terrane/render/scale.h"

#include <algorithm>
#include <cmath>

namespace terrane {

namespace {

constexpr double kMetresPerDegree = 6371008.8 * 3.14159265358979323846 / 180;
constexpr double kKilometresFrom = 20000;  // metres along an axis

std::string short_number(double value) {
  const double size = std::abs(value);
  if (size >= 100 || value == std::floor(value)) return number_text(value, 0);
  // Two or three digits that count, however small.
  return number_text(value, std::clamp(2 - static_cast<int>(std::floor(std::log10(size))), 1, 12));
}

}  // namespace

Scale::Scale(const World& world) : crs_(world.settings().crs) {
  const World::Settings& s = world.settings();
  for (int i = 0; i < 3; ++i) size_[i] = s.voxel_size[i];
  degrees_ = crs_ == "EPSG:4326";
  x_ = {s.origin[0], s.voxel_size[0]};
  y_ = {s.origin[1], s.voxel_size[1]};
  z_ = {s.origin[2], s.voxel_size[2]};
  for (int i = 0; i < 3; ++i) metric_ = metric_ || s.voxel_size[i] != 1 || s.origin[i] != 0;
  metric_ = metric_ || !crs_.empty();
  const Coord e = world.extent();
  const auto low = world.to_geo({0, 0, 0});
  const auto high = world.to_geo({e.x - 1, e.y - 1, 0});
  if (!low || !high || e.x < 2 || e.y < 2) return;
  // Longitude may wrap on the way.
  const double turn = high->longitude_deg < low->longitude_deg ? 360 : 0;
  x_.per_voxel = (high->longitude_deg + turn - low->longitude_deg) / static_cast<double>(e.x - 1);
  y_.per_voxel = (high->latitude_deg - low->latitude_deg) / static_cast<double>(e.y - 1);
  x_.at_zero = low->longitude_deg - x_.per_voxel / 2;
  y_.at_zero = low->latitude_deg - y_.per_voxel / 2;
  geographic_ = x_.per_voxel > 0 && y_.per_voxel > 0;
}

PlotAxis Scale::plane_axis(const Linear& linear, const char* name, double first, double last) const {
  PlotAxis axis{.title = name, .first = linear.at(first), .last = linear.at(last)};
  if (!metric_) {
    axis.title += " (voxels)";
  } else if (std::abs(axis.last - axis.first) >= kKilometresFrom) {
    axis.first /= 1000;
    axis.last /= 1000;
    axis.title += " (km)";
  } else {
    axis.title += " (m)";
  }
  return axis;
}

PlotAxis Scale::x(double first, double last) const {
  if (geographic_) return {"longitude", x_.at(first), x_.at(last), Quantity::kLongitude};
  return plane_axis(x_, metric_ ? "x, east" : "x", first, last);
}

PlotAxis Scale::y(double first, double last) const {
  if (geographic_) return {"latitude", y_.at(first), y_.at(last), Quantity::kLatitude};
  return plane_axis(y_, metric_ ? "y, north" : "y", first, last);
}

PlotAxis Scale::z(double first, double last) const {
  return plane_axis(z_, metric_ ? "elevation" : "z", first, last);
}

double Scale::metres_x(double y) const {
  if (!geographic_) return x_.per_voxel;
  const double latitude = std::clamp(y_.at(y), -89.9, 89.9) * 3.14159265358979323846 / 180;
  return x_.per_voxel * kMetresPerDegree * std::cos(latitude);
}

double Scale::metres_y() const {
  return geographic_ ? y_.per_voxel * kMetresPerDegree : y_.per_voxel;
}

std::string Scale::place_x(std::int64_t voxel) const {
  const std::string text = "x = " + std::to_string(voxel);
  const double centre = x_.at(static_cast<double>(voxel) + 0.5);
  if (geographic_) return text + " (" + longitude_text(centre, 2) + ")";
  return metric_ ? text + " (" + short_number(centre) + " m)" : text;
}

std::string Scale::place_y(std::int64_t voxel) const {
  const std::string text = "y = " + std::to_string(voxel);
  const double centre = y_.at(static_cast<double>(voxel) + 0.5);
  if (geographic_) return text + " (" + latitude_text(centre, 2) + ")";
  return metric_ ? text + " (" + short_number(centre) + " m)" : text;
}

std::string Scale::place_z(std::int64_t voxel) const {
  const std::string text = "z = " + std::to_string(voxel);
  return metric_ ? text + " (" + short_number(z_.at(static_cast<double>(voxel) + 0.5)) + " m)" : text;
}

std::string Scale::length_text(double metres) const {
  if (!metric_) return short_number(metres);
  return metres >= 10000 ? short_number(metres / 1000) + " km" : short_number(metres) + " m";
}

std::string Scale::voxel_text(int level) const {
  const double scale = std::ldexp(1.0, level);
  const char* times = " × ";
  if (geographic_ && degrees_) {
    return short_number(x_.per_voxel * scale) + "°" + times + short_number(y_.per_voxel * scale) + "°" +
           times + length_text(z_.per_voxel * scale);
  }
  const std::string text = length_text(size_[0] * scale) + times + length_text(size_[1] * scale) + times +
                           length_text(size_[2] * scale);
  return metric_ ? text : text + " voxels";
}

}  // namespace terrane

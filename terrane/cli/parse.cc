#include "terrane/cli/parse.h"

#include <charconv>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace terrane::cli {

namespace {

constexpr char kAxes[] = "xyz";

Error bad(std::string_view option, std::string_view text, const std::string& why) {
  return invalid(why + ": " + std::string(option) + "=`" + std::string(text) + "`");
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

std::vector<std::string_view> split(std::string_view text, char by) {
  std::vector<std::string_view> parts;
  for (std::size_t from = 0;;) {
    const std::size_t to = text.find(by, from);
    parts.push_back(trimmed(text.substr(from, to - from)));
    if (to == std::string_view::npos) return parts;
    from = to + 1;
  }
}

template <class T>
bool read_number(std::string_view text, T& out) {
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return false;
  if constexpr (std::is_floating_point_v<T>) return std::isfinite(out);
  return true;
}

// One number of a form, or why it is none.
template <class T>
Result<T> number(std::string_view option, std::string_view text, std::string_view part,
                 const std::string& name, const char* form) {
  T value{};
  if (read_number(part, value)) return value;
  const char* kind = std::is_floating_point_v<T> ? "a number" : "a whole number";
  return bad(option, text,
             name + " must be " + kind + ", not `" + std::string(part) + "`; the form is " + form);
}

template <class T>
Result<std::array<T, 3>> three(std::string_view option, std::string_view text, const char* form) {
  const auto parts = split(text, ',');
  if (parts.size() != 3) {
    return bad(option, text,
               "three numbers are wanted, " + std::to_string(parts.size()) + " given; the form is " + form);
  }
  std::array<T, 3> out{};
  for (std::size_t i = 0; i < 3; ++i) {
    TERRANE_ASSIGN(out[i], number<T>(option, text, parts[i], std::string(1, kAxes[i]), form));
  }
  return out;
}

Result<Coord> coord(std::string_view option, std::string_view text, std::int64_t least, const char* form) {
  TERRANE_ASSIGN(const auto v, three<std::int64_t>(option, text, form));
  for (std::size_t i = 0; i < 3; ++i) {
    if (v[i] < least) {
      return bad(
          option, text,
          std::string(1, kAxes[i]) + " is " + std::to_string(v[i]) + ", below " + std::to_string(least));
    }
  }
  return Coord{v[0], v[1], v[2]};
}

Result<std::pair<double, double>> rising(std::string_view option, std::string_view text,
                                         std::string_view part, const std::string& name, const char* form) {
  const auto ends = split(part, ':');
  if (ends.size() != 2)
    return bad(option, text, name + " must be two numbers with a colon; the form is " + form);
  TERRANE_ASSIGN(const double lo, number<double>(option, text, ends[0], name, form));
  TERRANE_ASSIGN(const double hi, number<double>(option, text, ends[1], name, form));
  if (lo >= hi) return bad(option, text, name + " must rise from the first number to the second");
  return std::pair(lo, hi);
}

Result<GeoPoint> place(std::string_view option, std::string_view text, std::string_view lon,
                       std::string_view lat, const char* form) {
  GeoPoint out;
  TERRANE_ASSIGN(out.longitude_deg, number<double>(option, text, lon, "longitude", form));
  TERRANE_ASSIGN(out.latitude_deg, number<double>(option, text, lat, "latitude", form));
  if (std::abs(out.longitude_deg) > 720)
    return bad(option, text, "longitude must lie within -720 and 720 degrees");
  if (std::abs(out.latitude_deg) > 90)
    return bad(option, text, "latitude must lie within -90 and 90 degrees");
  return out;
}

}  // namespace

Result<Coord> parse_point(std::string_view option, std::string_view text) {
  return coord(option, text, 0, "X,Y,Z");
}

Result<Coord> parse_shape(std::string_view option, std::string_view text) {
  return coord(option, text, 1, "NX,NY,NZ");
}

Result<Box> parse_box(std::string_view option, std::string_view text) {
  constexpr char kForm[] = "X0:X1,Y0:Y1,Z0:Z1";
  const auto parts = split(text, ',');
  if (parts.size() != 3) {
    return bad(option, text,
               "three ranges are wanted, " + std::to_string(parts.size()) + " given; the form is " + kForm);
  }
  std::array<std::int64_t, 3> lo{}, hi{};
  for (std::size_t i = 0; i < 3; ++i) {
    const std::string axis(1, kAxes[i]), shown = axis + " is `" + std::string(parts[i]) + "`";
    const auto ends = split(parts[i], ':');
    if (ends.size() != 2)
      return bad(option, text, shown + ", not two numbers with a colon; the form is " + kForm);
    TERRANE_ASSIGN(lo[i], number<std::int64_t>(option, text, ends[0], axis, kForm));
    TERRANE_ASSIGN(hi[i], number<std::int64_t>(option, text, ends[1], axis, kForm));
    if (lo[i] < 0) return bad(option, text, shown + ", but a store begins at 0");
    if (lo[i] == hi[i]) return bad(option, text, shown + ", which is empty: the end is not part of a box");
    if (lo[i] > hi[i]) return bad(option, text, shown + ", which is inverted: give the lower end first");
  }
  return Box{{lo[0], lo[1], lo[2]}, {hi[0], hi[1], hi[2]}};
}

Result<std::array<double, 3>> parse_triple(std::string_view option, std::string_view text) {
  return three<double>(option, text, "X,Y,Z");
}

Result<std::pair<double, double>> parse_range(std::string_view option, std::string_view text) {
  return rising(option, text, text, "the range", "A:B");
}

Result<GeoPoint> parse_geo_point(std::string_view option, std::string_view text) {
  constexpr char kForm[] = "LON,LAT,ELEV";
  const auto parts = split(text, ',');
  if (parts.size() != 3)
    return bad(option, text, std::string("three numbers are wanted; the form is ") + kForm);
  TERRANE_ASSIGN(GeoPoint out, place(option, text, parts[0], parts[1], kForm));
  TERRANE_ASSIGN(out.elevation_m, number<double>(option, text, parts[2], "elevation", kForm));
  return out;
}

Result<std::pair<GeoPoint, GeoPoint>> parse_way(std::string_view option, std::string_view text) {
  constexpr char kForm[] = "LON,LAT:LON,LAT";
  const auto ends = split(text, ':');
  std::vector<GeoPoint> points;
  for (const std::string_view end : ends) {
    const auto parts = split(end, ',');
    if (parts.size() != 2 || ends.size() != 2) {
      return bad(option, text, std::string("two points are wanted; the form is ") + kForm);
    }
    TERRANE_ASSIGN(points.emplace_back(), place(option, text, parts[0], parts[1], kForm));
  }
  return std::pair(points[0], points[1]);
}

Result<Region> parse_region(std::string_view option, std::string_view text) {
  constexpr char kForm[] = "LON0:LON1,LAT0:LAT1";
  const auto parts = split(text, ',');
  if (parts.size() != 2) return bad(option, text, std::string("two ranges are wanted; the form is ") + kForm);
  Region out;
  TERRANE_ASSIGN(out.longitude, rising(option, text, parts[0], "longitude", kForm));
  TERRANE_ASSIGN(out.latitude, rising(option, text, parts[1], "latitude", kForm));
  if (out.latitude.first < -90 || out.latitude.second > 90) {
    return bad(option, text, "latitude must lie within -90 and 90 degrees");
  }
  return out;
}

Result<Plane> parse_plane(std::string_view option, std::string_view text) {
  constexpr char kForm[] = "x=K, y=K or z=K";
  const auto parts = split(text, '=');
  const bool axis = parts[0] == "x" || parts[0] == "y" || parts[0] == "z";
  if (parts.size() != 2 || !axis) return bad(option, text, std::string("the form is ") + kForm);
  TERRANE_ASSIGN(const auto at, number<std::int64_t>(option, text, parts[1], "K", kForm));
  return Plane{parts[0].front(), at};
}

Result<std::pair<int, int>> parse_size(std::string_view option, std::string_view text) {
  const auto parts = split(text, ',');
  if (parts.size() != 2) return bad(option, text, "two numbers are wanted; the form is W,H");
  TERRANE_ASSIGN(const int width, number<int>(option, text, parts[0], "width", "W,H"));
  TERRANE_ASSIGN(const int height, number<int>(option, text, parts[1], "height", "W,H"));
  return std::pair(width, height);
}

Result<std::uint64_t> parse_bytes(std::string_view option, std::string_view text) {
  std::string_view digits = trimmed(text);
  double unit = 1;
  constexpr std::string_view kUnits = "KMGT";
  if (!digits.empty()) {
    const char last = digits.back() >= 'a' ? static_cast<char>(digits.back() - 'a' + 'A') : digits.back();
    if (const std::size_t i = kUnits.find(last); i != std::string_view::npos) {
      unit = std::ldexp(1.0, 10 * (static_cast<int>(i) + 1));
      digits.remove_suffix(1);
    }
  }
  TERRANE_ASSIGN(const double value, number<double>(option, text, digits, "the size", "N, NK, NM, NG or NT"));
  const double bytes = value * unit;
  if (bytes < 0 || bytes > std::ldexp(1.0, 62))
    return bad(option, text, "a size must lie within 0 and 2^62 bytes");
  return static_cast<std::uint64_t>(bytes);
}

}  // namespace terrane::cli

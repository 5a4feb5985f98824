#include <algorithm>
#include <cmath>
#include <cstdio>

#include "terrane/render/figure.h"

namespace terrane {

namespace {

double next_step(double raw, Quantity quantity) {
  if (quantity != Quantity::kNumber && raw > 5) {
    for (const double step : {10.0, 15.0, 30.0, 45.0, 90.0}) {
      if (step >= raw) return step;
    }
  }
  const double power = std::pow(10.0, std::floor(std::log10(raw)));
  for (const double m : {1.0, 2.0, 5.0}) {
    if (m * power >= raw * (1 - 1e-9)) return m * power;
  }
  return 10 * power;
}

int decimals_of(double step) {
  return step >= 1 ? 0 : std::min(9, static_cast<int>(std::ceil(-std::log10(step) - 1e-9)));
}

std::string degrees_text(double magnitude, int decimals, const char* side) {
  return number_text(magnitude, decimals) + "°" + side;
}

bool rounds_to_zero(double value, int decimals) {
  return std::abs(value) < 0.5 * std::pow(10.0, -decimals);
}

}  // namespace

std::string number_text(double value, int decimals) {
  if (rounds_to_zero(value, decimals)) value = 0;  // never "-0"
  char raw[64];
  std::snprintf(raw, sizeof raw, "%.*f", decimals, value);
  const std::string_view plain = raw;
  const std::size_t whole = std::min(plain.find('.'), plain.size());
  std::string text;
  for (std::size_t i = 0; i < plain.size(); ++i) {
    const bool digit_before = i > 0 && plain[i - 1] != '-';
    if (i < whole && digit_before && (whole - i) % 3 == 0) text.push_back(',');
    text.push_back(plain[i]);
  }
  return text;
}

std::string longitude_text(double degrees, int decimals) {
  double d = std::fmod(degrees, 360.0);
  if (d > 180) d -= 360;
  if (d <= -180) d += 360;
  const bool bare = rounds_to_zero(d, decimals) || rounds_to_zero(std::abs(d) - 180, decimals);
  return degrees_text(std::abs(d), decimals, bare ? "" : d < 0 ? "W" : "E");
}

std::string latitude_text(double degrees, int decimals) {
  return degrees_text(std::abs(degrees), decimals,
                      rounds_to_zero(degrees, decimals) ? ""
                      : degrees < 0                     ? "S"
                                                        : "N");
}

std::vector<Tick> ticks(double lo, double hi, int most, Quantity quantity) {
  std::vector<Tick> out;
  if (!(lo < hi) || !std::isfinite(hi - lo)) return out;
  const double step = next_step((hi - lo) / std::max(1, most), quantity);
  const int decimals = decimals_of(step);
  const double slack = step * 1e-6;
  for (double i = std::ceil((lo - slack) / step); i * step <= hi + slack; i += 1) {
    const double value = i * step;
    std::string label = quantity == Quantity::kLongitude  ? longitude_text(value, decimals)
                        : quantity == Quantity::kLatitude ? latitude_text(value, decimals)
                                                          : number_text(value, decimals);
    out.push_back({value, std::move(label)});
  }
  return out;
}

}  // namespace terrane

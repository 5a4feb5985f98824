#include "terrane/report/text.h"

#include <fmt/format.h>

#include <array>
#include <cmath>

namespace terrane {

std::string count_text(std::uint64_t n) {
  std::string text = fmt::format("{}", n);
  for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, 1, ',');
  return text;
}

std::string bytes_text(double bytes) {
  constexpr std::array kUnits = {"bytes", "kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"};
  std::size_t unit = 0;
  while (bytes >= 999.5 && unit + 1 < kUnits.size()) bytes /= 1000, ++unit;
  if (unit == 0) return fmt::format("{:.0f} bytes", bytes);
  return fmt::format("{:.{}f} {}", bytes, bytes < 9.995 ? 2 : bytes < 99.95 ? 1 : 0, kUnits[unit]);
}

std::string duration_text(double seconds) {
  if (seconds < 1) return fmt::format("{:.3f} s", seconds);
  if (seconds < 10) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<std::uint64_t>(std::llround(seconds));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole / 60 % 60);
}

std::string percent_text(double share) {
  return fmt::format("{:.{}f} %", share * 100, share > 0.995 ? 3 : 2);
}

std::string micro_text(double microseconds) {
  constexpr std::array kUnits = {"µs", "ms", "s"};
  std::size_t unit = 0;
  while (microseconds >= 999.5 && unit + 1 < kUnits.size()) microseconds /= 1000, ++unit;
  const int decimals = microseconds < 0.995 ? 2 : microseconds < 9.95 ? 1 : 0;
  return fmt::format("{:.{}f} {}", microseconds, decimals, kUnits[unit]);
}

std::string decimal_text(double value) {
  return fmt::format("{}", value);
}

}  // namespace terrane

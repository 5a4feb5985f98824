#include "terrane/render/ramp.h"

#include <algorithm>
#include <cmath>

namespace terrane {

namespace {

double round_down(double value) {
  const double power = std::pow(10.0, std::floor(std::log10(value) + 1e-9));
  for (const double m : {5.0, 2.0}) {
    if (m * power <= value * (1 + 1e-9)) return m * power;
  }
  return power;
}

double round_up(double value) {
  const double power = std::pow(10.0, std::floor(std::log10(value) + 1e-9));
  for (const double m : {1.0, 2.0, 5.0}) {
    if (m * power >= value * (1 - 1e-9)) return m * power;
  }
  return 10 * power;
}

}  // namespace

Rgb Ramp::at(double share) const {
  const double place = std::clamp(share, 0.0, 1.0) * static_cast<double>(stops_.size() - 1);
  const std::size_t i = std::min(stops_.size() - 2, static_cast<std::size_t>(place));
  return mix(stops_[i], stops_[i + 1], place - static_cast<double>(i));
}

std::vector<Rgb> Ramp::colors(int n) const {
  std::vector<Rgb> out;
  out.reserve(static_cast<std::size_t>(n));
  for (int i = 0; i < n; ++i) out.push_back(at((i + 0.5) / n));
  return out;
}

Ramp ratio_ramp() {
  return Ramp({0x2d1160, 0x3b3f8f, 0x2a6f9e, 0x2b9c97, 0x5fc182, 0xb5dd6b, 0xfbf2a6});
}

Ramp homogeneity_ramp() {
  return Ramp({0x4a0c2e, 0x8c1d3f, 0xc2453a, 0xe57f3f, 0xf5b65f, 0xfbdf9c, 0xfdf6de});
}

Rgb strategy_color(const RangeStrategy& strategy) {
  if (strategy.kind == RangeKind::kPredicted) return 0xe6e6e6;
  if (strategy.kind == RangeKind::kUniform) return 0xb4b9bf;
  switch (strategy.codec) {
    case CodecId::kUniform:
      return 0x8d949c;
    case CodecId::kPalette:
      return 0xe69f00;
    case CodecId::kRows:
      return 0x0072b2;
    case CodecId::kRle:
      return 0x009e73;
    case CodecId::kOctree:
      return 0xcc79a7;
    case CodecId::kDelta:
      return 0xd55e00;
    case CodecId::kHybrid:
      return 0x56b4e9;
    case CodecId::kContext:
      return 0x8c564b;
    case CodecId::kTree:
      return 0x17becf;
    case CodecId::kArchive:
      return 0x4b2e83;
  }
  // An application's own.
  constexpr Rgb kOwn[] = {0xf0e442, 0x6a3d9a, 0x7f5539, 0x1b4332};
  return kOwn[static_cast<std::size_t>(strategy.codec) % 4];
}

double LogSpan::share(double value) const {
  if (!(value > lo)) return 0;
  return std::min(1.0, std::log(value / lo) / std::log(hi / lo));
}

LogSpan log_span(double lo, double hi) {
  LogSpan out = {round_down(lo), round_up(std::max(lo, hi))};
  while (out.hi < out.lo * 10 * (1 - 1e-9)) out.hi = round_up(out.hi * 1.5);
  return out;
}

std::vector<Tick> log_ticks(const LogSpan& span, int most) {
  const auto all = [&](const std::vector<double>& multiples, int step) {
    std::vector<Tick> out;
    for (int exponent = -12; exponent <= 30; exponent += step) {
      for (const double m : multiples) {
        const double value = m * std::pow(10.0, exponent);
        if (value < span.lo * (1 - 1e-9) || value > span.hi * (1 + 1e-9)) continue;
        out.push_back({span.share(value), short_count(value)});
      }
    }
    return out;
  };
  for (const std::vector<double>& multiples : {std::vector<double>{1, 2, 5}, {2, 10}, {1, 3}}) {
    if (auto out = all(multiples, 1); out.size() <= static_cast<std::size_t>(most)) return out;
  }
  for (int step = 1;; ++step) {
    if (auto out = all({1}, step); out.size() <= static_cast<std::size_t>(most)) return out;
  }
}

std::string short_count(double value) {
  const char* unit = "";
  for (const char* larger : {"k", "M", "G", "T"}) {
    if (value < 9999.5) break;
    value /= 1000, unit = larger;
  }
  const int decimals = value >= 9.95 || value == std::floor(value) ? 0 : value >= 0.995 ? 1 : 2;
  return number_text(value, decimals) + unit;
}

}  // namespace terrane

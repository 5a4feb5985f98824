#include "terrane/report/time_chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "terrane/report/html.h"
#include "terrane/report/text.h"

namespace terrane {

namespace {

constexpr int kBins = 64;
constexpr double kWidth = 480, kHeight = 236, kLeft = 10, kRight = 470, kTop = 72, kBottom = 208;
constexpr double kGoals[] = {10000, 50000};  // microseconds

std::string decade_text(double microseconds) {
  if (microseconds < 0.5) return fmt::format("{:g} µs", microseconds);
  return microseconds < 999   ? fmt::format("{:.0f} µs", microseconds)
         : microseconds < 9e5 ? fmt::format("{:.0f} ms", microseconds / 1000)
                              : fmt::format("{:.0f} s", microseconds / 1e6);
}

class Chart {
 public:
  explicit Chart(const Latency& latency) : latency_(latency) {
    double lo = 10, hi = 200000;
    for (const Samples* s : {&latency.cold, &latency.hot}) {
      if (s->count() == 0) continue;
      lo = std::min(lo, s->percentile(0));
      hi = std::max(hi, s->percentile(100));
    }
    // Whole decades: a clock too coarse for a read says 0.
    span_.lo = std::pow(10, std::floor(std::log10(std::max(0.01, lo))));
    span_.hi = hi;
  }

  std::string svg(const std::string& title) {
    out_ = fmt::format("<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">\n", kWidth, kHeight,
                       html_escape(title));
    axis();
    bars(latency_.hot, "hot");
    bars(latency_.cold, "cold");
    goals();
    marks(latency_.hot, "hot", kTop - 12);
    marks(latency_.cold, "cold", kTop - 28);
    words(latency_.cold, "cold", kLeft);
    words(latency_.hot, "hot", (kLeft + kRight) / 2 + 12);
    return out_ + "</svg>\n";
  }

 private:
  double x(double microseconds) const { return kLeft + span_.share(microseconds) * (kRight - kLeft); }

  void line(const char* kind, double at, double from, double to) {
    out_ += fmt::format("<line class=\"{}\" x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/>\n",
                        kind, at, at, from, to);
  }
  void text(const char* kind, double at, double y, const char* anchor, const std::string& what) {
    out_ += fmt::format("<text class=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>\n", kind,
                        at, y, anchor, html_escape(what));
  }

  void axis() {
    const int decades = static_cast<int>(std::log10(span_.hi / span_.lo) + 1e-9);
    const int step = decades > 6 ? 2 : 1;
    for (int i = 0; i <= decades; ++i) {
      const double value = span_.lo * std::pow(10, i);
      line("grid", x(value), kTop, kBottom + 4);
      const char* anchor = i == 0 ? "start" : "middle";
      if (i % step == 0) text("tick", i == 0 ? kLeft : x(value), kBottom + 20, anchor, decade_text(value));
    }
    out_ += fmt::format("<line class=\"axis\" x1=\"{}\" x2=\"{}\" y1=\"{}\" y2=\"{}\"/>\n", kLeft, kRight,
                        kBottom, kBottom);
  }

  void bars(const Samples& samples, const char* kind) {
    const std::vector<std::uint64_t> counts = log_histogram(samples.values(), span_, kBins);
    const double most =
        static_cast<double>(std::max<std::uint64_t>(1, *std::max_element(counts.begin(), counts.end())));
    const double wide = (kRight - kLeft) / kBins;
    out_ += fmt::format("<g class=\"{}\">", kind);
    for (int i = 0; i < kBins; ++i) {
      const double share = static_cast<double>(counts[static_cast<std::size_t>(i)]) / most;
      if (share == 0) continue;
      const double high = std::max(1.5, share * (kBottom - kTop));
      out_ += fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\"/>",
                          kLeft + i * wide + 0.4, kBottom - high, wide - 0.8, high);
    }
    out_ += "</g>\n";
  }

  void goals() {
    for (const double goal : kGoals) {
      line("goal", x(goal), kTop, kBottom);
      text("goal-text", x(goal) + (goal > kGoals[0] ? 4 : -4), kTop + 12, goal > kGoals[0] ? "start" : "end",
           fmt::format("{:.0f} ms", goal / 1000));
    }
  }

  // The median and the 99th percentile: two marks joined by a line, above the plot, with words.
  void marks(const Samples& samples, const char* kind, double y) {
    if (samples.count() == 0) return;
    const double a = x(samples.percentile(50)), b = x(samples.percentile(99));
    out_ += fmt::format("<g class=\"mark {}\"><line x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"{}\" y2=\"{}\"/>", kind,
                        a, b, y, y);
    out_ += fmt::format(
        "<circle cx=\"{:.1f}\" cy=\"{}\" r=\"4\"/><rect x=\"{:.1f}\" y=\"{}\" width=\"7\" "
        "height=\"7\"/></g>\n",
        a, y, b - 3.5, y - 3.5);
  }

  void words(const Samples& samples, const char* kind, double at) {
    if (samples.count() == 0) return;
    out_ += fmt::format("<rect class=\"{}\" x=\"{:.1f}\" y=\"6\" width=\"11\" height=\"11\"/>", kind, at);
    text("words", at + 17, 16, "start",
         fmt::format("{}: p50 {}, p99 {}", kind, micro_text(samples.percentile(50)),
                     micro_text(samples.percentile(99))));
  }

  const Latency& latency_;
  LogSpan span_;
  std::string out_;
};

}  // namespace

std::vector<std::uint64_t> log_histogram(std::span<const double> values, const LogSpan& span, int bins) {
  std::vector<std::uint64_t> out(static_cast<std::size_t>(bins), 0);
  for (const double value : values) {
    const auto bin = static_cast<std::size_t>(span.share(value) * bins);
    ++out[std::min(out.size() - 1, bin)];
  }
  return out;
}

std::string time_chart(const Latency& latency, const std::string& title) {
  return Chart(latency).svg(title);
}

}  // namespace terrane

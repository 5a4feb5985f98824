#pragma once

#include <vector>

#include "terrane/render/canvas.h"
#include "terrane/render/column_map.h"
#include "terrane/render/figure.h"

namespace terrane {

// A ramp of colours between stops of steadily rising or falling lightness: it reads the same in grey, and to
// people who do not see red from green. `share` is clamped to 0..1.
class Ramp {
 public:
  explicit Ramp(std::vector<Rgb> stops) : stops_(std::move(stops)) {}
  Rgb at(double share) const;
  std::vector<Rgb> colors(int n) const;

 private:
  std::vector<Rgb> stops_;
};
// Ratios: from deep violet (little gained) to pale yellow.
Ramp ratio_ramp();
// Homogeneity: from dark red-brown (mixed) to pale sand (all one material).
Ramp homogeneity_ramp();

// Greys for what costs next to nothing, and for codecs the colours of Okabe and Ito, which all eyes tell
// apart.
Rgb strategy_color(const RangeStrategy& strategy);

// A logarithmic axis from lo to hi (0 < lo): widened to round numbers (1, 2 or 5 times a power of ten), never
// narrower than a factor of ten.
struct LogSpan {
  double lo = 1, hi = 10;
  double share(double value) const;  // 0 at lo, 1 at hi; clamped
};
LogSpan log_span(double lo, double hi);
// At most `most` (at least 1) ticks, as shares of the span: powers of ten, or of a hundred or thousand...; in
// a short span also their multiples.
std::vector<Tick> log_ticks(const LogSpan& span, int most);
// "20", "1,000", "50k", "2M".
std::string short_count(double value);

}  // namespace terrane

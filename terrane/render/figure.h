#pragma once

#include <optional>
#include <string>
#include <vector>

#include "terrane/base/status.h"
#include "terrane/render/canvas.h"

namespace terrane {

// What the numbers along an axis are, and so how they are written.
enum class Quantity : std::uint8_t { kNumber, kLongitude, kLatitude };

struct Tick {
  double value = 0;
  std::string label;
  friend bool operator==(const Tick&, const Tick&) = default;
};

// Round numbers (1, 2 or 5 times a power of ten; for degrees also 15, 30 and 90) between lo and hi,
// ascending: at most `most` steps. lo < hi.
std::vector<Tick> ticks(double lo, double hi, int most, Quantity quantity = Quantity::kNumber);
// "12,500", "-0.25".
std::string number_text(double value, int decimals);
// "147.7°E", with as many decimals as the step between neighbours needs.
std::string longitude_text(double degrees, int decimals);
std::string latitude_text(double degrees, int decimals);

struct PlotAxis {
  std::string title;           // "elevation (m)"
  double first = 0, last = 1;  // at the left and right, or bottom and top, edge of the plot
  Quantity quantity = Quantity::kNumber;
};

struct LegendEntry {
  std::string name;
  Rgb color = 0;
  double share = 0;  // of the plot's area, for the order: the largest first
};

// A ramp of colours below the legend, with a number at each end, or with ticks where there are any.
struct ColorBar {
  std::string title;
  std::vector<Rgb> colors;
  std::string first, last;
  std::vector<Tick> ticks = {};  // at shares of the ramp, 0..1
};

struct Figure {
  std::string title, subtitle;
  Raster plot;
  Scaling scaling = Scaling::kNearest;
  double plot_width = 0, plot_height = 0;  // pixels in the picture, at most those of plot_space()
  PlotAxis x, y;
  std::string legend_title = "material";
  std::vector<LegendEntry> legend;
  std::vector<ColorBar> bars;
  std::optional<double> level_line;  // a dashed line at this value of y: sea level
};

// What is left for the plot in a picture of this size, beside the axes, titles and legend.
struct PlotSpace {
  double left = 0, top = 0, width = 0, height = 0;
  bool legend = true;
};
inline constexpr int kMinPictureWidth = 240, kMinPictureHeight = 180;
Result<PlotSpace> plot_space(int max_width, int max_height);

// Title, plot in a frame, axes with ticks, legend on the right. The picture is as large as the plot needs,
// within max_width and max_height.
Result<Canvas> draw(const Figure& figure, int max_width, int max_height);

}  // namespace terrane

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "terrane/base/status.h"

namespace terrane {

// 0xRRGGBB.
using Rgb = std::uint32_t;

// Mixes a into b: `share` 0 gives a, 1 gives b.
Rgb mix(Rgb a, Rgb b, double share);
// Multiplies the light of a colour; above 1 it goes towards white.
Rgb brighten(Rgb color, double factor);

// A picture in memory: rows from the top, one Rgb per pixel.
struct Raster {
  int width = 0, height = 0;
  std::vector<Rgb> pixels;

  Raster() = default;
  Raster(int w, int h, Rgb color = 0)
      : width(w), height(h), pixels(static_cast<std::size_t>(w) * static_cast<std::size_t>(h), color) {}
  Rgb& at(int x, int y) {
    return pixels[static_cast<std::size_t>(y) * width_size() + static_cast<std::size_t>(x)];
  }
  Rgb at(int x, int y) const {
    return pixels[static_cast<std::size_t>(y) * width_size() + static_cast<std::size_t>(x)];
  }

 private:
  std::size_t width_size() const { return static_cast<std::size_t>(width); }
};

struct Rect {
  double x = 0, y = 0, width = 0, height = 0;
};

enum class Align : std::uint8_t { kStart, kMiddle, kEnd };
enum class Scaling : std::uint8_t { kNearest, kSmooth };

struct TextStyle {
  double size = 13;  // pixels
  Rgb color = 0x222222;
  Align align = Align::kStart;
  bool bold = false;
  bool upwards = false;  // turned by 90 degrees, read from below
};

// A picture being drawn: shapes, rasters and text on RGB pixels, then a PNG. Coordinates are pixels from
// the top left. Not thread-safe.
class Canvas {
 public:
  // kInvalid beyond 1..16,384 pixels on an axis.
  static Result<Canvas> create(int width, int height, Rgb background = 0xffffff);
  Canvas(Canvas&&) noexcept;
  Canvas& operator=(Canvas&&) noexcept;
  ~Canvas();

  int width() const;
  int height() const;
  Rgb pixel(int x, int y) const;

  void fill(const Rect& rect, Rgb color);
  void outline(const Rect& rect, Rgb color, double line_width = 1);
  void line(double x0, double y0, double x1, double y1, Rgb color, double line_width = 1,
            bool dashed = false);
  void raster(const Raster& raster, const Rect& where, Scaling scaling);
  // `y` is the base line. With `upwards`, x is the base line and `align` runs along y.
  void text(std::string_view text, double x, double y, const TextStyle& style);
  double text_width(std::string_view text, const TextStyle& style) const;
  // The text, cut and ended by an ellipsis where it is wider than `width`.
  std::string fit(std::string_view text, double width, const TextStyle& style) const;

  Result<std::string> png() const;  // the bytes of the file
  // The file appears complete or not at all.
  Status write_png(const std::string& path) const;

 private:
  struct State;
  explicit Canvas(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace terrane

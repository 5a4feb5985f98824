#include "terrane/render/figure.h"

#include <algorithm>
#include <cmath>

namespace terrane {

namespace {

constexpr Rgb kInk = 0x222222, kPale = 0x666666, kGrid = 0xb8b8b8;
constexpr double kLeft = 112, kTop = 66, kBottom = 62, kGap = 26, kLegend = 224, kRight = 18, kBareRight = 40;
constexpr int kLegendFrom = 560;  // a narrower picture has no room for one
constexpr double kLine = 21, kSwatch = 14, kBarRoom = 62;

const TextStyle kTitle = {.size = 19, .color = kInk, .bold = true};
const TextStyle kSubtitle = {.size = 12.5, .color = kPale};
const TextStyle kLabel = {.size = 12, .color = kInk};
const TextStyle kHead = {.size = 12.5, .color = kInk, .bold = true};

TextStyle aligned(TextStyle style, Align align) {
  style.align = align;
  return style;
}

// Where a value of an axis lies between 0 (first) and 1 (last).
double place(const PlotAxis& axis, double value) {
  return (value - axis.first) / (axis.last - axis.first);
}

class Drawing {
 public:
  Drawing(const Figure& figure, const PlotSpace& space, Canvas& canvas)
      : figure_(figure),
        canvas_(canvas),
        legend_(space.legend),
        plot_{space.left, space.top, figure.plot_width, figure.plot_height} {}

  void draw() {
    canvas_.raster(figure_.plot, plot_, figure_.scaling);
    if (figure_.level_line) level_line(*figure_.level_line);
    canvas_.outline(plot_, kInk);
    titles();
    x_axis();
    y_axis();
    if (legend_) legend();
  }

 private:
  double right() const { return plot_.x + plot_.width; }
  double bottom() const { return plot_.y + plot_.height; }

  void titles() {
    const double room = canvas_.width() - plot_.x - kRight;
    canvas_.text(canvas_.fit(figure_.title, room, kTitle), plot_.x, 29, kTitle);
    canvas_.text(canvas_.fit(figure_.subtitle, room, kSubtitle), plot_.x, 50, kSubtitle);
  }

  void level_line(double value) {
    const double y = bottom() - place(figure_.y, value) * plot_.height;
    if (y > plot_.y + 1 && y < bottom() - 1) {
      canvas_.line(plot_.x, std::floor(y) + 0.5, right(), std::floor(y) + 0.5, 0xffffff, 1, true);
    }
  }

  // The most ticks whose labels keep apart.
  std::vector<Tick> x_ticks() const {
    const PlotAxis& a = figure_.x;
    for (int most = static_cast<int>(plot_.width / 60); most > 1; --most) {
      std::vector<Tick> t = ticks(std::min(a.first, a.last), std::max(a.first, a.last), most, a.quantity);
      double widest = 0;
      for (const Tick& tick : t) widest = std::max(widest, canvas_.text_width(tick.label, kLabel));
      const double apart =
          t.size() < 2 ? plot_.width : std::abs(place(a, t[1].value) - place(a, t[0].value)) * plot_.width;
      if (widest + 14 <= apart) return t;
    }
    return {};
  }

  void x_axis() {
    for (const Tick& tick : x_ticks()) {
      const double x = std::floor(plot_.x + place(figure_.x, tick.value) * plot_.width) + 0.5;
      canvas_.line(x, bottom() + 1, x, bottom() + 7, kInk);
      canvas_.text(tick.label, x, bottom() + 21, aligned(kLabel, Align::kMiddle));
    }
    canvas_.text(figure_.x.title, plot_.x + plot_.width / 2, bottom() + 46, aligned(kLabel, Align::kMiddle));
  }

  void y_axis() {
    const PlotAxis& a = figure_.y;
    const int most = std::max(1, static_cast<int>(plot_.height / 42));
    for (const Tick& tick : ticks(std::min(a.first, a.last), std::max(a.first, a.last), most, a.quantity)) {
      const double y = std::floor(bottom() - place(a, tick.value) * plot_.height) + 0.5;
      canvas_.line(plot_.x - 7, y, plot_.x - 1, y, kInk);
      canvas_.text(tick.label, plot_.x - 11, y + 4, aligned(kLabel, Align::kEnd));
    }
    TextStyle up = aligned(kLabel, Align::kMiddle);
    up.upwards = true;
    canvas_.text(figure_.y.title, 19, plot_.y + plot_.height / 2, up);
  }

  void legend() {
    const double x = right() + kGap;
    double y = plot_.y + 4;
    const double bars = kBarRoom * static_cast<double>(figure_.bars.size());
    const double room = canvas_.height() - 14 - y - bars - kLine;
    auto fitting = static_cast<std::size_t>(std::max(0.0, room / kLine));
    if (fitting < figure_.legend.size() && fitting > 0) --fitting;  // a line for "and N more"
    if (!figure_.legend.empty()) {
      canvas_.text(canvas_.fit(figure_.legend_title, kLegend - 10, kHead), x, y + 8, kHead);
      y += kLine;
    }
    for (std::size_t i = 0; i < std::min(fitting, figure_.legend.size()); ++i, y += kLine) entry(i, x, y);
    if (fitting < figure_.legend.size()) {
      canvas_.text("and " + std::to_string(figure_.legend.size() - fitting) + " more", x, y + 11, kSubtitle);
      y += kLine;
    }
    for (const ColorBar& b : figure_.bars) {
      bar(b, x, y + 14);
      y += kBarRoom;
    }
  }

  void entry(std::size_t i, double x, double y) {
    const LegendEntry& e = figure_.legend[i];
    canvas_.fill({x, y, kSwatch, kSwatch}, e.color);
    canvas_.outline({x, y, kSwatch, kSwatch}, kGrid);
    canvas_.text(canvas_.fit(e.name, kLegend - 30, kLabel), x + kSwatch + 9, y + 11.5, kLabel);
  }

  void bar(const ColorBar& b, double x, double y) {
    constexpr double kWide = 150, kHigh = 12;
    canvas_.text(canvas_.fit(b.title, kLegend - 10, kHead), x, y, kHead);
    Raster ramp(static_cast<int>(b.colors.size()), 1);
    ramp.pixels = b.colors;
    canvas_.raster(ramp, {x, y + 8, kWide, kHigh}, Scaling::kNearest);
    canvas_.outline({x, y + 8, kWide, kHigh}, kGrid);
    canvas_.text(b.first, x, y + 34, kLabel);
    canvas_.text(b.last, x + kWide, y + 34, aligned(kLabel, Align::kEnd));
    for (const Tick& tick : b.ticks) {
      const double at = std::floor(x + tick.value * kWide) + 0.5;
      canvas_.line(at, y + 8 + kHigh, at, y + 12 + kHigh, kInk);
      canvas_.text(tick.label, at, y + 37, aligned(kLabel, Align::kMiddle));
    }
  }

  const Figure& figure_;
  Canvas& canvas_;
  bool legend_;
  Rect plot_;
};

}  // namespace

Result<PlotSpace> plot_space(int max_width, int max_height) {
  if (max_width < kMinPictureWidth || max_height < kMinPictureHeight) {
    return invalid("a picture needs at least 240,180 pixels: max_size=`" + std::to_string(max_width) + "," +
                   std::to_string(max_height) + "`");
  }
  PlotSpace space;
  space.legend = max_width >= kLegendFrom;
  space.left = kLeft;
  space.top = kTop;
  space.width = max_width - kLeft - (space.legend ? kGap + kLegend + kRight : kBareRight);
  space.height = max_height - kTop - kBottom;
  return space;
}

Result<Canvas> draw(const Figure& figure, int max_width, int max_height) {
  TERRANE_ASSIGN(const PlotSpace space, plot_space(max_width, max_height));
  const double beside = max_width - space.width, above = max_height - space.height;
  // A small plot still leaves room for its titles, and for the head of a long legend.
  const double titled = kLeft + kRight + 7.2 * static_cast<double>(figure.subtitle.size());
  const double width = std::clamp(figure.plot_width + beside,
                                  std::min(std::max(480.0, titled), static_cast<double>(max_width)),
                                  static_cast<double>(max_width));
  double least = 0;
  if (space.legend) {
    const double rows = std::min(12.0, static_cast<double>(figure.legend.size()) + 2);
    least = kTop + rows * kLine + kBarRoom * static_cast<double>(figure.bars.size());
  }
  const double height =
      std::clamp(figure.plot_height + above, std::min(least, static_cast<double>(max_height)),
                 static_cast<double>(max_height));
  TERRANE_ASSIGN(Canvas canvas, Canvas::create(static_cast<int>(width), static_cast<int>(height)));
  Drawing(figure, space, canvas).draw();
  return canvas;
}

}  // namespace terrane

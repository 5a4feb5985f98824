#include "terrane/render/canvas.h"

#include <cairo.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <fstream>

#include <unistd.h>

namespace terrane {

namespace {

constexpr int kMaxEdge = 16384;
constexpr char kFont[] = "DejaVu Sans";

double channel(Rgb color, int shift) {
  return static_cast<double>((color >> shift) & 0xff);
}

Rgb pack(double r, double g, double b) {
  const auto byte = [](double v) { return static_cast<Rgb>(std::lround(std::clamp(v, 0.0, 255.0))); };
  return byte(r) << 16 | byte(g) << 8 | byte(b);
}

cairo_status_t append(void* closure, const unsigned char* data, unsigned int length) {
  static_cast<std::string*>(closure)->append(reinterpret_cast<const char*>(data), length);
  return CAIRO_STATUS_SUCCESS;
}

Error file_error(const std::string& what, const std::string& path, int code) {
  return {ErrorCode::kIo, what + " path=`" + path + "`: " + std::strerror(code)};
}

// Whole pixels of a font size make a text as wide on every machine with the same font.
void use_font(cairo_t* cr, const TextStyle& style) {
  cairo_select_font_face(cr, kFont, CAIRO_FONT_SLANT_NORMAL,
                         style.bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
  cairo_set_font_size(cr, style.size);
}

double advance(cairo_t* cr, std::string_view text, const TextStyle& style) {
  use_font(cr, style);
  cairo_text_extents_t extents;
  cairo_text_extents(cr, std::string(text).c_str(), &extents);
  return extents.x_advance;
}

}  // namespace

Rgb mix(Rgb a, Rgb b, double share) {
  const double s = std::clamp(share, 0.0, 1.0);
  const auto blend = [&](int shift) { return channel(a, shift) * (1 - s) + channel(b, shift) * s; };
  return pack(blend(16), blend(8), blend(0));
}

Rgb brighten(Rgb color, double factor) {
  if (factor > 1) return mix(color, 0xffffff, std::min(1.0, factor - 1));
  return pack(channel(color, 16) * factor, channel(color, 8) * factor, channel(color, 0) * factor);
}

struct Canvas::State {
  cairo_surface_t* surface = nullptr;
  cairo_t* cr = nullptr;

  State(int width, int height)
      : surface(cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height)), cr(cairo_create(surface)) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    cairo_destroy(cr);
    cairo_surface_destroy(surface);
  }
  void color(Rgb rgb) const {
    cairo_set_source_rgb(cr, channel(rgb, 16) / 255, channel(rgb, 8) / 255, channel(rgb, 0) / 255);
  }
};

Canvas::Canvas(std::unique_ptr<State> state) : state_(std::move(state)) {}
Canvas::Canvas(Canvas&&) noexcept = default;
Canvas& Canvas::operator=(Canvas&&) noexcept = default;
Canvas::~Canvas() = default;

Result<Canvas> Canvas::create(int width, int height, Rgb background) {
  if (width < 1 || height < 1 || width > kMaxEdge || height > kMaxEdge) {
    return invalid("a picture must be 1 to 16384 pixels on each side: size=`" + std::to_string(width) + "," +
                   std::to_string(height) + "`");
  }
  auto state = std::make_unique<State>(width, height);
  if (const auto s = cairo_status(state->cr); s != CAIRO_STATUS_SUCCESS) {
    return Error{ErrorCode::kExhausted, std::string("cannot make a picture: ") + cairo_status_to_string(s)};
  }
  Canvas canvas(std::move(state));
  canvas.fill({0, 0, static_cast<double>(width), static_cast<double>(height)}, background);
  return canvas;
}

int Canvas::width() const {
  return cairo_image_surface_get_width(state_->surface);
}
int Canvas::height() const {
  return cairo_image_surface_get_height(state_->surface);
}

Rgb Canvas::pixel(int x, int y) const {
  cairo_surface_flush(state_->surface);
  const unsigned char* data = cairo_image_surface_get_data(state_->surface);
  const std::ptrdiff_t stride = cairo_image_surface_get_stride(state_->surface);
  Rgb rgb = 0;
  std::memcpy(&rgb, data + y * stride + x * 4, 4);
  return rgb & 0xffffff;
}

void Canvas::fill(const Rect& rect, Rgb color) {
  state_->color(color);
  cairo_rectangle(state_->cr, rect.x, rect.y, rect.width, rect.height);
  cairo_fill(state_->cr);
}

void Canvas::outline(const Rect& rect, Rgb color, double line_width) {
  // On half pixels a line of one pixel is sharp.
  state_->color(color);
  cairo_set_line_width(state_->cr, line_width);
  cairo_rectangle(state_->cr, rect.x - 0.5, rect.y - 0.5, rect.width + 1, rect.height + 1);
  cairo_stroke(state_->cr);
}

void Canvas::line(double x0, double y0, double x1, double y1, Rgb color, double line_width, bool dashed) {
  cairo_t* cr = state_->cr;
  const double dashes[] = {6, 5};
  state_->color(color);
  cairo_set_line_width(cr, line_width);
  if (dashed) cairo_set_dash(cr, dashes, 2, 0);
  cairo_move_to(cr, x0, y0);
  cairo_line_to(cr, x1, y1);
  cairo_stroke(cr);
  cairo_set_dash(cr, nullptr, 0, 0);
}

void Canvas::raster(const Raster& raster, const Rect& where, Scaling scaling) {
  if (raster.width < 1 || raster.height < 1) return;
  cairo_t* cr = state_->cr;
  cairo_surface_t* source = cairo_image_surface_create(CAIRO_FORMAT_RGB24, raster.width, raster.height);
  unsigned char* data = cairo_image_surface_get_data(source);
  const std::ptrdiff_t stride = cairo_image_surface_get_stride(source);
  for (int y = 0; data != nullptr && y < raster.height; ++y) {
    std::memcpy(data + y * stride,
                &raster.pixels[static_cast<std::size_t>(y) * static_cast<std::size_t>(raster.width)],
                static_cast<std::size_t>(raster.width) * 4);
  }
  cairo_surface_mark_dirty(source);
  cairo_save(cr);
  cairo_rectangle(cr, where.x, where.y, where.width, where.height);
  cairo_clip(cr);
  cairo_translate(cr, where.x, where.y);
  cairo_scale(cr, where.width / raster.width, where.height / raster.height);
  cairo_set_source_surface(cr, source, 0, 0);
  cairo_pattern_t* pattern = cairo_get_source(cr);
  cairo_pattern_set_filter(pattern, scaling == Scaling::kNearest ? CAIRO_FILTER_NEAREST : CAIRO_FILTER_GOOD);
  cairo_pattern_set_extend(pattern, CAIRO_EXTEND_PAD);
  cairo_paint(cr);
  cairo_restore(cr);
  cairo_surface_destroy(source);
}

void Canvas::text(std::string_view text, double x, double y, const TextStyle& style) {
  cairo_t* cr = state_->cr;
  const double width = advance(cr, text, style);
  const double back = style.align == Align::kStart ? 0 : style.align == Align::kMiddle ? width / 2 : width;
  cairo_save(cr);
  state_->color(style.color);
  cairo_translate(cr, x, y);
  if (style.upwards) cairo_rotate(cr, -std::acos(-1.0) / 2);
  cairo_move_to(cr, -back, 0);
  cairo_show_text(cr, std::string(text).c_str());
  cairo_restore(cr);
  cairo_new_path(cr);
}

double Canvas::text_width(std::string_view text, const TextStyle& style) const {
  return advance(state_->cr, text, style);
}

std::string Canvas::fit(std::string_view text, double width, const TextStyle& style) const {
  if (text_width(text, style) <= width) return std::string(text);
  std::string cut(text);
  while (!cut.empty()) {
    // A UTF-8 character goes as a whole.
    while (!cut.empty() && (static_cast<unsigned char>(cut.back()) & 0xc0) == 0x80) cut.pop_back();
    if (!cut.empty()) cut.pop_back();
    if (std::string shown = cut + "…"; text_width(shown, style) <= width) return shown;
  }
  return cut;
}

Result<std::string> Canvas::png() const {
  std::string png;
  cairo_surface_flush(state_->surface);
  if (const auto s = cairo_surface_write_to_png_stream(state_->surface, append, &png);
      s != CAIRO_STATUS_SUCCESS) {
    return internal(std::string("cannot encode the PNG: ") + cairo_status_to_string(s));
  }
  return png;
}

Status Canvas::write_png(const std::string& path) const {
  TERRANE_ASSIGN(const std::string png, this->png());
  const std::string partial = path + "." + std::to_string(::getpid()) + ".part";
  std::ofstream file(partial, std::ios::binary | std::ios::trunc);
  if (!file) return file_error("cannot write the picture:", path, errno);
  file.write(png.data(), static_cast<std::streamsize>(png.size()));
  file.close();
  if (!file) {
    const int code = errno;
    std::remove(partial.c_str());
    return file_error("cannot write the picture:", path, code);
  }
  if (std::rename(partial.c_str(), path.c_str()) != 0) {
    const int code = errno;
    std::remove(partial.c_str());
    return file_error("cannot write the picture:", path, code);
  }
  return ok();
}

}  // namespace terrane

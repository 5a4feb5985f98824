#include "terrane/render/figure.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "terrane/base/hash.h"
#include "terrane/render/plan.h"

namespace terrane {
namespace {

bool contains(const Canvas& canvas, Rgb color, Rect where) {
  for (int y = static_cast<int>(where.y); y < where.y + where.height && y < canvas.height(); ++y) {
    for (int x = static_cast<int>(where.x); x < where.x + where.width && x < canvas.width(); ++x) {
      if (canvas.pixel(x, y) == color) return true;
    }
  }
  return false;
}

double dark_pixels(const Canvas& canvas, Rect where) {
  double n = 0;
  for (int y = static_cast<int>(where.y); y < where.y + where.height && y < canvas.height(); ++y) {
    for (int x = static_cast<int>(where.x); x < where.x + where.width && x < canvas.width(); ++x) {
      n += (canvas.pixel(x, y) & 0xff) < 0x80;
    }
  }
  return n;
}

TEST(Canvas, FillsAndReadsBackPixels) {
  Canvas canvas = Canvas::create(20, 10, 0xffffff).value();
  canvas.fill({5, 2, 4, 3}, 0x123456);
  EXPECT_EQ(canvas.pixel(5, 2), 0x123456u);
  EXPECT_EQ(canvas.pixel(8, 4), 0x123456u);
  EXPECT_EQ(canvas.pixel(9, 4), 0xffffffu);
  EXPECT_EQ(canvas.pixel(5, 5), 0xffffffu);
}

TEST(Canvas, RefusesSizesOutOfReason) {
  EXPECT_EQ(Canvas::create(0, 10).error().code, ErrorCode::kInvalid);
  EXPECT_EQ(Canvas::create(10, 100000).error().code, ErrorCode::kInvalid);
}

TEST(Canvas, EnlargesRastersInWholePixels) {
  Raster raster(2, 2);
  raster.pixels = {0x0000ff, 0x00ff00, 0xff0000, 0x808080};
  Canvas canvas = Canvas::create(20, 20).value();
  canvas.raster(raster, {0, 0, 20, 20}, Scaling::kNearest);
  EXPECT_EQ(canvas.pixel(9, 9), 0x0000ffu);
  EXPECT_EQ(canvas.pixel(10, 9), 0x00ff00u);
  EXPECT_EQ(canvas.pixel(9, 10), 0xff0000u);
  EXPECT_EQ(canvas.pixel(10, 10), 0x808080u);
}

TEST(Canvas, FitsTextByWholeCharacters) {
  const Canvas canvas = Canvas::create(10, 10).value();
  const TextStyle style;
  EXPECT_EQ(canvas.fit("rock", 1000, style), "rock");
  const std::string cut = canvas.fit("°°°°°°°°°°°°°°°°", 60, style);
  EXPECT_LE(canvas.text_width(cut, style), 60);
  EXPECT_EQ(cut.substr(cut.size() - 3), "…");
  EXPECT_EQ((cut.size() - 3) % 2, 0u) << "a character was cut in two: " << cut;
}

TEST(Canvas, WritesAPngOrNothing) {
  const Canvas canvas = Canvas::create(3, 2, 0xff0000).value();
  const auto folder = std::filesystem::temp_directory_path() / "terrane_render_test";
  std::filesystem::create_directories(folder);
  const std::string path = folder / "a.png";
  ASSERT_TRUE(canvas.write_png(path));
  std::ifstream file(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(bytes.substr(0, 8), "\x89PNG\r\n\x1a\n");
  const Status failed = canvas.write_png(folder / "no" / "such" / "a.png");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, ErrorCode::kIo);
  EXPECT_NE(failed.error().message.find("a.png"), std::string::npos);
  std::filesystem::remove_all(folder);
}

TEST(Ticks, AreRoundNumbersWithinTheAxis) {
  EXPECT_EQ(ticks(0, 10, 5),
            (std::vector<Tick>{{0, "0"}, {2, "2"}, {4, "4"}, {6, "6"}, {8, "8"}, {10, "10"}}));
  EXPECT_EQ(ticks(-0.3, 0.25, 3), (std::vector<Tick>{{-0.2, "-0.2"}, {0, "0.0"}, {0.2, "0.2"}}));
  EXPECT_EQ(ticks(-12000, 8000, 2), (std::vector<Tick>{{-10000, "-10,000"}, {0, "0"}}));
  EXPECT_TRUE(ticks(5, 5, 4).empty());
}

TEST(Ticks, WriteDegreesWithTheirSide) {
  const auto world = ticks(-180, 180, 4, Quantity::kLongitude);
  ASSERT_EQ(world.size(), 5u);
  EXPECT_EQ(world[0].label, "180°");
  EXPECT_EQ(world[1].label, "90°W");
  EXPECT_EQ(world[2].label, "0°");
  EXPECT_EQ(world[3].label, "90°E");
  const auto seam = ticks(170, 190, 4, Quantity::kLongitude);
  EXPECT_EQ(seam.front().label, "170°E");
  EXPECT_EQ(seam.back().label, "170°W");
  EXPECT_EQ(ticks(-1, 1, 4, Quantity::kLatitude).front().label, "1.0°S");
}

TEST(Ticks, StayWithinBoundsAndCount) {
  const std::uint64_t seed = 20;
  Random random(seed);
  for (int i = 0; i < 2000; ++i) {
    const double lo = static_cast<double>(random.between(-1000000, 1000000)) / 97;
    const double hi = lo + static_cast<double>(random.between(1, 1000000)) / 1009;
    const int most = static_cast<int>(random.between(2, 20));
    const auto q = random.below(2) == 0 ? Quantity::kNumber : Quantity::kLatitude;
    const auto t = ticks(lo, hi, most, q);
    ASSERT_LE(static_cast<int>(t.size()), most + 1) << "seed " << seed << " " << lo << " " << hi;
    for (const Tick& tick : t) {
      ASSERT_GE(tick.value, lo - 1e-6 * (hi - lo));
      ASSERT_LE(tick.value, hi + 1e-6 * (hi - lo));
    }
  }
}

TEST(Plan, TakesTheFinestLevelThatFits) {
  EXPECT_EQ(fitting_level(1000, 500, 1000, 500), 0);
  EXPECT_EQ(fitting_level(1001, 500, 1000, 500), 1);
  EXPECT_EQ(fitting_level(160300080, 80150040, 1240, 860), 17);
  EXPECT_EQ(fitting_level(1e12, 1, 100, 100), 21);
}

TEST(Plan, RefusesLevelsOutOfRangeOrTooFine) {
  EXPECT_EQ(checked_level(std::nullopt, 3, 100, 100).value(), 3);
  EXPECT_EQ(checked_level(0, 3, 100, 100).value(), 0);
  EXPECT_EQ(checked_level(22, 3, 100, 100).error().code, ErrorCode::kInvalid);
  EXPECT_EQ(checked_level(-1, 3, 100, 100).error().code, ErrorCode::kInvalid);
  EXPECT_EQ(checked_level(0, 17, 160300080, 80150040).error().code, ErrorCode::kInvalid);
}

TEST(Plan, StretchesFlatSectionsByARoundNumber) {
  const PlotSpace space = plot_space(1600, 1000).value();
  const PlotSize flat = upright_size(space, 1000000, 20000);
  EXPECT_EQ(flat.stretch, 25);
  EXPECT_NEAR(flat.width / flat.height, 1000000 / (20000 * flat.stretch), 0.01);
  EXPECT_EQ(upright_size(space, 1000, 1000).stretch, 1);
}

TEST(Figure, HasAxesTitleAndLegendOutsideThePlot) {
  Figure figure;
  figure.title = "Title";
  figure.subtitle = "subtitle";
  figure.plot = Raster(4, 4, 0xabcdef);
  const PlotSpace space = plot_space(800, 600).value();
  figure.plot_width = space.width, figure.plot_height = space.height;
  figure.x = {"x (m)", 0, 100};
  figure.y = {"y (m)", 0, 100};
  figure.legend = {{"stone", 0x00c000, 0.6}, {"grass", 0xc00000, 0.4}};
  const Canvas canvas = draw(figure, 800, 600).value();
  ASSERT_EQ(canvas.width(), 800);
  ASSERT_EQ(canvas.height(), 600);
  const double right = space.left + space.width, bottom = space.top + space.height;
  EXPECT_EQ(canvas.pixel(static_cast<int>(space.left) + 1, static_cast<int>(space.top) + 1), 0xabcdefu);
  EXPECT_EQ(canvas.pixel(static_cast<int>(right) - 2, static_cast<int>(bottom) - 2), 0xabcdefu);
  EXPECT_GT(dark_pixels(canvas, {space.left, 0, 200, 36}), 50) << "title";
  EXPECT_GT(dark_pixels(canvas, {space.left - 60, space.top, 50, space.height}), 50) << "numbers of y";
  EXPECT_GT(dark_pixels(canvas, {space.left, bottom + 2, space.width, 25}), 50) << "numbers of x";
  EXPECT_GT(dark_pixels(canvas, {space.left, bottom + 32, space.width, 20}), 20) << "name of x";
  EXPECT_TRUE(contains(canvas, 0x00c000, {right, space.top, 800 - right, 200}));
  EXPECT_TRUE(contains(canvas, 0xc00000, {right, space.top, 800 - right, 200}));
}

TEST(Figure, LeavesTheLegendOutOfASmallPicture) {
  EXPECT_FALSE(plot_space(300, 200)->legend);
  EXPECT_TRUE(plot_space(800, 600)->legend);
  EXPECT_EQ(plot_space(100, 100).error().code, ErrorCode::kInvalid);
}

}  // namespace
}  // namespace terrane

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "terrane/base/hash.h"
#include "terrane/report/html.h"
#include "terrane/report/report.h"
#include "terrane/report/text.h"
#include "terrane/report/time_chart.h"

namespace terrane {
namespace {

constexpr MaterialId kAir = 0, kWater = 1, kRock = 2, kHostile = 3;
constexpr char kHostileName[] = "<script>alert('x')</script>\"&";

Catalogue catalogue(bool fluids) {
  return Catalogue::create({{.id = kAir, .name = "air", .family = {}, .density_kg_m3 = 1, .fluid = fluids},
                            {.id = kWater,
                             .name = fluids ? "water" : "mud",
                             .family = {},
                             .density_kg_m3 = 1000,
                             .fluid = fluids},
                            {.id = kRock, .name = "rock", .family = {}},
                            {.id = kHostile, .name = kHostileName, .family = {}}})
      .value();
}

// Four brick columns in a row, 64 x 64 x 64 each: sea, half sea and half land, a steep hill, flat land.
Volume four_kinds(bool fluids) {
  World::Settings s;
  s.extent = {256, 64, 64};
  Volume volume =
      Volume::create("memory:", {.world = s, .fill = kAir, .catalogue = catalogue(fluids)}, {.threads = 1})
          .value();
  VoxelArray a(s.extent, kAir);
  for (std::int64_t x = 0; x < 256; ++x) {
    for (std::int64_t y = 0; y < 64; ++y) {
      const bool sea = x < 96;
      const std::int64_t hill = x >= 128 && x < 192 ? 8 + (x - 128) / 2 : 10;
      for (std::int64_t z = 0; z < (sea ? 16 : hill); ++z) {
        a.at({x, y, z}) = sea && z >= 4 ? kWater : z == 0 ? kHostile : kRock;
      }
    }
  }
  volume.write(volume.world().bounds(), a.view()).value();
  return volume;
}

// A clock that goes on by 3 us whenever it is looked at.
class CountingClock final : public Clock {
 public:
  Instant now() const override {
    clock_.advance(std::chrono::microseconds(3));
    return clock_.now();
  }

 private:
  mutable ManualClock clock_;
};

GroundView ground_of(const Volume& volume) {
  return look_down(volume, volume.world().bounds(), 0, {}).value();
}

ReportOptions few() {
  ReportOptions options;
  options.latency.points = 20, options.latency.boxes = 5, options.latency.bricks = 5;
  options.title = "four";
  return options;
}

TEST(Html, EscapesWhatCouldBeMarkUp) {
  EXPECT_EQ(html_escape("a<b>&\"'"), "a&lt;b&gt;&amp;&quot;&#39;");
  EXPECT_EQ(html_escape("grüß 漢字 🜨"), "grüß 漢字 🜨");
  const std::string bad = "\xef\xbf\xbd";
  EXPECT_EQ(html_escape(std::string("a\0b", 3)), "a" + bad + "b");
  EXPECT_EQ(html_escape("\x1b[1m"), bad + "[1m");
  EXPECT_EQ(html_escape("\xc0\xbc"), bad + bad) << "an overlong <";
  EXPECT_EQ(html_escape("\xe2\x82"), bad + bad) << "cut off";
  EXPECT_EQ(html_escape("\xed\xa0\x80"), bad + bad + bad) << "a surrogate";
  EXPECT_EQ(html_escape("\xf4\x90\x80\x80"), bad + bad + bad + bad) << "beyond Unicode";
}

TEST(Html, EscapesAnyBytes) {
  const std::uint64_t seed = 5;
  Random random(seed);
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    for (std::uint64_t i = random.below(12); i > 0; --i) text += static_cast<char>(random.below(256));
    const std::string safe = html_escape(text);
    ASSERT_EQ(safe.find_first_of("<>\"'"), std::string::npos) << "seed " << seed << " round " << round;
    ASSERT_EQ(html_escape(safe).find("\xef\xbf\xbd") == std::string::npos,
              safe.find("\xef\xbf\xbd") == std::string::npos)
        << "what comes out is UTF-8";
  }
}

TEST(Html, WritesBase64) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64("\xff\xfe\xfd"), "//79");
}

TEST(LogHistogram, PutsEachValueIntoOneBin) {
  const std::vector<double> values = {0, 1, 1.5, 9.99, 10, 99, 100, 999, 1000, 5000};
  EXPECT_EQ(log_histogram(values, {1, 1000}, 3), (std::vector<std::uint64_t>{4, 2, 4}));
  EXPECT_EQ(log_histogram({}, {1, 1000}, 2), (std::vector<std::uint64_t>{0, 0}));
  Random random(6);
  std::vector<double> many(1000);
  for (double& v : many) v = std::exp(static_cast<double>(random.below(2000)) / 100);
  const LogSpan span = {1, 1e6};
  std::vector<std::uint64_t> expected(60, 0);
  for (const double v : many) {
    ++expected[static_cast<std::size_t>(std::clamp(std::floor(std::log(v) / std::log(1e6) * 60), 0.0, 59.0))];
  }
  EXPECT_EQ(log_histogram(many, span, 60), expected);
}

TEST(Text, SaysTimesShortly) {
  EXPECT_EQ(micro_text(0), "0.00 µs");
  EXPECT_EQ(micro_text(0.354), "0.35 µs");
  EXPECT_EQ(micro_text(12.3), "12 µs");
  EXPECT_EQ(micro_text(1234), "1.2 ms");
  EXPECT_EQ(micro_text(999.9), "1.0 ms");
  EXPECT_EQ(micro_text(3.4e6), "3.4 s");
}

TEST(RegionTypes, GoByLiquidThenHeightThenRelief) {
  EXPECT_EQ(type_by_surface({.wet = 0.951}), RegionType::kOcean);
  EXPECT_EQ(type_by_surface({.wet = 0.95}), RegionType::kCoast);
  EXPECT_EQ(type_by_surface({.wet = 0.05}), RegionType::kCoast);
  EXPECT_EQ(type_by_surface({.wet = 0.049, .width = 1e6}), RegionType::kPlain);
  EXPECT_EQ(type_by_surface({.wet = 0, .mean_elevation = 1501, .width = 1e6}), RegionType::kMountain);
  EXPECT_EQ(type_by_surface({.wet = 0, .mean_elevation = 1501, .width = 1e6, .elevations = false}),
            RegionType::kPlain);
  EXPECT_EQ(type_by_surface({.wet = 0, .relief = 1501, .width = 1e6}), RegionType::kMountain);
  EXPECT_EQ(type_by_surface({.wet = 0, .relief = 20, .width = 64}), RegionType::kMountain);
  EXPECT_EQ(type_by_surface({.wet = 0, .relief = 15, .width = 64}), RegionType::kPlain);
  EXPECT_EQ(type_by_homogeneity(1), RegionType::kUniform);
  EXPECT_EQ(type_by_homogeneity(0.951), RegionType::kOver95);
  EXPECT_EQ(type_by_homogeneity(0.95), RegionType::kOver80);
  EXPECT_EQ(type_by_homogeneity(0.80), RegionType::kOver80);
  EXPECT_EQ(type_by_homogeneity(0.79), RegionType::kMixed);
}

TEST(RegionTypes, SortTheColumnsOfAStoreBySurface) {
  const Volume volume = four_kinds(true);
  const ColumnMap map = ColumnMap::survey(volume, volume.world().bounds(), 0).value();
  const RegionTable table = region_types(volume, map, ground_of(volume), {}).value();
  EXPECT_TRUE(table.by_surface);
  ASSERT_EQ(table.rows.size(), 4u);
  double stored = 0;
  for (const RegionSum& row : table.rows) {
    EXPECT_EQ(row.squares, 1u) << name(row.type);
    EXPECT_EQ(row.use.raw_bytes, 2 * 64 * 64 * 64);
    stored += row.use.stored_bytes();
  }
  EXPECT_NE(table.find(RegionType::kOcean), nullptr);
  EXPECT_NE(table.find(RegionType::kMountain), nullptr);
  EXPECT_NEAR(stored, map.total().stored_bytes(), 1e-6);
}

TEST(RegionTypes, SortByHomogeneityWhereNothingIsLiquid) {
  const Volume volume = four_kinds(false);
  const ColumnMap map = ColumnMap::survey(volume, volume.world().bounds(), 0).value();
  const RegionTable table = region_types(volume, map, ground_of(volume), {}).value();
  EXPECT_FALSE(table.by_surface);
  // Air fills 48/64 of the sea, 51/64 of the coast, 40/64 of the hill, and 54/64 of the flat land.
  ASSERT_EQ(table.rows.size(), 2u);
  EXPECT_EQ(table.find(RegionType::kMixed)->squares, 3u);
  EXPECT_EQ(table.find(RegionType::kOver80)->squares, 1u);
}

TEST(Report, MeasuresAndMeetsTheTargets) {
  const Volume volume = four_kinds(true);
  const StoreReport report = gather_report(volume, CountingClock(), few()).value();
  EXPECT_TRUE(report.integrity.full);
  EXPECT_EQ(report.integrity.share(), 1);
  EXPECT_EQ(report.latency.points.cold.count(), 20u);
  EXPECT_EQ(report.latency.bricks.cold.count(), 5u);
  EXPECT_NEAR(report.latency.points.cold.percentile(99), 3, 1e-9) << "between two looks at the clock";
  EXPECT_EQ(report.latency.points.added.percentile(99), 0);
  ASSERT_EQ(report.targets.size(), 5u);
  for (const Target& target : report.targets) EXPECT_TRUE(target.met) << target.id << " " << target.measured;
  ASSERT_EQ(report.pictures.size(), 5u);
  for (const ReportPicture& p : report.pictures) EXPECT_EQ(p.png.substr(1, 3), "PNG");
  double share = 0;
  for (const MaterialRow& m : report.materials) share += m.share;
  EXPECT_NEAR(share, 1, 1e-9);
  const VolumeInfo info = volume.info().value();
  ASSERT_FALSE(report.levels.empty());
  EXPECT_EQ(report.levels[0].bricks, info.bricks);
}

TEST(Report, SaysNotMeasuredWhereNothingIs) {
  World::Settings s;
  s.extent = {10, 10, 1};
  const Volume volume = Volume::create("memory:", {.world = s, .fill = 0, .catalogue = {}}).value();
  ReportOptions options = few();
  options.latency.boxes = 0, options.latency.points = 0;
  const StoreReport report = gather_report(volume, CountingClock(), options).value();
  for (const Target& target : report.targets)
    EXPECT_EQ(target.value.has_value(), target.id == "integrity") << target.id;
  const std::string page = html_page(report, ReportFrame{});
  EXPECT_NE(page.find("not measured"), std::string::npos);
  EXPECT_EQ(page.find("id=\"latency\""), std::string::npos) << "no empty tables";
}

TEST(Report, CountsASampleWhereVerifyingTakesTooLong) {
  const Volume volume = four_kinds(true);
  ReportOptions options = few();
  options.verify_seconds = 0;
  const StoreReport report = gather_report(volume, CountingClock(), options).value();
  EXPECT_FALSE(report.integrity.full);
  EXPECT_GT(report.integrity.checked, 4u);
  options.latency.task.stop = [] {
    std::stop_source source;
    source.request_stop();
    return source.get_token();
  }();
  EXPECT_EQ(gather_report(volume, CountingClock(), options).error().code, ErrorCode::kCancelled);
}

TEST(Report, MakesAPageThatNeedsNothingAndTrustsNothing) {
  const Volume volume = four_kinds(true);
  const StoreReport report = gather_report(volume, CountingClock(), few()).value();
  ReportFrame frame;
  frame.title = frame.store = frame.machine = frame.command = kHostileName;
  const std::string page = html_page(report, frame);
  EXPECT_EQ(page.find("<script"), std::string::npos);
  EXPECT_NE(page.find("&lt;script&gt;alert(&#39;x&#39;)"), std::string::npos);
  EXPECT_EQ(page.find("http:"), std::string::npos);
  EXPECT_EQ(page.find("https:"), std::string::npos);
  for (const char* id :
       {"targets", "facts", "sizes", "strategies", "levels", "regions", "materials", "latency", "measured"}) {
    EXPECT_NE(page.find("<table id=\"" + std::string(id) + "\""), std::string::npos) << id;
  }
  std::size_t images = 0;
  for (std::size_t at = page.find("<img"); at != std::string::npos; at = page.find("<img", at + 1)) ++images;
  EXPECT_EQ(images, 5u);
}

}  // namespace
}  // namespace terrane

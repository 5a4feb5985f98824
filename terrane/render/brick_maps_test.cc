#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "terrane/base/hash.h"
#include "terrane/render/column_map.h"
#include "terrane/render/composition.h"
#include "terrane/render/pictures.h"
#include "terrane/render/plan.h"
#include "terrane/render/ramp.h"

namespace terrane {
namespace {

constexpr MaterialId kAir = 0, kWater = 1, kRock = 2;

Catalogue catalogue() {
  return Catalogue::create(
             {{.id = kAir, .name = "air", .family = {}, .density_kg_m3 = 1, .fluid = true},
              {.id = kWater, .name = "water", .family = {}, .density_kg_m3 = 1000, .fluid = true},
              {.id = kRock, .name = "rock", .family = {}}})
      .value();
}

// Written in parts, so that ranges of all kinds lie side by side: noise, single materials, and nothing.
Volume patchwork(Coord extent, bool wrap, std::uint64_t seed) {
  World::Settings s;
  s.extent = extent;
  s.wrap_x = wrap;
  Volume volume =
      Volume::create("memory:", {.world = s, .fill = kAir, .catalogue = catalogue()}, {.threads = 1}).value();
  Random random(seed);
  for (int i = 0; i < 12; ++i) {
    const Coord lo = {random.between(0, extent.x), random.between(0, extent.y), random.between(0, extent.z)};
    const Coord size = {random.between(1, std::min<std::int64_t>(150, extent.x - lo.x) + 1),
                        random.between(1, std::min<std::int64_t>(150, extent.y - lo.y) + 1),
                        random.between(1, std::min<std::int64_t>(150, extent.z - lo.z) + 1)};
    VoxelArray voxels(size, static_cast<MaterialId>(random.below(3)));
    if (i % 3 == 0) {
      for (MaterialId& v : voxels.voxels) v = static_cast<MaterialId>(random.below(3));
    }
    volume.write(Box::of_size(lo, size), voxels.view()).value();
  }
  return volume;
}

// The slow way: each range is asked about each brick.
using Slow = std::map<std::pair<std::int64_t, std::int64_t>, std::map<RangeStrategy, StrategyUse>>;

Slow survey_slowly(const Volume& volume, const Box& box, int level, std::int64_t edge) {
  const Lattice lattice(volume.world().extent(), level);
  std::map<Position, RangeInfo> ranges;
  const auto keep = [&](const RangeInfo& range) -> Status {
    ranges[range.run.last] = range;
    return ok();
  };
  volume.visit(box, level, keep).value();
  std::set<Position> bricks;
  const std::vector<World::Piece> pieces = volume.world().level_pieces(box, level).value();
  for (const World::Piece& piece : pieces) {
    const Coord last = piece.box.hi - Coord{1, 1, 1};
    for (std::int64_t x = piece.box.lo.x / 64; x <= last.x / 64; ++x) {
      for (std::int64_t y = piece.box.lo.y / 64; y <= last.y / 64; ++y) {
        for (std::int64_t z = piece.box.lo.z / 64; z <= last.z / 64; ++z) {
          bricks.insert(position_of(brick_of({x * 64, y * 64, z * 64})));
        }
      }
    }
  }
  std::map<Position, double> of_range;
  for (const Position p : bricks) of_range[ranges.lower_bound(p)->first] += 1;
  Slow out;
  for (const Position p : bricks) {
    const RangeInfo& range = ranges.lower_bound(p)->second;
    const BrickCoord b = brick_at(p);
    StrategyUse& use = out[{b.x / edge, b.y / edge}][strategy_of(range)];
    use.bricks += 1;
    use.bytes += static_cast<double>(range.stored_bytes) / of_range[range.run.last];
  }
  return out;
}

void expect_same(const Volume& volume, const Box& box, int level, const SurveyLimits& limits) {
  const ColumnMap map = ColumnMap::survey(volume, box, level, {}, {}, limits).value();
  Slow slow = survey_slowly(volume, box, level, map.cell_bricks());
  for (int y = 0; y < map.height(); ++y) {
    for (int x = 0; x < map.width(); ++x) {
      const Box square = map.voxels(x, y);
      const auto& expected =
          slow[{square.lo.x / 64 / map.cell_bricks(), square.lo.y / 64 / map.cell_bricks()}];
      const ColumnUse& use = map.at(x, y);
      ASSERT_EQ(use.uses.size(), expected.size()) << to_string(box) << " square " << x << "," << y;
      std::size_t i = 0;
      for (const auto& [strategy, e] : expected) {
        EXPECT_EQ(use.uses[i].strategy, strategy);
        EXPECT_NEAR(use.uses[i].bricks, e.bricks, 1e-6) << to_string(box) << " " << name_of(strategy);
        EXPECT_NEAR(use.uses[i].bytes, e.bytes, 1e-6) << to_string(box) << " " << name_of(strategy);
        ++i;
      }
    }
  }
}

TEST(ColumnMap, CountsWhatEachRangeSaysOfEachBrick) {
  const Volume volume = patchwork({1500, 1300, 200}, false, 7);
  for (const int level : {0, 1, 2, 5}) expect_same(volume, volume.world().bounds(), level, {});
  expect_same(volume, {{100, 64, 10}, {1200, 1111, 65}}, 0, {});
  expect_same(volume, {{1030, 1030, 0}, {1031, 1031, 1}}, 0, {});
}

TEST(ColumnMap, JoinsColumnsUntilTheyAreFewEnough) {
  const Volume volume = patchwork({1500, 1300, 200}, false, 8);
  for (const std::int64_t cells : {1000, 100, 10, 1}) {
    const ColumnMap map =
        ColumnMap::survey(volume, volume.world().bounds(), 0, {}, {}, {.cells = cells}).value();
    EXPECT_LE(map.width() * map.height(), cells);
    EXPECT_NEAR(map.total().raw_bytes, 2 * volume.world().bounds().volume(), 1);
    if (map.cell_bricks() <= 16) expect_same(volume, volume.world().bounds(), 0, {.cells = cells});
  }
}

TEST(ColumnMap, CountsBothSidesOfASeamOnce) {
  const Volume volume = patchwork({1500, 200, 200}, true, 9);
  expect_same(volume, {{1400, 0, 0}, {1500 + 90, 200, 200}}, 0, {});
  expect_same(volume, {{1400, 0, 0}, {1500 + 1399, 200, 200}}, 0, {});
  expect_same(volume, {{700, 3, 0}, {1500 + 690, 100, 64}}, 1, {});
}

TEST(ColumnMap, SpansAPlanetInFewSquares) {
  const Volume volume =
      Volume::create("memory:", {.world = World::bluemarble().settings(), .fill = kRock, .catalogue = {}})
          .value();
  const ColumnMap map = ColumnMap::survey(volume, volume.world().bounds(), 0).value();
  EXPECT_LE(map.width() * map.height(), 1 << 16);
  const ColumnUse total = map.total();
  ASSERT_EQ(total.uses.size(), 1u);
  const Lattice lattice(volume.world().extent(), 0);
  const BrickCoord grid = lattice.brick_grid();
  // Squares at the edge are counted by their share of regions: right to a percent.
  const double bricks = double{1} * grid.x * grid.y * grid.z;
  EXPECT_NEAR(total.uses[0].bricks / bricks, 1, 0.01);
}

TEST(ColumnMap, RefusesMoreRangesThanItWasAllowed) {
  const Volume volume = patchwork({400, 400, 200}, false, 10);
  const auto map = ColumnMap::survey(volume, volume.world().bounds(), 0, {}, {}, {.cells = 100, .ranges = 3});
  ASSERT_FALSE(map);
  EXPECT_EQ(map.error().code, ErrorCode::kExhausted);
}

TEST(ColumnUse, IsWhatHoldsMostBytes) {
  ColumnUse use;
  EXPECT_EQ(use.most(), nullptr);
  EXPECT_EQ(use.ratio(), 0);
  use.raw_bytes = 1000;
  use.add({RangeKind::kUniform, {}}, 7, 10);
  use.add({RangeKind::kBrick, CodecId::kRows}, 1, 80);
  use.add({RangeKind::kUniform, {}}, 1, 10);
  ASSERT_NE(use.most(), nullptr);
  EXPECT_EQ(name_of(use.most()->strategy), "rows");
  EXPECT_EQ(use.ratio(), 10);
  use.add({RangeKind::kUniform, {}}, 1, 60);
  EXPECT_EQ(name_of(use.most()->strategy), "uniform") << "as many bytes, more bricks";
}

TEST(Composition, CountsTheCommonestMaterialOfEachColumn) {
  const Volume volume = patchwork({150, 130, 120}, false, 11);
  const Box box = {{10, 20, 3}, {140, 129, 117}};
  const Kinds kinds = Kinds::create(volume.catalogue(), volume.fill(), {}, 120);
  for (const int level : {0, 2}) {
    const Composition made = composition_of(volume, box, level, kinds, {}).value();
    const VoxelArray voxels = volume.read({.box = box, .lod = level, .options = {}}).value();
    ASSERT_EQ(made.width, voxels.size.x);
    ASSERT_EQ(made.height, voxels.size.y);
    std::map<MaterialId, double> all;
    for (std::int64_t x = 0; x < voxels.size.x; ++x) {
      for (std::int64_t y = 0; y < voxels.size.y; ++y) {
        double counts[3] = {};
        for (std::int64_t z = 0; z < voxels.size.z; ++z) {
          counts[voxels.at({x, y, z})] += 1;
          all[voxels.at({x, y, z})] += 1;
        }
        const double some = counts[kWater] + counts[kRock];
        const double share = some > 0 ? std::max(counts[kWater], counts[kRock]) / some : -1;
        ASSERT_NEAR(made.at(x, y), share, 1e-6) << x << "," << y << " level " << level;
      }
    }
    for (const auto& [id, n] : all) {
      EXPECT_EQ(made.materials.at(id).voxels, n);
      EXPECT_NEAR(made.materials.at(id).volume, n * std::pow(8, level), 1e-6);
    }
  }
}

TEST(Composition, StaysBoundedOnAPlanet) {
  const World world = World::bluemarble();
  const int level = composition_level(world.bounds(), 1000, 1000);
  EXPECT_LE(level_box(world.bounds(), level).volume(), 16777216);
  EXPECT_EQ(composition_level({{0, 0, 0}, {100, 100, 100}}, 1000, 1000), 0);
}

TEST(Ramp, GoesThroughSteadilyLighterColours) {
  const auto light = [](Rgb c) { return 2 * (c >> 16 & 0xff) + 5 * (c >> 8 & 0xff) + (c & 0xff); };
  for (const Ramp& ramp : {ratio_ramp(), homogeneity_ramp()}) {
    for (int percent = 0; percent < 99; ++percent)
      EXPECT_LT(light(ramp.at(percent / 100.0)), light(ramp.at((percent + 1) / 100.0)));
    EXPECT_EQ(ramp.at(-1), ramp.at(0));
    EXPECT_EQ(ramp.at(2), ramp.at(1));
  }
}

TEST(Ramp, TellsStrategiesApart) {
  std::set<Rgb> colors = {strategy_color({RangeKind::kUniform, {}}),
                          strategy_color({RangeKind::kPredicted, {}})};
  for (const Codec* codec : all_codecs()) colors.insert(strategy_color({RangeKind::kBrick, codec->id()}));
  EXPECT_EQ(colors.size(), 2 + all_codecs().size());
}

TEST(LogSpan, IsRoundAndWideEnough) {
  EXPECT_EQ(log_span(3, 700).lo, 2);
  EXPECT_EQ(log_span(3, 700).hi, 1000);
  EXPECT_NEAR(log_span(50, 50).lo, 50, 1e-9);
  EXPECT_GE(log_span(50, 50).hi, 500);
  const LogSpan span = log_span(1, 10000);
  EXPECT_NEAR(span.share(100), 0.5, 1e-12);
  EXPECT_EQ(span.share(0), 0);
  EXPECT_EQ(span.share(1e9), 1);
  const std::vector<Tick> ticks = log_ticks(span, 5);
  ASSERT_EQ(ticks.size(), 5u);
  EXPECT_EQ(ticks[3].label, "1,000");
  EXPECT_EQ(ticks[4].label, "10k");
  EXPECT_LE(log_ticks(log_span(1, 1e12), 5).size(), 5u);
}

// The middle of the plot of a map that fills what is left.
Rgb pixel_of(const Canvas& canvas, double right, double up, const PlotSize& size) {
  const PlotSpace space = plot_space(canvas.width(), canvas.height()).value();
  return canvas.pixel(static_cast<int>(space.left + right * size.width),
                      static_cast<int>(space.top + (1 - up) * size.height));
}

TEST(BrickMaps, ShowEachColumnInItsColour) {
  World::Settings s;
  s.extent = {128, 64, 64};
  Volume volume = Volume::create("memory:", {.world = s, .fill = 9, .catalogue = {}}).value();
  VoxelArray noise({64, 64, 64});
  Random random(3);
  for (MaterialId& v : noise.voxels) v = static_cast<MaterialId>(random.below(9));
  volume.write({{0, 0, 0}, {64, 64, 64}}, noise.view()).value();
  const PlotSize size = map_size(plot_space(1600, 1000).value(), 128, 64);
  const Canvas strategy = picture_of_strategy(volume, PictureOptions{}).value();
  const ColumnMap map = ColumnMap::survey(volume, volume.world().bounds(), 0).value();
  EXPECT_EQ(pixel_of(strategy, 0.25, 0.5, size), strategy_color(map.at(0, 0).most()->strategy));
  EXPECT_EQ(pixel_of(strategy, 0.75, 0.5, size), strategy_color({RangeKind::kPredicted, {}}));
  const Canvas ratio = picture_of_ratio(volume, PictureOptions{}).value();
  const LogSpan span = log_span(map.at(0, 0).ratio(), map.at(1, 0).ratio());
  EXPECT_EQ(pixel_of(ratio, 0.25, 0.5, size), ratio_ramp().at(span.share(map.at(0, 0).ratio())));
  EXPECT_EQ(pixel_of(ratio, 0.75, 0.5, size), ratio_ramp().at(span.share(map.at(1, 0).ratio())));
  const Canvas homogeneity = picture_of_homogeneity(volume, PictureOptions{}).value();
  EXPECT_EQ(pixel_of(homogeneity, 0.75, 0.5, size), kUnknownColor) << "nothing but the fill: sky";
  PictureOptions outside;
  outside.box = Box{{0, 0, 0}, {129, 64, 64}};
  EXPECT_EQ(picture_of_strategy(volume, outside).error().code, ErrorCode::kInvalid);
  EXPECT_EQ(picture_of_homogeneity(volume, outside).error().code, ErrorCode::kInvalid);
  PictureOptions level;
  level.level = 22;
  EXPECT_EQ(picture_of_ratio(volume, level).error().code, ErrorCode::kInvalid);
  EXPECT_EQ(picture_of_homogeneity(volume, level).error().code, ErrorCode::kInvalid);
}

}  // namespace
}  // namespace terrane

#include <gtest/gtest.h>

#include <cmath>

#include "terrane/base/hash.h"
#include "terrane/render/chunks.h"
#include "terrane/render/ground.h"
#include "terrane/render/pictures.h"
#include "terrane/render/plan.h"
#include "terrane/render/scale.h"
#include "terrane/render/shade.h"

namespace terrane {
namespace {

constexpr Rgb kAirColor = 0xe0f0ff, kWaterColor = 0x2060a0, kRockColor = 0x804020, kSandColor = 0xf0d090;
constexpr MaterialId kAir = 0, kWater = 1, kRock = 2, kSand = 3;

Catalogue catalogue() {
  return Catalogue::create({{.id = kAir,
                             .name = "air",
                             .color_rgb = kAirColor,
                             .family = {},
                             .density_kg_m3 = 1,
                             .fluid = true},
                            {.id = kWater,
                             .name = "water",
                             .color_rgb = kWaterColor,
                             .family = {},
                             .density_kg_m3 = 1000,
                             .fluid = true},
                            {.id = kRock, .name = "rock", .color_rgb = kRockColor, .family = {}},
                            {.id = kSand, .name = "sand", .color_rgb = kSandColor, .family = {}}})
      .value();
}

World world_of(Coord extent, const std::string& crs = "", bool wrap = false) {
  World::Settings s;
  s.extent = extent;
  s.crs = crs;
  s.wrap_x = wrap;
  if (!crs.empty()) {
    s.voxel_size[0] = 360.0 / static_cast<double>(extent.x);
    s.voxel_size[1] = 180.0 / static_cast<double>(extent.y);
    s.voxel_size[2] = 100;
    s.origin[0] = -180, s.origin[1] = -90, s.origin[2] = -1000;
  }
  return World::create(s).value();
}

// Sand in the west, 12 high; rock in the east, 4 high under water up to 10; air above, 20 in all.
VoxelArray coast(std::int64_t nx, std::int64_t ny) {
  VoxelArray a({nx, ny, 20}, kAir);
  for (std::int64_t x = 0; x < nx; ++x) {
    for (std::int64_t y = 0; y < ny; ++y) {
      const bool west = x < nx / 2;
      for (std::int64_t z = 0; z < (west ? 12 : 10); ++z)
        a.at({x, y, z}) = west ? kSand : z < 4 ? kRock : kWater;
    }
  }
  return a;
}

Volume volume_of(const World& world, const VoxelArray& voxels, Catalogue names) {
  Volume volume =
      Volume::create("memory:", {.world = world.settings(), .fill = kUnknown, .catalogue = std::move(names)})
          .value();
  volume.write(world.bounds(), voxels.view()).value();
  return volume;
}

// Where the plot lies in a picture whose plot fills what is left.
struct Spot {
  int x, y;
};
Spot in_plot(const Canvas& canvas, double right, double up, double width, double height) {
  const PlotSpace space = plot_space(canvas.width(), canvas.height()).value();
  return {static_cast<int>(space.left + right * width), static_cast<int>(space.top + (1 - up) * height)};
}

bool contains(const Canvas& canvas, Rgb color, Rect where) {
  for (int y = static_cast<int>(where.y); y < where.y + where.height && y < canvas.height(); ++y) {
    for (int x = static_cast<int>(where.x); x < where.x + where.width && x < canvas.width(); ++x) {
      if (canvas.pixel(x, y) == color) return true;
    }
  }
  return false;
}

TEST(Chunks, CoverTheReadOnceAlongBricks) {
  const std::uint64_t seed = 21;
  Random random(seed);
  for (int round = 0; round < 200; ++round) {
    const Coord e = {random.between(1, 700), random.between(1, 500), random.between(1, 400)};
    const World world = world_of(e, "", true);
    const int level = static_cast<int>(random.below(4));
    Coord lo = {random.between(0, e.x), random.between(0, e.y), random.between(0, e.z)};
    Box box = {lo,
               {random.between(lo.x + 1, lo.x + e.x + 1), random.between(lo.y + 1, e.y + 1),
                random.between(lo.z + 1, e.z + 1)}};
    const auto chunks = chunks_of(world, box, level, 1 << 18);
    ASSERT_TRUE(chunks) << "seed " << seed << " box " << to_string(box);
    const Coord shape = world.level_shape(box, level).value();
    double voxels = 0;
    for (const Chunk& c : *chunks) {
      ASSERT_TRUE((Box{{}, shape}).contains(c.to));
      ASSERT_EQ(world.level_shape(c.from, level).value(), c.to.size())
          << to_string(box) << " level " << level;
      voxels += c.to.volume();
      for (const Chunk& d : *chunks) ASSERT_TRUE(&c == &d || !c.to.overlaps(d.to));
    }
    ASSERT_EQ(voxels, (Box{{}, shape}).volume());
  }
}

TEST(Kinds, LookThroughLightFluidsAndIntoHeavyOnes) {
  const Kinds kinds = Kinds::create(catalogue(), kRock, {}, 20);
  EXPECT_TRUE(kinds.sky(kAir));
  EXPECT_TRUE(kinds.sky(kUnknown));
  EXPECT_TRUE(kinds.liquid(kWater));
  EXPECT_TRUE(kinds.ground(kRock));
  EXPECT_TRUE(kinds.ground(999));
}

TEST(Kinds, WithoutNamesTakeWhatFillsTheTop) {
  VoxelArray top({4, 4, 1}, 7);
  top.at({0, 0, 0}) = 3;
  const Kinds deep = Kinds::create({}, kUnknown, top.view(), 20);
  EXPECT_TRUE(deep.sky(7));
  EXPECT_FALSE(deep.sky(3));
  const Kinds flat = Kinds::create({}, kUnknown, top.view(), 1);
  EXPECT_FALSE(flat.sky(7)) << "a map of labels is all ground";
}

TEST(GroundMap, FindsGroundAndDepthOverSeveralLooks) {
  const VoxelArray a = coast(8, 4);
  const Kinds kinds = Kinds::create(catalogue(), kUnknown, {}, 20);
  GroundMap map(8, 4);
  EXPECT_FALSE(map.look(a.view().sub({{0, 0, 6}, {8, 4, 20}}), 0, 0, 6, kinds));
  EXPECT_TRUE(map.look(a.view().sub({{0, 0, 0}, {8, 4, 6}}), 0, 0, 0, kinds));
  EXPECT_EQ(map.at(0, 0).ground_z, 12);
  EXPECT_EQ(map.at(0, 0).ground, kSand);
  EXPECT_FALSE(map.at(0, 0).wet(kinds));
  EXPECT_EQ(map.at(7, 3).surface_z, 10);
  EXPECT_EQ(map.at(7, 3).ground_z, 4);
  EXPECT_EQ(map.at(7, 3).ground, kRock);
  EXPECT_TRUE(map.at(7, 3).wet(kinds));
}

TEST(Shade, LightensSlopesThatFaceTheNorthWest) {
  const Kinds kinds = Kinds::create(catalogue(), kUnknown, {}, 100);
  GroundMap map(64, 64);
  for (int x = 0; x < 64; ++x) {
    for (int y = 0; y < 64; ++y) {
      const int h = 60 - static_cast<int>(std::hypot(x - 32, y - 32));  // a cone
      map.at(x, y) = {.ground_z = h, .surface_z = h, .ground = kRock, .surface = kRock};
    }
  }
  const CellSize cell{.x = std::vector<double>(64, 1.0), .y = 1, .z = 1};
  const ShadedMap shaded = shade(map, kinds, catalogue(), cell);
  const auto light = [&](int x, int y_from_top) { return (shaded.raster.at(x, y_from_top) >> 16) & 0xff; };
  EXPECT_GT(light(20, 20), 0x80u) << "north-west";
  EXPECT_LT(light(44, 44), 0x80u) << "south-east";
  EXPECT_EQ(shaded.deepest, 0);
}

TEST(Shade, TintsLiquidsByDepth) {
  const auto sum = [](Rgb c) { return (c >> 16 & 0xff) + (c >> 8 & 0xff) + (c & 0xff); };
  for (double share = 0; share < 1; share += 0.1) {
    EXPECT_GE(sum(depth_color(kWaterColor, share)), sum(depth_color(kWaterColor, share + 0.1)));
  }
}

TEST(Scale, CountsDegreesOnlyWhereTheStoreHasThem) {
  const Scale geographic(world_of({720, 360, 64}, "EPSG:4326", true));
  ASSERT_TRUE(geographic.geographic());
  EXPECT_NEAR(geographic.x(0, 720).first, -180, 1e-9);
  EXPECT_NEAR(geographic.y(0, 360).last, 90, 1e-9);
  EXPECT_EQ(geographic.z(0, 64).title, "elevation (m)");
  EXPECT_EQ(geographic.z(0, 64).first, -1000);
  EXPECT_NEAR(geographic.metres_x(180) / geographic.metres_x(60), 2, 1e-3) << "half as long at 60 degrees";
  const Scale local(world_of({10, 10, 10}));
  EXPECT_FALSE(local.geographic());
  EXPECT_EQ(local.x(0, 10).title, "x (voxels)");
  EXPECT_EQ(local.voxel_text(2), "4 × 4 × 4 voxels");
}

TEST(Slice, ShowsVoxelsWithZUpAndXToTheRight) {
  const World world = world_of({80, 40, 20});
  const Volume volume = volume_of(world, coast(80, 40), catalogue());
  const Canvas canvas =
      picture_of_slice(volume, SliceAxis::kY, 20, {.title = "coast", .box = {}, .level = 0}).value();
  const PlotSpace space = plot_space(1600, 1000).value();
  const PlotSize size = upright_size(space, 80, 20);
  const auto at = [&](double right, double up) {
    const Spot s = in_plot(canvas, right, up, size.width, size.height);
    return canvas.pixel(s.x, s.y);
  };
  EXPECT_EQ(at(0.25, 0.3), kSandColor);
  EXPECT_EQ(at(0.25, 0.58), kSandColor);
  EXPECT_EQ(at(0.25, 0.62), kAirColor);
  EXPECT_EQ(at(0.75, 0.1), kRockColor);
  EXPECT_EQ(at(0.75, 0.3), kWaterColor);
  EXPECT_EQ(at(0.75, 0.52), kAirColor);
  const Rect legend = {space.left + size.width + 10, space.top, 60, 150};
  for (const Rgb color : {kAirColor, kWaterColor, kRockColor, kSandColor})
    EXPECT_TRUE(contains(canvas, color, legend));
}

TEST(Slice, PutsNorthAtTheTop) {
  VoxelArray a({16, 16, 2}, kRock);
  for (std::int64_t x = 0; x < 16; ++x) {
    for (std::int64_t y = 8; y < 16; ++y) a.at({x, y, 1}) = kSand;
  }
  const Volume volume = volume_of(world_of({16, 16, 2}), a, catalogue());
  const Canvas canvas =
      picture_of_slice(volume, SliceAxis::kZ, 1, {.title = "", .box = {}, .level = {}}).value();
  const PlotSize size = map_size(plot_space(1600, 1000).value(), 16, 16);
  const Spot north = in_plot(canvas, 0.5, 0.9, size.width, size.height),
             south = in_plot(canvas, 0.5, 0.1, size.width, size.height);
  EXPECT_EQ(canvas.pixel(north.x, north.y), kSandColor);
  EXPECT_EQ(canvas.pixel(south.x, south.y), kRockColor);
}

TEST(Slice, RefusesWhatLiesOutside) {
  const Volume volume = volume_of(world_of({16, 16, 2}), VoxelArray({16, 16, 2}, kRock), catalogue());
  const auto far = picture_of_slice(volume, SliceAxis::kZ, 2, {});
  ASSERT_FALSE(far);
  EXPECT_EQ(far.error().code, ErrorCode::kInvalid);
  EXPECT_NE(far.error().message.find("z=2"), std::string::npos);
  PictureOptions outside;
  outside.box = Box{{0, 0, 0}, {17, 16, 2}};
  EXPECT_EQ(picture_of_slice(volume, SliceAxis::kZ, 0, outside).error().code, ErrorCode::kInvalid);
  PictureOptions level;
  level.level = 22;
  EXPECT_EQ(picture_of_slice(volume, SliceAxis::kZ, 0, level).error().code, ErrorCode::kInvalid);
}

TEST(Surface, ShowsLandByMaterialAndWaterByTint) {
  const World world = world_of({360, 180, 20}, "EPSG:4326", true);
  const Volume volume = volume_of(world, coast(360, 180), catalogue());
  const Canvas canvas = picture_of_surface(volume, {.title = "", .box = {}, .level = {}}).value();
  const PlotSize size = map_size(plot_space(1600, 1000).value(), 360, 180);
  const Spot land = in_plot(canvas, 0.25, 0.5, size.width, size.height),
             sea = in_plot(canvas, 0.75, 0.5, size.width, size.height);
  EXPECT_EQ(canvas.pixel(land.x, land.y), kSandColor) << "flat ground has its own colour";
  EXPECT_EQ(canvas.pixel(sea.x, sea.y), depth_color(kWaterColor, 1));
}

TEST(Surface, CrossesTheSeam) {
  const World world = world_of({360, 180, 20}, "EPSG:4326", true);
  const Volume volume = volume_of(world, coast(360, 180), catalogue());
  PictureOptions options;
  options.box = Box{{270, 0, 0}, {270 + 180, 180, 20}};
  const Canvas canvas = picture_of_surface(volume, options).value();
  const PlotSize size = map_size(plot_space(1600, 1000).value(), 180, 180);
  const Spot sea = in_plot(canvas, 0.25, 0.5, size.width, size.height),
             land = in_plot(canvas, 0.75, 0.5, size.width, size.height);
  EXPECT_EQ(canvas.pixel(sea.x, sea.y), depth_color(kWaterColor, 1));
  EXPECT_EQ(canvas.pixel(land.x, land.y), kSandColor);
}

TEST(Surface, WorksWithoutNamesOrPlace) {
  VoxelArray a({32, 32, 20}, 0);
  for (std::int64_t x = 0; x < 32; ++x) {
    for (std::int64_t y = 0; y < 32; ++y) {
      for (std::int64_t z = 0; z < 8; ++z) a.at({x, y, z}) = 9;
    }
  }
  const Volume volume = volume_of(world_of({32, 32, 20}), a, {});
  const Canvas canvas = picture_of_surface(volume, {.title = "", .box = {}, .level = {}}).value();
  const PlotSize size = map_size(plot_space(1600, 1000).value(), 32, 32);
  const Spot middle = in_plot(canvas, 0.5, 0.5, size.width, size.height);
  EXPECT_EQ(canvas.pixel(middle.x, middle.y), Catalogue().color_of(9));
}

TEST(Section, FollowsTheWayBetweenTwoPlaces) {
  const World world = world_of({360, 180, 20}, "EPSG:4326", true);
  const Volume volume = volume_of(world, coast(360, 180), catalogue());
  PictureOptions options;
  options.box = world.bounds();  // all heights
  const GeoPoint west = {-20, 0, 0}, east = {20, 0, 0};
  const Canvas canvas = picture_of_section(volume, west, east, options).value();
  const double length = 6371008.8 * 40 * std::acos(-1.0) / 180;
  const PlotSize size = upright_size(plot_space(1600, 1000).value(), length, 2000);
  const auto at = [&](double right, double up) {
    const Spot s = in_plot(canvas, right, up, size.width, size.height);
    return canvas.pixel(s.x, s.y);
  };
  EXPECT_EQ(at(0.45, 0.3), kSandColor);
  EXPECT_EQ(at(0.55, 0.3), kWaterColor);
  EXPECT_EQ(at(0.55, 0.1), kRockColor);
  EXPECT_EQ(at(0.55, 0.8), kAirColor);
}

TEST(Section, RefusesPlacesItCannotJoin) {
  const Volume local = volume_of(world_of({16, 16, 2}), VoxelArray({16, 16, 2}, kRock), catalogue());
  EXPECT_EQ(picture_of_section(local, {0, 0, 0}, {1, 1, 0}, {}).error().code, ErrorCode::kInvalid);
  const World world = world_of({360, 180, 20}, "EPSG:4326", true);
  const Volume volume = volume_of(world, coast(360, 180), catalogue());
  EXPECT_EQ(picture_of_section(volume, {5, 5, 0}, {5, 5, 0}, {}).error().code, ErrorCode::kInvalid);
  EXPECT_EQ(picture_of_section(volume, {0, 0, 0}, {180, 0, 0}, {}).error().code, ErrorCode::kInvalid);
}

}  // namespace
}  // namespace terrane

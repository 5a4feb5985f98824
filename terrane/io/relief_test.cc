#include "terrane/io/relief.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cmath>
#include <thread>

#include "terrane/base/hash.h"
#include "terrane/io/scratch_dir.h"
#include "terrane/io/test_raster.h"
#include "terrane/voxel/earth_materials.h"

namespace terrane {
namespace {

using testing::RasterFile;
using testing::ScratchDir;
using Range = EarthRegion::Range;

constexpr double kRadians = 3.14159265358979 / 180;

// Hills of 250 to 3,750 m that are the same a turn further on, whatever the last bits of a sine.
double hills(double longitude, double latitude) {
  return std::floor(2000.37 + 900 * std::sin(longitude * kRadians) +
                    400 * std::cos(3 * longitude * kRadians) + 5 * latitude);
}

// Degrees, z in steps of 10 m from 0 to 4,000 m.
World world_of(double west, double south, double step, std::int64_t nx, std::int64_t ny, bool wrap = false) {
  return World::create({.extent = {nx, ny, 400},
                        .voxel_size = {step, step, 10},
                        .origin = {west, south, 0},
                        .crs = "EPSG:4326",
                        .wrap_x = wrap})
      .value();
}
World globe() {
  return world_of(-180, -90, 5, 72, 36, true);
}

VoxelArray read(const VoxelSource& source, const Box& box) {
  VoxelArray out(box.size(), 4242);
  source.read(box, out.view()).value();
  return out;
}
VoxelArray read(const EarthInput& input) {
  return read(*input.source, {{0, 0, 0}, input.source->size()});
}

bool is_ground(MaterialId m) {
  return m != earth::kAir && m != earth::kWater && m != earth::kFreshWater;
}
// Voxels up to the ground of one column.
std::int64_t ground(const VoxelArray& voxels, std::int64_t x, std::int64_t y) {
  std::int64_t z = voxels.size.z;
  while (z > 0 && !is_ground(voxels.at({x, y, z - 1}))) --z;
  return z;
}

std::string error_of(const Result<EarthInput>& result) {
  return result ? "opened" : result.error().message;
}
void expect_error(const Result<EarthInput>& result, std::string_view words) {
  EXPECT_NE(error_of(result).find(words), std::string::npos) << error_of(result);
}

TEST(Relief, TheSameHeightsInAnyLayoutMakeTheSameEarth) {
  ScratchDir dir;
  RasterFile raster = {.height = hills};
  const auto want = open_earth(raster.write(dir.file("a.tif")), globe()).value();
  EXPECT_EQ(want.box, globe().bounds());
  const VoxelArray voxels = read(want);
  raster.west = 0;
  EXPECT_EQ(read(open_earth(raster.write(dir.file("from-greenwich.tif")), globe()).value()).voxels,
            voxels.voxels);
  raster.north = -90;
  raster.dy = 10;
  EXPECT_EQ(read(open_earth(raster.write(dir.file("flipped.tif")), globe()).value()).voxels, voxels.voxels);
  raster = {.nx = 37, .west = 20, .height = hills};
  EXPECT_EQ(read(open_earth(raster.write(dir.file("last-is-first.tif")), globe()).value()).voxels,
            voxels.voxels);
  raster = {.driver = "netCDF", .west = 0, .height = hills};
  EXPECT_EQ(read(open_earth(raster.write(dir.file("a.nc")), globe()).value()).voxels, voxels.voxels);
  raster = {.dx = 10.0001, .srs = "", .height = [](double x, double y) { return hills(std::round(x), y); }};
  EXPECT_EQ(read(open_earth(raster.write(dir.file("rounded.tif")), globe()).value()).voxels, voxels.voxels);
  raster = {.type = GDT_Int16, .scale = 0.5, .offset = 1000, .unit = "m", .height = [](double x, double y) {
              return (hills(x, y) - 1000) * 2;
            }};
  EXPECT_EQ(read(open_earth(raster.write(dir.file("scaled.tif")), globe()).value()).voxels, voxels.voxels);
}

TEST(Relief, GridsRegisteredOnLinesReachThePoles) {
  ScratchDir dir;
  // 0 E, 5 E ... and 90 N, 85 N ... are samples, as in ETOPO5.
  const RasterFile raster = {
      .nx = 72, .ny = 37, .west = -2.5, .north = 92.5, .dx = 5, .dy = -5, .srs = "", .height = hills};
  const auto input = open_earth(raster.write(dir.file("a.tif")), globe()).value();
  EXPECT_EQ(input.box, globe().bounds());
  const VoxelArray voxels = read(input);
  for (std::int64_t x = 0; x < 72; ++x) {
    for (std::int64_t y = 0; y < 36; ++y) {
      // A voxel's centre lies amid four samples.
      const double lon = -180 + 5.0 * static_cast<double>(x), lat = -90 + 5.0 * static_cast<double>(y);
      const double mean =
          (hills(lon, lat) + hills(lon + 5, lat) + hills(lon, lat + 5) + hills(lon + 5, lat + 5)) / 4;
      EXPECT_NEAR(static_cast<double>(ground(voxels, x, y)), mean / 10, 0.51) << x << "," << y;
    }
  }
}

TEST(Relief, GroundBetweenSamplesIsOnTheLineBetweenThem) {
  ScratchDir dir;
  const auto plane = [](double lon, double lat) { return 1000 + 100 * lon + 60 * lat; };
  const RasterFile raster = {
      .nx = 300, .ny = 280, .west = 0, .north = 28, .dx = 0.1, .dy = -0.1, .height = plane};
  const World world = world_of(0, 0, 0.07, 428, 400);
  const auto input =
      open_earth(raster.write(dir.file("a.tif")), world, {Range{1, 15}, Range{1, 20}, {}}).value();
  const VoxelArray voxels = read(*input.source, {{0, 0, 0}, {input.source->size().x, 50, 400}});
  for (std::int64_t x = 0; x < voxels.size.x; ++x) {
    for (std::int64_t y = 0; y < voxels.size.y; ++y) {
      const GeoPoint p = world.to_geo({input.box.lo.x + x, input.box.lo.y + y, 0}).value();
      ASSERT_NEAR(static_cast<double>(ground(voxels, x, y)), plane(p.longitude_deg, p.latitude_deg) / 10,
                  0.52);
    }
  }
}

TEST(Relief, MetresAndDegreesPlaceTheSameColumns) {
  ScratchDir dir;
  const std::string path = RasterFile{.height = hills}.write(dir.file("a.tif"));
  const double half = 20'037'508.342789244;
  const World metres = World::create({.extent = {72, 36, 400},
                                      .voxel_size = {half / 36, half / 36, 10},
                                      .origin = {-half, -half / 2, 0},
                                      .crs = "EPSG:4087",
                                      .wrap_x = true})
                           .value();
  const VoxelArray a = read(open_earth(path, globe()).value()), b = read(open_earth(path, metres).value());
  for (std::int64_t x = 0; x < 72; ++x) {
    for (std::int64_t y = 0; y < 36; ++y)
      ASSERT_NEAR(static_cast<double>(ground(a, x, y)), static_cast<double>(ground(b, x, y)), 1);
  }
}

TEST(Relief, APartOfTheWorldIsCutFromTheWhole) {
  ScratchDir dir;
  const std::string path = RasterFile{.height = hills}.write(dir.file("a.tif"));
  const VoxelArray whole = read(open_earth(path, globe()).value());
  const auto same = [&](const EarthInput& part) {
    const VoxelArray voxels = read(part);
    for (std::int64_t x = 0; x < voxels.size.x; ++x) {
      for (std::int64_t y = 0; y < voxels.size.y; ++y) {
        for (std::int64_t z = 0; z < voxels.size.z; ++z) {
          const Coord at = {(part.box.lo.x + x) % 72, part.box.lo.y + y, part.box.lo.z + z};
          if (voxels.at({x, y, z}) != whole.at(at)) return false;
        }
      }
    }
    return true;
  };
  const auto across = open_earth(path, globe(), {Range{160, 200}, Range{-20, 30}, Range{1000, 2000}}).value();
  EXPECT_EQ(across.box, (Box{{68, 14, 100}, {76, 24, 200}}));
  EXPECT_TRUE(same(across));
  const auto turns = open_earth(path, globe(), {Range{-200 + 720, -160 + 720}, {}, {}}).value();
  EXPECT_EQ(turns.box, (Box{{68, 0, 0}, {76, 36, 400}}));
  const auto inside = open_earth(path, globe(), {Range{-10, 10}, {}, Range{-500, 50}}).value();
  EXPECT_EQ(inside.box, (Box{{34, 0, 0}, {38, 36, 5}}));
  EXPECT_TRUE(same(inside));
  const auto more = open_earth(path, globe(), {Range{-500, 500}, Range{-100, 100}, Range{-1e6, 1e6}}).value();
  EXPECT_EQ(more.box, globe().bounds());
}

TEST(Relief, ARegionalReliefFillsTheColumnsItCovers) {
  ScratchDir dir;
  RasterFile raster = {.nx = 100, .ny = 50, .west = 170, .north = 20, .dx = 0.2, .dy = -0.2, .height = hills};
  // In a world that wraps it reaches over the seam.
  const auto wrapped = open_earth(raster.write(dir.file("a.tif")), globe()).value();
  EXPECT_EQ(wrapped.box, (Box{{70, 20, 0}, {74, 22, 400}}));
  const VoxelArray voxels = read(wrapped);
  EXPECT_NEAR(static_cast<double>(ground(voxels, 3, 0)), hills(-172.5, 12.5) / 10, 1);
  // In one that does not, longitude 190 is a place of its own or none.
  EXPECT_EQ(open_earth(dir.file("a.tif"), world_of(0, -90, 5, 50, 36)).value().box,
            (Box{{34, 20, 0}, {38, 22, 400}}));
  EXPECT_EQ(open_earth(dir.file("a.tif"), world_of(-180, -90, 5, 36, 36)).value().box,
            (Box{{0, 20, 0}, {2, 22, 400}}));
  expect_error(open_earth(dir.file("a.tif"), world_of(-180, -90, 5, 72, 36)),
               "falls apart into x=0:2 and x=70:72");
}

TEST(Relief, AnyBoxIsCutFromTheWholeByAnyThread) {
  ScratchDir dir;
  const RasterFile raster = {
      .nx = 600, .ny = 300, .west = 0, .north = 30, .dx = 0.1, .dy = -0.1, .height = hills};
  const World world = world_of(0, 0, 0.2, 300, 150);
  const auto input = open_earth(raster.write(dir.file("a.tif")), world).value();
  const VoxelArray whole = read(open_earth(dir.file("a.tif"), world).value());
  const std::uint64_t seed = 31;
  std::array<int, 4> wrong{};
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < wrong.size(); ++t) {
    threads.emplace_back([&, t] {
      Random random(seed + t);
      for (int round = 0; round < 40; ++round) {
        Box box;
        box.lo = {random.between(0, 300), random.between(0, 150), random.between(0, 400)};
        box.hi = box.lo + Coord{random.between(1, 100), random.between(1, 100), random.between(1, 300)};
        box = box.intersect({{0, 0, 0}, {300, 150, 400}});
        VoxelArray out({box.size().z, box.size().y, box.size().x}, 4242);
        const VoxelView turned = {
            out.voxels.data(), box.size(), {1, box.size().x, box.size().x * box.size().y}};
        bool same = static_cast<bool>(input.source->read(box, turned));
        for (std::int64_t x = 0; x < box.size().x; ++x) {
          for (std::int64_t y = 0; y < box.size().y; ++y) {
            for (std::int64_t z = 0; z < box.size().z; ++z)
              same = same && turned.at({x, y, z}) == whole.at(box.lo + Coord{x, y, z});
          }
        }
        if (!same) ++wrong[t];
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, (std::array<int, 4>{})) << "seed " << seed;
}

TEST(Relief, AHoleUnderThePartIsAnErrorThatNamesItsPlace) {
  ScratchDir dir;
  for (const char* driver : {"GTiff", "netCDF"}) {
    RasterFile raster = {.driver = driver, .no_data = -9999, .height = [](double lon, double lat) {
                           return lon == 25 && lat == -35 ? -9999 : hills(lon, lat);
                         }};
    const std::string path = raster.write(dir.file(driver));
    const auto hole = open_earth(path, globe());
    expect_error(hole, "no data at longitude 25, latitude -35");
    EXPECT_EQ(hole.error().code, ErrorCode::kInvalid);
    EXPECT_TRUE(open_earth(path, globe(), {Range{35, 370}, {}, {}}));
    EXPECT_TRUE(open_earth(path, globe(), {{}, Range{-20, 90}, {}}));
    expect_error(open_earth(path, globe(), {Range{20, 30}, {}, {}}), "no data at longitude 25, latitude -35");
  }
  const RasterFile nans = {
      .height = [](double lon, double lat) { return lon == -175 ? std::nan("") : hills(lon, lat); }};
  expect_error(open_earth(nans.write(dir.file("nan.tif")), globe()),
               "no data at longitude -175, latitude 85");
  const RasterFile wild = {
      .height = [](double lon, double lat) { return lon == 175 ? 1e20 : hills(lon, lat); }};
  expect_error(open_earth(wild.write(dir.file("wild.tif")), globe(), {Range{-180, -175}, {}, {}}),
               "no data at longitude 175");
}

TEST(Relief, WhatCannotBeAReliefIsRefusedWithAdvice) {
  ScratchDir dir;
  EXPECT_EQ(open_earth(dir.file("none.tif"), globe()).error().code, ErrorCode::kNotFound);
  expect_error(open_earth(dir.write("text.tif", "no raster at all"), globe()), "GDAL cannot read the relief");
  RasterFile utm = {
      .west = 500'000, .north = 5'000'000, .dx = 1000, .dy = -1000, .srs = "EPSG:32633", .height = hills};
  expect_error(open_earth(utm.write(dir.file("utm.tif")), globe()), "gdalwarp -t_srs EPSG:4326");
  utm.srs = "";
  expect_error(open_earth(utm.write(dir.file("bare.tif")), globe()), "no degrees of longitude and latitude");
  const RasterFile rgb = {.bands = 3, .height = hills};
  expect_error(open_earth(rgb.write(dir.file("rgb.tif")), globe()), "3 bands");
  const RasterFile feet = {.unit = "ft", .height = hills};
  expect_error(open_earth(feet.write(dir.file("feet.tif")), globe()), "units of `ft`");
  const RasterFile several = {.driver = "netCDF", .bands = 2, .height = hills};
  expect_error(open_earth(several.write(dir.file("several.nc")), globe()), "Name one of them: NETCDF:");
}

TEST(Relief, StoresAndRegionsThatDoNotMeetItAreRefused) {
  ScratchDir dir;
  const RasterFile raster = {.nx = 20, .ny = 10, .west = 10, .north = 50, .dx = 1, .dy = -1, .height = hills};
  const std::string path = raster.write(dir.file("a.tif"));
  expect_error(open_earth(path, World::create({.extent = {10, 10, 10}, .crs = ""}).value()), "no CRS");
  expect_error(open_earth(path, World::create({.extent = {10, 10, 10}, .crs = "EPSG:32633"}).value()),
               "EPSG:4087");
  expect_error(open_earth(path, world_of(-90, 0, 1, 60, 60)), "meet in longitude");
  expect_error(open_earth(path, world_of(0, -60, 1, 60, 60)), "meet in latitude");
  expect_error(open_earth(path, globe(), {Range{100, 120}, {}, {}}), "meet in longitude");
  expect_error(open_earth(path, globe(), {{}, Range{51, 60}, {}}), "meet in latitude");
  expect_error(open_earth(path, globe(), {{}, {}, Range{4000, 5000}}), "meet in height");
  expect_error(open_earth(path, globe(), {Range{20, 10}, {}, {}}), "give the lower end first");
  expect_error(open_earth(path, globe(), {{}, Range{5, NAN}, {}}), "give the lower end first");
}

TEST(Relief, IdentityFollowsFileStoreAndRegion) {
  ScratchDir dir;
  const std::string path = RasterFile{.height = hills}.write(dir.file("a.tif"));
  const auto identity = [&](const EarthRegion& region) {
    return open_earth(path, globe(), region).value().source->identity();
  };
  const std::string first = identity({});
  EXPECT_EQ(first, identity({}));
  EXPECT_NE(first, identity({Range{0, 20}, {}, {}}));
  std::filesystem::last_write_time(path, std::filesystem::last_write_time(path) + std::chrono::seconds(1));
  EXPECT_NE(first, identity({}));
}

// ETOPO5 comes with Debian's ferret-datasets.
class Etopo5 : public ::testing::Test {
 protected:
  static constexpr const char* kPath = "/usr/share/ferret-vis/data/etopo5.cdf";
  void SetUp() override {
    if (::access(kPath, R_OK) != 0) GTEST_SKIP() << "install ferret-datasets to test with " << kPath;
  }
  // Columns on ETOPO5's own samples, 20 m layers from 11,000 m below the sea to 9,000 m above.
  static VoxelArray around(double west, double south, std::int64_t n) {
    const double step = 1 / 12.0;
    const World world = World::create({.extent = {n, n, 1000},
                                       .voxel_size = {step, step, 20},
                                       .origin = {west - step / 2, south - step / 2, -11'000},
                                       .crs = "EPSG:4326"})
                            .value();
    return read(open_earth(kPath, world).value());
  }
};

TEST_F(Etopo5, EverestIsHighAndTheMarianaTrenchDeep) {
  const VoxelArray himalaya = around(86, 27, 24), mariana = around(141, 10.5, 24);
  std::int64_t highest = 0, lowest = 1000;
  for (std::int64_t x = 0; x < 24; ++x) {
    for (std::int64_t y = 0; y < 24; ++y) {
      highest = std::max(highest, ground(himalaya, x, y) * 20 - 11'000);
      lowest = std::min(lowest, ground(mariana, x, y) * 20 - 11'000);
    }
  }
  // The sample nearest to Everest: 28 N, 86 55' E.
  EXPECT_NEAR(static_cast<double>(ground(himalaya, 11, 12) * 20 - 11'000), 6096, 10);
  EXPECT_GT(highest, 6000);
  EXPECT_LT(lowest, -9000);
  EXPECT_EQ(mariana.at({12, 12, 549}), earth::kWater);
  EXPECT_EQ(mariana.at({12, 12, 551}), earth::kAir);
}

TEST_F(Etopo5, IslandsInTheDeepStandOnOceanCrustAndShelvesOnContinents) {
  const auto count = [](const VoxelArray& voxels, MaterialId m) {
    return std::count(voxels.voxels.begin(), voxels.voxels.end(), m);
  };
  // The Marianas, with islands above the sea.
  const VoxelArray islands = around(144.5, 13, 36);
  EXPECT_GT(count(islands, earth::kBasalt), 0);
  EXPECT_EQ(count(islands, earth::kUpperContinentalCrust), 0);
  const VoxelArray north_sea = around(2, 55, 24);
  EXPECT_GT(count(north_sea, earth::kUpperContinentalCrust), 0);
  EXPECT_EQ(count(north_sea, earth::kBasalt), 0);
}

TEST_F(Etopo5, CoversTheWholeGlobe) {
  const World world = World::create({.extent = {360, 180, 20},
                                     .voxel_size = {1, 1, 1000},
                                     .origin = {-180, -90, -11'000},
                                     .crs = "EPSG:4326",
                                     .wrap_x = true})
                          .value();
  const auto input = open_earth(kPath, world).value();
  EXPECT_EQ(input.box, world.bounds());
  const VoxelArray voxels = read(input);
  const auto top = [&](double lon, double lat) {
    const Coord at = world.to_voxel({lon, lat, 0}).value();
    std::int64_t z = 19;
    while (voxels.at({at.x, at.y, z}) == earth::kAir) --z;
    return voxels.at({at.x, at.y, z});
  };
  EXPECT_EQ(top(0.5, -89.5), earth::kIce);
  EXPECT_EQ(top(0.5, 89.5), earth::kIce);
  EXPECT_EQ(top(-160.5, 30.5), earth::kWater);
  EXPECT_EQ(top(-63.5, -4.5), earth::kTropicalForest);
  const MaterialId sahara = top(8.5, 24.5);
  EXPECT_TRUE(sahara == earth::kSand || sahara == earth::kDesertSoil) << sahara;
}

}  // namespace
}  // namespace terrane

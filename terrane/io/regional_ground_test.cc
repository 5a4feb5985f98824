#include "terrane/io/regional_ground.h"

#include <gtest/gtest.h>

#include <cmath>

#include "terrane/io/scratch_dir.h"
#include "terrane/io/test_raster.h"

namespace terrane {
namespace {

using testing::RasterFile;
using testing::ScratchDir;

struct Opened {
  std::unique_ptr<ReliefGrid> grid;
  RegionalGround regional;
  // At a sample and a part of the way to the next.
  double metres(double column, double row) const {
    const GridPlaces& p = grid->places();
    return regional.at(Between::at(column, p.nx, p.around), Between::at(row, p.ny, false)) / 100.0;
  }
};
Opened open(const std::string& path) {
  auto grid = ReliefGrid::open(path).value();
  RegionalGround regional = RegionalGround::of(*grid).value();
  return {std::move(grid), std::move(regional)};
}

TEST(RegionalGround, IsTheMeanOfFiveHalfDegreeCellsEachWay) {
  ScratchDir dir;
  // One sample of 0.1 degrees stands 1,000 km above a plain of 100 m: a 625th of it within reach.
  const RasterFile raster = {
      .nx = 100, .ny = 80, .west = 0, .north = 8, .dx = 0.1, .dy = -0.1, .height = [](double x, double y) {
        return std::abs(x - 5.25) < 0.01 && std::abs(y - 4.25) < 0.01 ? 62'600 : 100;
      }};
  const Opened a = open(raster.write(dir.file("a.tif")));
  // The peak is in the middle of its cell: so is the first of these places.
  EXPECT_NEAR(a.metres(52, 37), 200, 0.1);
  EXPECT_NEAR(a.metres(52 + 10, 37 - 10), 200, 0.1);
  EXPECT_NEAR(a.metres(52 + 12.5, 37), 150, 0.1);
  EXPECT_NEAR(a.metres(52 + 15, 37), 100, 0.1);
  EXPECT_NEAR(a.metres(52, 37 + 15), 100, 0.1);
}

TEST(RegionalGround, GoesAroundTheGlobeAndEndsAtEdges) {
  ScratchDir dir;
  const auto height = [](double x, double) { return x > 178 ? 1000.0 : 0.0; };
  RasterFile raster = {.nx = 720, .ny = 20, .north = 5, .dx = 0.5, .dy = -0.5, .height = height};
  const Opened globe = open(raster.write(dir.file("globe.tif")));
  EXPECT_EQ(globe.metres(0, 9), 400);
  EXPECT_EQ(globe.metres(719, 9), 600);
  EXPECT_EQ(globe.metres(719.5, 9), 500);
  raster.nx = 360;
  raster.west = 0;
  const Opened half = open(raster.write(dir.file("half.tif")));
  EXPECT_EQ(half.metres(0, 9), 0);
  EXPECT_EQ(half.metres(359, 9), 1000);
  EXPECT_EQ(half.metres(359, 0), 1000);
  EXPECT_EQ(half.metres(356, 19), 600);
}

TEST(RegionalGround, OfACoarseReliefIsItsGround) {
  ScratchDir dir;
  const auto height = [](double x, double y) { return std::floor(10 * x + 3 * y); };
  const Opened a = open(RasterFile{.height = height}.write(dir.file("a.tif")));
  for (int x = 0; x < 36; ++x) {
    for (int y = 0; y < 18; ++y) ASSERT_EQ(a.metres(x, y), height(-175 + 10 * x, 85 - 10 * y));
  }
  EXPECT_EQ(a.metres(7.5, 3), (height(-105, 55) + height(-95, 55)) / 2);
}

TEST(RegionalGround, OfASmallReliefIsTheMeanOfWhatIsThereWithoutItsHoles) {
  ScratchDir dir;
  const RasterFile raster = {.nx = 30,
                             .ny = 20,
                             .west = 7,
                             .north = 47,
                             .dx = 0.001,
                             .dy = -0.001,
                             .no_data = -9999,
                             .height = [](double x, double) {
                               return x < 7.01 ? -9999 : x < 7.02 ? 500 : 700;
                             }};
  const Opened a = open(raster.write(dir.file("a.tif")));
  EXPECT_EQ(a.metres(0, 0), 600);
  EXPECT_EQ(a.metres(29, 19), 600);
}

TEST(RegionalGround, OfAFineReliefIsReadByOneRowInMany) {
  ScratchDir dir;
  // 5,000 columns are two strips; 250 rows a cell.
  const RasterFile raster = {.nx = 5000,
                             .ny = 1500,
                             .west = 0,
                             .north = 3,
                             .dx = 0.002,
                             .dy = -0.002,
                             .height = [](double x, double y) { return 1000 + 100 * x + 50 * y; }};
  const Opened a = open(raster.write(dir.file("a.tif")));
  EXPECT_NEAR(a.metres(2500, 750), 1000 + 100 * 5 + 50 * 1.5, 2);
  EXPECT_NEAR(a.metres(2049, 750), 1000 + 100 * 4.1 + 50 * 1.5, 2);
}

}  // namespace
}  // namespace terrane

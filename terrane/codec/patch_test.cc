#include "terrane/codec/patch.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "terrane/base/hash.h"
#include "terrane/base/rounds_testing.h"
#include "terrane/codec/patch_fuzz.h"

namespace terrane {
namespace {

constexpr BrickShape kWhole = {64, 64, 64};

class Patch : public ::testing::Test {
 protected:
  std::string written(const std::vector<PatchVoxel>& voxels) {
    std::string bytes;
    write_patch(voxels, scratch_, bytes);
    return bytes;
  }
  bool readable(std::string_view bytes, BrickShape shape = kWhole) {
    std::vector<PatchVoxel> out;
    return read_patch(as_bytes(bytes), shape, scratch_, out).has_value();
  }
  // Written, read, and the same again; gives its bytes.
  std::size_t round_trip(const std::vector<PatchVoxel>& voxels, BrickShape shape = kWhole) {
    const std::string bytes = written(voxels);
    std::vector<PatchVoxel> out;
    const Status status = read_patch(as_bytes(bytes), shape, scratch_, out);
    EXPECT_TRUE(status) << status.error().message;
    EXPECT_EQ(out, voxels);
    EXPECT_EQ(written(out), bytes);
    for (std::size_t cut = 0; cut < std::min<std::size_t>(bytes.size(), 200); ++cut)
      EXPECT_FALSE(readable(bytes.substr(0, cut), shape)) << cut;
    EXPECT_FALSE(readable(bytes + '\0', shape));
    return bytes.size();
  }
  CodecScratch scratch_;
};

std::vector<PatchVoxel> random_patch(Random& random, std::size_t limit, std::size_t count,
                                     std::uint64_t materials) {
  std::vector<std::uint32_t> places;
  for (std::size_t i = 0; i < count; ++i) places.push_back(static_cast<std::uint32_t>(random.below(limit)));
  std::sort(places.begin(), places.end());
  places.erase(std::unique(places.begin(), places.end()), places.end());
  std::vector<PatchVoxel> voxels;
  for (const std::uint32_t place : places)
    voxels.push_back({place, static_cast<MaterialId>(random.below(materials))});
  return voxels;
}

// Voxels within `radius` of the middle of a brick.
std::vector<PatchVoxel> ball(int radius, MaterialId material) {
  std::vector<PatchVoxel> voxels;
  for (int x = 0; x < 64; ++x) {
    for (int y = 0; y < 64; ++y) {
      for (int z = 0; z < 64; ++z) {
        const int dx = x - 32, dy = y - 30, dz = z - 33;
        if (dx * dx + dy * dy + dz * dz <= radius * radius)
          voxels.push_back({static_cast<std::uint32_t>((x * 64 + y) * 64 + z), material});
      }
    }
  }
  return voxels;
}

TEST_F(Patch, OneVoxelTakesAFewBytesAnywhere) {
  EXPECT_EQ(round_trip({{0, 0}}), 4u);
  EXPECT_EQ(round_trip({{127, 65535}}), 4u);
  EXPECT_EQ(round_trip({{64 * 64 * 64 - 1, 9}}), 6u);
  EXPECT_EQ(round_trip({{0, 9}}, {1, 1, 1}), 4u);
}

TEST_F(Patch, ABallTakesAFewBitsAVoxel) {
  const std::vector<PatchVoxel> voxels = ball(8, 5);
  ASSERT_GT(voxels.size(), 2000u);
  EXPECT_LT(round_trip(voxels) * 8, voxels.size() * 2);
}

TEST_F(Patch, RoundTripsAtEveryDensityAndNumberOfMaterials) {
  const std::uint64_t seed = 71;
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  for (int i = 0; i < rounds(200); ++i) {
    const auto edge = [&] { return static_cast<int>(random.between(1, 65)); };
    const BrickShape shape = i % 3 == 0 ? kWhole : BrickShape{edge(), edge(), edge()};
    const std::size_t count = 1 + random.below(i % 20 == 0 ? 300'000 : 2000);
    const std::uint64_t materials = i % 5 == 0 ? 65536 : 1 + random.below(20);
    round_trip(random_patch(random, shape.voxels(), count, materials), shape);
  }
}

TEST_F(Patch, AWholeBrickIsAPatchToo) {
  std::vector<PatchVoxel> voxels;
  for (std::uint32_t i = 0; i < 64 * 64 * 64; ++i) voxels.push_back({i, static_cast<MaterialId>(i)});
  round_trip(voxels);
  for (PatchVoxel& v : voxels) v.material = 3;
  EXPECT_LT(round_trip(voxels), 20u);
}

TEST_F(Patch, LiesOverTheVoxelsOfItsBrick) {
  std::vector<MaterialId> voxels(100, 1);
  apply_patch(std::vector<PatchVoxel>{{3, 7}, {99, 8}}, voxels);
  EXPECT_EQ(std::count(voxels.begin(), voxels.end(), 1), 98);
  EXPECT_EQ(voxels[3], 7);
  EXPECT_EQ(voxels[99], 8);
}

TEST_F(Patch, WhatDoesNotFitTheBrickIsRefused) {
  EXPECT_FALSE(readable(written({{24, 1}}), {2, 3, 4}));
  EXPECT_FALSE(readable(written({{0, 1}, {24, 1}}), {2, 3, 4}));
  EXPECT_TRUE(readable(written({{0, 1}, {23, 1}}), {2, 3, 4}));
  EXPECT_FALSE(readable(""));
  EXPECT_FALSE(readable(std::string("\x02\x00\x00\x00", 4)));
}

TEST_F(Patch, ChangedBytesAreRefusedOrArePatches) {
  const std::uint64_t seed = 5;
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  for (int i = 0; i < rounds(300); ++i) {
    std::string bytes("\x3f\x3f\x3f", 3);
    bytes += i % 4 == 0 ? written(ball(5, 2)) : written(random_patch(random, 4096, 1 + random.below(300), 7));
    for (std::uint64_t n = 1 + random.below(3); n > 0; --n)
      bytes[3 + random.below(bytes.size() - 3)] = static_cast<char>(random.below(256));
    testing::try_patch(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  }
}

}  // namespace
}  // namespace terrane

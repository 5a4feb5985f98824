#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "terrane/base/hash.h"
#include "terrane/volume/volume.h"

namespace terrane::sample {

// Two regions in x, two bricks high: small enough to be damaged a thousand times.
inline constexpr Coord kExtent = {1060, 10, 70};

inline CreateOptions create_options() {
  CreateOptions create;
  create.world.extent = kExtent;
  create.fill = 0;
  create.catalogue =
      Catalogue::create({{1, "water", 0x0000ff, "fluid", 1000, true}, {2, "rock", 0x808080, "rock", 2700}})
          .value();
  return create;
}

inline VoxelArray noise(Coord size, std::uint64_t seed) {
  Random random(seed);
  VoxelArray out(size);
  for (MaterialId& m : out.voxels) m = static_cast<MaterialId>(random.below(4));
  return out;
}

inline VoxelArray layers(Coord size, std::int64_t slope) {
  VoxelArray out(size);
  for (std::int64_t x = 0; x < size.x; ++x) {
    for (std::int64_t y = 0; y < size.y; ++y) {
      for (std::int64_t z = 0; z < size.z; ++z) {
        out.at({x, y, z}) = static_cast<MaterialId>(1 + (z + x / slope) / 9);
      }
    }
  }
  return out;
}

struct Step {
  Box box;
  VoxelArray voxels;
};

// Writes that lead through every kind of key: bricks of each codec, uniform and predicted ranges, a region
// that becomes one range of the directory and is divided again, a second region that stays one range.
inline std::vector<Step> steps() {
  const auto uniform = [](const Box& box, MaterialId m) { return Step{box, VoxelArray(box.size(), m)}; };
  const auto filled = [](const Box& box, const auto& make, auto how) {
    return Step{box, make(box.size(), how)};
  };
  std::vector<Step> out;
  out.push_back(filled({{0, 0, 0}, {70, 10, 70}}, noise, 1u));
  out.push_back(uniform({{0, 0, 0}, {1024, 10, 70}}, 3));
  out.push_back(filled({{192, 0, 0}, {330, 10, 60}}, layers, 5));
  out.push_back(uniform({{1024, 0, 0}, {1060, 10, 70}}, 5));
  out.push_back(filled({{64, 0, 0}, {100, 8, 64}}, noise, 2u));
  out.push_back(uniform({{512, 0, 0}, {640, 10, 70}}, 0));
  out.push_back(filled({{200, 3, 7}, {210, 9, 30}}, noise, 3u));
  return out;
}

// Every level as a dense array.
inline std::vector<VoxelArray> all_levels(const Volume& volume) {
  std::vector<VoxelArray> out;
  for (int level = 0; level <= kMaxLevel; ++level) {
    out.push_back(volume.read({volume.world().bounds(), level, {}}).value());
  }
  return out;
}

inline VoxelArray after(const std::vector<Step>& steps) {
  VoxelArray out(kExtent, 0);
  for (const Step& step : steps) copy(step.voxels.view(), out.view().sub(step.box));
  return out;
}

// Makes all levels from a dense array, by a store that nothing happened to.
inline std::vector<VoxelArray> levels_of(const VoxelArray& level0) {
  InlineExecutor here;
  OpenOptions open;
  open.executor = &here;
  Volume volume = Volume::create("memory:", create_options(), open).value();
  volume.write(volume.world().bounds(), level0.view()).value();
  return all_levels(volume);
}

inline void expect_clean(const Volume& volume) {
  const auto report = volume.verify();
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->corrupt, 0u);
  EXPECT_EQ(report->missing, 0u);
  for (const Finding& finding : report->findings) {
    ADD_FAILURE() << "level " << finding.level << " " << to_string(finding.box) << ": " << finding.message;
  }
}

inline std::string fresh_path(const std::string& name) {
  std::string path = testing::TempDir() + "terrane_" + name;
  std::filesystem::remove_all(path);
  return path;
}

}  // namespace terrane::sample

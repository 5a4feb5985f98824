#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "terrane/base/hash.h"
#include "terrane/volume/volume.h"

// For tests: an independent idea of what a store holds, as a dense array that is pooled by the words of the
// rule.
namespace terrane::testing_truth {

inline MaterialId pooled(const std::vector<MaterialId>& children, const FluidSet& fluids) {
  std::map<MaterialId, int> fluid, solid;
  int fluid_count = 0;
  for (const MaterialId m : children) {
    ++(fluids[m] ? fluid : solid)[m];
    fluid_count += fluids[m] ? 1 : 0;
  }
  const auto& winners = 2 * fluid_count > static_cast<int>(children.size()) ? fluid : solid;
  MaterialId best = winners.begin()->first;
  for (const auto& [m, n] : winners) {
    if (n > winners.at(best)) best = m;
  }
  return best;
}

inline VoxelArray coarser(const VoxelArray& fine, const FluidSet& fluids) {
  const auto half = [](std::int64_t n) { return (n + 1) / 2; };
  VoxelArray out({half(fine.size.x), half(fine.size.y), half(fine.size.z)});
  for (std::int64_t x = 0; x < out.size.x; ++x) {
    for (std::int64_t y = 0; y < out.size.y; ++y) {
      for (std::int64_t z = 0; z < out.size.z; ++z) {
        std::vector<MaterialId> children;
        for (int i = 0; i < 8; ++i) {
          const Coord c = {2 * x + (i & 1), 2 * y + (i >> 1 & 1), 2 * z + (i >> 2)};
          if (c.x < fine.size.x && c.y < fine.size.y && c.z < fine.size.z) children.push_back(fine.at(c));
        }
        out.at({x, y, z}) = pooled(children, fluids);
      }
    }
  }
  return out;
}

inline VoxelArray part_of(const VoxelArray& all, const Box& box) {
  VoxelArray out(box.size());
  copy(all.view().sub(box), out.view());
  return out;
}

inline VoxelArray random_voxels(Random& random, Coord size) {
  VoxelArray out(size);
  switch (random.below(4)) {
    case 0:
      fill(out.view(), static_cast<MaterialId>(random.below(4)));
      break;
    case 1: {  // layers
      for (std::int64_t x = 0; x < size.x; ++x) {
        for (std::int64_t y = 0; y < size.y; ++y) {
          for (std::int64_t z = 0; z < size.z; ++z) {
            out.at({x, y, z}) = static_cast<MaterialId>(z * 3 > size.z + x % 7 ? 1 : 2);
          }
        }
      }
      break;
    }
    default: {
      const std::uint64_t alphabet = 1 + random.below(5);
      for (MaterialId& m : out.voxels) m = static_cast<MaterialId>(random.below(alphabet));
    }
  }
  return out;
}

inline Box random_box(Random& random, Coord extent, std::int64_t most) {
  const auto axis = [&](std::int64_t n, std::int64_t& lo, std::int64_t& hi) {
    lo = random.between(0, n);
    hi = std::min(n, lo + 1 + random.between(0, most));
  };
  Box box;
  axis(extent.x, box.lo.x, box.hi.x);
  axis(extent.y, box.lo.y, box.hi.y);
  axis(extent.z, box.lo.z, box.hi.z);
  return box;
}

inline Catalogue wet() {
  return Catalogue::create({{1, "water", 0x0000ff, "fluid", 1000, true},
                            {2, "rock", 0x808080, "rock", 2700, false},
                            {3, "air", 0xffffff, "fluid", 1, true}})
      .value();
}

inline std::string fresh_path(const std::string& name) {
  std::string path = testing::TempDir() + "terrane_volume_" + name;
  std::filesystem::remove_all(path);
  return path;
}

inline CreateOptions options_for(Coord extent, Catalogue catalogue = {}, bool wrap = false) {
  CreateOptions create;
  create.world.extent = extent;
  create.world.wrap_x = wrap;
  create.fill = 0;
  create.catalogue = std::move(catalogue);
  return create;
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

inline void expect_levels(const Volume& volume, const VoxelArray& truth, int levels) {
  const FluidSet fluids = volume.catalogue().fluids();
  VoxelArray at = truth;
  for (int level = 0; level <= levels; ++level) {
    const auto read = volume.read({volume.world().bounds(), level});
    ASSERT_TRUE(read) << read.error().message;
    ASSERT_EQ(read->size, at.size);
    ASSERT_EQ(read->voxels, at.voxels) << "level " << level;
    at = coarser(at, fluids);
  }
}

}  // namespace terrane::testing_truth

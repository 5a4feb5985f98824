#include "terrane/voxel/brick.h"

#include <gtest/gtest.h>

#include <map>
#include <vector>

#include "terrane/base/hash.h"
#include "terrane/voxel/material_counts.h"

namespace terrane {
namespace {

TEST(Prediction, OfEqualVoxelsIsTheirMaterialEverywhere) {
  const std::vector<MaterialId> same(24, 7);
  std::vector<MaterialId> other = same;
  other[23] = 8;
  EXPECT_TRUE(Prediction(same).is_constant());
  EXPECT_EQ(Prediction(same).hash(), Prediction(7).hash());
  EXPECT_FALSE(Prediction(other).is_constant());
  EXPECT_NE(Prediction(other).hash(), Prediction(7).hash());
  EXPECT_NE(Prediction(8).hash(), Prediction(7).hash());
  EXPECT_EQ(Prediction(other).at(0), 7);
  EXPECT_EQ(Prediction(other).at(23), 8);
  EXPECT_EQ(Prediction(9).at(5), 9);
  EXPECT_EQ(Prediction().at(0), kUnknown);
}

TEST(MaterialCounts, AddUpHoweverTheyAreAdded) {
  const std::uint64_t seed = 3;
  SCOPED_TRACE(seed);
  Random random(seed);
  std::vector<MaterialId> voxels(4 * 5 * 6);
  for (MaterialId& v : voxels) v = static_cast<MaterialId>(random.below(3) * 32767 + random.below(2));
  std::map<MaterialId, std::uint64_t> truth;
  for (const MaterialId v : voxels) ++truth[v];
  const std::vector<std::pair<MaterialId, std::uint64_t>> expected(truth.begin(), truth.end());
  MaterialCounts flat, strided, twice;
  flat.add(voxels);
  EXPECT_EQ(flat.sorted(), expected);
  EXPECT_EQ(flat.total(), voxels.size());
  // The same voxels as an array whose x is fastest.
  strided.add(ConstVoxelView{voxels.data(), {4, 5, 6}, {1, 4, 20}});
  EXPECT_EQ(strided.sorted(), expected);
  twice.add(flat);
  twice.add(strided);
  for (const auto& [material, n] : expected) EXPECT_EQ(twice.of(material), 2 * n);
  twice.clear();
  EXPECT_TRUE(twice.sorted().empty());
  twice.add(9, 1);
  EXPECT_EQ(twice.total(), 1u);
}

}  // namespace
}  // namespace terrane

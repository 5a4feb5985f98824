#include "terrane/codec/octree.h"

#include <gtest/gtest.h>

#include "terrane/codec/codecs.h"
#include "terrane/codec/octree_read.h"
#include "terrane/codec/test_bricks.h"

namespace terrane::detail {
namespace {

using terrane::testing::test_bricks;
using terrane::testing::TestBrick;

std::string encode(const std::vector<MaterialId>& voxels, BrickShape shape) {
  CodecScratch scratch;
  std::string out;
  EXPECT_TRUE(octree_codec().encode(voxels, shape, {}, scratch, out));
  return out;
}

bool refused(std::string_view bytes, BrickShape shape) {
  CodecScratch scratch;
  std::vector<MaterialId> voxels(shape.voxels());
  const Status status = octree_codec().decode(as_bytes(bytes), 1, shape, scratch, voxels);
  return !status && status.error().code == ErrorCode::kCorrupt;
}

// Layers that are not level: many nodes on every level.
const TestBrick& rugged() {
  for (const TestBrick& brick : test_bricks()) {
    if (brick.name == "caves") return brick;
  }
  return test_bricks()[0];
}

TEST(Octree, VisitsUniformCubesThatTileTheBrick) {
  for (const TestBrick& brick : test_bricks()) {
    SCOPED_TRACE(brick.name);
    const std::string bytes = encode(brick.voxels, brick.shape);
    const Box whole = Box::of_size({}, brick.shape.size());
    std::vector<MaterialId> voxels(brick.voxels.size());
    std::vector<int> visits(brick.voxels.size());
    const Status status =
        visit_uniform_nodes(as_bytes(bytes), 1, brick.shape, [&](const Box& cube, MaterialId material) {
          // A cube of the octree, but for what the brick has not.
          EXPECT_FALSE(cube.empty());
          std::int64_t edge = 1;
          while (edge < std::max({cube.size().x, cube.size().y, cube.size().z})) edge *= 2;
          EXPECT_EQ(Box::of_size(cube.lo, {edge, edge, edge}).intersect(whole), cube);
          EXPECT_EQ(cube.lo.x % edge + cube.lo.y % edge + cube.lo.z % edge, 0);
          for (std::int64_t x = cube.lo.x; x < cube.hi.x; ++x) {
            for (std::int64_t y = cube.lo.y; y < cube.hi.y; ++y) {
              for (std::int64_t z = cube.lo.z; z < cube.hi.z; ++z) {
                voxels[voxel_index(brick.shape, {x, y, z})] = material;
                ++visits[voxel_index(brick.shape, {x, y, z})];
              }
            }
          }
        });
    ASSERT_TRUE(status) << status.error().message;
    EXPECT_EQ(voxels, brick.voxels);
    EXPECT_EQ(std::count(visits.begin(), visits.end(), 1), static_cast<std::ptrdiff_t>(visits.size()));
  }
}

TEST(Octree, VisitsTheLargestCubesThereAre) {
  std::vector<MaterialId> voxels(BrickShape{}.voxels(), 5);
  voxels[voxel_index({}, {63, 0, 0})] = 9;
  std::vector<std::int64_t> edges;
  ASSERT_TRUE(visit_uniform_nodes(as_bytes(encode(voxels, {})), 1, {},
                                  [&](const Box& cube, MaterialId) { edges.push_back(cube.size().x); }));
  for (const std::int64_t edge : {32, 16, 8, 4, 2, 1}) {
    EXPECT_EQ(std::count(edges.begin(), edges.end(), edge), edge == 1 ? 8 : 7) << edge;
  }
}

TEST(Octree, KeepsOneNodeALevelForOneVoxel) {
  std::vector<MaterialId> voxels(BrickShape{}.voxels(), 5);
  voxels[voxel_index({}, {63, 0, 0})] = 9;
  // 7 levels; 2 materials; 1 inner node and 1 child for each of 6; materials and masks.
  EXPECT_EQ(encode(voxels, {}).size(), 1u + 5 + 12 + 7 + 6);
  Tree tree;
  ASSERT_TRUE(parse_tree(as_bytes(encode(voxels, {})), {}, tree));
  for (const TreeLevel& level : tree.levels) EXPECT_EQ(level.nodes, 1u);
}

TEST(Octree, NeedsNoNodeForOctantsOfTheMaterialOfMost) {
  // Six octants of 1, two of 2: the root and those two.
  std::vector<MaterialId> voxels(BrickShape{}.voxels(), 1);
  for (int x = 0; x < 32; ++x) {
    for (int y = 0; y < 32; ++y) std::fill_n(&voxels[voxel_index({}, {x, y, 0})], 64, MaterialId{2});
  }
  Tree tree;
  ASSERT_TRUE(parse_tree(as_bytes(encode(voxels, {})), {}, tree));
  EXPECT_EQ(tree.levels[0].nodes, 1u);
  EXPECT_EQ(tree.levels[1].nodes, 2u);
  EXPECT_EQ(tree.levels[2].nodes, 0u);
}

TEST(Octree, RefusesRanksThatAreNotThoseOfItsNodes) {
  const TestBrick& brick = rugged();
  const std::string bytes = encode(brick.voxels, brick.shape);
  Tree tree;
  ASSERT_TRUE(parse_tree(as_bytes(bytes), brick.shape, tree));
  int ranks = 0;
  for (const TreeLevel& level : tree.levels) {
    for (const Bytes part : {level.flag_ranks, level.mask_ranks}) {
      for (const std::byte& b : part) {
        std::string changed = bytes;
        changed[static_cast<std::size_t>(&b - as_bytes(bytes).data())] ^= 1;
        ASSERT_TRUE(refused(changed, brick.shape));
        if (++ranks > 50) return;
      }
    }
  }
  EXPECT_GT(ranks, 20);
}

TEST(Octree, RefusesWhatNoEncoderWrites) {
  using std::string_view_literals::operator""sv;
  const BrickShape shape{64, 64, 32};  // the octants 4 to 7 are not there
  EXPECT_FALSE(refused("\2\2\5\0\6\0\1\1\0\1\1"sv, shape));
  EXPECT_TRUE(refused("\x8\2\5\0\6\0\1\1\0\1\1"sv, shape));     // eight levels
  EXPECT_TRUE(refused("\2\2\6\0\5\0\1\1\0\1\1"sv, shape));      // materials not sorted
  EXPECT_TRUE(refused("\2\2\5\0\6\0\1\1\0\x10\1"sv, shape));    // a child outside
  EXPECT_TRUE(refused("\2\2\5\0\6\0\1\1\0\0\1"sv, shape));      // a node with a mask of none
  EXPECT_TRUE(refused("\2\2\5\0\6\0\1\2\0\1\1"sv, shape));      // two children, of which one is named
  EXPECT_TRUE(refused("\2\2\5\0\6\0\1\1\0\3\1"sv, shape));      // one child, two are named
  EXPECT_TRUE(refused("\2\2\5\0\6\0\1\1\0\1\3"sv, shape));      // a bit after the last material
  EXPECT_TRUE(refused("\2\3\5\0\6\0\7\0\1\1\3\1\1"sv, shape));  // the fourth of three materials
}

}  // namespace
}  // namespace terrane::detail

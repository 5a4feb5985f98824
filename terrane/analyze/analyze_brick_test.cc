#include "terrane/analyze/analyze_brick.h"

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <functional>
#include <ostream>
#include <string>

#include "terrane/analyze/brute_force_test.h"
#include "terrane/analyze/masks_portable.h"
#include "terrane/base/hash.h"
#include "terrane/base/rounds_testing.h"

namespace terrane {

// What GoogleTest shows where two differ.
void PrintTo(const BrickStats& s, std::ostream* os) {
  const auto list = [os](const char* name, const auto& values) {
    *os << "\n  " << name;
    for (const auto value : values) *os << ' ' << value;
  };
  list("faces", s.faces);
  list("equal faces", s.equal_faces);
  list("scan runs", s.scan_runs);
  list("long runs", s.long_runs);
  list("long run voxels", s.long_run_voxels);
  list("cubes", s.cubes);
  list("uniform cubes", s.uniform_cubes);
  list("octree nodes", s.octree_nodes);
  list("bricks, uniform, voxels, distinct",
       std::array<std::uint64_t, 4>{s.bricks, s.uniform_bricks, s.voxels, s.distinct()});
  list("morton runs, single runs", std::array<std::uint64_t, 2>{s.morton_runs, s.single_runs});
  list("columns, mono, same, deep, max",
       std::array<std::uint64_t, 5>{s.columns, s.mono_columns, s.same_sequence_columns, s.deep_columns,
                                    s.max_column_runs});
  list("rows before, across, new, runs",
       std::array<std::uint64_t, 4>{s.rows_before, s.rows_across, s.rows_new, s.runs_new});
  list("pairs, roughness, jumps", std::array<std::uint64_t, 3>{s.column_pairs, s.roughness, s.jumps});
  list("differing voxels, stretches, runs",
       std::array<std::uint64_t, 3>{s.differing_voxels, s.differing_stretches, s.differing_runs});
}

namespace {

using Rule = std::function<MaterialId(int x, int y, int z)>;

std::vector<MaterialId> fill(BrickShape shape, const Rule& rule) {
  std::vector<MaterialId> voxels;
  for (int x = 0; x < shape.nx; ++x) {
    for (int y = 0; y < shape.ny; ++y) {
      for (int z = 0; z < shape.nz; ++z) voxels.push_back(rule(x, y, z));
    }
  }
  return voxels;
}

// A number in [0, 256), smooth over `step` voxels.
int smooth(int x, int y, int z, int step) {
  int sum = 0;
  for (int i = 0; i < 8; ++i) {
    const int hx = i & 1, hy = i >> 1 & 1, hz = i >> 2;
    const int px = x / step + hx, py = y / step + hy, pz = z / step + hz;
    Random random(static_cast<std::uint64_t>(px * 65536 + py * 256 + pz));
    const int wx = hx != 0 ? x % step : step - x % step, wy = hy != 0 ? y % step : step - y % step,
              wz = hz != 0 ? z % step : step - z % step;
    sum += static_cast<int>(random.below(256)) * wx * wy * wz;
  }
  return sum / (step * step * step);
}

MaterialId layers(int x, int y, int z) {
  const int surface = 20 + smooth(x, y, 0, 16) / 10;
  if (z > surface + 2) return 0;
  if (z > surface - 3) return 24;
  return z > surface / 2 ? MaterialId{114} : MaterialId{128};
}

MaterialId caves(int x, int y, int z) {
  if (smooth(x, y, z, 8) > 150) return 0;
  if (smooth(x + 7, y + 3, z, 5) > 180) return 65;
  return layers(x, y, z);
}

Rule any_of(Random& random, std::uint64_t materials, MaterialId first) {
  return [&random, materials, first](int, int, int) {
    return static_cast<MaterialId>(first + random.below(materials));
  };
}

// Without what Detail::kChoice may leave out.
BrickStats for_a_choice(BrickStats s) {
  s.mono_columns = s.same_sequence_columns = s.deep_columns = s.max_column_runs = 0;
  s.long_runs = s.long_run_voxels = {};
  s.column_pairs = s.roughness = s.jumps = s.differing_stretches = 0;
  return s;
}

std::vector<Simd> implementations() {
  if (best_simd() == Simd::kPortable) return {Simd::kPortable};
  return {Simd::kPortable, best_simd()};
}

// With one scratch for all bricks, so that what one leaves behind is met by the next.
class AnalyzeBrick : public ::testing::Test {
 protected:
  void check(const std::string& what, BrickShape shape, const Rule& rule, MaterialId predicted = 0) {
    SCOPED_TRACE(what + " " + to_string(shape.size()));
    const std::vector<MaterialId> voxels = fill(shape, rule);
    const BrickStats expected = testing::BruteForce(voxels, shape, predicted).stats();
    for (const Simd simd : implementations()) {
      SCOPED_TRACE(simd == Simd::kPortable ? "portable" : "AVX2");
      analyze_brick(simd, voxels, shape, predicted, scratch_, stats_);
      EXPECT_EQ(stats_, expected);
      EXPECT_EQ(stats_.materials, expected.materials);
      analyze_brick(simd, voxels, shape, predicted, scratch_, stats_, Detail::kChoice);
      EXPECT_EQ(for_a_choice(stats_), for_a_choice(expected));
    }
  }

  void check_kinds(BrickShape shape, std::uint64_t seed) {
    Random random(seed);
    check(
        "uniform", shape, [](int, int, int) { return MaterialId{7}; }, 7);
    check("uniform, not as predicted", shape, [](int, int, int) { return kUnknown; });
    check("layers", shape, layers);
    check("layers, rock predicted", shape, layers, 114);
    check("caves", shape, caves);
    check("checkerboard", shape, [](int x, int y, int z) { return MaterialId((x ^ y ^ z) & 1); });
    check("last voxel", shape, [&](int x, int y, int z) {
      return MaterialId(x + y + z == shape.nx + shape.ny + shape.nz - 3 ? 300 : 3);
    });
    check(
        "first voxel", shape, [](int x, int y, int z) { return MaterialId(x + y + z == 0 ? 3 : 300); }, 3);
    check("cubes", shape, [](int x, int y, int z) { return MaterialId(x / 16 * 16 + y / 16 * 4 + z / 16); });
    check("two materials", shape, any_of(random, 2, 0), 1);
    check("three materials", shape, any_of(random, 3, 65533), 65534);
    check("any material", shape, any_of(random, 65536, 0));
    check("speckled layers", shape, [&](int x, int y, int z) {
      return random.below(30) == 0 ? static_cast<MaterialId>(random.below(4)) : layers(x, y, z);
    });
    check("rows that repeat", shape, [&](int x, int y, int z) {
      return MaterialId((x / 3 % 2 * 5 + y / 4 % 3 + z / (2 + x / 3 % 2)) % 11);
    });
  }

  AnalyzeScratch scratch_;
  BrickStats stats_;
};

TEST_F(AnalyzeBrick, IsByTheBookOnWholeBricks) {
  check_kinds({64, 64, 64}, 1);
  check("65536 materials, each four times", {64, 64, 64}, [](int x, int y, int z) {
    return static_cast<MaterialId>(static_cast<std::uint32_t>(x * 4096 + y * 64 + z) * 40503U);
  });
}

TEST_F(AnalyzeBrick, IsByTheBookOnPartialBricks) {
  const BrickShape shapes[] = {{1, 1, 1},   {1, 1, 2},        {2, 1, 1},    {1, 2, 1},   {1, 1, 64},
                               {1, 64, 1},  {64, 1, 1},       {7, 5, 3},    {64, 64, 1}, {64, 1, 64},
                               {1, 64, 64}, {63, 64, 2},      {3, 64, 17},  {5, 2, 33},  {64, 3, 16},
                               {2, 64, 15}, {64, 64, 63},     {63, 63, 64}, {8, 8, 8},   {9, 7, 8},
                               {16, 33, 7}, {33, 17, 65 - 32}};
  std::uint64_t seed = 100;
  for (std::size_t i = 0; i < std::size(shapes); i += stride<std::size_t>(1)) check_kinds(shapes[i], ++seed);
}

// Cuboids of few materials laid over one another: cubes, copies and runs of all lengths.
TEST_F(AnalyzeBrick, IsByTheBookOnRandomBricks) {
  constexpr std::uint64_t kSeed = 20260101;
  for (std::uint64_t i = 0; i < rounds<std::uint64_t>(150); ++i) {
    SCOPED_TRACE("seed " + std::to_string(kSeed + i));
    Random random(kSeed + i);
    const auto below = [&random](int n) {
      return static_cast<int>(random.below(static_cast<std::uint64_t>(n)));
    };
    const int most = i % 10 == 0 ? 64 : 24;
    const BrickShape shape{1 + below(most), 1 + below(most), 1 + below(64)};
    VoxelArray array(shape.size(), 5);
    const int materials = 1 + below(12), boxes = below(30);
    for (int b = 0; b < boxes; ++b) {
      const Box box = Box::of_size({below(shape.nx), below(shape.ny), below(shape.nz)},
                                   {1 + below(40), 1 + below(40), 1 + below(20)})
                          .intersect({{0, 0, 0}, shape.size()});
      terrane::fill(array.view().sub(box), static_cast<MaterialId>(below(materials)));
    }
    check(
        "cuboids", shape,
        [&](int x, int y, int z) {
          return array.at({x, y, z});
        },
        static_cast<MaterialId>(below(materials)));
  }
}

// What no x86-64 would otherwise run.
TEST(PlainMasks, AreOfTheLanesThatAreEqual) {
  Random random(10);
  for (int round = 0; round < 1000; ++round) {
    std::array<MaterialId, 64> a, b;
    for (std::size_t i = 0; i < 64; ++i) {
      a[i] = static_cast<MaterialId>(random.below(65536));
      b[i] = random.below(3) != 0 ? a[i] : static_cast<MaterialId>(a[i] ^ 1 << random.below(16));
    }
    std::uint64_t expected = 0;
    for (std::size_t i = 0; i < 64; ++i) expected |= std::uint64_t{a[i] == b[i]} << i;
    EXPECT_EQ(detail::portable::equal_plain<64>(a.data(), b.data()), expected);
    EXPECT_EQ(detail::portable::equal_plain<16>(a.data() + 16, b.data() + 16), expected >> 16 & 0xffff);
    EXPECT_EQ(detail::portable::equal64(a.data(), b.data()), expected);
    EXPECT_EQ(detail::portable::ones(expected), static_cast<std::uint64_t>(std::popcount(expected)));
  }
}

TEST_F(AnalyzeBrick, KeepsItsRoomFromBrickToBrick) {
  const BrickShape shape;
  Random random(9);
  const std::vector<MaterialId> noise = fill(shape, any_of(random, 300, 0)), world = fill(shape, layers);
  analyze_brick(noise, shape, 0, scratch_, stats_);
  const auto* room = stats_.materials.data();
  analyze_brick(world, shape, 0, scratch_, stats_);
  EXPECT_EQ(stats_.materials.data(), room);
  analyze_brick(fill(shape, [](int, int, int) { return MaterialId{1}; }), shape, 0, scratch_, stats_);
  EXPECT_EQ(stats_.materials.data(), room);
  EXPECT_EQ(stats_.distinct(), 1U);
}

}  // namespace
}  // namespace terrane

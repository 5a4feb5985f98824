#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <map>
#include <sstream>

#include "terrane/base/hash.h"
#include "terrane/codec/codec.h"
#include "terrane/codec/test_bricks.h"

// The exact size of bricks of many kinds in every codec, beside benchmarks/sizes.csv: no change makes a codec
// larger without being seen. TERRANE_WRITE_SIZES=1 writes the file anew.
namespace terrane {
namespace {

using testing::TestBrick;

// In [0, 256), smooth: linear between random points `step` apart.
int smooth(std::uint64_t seed, int x, int y, int step) {
  const auto point = [seed](int i, int j) {
    Random random(seed * 1000003 + static_cast<std::uint64_t>(i * 4096 + j));
    return static_cast<int>(random.below(256));
  };
  const int i = x / step, j = y / step, fx = x % step, fy = y % step;
  const int near = point(i, j) * (step - fy) + point(i, j + 1) * fy;
  const int far = point(i + 1, j) * (step - fy) + point(i + 1, j + 1) * fy;
  return (near * (step - fx) + far * fx) / (step * step);
}

MaterialId hills(int x, int y, int z) {
  const int ground = 12 + smooth(1, x, y, 32) / 8 + smooth(2, x, y, 11) / 32;
  if (z > ground) return z < 24 ? MaterialId{2} : MaterialId{0};
  if (z == ground) return ground < 24 ? MaterialId{18} : MaterialId{21};
  if (z > ground - 3) return 30;
  return z > smooth(3, x, y, 20) / 12 ? MaterialId{40} : MaterialId{41};
}

// Veins and pockets in layered rock.
MaterialId ores(int x, int y, int z) {
  Random random(static_cast<std::uint64_t>((x / 3 * 64 + y / 2) * 64 + z / 3));
  if (random.below(40) == 0) return static_cast<MaterialId>(100 + random.below(5));
  return z + smooth(4, x, y, 16) / 40 < 30 ? MaterialId{50} : MaterialId{51};
}

// Boxes with walls, floors and rooms.
MaterialId town(int x, int y, int z) {
  const int bx = x % 16, by = y % 20;
  const int height = 8 + smooth(5, x / 16 * 16, y / 20 * 20, 7) / 8;
  if (z < 6) return z == 5 ? MaterialId{3} : MaterialId{1};
  if (bx > 11 || by > 15 || z > height) return 0;
  if (bx == 0 || by == 0 || bx == 11 || by == 15)
    return z % 5 == 2 && (bx + by) % 3 == 0 ? MaterialId{70} : MaterialId{60};
  return z % 5 == 0 ? MaterialId{61} : MaterialId{0};
}

// The nearest of 60 points: cells of tissue, facies.
MaterialId tissue(int x, int y, int z) {
  static const auto points = [] {
    std::array<std::array<int, 3>, 60> all{};
    Random random(6);
    for (auto& p : all) {
      for (int& c : p) c = static_cast<int>(random.below(64));
    }
    return all;
  }();
  int best = std::numeric_limits<int>::max();
  std::size_t nearest = 0;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const int dx = x - points[i][0], dy = y - points[i][1], dz = z - points[i][2];
    const int d = dx * dx + dy * dy + dz * dz;
    if (d < best) best = d, nearest = i;
  }
  return static_cast<MaterialId>(1000 + nearest * 7);
}

// An eighth of noise in layers: what octants are for.
MaterialId corner_of_noise(int x, int y, int z) {
  if (x >= 32 || y >= 32 || z >= 32) return hills(x, y, z);
  Random random(static_cast<std::uint64_t>((x * 64 + y) * 64 + z) + 99);
  return static_cast<MaterialId>(random.below(16));
}

std::vector<TestBrick> sized_bricks() {
  std::vector<TestBrick> bricks;
  for (const TestBrick& brick : testing::test_bricks()) {
    if (brick.shape == BrickShape{}) bricks.push_back(brick);
  }
  const std::pair<const char*, MaterialId (*)(int, int, int)> made[] = {{"hills", hills},
                                                                        {"ores", ores},
                                                                        {"town", town},
                                                                        {"tissue", tissue},
                                                                        {"corner of noise", corner_of_noise}};
  for (const auto& [name, rule] : made) {
    for (const BrickShape shape : {BrickShape{}, BrickShape{40, 64, 23}}) {
      TestBrick brick{std::string(name) + (shape == BrickShape{} ? "" : ", partial"), shape, {}};
      for (int x = 0; x < shape.nx; ++x) {
        for (int y = 0; y < shape.ny; ++y) {
          for (int z = 0; z < shape.nz; ++z) brick.voxels.push_back(rule(x, y, z));
        }
      }
      bricks.push_back(std::move(brick));
    }
  }
  return bricks;
}

using Sizes = std::map<std::string, std::string>;  // "brick,codec" to bytes

Sizes sizes_now() {
  Sizes sizes;
  CodecScratch scratch;
  for (const TestBrick& brick : sized_bricks()) {
    std::string name = brick.name;
    std::replace(name.begin(), name.end(), ',', ';');
    for (const Codec* codec : all_codecs()) {
      std::string bytes;
      if (codec->encode(brick.voxels, BrickContext(brick.shape), {.policy = Policy::kArchive}, scratch,
                        bytes))
        sizes[name + "," + std::string(codec->name())] = std::to_string(bytes.size());
    }
  }
  return sizes;
}

TEST(CodecSizes, AreThoseThatAreWrittenDown) {
  const std::string path = std::string(TERRANE_BENCHMARK_DATA) + "/sizes.csv";
  const Sizes now = sizes_now();
  if (std::getenv("TERRANE_WRITE_SIZES") != nullptr) {
    std::ofstream out(path);
    out << "brick,codec,bytes\n";
    for (const auto& [key, bytes] : now) out << key << ',' << bytes << '\n';
    return;
  }
  Sizes written;
  std::ifstream in(path);
  std::string line;
  std::getline(in, line);
  ASSERT_EQ(line, "brick,codec,bytes");
  while (std::getline(in, line)) written[line.substr(0, line.rfind(','))] = line.substr(line.rfind(',') + 1);
  for (const auto& [key, bytes] : now) {
    ASSERT_TRUE(written.contains(key)) << key << " is not in " << path;
    const long long was = std::stoll(written[key]), is = std::stoll(bytes);
    EXPECT_LE(is, was) << key << " grew";
    EXPECT_GE(is, was) << key << " shrank: write it down, TERRANE_WRITE_SIZES=1";
  }
  EXPECT_EQ(now.size(), written.size()) << path << " has bricks or codecs that are not here";
}

}  // namespace
}  // namespace terrane

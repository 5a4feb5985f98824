#include "terrane/codec/test_bricks.h"

#include <array>
#include <functional>
#include <utility>

#include "terrane/base/hash.h"

namespace terrane::testing {
namespace {

using Rule = std::function<MaterialId(int x, int y, int z)>;

TestBrick brick(std::string name, BrickShape shape, const Rule& rule) {
  TestBrick b{std::move(name), shape, {}};
  b.voxels.reserve(shape.voxels());
  for (int x = 0; x < shape.nx; ++x) {
    for (int y = 0; y < shape.ny; ++y) {
      for (int z = 0; z < shape.nz; ++z) b.voxels.push_back(rule(x, y, z));
    }
  }
  return b;
}

// A number in [0, 256) for a point of a lattice.
int lattice_noise(int x, int y, int z) {
  const auto part = [](int v, int shift) { return static_cast<std::uint64_t>(v & 0xffff) << shift; };
  Random random(part(x, 0) | part(y, 16) | part(z, 32));
  return static_cast<int>(random.below(256));
}

// Trilinear between lattice points that are `step` voxels apart.
int noise(int x, int y, int z, int step) {
  const int fx = x % step, fy = y % step, fz = z % step;
  const auto weight = [step](int f, int high) { return high != 0 ? f : step - f; };
  int sum = 0;
  for (int i = 0; i < 8; ++i) {
    const int hx = i & 1, hy = i >> 1 & 1, hz = i >> 2 & 1;
    sum += lattice_noise(x / step + hx, y / step + hy, z / step + hz) * weight(fx, hx) * weight(fy, hy) *
           weight(fz, hz);
  }
  return sum / (step * step * step);
}

MaterialId layers(int x, int y, int z) {
  const int surface = 30 + (noise(x, y, 0, 16) >> 4);
  if (z > surface + 4) return 0;
  if (z > surface) return (x + y) % 9 < 4 ? MaterialId{1} : MaterialId{0};
  if (z > surface - 2) return 24;
  if (z > 20 + (x >> 4)) return 33;
  return z > 8 + (y >> 3) ? MaterialId{114} : MaterialId{128};
}

MaterialId caves(int x, int y, int z) {
  if (noise(x, y, z, 8) > 150) return 0;
  if (noise(x + 7, y + 3, z, 5) > 180) return 65;
  return z < 40 ? MaterialId{68} : MaterialId{51};
}

Rule random_materials(std::uint64_t seed, std::uint64_t materials, MaterialId first) {
  auto random = std::make_shared<Random>(seed);
  return [=](int, int, int) { return static_cast<MaterialId>(first + random->below(materials)); };
}

std::vector<TestBrick> whole_bricks() {
  const BrickShape whole;
  auto speckle = std::make_shared<Random>(5);
  std::vector<TestBrick> bricks;
  bricks.push_back(brick("uniform", whole, [](int, int, int) { return MaterialId{7}; }));
  bricks.push_back(brick("uniform unknown", whole, [](int, int, int) { return kUnknown; }));
  bricks.push_back(brick("halves in x", whole, [](int x, int, int) { return MaterialId(x < 32 ? 1 : 2); }));
  bricks.push_back(brick("halves in y", whole, [](int, int y, int) { return MaterialId(y < 31 ? 9 : 2); }));
  bricks.push_back(
      brick("halves in z", whole, [](int, int, int z) { return MaterialId(z < 1 ? 65535 : 0); }));
  bricks.push_back(
      brick("checkerboard", whole, [](int x, int y, int z) { return MaterialId((x ^ y ^ z) & 1); }));
  bricks.push_back(brick("last voxel differs", whole,
                         [](int x, int y, int z) { return MaterialId(x + y + z == 189 ? 300 : 3); }));
  bricks.push_back(brick("layers", whole, layers));
  bricks.push_back(brick("caves", whole, caves));
  bricks.push_back(brick("speckle", whole, [=](int x, int y, int z) {
    return speckle->below(20) == 0 ? static_cast<MaterialId>(speckle->below(5)) : layers(x, y, z);
  }));
  bricks.push_back(brick("64 equally likely materials", whole, random_materials(1, 64, 1000)));
  bricks.push_back(brick("257 materials", whole, random_materials(2, 257, 0)));
  bricks.push_back(brick("257 materials in runs", whole,
                         [](int x, int y, int z) { return MaterialId((x * 64 + y + z / 16 * 7) % 257); }));
  bricks.push_back(brick("65536 materials", whole, [](int x, int y, int z) {
    return static_cast<MaterialId>(static_cast<std::uint32_t>(x * 4096 + y * 64 + z) * 40503u);
  }));
  bricks.push_back(brick("65536 likely materials", whole, random_materials(3, 65536, 0)));
  return bricks;
}

}  // namespace

const std::vector<TestBrick>& test_bricks() {
  static const std::vector<TestBrick> all = [] {
    std::vector<TestBrick> bricks = whole_bricks();
    const BrickShape shapes[] = {{1, 1, 1},   {1, 1, 2},   {2, 1, 1},   {1, 1, 64},
                                 {1, 64, 1},  {64, 1, 1},  {7, 5, 3},   {64, 64, 1},
                                 {64, 1, 64}, {1, 64, 64}, {63, 64, 2}, {64, 64, 63},
                                 {3, 64, 17}, {5, 2, 33},  {64, 3, 16}, {2, 64, 15}};
    for (const BrickShape shape : shapes) {
      const std::string size = " " + to_string(shape.size());
      bricks.push_back(brick("layers" + size, shape, layers));
      bricks.push_back(brick("caves" + size, shape, caves));
      bricks.push_back(brick("uniform" + size, shape, [](int, int, int) { return MaterialId{40000}; }));
      bricks.push_back(brick("three materials" + size, shape, random_materials(11, 3, 65533)));
      bricks.push_back(brick("any material" + size, shape, random_materials(12, 65536, 0)));
    }
    return bricks;
  }();
  return all;
}

}  // namespace terrane::testing

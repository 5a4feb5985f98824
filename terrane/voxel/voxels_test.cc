#include "terrane/voxel/voxels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <string>
#include <vector>

#include "terrane/base/hash.h"

namespace terrane {
namespace {

// A view of any axis order, gaps and signs, in memory of its own that has a margin around it.
struct Canvas {
  std::vector<MaterialId> memory;
  VoxelView view;

  Canvas(Random& random, Coord size) {
    const std::array<std::int64_t, 3> n = {size.x, size.y, size.z};
    std::array<std::int64_t, 3> step = {};
    std::array<std::size_t, 3> order = {0, 1, 2};
    std::swap(order[0], order[random.below(3)]);
    std::swap(order[1], order[1 + random.below(2)]);
    std::int64_t next = 1, start = 0;
    for (const std::size_t axis : order) {
      if (random.below(4) == 0) next += random.between(0, 5);  // A gap between rows; first, between voxels.
      step[axis] = next;
      next *= n[axis];
      if (random.below(4) == 0) {
        start += step[axis] * (n[axis] - 1);
        step[axis] = -step[axis];
      }
    }
    constexpr std::int64_t kMargin = 7;
    memory.resize(static_cast<std::size_t>(next + 2 * kMargin));
    for (MaterialId& m : memory) m = static_cast<MaterialId>(random.next());
    view = {memory.data() + kMargin + start, size, {step[0], step[1], step[2]}};
  }
};

template <class Each>
void for_each_voxel(Coord size, Each each) {
  for (std::int64_t x = 0; x < size.x; ++x) {
    for (std::int64_t y = 0; y < size.y; ++y) {
      for (std::int64_t z = 0; z < size.z; ++z) each(Coord{x, y, z});
    }
  }
}

// The same view over a copy of the memory.
VoxelView moved(const Canvas& canvas, std::vector<MaterialId>& memory) {
  memory = canvas.memory;
  return {memory.data() + (canvas.view.data - canvas.memory.data()), canvas.view.size, canvas.view.stride};
}

Coord random_size(Random& random) {
  const auto pick = [&] { return random.below(4) == 0 ? 1 : random.between(1, 75); };
  return {pick(), pick(), pick()};
}

TEST(Voxels, CopyMovesEachVoxelAndTouchesNoOther) {
  const std::uint64_t seed = 20240801;
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  for (int i = 0; i < 400; ++i) {
    const Coord size = random_size(random);
    const Canvas from(random, size);
    Canvas to(random, size);
    std::vector<MaterialId> want;
    const VoxelView expected = moved(to, want);
    for_each_voxel(size, [&](Coord c) { expected.at(c) = from.view.at(c); });
    copy(from.view, to.view);
    ASSERT_EQ(to.memory, want) << i << ": size " << to_string(size) << ", from stride "
                               << to_string(from.view.stride) << ", to " << to_string(to.view.stride);
  }
}

TEST(Voxels, FillSetsEachVoxelAndTouchesNoOther) {
  const std::uint64_t seed = 20240802;
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  for (int i = 0; i < 400; ++i) {
    const Coord size = random_size(random);
    Canvas to(random, size);
    const auto material = static_cast<MaterialId>(i % 2 == 0 ? random.next() : 0x0101 * random.below(256));
    std::vector<MaterialId> want;
    const VoxelView expected = moved(to, want);
    for_each_voxel(size, [&](Coord c) { expected.at(c) = material; });
    fill(to.view, material);
    ASSERT_EQ(to.memory, want) << i << ": size " << to_string(size) << ", stride "
                               << to_string(to.view.stride);
  }
}

TEST(Voxels, CopyBetweenCOrderAndFortranOrderTransposes) {
  const Coord size = {70, 33, 129};
  VoxelArray c(size);
  std::iota(c.voxels.begin(), c.voxels.end(), MaterialId{0});
  std::vector<MaterialId> fortran(c.voxels.size());
  const VoxelView view = {fortran.data(), size, {1, size.x, size.x * size.y}};
  copy(c.view(), view);
  for_each_voxel(size, [&](Coord p) {
    ASSERT_EQ(fortran[static_cast<std::size_t>(p.x + size.x * (p.y + size.y * p.z))], c.at(p))
        << to_string(p);
  });
  VoxelArray back(size, 9);
  copy(view, back.view());
  EXPECT_EQ(back.voxels, c.voxels);
}

TEST(Voxels, CopyOfPartOfAnArrayLeavesTheRest) {
  VoxelArray from({8, 9, 10}, 1), to({8, 9, 10}, 2);
  const Box part = {{2, 0, 3}, {5, 9, 10}};
  copy(ConstVoxelView(from.view()).sub(part), to.view().sub(part));
  for_each_voxel(to.size, [&](Coord c) { ASSERT_EQ(to.at(c), part.contains(c) ? 1 : 2) << to_string(c); });
}

TEST(Voxels, ASourceMayRepeatItself) {
  const std::array<MaterialId, 3> rows = {5, 6, 7};
  VoxelArray to({4, 3, 70});
  copy(ConstVoxelView{rows.data(), to.size, {0, 1, 0}}, to.view());
  for_each_voxel(to.size, [&](Coord c) { ASSERT_EQ(to.at(c), rows[static_cast<std::size_t>(c.y)]); });
}

TEST(Voxels, AnEmptyViewIsNeverTouched) {
  for (const Coord size : {Coord{0, 5, 5}, Coord{5, 0, 5}, Coord{5, 5, 0}, Coord{0, 0, 0}}) {
    fill(VoxelView{nullptr, size, {25, 5, 1}}, 3);
    copy(ConstVoxelView{nullptr, size, {25, 5, 1}}, VoxelView{nullptr, size, {25, 5, 1}});
  }
}

TEST(Voxels, AnArrayBeginsAsItWasFilled) {
  const VoxelArray a({2, 3, 4}, kUnknown);
  EXPECT_EQ(a.voxels.size(), 24u);
  EXPECT_EQ(std::count(a.voxels.begin(), a.voxels.end(), kUnknown), 24);
  EXPECT_EQ(a.view().stride, (Coord{12, 4, 1}));
}

}  // namespace
}  // namespace terrane

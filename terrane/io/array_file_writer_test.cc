#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "terrane/base/hash.h"
#include "terrane/io/npy.h"
#include "terrane/io/scratch_dir.h"

namespace terrane {
namespace {

using testing::ScratchDir;

VoxelArray random_array(Coord size, std::uint64_t seed) {
  VoxelArray array(size);
  Random random(seed);
  for (MaterialId& v : array.voxels) v = static_cast<MaterialId>(random.next());
  return array;
}

VoxelArray read_all(const VoxelSource& source) {
  VoxelArray out(source.size(), 4242);
  source.read({{0, 0, 0}, source.size()}, out.view()).value();
  return out;
}

TEST(ArrayFileWriter, WhatIsWrittenReadsBack) {
  ScratchDir dir;
  const VoxelArray want = random_array({13, 7, 19}, 11);
  ASSERT_TRUE(write_npy(dir.file("a.npy"), want.view()));
  EXPECT_EQ(read_all(*open_npy(dir.file("a.npy")).value()).voxels, want.voxels);
  const std::string bytes = ScratchDir::slurp(dir.file("a.npy"));
  EXPECT_EQ((bytes.size() - want.voxels.size() * 2) % 64, 0U);
  EXPECT_EQ(bytes[bytes.size() - want.voxels.size() * 2 - 1], '\n');
  // A view with strides of its own.
  VoxelArray turned({19, 7, 13});
  for (std::int64_t x = 0; x < 13; ++x) {
    for (std::int64_t y = 0; y < 7; ++y) {
      for (std::int64_t z = 0; z < 19; ++z) turned.at({z, y, x}) = want.at({x, y, z});
    }
  }
  ConstVoxelView view = turned.view();
  std::swap(view.size.x, view.size.z);
  std::swap(view.stride.x, view.stride.z);
  ASSERT_TRUE(write_npy(dir.file("b.npy"), view));
  EXPECT_EQ(ScratchDir::slurp(dir.file("b.npy")), bytes);
}

TEST(ArrayFileWriter, BoxesInAnyOrderMakeTheSameFile) {
  ScratchDir dir;
  // More than one buffer of 2^18 elements in a run.
  const VoxelArray want = random_array({3, 5, 120000}, 12);
  ASSERT_TRUE(write_npy(dir.file("whole.npy"), want.view()));
  auto writer = create_npy(dir.file("parts.npy"), want.size).value();
  for (const Box& box : {Box{{1, 0, 0}, {3, 5, 60000}}, Box{{0, 0, 0}, {1, 5, 120000}},
                         Box{{1, 0, 60000}, {3, 2, 120000}}, Box{{1, 2, 60000}, {3, 5, 120000}}}) {
    ASSERT_TRUE(writer.write(box, want.view().sub(box)));
  }
  ASSERT_TRUE(writer.finish());
  EXPECT_TRUE(ScratchDir::slurp(dir.file("parts.npy")) == ScratchDir::slurp(dir.file("whole.npy")));
}

TEST(ArrayFileWriter, AnUnfinishedOrFailedWriteLeavesNothingAndKeepsTheOldFile) {
  ScratchDir dir;
  const std::string path = dir.write("a.npy", "old");
  {
    auto writer = create_npy(path, {4, 4, 4}).value();
    ASSERT_TRUE(writer.write({{0, 0, 0}, {2, 4, 4}}, VoxelArray({2, 4, 4}).view()));
    EXPECT_FALSE(writer.write({{2, 0, 0}, {5, 4, 4}}, VoxelArray({3, 4, 4}).view()));
    const Status early = writer.finish();
    ASSERT_FALSE(early);
    EXPECT_NE(early.error().message.find("32 of 64 voxels"), std::string::npos) << early.error().message;
    EXPECT_EQ(dir.entries(), 2U);
  }
  EXPECT_EQ(dir.entries(), 1U);
  EXPECT_EQ(ScratchDir::slurp(path), "old");
  EXPECT_FALSE(create_npy(dir.file("none/a.npy"), {4, 4, 4}));
  EXPECT_FALSE(create_npy(dir.file(""), {4, 4, 4}));
  EXPECT_FALSE(create_npy("/dev/null", {4, 4, 4}));
  EXPECT_FALSE(create_npy(path, {4, 0, 4}));
  // Far more than any disk here.
  const auto huge = create_npy(path, {1 << 20, 1 << 20, 1 << 10});
  ASSERT_FALSE(huge);
  EXPECT_EQ(huge.error().code, ErrorCode::kIo);
  EXPECT_EQ(dir.entries(), 1U);
}

TEST(ArrayFileWriter, ReplacesTheTargetOfASymbolicLink) {
  ScratchDir dir;
  const std::string path = dir.write("a.npy", "old");
  std::filesystem::create_symlink(path, dir.file("link.npy"));
  ASSERT_TRUE(write_npy(dir.file("link.npy"), VoxelArray({2, 2, 2}, 3).view()));
  EXPECT_TRUE(std::filesystem::is_symlink(dir.file("link.npy")));
  EXPECT_EQ(read_all(*open_npy(path).value()).voxels, std::vector<MaterialId>(8, 3));
}

}  // namespace
}  // namespace terrane

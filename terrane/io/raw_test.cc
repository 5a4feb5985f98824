#include "terrane/io/raw.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "terrane/io/scratch_dir.h"

namespace terrane {
namespace {

using testing::ScratchDir;

template <class T>
std::string bytes_of_values(const std::vector<T>& values) {
  std::string out(values.size() * sizeof(T), '\0');
  std::memcpy(out.data(), values.data(), out.size());
  return out;
}

template <class T>
void reads_as(const ScratchDir& dir, Dtype dtype, T last) {
  const std::vector<T> values = {0, 1, 2, 3, 4, last};
  const std::string path = dir.write("a.raw", bytes_of_values(values));
  auto source = open_raw(path, {1, 2, 3}, dtype).value();
  VoxelArray out({1, 2, 3});
  ASSERT_TRUE(source->read({{0, 0, 0}, {1, 2, 3}}, out.view())) << name(dtype);
  EXPECT_EQ(out.voxels, (std::vector<MaterialId>{0, 1, 2, 3, 4, static_cast<MaterialId>(last)}))
      << name(dtype);
}

TEST(Raw, EveryDtypeReadsAsItsValues) {
  ScratchDir dir;
  reads_as<std::uint8_t>(dir, Dtype::kU8, 255);
  reads_as<std::int8_t>(dir, Dtype::kI8, 127);
  reads_as<std::uint16_t>(dir, Dtype::kU16, 65535);
  reads_as<std::int16_t>(dir, Dtype::kI16, 32767);
  reads_as<std::uint32_t>(dir, Dtype::kU32, 65535);
  reads_as<std::int32_t>(dir, Dtype::kI32, 65535);
  reads_as<std::uint64_t>(dir, Dtype::kU64, 65535);
  reads_as<std::int64_t>(dir, Dtype::kI64, 65535);
}

TEST(Raw, DtypesHaveNames) {
  for (const char* text : {"bool", "u8", "i8", "u16", "i16", "u32", "i32", "u64", "i64"})
    EXPECT_EQ(name(parse_dtype(text).value()), text);
  const auto none = parse_dtype("f32");
  ASSERT_FALSE(none);
  EXPECT_NE(none.error().message.find("u8, i8, u16"), std::string::npos) << none.error().message;
}

TEST(Raw, TheLengthMustBeThatOfTheShape) {
  ScratchDir dir;
  const std::string path = dir.write("a.raw", std::string(12, '\0'));
  EXPECT_TRUE(open_raw(path, {1, 2, 3}, Dtype::kU16));
  const auto shorter = open_raw(path, {1, 2, 4}, Dtype::kU16);
  ASSERT_FALSE(shorter);
  EXPECT_NE(shorter.error().message.find("needs 16 bytes of elements, and 12 are there"), std::string::npos)
      << shorter.error().message;
  const auto longer = open_raw(path, {1, 2, 3}, Dtype::kU8);
  ASSERT_FALSE(longer);
  EXPECT_NE(longer.error().message.find("6 bytes wanted, 12 found"), std::string::npos)
      << longer.error().message;
  EXPECT_FALSE(open_raw(path, {0, 2, 3}, Dtype::kU16));
  EXPECT_FALSE(open_raw(path, {-1, -2, 3}, Dtype::kU16));
  EXPECT_EQ(open_raw(dir.file("none"), {1, 2, 3}, Dtype::kU16).error().code, ErrorCode::kNotFound);
}

TEST(Raw, WhatIsWrittenReadsBack) {
  ScratchDir dir;
  VoxelArray want({3, 4, 5});
  for (std::size_t i = 0; i < want.voxels.size(); ++i) want.voxels[i] = static_cast<MaterialId>(i * 1000);
  ASSERT_TRUE(write_raw(dir.file("a.raw"), want.view()));
  EXPECT_EQ(std::filesystem::file_size(dir.file("a.raw")), 120U);
  VoxelArray out({3, 4, 5});
  ASSERT_TRUE(
      open_raw(dir.file("a.raw"), {3, 4, 5}, Dtype::kU16).value()->read({{0, 0, 0}, {3, 4, 5}}, out.view()));
  EXPECT_EQ(out.voxels, want.voxels);
}

}  // namespace
}  // namespace terrane

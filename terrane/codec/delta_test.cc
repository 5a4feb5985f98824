#include "terrane/codec/delta.h"

#include <gtest/gtest.h>

#include "terrane/base/hash.h"
#include "terrane/codec/codecs.h"
#include "terrane/codec/test_bricks.h"

namespace terrane::detail {
namespace {

using terrane::testing::test_bricks;
using terrane::testing::TestBrick;

std::string encode(const std::vector<MaterialId>& voxels, const BrickContext& brick) {
  CodecScratch scratch;
  std::string out;
  EXPECT_TRUE(delta_codec().encode(voxels, brick, {}, scratch, out));
  std::vector<MaterialId> again(voxels.size());
  const Status status = delta_codec().decode(as_bytes(out), 1, brick, scratch, again);
  EXPECT_TRUE(status);
  EXPECT_EQ(again, voxels);
  return out;
}

const TestBrick& brick_named(std::string_view name) {
  for (const TestBrick& brick : test_bricks()) {
    if (brick.name == name) return brick;
  }
  throw std::out_of_range("no such brick");
}

TEST(Delta, IsTinyWhereOneVoxelDiffers) {
  for (const char* name : {"layers", "caves", "65536 materials"}) {
    const TestBrick& brick = brick_named(name);
    std::vector<MaterialId> voxels = brick.voxels;
    EXPECT_EQ(encode(voxels, {brick.shape, Prediction(brick.voxels)}).size(), 8u + 1 + 1 + 1) << name;
    voxels[200000] = static_cast<MaterialId>(voxels[200000] + 1);
    EXPECT_LT(encode(voxels, {brick.shape, Prediction(brick.voxels)}).size(), 25u) << name;
  }
  std::vector<MaterialId> voxels(BrickShape{}.voxels(), 7);
  voxels.back() = 8;
  EXPECT_LT(encode(voxels, {BrickShape{}, MaterialId{7}}).size(), 25u);
}

TEST(Delta, TakesAnyNumberOfDifferences) {
  const std::uint64_t seed = 8;
  SCOPED_TRACE(seed);
  Random random(seed);
  const TestBrick& brick = brick_named("layers");
  for (const std::uint64_t one_in : {1u, 2u, 10u, 100u, 10000u}) {
    std::vector<MaterialId> voxels = brick.voxels;
    for (MaterialId& m : voxels) {
      if (random.below(one_in) == 0) m = static_cast<MaterialId>(m + 1 + random.below(3));
    }
    EXPECT_LE(encode(voxels, {brick.shape, Prediction(brick.voxels)}).size(),
              delta_codec().bound(brick.shape));
  }
}

TEST(Delta, NamesMaterialsBeyondTheTransitionsThatHaveACode) {
  // 300 transitions: the 255 with most runs have a code, here those of the first 255 materials.
  const BrickShape shape{64, 64, 4};
  std::vector<MaterialId> predicted(shape.voxels(), 1), voxels = predicted;
  std::size_t at = 0;
  for (int m = 0; m < 300; ++m) {
    for (int n = 0; n < (m < 255 ? 3 : 1); ++n, at += 3) voxels[at] = static_cast<MaterialId>(1000 + m);
  }
  const std::string bytes = encode(voxels, {shape, MaterialId{1}});
  EXPECT_EQ(static_cast<std::uint8_t>(bytes[9]), 0xff);  // a varint of 255
  EXPECT_EQ(static_cast<std::uint8_t>(bytes[10]), 0x01);
  MaterialId first[2];
  std::memcpy(first, bytes.data() + 11, sizeof(first));
  EXPECT_EQ(first[0], 1);
  EXPECT_EQ(first[1], 1000);
}

TEST(Delta, RefusesAnotherPrediction) {
  CodecScratch scratch;
  const TestBrick& brick = brick_named("layers");
  std::vector<MaterialId> other = brick.voxels, room(brick.voxels.size());
  other[5] = 999;
  const std::string bytes = encode(brick.voxels, {brick.shape, Prediction(other)});
  MaterialCounts counts;
  for (const BrickContext& wrong : {BrickContext(brick.shape, Prediction(brick.voxels)),
                                    BrickContext(brick.shape, MaterialId{0}), BrickContext(brick.shape)}) {
    const Status decoded = delta_codec().decode(as_bytes(bytes), 1, wrong, scratch, room);
    ASSERT_FALSE(decoded);
    EXPECT_EQ(decoded.error().code, ErrorCode::kCorrupt);
    EXPECT_NE(decoded.error().message.find(std::to_string(wrong.prediction.hash())), std::string::npos);
    EXPECT_NE(decoded.error().message.find(std::to_string(Prediction(other).hash())), std::string::npos);
    EXPECT_FALSE(delta_codec().at(as_bytes(bytes), 1, wrong, {0, 0, 0}, scratch));
    EXPECT_FALSE(delta_codec().histogram(as_bytes(bytes), 1, wrong, Box::of_size({}, brick.shape.size()),
                                         scratch, counts));
  }
  // Of another size it is no prediction of this brick: the caller's mistake.
  const Status invalid = delta_codec().decode(
      as_bytes(bytes), 1, {brick.shape, Prediction(std::span(other).first(100))}, scratch, room);
  ASSERT_FALSE(invalid);
  EXPECT_EQ(invalid.error().code, ErrorCode::kInvalid);
}

TEST(Delta, RefusesWhatNoEncoderWrites) {
  using std::string_view_literals::operator""sv;
  CodecScratch scratch;
  std::vector<MaterialId> voxels(8);
  const BrickContext brick(BrickShape{1, 1, 8}, MaterialId{5});
  const auto refused = [&](std::string_view rest) {
    std::string bytes;
    ByteWriter(bytes).fixed(brick.prediction.hash());
    bytes += rest;
    const Status status = delta_codec().decode(as_bytes(bytes), 1, brick, scratch, voxels);
    return !status && status.error().code == ErrorCode::kCorrupt;
  };
  EXPECT_FALSE(refused("\1\0\0"sv));                         // as predicted
  EXPECT_TRUE(refused("\3\0\0"sv));                          // no such form
  EXPECT_FALSE(refused("\1\1\5\0\6\0\1\1\1\0\2\5"sv));       // voxels 2 to 7
  EXPECT_TRUE(refused("\1\1\5\0\6\0\1\1\1\0\2\6"sv));        // to 8
  EXPECT_TRUE(refused("\1\1\4\0\6\0\1\1\1\0\2\5"sv));        // from a material that is not predicted
  EXPECT_TRUE(refused("\1\1\5\0\5\0\1\1\1\0\2\5"sv));        // to what is predicted
  EXPECT_TRUE(refused("\1\1\5\0\6\0\x9\x9\x9\0"sv));         // nine runs of eight voxels
  EXPECT_TRUE(refused("\1\1\5\0\6\0\0"sv));                  // a transition of no run
  EXPECT_TRUE(refused("\1\1\5\0\6\0\1\1\1\1\2\5\0\7\0"sv));  // a material named by no run
}

}  // namespace
}  // namespace terrane::detail

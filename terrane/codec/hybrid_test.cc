#include <gtest/gtest.h>

#include "terrane/codec/codecs.h"
#include "terrane/codec/test_bricks.h"

namespace terrane::detail {
namespace {

using terrane::testing::test_bricks;
using terrane::testing::TestBrick;

// The codec of each octant of a payload that is not raw.
std::vector<CodecId> codecs_of(std::string_view payload) {
  ByteReader in(payload);
  std::vector<CodecId> ids;
  EXPECT_EQ(in.fixed<std::uint8_t>(), 1);
  while (in.remaining() > 0) {
    ids.push_back(static_cast<CodecId>(in.fixed<std::uint8_t>()));
    EXPECT_EQ(in.fixed<std::uint8_t>(), 1);
    in.take(static_cast<std::size_t>(in.varint()));
  }
  EXPECT_TRUE(in.finished());
  return ids;
}

std::string encode(const std::vector<MaterialId>& voxels, const BrickContext& brick) {
  CodecScratch scratch;
  std::string out;
  EXPECT_TRUE(hybrid_codec().encode(voxels, brick, {}, scratch, out));
  return out;
}

TEST(Hybrid, GivesEachOctantWhatSuitsIt) {
  // Air above ground that was predicted but for a pit of noise in one octant, and a floor in another.
  const BrickShape shape;
  std::vector<MaterialId> predicted(shape.voxels()), voxels;
  for (int x = 0; x < 64; ++x) {
    for (int y = 0; y < 64; ++y) {
      for (int z = 0; z < 32; ++z)
        predicted[voxel_index(shape, {x, y, z})] = static_cast<MaterialId>((x * 7 + y * 13 + z * 3) % 5);
    }
  }
  voxels = predicted;
  for (int x = 0; x < 32; ++x) {
    for (int y = 0; y < 32; ++y) {
      for (int z = 32; z < 64; ++z)
        voxels[voxel_index(shape, {x, y, z})] =
            static_cast<MaterialId>((x * x * 31 + y * z * 17 + x * y) % 251 % 2);
    }
  }
  const std::vector<CodecId> ids = codecs_of(encode(voxels, {shape, Prediction(predicted)}));
  ASSERT_EQ(ids.size(), 8u);
  for (int o = 0; o < 4; ++o) EXPECT_EQ(ids[static_cast<std::size_t>(o)], CodecId::kDelta);
  EXPECT_NE(ids[4], CodecId::kUniform);
  for (int o = 5; o < 8; ++o) EXPECT_EQ(ids[static_cast<std::size_t>(o)], CodecId::kUniform);
}

TEST(Hybrid, HasTheOctantsThatThereAre) {
  for (const TestBrick& brick : test_bricks()) {
    SCOPED_TRACE(brick.name);
    const std::string payload = encode(brick.voxels, brick.shape);
    if (payload[0] == 0) continue;
    const auto halves = [](int n) { return n > 32 ? 2u : 1u; };
    EXPECT_EQ(codecs_of(payload).size(),
              halves(brick.shape.nx) * halves(brick.shape.ny) * halves(brick.shape.nz));
  }
}

// Each octant as its codec alone would write it, with the rest of the scratch in use by the others.
TEST(Hybrid, WritesOctantsAsTheirCodecsDo) {
  for (const TestBrick& brick : test_bricks()) {
    if (brick.shape.nx > 32 || brick.shape.ny > 32 || brick.shape.nz > 32) continue;
    SCOPED_TRACE(brick.name);
    const std::string payload = encode(brick.voxels, brick.shape);
    if (payload[0] == 0) continue;
    std::size_t least = ~std::size_t{0};
    for (const Codec* codec : all_codecs()) {
      CodecScratch scratch;
      std::string alone;
      if (codec->id() == CodecId::kHybrid || codec->id() == CodecId::kContext ||
          codec->id() == CodecId::kArchive)
        continue;
      if (codec->encode(brick.voxels, brick.shape, {}, scratch, alone)) least = std::min(least, alone.size());
    }
    EXPECT_EQ(payload.size(), least + (least < 128 ? 4 : 5));
  }
}

TEST(Hybrid, RefusesAHybridInAHybrid) {
  CodecScratch scratch;
  std::vector<MaterialId> voxels(8, 3);
  const BrickShape shape{2, 2, 2};
  const std::string inner = encode(voxels, shape);
  std::string outer = "\1\6\1";
  outer += static_cast<char>(inner.size());
  outer += inner;
  const Status status = hybrid_codec().decode(as_bytes(outer), 1, shape, scratch, voxels);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kCorrupt);
  EXPECT_NE(status.error().message.find("do not nest"), std::string::npos);
  EXPECT_FALSE(hybrid_codec().at(as_bytes(outer), 1, shape, {1, 1, 1}, scratch));
}

TEST(Hybrid, RefusesAnotherPredictionInTheOctantsThatNeedIt) {
  CodecScratch scratch;
  const BrickShape shape;
  std::vector<MaterialId> predicted(shape.voxels(), 4);
  for (std::size_t i = 0; i < predicted.size(); ++i) predicted[i] = static_cast<MaterialId>(i * i * 7 % 11);
  const std::string payload = encode(predicted, {shape, Prediction(predicted)});
  std::vector<MaterialId> other = predicted, room(shape.voxels());
  other[0] = 77;  // of octant 0 alone
  const BrickContext wrong(shape, Prediction(other));
  EXPECT_FALSE(hybrid_codec().decode(as_bytes(payload), 1, wrong, scratch, room));
  EXPECT_FALSE(hybrid_codec().at(as_bytes(payload), 1, wrong, {3, 3, 3}, scratch));
  const auto far = hybrid_codec().at(as_bytes(payload), 1, wrong, {63, 63, 63}, scratch);
  ASSERT_TRUE(far);
  EXPECT_EQ(*far, predicted.back());
}

}  // namespace
}  // namespace terrane::detail

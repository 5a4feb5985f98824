#include "terrane/codec/frame.h"

#include <gtest/gtest.h>

#include "terrane/base/hash.h"
#include "terrane/base/rounds_testing.h"
#include "terrane/codec/codecs.h"
#include "terrane/codec/test_bricks.h"

namespace terrane {
namespace {

using testing::test_bricks;
using testing::TestBrick;

std::string encode(Policy policy, const TestBrick& brick, Encoded* encoded = nullptr) {
  CodecScratch scratch;
  std::string frame;
  const Encoded e = encode_frame(policy, brick.voxels, brick.shape, scratch, frame);
  if (encoded != nullptr) *encoded = e;
  return frame;
}

TEST(Frame, GivesBackEveryVoxelUnderEveryPolicy) {
  CodecScratch scratch;
  for (const TestBrick& brick : test_bricks()) {
    for (const Policy policy : {Policy::kFast, Policy::kBalanced, Policy::kArchive}) {
      if (policy == Policy::kArchive && brick.name.find("65536") != std::string::npos) continue;  // slow
      const std::string frame = encode(policy, brick);
      std::vector<MaterialId> voxels(brick.voxels.size());
      ASSERT_TRUE(decode_frame(as_bytes(frame), brick.shape, CheckVoxels::kYes, scratch, voxels))
          << brick.name;
      ASSERT_EQ(voxels, brick.voxels) << brick.name;
      const Coord last = brick.shape.size() - Coord{1, 1, 1};
      ASSERT_EQ(frame_at(as_bytes(frame), brick.shape, last, scratch).value(), voxels.back()) << brick.name;
      MaterialId material = 0;
      ASSERT_TRUE(decode_frame_part(as_bytes(frame), brick.shape, Box::of_size(last, {1, 1, 1}), scratch,
                                    VoxelView::dense(&material, {1, 1, 1})));
      ASSERT_EQ(material, voxels.back()) << brick.name;
    }
  }
}

TEST(Frame, IsTheSmallestOfWhatThePolicyTries) {
  CodecScratch scratch;
  for (const TestBrick& brick : test_bricks()) {
    Encoded encoded;
    const std::string frame = encode(Policy::kFast, brick, &encoded);
    EXPECT_EQ(static_cast<CodecId>(frame[0]), encoded.codec);
    EXPECT_EQ(static_cast<std::uint8_t>(frame[1]), encoded.version);
    for (const Codec* codec : all_codecs()) {
      std::string payload;
      if (codec->id() == CodecId::kRows) {
        detail::encode_rows(Policy::kFast, brick.voxels, brick.shape, scratch, payload);
      } else if (codec->id() > CodecId::kRows ||
                 !codec->encode(brick.voxels, brick.shape, {}, scratch, payload)) {
        continue;  // which the policies alone do not try
      }
      EXPECT_LE(frame.size(), payload.size() + kFrameHeaderBytes) << brick.name << " " << codec->name();
    }
  }
}

TEST(Frame, AppendsToWhatIsThere) {
  const TestBrick& brick = test_bricks()[7];
  CodecScratch scratch;
  std::string out = "before";
  encode_frame(Policy::kFast, brick.voxels, brick.shape, scratch, out);
  EXPECT_EQ(out, "before" + encode(Policy::kFast, brick));
}

TEST(Frame, ShorterThanItsHeaderIsCorrupt) {
  const std::string frame = encode(Policy::kFast, test_bricks()[0]);
  for (std::size_t n = 0; n < kFrameHeaderBytes; ++n) {
    const auto info = parse_frame(as_bytes(frame).first(n));
    ASSERT_FALSE(info) << n;
    EXPECT_EQ(info.error().code, ErrorCode::kCorrupt);
  }
  EXPECT_EQ(parse_frame(as_bytes(frame)).value().payload.size(), frame.size() - kFrameHeaderBytes);
}

TEST(Frame, OfACodecThatThisBuildLacksIsUnsupportedAndNamesIt) {
  const TestBrick& brick = test_bricks()[1];
  std::string frame = encode(Policy::kFast, brick);
  frame[0] = static_cast<char>(77);
  frame[1] = static_cast<char>(3);
  CodecScratch scratch;
  std::vector<MaterialId> voxels(brick.voxels.size());
  EXPECT_TRUE(parse_frame(as_bytes(frame)));
  const Status status = decode_frame(as_bytes(frame), brick.shape, CheckVoxels::kNo, scratch, voxels);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kUnsupported);
  EXPECT_NE(status.error().message.find("codec=`77` version=`3`"), std::string::npos)
      << status.error().message;
  const auto material = frame_at(as_bytes(frame), brick.shape, {0, 0, 0}, scratch);
  ASSERT_FALSE(material);
  EXPECT_EQ(material.error().code, ErrorCode::kUnsupported);
  frame[0] = static_cast<char>(CodecId::kRows);
  frame[1] = static_cast<char>(200);
  EXPECT_EQ(decode_frame(as_bytes(frame), brick.shape, CheckVoxels::kNo, scratch, voxels).error().code,
            ErrorCode::kUnsupported);
}

TEST(VoxelHash, CoversMaterialsAndShape) {
  const std::vector<MaterialId> voxels = {1, 2, 3, 4, 5, 6, 7, 8};
  const std::uint64_t hash = voxel_hash(voxels, {2, 2, 2});
  EXPECT_EQ(hash, hash64(std::as_bytes(std::span(voxels)), 2 | 2 << 8 | 2 << 16));
  EXPECT_NE(hash, voxel_hash(voxels, {2, 1, 4}));
  std::vector<MaterialId> other = voxels;
  std::swap(other[0], other[7]);
  EXPECT_NE(hash, voxel_hash(other, {2, 2, 2}));
}

// A flipped bit never gives other voxels: it is an error, or it is in bits that say nothing, of which
// zstd's frames have a few, and the voxels are the same.
TEST(Frame, NeverGivesOtherVoxelsForAFlippedBit) {
  CodecScratch scratch;
  std::size_t flips = 0, harmless = 0;
  for (const TestBrick& brick : test_bricks()) {
    std::string frame = encode(Policy::kFast, brick);
    const std::size_t bits = frame.size() * 8;
    const std::size_t most = rounds<std::size_t>(brick.voxels.size() > 100000 ? 300 : 1000);
    Random random(bits);
    std::vector<MaterialId> voxels(brick.voxels.size());
    for (std::size_t i = 0; i < std::min(bits, most); ++i) {
      const std::size_t bit = bits <= most ? i : i < most / 2 ? i : random.below(bits);
      const auto mask = static_cast<char>(1 << bit % 8);
      frame[bit / 8] = static_cast<char>(frame[bit / 8] ^ mask);
      const Status status = decode_frame(as_bytes(frame), brick.shape, CheckVoxels::kYes, scratch, voxels);
      frame[bit / 8] = static_cast<char>(frame[bit / 8] ^ mask);
      ++flips;
      if (!status) {
        const ErrorCode code = status.error().code;
        ASSERT_TRUE(code == ErrorCode::kCorrupt || code == ErrorCode::kUnsupported) << status.error().message;
        continue;
      }
      ASSERT_EQ(voxels, brick.voxels) << brick.name << " bit " << bit;
      ASSERT_EQ(frame[0], static_cast<char>(CodecId::kRows)) << brick.name << " bit " << bit;
      ++harmless;
    }
  }
  EXPECT_LT(harmless * 100, flips);
}

TEST(Frame, FoundToHoldOtherVoxelsIsCorruptOnlyWhereAsked) {
  const TestBrick& brick = test_bricks()[7];
  std::string frame = encode(Policy::kBalanced, brick);
  frame[5] = static_cast<char>(frame[5] ^ 1);  // in the hash
  CodecScratch scratch;
  std::vector<MaterialId> voxels(brick.voxels.size());
  EXPECT_TRUE(decode_frame(as_bytes(frame), brick.shape, CheckVoxels::kNo, scratch, voxels));
  const Status status = decode_frame(as_bytes(frame), brick.shape, CheckVoxels::kYes, scratch, voxels);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kCorrupt);
}

TEST(Frame, OfAStrategyThatIsNotRegisteredSaysWhereItGoes) {
  std::string frame(kFrameHeaderBytes + 2, '\0');
  frame[0] = static_cast<char>(200);
  frame[1] = 3;
  CodecScratch scratch;
  std::vector<MaterialId> voxels(1);
  const Status status = decode_frame(as_bytes(frame), BrickShape{1, 1, 1}, CheckVoxels::kNo, scratch, voxels);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kUnsupported);
  for (const char* part : {"OpenOptions::codecs", "`200`", "version=`3`"}) {
    EXPECT_NE(status.error().message.find(part), std::string::npos) << status.error().message;
  }
}

}  // namespace
}  // namespace terrane

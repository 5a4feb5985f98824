#include "terrane/decide/prices.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "terrane/analyze/analyze_brick.h"
#include "terrane/base/hash.h"

namespace terrane {
namespace {

struct Sample {
  std::vector<MaterialId> voxels;
  BrickShape shape;
  BrickStats stats;
};

// Layers whose boundary wanders, with every `speckle`-th voxel something else.
Sample layered(BrickShape shape, std::uint64_t speckle, std::uint64_t seed) {
  Sample s{{}, shape, {}};
  Random random(seed);
  std::int64_t ground = shape.nz / 2;
  for (int x = 0; x < shape.nx; ++x) {
    for (int y = 0; y < shape.ny; ++y) {
      ground = std::clamp<std::int64_t>(ground + random.between(-1, 2), 1, shape.nz - 1);
      for (int z = 0; z < shape.nz; ++z) {
        const bool odd = random.below(speckle) == 0;
        s.voxels.push_back(odd ? static_cast<MaterialId>(5 + random.below(3))
                               : static_cast<MaterialId>(z > ground       ? 0
                                                         : z > ground / 2 ? 1
                                                                          : 2));
      }
    }
  }
  AnalyzeScratch scratch;
  analyze_brick(s.voxels, shape, kUnknown, scratch, s.stats);
  return s;
}

// Bricks of one material are ranges.
bool is_priced(const Codec& codec) {
  return codec.id() != CodecId::kUniform;
}

TEST(AnalyticPrices, KnowThePalettesSizeExactly) {
  const Codec& palette = *find_codec(CodecId::kPalette);
  CodecScratch scratch;
  for (const BrickShape shape : {BrickShape{}, BrickShape{64, 3, 17}, BrickShape{1, 2, 2}}) {
    for (const std::uint64_t speckle : {2u, 50u}) {
      const Sample s = layered(shape, speckle, 9);
      std::string bytes;
      ASSERT_TRUE(palette.encode(s.voxels, shape, {}, scratch, bytes));
      const auto estimate = AnalyticPrices().estimate(palette, {}, s.stats, shape);
      ASSERT_TRUE(estimate);
      EXPECT_EQ(estimate->bytes, static_cast<double>(bytes.size()));
      EXPECT_EQ(estimate->bytes_sigma, 0);
    }
  }
}

TEST(AnalyticPrices, AreWithinAFactorOfFourOnBricksTheyWereNotFittedTo) {
  CodecScratch scratch;
  for (const std::uint64_t speckle : {20u, 400u, 100000u}) {
    const Sample s = layered({}, speckle, 77);
    for (const Codec* codec : all_codecs()) {
      if (!is_priced(*codec)) continue;
      const auto estimate = AnalyticPrices().estimate(*codec, {}, s.stats, s.shape);
      ASSERT_TRUE(estimate) << codec->name();
      std::string bytes;
      ASSERT_TRUE(codec->encode(s.voxels, s.shape, {}, scratch, bytes));
      EXPECT_LT(std::abs(std::log2(estimate->bytes / static_cast<double>(bytes.size()))), 2)
          << codec->name() << " one in " << speckle << ": expected " << estimate->bytes << ", is "
          << bytes.size();
      EXPECT_LE(estimate->bytes, static_cast<double>(codec->bound(s.shape)));
      EXPECT_GT(estimate->encode_us, 0);
      EXPECT_GT(estimate->decode_us, 0);
      EXPECT_GT(estimate->read_us, 0);
      EXPECT_GE(estimate->upper_bytes(), estimate->bytes);
    }
  }
}

TEST(AnalyticPrices, ScaleTimesAndNothingElseByTheCalibration) {
  const Sample s = layered({}, 100, 5);
  Calibration slow;
  for (auto& f : slow.by_codec) f = {2, 3, 5};
  const Codec& rows = *find_codec(CodecId::kRows);
  const Estimate one = *AnalyticPrices().estimate(rows, {}, s.stats, s.shape);
  const Estimate other = *AnalyticPrices(slow).estimate(rows, {}, s.stats, s.shape);
  EXPECT_EQ(other.bytes, one.bytes);
  EXPECT_DOUBLE_EQ(other.encode_us, 2 * one.encode_us);
  EXPECT_DOUBLE_EQ(other.decode_us, 3 * one.decode_us);
  EXPECT_DOUBLE_EQ(other.read_us, 5 * one.read_us);
}

TEST(AnalyticPrices, PriceEveryStrategyOfThisBuildAndNoOther) {
  class Foreign final : public Codec {
   public:
    CodecId id() const override { return static_cast<CodecId>(128); }
    std::string_view name() const override { return "foreign"; }
    std::uint8_t version() const override { return 1; }
    std::uint8_t min_version() const override { return 1; }
    std::size_t bound(BrickShape) const override { return 0; }
    bool encode(std::span<const MaterialId>, const BrickContext&, const EncodeParameters&, CodecScratch&,
                std::string&) const override {
      return false;
    }
    Status decode(Bytes, std::uint8_t, const BrickContext&, CodecScratch&,
                  std::span<MaterialId>) const override {
      return corrupt("never written");
    }
    Result<MaterialId> at(Bytes, std::uint8_t, const BrickContext&, Coord, CodecScratch&) const override {
      return corrupt("never written");
    }
  };
  const Sample s = layered({4, 4, 4}, 10, 5);
  EXPECT_FALSE(AnalyticPrices().estimate(Foreign(), {}, s.stats, s.shape));
  for (const Codec* codec : all_codecs()) {
    if (!is_priced(*codec)) continue;
    EXPECT_TRUE(AnalyticPrices().estimate(*codec, {}, s.stats, s.shape)) << codec->name();
  }
}

TEST(Calibration, OfAClockThatStandsStillChangesNothing) {
  const Calibration c = calibrate(ManualClock());
  for (const auto& f : c.by_codec) {
    EXPECT_EQ(f.encode, 1);
    EXPECT_EQ(f.decode, 1);
    EXPECT_EQ(f.read, 1);
  }
}

// Goes on by `step` each time it is looked at: whatever lies between two looks took that long.
class SteppingClock final : public Clock {
 public:
  explicit SteppingClock(std::chrono::microseconds step) : step_(step) {}
  Instant now() const override { return now_ += step_; }

 private:
  std::chrono::microseconds step_;
  mutable Instant now_{};
};

TEST(Calibration, FollowsWhatTheClockSays) {
  const Calibration fast = calibrate(SteppingClock(std::chrono::microseconds(100)));
  const Calibration slow = calibrate(SteppingClock(std::chrono::microseconds(700)));
  for (const Codec* codec : all_codecs()) {
    if (!is_priced(*codec)) continue;
    SCOPED_TRACE(codec->name());
    const auto& f = fast.by_codec[static_cast<std::size_t>(codec->id())];
    const auto& s = slow.by_codec[static_cast<std::size_t>(codec->id())];
    EXPECT_GT(f.encode, 0);
    EXPECT_NEAR(s.encode / f.encode, 7, 1e-9);
    EXPECT_NEAR(s.decode / f.decode, 7, 1e-9);
    EXPECT_NEAR(s.read / f.read, 7, 1e-9);
  }
}

TEST(PriceFeatures, HaveNamesOfTheirOwn) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kPriceFeatures; ++i) names.insert(price_feature_name(i));
  EXPECT_EQ(names.size(), kPriceFeatures);
}

}  // namespace
}  // namespace terrane

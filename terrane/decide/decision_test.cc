#include "terrane/decide/decision.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

namespace terrane {
namespace {

constexpr double kRaw = 64 * 64 * 64 * 2;

// Prices by hand.
class FixedPrices final : public CostModel {
 public:
  std::map<CodecId, Estimate> prices;
  std::string_view name() const override { return "fixed"; }
  std::optional<Estimate> estimate(const Codec& codec, const EncodeParameters&, const BrickStats&,
                                   BrickShape) const override {
    const auto found = prices.find(codec.id());
    if (found == prices.end()) return std::nullopt;
    return found->second;
  }
};

Estimate price(double bytes, double encode_us, double decode_us, double read_us, double memory = 1000) {
  return {bytes, encode_us, decode_us, read_us, memory, 0, 0};
}

class Decide : public ::testing::Test {
 protected:
  Decide() {
    model.prices[CodecId::kPalette] = price(60000, 50, 40, 0.02);
    model.prices[CodecId::kRows] = price(4000, 500, 150, 60, 1e6);
  }
  Decision run(const Requirements& requirements = {}, const AccessPattern& access = {}) {
    Decision out;
    decide(stats, {}, access, requirements, model, Policy::kBalanced, table, out);
    return out;
  }
  BrickStats stats;
  FixedPrices model;
  CodecTable table;
};

TEST_F(Decide, TakesTheFewestBytesWhereTimeCostsNothing) {
  const Decision d = run();
  EXPECT_EQ(d.primary().codec->id(), CodecId::kRows);
  EXPECT_EQ(d.runner_up()->codec->id(), CodecId::kPalette);
  EXPECT_EQ(d.primary().cost, 4000);
  EXPECT_EQ(d.confidence, 1);
  EXPECT_FALSE(d.all_excluded());
}

TEST_F(Decide, WeighsEncodingAndTheReadsThatAreExpected) {
  Requirements r;
  r.encode_weight = 200;  // rows: 4,000 + 100,000; palette: 60,000 + 10,000
  EXPECT_EQ(run(r).primary().codec->id(), CodecId::kPalette);
  EXPECT_EQ(run(r).primary().cost, 60000 + 50 * 200);
  r = {};
  r.read_weight = 1;
  AccessPattern points{.point_reads = 3000, .brick_writes = 2};  // 1,500 for each write: rows 4,000 + 90,000
  EXPECT_EQ(run(r, points).primary().codec->id(), CodecId::kPalette);
  EXPECT_EQ(run(r, points).runner_up()->cost, 4000 + 1500 * 60.0);
  // A cache that finds nine of ten makes rows the cheaper again.
  points.local_reads = 2700;
  EXPECT_EQ(run(r, points).primary().codec->id(), CodecId::kRows);
}

TEST_F(Decide, APointNeverCostsMoreThanAllOfItsBrick) {
  model.prices[CodecId::kRows].read_us = 1e6;
  Requirements r;
  r.read_weight = 1;
  EXPECT_EQ(run(r, {.point_reads = 1, .brick_writes = 1}).primary().cost, 4000 + 150);
}

TEST_F(Decide, LeavesOutWhatMayBreakALimit) {
  const auto excluded = [&](const Requirements& r) {
    for (const Candidate& c : run(r).candidates) {
      if (c.codec->id() == CodecId::kRows) return c.excluded;
    }
    return Excluded::kUnpriced;
  };
  Requirements r;
  r.max_read_ms = 0.05;
  EXPECT_EQ(excluded(r), Excluded::kReadTime);
  r = {};
  r.max_brick_read_ms = 0.1;
  EXPECT_EQ(excluded(r), Excluded::kBrickReadTime);
  r = {};
  r.min_encode_mb_per_s = kRaw / 499;
  EXPECT_EQ(excluded(r), Excluded::kEncodeSpeed);
  r.min_encode_mb_per_s = kRaw / 501;
  EXPECT_EQ(excluded(r), Excluded::kNo);
  r = {};
  r.max_memory_mb = 0.5;
  EXPECT_EQ(excluded(r), Excluded::kMemory);
  r = {};
  r.max_share = 60001 / kRaw;
  EXPECT_EQ(excluded(r), Excluded::kNo);
  r.max_share = 59999 / kRaw;
  const Decision d = run(r);
  EXPECT_EQ(d.primary().codec->id(), CodecId::kRows);
  EXPECT_EQ(d.candidates[1].excluded, Excluded::kBudget);
  EXPECT_EQ(d.runner_up(), nullptr);
}

TEST_F(Decide, LimitsAreOnTheUpperEndOfWhatIsExpected) {
  Requirements r;
  r.max_read_ms = 0.061;
  EXPECT_EQ(run(r).primary().codec->id(), CodecId::kRows);
  model.prices[CodecId::kRows].time_sigma = 0.5;  // one in five takes 1.34 times as long
  EXPECT_EQ(run(r).primary().codec->id(), CodecId::kPalette);
  EXPECT_NEAR(model.prices[CodecId::kRows].upper(60), 60 * 1.3387, 0.01);
}

TEST_F(Decide, SaysWhereNothingKeepsTheLimits) {
  Requirements r;
  r.max_share = 1e-9;
  const Decision d = run(r);
  EXPECT_TRUE(d.all_excluded());
  EXPECT_EQ(d.primary().codec->id(), CodecId::kRows);
  EXPECT_NE(reason(d, stats, {}).find("no strategy keeps the limits (too many bytes)"), std::string::npos);
}

TEST_F(Decide, NeverTakesWhatHasNoPrice) {
  model.prices.erase(CodecId::kRows);
  const Decision d = run();
  EXPECT_EQ(d.primary().codec->id(), CodecId::kPalette);
  EXPECT_EQ(d.candidates.back().excluded, Excluded::kUnpriced);
  for (const Candidate& c : d.candidates) EXPECT_NE(c.codec->id(), CodecId::kUniform);
}

TEST_F(Decide, IsLessSureTheNearerTheRunnerUpIs) {
  for (auto& [id, p] : model.prices) p.bytes_sigma = 0.3;
  const double far = run().confidence;
  model.prices[CodecId::kPalette].bytes = 4400;
  const double near = run().confidence;
  model.prices[CodecId::kPalette].bytes = 4000;
  const double even = run().confidence;
  EXPECT_GT(far, 0.99);
  EXPECT_LT(near, far);
  EXPECT_NEAR(near, 0.5 * std::erfc(-std::log2(1.1) / std::hypot(0.3, 0.3) / std::sqrt(2.0)), 1e-9);
  EXPECT_EQ(even, 0.5);
}

TEST_F(Decide, TellsItsReasonInWords) {
  stats.voxels = 4;
  stats.materials = {{1, 3}, {2, 1}};
  stats.columns = 4;
  stats.rows_new = 1;
  const std::string text = reason(run(), stats, {.point_reads = 6, .brick_writes = 2, .local_reads = 3});
  for (const char* part :
       {"rows: 4000 bytes expected", "0.07 of what palette would take", "2 materials", "75.0 % are of one",
        "75 % of its columns are copies", "3 points", "50 % of them"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << " in: " << text;
  }
}

}  // namespace
}  // namespace terrane

#pragma once

#include <array>

#include "terrane/base/clock.h"
#include "terrane/decide/cost_model.h"

namespace terrane {

// What a brick's size and times follow from, in fixed order: of its statistics those that the codecs' work is
// made of. kPriceFeatures numbers, the first of them 1.
inline constexpr std::size_t kPriceFeatures = 10;
using PriceFeatures = std::array<double, kPriceFeatures>;
PriceFeatures price_features(const BrickStats& stats);
std::string_view price_feature_name(std::size_t feature);

// How much slower than the machine that the prices were taken on this one is, by strategy and kind of work.
struct Calibration {
  struct Factors {
    double encode = 1, decode = 1, read = 1;
  };
  std::array<Factors, 128> by_codec{};  // by id; an application's own strategies price themselves
};

// Codes and reads a few bricks made from a fixed seed with every strategy of this build, and compares with
// the prices. What it finds depends on the machine and its load; what is chosen by bytes does not depend on
// it.
Calibration calibrate(const Clock& clock);

// The first cost model: closed forms whose constants were fitted to measured bricks (benchmarks/fit_prices.py
// says how to do that again). The palette's size is exact. Only strategies of this build are priced.
// Immutable.
class AnalyticPrices final : public CostModel {
 public:
  explicit AnalyticPrices(const Calibration& calibration = {}) : calibration_(calibration) {}
  std::string_view name() const override { return "analytic"; }
  std::optional<Estimate> estimate(const Codec& codec, const EncodeParameters& how, const BrickStats& stats,
                                   BrickShape shape) const override;

 private:
  Calibration calibration_;
};

}  // namespace terrane

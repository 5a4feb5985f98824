#include "terrane/decide/prices.h"

#include <algorithm>
#include <cmath>

#include "terrane/codec/codecs.h"
#include "terrane/decide/price_table.h"

namespace terrane {
namespace {

using detail::CodecPrices;

double weighted(const PriceFeatures& weights, const PriceFeatures& features) {
  double sum = 0;
  for (std::size_t i = 0; i < kPriceFeatures; ++i) sum += weights[i] * features[i];
  return sum;
}

constexpr std::array<std::string_view, kPriceFeatures> kNames = {
    "one",          "kilovoxels", "rows_new",       "runs_new",    "materials",
    "octree_nodes", "scan_runs",  "differing_runs", "single_runs", "morton_runs"};

}  // namespace

PriceFeatures price_features(const BrickStats& s) {
  const auto n = [](auto v) { return static_cast<double>(v); };
  return {1,
          n(s.voxels) / 1024,
          n(s.rows_new),
          n(s.runs_new),
          n(s.distinct()),
          n(s.total_octree_nodes()),
          n(std::min({s.scan_runs[0], s.scan_runs[1], s.scan_runs[2]})),
          n(s.differing_runs),
          n(s.single_runs),
          n(s.morton_runs)};
}

std::string_view price_feature_name(std::size_t feature) {
  return kNames[feature];
}

std::optional<Estimate> AnalyticPrices::estimate(const Codec& codec, const EncodeParameters&,
                                                 const BrickStats& stats, BrickShape shape) const {
  const CodecPrices* prices = detail::find_prices(codec.id());
  if (prices == nullptr) return std::nullopt;
  const PriceFeatures features = price_features(stats);
  PriceFeatures logs = features;
  for (std::size_t i = 1; i < kPriceFeatures; ++i) logs[i] = std::log2(1 + features[i]);
  const Calibration::Factors& factors = calibration_.by_codec[static_cast<std::size_t>(codec.id())];
  Estimate e;
  e.bytes = std::min(std::exp2(weighted(prices->log2_bytes, logs)), static_cast<double>(codec.bound(shape)));
  e.bytes_sigma = prices->bytes_sigma;
  if (codec.id() == CodecId::kPalette) {
    e.bytes = static_cast<double>(detail::palette_bytes(stats.distinct(), stats.voxels));
    e.bytes_sigma = 0;
  }
  e.encode_us = std::max(weighted(prices->encode_us, features), 0.1) * factors.encode;
  e.decode_us = std::max(weighted(prices->decode_us, features), 0.1) * factors.decode;
  e.read_us = std::max(weighted(prices->read_us, features), 0.01) * factors.read;
  e.time_sigma = prices->time_sigma;
  e.memory_bytes = prices->memory_per_voxel * static_cast<double>(stats.voxels) + prices->memory;
  return e;
}

}  // namespace terrane

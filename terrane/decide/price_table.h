#pragma once

#include "terrane/decide/prices.h"

namespace terrane::detail {

// The constants of one strategy. log2_bytes weighs the logarithms log2(1 + feature) of all features but the
// first; the times weigh the features as they are.
struct CodecPrices {
  CodecId codec;
  PriceFeatures log2_bytes;
  PriceFeatures encode_us;
  PriceFeatures decode_us;
  PriceFeatures read_us;
  double bytes_sigma, time_sigma;
  double memory_per_voxel, memory;  // bytes
};

const CodecPrices* find_prices(CodecId codec);

}  // namespace terrane::detail

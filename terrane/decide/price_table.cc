#include "terrane/decide/price_table.h"

namespace terrane::detail {
namespace {

// Printed by benchmarks/fit_prices.py.
constexpr CodecPrices kPrices[] = {
    {CodecId::kPalette, {}, {100, 1}, {60}, {0.03}, 0, 0.5, 0, 66000},
    {CodecId::kRows,
     {2, 0, 0.5, 0.4},
     {100, 1, 0.05, 0.02},
     {100, 0, 0.01, 0.01},
     {30, 0, 0, 0.01},
     0.3,
     0.4,
     4,
     1.2e6},
};

}  // namespace

const CodecPrices* find_prices(CodecId codec) {
  for (const CodecPrices& prices : kPrices) {
    if (prices.codec == codec) return &prices;
  }
  return nullptr;
}

}  // namespace terrane::detail

#include "terrane/codec/context_model.h"

namespace terrane::detail {
namespace {

// Evaluated by the compiler, so that no machine's own rounding comes in.
constexpr double exponential(double x) {
  const double part = x / 16;
  double term = 1, sum = 1;
  for (int i = 1; i < 16; ++i) {
    term *= part / i;
    sum += term;
  }
  for (int i = 0; i < 4; ++i) sum *= sum;
  return sum;
}

constexpr ModelTables make_tables() {
  ModelTables tables{};
  for (int i = 0; i < 4096; ++i) {
    const double p = 1 / (1 + exponential((2048 - i) / 256.0));
    const int rounded = (static_cast<int>(p * 131072) + 1) / 2;
    tables.squash[static_cast<std::size_t>(i)] =
        static_cast<std::uint16_t>(std::clamp(rounded, int{kLeastP}, 65536 - int{kLeastP}));
  }
  // The least x whose squash is above the middle of p.
  std::size_t x = 1;
  for (std::size_t p = 0; p < 4096; ++p) {
    while (x < 4095 && tables.squash[x] < p * 16 + 8) ++x;
    tables.stretch[p] = static_cast<std::int16_t>(static_cast<int>(x) - 2048);
  }
  return tables;
}

template <std::size_t N>
void forget(std::array<Chance, N>& chances) {
  chances.fill(kNewChance);
}

}  // namespace

constinit const ModelTables kModelTables = make_tables();

void ContextModel::reset(unsigned bits) {
  forget(near);
  forget(wide);
  forget(labels);
  forget(lengths);
  forget(flat);
  forget(agreeing);
  forget(pairs);
  forget(hopeful);
  forget(places);
  forget(gaps);
  go_on_weights.fill({4500, 6500, 6500, 6500});
  rank_weights.fill({6000, 6000, 6000, 5000});
  index_bits.assign(std::size_t{1} << bits, kNewChance);
  follower.assign(std::size_t{1} << bits, 0);
}

}  // namespace terrane::detail

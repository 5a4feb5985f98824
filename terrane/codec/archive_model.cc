#include "terrane/codec/archive_model.h"

namespace terrane::detail {
namespace {

constexpr ArchiveTables make_tables() {
  ArchiveTables tables{};
  for (std::size_t n = 0; n < tables.step.size(); ++n) {
    tables.step[n] = {static_cast<std::uint32_t>(std::size_t{16384} / (2 * n + 3)),
                      n < kMostArchiveUpdates ? 1u : 0u};
  }
  for (std::size_t n = 0; n < tables.eagerness.size(); ++n) {
    tables.eagerness[n] = static_cast<std::uint16_t>(16 + 2048 / (n + 16));
  }
  return tables;
}

template <std::size_t N, std::size_t M>
void forget(std::array<std::array<Chance, N>, M>& chances) {
  for (auto& table : chances) table.fill(kEvenChance);
}

}  // namespace

constinit const ArchiveTables kArchiveTables = make_tables();

void ArchiveModel::reset(unsigned bits, std::size_t materials) {
  forget(run);
  forget(flat);
  forget(rank);
  halves.fill(kEvenChance);
  run_mixes.reset(1400);
  flat_mixes.reset(2048);
  rank_mixes.reset(1800);
  index_bits.assign(std::size_t{1} << bits, kEvenChance);
  forget(spelt);
  spell_mixes.reset(2400);
  std::fill_n(follower.begin(), materials, MaterialId{0});
}

}  // namespace terrane::detail

#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "terrane/voxel/voxels.h"

// Probabilities that learn, and a mixer of three of them, in integers: the same on every machine. Mixing in
// the logistic domain is after M. Mahoney, "Adaptive weighing of context models for lossless data
// compression" (2005).
namespace terrane::detail {

// A probability in 22 bits, above how often it was updated in 10 bits.
using Chance = std::uint32_t;
inline constexpr Chance kEvenChance = std::uint32_t{1} << 31;

// What the arithmetic needs to look up.
struct ModelTables {
  std::array<std::int16_t, 4096> stretch;  // ln(p / (1 - p)) in 1/256, of p in 1/4096
  std::array<std::uint16_t, 4096> squash;  // its inverse in 1/65536, from -8 to 8
  std::array<std::uint32_t, 256> rate;     // how far a chance moves that was updated so often, in 1/65536
};
extern const ModelTables kModelTables;

inline constexpr std::int32_t kMostWeight = 1 << 18;
inline constexpr std::uint32_t kMostUpdates = 255;
inline constexpr std::uint32_t kLeastP = 24;  // of 65536: no bit costs more than 11.4 bits

inline void learn(Chance& chance, bool bit) {
  const std::uint32_t n = chance & 1023;
  const auto p = static_cast<std::int64_t>(chance >> 10);
  const std::int64_t target = bit ? (1 << 22) - 1 : 0;
  const std::int64_t moved = p + (((target - p) * kModelTables.rate[n]) >> 16);
  chance = static_cast<std::uint32_t>(moved) << 10 | (n + (n < kMostUpdates ? 1 : 0));
}

// A bit under one chance. `coder` is a RangeEncoder, which takes the bit, or a RangeDecoder, which gives it.
template <class Coder>
inline bool code_bit(Coder& coder, Chance& chance, bool bit) {
  bit = coder.bit(std::clamp(chance >> 16, kLeastP, 65536 - kLeastP), bit);
  learn(chance, bit);
  return bit;
}

using Weights = std::array<std::int32_t, 3>;  // in 1/65536

// A bit under three chances, as much as each has been right.
template <class Coder>
inline bool code_mixed(Coder& coder, Chance& a, Chance& b, Chance& c, Weights& w, bool bit) {
  const int sa = kModelTables.stretch[a >> 20], sb = kModelTables.stretch[b >> 20],
            sc = kModelTables.stretch[c >> 20];
  const int mixed = 2048 + std::clamp((w[0] * sa + w[1] * sb + w[2] * sc) >> 16, -2047, 2047);
  const int p = kModelTables.squash[static_cast<std::size_t>(mixed)];
  bit = coder.bit(static_cast<std::uint32_t>(p), bit);
  const int error = ((bit ? 65536 : 0) - p) >> 4;
  const auto adjust = [error](std::int32_t& weight, int stretched) {
    weight = std::clamp(weight + ((stretched * error) >> 10), -kMostWeight, kMostWeight);
  };
  adjust(w[0], sa);
  adjust(w[1], sb);
  adjust(w[2], sc);
  learn(a, bit);
  learn(b, bit);
  learn(c, bit);
  return bit;
}

// All that the context codec learns while it goes through a brick: 0.8 MB, and a quarter more where there is
// no list of materials.
struct ContextModel {
  // Does a run go on here?
  std::array<Chance, 1024> near;
  std::array<Chance, 65536> wide;
  std::array<Chance, 65536> labels;
  std::array<Weights, 32> go_on_weights;
  // Does a whole stretch without a sign of change?
  std::array<Chance, 64> flat;
  // Is this neighbour's material the next?
  std::array<Chance, 2048> agreeing;
  std::array<Chance, 16384> pairs;
  std::array<Chance, 16384> hopeful;
  std::array<Weights, 8> rank_weights;
  // Bits of an index into the palette, or of a material.
  std::vector<Chance> index_bits;
  std::array<MaterialId, 65536> follower;  // the material that came last after this one

  // As at the begin of a brick with such a palette: empty where there are more than 256 materials.
  void reset(unsigned bits, const MaterialId* palette, std::size_t materials);
};

}  // namespace terrane::detail

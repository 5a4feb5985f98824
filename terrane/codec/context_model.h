#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#if defined(__x86_64__)
#include <emmintrin.h>
#endif

#include "terrane/voxel/voxels.h"

// Probabilities that learn, and a mixer of four of them, in integers: the same on every machine. Mixing in
// the logistic domain is after M. Mahoney, "Adaptive weighing of context models for lossless data
// compression" (2005).
namespace terrane::detail {

// The probability of a 1 in 1/65536, above how far it moves at the next bit, in 1/65536 too. The rate r
// becomes r - r^2: about one over the number of bits seen.
using Chance = std::uint32_t;
inline constexpr Chance kNewChance = std::uint32_t{32768} << 16 | 32767;
inline constexpr std::uint32_t kLeastRate = 1200;

// What the arithmetic needs to look up.
struct ModelTables {
  std::array<std::int16_t, 4096> stretch;  // ln(p / (1 - p)) in 1/256, of p in 1/4096
  std::array<std::uint16_t, 4096> squash;  // its inverse in 1/65536, from -8 to 8
};
extern const ModelTables kModelTables;

inline constexpr std::uint32_t kLeastP = 24;  // of 65536: no bit costs more than 11.4 bits

inline void learn(Chance& chance, bool bit) {
  const std::uint32_t flip = bit ? 65535 : 0, rate = chance & 65535;
  std::uint32_t p = (chance >> 16) ^ flip;
  p -= p * rate >> 16;
  chance = (p ^ flip) << 16 | std::max(rate - (rate * rate >> 16), kLeastRate);
}

// A bit under one chance. `coder` is a RangeEncoder, which takes the bit, or a RangeDecoder, which gives it.
template <class Coder>
[[gnu::always_inline]] inline bool code_bit(Coder& coder, Chance& chance, bool bit) {
  bit = coder.bit(std::clamp(chance >> 16, kLeastP, 65536 - kLeastP), bit);
  learn(chance, bit);
  return bit;
}

using Weights = std::array<std::int16_t, 4>;  // in 1/16384
using Four = std::array<Chance, 4>;

// Four chances and their weights after a bit: `error` is half of how far the mixed probability was off.
inline void learn_four_portable(Four& chances, Weights& weights, int error, bool bit) {
  for (std::size_t i = 0; i < 4; ++i) {
    const int step = (((kModelTables.stretch[chances[i] >> 20] * 4 * error) >> 16) + 1) >> 1;
    weights[i] = static_cast<std::int16_t>(std::clamp(weights[i] + step, -32768, 32767));
    learn(chances[i], bit);
  }
}

#if defined(__x86_64__)
[[gnu::always_inline]] inline void learn_four(Four& chances, Weights& weights, int error, bool bit) {
  const auto& stretch = kModelTables.stretch;
  const auto load = [](std::uint32_t value) { return _mm_cvtsi32_si128(static_cast<int>(value)); };
  __m128i s = load(static_cast<std::uint16_t>(stretch[chances[0] >> 20]));
  s = _mm_insert_epi16(s, stretch[chances[1] >> 20], 1);
  s = _mm_insert_epi16(s, stretch[chances[2] >> 20], 2);
  s = _mm_insert_epi16(s, stretch[chances[3] >> 20], 3);
  const __m128i errors = _mm_shufflelo_epi16(_mm_cvtsi32_si128(error), 0);
  __m128i step = _mm_mulhi_epi16(_mm_slli_epi16(s, 2), errors);
  step = _mm_srai_epi16(_mm_add_epi16(step, _mm_set1_epi16(1)), 1);
  auto* w = reinterpret_cast<__m128i*>(weights.data());
  _mm_storel_epi64(w, _mm_adds_epi16(_mm_loadl_epi64(w), step));

  __m128i x = _mm_unpacklo_epi64(_mm_unpacklo_epi32(load(chances[0]), load(chances[1])),
                                 _mm_unpacklo_epi32(load(chances[2]), load(chances[3])));
  const __m128i rates = _mm_shufflehi_epi16(_mm_shufflelo_epi16(x, 0xa0), 0xa0);
  const __m128i flip = _mm_set1_epi32(static_cast<int>(bit ? 0xffff0000u : 0u));
  x = _mm_xor_si128(x, flip);
  x = _mm_sub_epi16(x, _mm_mulhi_epu16(x, rates));
  x = _mm_xor_si128(x, flip);
  // Rates are signed here, and probabilities are above the least of them.
  x = _mm_max_epi16(x, _mm_set1_epi32(static_cast<int>(0x80000000u | kLeastRate)));
  const auto lane = [](__m128i v) { return static_cast<std::uint32_t>(_mm_cvtsi128_si32(v)); };
  chances = {lane(x), lane(_mm_shuffle_epi32(x, 1)), lane(_mm_shuffle_epi32(x, 2)),
             lane(_mm_shuffle_epi32(x, 3))};
}
#else
inline void learn_four(Four& chances, Weights& weights, int error, bool bit) {
  learn_four_portable(chances, weights, error, bit);
}
#endif

// A bit under four chances, as much as each has been right.
template <class Coder>
[[gnu::always_inline]] inline bool code_mixed(Coder& coder, Chance& a, Chance& b, Chance& c, Chance& d,
                                              Weights& weights, bool bit) {
  const auto& stretch = kModelTables.stretch;
  Four chances = {a, b, c, d};
  const int sum = (stretch[chances[0] >> 20] * weights[0] + stretch[chances[1] >> 20] * weights[1]) +
                  (stretch[chances[2] >> 20] * weights[2] + stretch[chances[3] >> 20] * weights[3]);
  const int mixed = 2048 + std::clamp(sum >> 14, -2047, 2047);
  const int p = kModelTables.squash[static_cast<std::size_t>(mixed)];
  bit = coder.bit(static_cast<std::uint32_t>(p), bit);
  learn_four(chances, weights, ((bit ? 65535 : 0) - p) >> 1, bit);
  a = chances[0];
  b = chances[1];
  c = chances[2];
  d = chances[3];
  return bit;
}

// All that the context codec learns while it goes through a brick: 0.5 MB, and up to 0.4 MB more where there
// are many materials.
struct ContextModel {
  // Does a run go on here?
  std::array<Chance, 1024> near;
  std::array<Chance, 32768> wide;
  std::array<Chance, 32768> labels;
  std::array<Chance, 32768> lengths;
  std::array<Weights, 64> go_on_weights;
  // Does a whole stretch without a sign of change?
  std::array<Chance, 64> flat;
  // Is this neighbour's material the next?
  std::array<Chance, 2048> agreeing;
  std::array<Chance, 8192> pairs;
  std::array<Chance, 8192> hopeful;
  std::array<Chance, 8192> places;
  std::array<Weights, 8> rank_weights;
  // How far a material of the palette is from the one before it: the bits of its width.
  std::array<Chance, 32> gaps;
  // By place in the palette.
  std::vector<Chance> index_bits;       // a tree
  std::vector<std::uint16_t> follower;  // what came last after this one

  // As at the begin of a brick whose places in the palette have so many bits.
  void reset(unsigned bits);
};

}  // namespace terrane::detail

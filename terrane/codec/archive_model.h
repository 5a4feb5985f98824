#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#if defined(__x86_64__)
#include <emmintrin.h>
#endif

#include "terrane/codec/context_model.h"

// Chances mixed by two sets of weights, and those by a third: what docs/codecs/archive.md says of
// probabilities. In integers, and the same with and without SSE2.
namespace terrane::detail {

// A chance is 22 bits of probability above 10 that count its updates.
inline constexpr Chance kEvenChance = std::uint32_t{1} << 31;
inline constexpr std::uint32_t kMostArchiveUpdates = 255;
inline constexpr std::uint32_t kSure = 128;  // of 65536
inline constexpr std::int32_t kMostFinal = 1 << 17;

// What the arithmetic needs to look up, beyond ModelTables.
struct ArchiveTables {
  struct Step {
    std::uint32_t size;  // of 8192: how far a chance moves that was updated so often
    std::uint32_t more;  // 0 where updates are counted no further
  };
  std::array<Step, kMostArchiveUpdates + 1> step;
  std::array<std::uint16_t, 256> eagerness;  // how far weights move that were updated so often, in 1/16
};
extern const ArchiveTables kArchiveTables;

// The goal of a chance, for archive_learn.
inline std::uint32_t archive_goal(bool bit) {
  return bit ? std::uint32_t{1} << 19 : 0;
}

// Wraps around where the chance sinks: it never passes its goal, as a step is below 8 / (n + 1.5) of the
// distance in eighths and a chance that was seldom updated is far from both ends.
inline void archive_learn(Chance& chance, std::uint32_t goal) {
  const ArchiveTables::Step& step = kArchiveTables.step[chance & 1023];
  chance += ((goal - (chance >> 13)) * step.size & ~std::uint32_t{1023}) + step.more;
}

// Sixteen-bit lanes; N is a multiple of 8. Weights are in 1/8192.
template <int N>
struct alignas(16) Lanes {
  std::array<std::int16_t, N> of;
};

template <int N>
struct WeightSet {
  Lanes<N> weights;
  std::uint16_t updates;
};

template <int N>
inline std::int32_t dot_portable(const Lanes<N>& a, const Lanes<N>& b) {
  std::int32_t sum = 0;
  for (std::size_t k = 0; k < N; ++k) sum += a.of[k] * b.of[k];
  return sum;
}
// weight += stretched * error / 8192, rounded; both of at most 15 bits and a sign.
template <int N>
inline void adjust_portable(Lanes<N>& weights, const Lanes<N>& stretched, int error) {
  for (std::size_t k = 0; k < N; ++k) {
    const int by = (((stretched.of[k] * 16 * error) >> 16) + 1) >> 1;
    weights.of[k] = static_cast<std::int16_t>(std::clamp(weights.of[k] + by, -32768, 32767));
  }
}
// Of each chance, a constant in the last lane, and 0 between.
template <int N, std::size_t K>
inline std::int16_t stretched_lane(const std::array<Chance*, K>& chances, std::size_t k) {
  static_assert(K < N);
  if (k < K) return kModelTables.stretch[*chances[k] >> 20];
  return k == N - 1 ? std::int16_t{256} : std::int16_t{0};
}

#if defined(__x86_64__)
template <int N>
inline __m128i lanes8(const Lanes<N>& a, int group) {
  return _mm_load_si128(reinterpret_cast<const __m128i*>(a.of.data()) + group);
}
template <int N>
inline std::int32_t dot(const Lanes<N>& a, const Lanes<N>& b) {
  __m128i sum = _mm_madd_epi16(lanes8(a, 0), lanes8(b, 0));
  for (int k = 1; k < N / 8; ++k) sum = _mm_add_epi32(sum, _mm_madd_epi16(lanes8(a, k), lanes8(b, k)));
  sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0x4e));
  sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0xb1));
  return _mm_cvtsi128_si32(sum);
}
template <int N>
inline void adjust(Lanes<N>& weights, const Lanes<N>& stretched, int error) {
  const __m128i e = _mm_set1_epi16(static_cast<short>(error)), one = _mm_set1_epi16(1);
  for (int k = 0; k < N / 8; ++k) {
    const __m128i twice = _mm_mulhi_epi16(_mm_slli_epi16(lanes8(stretched, k), 4), e);
    const __m128i moved = _mm_adds_epi16(lanes8(weights, k), _mm_srai_epi16(_mm_add_epi16(twice, one), 1));
    _mm_store_si128(reinterpret_cast<__m128i*>(weights.of.data()) + k, moved);
  }
}
template <int N, std::size_t K>
inline void stretch_all(const std::array<Chance*, K>& chances, Lanes<N>& out) {
  // By way of registers: a load of what was stored in parts would wait for the stores.
  const auto s = [&chances](std::size_t k) { return stretched_lane<N>(chances, k); };
  for (std::size_t k = 0; k < N; k += 8) {
    const __m128i lanes =
        _mm_set_epi16(s(k + 7), s(k + 6), s(k + 5), s(k + 4), s(k + 3), s(k + 2), s(k + 1), s(k));
    _mm_store_si128(reinterpret_cast<__m128i*>(out.of.data() + k), lanes);
  }
}
#else
template <int N>
inline std::int32_t dot(const Lanes<N>& a, const Lanes<N>& b) {
  return dot_portable(a, b);
}
template <int N>
inline void adjust(Lanes<N>& weights, const Lanes<N>& stretched, int error) {
  adjust_portable(weights, stretched, error);
}
template <int N, std::size_t K>
inline void stretch_all(const std::array<Chance*, K>& chances, Lanes<N>& out) {
  for (std::size_t k = 0; k < N; ++k) out.of[k] = stretched_lane<N>(chances, k);
}
#endif

using FinalWeights = std::array<std::int32_t, 2>;  // in 1/65536

// x in -2048..2047.
inline int squashed(int x) {
  x += 2048;
  return kModelTables.squash[static_cast<std::size_t>(x)];
}

// How far weights move, by the error of 12 bits that they made.
template <int N>
inline void adjust(WeightSet<N>& set, const Lanes<N>& stretched, int mixed, bool bit) {
  const int error = (bit ? 4096 : 0) - (squashed(mixed) >> 4);
  adjust(set.weights, stretched, (error * kArchiveTables.eagerness[set.updates]) >> 5);
  if (set.updates < kArchiveTables.eagerness.size() - 1) ++set.updates;
}

// A chance that is all but certain is asked alone.
inline bool is_sure(Chance chance) {
  const std::uint32_t p = chance >> 16;
  return p < kSure || p > 65536 - kSure;
}
template <class Coder>
inline bool code_alone(Coder& coder, Chance& chance, bool bit) {
  bit = coder.bit(std::clamp(chance >> 16, kLeastP, 65536 - kLeastP), bit);
  archive_learn(chance, archive_goal(bit));
  return bit;
}

// A bit under K chances and a constant, of N lanes: mixed by two sets of weights, each as much as it has been
// right.
template <int N, std::size_t K, class Coder>
inline bool code_archive(Coder& coder, const std::array<Chance*, K>& chances, WeightSet<N>& a,
                         WeightSet<N>& b, FinalWeights& last, bool bit) {
  Lanes<N> stretched;
  stretch_all(chances, stretched);
  const auto mix = [&stretched](const WeightSet<N>& set) {
    return std::clamp(dot(stretched, set.weights) >> 13, -2047, 2047);
  };
  const int ma = mix(a), mb = mix(b);
  const int mixed = std::clamp((last[0] * ma + last[1] * mb) >> 16, -2047, 2047);
  const int p = squashed(mixed);
  bit = coder.bit(static_cast<std::uint32_t>(p), bit);
  const int error = ((bit ? 65536 : 0) - p) >> 4;
  const auto adjust_last = [error](std::int32_t& weight, int m) {
    weight = std::clamp(weight + ((m * error) >> 13), -kMostFinal, kMostFinal);
  };
  adjust_last(last[0], ma);
  adjust_last(last[1], mb);
  adjust(a, stretched, ma, bit);
  adjust(b, stretched, mb, bit);
  const std::uint32_t goal = archive_goal(bit);
  for (Chance* chance : chances) archive_learn(*chance, goal);
  return bit;
}

inline constexpr int kRunInputs = 9, kRankInputs = 7, kFlatInputs = 7, kSpellInputs = 4;
inline constexpr int kRunLanes = 16, kRankLanes = 8, kFlatLanes = 8, kSpellLanes = 8;
inline constexpr int kRunBits = 15, kRankBits = 13, kFlatBits = 10, kSpellBits = 14;

// Weight sets of one kind of bit.
template <int N, std::size_t A, std::size_t B, std::size_t F>
struct Mixes {
  std::array<WeightSet<N>, A> a;
  std::array<WeightSet<N>, B> b;
  std::array<FinalWeights, F> last;

  void reset(std::int16_t weight) {
    WeightSet<N> first{};
    first.weights.of.fill(weight);
    a.fill(first);
    b.fill(first);
    last.fill({32768, 32768});
  }
};

// All that the archive codec learns while it goes through a brick.
struct ArchiveModel {
  // Does a run go on here? By input and context.
  std::array<std::array<Chance, 1 << kRunBits>, kRunInputs> run;
  Mixes<kRunLanes, 128, 256, 16> run_mixes;
  // Does a whole stretch without a sign of change, and where does it not?
  std::array<std::array<Chance, 1 << kFlatBits>, kFlatInputs> flat;
  Mixes<kFlatLanes, 64, 256, 8> flat_mixes;
  std::array<Chance, 1024> halves;
  // Is this neighbour's material the next?
  std::array<std::array<Chance, 1 << kRankBits>, kRankInputs> rank;
  Mixes<kRankLanes, 64, 256, 8> rank_mixes;
  // Bits of an index into the palette, or of a material.
  std::vector<Chance> index_bits;
  std::array<std::array<Chance, 1 << kSpellBits>, kSpellInputs - 1> spelt;
  Mixes<kSpellLanes, 16, 256, 1> spell_mixes;
  std::array<MaterialId, 65536> follower;  // the material that came last after this one

  // As at the begin of a brick with so many materials, spelt in so many bits.
  void reset(unsigned bits, std::size_t materials);
};

}  // namespace terrane::detail

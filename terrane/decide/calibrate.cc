#include <algorithm>
#include <vector>

#include "terrane/analyze/analyze_brick.h"
#include "terrane/base/hash.h"
#include "terrane/decide/prices.h"

namespace terrane {
namespace {

constexpr int kBricks = 2, kRounds = 3, kReads = 8;

// Layers under a rough ground, with a pocket here and there: like most of what is stored.
std::vector<MaterialId> layered_brick(std::uint64_t seed) {
  Random random(seed);
  std::vector<MaterialId> voxels(BrickShape{}.voxels());
  std::int64_t ground = 40;
  for (int x = 0, i = 0; x < 64; ++x) {
    for (int y = 0; y < 64; ++y) {
      ground = std::clamp<std::int64_t>(ground + random.between(-1, 2), 20, 60);
      const bool pocket = random.below(50) == 0;
      for (int z = 0; z < 64; ++z, ++i) {
        const int layer = z > ground ? 0 : z > ground - 3 ? 1 : z > 12 + x / 8 ? 2 : 3;
        voxels[static_cast<std::size_t>(i)] = static_cast<MaterialId>(pocket && z == 9 ? 7 : layer);
      }
    }
  }
  return voxels;
}

// The fewest microseconds of a few rounds: what else the machine does can only add.
template <class Work>
double fastest_us(const Clock& clock, const Work& work) {
  double best = 1e18;
  for (int round = 0; round < kRounds; ++round) {
    const Clock::Instant begun = clock.now();
    work();
    best = std::min(best, std::chrono::duration<double, std::micro>(clock.now() - begun).count());
  }
  return best;
}

void measure(const Clock& clock, const Codec& codec, const Estimate& expected,
             const std::vector<MaterialId>& voxels, CodecScratch& scratch, Calibration::Factors& sum) {
  const BrickContext brick{BrickShape{}};
  std::vector<MaterialId> room(voxels.size());
  std::string bytes;
  sum.encode += fastest_us(clock,
                           [&] {
                             bytes.clear();
                             codec.encode(voxels, brick, {}, scratch, bytes);
                           }) /
                expected.encode_us;
  sum.decode +=
      fastest_us(
          clock,
          [&] { (void)codec.decode(as_bytes(bytes), codec.version(), brick, scratch, room).has_value(); }) /
      expected.decode_us;
  sum.read +=
      fastest_us(clock,
                 [&] {
                   Random random(1);
                   for (int i = 0; i < kReads; ++i) {
                     const Coord c = {random.between(0, 64), random.between(0, 64), random.between(0, 64)};
                     (void)codec.at(as_bytes(bytes), codec.version(), brick, c, scratch).has_value();
                   }
                 }) /
      kReads / expected.read_us;
}

}  // namespace

Calibration calibrate(const Clock& clock) {
  Calibration result;
  const AnalyticPrices reference;
  CodecScratch scratch;
  AnalyzeScratch analyze;
  BrickStats stats;
  for (const Codec* codec : all_codecs()) {
    if (codec->id() == CodecId::kUniform) continue;
    Calibration::Factors sum{0, 0, 0};
    for (int i = 0; i < kBricks; ++i) {
      const std::vector<MaterialId> voxels = layered_brick(static_cast<std::uint64_t>(i) + 1);
      analyze_brick(voxels, BrickShape{}, kUnknown, analyze, stats);
      const auto expected = reference.estimate(*codec, {}, stats, BrickShape{});
      if (!expected) continue;
      measure(clock, *codec, *expected, voxels, scratch, sum);
    }
    // A clock that stands still says nothing.
    const auto factor = [](double total) { return total > 0 ? total / kBricks : 1.0; };
    result.by_codec[static_cast<std::size_t>(codec->id())] = {factor(sum.encode), factor(sum.decode),
                                                              factor(sum.read)};
  }
  return result;
}

}  // namespace terrane

// What the analytic prices are fitted to: for each brick of .npy files that is not uniform, the features of
// its statistics and what every strategy makes of it, as CSV.
//
//   price_data FILE.npy[@ID[,ID...]]... > prices.csv && benchmarks/fit_prices.py prices.csv
//
// The ids after a file are its water, which the guide's profile asks for. `decide_us` is a whole decision of
// `balanced`: looking at the brick and weighing the strategies. Times are CPU time of this thread, the lowest
// of three rounds.
#include <ctime>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "terrane/analyze/analyze_brick.h"
#include "terrane/base/hash.h"
#include "terrane/codec/codec.h"
#include "terrane/decide/decision.h"
#include "terrane/decide/guide_profile.h"
#include "terrane/decide/prices.h"
#include "terrane/io/npy.h"

namespace {

using namespace terrane;

constexpr int kRounds = 3, kReads = 16;

double cpu_us() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) * 1e6 + static_cast<double>(t.tv_nsec) * 1e-3;
}

template <class Work>
double fastest(const Work& work) {
  double best = 1e18;
  for (int round = 0; round < kRounds; ++round) {
    const double begun = cpu_us();
    work();
    best = std::min(best, cpu_us() - begun);
  }
  return best;
}

void header() {
  std::printf("volume,brick,analyze_us,decide_us,guide_bytes");
  for (std::size_t i = 0; i < kPriceFeatures; ++i) std::printf(",%s", price_feature_name(i).data());
  for (const Codec* codec : all_codecs()) {
    if (codec->id() == CodecId::kUniform) continue;
    const auto n = codec->name();
    std::printf(",%s_bytes,%s_encode,%s_decode,%s_read", n.data(), n.data(), n.data(), n.data());
  }
  std::printf("\n");
}

void measure(const Codec& codec, const std::vector<MaterialId>& voxels, BrickShape shape,
             CodecScratch& scratch) {
  static std::string bytes;
  std::vector<MaterialId> room(voxels.size());
  const BrickContext brick{shape};
  const double encode = fastest([&] {
    bytes.clear();
    codec.encode(voxels, brick, {}, scratch, bytes);
  });
  const double decode =
      fastest([&] { codec.decode(as_bytes(bytes), codec.version(), brick, scratch, room).value(); });
  const double read = fastest([&] {
    Random random(7);
    for (int i = 0; i < kReads; ++i) {
      const Coord c = {random.between(0, shape.nx), random.between(0, shape.ny), random.between(0, shape.nz)};
      codec.at(as_bytes(bytes), codec.version(), brick, c, scratch).value();
    }
  });
  std::printf(",%zu,%.3f,%.3f,%.4f", bytes.size(), encode, decode, read / kReads);
}

// What the guide's profile would write.
std::size_t guide_bytes(const BrickStats& stats, const FluidSet& water, const std::vector<MaterialId>& voxels,
                        BrickShape shape, CodecScratch& scratch) {
  const GuideChoice choice = guide_choice(homogeneity(stats, water), water);
  std::string bytes;
  const BrickContext brick{shape};
  if (!find_codec(choice.codec)->encode(voxels, brick, choice.how, scratch, bytes)) {
    bytes.clear();
    find_codec(CodecId::kPalette)->encode(voxels, brick, {}, scratch, bytes);
  }
  return bytes.size();
}

// FILE@ID,ID as the file and its ids.
std::pair<std::string, FluidSet> file_and_water(const std::string& argument) {
  const std::size_t at = argument.rfind('@');
  FluidSet water;
  for (std::size_t i = at; i < argument.size(); i = argument.find(',', i + 1))
    water.set(static_cast<MaterialId>(std::atoi(argument.c_str() + i + 1)));
  return {argument.substr(0, at), water};
}

void volume(const std::string& argument) {
  const auto [path, water] = file_and_water(argument);
  const std::unique_ptr<VoxelSource> source = open_npy(path).value();
  const Box all = Box::of_size({}, source->size());
  CodecScratch scratch;
  AnalyzeScratch analyze;
  BrickStats stats;
  Decision decision;
  const AnalyticPrices prices;
  const CodecTable codecs;
  int number = 0;
  for (std::int64_t x = 0; x < all.hi.x; x += 64) {
    for (std::int64_t y = 0; y < all.hi.y; y += 64) {
      for (std::int64_t z = 0; z < all.hi.z; z += 64) {
        const Box box = Box::of_size({x, y, z}, {64, 64, 64}).intersect(all);
        const Coord s = box.size();
        const BrickShape shape{static_cast<int>(s.x), static_cast<int>(s.y), static_cast<int>(s.z)};
        std::vector<MaterialId> voxels(shape.voxels());
        source->read(box, VoxelView::dense(voxels.data(), s)).value();
        ++number;
        const double us = fastest([&] { analyze_brick(voxels, shape, kUnknown, analyze, stats); });
        if (stats.distinct() == 1) continue;
        const double decide_us = fastest([&] {
          analyze_brick(voxels, shape, kUnknown, analyze, stats, Detail::kChoice);
          decide(stats, shape, {}, {}, prices, Policy::kBalanced, codecs, decision);
        });
        analyze_brick(voxels, shape, kUnknown, analyze, stats);
        std::printf("%s,%d,%.3f,%.3f,%zu", path.c_str(), number, us, decide_us,
                    guide_bytes(stats, water, voxels, shape, scratch));
        for (const double f : price_features(stats)) std::printf(",%.10g", f);
        for (const Codec* codec : all_codecs()) {
          if (codec->id() != CodecId::kUniform) measure(*codec, voxels, shape, scratch);
        }
        std::printf("\n");
      }
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  header();
  for (int i = 1; i < argc; ++i) volume(argv[i]);
  return 0;
}

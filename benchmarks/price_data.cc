// What the analytic prices are fitted to: for each brick of .npy files that is not uniform, the features of
// its statistics and what every strategy makes of it, as CSV.
//
//   price_data FILE.npy... > prices.csv && benchmarks/fit_prices.py prices.csv
//
// Times are CPU time of this thread, the lowest of three rounds.
#include <ctime>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <vector>

#include "terrane/analyze/analyze_brick.h"
#include "terrane/base/hash.h"
#include "terrane/codec/codec.h"
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
  std::printf("volume,brick,analyze_us");
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

void volume(const char* path) {
  const std::unique_ptr<VoxelSource> source = open_npy(path).value();
  const Box all = Box::of_size({}, source->size());
  CodecScratch scratch;
  AnalyzeScratch analyze;
  BrickStats stats;
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
        std::printf("%s,%d,%.3f", path, number, us);
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

// What looking at a brick costs, on the mixed 64^3 bricks of .npy volumes:
//
//   analyze_speed [--bricks N] [--passes N] [--noise] VOLUME.npy...
//
// Microseconds of this thread's CPU time per brick: of the mean, the median and the 99th of a hundred bricks.
// Each is read once before, as a brick that was just put together has been, and its best of the passes
// counts. Bricks of one material and those cut off at the edges are left out. With --noise, also bricks of
// which every voxel is drawn from 2, 8 and 65,536 materials.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "benchmarks/bricks.h"
#include "terrane/analyze/analyze_brick.h"

namespace terrane {
namespace {

void measure(const char* name, const std::vector<Brick>& bricks, Simd simd, Detail detail, int passes) {
  if (bricks.empty()) return;
  AnalyzeScratch scratch;
  BrickStats stats, sum;
  std::vector<double> us;
  for (const Brick& brick : bricks) {
    double best = 1e30;
    for (int pass = 0; pass <= passes; ++pass) {
      const double begin = 1e6 * cpu_seconds();
      analyze_brick(simd, brick.voxels, brick.shape, 0, scratch, stats, detail);
      if (pass > 0) best = std::min(best, 1e6 * cpu_seconds() - begin);
    }
    us.push_back(best);
    sum.add(stats);
  }
  std::sort(us.begin(), us.end());
  double total = 0;
  for (const double t : us) total += t;
  const auto at = [&us](double share) {
    return us[static_cast<std::size_t>(share * static_cast<double>(us.size() - 1))];
  };
  const double rows = static_cast<double>(sum.columns);
  std::printf("  %-22s mean %7.1f  p50 %7.1f  p99 %7.1f us    %.1f %% of rows new, %.1f runs in each\n", name,
              total / static_cast<double>(us.size()), at(0.5), at(0.99),
              100 * static_cast<double>(sum.rows_new) / rows,
              static_cast<double>(sum.runs_new) / static_cast<double>(sum.rows_new));
}

std::vector<Brick> noise(std::uint64_t materials) {
  Random random(1);
  std::vector<Brick> bricks(10, {{}, std::vector<MaterialId>(BrickShape{}.voxels())});
  for (Brick& brick : bricks) {
    for (MaterialId& voxel : brick.voxels) voxel = static_cast<MaterialId>(random.below(materials));
  }
  return bricks;
}

void report(const std::string& what, const std::vector<Brick>& bricks, int passes) {
  std::printf("%s: %zu mixed bricks\n", what.c_str(), bricks.size());
  const bool avx2 = best_simd() == Simd::kAvx2;
  measure("portable", bricks, Simd::kPortable, Detail::kAll, passes);
  if (avx2) measure("AVX2", bricks, Simd::kAvx2, Detail::kAll, passes);
  measure("portable, for a choice", bricks, Simd::kPortable, Detail::kChoice, passes);
  if (avx2) measure("AVX2, for a choice", bricks, Simd::kAvx2, Detail::kChoice, passes);
}

}  // namespace
}  // namespace terrane

int main(int argc, char** argv) {
  std::size_t most = 300;
  int passes = 3;
  for (int i = 1; i < argc; ++i) {
    const std::string arg = argv[i];
    if (arg == "--bricks" && i + 1 < argc) {
      most = static_cast<std::size_t>(std::atoi(argv[++i]));
    } else if (arg == "--passes" && i + 1 < argc) {
      passes = std::atoi(argv[++i]);
    } else if (arg == "--noise") {
      for (const std::uint64_t materials : {2, 8, 65536}) {
        terrane::report("noise of " + std::to_string(materials) + " materials", terrane::noise(materials),
                        passes);
      }
    } else {
      const auto volume = terrane::read_volume(arg);
      if (!volume) {
        std::fprintf(stderr, "analyze_speed: %s\n", volume.error().message.c_str());
        return 1;
      }
      terrane::report(arg, terrane::mixed_bricks(*volume, most, true), passes);
    }
  }
  return 0;
}

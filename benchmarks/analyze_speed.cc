// What looking at a brick costs, on the mixed 64^3 bricks of .npy volumes (uint16, C order):
//
//   analyze_speed [--bricks N] [--passes N] [--noise] VOLUME.npy...
//
// Microseconds of this thread's CPU time per brick: of the mean, the median and the 99th of a hundred bricks.
// Each is read once before, as a brick that was just put together has been, and its best of the passes
// counts. Bricks of one material and those cut off at the edges are left out. With --noise, also bricks of
// which every voxel is drawn from 2, 8 and 65,536 materials.
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include "terrane/analyze/analyze_brick.h"
#include "terrane/base/hash.h"

namespace terrane {
namespace {

using Brick = std::vector<MaterialId>;

double cpu_us() {
  timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return 1e6 * static_cast<double>(t.tv_sec) + 1e-3 * static_cast<double>(t.tv_nsec);
}

bool read_npy(const std::string& path, VoxelArray& volume) {
  std::ifstream file(path, std::ios::binary);
  char magic[10];
  if (!file.read(magic, 10) || std::memcmp(magic, "\x93NUMPY\x01", 7) != 0) return false;
  std::uint16_t length;
  std::memcpy(&length, magic + 8, 2);
  std::string header(length, ' ');
  file.read(header.data(), length);
  long long x = 0, y = 0, z = 0;
  const std::size_t shape = header.find("'shape': (");
  if (header.find("<u2") == std::string::npos || shape == std::string::npos) return false;
  if (std::sscanf(header.c_str() + shape, "'shape': (%lld, %lld, %lld", &x, &y, &z) != 3) return false;
  volume = VoxelArray({x, y, z});
  return static_cast<bool>(
      file.read(reinterpret_cast<char*>(volume.voxels.data()),
                static_cast<std::streamsize>(volume.voxels.size() * sizeof(MaterialId))));
}

std::vector<Brick> mixed_bricks(const VoxelArray& volume, std::size_t most) {
  std::vector<Coord> corners;
  for (std::int64_t x = 0; x + 64 <= volume.size.x; x += 64) {
    for (std::int64_t y = 0; y + 64 <= volume.size.y; y += 64) {
      for (std::int64_t z = 0; z + 64 <= volume.size.z; z += 64) corners.push_back({x, y, z});
    }
  }
  Random random(12345);
  for (std::size_t i = corners.size(); i > 1; --i) std::swap(corners[i - 1], corners[random.below(i)]);
  std::vector<Brick> bricks;
  for (const Coord corner : corners) {
    if (bricks.size() == most) break;
    VoxelArray brick({64, 64, 64});
    copy(volume.view().sub(Box::of_size(corner, brick.size)), brick.view());
    const bool uniform = std::all_of(brick.voxels.begin(), brick.voxels.end(),
                                     [&](MaterialId m) { return m == brick.voxels[0]; });
    if (!uniform) bricks.push_back(std::move(brick.voxels));
  }
  return bricks;
}

void measure(const char* name, const std::vector<Brick>& bricks, Simd simd, Detail detail, int passes) {
  if (bricks.empty()) return;
  AnalyzeScratch scratch;
  BrickStats stats, sum;
  std::vector<double> us;
  for (const Brick& brick : bricks) {
    double best = 1e30;
    for (int pass = 0; pass <= passes; ++pass) {
      const double begin = cpu_us();
      analyze_brick(simd, brick, {}, 0, scratch, stats, detail);
      if (pass > 0) best = std::min(best, cpu_us() - begin);
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
  std::vector<Brick> bricks(10, Brick(BrickShape{}.voxels()));
  for (Brick& brick : bricks) {
    for (MaterialId& voxel : brick) voxel = static_cast<MaterialId>(random.below(materials));
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
      terrane::VoxelArray volume;
      if (!terrane::read_npy(arg, volume)) {
        std::fprintf(stderr, "not a uint16 .npy of three axes: %s\n", arg.c_str());
        return 1;
      }
      terrane::report(arg, terrane::mixed_bricks(volume, most), passes);
    }
  }
  return 0;
}

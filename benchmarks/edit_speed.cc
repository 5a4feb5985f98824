// edit_speed STORE WRITERS VOXELS SECONDS BX,BY,BZ [--pool]: writers that edit VOXELS voxels a batch, each batch
// on stable storage before the next of its writer, at places uniform over the first BX x BY x BZ bricks of a
// store; with --pool another thread keeps coarser levels following. Then the levels are brought in step. Prints
// JSON: edits a second, latency of a batch, bytes a voxel, and how long the levels took.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

#include "terrane/base/hash.h"
#include "terrane/volume/volume.h"

using namespace terrane;

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

struct Settings {
  std::size_t writers = 16, voxels = 64;
  double seconds = 10;
  Coord bricks;
  bool pool = false;
};

std::vector<double> write(Volume& volume, const Settings& s, std::uint64_t seed, Clock::time_point begin) {
  Random random(seed);
  std::vector<double> micros;
  std::vector<VoxelEdit> voxels(s.voxels);
  EditOptions options;
  options.process = Process::kErosion;
  while (seconds_since(begin) < s.seconds) {
    for (VoxelEdit& edit : voxels) {
      edit.voxel = {random.between(0, 64 * s.bricks.x), random.between(0, 64 * s.bricks.y),
                    random.between(0, 64 * s.bricks.z)};
      edit.material = static_cast<MaterialId>(random.below(8));
    }
    const auto start = Clock::now();
    volume.edit(voxels, options).value();
    micros.push_back(seconds_since(start) * 1e6);
  }
  return micros;
}

int run(int argc, char** argv) {
  Settings s;
  s.writers = static_cast<std::size_t>(std::atoi(argv[2]));
  s.voxels = static_cast<std::size_t>(std::atoi(argv[3]));
  s.seconds = std::atof(argv[4]);
  char* text = argv[5];
  for (std::int64_t* v : {&s.bricks.x, &s.bricks.y, &s.bricks.z}) {
    *v = std::strtoll(text, &text, 10);
    if (*text == ',') ++text;
  }
  s.pool = argc > 6 && std::strcmp(argv[6], "--pool") == 0;
  OpenOptions options;
  options.access = Access::kWrite;
  Volume volume = Volume::open(argv[1], options).value();
  const std::uint64_t bytes_before = volume.info().value().stored_bytes;
  const auto begin = Clock::now();
  std::vector<std::vector<double>> micros(s.writers);
  std::vector<std::thread> writers;
  for (std::size_t w = 0; w < s.writers; ++w)
    writers.emplace_back([&, w] { micros[w] = write(volume, s, w + 1, begin); });
  std::atomic<bool> done = false;
  std::thread pool([&] {
    while (s.pool && !done) volume.flush_levels().value();
  });
  for (std::thread& writer : writers) writer.join();
  const double took = seconds_since(begin);
  done = true;
  pool.join();
  const std::uint64_t bytes_after = volume.info().value().stored_bytes;
  const auto levels = Clock::now();
  volume.flush_levels().value();
  const double levels_s = seconds_since(levels);
  std::vector<double> all;
  for (const auto& one : micros) all.insert(all.end(), one.begin(), one.end());
  std::sort(all.begin(), all.end());
  const double edits = static_cast<double>(all.size() * s.voxels);
  std::printf(
      "{\"edits_per_s\": %.0f, \"batches\": %zu, \"p50_us\": %.0f, \"p99_us\": %.0f, \"max_us\": %.0f, "
      "\"bytes_per_voxel\": %.1f, \"levels_s\": %.1f, \"stored_bytes\": %llu}\n",
      edits / took, all.size(), all[all.size() / 2], all[all.size() * 99 / 100], all.back(),
      static_cast<double>(bytes_after - bytes_before) / edits, levels_s,
      static_cast<unsigned long long>(volume.info().value().stored_bytes));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 6) {
    std::fprintf(stderr, "usage: edit_speed STORE WRITERS VOXELS SECONDS BX,BY,BZ [--pool]\n");
    return 2;
  }
  try {
    return run(argc, argv);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "edit_speed: %s\n", e.what());
    return 1;
  }
}

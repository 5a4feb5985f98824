// How fast edits are, and what they cost. Each command prints one line of JSON; docs/BENCHMARKS.md, "Edits",
// has the calls behind its figures.
//
//  - make STORE X,Y,Z: a store of X x Y x Z bricks, all of them of several materials. empty: without
//  anything.
//  - sustained STORE WRITERS VOXELS SECONDS X,Y,Z [lazy]: batches of VOXELS at places uniform over the first
//    bricks, each on stable storage before the next of its writer; an Upkeep beside them, unless lazy. Then
//    the time until levels and folds are done.
//  - box STORE X0,Y0,Z0 X1,Y1,Z1: one box edit, and then its levels.
//  - reads STORE EDGE SECONDS RATE X,Y,Z CACHE_MIB: boxes of EDGE^3, without edits and with RATE edited
//  voxels
//    a second.
//  - pending STORE DELTAS X,Y,Z: one brick read from the engine, clean, with so many small changes over it,
//  and
//    folded.
//  - bytes STORE isolated|blobs|boxes COUNT X,Y,Z: bytes of each edited voxel, before the fold and after it.

#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

#include "terrane/base/hash.h"
#include "terrane/volume/upkeep.h"
#include "terrane/volume/volume.h"

using namespace terrane;

namespace {

using SteadyTime = std::chrono::steady_clock;

double seconds_since(SteadyTime::time_point begin) {
  return std::chrono::duration<double>(SteadyTime::now() - begin).count();
}

double timed(const std::function<void()>& work) {
  const auto begin = SteadyTime::now();
  work();
  return seconds_since(begin);
}

Coord coord(const char* text) {
  Coord out;
  char* at = const_cast<char*>(text);
  for (std::int64_t* v : {&out.x, &out.y, &out.z}) {
    *v = std::strtoll(at, &at, 10);
    if (*at == ',') ++at;
  }
  return out;
}

Volume open(const char* path, std::uint64_t cache_bytes = std::uint64_t{1} << 30) {
  OpenOptions options;
  options.access = Access::kWrite;
  options.cache_bytes = cache_bytes;
  return Volume::open(path, options).value();
}

double percentile(std::vector<double>& sorted, double p) {
  if (sorted.empty()) return 0;
  std::sort(sorted.begin(), sorted.end());
  return sorted[std::min(sorted.size() - 1,
                         static_cast<std::size_t>(static_cast<double>(sorted.size()) * p))];
}

// Folded strata with lenses in them: every brick has several materials.
class Strata final : public VoxelSource {
 public:
  explicit Strata(Coord size) : size_(size) {}
  Coord size() const override { return size_; }
  std::string identity() const override { return "strata " + to_string(size_); }
  Status read(const Box& box, VoxelView out) const override {
    for (std::int64_t x = box.lo.x; x < box.hi.x; ++x) {
      for (std::int64_t y = box.lo.y; y < box.hi.y; ++y) {
        MaterialId* row = out.row(x - box.lo.x, y - box.lo.y);
        const std::int64_t lift = wave(x + y / 3, 173) + wave(y - x / 5, 97) + wave(x + 2 * y, 31) / 4;
        for (std::int64_t z = box.lo.z; z < box.hi.z; ++z) {
          const bool lens = wave(x + z, 41) + wave(y - z, 53) + wave(x - y, 29) < 6;
          row[z - box.lo.z] = static_cast<MaterialId>(lens ? 20 : 1 + (z + lift) / 11 % 12);
        }
      }
    }
    return ok();
  }

 private:
  static std::int64_t wave(std::int64_t at, std::int64_t length) {
    const std::int64_t phase = ((at % length) + length) % length;
    return std::min(phase, length - phase) / 2;
  }
  Coord size_;
};

Volume create(char** words) {
  const Coord bricks = coord(words[1]);
  CreateOptions create;
  create.world.extent = {64 * bricks.x, 64 * bricks.y, 64 * bricks.z};
  OpenOptions options;
  options.access = Access::kWrite;
  return Volume::create(words[0], create, options).value();
}

int make(char** words, bool filled) {
  Volume volume = create(words);
  const Coord size = volume.world().extent();
  const double seconds = timed([&] {
    if (filled) volume.ingest(Strata(size)).value();
  });
  volume.compact().value();
  const VolumeInfo info = volume.info().value();
  std::printf("{\"seconds\": %.1f, \"bricks\": %llu, \"stored_bytes\": %llu}\n", seconds,
              static_cast<unsigned long long>(info.bricks),
              static_cast<unsigned long long>(info.stored_bytes));
  return 0;
}

Coord place(Random& random, Coord bricks) {
  return {random.between(0, 64 * bricks.x), random.between(0, 64 * bricks.y),
          random.between(0, 64 * bricks.z)};
}

struct Writing {
  std::size_t voxels = 64;
  double seconds = 10;
  double rate = 0;  // batches a second of this writer; 0: as fast as it goes
  Coord bricks;
};

// The latency of each batch, in microseconds.
std::vector<double> write(Volume& volume, const Writing& w, std::uint64_t seed,
                          SteadyTime::time_point begin) {
  Random random(seed);
  std::vector<double> micros;
  std::vector<VoxelEdit> voxels(w.voxels);
  EditOptions options;
  options.process = Process::kErosion;
  while (seconds_since(begin) < w.seconds) {
    for (VoxelEdit& edit : voxels) edit = {place(random, w.bricks), static_cast<MaterialId>(random.below(8))};
    if (w.rate > 0) {
      const auto due = std::chrono::duration<double>(static_cast<double>(micros.size()) / w.rate);
      std::this_thread::sleep_until(begin + std::chrono::duration_cast<SteadyTime::duration>(due));
    }
    const auto start = SteadyTime::now();
    volume.edit(voxels, options).value();
    micros.push_back(seconds_since(start) * 1e6);
  }
  return micros;
}

// All writers, joined.
std::vector<double> write_all(Volume& volume, std::size_t writers, const Writing& w) {
  const auto begin = SteadyTime::now();
  std::vector<std::vector<double>> micros(writers);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < writers; ++i)
    threads.emplace_back([&, i] { micros[i] = write(volume, w, i + 1, begin); });
  for (std::thread& thread : threads) thread.join();
  std::vector<double> all;
  for (const auto& one : micros) all.insert(all.end(), one.begin(), one.end());
  return all;
}

int sustained(int count, char** words) {
  Writing w;
  const auto writers = static_cast<std::size_t>(std::atoi(words[1]));
  w.voxels = static_cast<std::size_t>(std::atoi(words[2]));
  w.seconds = std::atof(words[3]);
  w.bricks = coord(words[4]);
  const bool lazy = count > 5 && std::strcmp(words[5], "lazy") == 0;
  Volume volume = open(words[0]);
  const VolumeInfo before = volume.info().value();
  std::optional<Upkeep> upkeep;
  if (!lazy) upkeep.emplace(volume);
  std::vector<double> micros;
  const double took = timed([&] { micros = write_all(volume, writers, w); });
  const VolumeInfo after = volume.info().value();
  if (lazy) upkeep.emplace(volume);
  const double rest = timed([&] { upkeep->catch_up().value(); });
  const VolumeInfo done = volume.info().value();
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto edits = static_cast<double>(micros.size() * w.voxels);
  const double p50 = percentile(micros, 0.5) / 1e3, p99 = percentile(micros, 0.99) / 1e3;
  std::printf(
      "{\"edits_per_s\": %.0f, \"batches\": %zu, \"p50_ms\": %.2f, \"p99_ms\": %.2f, \"max_ms\": %.1f, "
      "\"bytes_per_voxel\": %.1f, \"bytes_per_voxel_done\": %.1f, \"deltas\": %llu, \"deltas_done\": %llu, "
      "\"not_pooled\": %llu, \"catch_up_s\": %.1f, \"peak_rss_mib\": %ld}\n",
      edits / took, micros.size(), p50, p99, micros.back() / 1e3,
      static_cast<double>(after.stored_bytes - before.stored_bytes) / edits,
      static_cast<double>(done.stored_bytes - before.stored_bytes) / edits,
      static_cast<unsigned long long>(after.deltas), static_cast<unsigned long long>(done.deltas),
      static_cast<unsigned long long>(after.batches - after.pooled), rest, usage.ru_maxrss / 1024);
  return 0;
}

int box(char** words) {
  Volume volume = open(words[0]);
  const Box box = {coord(words[1]), coord(words[2])};
  EditReport report;
  const double edit = timed([&] { report = volume.edit(box, 3).value(); });
  const double levels = timed([&] { volume.flush_levels().value(); });
  std::printf("{\"voxels\": %llu, \"bricks\": %llu, \"edit_s\": %.3f, \"levels_s\": %.3f}\n",
              static_cast<unsigned long long>(report.voxels), static_cast<unsigned long long>(report.bricks),
              edit, levels);
  return 0;
}

std::vector<double> read_boxes(const Volume& volume, std::int64_t edge, double seconds, Coord bricks,
                               std::uint64_t seed) {
  Random random(seed);
  std::vector<double> micros;
  VoxelArray array(Coord{edge, edge, edge});
  const auto begin = SteadyTime::now();
  while (seconds_since(begin) < seconds) {
    Coord lo = place(random, bricks);
    lo = {std::min(lo.x, 64 * bricks.x - edge), std::min(lo.y, 64 * bricks.y - edge),
          std::min(lo.z, 64 * bricks.z - edge)};
    const auto start = SteadyTime::now();
    volume.read(Box::of_size(lo, array.size), 0, array.view()).value();
    micros.push_back(seconds_since(start) * 1e6);
  }
  return micros;
}

int reads(char** words) {
  const std::int64_t edge = std::atoi(words[1]);
  const double rate = std::atof(words[3]);
  Writing w;
  w.seconds = std::atof(words[2]);
  w.bricks = coord(words[4]);
  Volume volume = open(words[0], static_cast<std::uint64_t>(std::atoi(words[5])) << 20);
  // Everything from the disk once.
  (void)read_boxes(volume, edge, w.seconds, w.bricks, 1);
  std::vector<double> idle = read_boxes(volume, edge, w.seconds, w.bricks, 2);
  constexpr std::size_t kWriters = 4;
  w.rate = rate / static_cast<double>(w.voxels * kWriters);
  const Upkeep upkeep(volume);
  std::vector<double> writes;
  std::thread writer([&] { writes = write_all(volume, kWriters, w); });
  std::vector<double> busy = read_boxes(volume, edge, w.seconds, w.bricks, 3);
  writer.join();
  std::printf(
      "{\"idle_p50_us\": %.0f, \"idle_p99_us\": %.0f, \"busy_p50_us\": %.0f, \"busy_p99_us\": %.0f, "
      "\"edits_per_s\": %.0f}\n",
      percentile(idle, 0.5), percentile(idle, 0.99), percentile(busy, 0.5), percentile(busy, 0.99),
      static_cast<double>(writes.size() * w.voxels) / w.seconds);
  return 0;
}

double brick_read_us(const Volume& volume, const Box& brick) {
  std::vector<double> micros;
  VoxelArray array(brick.size());
  for (int i = 0; i < 50; ++i) {
    volume.drop_cache();
    micros.push_back(1e6 * timed([&] { volume.read(brick, 0, array.view()).value(); }));
  }
  return percentile(micros, 0.5);
}

int pending(char** words) {
  Volume volume = open(words[0]);
  const Coord at = coord(words[2]);
  const Box brick = Box::of_size({64 * at.x, 64 * at.y, 64 * at.z}, {64, 64, 64});
  volume.fold().value();
  const double clean = brick_read_us(volume, brick);
  Random random(1);
  for (int i = std::atoi(words[1]); i > 0; --i) {
    const Coord c = brick.lo + place(random, {1, 1, 1});
    volume.edit(std::vector<VoxelEdit>{{c, 3}}, {.durability = EditDurability::kBatch}).value();
  }
  const double with = brick_read_us(volume, brick);
  volume.fold().value();
  std::printf("{\"clean_us\": %.0f, \"pending_us\": %.0f, \"folded_us\": %.0f}\n", clean, with,
              brick_read_us(volume, brick));
  return 0;
}

// One edit of a shape of about 4,000 voxels.
std::uint64_t edit_shape(Volume& volume, const std::string& kind, Coord lo, Random& random) {
  const auto material = static_cast<MaterialId>(random.below(12) + 1);
  constexpr std::int64_t kEdge = 20;
  const EditOptions options{.durability = EditDurability::kBatch};
  if (kind == "boxes") return volume.edit(Box::of_size(lo, {16, 16, 16}), material, options).value().voxels;
  std::vector<VoxelEdit> voxels;
  if (kind == "isolated") {
    voxels.push_back({lo, material});
  } else {
    for (std::int64_t x = -kEdge / 2; x <= kEdge / 2; ++x) {
      for (std::int64_t y = -kEdge / 2; y <= kEdge / 2; ++y) {
        for (std::int64_t z = -kEdge / 2; z <= kEdge / 2; ++z) {
          if (4 * (x * x + y * y + z * z) <= kEdge * kEdge)
            voxels.push_back({lo + Coord{x + kEdge / 2, y + kEdge / 2, z + kEdge / 2}, material});
        }
      }
    }
  }
  return volume.edit(voxels, options).value().voxels;
}

int bytes(char** words) {
  Volume volume = open(words[0]);
  const Coord bricks = coord(words[3]);
  volume.fold().value();
  volume.compact().value();
  const VolumeInfo before = volume.info().value();
  Random random(7);
  std::uint64_t voxels = 0;
  for (int i = std::atoi(words[2]); i > 0; --i) {
    // Inside one brick each.
    const Coord c = place(random, bricks);
    const auto inside = [](std::int64_t v) { return v / 64 * 64 + v % 64 % 43; };
    voxels += edit_shape(volume, words[1], {inside(c.x), inside(c.y), inside(c.z)}, random);
  }
  volume.flush_levels().value();
  volume.compact().value();
  const VolumeInfo edited = volume.info().value();
  volume.fold().value();
  volume.compact().value();
  const VolumeInfo folded = volume.info().value();
  const auto each = [&](std::uint64_t after, std::uint64_t from) {
    return (static_cast<double>(after) - static_cast<double>(from)) / static_cast<double>(voxels);
  };
  std::printf(
      "{\"voxels\": %llu, \"stored\": %.3f, \"disk\": %.3f, \"folded_stored\": %.3f, \"folded_disk\": "
      "%.3f}\n",
      static_cast<unsigned long long>(voxels), each(edited.stored_bytes, before.stored_bytes),
      each(edited.disk_bytes, before.disk_bytes), each(folded.stored_bytes, before.stored_bytes),
      each(folded.disk_bytes, before.disk_bytes));
  return 0;
}

int run(const std::string& what, int count, char** words) {
  if (what == "make" && count == 2) return make(words, true);
  if (what == "empty" && count == 2) return make(words, false);
  if (what == "sustained" && count >= 5) return sustained(count, words);
  if (what == "box" && count == 3) return box(words);
  if (what == "reads" && count == 6) return reads(words);
  if (what == "pending" && count == 3) return pending(words);
  if (what == "bytes" && count == 4) return bytes(words);
  std::fprintf(stderr, "edit_speed: the head of edit_speed.cc tells what it can do\n");
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc > 1 ? argv[1] : "", argc - 2, argv + 2);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "edit_speed: %s\n", e.what());
    return 1;
  }
}

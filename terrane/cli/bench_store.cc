#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fstream>
#include <memory>
#include <optional>

#include "terrane/base/hash.h"
#include "terrane/cli/machine.h"
#include "terrane/cli/text.h"
#include "terrane/cli/verb.h"
#include "terrane/render/chunks.h"
#include "terrane/report/samples.h"

namespace terrane::cli {

namespace {

constexpr int kLevels[] = {0, 1, 2, 4};
constexpr std::int64_t kBoxEdge = 64, kLeastExtent = 128;
constexpr Coord kView = {1080, 540, 64};
constexpr int kViewLevel = 2;
constexpr double kBrickBytes = 524288;

struct Arguments {
  StoreArguments store;
  std::string json;
  std::uint64_t points = 10000, boxes = 1000, seed = 1;
};

double microseconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin).count();
}

struct Timings {
  int level = 0;
  Coord shape;  // voxels of one read
  Samples cold, hot;
  double mb_per_s(const Samples& s) const {
    const double bytes = 2 * Box{{}, shape}.volume() * static_cast<double>(s.count());
    return s.sum() > 0 ? bytes / s.sum() : 0;
  }
};

// Times `read(i)` for i in [0, n): cold with the volume's cache dropped before each, then hot: a batch that
// fits the cache is read twice untimed, as a brick enters the cache the second time, and then again.
Status time_reads(const Volume& volume, std::uint64_t n, std::uint64_t batch, const std::stop_token& stop,
                  const std::function<Status(std::uint64_t)>& read, Timings& out) {
  const auto timed = [&](std::uint64_t i, Samples& samples) -> Status {
    const auto begin = std::chrono::steady_clock::now();
    TERRANE_TRY(read(i));
    samples.add(microseconds_since(begin));
    return ok();
  };
  for (std::uint64_t first = 0; first < n; first += batch) {
    const std::uint64_t end = std::min(n, first + batch);
    for (std::uint64_t i = first; i < end; ++i) {
      if (stop.stop_requested()) return Error{ErrorCode::kCancelled, "stopped"};
      volume.drop_cache();
      TERRANE_TRY(timed(i, out.cold));
    }
    for (int time = 0; time < 2; ++time) {
      for (std::uint64_t i = first; i < end; ++i) TERRANE_TRY(read(i));
    }
    for (std::uint64_t i = first; i < end; ++i) TERRANE_TRY(timed(i, out.hot));
  }
  return ok();
}

class Bench {
 public:
  Bench(const Arguments& a, const Volume& volume, std::uint64_t cache_bytes, std::stop_token stop)
      : a_(a), volume_(volume), cache_bytes_(cache_bytes), stop_(std::move(stop)) {}

  // Levels that are large enough for a box to be one of many; level 0 always.
  std::vector<int> levels() const {
    std::vector<int> out;
    for (const int level : kLevels) {
      const Coord e = level_extent(volume_.world().extent(), level);
      if (level == 0 || (e.x >= kLeastExtent && e.y >= kLeastExtent)) out.push_back(level);
    }
    return out;
  }

  Result<Timings> points(int level) const {
    Timings out{.level = level, .shape = {1, 1, 1}, .cold = {}, .hot = {}};
    const Coord e = volume_.world().extent();
    Random random(a_.seed * 1000 + static_cast<std::uint64_t>(level));
    std::vector<Coord> places(a_.points);
    for (Coord& c : places) c = {random.between(0, e.x), random.between(0, e.y), random.between(0, e.z)};
    const auto read = [&](std::uint64_t i) -> Status {
      TERRANE_TRY(volume_.at(places[i], level));
      return ok();
    };
    TERRANE_TRY(time_reads(volume_, places.size(), batch(1), stop_, read, out));
    return out;
  }

  Result<Timings> boxes(int level) const {
    const Coord e = level_extent(volume_.world().extent(), level);
    Timings out{.level = level,
                .shape = Box{{}, e}.intersect({{}, {kBoxEdge, kBoxEdge, kBoxEdge}}).size(),
                .cold = {},
                .hot = {}};
    Random random(a_.seed * 1000 + 500 + static_cast<std::uint64_t>(level));
    std::vector<Box> places(a_.boxes);
    for (Box& b : places) {
      const Coord lo = {random.between(0, e.x - out.shape.x + 1), random.between(0, e.y - out.shape.y + 1),
                        random.between(0, e.z - out.shape.z + 1)};
      b = level0_box(volume_.world(), Box::of_size(lo, out.shape), level);
    }
    VoxelArray voxels(out.shape);
    const auto read = [&](std::uint64_t i) { return volume_.read(places[i], level, voxels.view()); };
    TERRANE_TRY(time_reads(volume_, places.size(), batch(8), stop_, read, out));
    return out;
  }

  // What a map viewer asks for: a wide box in the middle of a coarse level.
  Result<Timings> view() const {
    const Coord extent = volume_.world().extent();
    const int level = level_extent(extent, kViewLevel).x >= kLeastExtent ? kViewLevel : 0;
    const Coord e = level_extent(extent, level);
    Timings out{.level = level, .shape = Box{{}, e}.intersect({{}, kView}).size(), .cold = {}, .hot = {}};
    const Box part =
        Box::of_size({(e.x - out.shape.x) / 2, (e.y - out.shape.y) / 2, (e.z - out.shape.z) / 2}, out.shape);
    const Box box = level0_box(volume_.world(), part, level);
    VoxelArray voxels(out.shape);
    const auto read = [&](std::uint64_t) { return volume_.read(box, level, voxels.view()); };
    TERRANE_TRY(time_reads(volume_, 5, 1, stop_, read, out));
    return out;
  }

 private:
  // Reads of `bricks` each that fit half the cache, at most 256.
  std::uint64_t batch(double bricks) const {
    const double fit = static_cast<double>(cache_bytes_) / 2 / (bricks * kBrickBytes);
    return static_cast<std::uint64_t>(std::clamp(fit, 1.0, 256.0));
  }
  const Arguments& a_;
  const Volume& volume_;
  std::uint64_t cache_bytes_;
  std::stop_token stop_;
};

struct Report {
  Machine machine;
  VolumeInfo info;
  double open_ms = 0;  // median
  std::vector<Timings> points, boxes;
  Timings view;
  std::size_t threads = 0;
  std::uint64_t cache_bytes = 0;
};

Json timings_json(const Timings& t) {
  return {{"level", t.level},
          {"shape", coord_json(t.shape)},
          {"count", t.cold.count()},
          {"cold_p50_us", t.cold.percentile(50)},
          {"cold_p99_us", t.cold.percentile(99)},
          {"hot_p50_us", t.hot.percentile(50)},
          {"hot_p99_us", t.hot.percentile(99)},
          {"cold_mb_per_s", t.mb_per_s(t.cold)},
          {"hot_mb_per_s", t.mb_per_s(t.hot)}};
}

Json report_json(const Report& r, const Arguments& a) {
  Json out;
  out["version"] = TERRANE_VERSION;
  out["revision"] = git_revision();
  out["machine"] = machine_json(r.machine);
  out["store"] = {{"path", a.store.store},
                  {"extent", coord_json(r.info.world.extent)},
                  {"logical_bytes", number_json(r.info.logical_bytes)},
                  {"disk_bytes", r.info.disk_bytes},
                  {"stored_bytes", r.info.stored_bytes}};
  out["threads"] = r.threads;
  out["cache_bytes"] = r.cache_bytes;
  out["seed"] = a.seed;
  out["open_ms"] = r.open_ms;
  out["points"] = Json::array();
  for (const Timings& t : r.points) out["points"].push_back(timings_json(t));
  out["boxes"] = Json::array();
  for (const Timings& t : r.boxes) out["boxes"].push_back(timings_json(t));
  out["view"] = timings_json(r.view);
  return out;
}

void print_row(const char* what, const Timings& t) {
  fmt::print("{:<8}{:>6}{:>14}{:>8}{:>12.1f}{:>12.1f}{:>12.2f}{:>12.2f}{:>9.0f}{:>9.0f}\n", what, t.level,
             fmt::format("{}x{}x{}", t.shape.x, t.shape.y, t.shape.z), t.cold.count(), t.cold.percentile(50),
             t.cold.percentile(99), t.hot.percentile(50), t.hot.percentile(99), t.mb_per_s(t.cold),
             t.mb_per_s(t.hot));
}

void print_table(const Report& r, const Arguments& a) {
  fmt::print("terrane {}, {}, {} cores, load {:.2f}, {}\n", version_text(), r.machine.cpu, r.machine.cores,
             r.machine.load, r.machine.date);
  fmt::print("{}: {} stored for {} voxels; threads {}, cache {}, seed {}\n", a.store.store,
             bytes_text(static_cast<double>(r.info.stored_bytes)), to_string(r.info.world.extent), r.threads,
             bytes_text(static_cast<double>(r.cache_bytes)), a.seed);
  fmt::print("open    {:.1f} ms (median of 5)\n\n", r.open_ms);
  fmt::print("{:<8}{:>6}{:>14}{:>8}{:>12}{:>12}{:>12}{:>12}{:>9}{:>9}\n", "", "", "", "", "cold p50",
             "cold p99", "hot p50", "hot p99", "cold", "hot");
  fmt::print("{:<8}{:>6}{:>14}{:>8}{:>12}{:>12}{:>12}{:>12}{:>9}{:>9}\n", "read", "level", "voxels", "count",
             "us", "us", "us", "us", "MB/s", "MB/s");
  for (const Timings& t : r.points) print_row("point", t);
  for (const Timings& t : r.boxes) print_row("box", t);
  print_row("view", r.view);
}

Result<double> median_open_ms(const Arguments& a) {
  Samples times;
  for (int i = 0; i < 5; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    TERRANE_ASSIGN(const Volume volume, a.store.open(Access::kRead));
    times.add(microseconds_since(begin));
  }
  return times.percentile(50) / 1000;
}

Status run(const Arguments& a, const std::stop_token& stop) {
  TERRANE_ASSIGN(const OpenOptions open, a.store.open_options(Access::kRead));
  Report report;
  report.machine = this_machine();
  TERRANE_ASSIGN(report.open_ms, median_open_ms(a));
  TERRANE_ASSIGN(const Volume volume, Volume::open(a.store.store, open));
  TERRANE_ASSIGN(report.info, volume.info());
  report.cache_bytes = open.cache_bytes;
  report.threads = volume.executor().concurrency();
  const Bench bench(a, volume, open.cache_bytes, stop);
  for (const int level : bench.levels()) {
    TERRANE_ASSIGN(report.points.emplace_back(), bench.points(level));
    TERRANE_ASSIGN(report.boxes.emplace_back(), bench.boxes(level));
  }
  TERRANE_ASSIGN(report.view, bench.view());
  print_table(report, a);
  if (a.json.empty()) return ok();
  std::ofstream file(a.json, std::ios::trunc);
  file << report_json(report, a).dump(2) << '\n';
  file.close();
  if (!file) return Error{ErrorCode::kIo, "cannot write the report: --json=`" + a.json + "`"};
  return ok();
}

}  // namespace

Verb bench_store_verb(CLI::App& app) {
  auto a = std::make_shared<Arguments>();
  CLI::App* verb =
      app.add_subcommand("store", "Time opening, random points, random boxes and a wide view of a store");
  a->store.add_to(*verb);
  verb->add_option("--json", a->json, "Also write the figures as JSON")->type_name("OUT");
  verb->add_option("--points", a->points, "Random points a level; 10000")
      ->type_name("N")
      ->check(whole_number(kMostTimed));
  verb->add_option("--boxes", a->boxes, "Random unaligned boxes of 64 x 64 x 64 a level; 1000")
      ->type_name("N")
      ->check(whole_number(kMostTimed));
  verb->add_option("--seed", a->seed, "Of the places; 1")
      ->type_name("N")
      ->check(whole_number(~std::uint64_t{0}));
  verb->footer(
      "Cold: terrane's cache is dropped before each read; the operating system's is not. Hot: the same "
      "places again.\n"
      "Example\n  terrane bench store earth.terrane --threads 1 --json figures.json");
  return {verb, [a](const std::stop_token& stop) { return run(*a, stop); }};
}

}  // namespace terrane::cli

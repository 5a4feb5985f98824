#include "benchmarks/compare_cpp/measure.h"

#include <time.h>

#include <array>
#include <chrono>
#include <functional>
#include <vector>

#include "terrane/io/npy.h"
#include "terrane/space/lattice.h"

namespace terrane::compare {

namespace {

constexpr int kOpenings = 5;

double cpu_us() {
  timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return 1e6 * static_cast<double>(t.tv_sec) + 1e-3 * static_cast<double>(t.tv_nsec);
}

double wall_us() {
  return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// The CRC-32 of zlib, so that Python checks the same numbers.
std::uint32_t crc32(const VoxelArray& array) {
  static const auto table = [] {
    std::array<std::uint32_t, 256> out{};
    for (std::uint32_t i = 0; i < 256; ++i) {
      std::uint32_t c = i;
      for (int bit = 0; bit < 8; ++bit) c = (c >> 1) ^ ((c & 1) != 0 ? 0xedb88320u : 0u);
      out[i] = c;
    }
    return out;
  }();
  std::uint32_t crc = 0xffffffffu;
  for (const MaterialId voxel : array.voxels) {
    crc = (crc >> 8) ^ table[(crc ^ voxel) & 255u];
    crc = (crc >> 8) ^ table[(crc ^ (voxel >> 8)) & 255u];
  }
  return ~crc;
}

struct Place {
  Box box;
  std::int64_t crc = -1;  // -1: nothing to compare with
};

struct Case {
  std::string name, kind;
  int level = 0;
  std::vector<Place> places;
};

Case parse_case(const Json& json) {
  Case out{json.at("name"), json.at("kind"), json.at("level"), {}};
  const Json& crc = json.at("crc");
  for (const Json& b : json.at("boxes")) {
    const std::size_t i = out.places.size();
    out.places.push_back({{{b.at(0), b.at(1), b.at(2)}, {b.at(3), b.at(4), b.at(5)}},
                          crc.is_null() ? -1 : crc.at(i).get<std::int64_t>()});
  }
  return out;
}

Coord ceil_div(Coord c, std::int64_t by) {
  return {(c.x + by - 1) / by, (c.y + by - 1) / by, (c.z + by - 1) / by};
}

// One case on one reader.
class CaseRun {
 public:
  CaseRun(const Case& what, Reader& reader, Heat heat) : what_(what), reader_(reader), heat_(heat) {}

  Result<Json> run(int repeats, double seconds) {
    TERRANE_TRY(verify(seconds * 1e6));
    Json wall = Json::array(), cpu = Json::array(), pass = Json::array();
    for (int i = 0; i < repeats; ++i) {
      wall_.clear();
      cpu_.clear();
      const double begin = cpu_us();
      TERRANE_TRY(time_all());
      if (each_cpu()) {
        cpu.push_back(cpu_);
      } else {
        pass.push_back(cpu_us() - begin);
      }
      wall.push_back(wall_);
    }
    return Json{{"name", what_.name}, {"heat", heat_ == Heat::kCold ? "cold" : "hot"},
                {"count", count_},    {"wall_us", wall},
                {"cpu_us", cpu},      {"pass_cpu_us", pass}};
  }

 private:
  // Asking for CPU time takes as long as a hot point: there it is asked for once a pass.
  bool each_cpu() const { return heat_ == Heat::kCold || what_.kind != "point"; }

  Status read(const Place& place) {
    if (what_.kind == "point") {
      TERRANE_ASSIGN(out_.voxels[0], reader_.at(place.box.lo));
      return ok();
    }
    return reader_.read(place.box, what_.level, out_.view());
  }

  void make_room(const Place& place) {
    const std::int64_t edge = std::int64_t{1} << what_.level;
    const Coord size = ceil_div(place.box.hi, edge) -
                       Coord{place.box.lo.x / edge, place.box.lo.y / edge, place.box.lo.z / edge};
    if (size != out_.size) out_ = VoxelArray(size);
  }

  // Also warms what a hot reader keeps; decides how many places there is time for.
  Status verify(double most_us) {
    const double begin = wall_us();
    for (const Place& place : what_.places) {
      make_room(place);
      if (heat_ == Heat::kCold) TERRANE_TRY(reader_.forget());
      TERRANE_TRY(read(place));
      if (place.crc >= 0 && crc32(out_) != place.crc) {
        return corrupt("other voxels than the volume has; case=`" + what_.name + "` box=`" +
                       to_string(place.box) + "`");
      }
      if (heat_ == Heat::kHot) TERRANE_TRY(read(place));  // some keep only what is asked for again
      ++count_;
      if (wall_us() - begin > most_us) break;
    }
    return ok();
  }

  Status time_all() {
    for (std::size_t i = 0; i < count_; ++i) {
      const Place& place = what_.places[i];
      make_room(place);
      if (heat_ == Heat::kCold) TERRANE_TRY(reader_.forget());
      const double cpu = each_cpu() ? cpu_us() : 0;
      const double wall = wall_us();
      TERRANE_TRY(read(place));
      wall_.push_back(wall_us() - wall);
      if (each_cpu()) cpu_.push_back(cpu_us() - cpu);
    }
    return ok();
  }

  const Case& what_;
  Reader& reader_;
  Heat heat_;
  std::size_t count_ = 0;
  VoxelArray out_;
  std::vector<double> wall_, cpu_;
};

}  // namespace

Result<Json> measure_ingest(const System& system, const std::string& npy, const std::string& where) {
  TERRANE_ASSIGN(const std::unique_ptr<VoxelSource> source, open_npy(npy));
  const double cpu = cpu_us(), wall = wall_us();
  TERRANE_ASSIGN(Json details, system.ingest(*source, where));
  return Json{{"wall_s", (wall_us() - wall) / 1e6},
              {"cpu_s", (cpu_us() - cpu) / 1e6},
              {"version", system.version()},
              {"details", details}};
}

Result<Json> measure_reads(const System& system, const Json& plan, const std::string& npy,
                           const std::string& where) {
  const std::uint64_t cache_bytes = plan.at("cache_bytes");
  Json open_us = Json::array(), open_cpu_us = Json::array(), cases = Json::array();
  for (int i = 0; i < kOpenings; ++i) {
    const double cpu = cpu_us(), wall = wall_us();
    TERRANE_ASSIGN(const auto reader, system.open(where, npy, Heat::kCold, cache_bytes));
    open_us.push_back(wall_us() - wall);
    open_cpu_us.push_back(cpu_us() - cpu);
  }
  for (const Heat heat : {Heat::kCold, Heat::kHot}) {
    TERRANE_ASSIGN(const auto reader, system.open(where, npy, heat, cache_bytes));
    for (const Json& json : plan.at("cases")) {
      const Case what = parse_case(json);
      if (what.level > 0 && !system.has_levels()) continue;
      CaseRun run(what, *reader, heat);
      TERRANE_ASSIGN(Json timed, run.run(plan.at("repeats"), plan.at("seconds_per_case")));
      cases.push_back(std::move(timed));
    }
  }
  return Json{
      {"open_us", open_us}, {"open_cpu_us", open_cpu_us}, {"version", system.version()}, {"cases", cases}};
}

}  // namespace terrane::compare

#include "terrane/report/latency.h"

#include <algorithm>
#include <chrono>
#include <functional>

#include "terrane/base/hash.h"

namespace terrane {

namespace {

constexpr Coord kBoxShape = {kBrickEdge, kBrickEdge, kBrickEdge};

// Times reads in pairs.
class Stopwatch {
 public:
  Stopwatch(const Volume& volume, const Clock& clock, const Task& task)
      : volume_(volume), clock_(clock), task_(task) {}

  Status time(const std::function<Status()>& read, Latency& out) const {
    TERRANE_TRY(task_.check());
    volume_.drop_cache();
    TERRANE_ASSIGN(const double cold, once(read));
    TERRANE_TRY(read());  // a brick of which a part was wanted is kept from the second time on
    TERRANE_ASSIGN(const double hot, once(read));
    out.cold.add(cold);
    out.hot.add(hot);
    out.added.add(std::max(0.0, cold - hot));
    return ok();
  }

 private:
  Result<double> once(const std::function<Status()>& read) const {
    const Clock::Instant begin = clock_.now();
    TERRANE_TRY(read());
    return std::chrono::duration<double, std::micro>(clock_.now() - begin).count();
  }
  const Volume& volume_;
  const Clock& clock_;
  const Task& task_;
};

}  // namespace

Result<Latencies> measure_latency(const Volume& volume, const std::vector<Position>& bricks,
                                  const Clock& clock, const LatencyOptions& options) {
  const Coord e = volume.world().extent();
  const Stopwatch watch(volume, clock, options.task);
  const ReadOptions how = {.task = options.task, .allow_incomplete = true};
  Random random(options.seed);
  Latencies out;
  out.points.shape = {1, 1, 1};
  for (std::uint64_t i = 0; i < options.points; ++i) {
    const Coord c = {random.between(0, e.x), random.between(0, e.y), random.between(0, e.z)};
    const auto read = [&]() -> Status {
      TERRANE_TRY(volume.at(c, 0, how));
      return ok();
    };
    TERRANE_TRY(watch.time(read, out.points));
  }
  VoxelArray voxels(kBoxShape);
  const auto time_box = [&](const Box& box, Latency& latency) {
    const VoxelView view = VoxelView::dense(voxels.voxels.data(), box.size());
    return watch.time([&] { return volume.read(box, 0, view, how); }, latency);
  };
  const Coord n = volume.world().bounds().intersect({{}, kBoxShape}).size();
  out.boxes.shape = n;
  for (std::uint64_t i = 0; i < options.boxes; ++i) {
    const Coord lo = {random.between(0, e.x - n.x + 1), random.between(0, e.y - n.y + 1),
                      random.between(0, e.z - n.z + 1)};
    TERRANE_TRY(time_box(Box::of_size(lo, n), out.boxes));
  }
  const Lattice lattice(e, 0);
  out.bricks.shape = n;
  for (std::uint64_t i = 0; i < options.bricks && !bricks.empty(); ++i) {
    TERRANE_TRY(time_box(lattice.brick_box(bricks[random.below(bricks.size())]), out.bricks));
  }
  return out;
}

}  // namespace terrane

#include "terrane/cli/codec_trial.h"

#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <chrono>

#include "terrane/base/hash.h"
#include "terrane/report/samples.h"
#include "terrane/space/lattice.h"
#include "terrane/voxel/material_counts.h"

namespace terrane::cli {
namespace {

constexpr double kEnoughSeconds = 4;  // of repeating one measurement
constexpr std::size_t kLeastReads = 20;
constexpr std::int64_t kBoxEdge = 32;

double cpu_seconds() {
  timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

// Reads of what takes long to decode are cut short. Asked between reads now and then: the clock is a system
// call.
bool is_enough(std::size_t reads, double start) {
  return reads >= kLeastReads && reads % 10 == 0 && cpu_seconds() - start > kEnoughSeconds;
}

Error cancelled() {
  return Error{ErrorCode::kCancelled, "stopped"};
}

std::int64_t bricks_along(std::int64_t voxels) {
  return (voxels + kBrickEdge - 1) / kBrickEdge;
}

// Calls body(box) for each brick of a box that begins at a multiple of 64: x slowest, z fastest.
template <class Body>
Status for_each_brick(const Box& box, const std::stop_token& stop, Body body) {
  const Coord edge{kBrickEdge, kBrickEdge, kBrickEdge};
  for (std::int64_t x = box.lo.x; x < box.hi.x; x += kBrickEdge) {
    for (std::int64_t y = box.lo.y; y < box.hi.y; y += kBrickEdge) {
      if (stop.stop_requested()) return cancelled();
      for (std::int64_t z = box.lo.z; z < box.hi.z; z += kBrickEdge) {
        TERRANE_TRY(body(Box::of_size({x, y, z}, edge).intersect(box)));
      }
    }
  }
  return ok();
}

bool is_uniform(const std::vector<MaterialId>& voxels) {
  return std::all_of(voxels.begin(), voxels.end(), [&](MaterialId m) { return m == voxels[0]; });
}

// The box of the window, from which bricks of the volume are mixed.
Box most_mixed(const std::vector<bool>& mixed, Coord bricks, Coord size, std::int64_t edge) {
  const Coord span{std::min(edge / kBrickEdge, bricks.x), std::min(edge / kBrickEdge, bricks.y),
                   std::min(edge / kBrickEdge, bricks.z)};
  const auto count = [&](Coord at) {
    std::int64_t n = 0;
    for (std::int64_t x = at.x; x < at.x + span.x; ++x) {
      for (std::int64_t y = at.y; y < at.y + span.y; ++y) {
        for (std::int64_t z = at.z; z < at.z + span.z; ++z) {
          n += mixed[static_cast<std::size_t>((x * bricks.y + y) * bricks.z + z)] ? 1 : 0;
        }
      }
    }
    return n;
  };
  Coord best{};
  std::int64_t most = -1;
  for (std::int64_t x = 0; x + span.x <= bricks.x; ++x) {
    for (std::int64_t y = 0; y + span.y <= bricks.y; ++y) {
      for (std::int64_t z = 0; z + span.z <= bricks.z; ++z) {
        if (const std::int64_t n = count({x, y, z}); n > most) {
          most = n;
          best = {x, y, z};
        }
      }
    }
  }
  return Box::of_size({best.x * kBrickEdge, best.y * kBrickEdge, best.z * kBrickEdge},
                      {span.x * kBrickEdge, span.y * kBrickEdge, span.z * kBrickEdge})
      .intersect({{}, size});
}

// Voxels of one contender, encoded, and how they are asked for.
class Trial {
 public:
  Trial(const Contender& contender, const TrialWindow& window, const TrialSettings& settings,
        const std::stop_token& stop)
      : contender_(contender),
        window_(window),
        settings_(settings),
        stop_(stop),
        encoded_(window.all.size()) {}

  Result<TrialResult> run() {
    TrialResult out{.name = contender_.name, .kind = contender_.kind};
    TERRANE_ASSIGN(const double encode_s, repeated([&](std::size_t i) -> Status {
                     contender_.encode(window_.all[i], encoded_[i]);
                     return ok();
                   }));
    double raw = 0;
    for (std::size_t i = 0; i < window_.all.size(); ++i) {
      out.bytes += window_.all[i].uniform ? 2 : static_cast<double>(encoded_[i].size());
      if (!window_.all[i].uniform) raw += 2 * static_cast<double>(window_.all[i].voxels.size());
    }
    out.bits_per_voxel = 8 * out.bytes / (window_.raw_bytes() / 2);
    room_.resize(BrickShape{}.voxels());
    TERRANE_ASSIGN(const double decode_s, repeated([&](std::size_t i) { return decode(i); }));
    out.encode_mb_s = encode_s > 0 ? raw / encode_s / 1e6 : 0;
    out.decode_mb_s = decode_s > 0 ? raw / decode_s / 1e6 : 0;
    TERRANE_TRY(compare());
    TERRANE_TRY(ask_boxes(out));
    TERRANE_TRY(ask_voxels(out));
    return out;
  }

 private:
  // The median time that `body` takes for all mixed bricks.
  template <class Body>
  Result<double> repeated(Body body) {
    Samples times;
    const double begin = cpu_seconds();
    for (std::size_t round = 0; round < settings_.repeats; ++round) {
      const double start = cpu_seconds();
      for (std::size_t i = 0; i < window_.all.size(); ++i) {
        if (window_.all[i].uniform) continue;
        if (stop_.stop_requested()) return cancelled();
        TERRANE_TRY(body(i));
      }
      times.add(cpu_seconds() - start);
      if (cpu_seconds() - begin > kEnoughSeconds) break;
    }
    return times.percentile(50);
  }

  std::span<MaterialId> room(std::size_t i) { return std::span(room_).first(window_.all[i].voxels.size()); }
  Status decode(std::size_t i) { return contender_.decode(as_bytes(encoded_[i]), window_.all[i], room(i)); }

  Error differs(const std::string& where) const {
    return Error{ErrorCode::kInternal,
                 fmt::format("{} gives back other voxels than it was given, {}", contender_.name, where)};
  }

  Status compare() {
    for (std::size_t i = 0; i < window_.all.size(); ++i) {
      if (window_.all[i].uniform) continue;
      TERRANE_TRY(decode(i));
      if (!std::ranges::equal(room(i), window_.all[i].voxels))
        return differs("brick=`" + to_string(window_.all[i].box) + "`");
    }
    return ok();
  }

  std::size_t brick_of(Coord c) const {
    return static_cast<std::size_t>(
        ((c.x / kBrickEdge) * window_.bricks.y + c.y / kBrickEdge) * window_.bricks.z + c.z / kBrickEdge);
  }

  // What is in the box of the bricks that it touches.
  Status read_box(const Box& box, VoxelArray& out) {
    for (std::int64_t x = box.lo.x / kBrickEdge; x <= (box.hi.x - 1) / kBrickEdge; ++x) {
      for (std::int64_t y = box.lo.y / kBrickEdge; y <= (box.hi.y - 1) / kBrickEdge; ++y) {
        for (std::int64_t z = box.lo.z / kBrickEdge; z <= (box.hi.z - 1) / kBrickEdge; ++z) {
          const std::size_t i = brick_of({x * kBrickEdge, y * kBrickEdge, z * kBrickEdge});
          const TrialBrick& brick = window_.all[i];
          const Box part = box.intersect(brick.box);
          const VoxelView to = out.view().sub({part.lo - box.lo, part.hi - box.lo});
          if (brick.uniform) {
            fill(to, brick.voxels[0]);
            continue;
          }
          const Box inside = {part.lo - brick.box.lo, part.hi - brick.box.lo};
          if (contender_.decode_part) {
            TERRANE_TRY(contender_.decode_part(as_bytes(encoded_[i]), brick, inside, to));
            continue;
          }
          TERRANE_TRY(decode(i));
          copy(ConstVoxelView::dense(room_.data(), brick.shape.size()).sub(inside), to);
        }
      }
    }
    return ok();
  }

  Status ask_boxes(TrialResult& out) {
    const Coord size = window_.truth.size;
    const Coord edge{std::min(kBoxEdge, size.x), std::min(kBoxEdge, size.y), std::min(kBoxEdge, size.z)};
    Random random(settings_.seed);
    VoxelArray voxels(edge), truth(edge);
    Samples times;
    const double start = cpu_seconds();
    for (std::size_t n = 0; n < settings_.boxes && !is_enough(n, start); ++n) {
      if (stop_.stop_requested()) return cancelled();
      const Box box =
          Box::of_size({random.between(0, size.x - edge.x + 1), random.between(0, size.y - edge.y + 1),
                        random.between(0, size.z - edge.z + 1)},
                       edge);
      const auto begin = std::chrono::steady_clock::now();
      TERRANE_TRY(read_box(box, voxels));
      times.add(std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin).count());
      copy(window_.truth.view().sub(box), truth.view());
      if (voxels.voxels != truth.voxels) return differs("box=`" + to_string(box) + "`");
    }
    out.box32_us_p50 = times.percentile(50);
    out.box32_us_p99 = times.percentile(99);
    return ok();
  }

  Result<MaterialId> voxel(Coord c) {
    const std::size_t i = brick_of(c);
    const TrialBrick& brick = window_.all[i];
    if (brick.uniform) return brick.voxels[0];
    const Coord inside = c - brick.box.lo;
    if (contender_.at) return contender_.at(as_bytes(encoded_[i]), brick, inside);
    TERRANE_TRY(decode(i));
    return room_[voxel_index(brick.shape, inside)];
  }

  Status ask_voxels(TrialResult& out) {
    const Coord size = window_.truth.size;
    Random random(settings_.seed + 1);
    Samples times;
    using Clock = std::chrono::steady_clock;
    const double start = cpu_seconds();
    for (std::size_t n = 0; n < settings_.voxels && !is_enough(n, start); ++n) {
      if (stop_.stop_requested()) return cancelled();
      const Coord c = {random.between(0, size.x), random.between(0, size.y), random.between(0, size.z)};
      const auto begin = Clock::now();
      const Result<MaterialId> material = voxel(c);
      const auto end = Clock::now();
      // Reading the clock takes as long as some voxels.
      const auto clock = Clock::now() - end;
      TERRANE_TRY(material);
      times.add(std::max(0.0, std::chrono::duration<double, std::nano>(end - begin - clock).count()));
      if (*material != window_.truth.view().at(c)) return differs("voxel=`" + to_string(c) + "`");
    }
    out.voxel_ns_p50 = times.percentile(50);
    out.voxel_ns_p99 = times.percentile(99);
    return ok();
  }

  const Contender& contender_;
  const TrialWindow& window_;
  const TrialSettings& settings_;
  const std::stop_token& stop_;
  std::vector<std::string> encoded_;
  std::vector<MaterialId> room_;
};

}  // namespace

Result<TrialWindow> hardest_window(const VoxelSource& volume, std::int64_t edge,
                                   const std::stop_token& stop) {
  const Coord size = volume.size();
  TrialWindow window;
  window.box = {{}, size};
  if (edge > 0) {
    std::vector<bool> mixed;
    std::vector<MaterialId> room;
    TERRANE_TRY(for_each_brick(window.box, stop, [&](const Box& box) -> Status {
      room.resize(static_cast<std::size_t>(box.volume()));
      TERRANE_TRY(volume.read(box, VoxelView::dense(room.data(), box.size())));
      mixed.push_back(!is_uniform(room));
      return ok();
    }));
    window.box =
        most_mixed(mixed, {bricks_along(size.x), bricks_along(size.y), bricks_along(size.z)}, size, edge);
  }
  window.truth = VoxelArray(window.box.size());
  TERRANE_TRY(volume.read(window.box, window.truth.view()));
  const Coord n = window.truth.size;
  window.bricks = {bricks_along(n.x), bricks_along(n.y), bricks_along(n.z)};
  TERRANE_TRY(for_each_brick({{}, n}, stop, [&](const Box& box) -> Status {
    TrialBrick& brick = window.all.emplace_back();
    brick.box = box;
    brick.shape = {static_cast<int>(box.size().x), static_cast<int>(box.size().y),
                   static_cast<int>(box.size().z)};
    brick.voxels.resize(brick.shape.voxels());
    copy(window.truth.view().sub(box), VoxelView::dense(brick.voxels.data(), box.size()));
    brick.uniform = is_uniform(brick.voxels);
    window.mixed += brick.uniform ? 0 : 1;
    return ok();
  }));
  MaterialCounts counts;
  counts.add(window.truth.voxels);
  for (const auto& [material, voxels] : counts.sorted()) {
    if (voxels > counts.of(window.commonest)) window.commonest = material;
  }
  return window;
}

Result<TrialResult> try_contender(const Contender& contender, const TrialWindow& window,
                                  const TrialSettings& settings, const std::stop_token& stop) {
  return Trial(contender, window, settings, stop).run();
}

}  // namespace terrane::cli

#include "terrane/volume/edit.h"

#include <fmt/format.h>

#include <algorithm>

#include "terrane/codec/patch.h"
#include "terrane/volume/state.h"

namespace terrane {
namespace {

constexpr std::size_t kMostText = 65536;

Status check_options(const EditOptions& options) {
  for (const std::string* text : {&options.author, &options.note}) {
    if (text->size() > kMostText)
      return invalid(
          fmt::format("author and note have at most {} bytes each, not {}", kMostText, text->size()));
  }
  return options.task.check();
}

ReadyEdit begin(const EditOptions& options, const Box& box) {
  ReadyEdit ready;
  ready.durability = options.durability;
  ready.event.time_us = options.time_us;
  ready.event.process = options.process;
  ready.event.author = options.author;
  ready.event.note = options.note;
  ready.event.box = box;
  return ready;
}

// Runs of positions that follow one another, from single ones, ascending.
std::vector<Run> runs_of(const ReadyEdit& ready) {
  std::vector<Run> runs;
  for (const ReadyEdit::Patch& patch : ready.patches) runs.push_back({patch.position, patch.position});
  for (const Edit& edit : ready.ranges) runs.push_back(edit.run);
  std::sort(runs.begin(), runs.end(), [](const Run& a, const Run& b) { return a.first < b.first; });
  std::vector<Run> joined;
  for (const Run& run : runs) {
    if (!joined.empty() && joined.back().last + 1 == run.first) {
      joined.back().last = run.last;
    } else {
      joined.push_back(run);
    }
  }
  return joined;
}

struct Placed {
  Position position = 0;
  PatchVoxel voxel;
};

// Voxels by brick and place, the last edit of each.
std::vector<Placed> sorted(const Volume::State& state, std::span<const VoxelEdit> voxels) {
  std::vector<Placed> placed;
  placed.reserve(voxels.size());
  for (const VoxelEdit& edit : voxels) {
    const auto place = static_cast<std::uint32_t>(index_in_brick(state, 0, edit.voxel));
    placed.push_back({position_of(brick_of(edit.voxel)), {place, edit.material}});
  }
  const auto key = [](const Placed& p) { return std::pair(p.position, p.voxel.place); };
  std::stable_sort(placed.begin(), placed.end(),
                   [&](const Placed& a, const Placed& b) { return key(a) < key(b); });
  std::size_t kept = 0;
  for (std::size_t i = 0; i < placed.size(); ++i) {
    if (i + 1 < placed.size() && key(placed[i]) == key(placed[i + 1])) continue;
    placed[kept++] = placed[i];
  }
  placed.resize(kept);
  return placed;
}

// The boxes of bricks that `touched` has and `inner` has not; `inner` lies in it and may be empty.
std::vector<Box> shell(Box touched, const Box& inner) {
  if (inner.empty()) return {touched};
  std::vector<Box> out;
  const auto cut = [&](std::int64_t Coord::*axis) {
    Box below = touched, above = touched;
    below.hi.*axis = inner.lo.*axis;
    above.lo.*axis = inner.hi.*axis;
    if (!below.empty()) out.push_back(below);
    if (!above.empty()) out.push_back(above);
    touched.lo.*axis = inner.lo.*axis;
    touched.hi.*axis = inner.hi.*axis;
  };
  cut(&Coord::x);
  cut(&Coord::y);
  cut(&Coord::z);
  return out;
}

// The bricks (as a box of bricks) that lie in a box of voxels with all voxels they have.
Box whole_bricks(const Box& box, const Box& bounds) {
  const auto up = [](std::int64_t v) { return (v + kBrickEdge - 1) / kBrickEdge; };
  const auto down = [](std::int64_t v, std::int64_t end) {
    return v == end ? (v + kBrickEdge - 1) / kBrickEdge : v / kBrickEdge;
  };
  const Box inner = {{up(box.lo.x), up(box.lo.y), up(box.lo.z)},
                     {down(box.hi.x, bounds.hi.x), down(box.hi.y, bounds.hi.y), down(box.hi.z, bounds.hi.z)}};
  return inner.empty() ? Box{} : inner;
}

Box voxels_of(const Box& bricks) {
  const auto times = [](Coord c) { return Coord{c.x * kBrickEdge, c.y * kBrickEdge, c.z * kBrickEdge}; };
  return {times(bricks.lo), times(bricks.hi)};
}

class BoxEdit {
 public:
  BoxEdit(const Volume::State& state, MaterialId material, const EditOptions& options, ReadyEdit& ready)
      : state_(state), material_(material), options_(options), ready_(ready), scratch_(state.scratches) {}

  Status add(const Box& piece) {
    const Lattice& lattice = state_.lattice(0);
    const Box inner = whole_bricks(piece, lattice.bounds());
    if (!inner.empty()) {
      whole_ += static_cast<std::uint64_t>(inner.volume());
      Edit edit;
      edit.content.written = true;
      if (material_ != state_.manifest.fill) {
        edit.content.kind = RangeKind::kUniform;
        edit.content.material = material_;
      }
      Cover cover(lattice, voxels_of(inner).intersect(lattice.bounds()));
      while (const auto run = cover.next()) {
        TERRANE_TRY(options_.task.check());
        edit.run = *run;
        ready_.ranges.push_back(edit);
      }
    }
    const Box touched = {{piece.lo.x / kBrickEdge, piece.lo.y / kBrickEdge, piece.lo.z / kBrickEdge},
                         ceil_bricks(piece.hi)};
    for (const Box& part : shell(touched, inner)) TERRANE_TRY(add_shell(part, piece));
    return ok();
  }
  // Bricks that it made anew as ranges.
  std::uint64_t whole() const { return whole_; }

 private:
  static Coord ceil_bricks(Coord c) {
    const auto up = [](std::int64_t v) { return (v + kBrickEdge - 1) / kBrickEdge; };
    return {up(c.x), up(c.y), up(c.z)};
  }

  Status add_shell(const Box& bricks, const Box& piece) {
    const Lattice& lattice = state_.lattice(0);
    for (const Position position : bricks_of(voxels_of(bricks).intersect(lattice.bounds()))) {
      TERRANE_TRY(options_.task.check());
      const Box brick = lattice.brick_box(position);
      const Box part = piece.intersect(brick);
      patch_.clear();
      const Coord size = brick.size();
      for (std::int64_t x = part.lo.x - brick.lo.x; x < part.hi.x - brick.lo.x; ++x) {
        for (std::int64_t y = part.lo.y - brick.lo.y; y < part.hi.y - brick.lo.y; ++y) {
          const std::int64_t row = (x * size.y + y) * size.z - brick.lo.z;
          for (std::int64_t z = part.lo.z; z < part.hi.z; ++z)
            patch_.push_back({static_cast<std::uint32_t>(row + z), material_});
        }
      }
      ready_.patches.push_back({position, {}});
      write_patch(patch_, scratch_->codec, ready_.patches.back().bytes);
    }
    return ok();
  }

  const Volume::State& state_;
  MaterialId material_;
  const EditOptions& options_;
  ReadyEdit& ready_;
  ScratchPool::Lease scratch_;
  std::vector<PatchVoxel> patch_;
  std::uint64_t whole_ = 0;
};

Result<EditReport> finish(Volume::State& state, ReadyEdit& ready, std::uint64_t whole_bricks) {
  EditReport report;
  report.bricks = ready.patches.size() + whole_bricks;
  ready.event.bricks = runs_of(ready);
  report.voxels = ready.event.voxels;
  TERRANE_ASSIGN(report.batch, state.edits.commit(state, ready));
  return report;
}

}  // namespace

Result<EditReport> Volume::edit(std::span<const VoxelEdit> voxels, const EditOptions& options) {
  State& state = *state_;
  TERRANE_TRY(state.check_writable());
  TERRANE_TRY(check_options(options));
  if (voxels.empty()) return invalid("an edit has at least one voxel");
  Box box = Box::of_size(voxels[0].voxel, {1, 1, 1});
  for (const VoxelEdit& edit : voxels) {
    TERRANE_TRY(state.check_voxel(edit.voxel));
    const Coord c = edit.voxel;
    box.lo = {std::min(box.lo.x, c.x), std::min(box.lo.y, c.y), std::min(box.lo.z, c.z)};
    box.hi = {std::max(box.hi.x, c.x + 1), std::max(box.hi.y, c.y + 1), std::max(box.hi.z, c.z + 1)};
  }
  ReadyEdit ready = begin(options, box);
  const std::vector<Placed> placed = sorted(state, voxels);
  ready.event.voxels = placed.size();
  ScratchPool::Lease scratch(state.scratches);
  std::vector<PatchVoxel> patch;
  for (std::size_t i = 0; i < placed.size();) {
    const Position position = placed[i].position;
    patch.clear();
    for (; i < placed.size() && placed[i].position == position; ++i) patch.push_back(placed[i].voxel);
    ready.patches.push_back({position, {}});
    write_patch(patch, scratch->codec, ready.patches.back().bytes);
  }
  return finish(state, ready, 0);
}

Result<EditReport> Volume::edit(const Box& box, MaterialId material, const EditOptions& options) {
  State& state = *state_;
  TERRANE_TRY(state.check_writable());
  TERRANE_TRY(check_options(options));
  TERRANE_ASSIGN(const std::vector<Box> pieces, state.world.pieces(box));
  ReadyEdit ready = begin(options, box);
  BoxEdit edit(state, material, options, ready);
  for (const Box& piece : pieces) {
    TERRANE_TRY(edit.add(piece));
    ready.event.voxels += static_cast<std::uint64_t>(piece.volume());
  }
  const auto by_position = [](const auto& a, const auto& b) { return a.position < b.position; };
  std::sort(ready.patches.begin(), ready.patches.end(), by_position);
  std::sort(ready.ranges.begin(), ready.ranges.end(),
            [](const Edit& a, const Edit& b) { return a.run.first < b.run.first; });
  return finish(state, ready, edit.whole());
}

Status Volume::flush_levels(const Task& task) {
  TERRANE_TRY(state_->check_writable());
  return pool_edits(*state_, task);
}

Result<FoldReport> Volume::fold(std::uint32_t least, const Task& task) {
  TERRANE_TRY(state_->check_writable());
  return fold_edits(*state_, least, task);
}

Status for_each_event(const Volume::State& state, const Snapshot& snapshot, std::uint64_t batches,
                      std::uint64_t since,
                      const std::function<Status(std::string_view key, std::string_view value)>& visit) {
  for (std::uint64_t first = since; first <= batches; first = (first | 4095) + 1) {
    const auto cursor =
        snapshot.scan(format::event_unit(first), format::event_key(first), format::event_end());
    for (cursor->seek(format::event_key(first)); cursor->valid(); cursor->next())
      TERRANE_TRY(visit(cursor->key(), cursor->value()));
    TERRANE_TRY(cursor->status());
    if (state.one_keyspace) break;
  }
  return ok();
}

Status Volume::events(std::uint64_t since, const std::function<Status(const EventInfo&)>& visit) const {
  const State& state = *state_;
  std::uint64_t batches = 0;
  {
    std::scoped_lock lock(state.totals_mutex);
    batches = state.totals.batches;
  }
  TERRANE_ASSIGN(const auto snapshot, state.engine->snapshot());
  return for_each_event(state, *snapshot, batches, since,
                        [&](std::string_view key, std::string_view value) -> Status {
                          TERRANE_ASSIGN(format::Event event, format::parse_event(key, value, state.model));
                          return visit({event.batch, event.time_us, event.process, std::move(event.author),
                                        std::move(event.note), event.box, event.voxels});
                        });
}

}  // namespace terrane

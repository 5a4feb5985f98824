#include <algorithm>

#include "terrane/codec/patch.h"
#include "terrane/volume/state.h"

namespace terrane {
namespace {

// What a function makes of one brick.
struct Outcome {
  std::uint64_t changed = 0;  // voxels
  std::string patch;
  std::optional<Edit> range;  // where all of the brick becomes one material
};

// What others change meanwhile is remembered until this ends.
class Reading {
 public:
  static Result<std::unique_ptr<Reading>> begin(Volume::State& state) {
    std::scoped_lock lock(state.write_mutex);
    TERRANE_ASSIGN(auto snapshot, state.engine->snapshot());
    return std::unique_ptr<Reading>(new Reading(state, std::move(snapshot), state.changes.begin()));
  }
  ~Reading() {
    std::scoped_lock lock(state_.write_mutex);
    state_.changes.end(at_);
  }
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;
  const Snapshot& snapshot() const { return *snapshot_; }
  std::uint64_t at() const { return at_; }

 private:
  Reading(Volume::State& state, std::shared_ptr<const Snapshot> snapshot, std::uint64_t at)
      : state_(state), snapshot_(std::move(snapshot)), at_(at) {}

  Volume::State& state_;
  std::shared_ptr<const Snapshot> snapshot_;
  std::uint64_t at_;
};

Result<Outcome> apply(const Volume::State& state, const Snapshot& snapshot, const Box& brick, const Box& part,
                      const EditFunction& function, const Task& task) {
  ScratchPool::Lease scratch(state.scratches);
  const std::size_t count = static_cast<std::size_t>(part.volume());
  const std::span<MaterialId> voxels(scratch->coarse.data(), count);
  const VoxelView view = VoxelView::dense(voxels.data(), part.size());
  TERRANE_TRY(read_here(state, snapshot, 0, part, view, task));
  const std::vector<MaterialId> before(voxels.begin(), voxels.end());
  TERRANE_TRY(function(part, view));
  Outcome outcome;
  std::vector<PatchVoxel> patch;
  const Coord size = brick.size();
  std::size_t i = 0;
  for (std::int64_t x = part.lo.x - brick.lo.x; x < part.hi.x - brick.lo.x; ++x) {
    for (std::int64_t y = part.lo.y - brick.lo.y; y < part.hi.y - brick.lo.y; ++y) {
      const std::int64_t row = (x * size.y + y) * size.z - brick.lo.z;
      for (std::int64_t z = part.lo.z; z < part.hi.z; ++z, ++i) {
        if (voxels[i] != before[i]) patch.push_back({static_cast<std::uint32_t>(row + z), voxels[i]});
      }
    }
  }
  outcome.changed = patch.size();
  if (patch.empty()) return outcome;
  const bool uniform =
      std::all_of(voxels.begin(), voxels.end(), [&](MaterialId m) { return m == voxels[0]; });
  if (uniform && part == brick) {
    Edit& edit = outcome.range.emplace();
    edit.content.written = true;
    if (voxels[0] != state.manifest.fill) {
      edit.content.kind = RangeKind::kUniform;
      edit.content.material = voxels[0];
    }
  } else {
    write_patch(patch, scratch->codec, outcome.patch);
  }
  return outcome;
}

}  // namespace

Result<EditReport> Volume::edit(const Box& box, const EditFunction& function, const EditOptions& options) {
  State& state = *state_;
  TERRANE_TRY(state.check_writable());
  TERRANE_TRY(check_edit(options));
  TERRANE_ASSIGN(const std::vector<Box> pieces, state.world.pieces(box));
  TERRANE_ASSIGN(const auto reading, Reading::begin(state));
  ReadyEdit ready = begin_edit(options, box);
  ready.read_at = reading->at();
  for (const Box& piece : pieces) {
    const std::vector<Position> bricks = bricks_of(piece);
    std::vector<Outcome> outcomes(bricks.size());
    TERRANE_TRY(parallel_for(state.executor_of(options.task), bricks.size(), [&](std::size_t i) -> Status {
      TERRANE_TRY(options.task.check());
      const Box brick = state.lattice(0).brick_box(bricks[i]);
      TERRANE_ASSIGN(outcomes[i], apply(state, reading->snapshot(), brick, piece.intersect(brick), function,
                                        options.task));
      return ok();
    }));
    for (std::size_t i = 0; i < bricks.size(); ++i) {
      Outcome& outcome = outcomes[i];
      ready.event.voxels += outcome.changed;
      if (outcome.range) {
        outcome.range->run = {bricks[i], bricks[i]};
        ready.ranges.push_back(std::move(*outcome.range));
      } else if (outcome.changed != 0) {
        ready.patches.push_back({bricks[i], std::move(outcome.patch)});
      }
    }
  }
  if (ready.event.voxels == 0) return EditReport();
  return commit_edit(state, ready, ready.ranges.size());
}

}  // namespace terrane

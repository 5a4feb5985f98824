#include <algorithm>

#include "terrane/codec/patch.h"
#include "terrane/volume/state.h"

namespace terrane {
namespace {

constexpr std::size_t kParentsAtOnce = 64;
// Of a brick's 64^3 voxels: where more changed, it is made anew rather than patched.
constexpr std::size_t kMostPatched = 4096;

Position parent_of(Position p) {
  const BrickCoord b = brick_at(p);
  return position_of({b.x / 2, b.y / 2, b.z / 2});
}

// A brick of a level, and those below it that changed.
struct Parent {
  Position position = 0;
  std::vector<Position> children;
};

// What becomes of a parent.
struct Change {
  std::string patch;         // where few voxels changed
  std::optional<Edit> edit;  // where many did
};

std::vector<Parent> parents_of(std::span<const Position> children) {
  std::vector<Parent> parents;
  for (const Position child : children) parents.push_back({parent_of(child), {child}});
  std::sort(parents.begin(), parents.end(),
            [](const Parent& a, const Parent& b) { return a.position < b.position; });
  std::size_t kept = 0;
  for (std::size_t i = 0; i < parents.size(); ++i) {
    if (kept > 0 && parents[kept - 1].position == parents[i].position) {
      parents[kept - 1].children.push_back(parents[i].children[0]);
    } else {
      if (kept != i) parents[kept] = std::move(parents[i]);
      ++kept;
    }
  }
  parents.resize(kept);
  return parents;
}

// One level, from the level below it as one state of the store holds it.
class LevelStep {
 public:
  LevelStep(const Volume::State& state, const Snapshot& snapshot, int level)
      : state_(state), snapshot_(snapshot), level_(level), lattice_(state.lattice(level)) {}

  // nullopt: it stays as it is.
  Result<std::optional<Change>> pool(const Parent& parent, WorkScratch& scratch) const {
    const Box brick = lattice_.brick_box(parent.position);
    BrickCursor stored_at = state_.bricks(snapshot_, level_), fine = state_.bricks(snapshot_, level_ - 1);
    TERRANE_ASSIGN(const StoredBrick stored, stored_at.find(parent.position));
    std::vector<PatchVoxel> patch;
    for (const Position child : parent.children) {
      const Box part = level_box(state_.lattice(level_ - 1).brick_box(child), 1);
      VoxelArray pooled(part.size()), held(part.size());
      TERRANE_TRY(pool_part(state_, fine, level_, part, pooled.view(), nullptr, scratch));
      const Box inside = {part.lo - brick.lo, part.hi - brick.lo};
      TERRANE_TRY(
          decode_brick_part(state_, level_, parent.position, stored, inside, scratch.codec, held.view()));
      compare(pooled, held, inside, brick.size(), patch);
    }
    if (patch.empty()) return std::optional<Change>();
    std::sort(patch.begin(), patch.end(),
              [](const PatchVoxel& a, const PatchVoxel& b) { return a.place < b.place; });
    Change change;
    if (patch.size() <= kMostPatched) {
      write_patch(patch, scratch.codec, change.patch);
      return std::optional(std::move(change));
    }
    const BrickShape shape = shape_of(brick);
    const std::span<MaterialId> voxels(scratch.coarse.data(), shape.voxels());
    TERRANE_TRY(decode_brick(state_, level_, parent.position, stored, scratch.codec, voxels));
    apply_patch(patch, voxels);
    TERRANE_ASSIGN(change.edit,
                   make_edit(state_, level_, parent.position, false, Encoding{}, voxels, shape, scratch));
    return std::optional(std::move(change));
  }

 private:
  static void compare(const VoxelArray& pooled, const VoxelArray& held, const Box& inside, Coord size,
                      std::vector<PatchVoxel>& patch) {
    std::size_t i = 0;
    for (std::int64_t x = inside.lo.x; x < inside.hi.x; ++x) {
      for (std::int64_t y = inside.lo.y; y < inside.hi.y; ++y) {
        for (std::int64_t z = inside.lo.z; z < inside.hi.z; ++z, ++i) {
          if (pooled.voxels[i] != held.voxels[i])
            patch.push_back({static_cast<std::uint32_t>((x * size.y + y) * size.z + z), pooled.voxels[i]});
        }
      }
    }
  }

  const Volume::State& state_;
  const Snapshot& snapshot_;
  int level_;
  const Lattice& lattice_;
};

// Some parents of a level, in one batch. Those that changed are added to `changed`. Worked out without the
// lock, and again where a write came between that may have pooled something newer.
Status pool_parents(Volume::State& state, int level, std::span<const Parent> parents, const Task& task,
                    std::vector<Position>& changed) {
  for (;;) {
    std::uint64_t structure = 0;
    std::shared_ptr<const Snapshot> snapshot;
    {
      std::scoped_lock lock(state.write_mutex);
      structure = state.structure;
      TERRANE_ASSIGN(snapshot, state.engine->snapshot());
    }
    const LevelStep step(state, *snapshot, level);
    std::vector<std::optional<Change>> changes(parents.size());
    TERRANE_TRY(parallel_for(state.executor_of(task), parents.size(), [&](std::size_t i) -> Status {
      TERRANE_TRY(task.check());
      ScratchPool::Lease scratch(state.scratches);
      TERRANE_ASSIGN(changes[i], step.pool(parents[i], *scratch));
      return ok();
    }));
    std::vector<Edit> edits;
    std::vector<ReadyEdit::Patch> patches;
    for (std::size_t i = 0; i < parents.size(); ++i) {
      if (!changes[i]) continue;
      if (changes[i]->edit) {
        edits.push_back(std::move(*changes[i]->edit));
      } else {
        patches.push_back({parents[i].position, std::move(changes[i]->patch)});
      }
    }
    if (edits.empty() && patches.empty()) return ok();
    std::scoped_lock lock(state.write_mutex);
    if (state.structure != structure) continue;
    TERRANE_TRY(commit_pooled(state, level, edits, patches));
    for (const Edit& edit : edits) changed.push_back(edit.run.first);
    for (const ReadyEdit::Patch& patch : patches) changed.push_back(patch.position);
    return ok();
  }
}

std::vector<Position> bricks_in(const std::vector<Run>& runs, const Lattice& lattice) {
  std::vector<Position> bricks;
  for (const Run& run : runs) {
    for (auto p = lattice.next_inside(run.first, run.last); p;) {
      bricks.push_back(*p);
      p = *p == run.last ? std::nullopt : lattice.next_inside(*p + 1, run.last);
    }
  }
  std::sort(bricks.begin(), bricks.end());
  bricks.erase(std::unique(bricks.begin(), bricks.end()), bricks.end());
  return bricks;
}

Status pool_levels(Volume::State& state, const DueLevels& due, const Task& task) {
  std::vector<Position> children = bricks_in(due.runs, state.lattice(0));
  for (int level = 1; level <= kMaxLevel && !children.empty(); ++level) {
    const std::vector<Parent> parents = parents_of(children);
    std::vector<Position> changed;
    for (std::size_t i = 0; i < parents.size(); i += kParentsAtOnce) {
      const std::size_t n = std::min(kParentsAtOnce, parents.size() - i);
      TERRANE_TRY(pool_parents(state, level, std::span(parents).subspan(i, n), task, changed));
    }
    if (due.thorough) {
      // What a step before this one left undone may be above a level that is in step.
      changed.clear();
      for (const Parent& parent : parents) changed.push_back(parent.position);
    }
    std::sort(changed.begin(), changed.end());
    children = std::move(changed);
    if (task.progress) task.progress({static_cast<std::uint64_t>(level), kMaxLevel, "levels"});
  }
  return ok();
}

}  // namespace

Status pool_edits(Volume::State& state, const Task& task) {
  std::scoped_lock one(state.upkeep_mutex);
  DueLevels due;
  {
    std::scoped_lock lock(state.write_mutex);
    if (state.totals.pooled == state.totals.batches) return ok();
    std::swap(due, state.due);
    due.batches = state.totals.batches;
  }
  Status status = pool_levels(state, due, task);
  std::scoped_lock lock(state.write_mutex);
  if (status) status = commit_pooled_until(state, due.batches);
  if (status) return status;
  state.due.runs.insert(state.due.runs.end(), due.runs.begin(), due.runs.end());
  state.due.thorough = true;
  return status;
}

}  // namespace terrane

#include <algorithm>

#include "terrane/volume/level_step.h"
#include "terrane/volume/state.h"

namespace terrane {
namespace {

constexpr std::size_t kParentsAtOnce = 512;
constexpr std::size_t kParentsPerJob = 16;

// What changed of a level since the one above was pooled from it.
struct LevelChange {
  std::vector<Run> whole;            // any voxel may have
  std::vector<Run> patched;          // level 0: as their newer deltas tell
  std::vector<ChangedVoxel> voxels;  // coarser levels; those of a brick stand together
  bool empty() const { return whole.empty() && patched.empty() && voxels.empty(); }
};

// One round over all levels.
class EditPooling {
 public:
  EditPooling(Volume::State& state, const DueLevels& due, const Task& task)
      : state_(state), due_(due), task_(task) {}

  Status run() {
    LevelChange change{due_.whole, due_.patched, {}};
    for (int level = 1; level <= kMaxLevel && !change.empty(); ++level) {
      TERRANE_ASSIGN(change, step(level, std::move(change)));
      if (task_.progress) task_.progress({static_cast<std::uint64_t>(level), kMaxLevel, "levels"});
    }
    return ok();
  }

 private:
  // Works something out from one state of the store, and commits it unless a write came between that may
  // have pooled something newer: then again.
  template <class Work, class Commit>
  Status optimistic(int level, const Work& work, const Commit& commit) {
    for (;;) {
      std::uint64_t structure = 0;
      std::shared_ptr<const Snapshot> snapshot;
      {
        std::scoped_lock lock(state_.write_mutex);
        structure = state_.structure;
        TERRANE_ASSIGN(snapshot, state_.engine->snapshot());
      }
      TERRANE_TRY(work(LevelStep(state_, *snapshot, level, due_.since)));
      std::scoped_lock lock(state_.write_mutex);
      if (state_.structure == structure) return commit();
    }
  }

  // What changed of `level` by what changed below it.
  Result<LevelChange> step(int level, LevelChange below) {
    LevelChange out;
    join(below.whole);
    join(below.patched);
    Stretches stretches;
    TERRANE_TRY(optimistic(
        level,
        [&](const LevelStep& step) -> Status {
          TERRANE_ASSIGN(stretches, step.stretches(below.whole, task_));
          return ok();
        },
        [&] { return stretches.edits.empty() ? ok() : commit_pooled(state_, level, stretches.edits, {}); }));
    for (const Edit& edit : stretches.edits) out.whole.push_back(edit.run);
    const std::vector<ChangedChild> children = children_of(below, std::move(stretches.bricks), level - 1);
    const std::vector<ChangedParent> parents = parents_of(children);
    for (std::size_t i = 0; i < parents.size(); i += kParentsAtOnce)
      TERRANE_TRY(
          pool(level, std::span(parents).subspan(i, std::min(kParentsAtOnce, parents.size() - i)), out));
    if (due_.thorough) {
      // What an earlier round left undone may be above a level that is in step.
      for (const ChangedParent& parent : parents) out.whole.push_back({parent.position, parent.position});
      out.voxels.clear();
    }
    return out;
  }

  // By parent, each once, what says most of it.
  std::vector<ChangedChild> children_of(const LevelChange& below, std::vector<Position> whole,
                                        int level) const {
    using How = ChangedChild::How;
    std::vector<ChangedChild> children;
    for (const Position p : whole) children.push_back({p, How::kWhole, {}});
    const Lattice& lattice = state_.lattice(level);
    for (const Run& run : below.patched) {
      for (auto p = lattice.next_inside(run.first, run.last); p;) {
        children.push_back({*p, How::kPatched, {}});
        p = *p == run.last ? std::nullopt : lattice.next_inside(*p + 1, run.last);
      }
    }
    const std::span<const ChangedVoxel> voxels(below.voxels);
    for (std::size_t i = 0; i < voxels.size();) {
      const std::size_t begun = i;
      while (i < voxels.size() && voxels[i].brick == voxels[begun].brick) ++i;
      children.push_back({voxels[begun].brick, How::kVoxels, voxels.subspan(begun, i - begun)});
    }
    const auto order = [](const ChangedChild& c) {
      return std::tuple(parent_of(c.position), c.position, c.how != How::kWhole);
    };
    std::sort(children.begin(), children.end(),
              [&](const ChangedChild& a, const ChangedChild& b) { return order(a) < order(b); });
    children.erase(
        std::unique(children.begin(), children.end(),
                    [](const ChangedChild& a, const ChangedChild& b) { return a.position == b.position; }),
        children.end());
    return children;
  }

  static std::vector<ChangedParent> parents_of(const std::vector<ChangedChild>& children) {
    std::vector<ChangedParent> parents;
    const std::span<const ChangedChild> all(children);
    for (std::size_t i = 0; i < all.size();) {
      const std::size_t begun = i;
      const Position parent = parent_of(all[i].position);
      while (i < all.size() && parent_of(all[i].position) == parent) ++i;
      parents.push_back({parent, all.subspan(begun, i - begun)});
    }
    return parents;
  }

  // Some parents of a level, in one batch. What changed is added to `out`.
  Status pool(int level, std::span<const ChangedParent> parents, LevelChange& out) {
    std::vector<std::optional<PooledChange>> changes;
    const auto work = [&](const LevelStep& step) {
      changes.assign(parents.size(), {});
      const std::size_t jobs = (parents.size() + kParentsPerJob - 1) / kParentsPerJob;
      return parallel_for(state_.executor_of(task_), jobs, [&](std::size_t job) {
        ScratchPool::Lease scratch(state_.scratches);
        const std::size_t i = job * kParentsPerJob, n = std::min(kParentsPerJob, parents.size() - i);
        return step.pool(parents.subspan(i, n), *scratch, task_, std::span(changes).subspan(i, n));
      });
    };
    return optimistic(level, work, [&]() -> Status {
      std::vector<Edit> edits;
      std::vector<ReadyEdit::Patch> patches;
      for (std::size_t i = 0; i < parents.size(); ++i) {
        if (!changes[i]) continue;
        const Position position = parents[i].position;
        if (changes[i]->edit) {
          edits.push_back(std::move(*changes[i]->edit));
          out.whole.push_back({position, position});
          continue;
        }
        patches.push_back({position, std::move(changes[i]->patch)});
        for (const PatchVoxel& v : changes[i]->voxels) out.voxels.push_back({position, v.place});
      }
      return edits.empty() && patches.empty() ? ok() : commit_pooled(state_, level, edits, patches);
    });
  }

  Volume::State& state_;
  const DueLevels& due_;
  const Task& task_;
};

}  // namespace

Position parent_of(Position brick) {
  const BrickCoord b = brick_at(brick);
  return position_of({b.x / 2, b.y / 2, b.z / 2});
}

Status pool_edits(Volume::State& state, const Task& task) {
  std::scoped_lock one(state.upkeep_mutex);
  DueLevels due;
  {
    std::scoped_lock lock(state.write_mutex);
    if (state.totals.pooled == state.totals.batches) return ok();
    std::swap(due, state.due);
    due.since = state.totals.pooled;
    due.batches = state.totals.batches;
    state.edits.due_now(0);
  }
  Status status = EditPooling(state, due, task).run();
  std::scoped_lock lock(state.write_mutex);
  if (status) status = commit_pooled_until(state, due.batches);
  if (!status) state.due.give_back(std::move(due));
  return status;
}

}  // namespace terrane

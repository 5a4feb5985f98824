#include <algorithm>

#include "terrane/volume/history.h"
#include "terrane/volume/state.h"

namespace terrane {
namespace {

constexpr std::size_t kBricksAtOnce = 64;

// A brick of a level as it is to be stored, with what its first deltas replaced.
struct Folding {
  Edit edit;
  std::uint32_t deltas = 0;  // that are in it
  format::Folded history;    // level 0
};

// `pooled`: deltas of level 0 that are of later batches stay, they tell what is due at coarser levels.
Result<Folding> fold_brick(const Volume::State& state, const Snapshot& snapshot, int level, Position position,
                           std::uint64_t pooled) {
  ScratchPool::Lease scratch(state.scratches);
  BrickCursor cursor = state.bricks(snapshot, level);
  TERRANE_ASSIGN(StoredBrick stored, cursor.find(position));
  std::size_t count = stored.deltas.size();
  while (level == 0 && count > 0 && stored.deltas[count - 1].batch > pooled) --count;
  stored.deltas = stored.deltas.first(count);
  Folding folding;
  folding.deltas = static_cast<std::uint32_t>(count);
  folding.edit.run = {position, position};
  if (count == 0) return folding;
  const BrickShape shape = shape_of(state.lattice(level).brick_box(position));
  const std::span<MaterialId> voxels(scratch->coarse.data(), shape.voxels());
  if (level == 0) {
    TERRANE_ASSIGN(folding.history, history_of(state, position, stored, 0, scratch->codec, voxels));
  } else {
    TERRANE_TRY(decode_brick(state, level, position, stored, scratch->codec, voxels));
  }
  TERRANE_ASSIGN(folding.edit, make_edit(state, level, position, stored.range.content.written, Encoding{},
                                         voxels, shape, *scratch));
  return folding;
}

Status commit_fold(Volume::State& state, int level, std::span<Folding> folds) {
  TERRANE_ASSIGN(const auto snapshot, state.engine->snapshot());
  format::Totals totals = state.totals;
  Batch batch;
  std::vector<Edit> edits;
  std::vector<CellCache::Changed> changed;
  DeltaWriter deltas(*snapshot, state.model, totals.epoch + 1, state.delta_numbers, batch);
  HistoryWriter history(state, *snapshot, batch, totals);
  for (Folding& folding : folds) {
    const Position position = folding.edit.run.first;
    TERRANE_TRY(deltas.fold(level, position, folding.deltas));
    if (level == 0) {
      folding.history.epoch = totals.epoch + 1;
      history.put(folding.history);
    }
    edits.push_back(std::move(folding.edit));
  }
  const MapState map{*snapshot, state.one_keyspace, state.lattice(level), state.model, totals.epoch + 1};
  TERRANE_ASSIGN(const MapDelta delta, edit_map(map, edits, batch));
  TERRANE_ASSIGN(const DeltaSums sums, deltas.finish());
  totals.stored_bytes += delta.bytes + sums.bytes;
  totals.record_sum += delta.record_sum + sums.record_sum;
  totals.deltas += sums.keys;
  if (level == 0) totals.level0.add(delta.counters, 1);
  // What readers see stays as it is, and so does what they have in the cache.
  return write_meta(state, std::move(batch), totals, Durability::kBuffered, changed);
}

Status fold_some(Volume::State& state, int level, std::span<const Position> bricks, const Task& task,
                 FoldReport& report) {
  for (;;) {
    std::uint64_t structure = 0, pooled = 0;
    std::shared_ptr<const Snapshot> snapshot;
    {
      std::scoped_lock lock(state.write_mutex);
      structure = state.structure;
      pooled = state.totals.pooled;
      TERRANE_ASSIGN(snapshot, state.engine->snapshot());
    }
    std::vector<Folding> folds(bricks.size());
    TERRANE_TRY(parallel_for(state.executor_of(task), bricks.size(), [&](std::size_t i) -> Status {
      TERRANE_TRY(task.check());
      TERRANE_ASSIGN(folds[i], fold_brick(state, *snapshot, level, bricks[i], pooled));
      return ok();
    }));
    std::scoped_lock lock(state.write_mutex);
    if (state.structure != structure) continue;
    std::erase_if(folds, [](const Folding& folding) { return folding.deltas == 0; });
    for (const Folding& folding : folds) report.deltas += folding.deltas;
    report.bricks += folds.size();
    Status status = folds.empty() ? ok() : commit_fold(state, level, folds);
    if (!status) state.delta_numbers.clear();
    return status;
  }
}

}  // namespace

Result<FoldReport> fold_bricks(Volume::State& state, std::vector<std::pair<int, Position>> bricks,
                               const Task& task) {
  std::scoped_lock one(state.upkeep_mutex);
  FoldReport report;
  std::sort(bricks.begin(), bricks.end());
  bricks.erase(std::unique(bricks.begin(), bricks.end()), bricks.end());
  for (std::size_t i = 0; i < bricks.size();) {
    const int level = bricks[i].first;
    std::vector<Position> some;
    for (; i < bricks.size() && bricks[i].first == level && some.size() < kBricksAtOnce; ++i)
      some.push_back(bricks[i].second);
    TERRANE_TRY(fold_some(state, level, some, task, report));
  }
  return report;
}

Result<FoldReport> fold_edits(Volume::State& state, std::uint32_t least, const Task& task) {
  std::scoped_lock one(state.upkeep_mutex);
  FoldReport report;
  for (int level = 0; level <= kMaxLevel; ++level) {
    TERRANE_ASSIGN(const auto snapshot, state.engine->snapshot());
    DeltaCursor deltas(*snapshot, level, state.model);
    std::vector<Position> bricks;
    for (Position p = 0;;) {
      TERRANE_ASSIGN(const auto next, deltas.next(p, ~Position{0}));
      if (next) {
        TERRANE_ASSIGN(const bool many, deltas.has(*next, std::max(least, 1U) - 1));
        if (many) bricks.push_back(*next);
      }
      const bool last = !next || *next == ~Position{0};
      if (bricks.size() == kBricksAtOnce || (last && !bricks.empty())) {
        TERRANE_TRY(fold_some(state, level, bricks, task, report));
        bricks.clear();
      }
      if (last) break;
      p = *next + 1;
    }
    if (task.progress) task.progress({static_cast<std::uint64_t>(level) + 1, kMaxLevel + 1, "levels"});
  }
  return report;
}

}  // namespace terrane

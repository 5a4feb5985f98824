#include <algorithm>

#include "terrane/volume/state.h"

namespace terrane {

using format::Pending;

namespace {

constexpr std::size_t kBricksPerBatch = 256;

// The bricks of `level` that stand over anything but the prediction, ascending.
Result<std::vector<Position>> parents(const Volume::State& state, const Snapshot& snapshot, int level,
                                      const Task& task) {
  const Lattice& below = state.lattice(level - 1);
  std::vector<Position> out;
  MapCursor cursor = state.cursor(snapshot, level - 1);
  for (Position p = 0;;) {
    TERRANE_TRY(task.check());
    TERRANE_ASSIGN(const format::Range range, cursor.find(p));
    if (range.content.kind != RangeKind::kPredicted) {
      for (auto at = below.next_inside(range.run.first, range.run.last); at;) {
        const BrickCoord b = brick_at(*at);
        const Position parent = position_of({b.x / 2, b.y / 2, b.z / 2});
        if (out.empty() || out.back() != parent) out.push_back(parent);
        at = *at == range.run.last ? std::nullopt : below.next_inside(*at + 1, range.run.last);
      }
    }
    if (range.run.last == ~Position{0}) break;
    p = range.run.last + 1;
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

// All coarser levels become one predicted range each; nothing of what they held is read.
Status wipe(Volume::State& state, Pending& pending) {
  format::Totals totals = state.totals;
  Batch batch;
  std::vector<CellCache::Changed> changed;
  totals.stored_bytes =
      format::manifest_key().size() + manifest_value(state.manifest).size() + totals.level0.bytes;
  TERRANE_ASSIGN(const auto snapshot, state.engine->snapshot());
  // Level 0 keeps its records; their bytes are counted anew.
  const auto cursor =
      snapshot->scan(format::directory_unit(0), format::record_begin(0), format::record_end(0));
  for (cursor->seek(format::record_begin(0)); cursor->valid(); cursor->next()) {
    totals.stored_bytes += cursor->key().size() + cursor->value().size();
  }
  TERRANE_TRY(cursor->status());
  for (int level = 1; level <= kMaxLevel; ++level) {
    const auto records =
        snapshot->scan(format::directory_unit(level), format::map_key(level, 0), format::map_end(level));
    if (!state.one_keyspace) {
      for (records->seek(format::map_key(level, 0)); records->valid(); records->next()) {
        TERRANE_ASSIGN(const format::MapKey key, format::parse_map_key(records->key()));
        if (key.tag != format::MapTag::kOwn) continue;
        const RegionId region = region_of(key.position);
        const Unit unit = format::region_unit(level, region);
        batch.erase_range(unit, format::map_key(level, region_first(region)),
                          format::map_key(level, region_last(region), format::MapTag::kDirectory));
        batch.erase(unit, format::record_key(level, region));
      }
    }
    batch.erase_range(format::directory_unit(level), format::map_key(level, 0), format::map_end(level));
    batch.erase_range(format::directory_unit(level), format::record_begin(level), format::record_end(level));
    totals.stored_bytes += create_map(level, state.model, batch).bytes;
    changed.push_back({level, {0, ~Position{0}}});
  }
  const std::string key = format::pending_key(pending.id);
  const std::string value = format::pending_value(key, pending, state.model);
  totals.stored_bytes += key.size() + value.size();
  totals.next_pending = std::max(totals.next_pending, pending.id + 1);
  batch.put(format::meta_unit(), key, value);
  for (const Pending& other : state.pending.all()) {
    if (other.id == pending.id) continue;
    const std::string other_key = format::pending_key(other.id);
    totals.stored_bytes += other_key.size() + format::pending_value(other_key, other, state.model).size();
  }
  state.pending.put(pending);
  return write_meta(state, std::move(batch), totals, Durability::kFsync, changed);
}

Status rebuild_running(Volume::State& state, Pending& pending, const Task& task) {
  TERRANE_TRY(wipe(state, pending));
  for (int level = 1; level <= kMaxLevel; ++level) {
    TERRANE_ASSIGN(const auto snapshot, state.engine->snapshot());
    TERRANE_ASSIGN(const std::vector<Position> all, parents(state, *snapshot, level, task));
    for (std::size_t i = 0; i < all.size(); i += kBricksPerBatch) {
      const auto bricks = std::span(all).subspan(i, std::min(kBricksPerBatch, all.size() - i));
      TERRANE_ASSIGN(const std::vector<Edit> edits,
                     pool_bricks(state, level, bricks, Policy::kBalanced, task));
      TERRANE_TRY(commit(state, level, edits, {}, Durability::kBuffered));
    }
    if (task.progress) task.progress({static_cast<std::uint64_t>(level), kMaxLevel, "levels"});
  }
  return commit(state, 0, {}, {pending, std::nullopt}, Durability::kFsync);
}

}  // namespace

Status rebuild(Volume::State& state, std::optional<Pending> begun, const Task& task) {
  std::scoped_lock lock(state.write_mutex);
  Pending pending;
  if (begun) {
    pending = *begun;
  } else {
    pending.id = state.totals.next_pending;
    pending.kind = Pending::Kind::kRebuild;
    pending.box = state.world.bounds();
    pending.level = 1;
  }
  state.pending.set_running(pending.id, true);
  Status status = rebuild_running(state, pending, task);
  state.pending.set_running(pending.id, false);
  return status;
}

Status Volume::rebuild_levels(const Task& task) {
  TERRANE_TRY(state_->check_writable());
  for (const Pending& pending : state_->pending.all()) {
    if (pending.kind == Pending::Kind::kIngest) {
      return Error{ErrorCode::kConflict,
                   "an ingest is unfinished; continue it before the levels are made anew"};
    }
  }
  return rebuild(*state_, std::nullopt, task);
}

}  // namespace terrane

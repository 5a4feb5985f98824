#include <algorithm>

#include "terrane/volume/history_format.h"
#include "terrane/volume/state.h"

namespace terrane {

using format::Pending;

namespace {

constexpr std::size_t kBricksPerBatch = 256;

using Visit = std::function<void(std::string_view key, std::string_view value)>;

Status for_each(Cursor& cursor, std::string_view begin, const Visit& visit) {
  for (cursor.seek(begin); cursor.valid(); cursor.next()) visit(cursor.key(), cursor.value());
  return cursor.status();
}

// The bricks of `level` that stand over anything but the prediction, or over edits, ascending.
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
        const Position parent = parent_of(*at);
        if (out.empty() || out.back() != parent) out.push_back(parent);
        at = *at == range.run.last ? std::nullopt : below.next_inside(*at + 1, range.run.last);
      }
    }
    if (range.run.last == ~Position{0}) break;
    p = range.run.last + 1;
  }
  DeltaCursor deltas(snapshot, level - 1, state.model);
  for (Position p = 0;;) {
    TERRANE_ASSIGN(const auto next, deltas.next(p, ~Position{0}));
    if (!next) break;
    out.push_back(parent_of(*next));
    if (*next == ~Position{0}) break;
    p = *next + 1;
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

// The regions of a level that have a unit of their own, on an engine where that is a place of its own. Keys
// that do not parse are passed over.
Result<std::vector<RegionId>> own_regions(const Snapshot& snapshot, int level) {
  std::vector<RegionId> regions;
  const auto cursor =
      snapshot.scan(format::directory_unit(level), format::map_key(level, 0), format::map_end(level));
  for (cursor->seek(format::map_key(level, 0)); cursor->valid(); cursor->next()) {
    const auto key = format::parse_map_key(cursor->key());
    if (key && key->tag == format::MapTag::kOwn) regions.push_back(region_of(key->position));
  }
  TERRANE_TRY(cursor->status());
  return regions;
}

// The regions of a level that have deltas. Keys that do not parse are passed over.
Result<std::vector<RegionId>> regions_with_deltas(const Snapshot& snapshot, int level) {
  std::vector<RegionId> regions;
  const std::string begin = format::delta_record_begin(level);
  const auto cursor = snapshot.scan(format::directory_unit(level), begin, format::delta_record_end(level));
  TERRANE_TRY(for_each(*cursor, begin, [&](std::string_view key, std::string_view) {
    if (const auto region = format::parse_delta_record_key(key)) regions.push_back(*region);
  }));
  return regions;
}

// Adds the deltas of level 0 with their records, events and history.
Status count_edits(const Volume::State& state, const Snapshot& snapshot, format::Totals& totals) {
  const auto count = [&](std::string_view key, std::string_view value) {
    totals.stored_bytes += key.size() + value.size();
  };
  totals.deltas = 0;
  const std::string records = format::delta_record_begin(0);
  const auto cursor = snapshot.scan(format::directory_unit(0), records, format::delta_record_end(0));
  TERRANE_TRY(for_each(*cursor, records, [&](std::string_view key, std::string_view value) {
    count(key, value);
    totals.record_sum += format::seal_of(value);
    const auto record = format::parse_delta_record(key, value, state.model);
    if (!record) return;
    totals.deltas += record->keys;
    totals.stored_bytes += record->bytes;
  }));
  TERRANE_TRY(for_each_event(state, snapshot, totals.batches, 0, [&](std::string_view k, std::string_view v) {
    count(k, v);
    return ok();
  }));
  const std::string history = format::history_begin();
  const auto old = snapshot.scan(format::history_unit(), history, format::history_end());
  return for_each(*old, history, count);
}

// The totals of a store that has no coarser levels: of the meta unit and level 0.
Result<format::Totals> totals_of_level0(const Volume::State& state, const Snapshot& snapshot) {
  TERRANE_ASSIGN(Meta meta, read_meta(snapshot, state.model));
  format::Totals totals = meta.totals;
  totals.stored_bytes = meta.bytes + totals.level0.bytes;
  totals.record_sum = 0;
  const auto count = [&](std::string_view key, std::string_view value) {
    totals.stored_bytes += key.size() + value.size();
    totals.record_sum += format::seal_of(value);
  };
  const auto cursor =
      snapshot.scan(format::directory_unit(0), format::record_begin(0), format::record_end(0));
  for (cursor->seek(format::record_begin(0)); cursor->valid(); cursor->next()) {
    count(cursor->key(), cursor->value());
  }
  TERRANE_TRY(cursor->status());
  TERRANE_TRY(count_edits(state, snapshot, totals));
  if (state.one_keyspace) return totals;
  TERRANE_ASSIGN(const std::vector<RegionId> regions, own_regions(snapshot, 0));
  for (const RegionId region : regions) {
    const std::string key = format::record_key(0, region);
    TERRANE_ASSIGN(const auto value, snapshot.get(format::region_unit(0, region), key));
    if (value) count(key, *value);
  }
  return totals;
}

// All coarser levels become one predicted range each; nothing of what they held is needed.
Status wipe(Volume::State& state, const Pending& pending, bool begun) {
  TERRANE_ASSIGN(const auto snapshot, state.engine->snapshot());
  TERRANE_ASSIGN(format::Totals totals, totals_of_level0(state, *snapshot));
  Batch batch;
  std::vector<CellCache::Changed> changed;
  for (int level = 1; level <= kMaxLevel; ++level) {
    if (!state.one_keyspace) {
      TERRANE_ASSIGN(const std::vector<RegionId> regions, own_regions(*snapshot, level));
      for (const RegionId region : regions) {
        const Unit unit = format::region_unit(level, region);
        batch.erase_range(unit, format::map_key(level, region_first(region)),
                          format::map_key(level, region_last(region), format::MapTag::kDirectory));
        batch.erase(unit, format::record_key(level, region));
      }
    }
    TERRANE_ASSIGN(const std::vector<RegionId> edited, regions_with_deltas(*snapshot, level));
    if (state.one_keyspace)
      batch.erase_range(format::delta_unit(level, 0), format::delta_begin(level, 0),
                        format::delta_end(level, ~Position{0}));
    for (const RegionId region : edited) {
      if (state.one_keyspace) break;
      batch.erase_range(format::delta_unit(level, region), format::delta_begin(level, region_first(region)),
                        format::delta_end(level, region_last(region)));
    }
    batch.erase_range(format::directory_unit(level), format::delta_record_begin(level),
                      format::delta_record_end(level));
    batch.erase_range(format::directory_unit(level), format::map_key(level, 0), format::map_end(level));
    batch.erase_range(format::directory_unit(level), format::record_begin(level), format::record_end(level));
    const MapDelta delta = create_map(level, state.model, batch);
    totals.stored_bytes += delta.bytes;
    totals.record_sum += delta.record_sum;
    changed.push_back({level, {0, ~Position{0}}});
  }
  if (!begun) {
    put_pending(state, pending, batch, totals);
    state.pending.put(pending);
  }
  state.delta_numbers.clear();
  ++state.structure;
  return write_meta(state, std::move(batch), totals, Durability::kFsync, changed);
}

Status rebuild_running(Volume::State& state, const Pending& pending, bool begun, const Task& task) {
  TERRANE_TRY(wipe(state, pending, begun));
  for (int level = 1; level <= kMaxLevel; ++level) {
    TERRANE_ASSIGN(const auto snapshot, state.engine->snapshot());
    TERRANE_ASSIGN(const std::vector<Position> all, parents(state, *snapshot, level, task));
    for (std::size_t i = 0; i < all.size(); i += kBricksPerBatch) {
      const auto bricks = std::span(all).subspan(i, std::min(kBricksPerBatch, all.size() - i));
      TERRANE_ASSIGN(const std::vector<Edit> edits, pool_bricks(state, level, bricks, Encoding{}, task));
      TERRANE_TRY(commit(state, level, edits, {}, Durability::kBuffered));
    }
    if (task.progress) task.progress({static_cast<std::uint64_t>(level), kMaxLevel, "levels"});
  }
  // Nothing is due any more, whoever began it.
  for (const Pending& due : state.pending.all()) {
    if (due.kind == Pending::Kind::kIngest || due.id == pending.id) continue;
    const auto mine = state.pending.claim(due.id);
    if (!mine) continue;  // another thread is at work on it, and ends it
    Status ended = commit(state, 0, {}, {*mine, std::nullopt}, Durability::kBuffered);
    state.pending.set_running(due.id, false);
    TERRANE_TRY(std::move(ended));
  }
  TERRANE_TRY(commit_pooled_until(state, state.totals.batches));
  state.due = {};
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
  Status status = rebuild_running(state, pending, begun.has_value(), task);
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

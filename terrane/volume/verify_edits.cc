#include "terrane/volume/verify_edits.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "terrane/codec/patch.h"
#include "terrane/volume/history_format.h"

namespace terrane {

using format::DeltaKey;
using format::DeltaRecord;

namespace {

class DeltaCheck {
 public:
  DeltaCheck(const Volume::State& state, const Snapshot& snapshot, int level, const Task& task,
             const FindDamage& find, std::uint64_t& checked, EditSums& sums)
      : state_(state),
        snapshot_(snapshot),
        level_(level),
        task_(task),
        find_(find),
        checked_(checked),
        sums_(sums),
        scratch_(state.scratches) {}

  Status run() {
    TERRANE_TRY(read_records());
    if (state_.one_keyspace) {
      TERRANE_TRY(walk(format::delta_unit(level_, 0), 0, ~Position{0}));
    } else {
      for (const auto& [region, record] : records_)
        TERRANE_TRY(walk(format::delta_unit(level_, region), region_first(region), region_last(region)));
    }
    for (const auto& [region, record] : records_) compare(region, record);
    for (const auto& [region, there] : there_) {
      if (!records_.contains(region))
        find(ErrorCode::kMissing, run_of(region), "a region has edits, but their record was lost");
    }
    return ok();
  }

 private:
  struct There {
    DeltaRecord sum;
    bool damaged = false;
  };
  static Run run_of(RegionId region) { return {region_first(region), region_last(region)}; }
  void find(ErrorCode kind, const Run& run, std::string message) {
    find_(kind, level_, run, std::move(message));
  }

  Status read_records() {
    const auto cursor = snapshot_.scan(format::directory_unit(level_), format::delta_record_begin(level_),
                                       format::delta_record_end(level_));
    for (cursor->seek(format::delta_record_begin(level_)); cursor->valid(); cursor->next()) {
      TERRANE_TRY(task_.check());
      ++checked_;
      sums_.bytes += cursor->key().size() + cursor->value().size();
      sums_.record_sum += format::seal_of(cursor->value());
      const auto region = format::parse_delta_record_key(cursor->key());
      if (!region) {
        find(ErrorCode::kCorrupt, {0, ~Position{0}}, region.error().message);
        continue;
      }
      const auto record = format::parse_delta_record(cursor->key(), cursor->value(), state_.model);
      if (!record) find(ErrorCode::kCorrupt, run_of(*region), record.error().message);
      records_[*region] = record ? *record : DeltaRecord{};
      there_[*region].damaged = !record;
    }
    return cursor->status();
  }

  Status walk(Unit unit, Position first, Position last) {
    const auto cursor =
        snapshot_.scan(unit, format::delta_begin(level_, first), format::delta_end(level_, last));
    for (cursor->seek(format::delta_begin(level_, first)); cursor->valid(); cursor->next()) {
      TERRANE_TRY(task_.check());
      entry(cursor->key(), cursor->value());
    }
    return cursor->status();
  }

  void entry(std::string_view key_bytes, std::string_view value) {
    ++checked_;
    ++sums_.deltas;
    sums_.bytes += key_bytes.size() + value.size();
    const auto key = format::parse_delta_key(key_bytes);
    if (!key) return find(ErrorCode::kCorrupt, {0, ~Position{0}}, key.error().message);
    There& there = there_[region_of(key->position)];
    ++there.sum.keys;
    there.sum.bytes += key_bytes.size() + value.size();
    there.sum.hash_sum += format::seal_of(value);
    const Run brick = {key->position, key->position};
    if (key->number != (key->position == last_ ? next_ : 0)) {
      find(ErrorCode::kMissing, brick,
           fmt::format("edit {} of a brick was lost", key->position == last_ ? next_ : 0));
      there.damaged = true;
    }
    last_ = key->position;
    next_ = key->number + 1;
    const Status status = check(*key, key_bytes, value);
    if (status) return;
    find(ErrorCode::kCorrupt, brick, status.error().message);
    there.damaged = true;
  }

  Status check(const DeltaKey& key, std::string_view key_bytes, std::string_view value) {
    TERRANE_ASSIGN(const format::Delta delta, format::parse_delta(key_bytes, value, state_.model));
    const Lattice& lattice = state_.lattice(level_);
    if (!lattice.inside(key.position)) return corrupt("there is an edit of a brick outside the store");
    const BrickShape shape = shape_of(lattice.brick_box(key.position));
    return read_patch(as_bytes(delta.patch), shape, scratch_->codec, patch_);
  }

  void compare(RegionId region, const DeltaRecord& record) {
    const There& there = there_[region];
    DeltaRecord expected = there.sum;
    expected.epoch = record.epoch;
    if (there.damaged || record == expected) return;
    find(record.keys > expected.keys ? ErrorCode::kMissing : ErrorCode::kCorrupt, run_of(region),
         fmt::format("the record of region {} counts {} edits and {} are there, or they are of another time",
                     region, record.keys, expected.keys));
  }

  const Volume::State& state_;
  const Snapshot& snapshot_;
  int level_;
  const Task& task_;
  const FindDamage& find_;
  std::uint64_t& checked_;
  EditSums& sums_;
  ScratchPool::Lease scratch_;
  std::map<RegionId, DeltaRecord> records_;
  std::map<RegionId, There> there_;
  std::optional<Position> last_;  // of the delta before
  std::uint32_t next_ = 0;        // the number that follows it
  std::vector<PatchVoxel> patch_;
};

}  // namespace

Status verify_deltas(const Volume::State& state, const Snapshot& snapshot, int level, const Task& task,
                     const FindDamage& find, std::uint64_t& checked, EditSums& sums) {
  return DeltaCheck(state, snapshot, level, task, find, checked, sums).run();
}

Status verify_events(const Volume::State& state, const Snapshot& snapshot, std::uint64_t batches,
                     const Task& task, const FindDamage& find, std::uint64_t& checked, EditSums& sums) {
  const auto visit = [&](std::string_view key, std::string_view value) -> Status {
    TERRANE_TRY(task.check());
    ++checked;
    ++sums.events;
    sums.bytes += key.size() + value.size();
    sums.event_sum += format::seal_of(value);
    const auto event = format::parse_event(key, value, state.model);
    if (!event) find(ErrorCode::kCorrupt, 0, {0, ~Position{0}}, event.error().message);
    return ok();
  };
  TERRANE_TRY(for_each_event(state, snapshot, batches, 0, visit));
  const auto cursor = snapshot.scan(format::history_unit(), format::history_begin(), format::history_end());
  for (cursor->seek(format::history_begin()); cursor->valid(); cursor->next()) {
    TERRANE_TRY(task.check());
    const std::string_view key = cursor->key(), value = cursor->value();
    ++checked;
    ++sums.events;
    sums.bytes += key.size() + value.size();
    sums.event_sum += format::seal_of(value);
    Status status = ok();
    if (format::is_folded_key(key)) {
      const auto folded = format::parse_folded(key, value, state.model);
      if (!folded) status = folded.error();
    } else {
      const auto replaced = format::parse_replaced(key, value, state.model);
      if (!replaced) status = replaced.error();
    }
    if (!status) find(ErrorCode::kCorrupt, 0, {0, ~Position{0}}, status.error().message);
  }
  return cursor->status();
}

Result<DueEdits> DueEdits::load(const Volume::State& state, const Snapshot& snapshot,
                                const format::Totals& totals) {
  DueEdits due;
  const auto visit = [&](std::string_view key, std::string_view value) -> Status {
    const auto event = format::parse_event(key, value, state.model);
    if (!event) return ok();
    for (const Run& run : event->bricks) {
      for_each_cuboid(run, [&](const Box& cuboid) {
        if (const Box box = cuboid.intersect(state.world.bounds()); !box.empty()) due.boxes_.push_back(box);
      });
    }
    return ok();
  };
  if (totals.pooled < totals.batches)
    TERRANE_TRY(for_each_event(state, snapshot, totals.batches, totals.pooled + 1, visit));
  return due;
}

bool DueEdits::meet(const Box& box, int level) const {
  return std::any_of(boxes_.begin(), boxes_.end(),
                     [&](const Box& due) { return level_box(due, level).overlaps(box); });
}

}  // namespace terrane

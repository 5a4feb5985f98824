#include <fmt/format.h>

#include <algorithm>

#include "terrane/base/hash.h"
#include "terrane/codec/frame.h"
#include "terrane/volume/scan.h"
#include "terrane/volume/state.h"
#include "terrane/volume/verify_edits.h"

namespace terrane {

using format::MapKey;
using format::MapTag;
using format::Range;
using format::Record;

namespace {

constexpr std::size_t kMaxFindings = 1000;
constexpr std::size_t kBricksAtOnce = 64;
constexpr std::size_t kSamplesPerLevel = 64;

// The least box of level-L voxels around the content of a run, for people.
Box box_of(const Run& run, const Lattice& lattice) {
  const auto first = lattice.next_inside(run.first, run.last);
  if (!first) return {};
  const Position last = *lattice.prev_inside(run.last, *first);
  Box box = lattice.brick_box(*first);
  // A run inside one slab is exact enough; a longer one is told by its corners.
  const Box other = lattice.brick_box(last);
  box.lo = {std::min(box.lo.x, other.lo.x), std::min(box.lo.y, other.lo.y), std::min(box.lo.z, other.lo.z)};
  box.hi = {std::max(box.hi.x, other.hi.x), std::max(box.hi.y, other.hi.y), std::max(box.hi.z, other.hi.z)};
  return box;
}

bool is_damage(const Status& status) {
  if (status) return false;
  return status.error().code == ErrorCode::kCorrupt || status.error().code == ErrorCode::kMissing;
}

// What was counted of one unit while its keys went by.
struct Sum {
  Record record;
  bool damaged = false;  // something in it was reported already
};

// Walks one level: every key, every hash, the partition, the records, every brick.
class LevelCheck {
 public:
  LevelCheck(const Volume::State& state, const Snapshot& snapshot, int level, const Task& task,
             const PendingWork& pending, const DueEdits& due, VerifyReport& report)
      : state_(state),
        snapshot_(snapshot),
        pending_(pending),
        due_(due),
        lattice_(state.lattice(level)),
        level_(level),
        task_(task),
        report_(report) {}

  Status run() {
    TERRANE_TRY(walk(format::directory_unit(level_), format::map_key(level_, 0), format::map_end(level_)));
    if (!ended_) report_gap(~Position{0});
    TERRANE_TRY(check_bricks());
    TERRANE_TRY(compare(format::directory_unit(level_), format::directory_record_key(level_), directory_,
                        "the directory"));
    return check_pooling();
  }
  const format::Counters& counters() const { return counters_; }
  std::uint64_t bytes() const { return bytes_; }
  std::uint64_t record_sum() const { return record_sum_; }

  void find(ErrorCode kind, const Run& run, std::string message) {
    ++(kind == ErrorCode::kMissing ? report_.missing : report_.corrupt);
    if (report_.findings.size() >= kMaxFindings) return;
    report_.findings.push_back({kind, level_, box_of(run, lattice_), std::move(message)});
  }

 private:
  Status walk(Unit unit, const std::string& begin, const std::string& end) {
    const auto cursor = snapshot_.scan(unit, begin, end);
    for (cursor->seek(begin);;) {
      for (; cursor->valid(); cursor->next()) {
        TERRANE_TRY(task_.check());
        TERRANE_TRY(entry(cursor->key(), cursor->value()));
      }
      if (cursor->status()) return ok();
      // What an engine could not read just now is not damage: only what it says is.
      if (cursor->status().error().code != ErrorCode::kCorrupt) return cursor->status();
      if (!skip_damage(*cursor, end)) return ok();
    }
  }

  // The engine cannot read on: reports it, and goes on behind the damage. False where nothing is behind it.
  bool skip_damage(Cursor& cursor, const std::string& end) {
    const std::string why = cursor.status().error().message;
    directory_.damaged = region_.damaged = true;
    const Position from = next_;
    for (int k = 0; k < 64; ++k) {
      const Position to = from + (Position{1} << k);
      if (to < from) break;
      const std::string key = format::map_key(level_, to);
      if (key >= end) break;
      cursor.seek(key);
      if (!cursor.valid()) continue;
      find(ErrorCode::kCorrupt, {from, to - 1}, "the engine cannot read these keys: " + why);
      next_ = to;  // about where what is readable begins
      tolerate_gap_ = true;
      return true;
    }
    find(ErrorCode::kCorrupt, {from, ~Position{0}}, "the engine cannot read these keys: " + why);
    ended_ = true;
    return false;
  }

  Status entry(std::string_view key_bytes, std::string_view value) {
    const auto parsed = format::parse_map_key(key_bytes);
    ++report_.checked;
    if (!parsed) {
      find(ErrorCode::kCorrupt, {next_, next_}, parsed.error().message);
      return ok();
    }
    const MapKey key = *parsed;
    if (key.tag == MapTag::kOwn) return own_entry(key, key_bytes, value);
    Sum& sum = key.tag == MapTag::kRange ? region_ : directory_;
    if (key.tag == MapTag::kRange && region_of(key.position) != region_id_) {
      end_region(region_of(key.position));
    }
    bytes_ += key_bytes.size() + value.size();
    auto range = format::parse_range(key_bytes, value, state_.model);
    if (!range) {
      sum.damaged = true;
      find(ErrorCode::kCorrupt, {std::min(next_, key.position), key.position}, range.error().message);
      advance(key.position);
      return ok();
    }
    check_place(*range, key.tag, sum);
    if (range->content.written) range->written_voxels = voxels_in(range->run, lattice_);
    ++sum.record.keys;
    sum.record.hash_sum += range->seal;
    sum.record.counters.add(*range, 1);
    counters_.add(*range, 1);
    advance(range->run.last);
    return take_range(*range);
  }

  void check_place(const Range& range, MapTag tag, Sum& sum) {
    if (range.run.first > next_ && !tolerate_gap_) {
      report_gap(range.run.first - 1);
      sum.damaged = true;
    }
    if (range.run.first < next_ && !tolerate_gap_) {
      find(ErrorCode::kCorrupt, range.run, "a range overlaps the one before it");
      sum.damaged = true;
    }
    tolerate_gap_ = false;
    const bool whole = range.run.first == region_first(region_of(range.run.first)) &&
                       range.run.last == region_last(region_of(range.run.last));
    const bool one = region_of(range.run.first) == region_of(range.run.last);
    if (tag == MapTag::kDirectory ? !whole : !one) {
      find(ErrorCode::kCorrupt, range.run, "a range crosses the border of a region");
    }
  }

  void report_gap(Position last) {
    find(ErrorCode::kMissing, {next_, last}, "no range covers these positions: a key was lost");
  }

  void advance(Position last) {
    next_ = last + 1;
    if (last == ~Position{0}) ended_ = true;
  }

  Status own_entry(const MapKey& key, std::string_view key_bytes, std::string_view value) {
    const RegionId region = region_of(key.position);
    bytes_ += key_bytes.size() + value.size();
    if (!format::unseal(value, key_bytes, state_.model, "entry of a region")) {
      directory_.damaged = true;
      find(ErrorCode::kCorrupt, {region_first(region), key.position},
           "the entry of a region does not match its hash");
    }
    ++directory_.record.keys;
    directory_.record.hash_sum += format::seal_of(value);
    directory_.record.counters.bytes += key_bytes.size() + value.size();
    counters_.bytes += key_bytes.size() + value.size();
    if (!state_.one_keyspace) {
      end_region(region);
      TERRANE_TRY(walk(format::region_unit(level_, region), format::map_key(level_, region_first(region)),
                       format::map_key(level_, region_last(region), MapTag::kDirectory)));
    }
    if (region_id_ != region) {
      find(ErrorCode::kMissing, {region_first(region), region_last(region)},
           "all ranges of a region were lost");
      advance(region_last(region));
      return ok();
    }
    if (next_ != region_last(region) + 1) {
      region_.damaged = true;
      report_gap(region_last(region));
      advance(region_last(region));
    }
    TERRANE_TRY(compare(format::region_unit(level_, region), format::record_key(level_, region), region_,
                        fmt::format("region {}", region)));
    region_ = {};
    region_id_.reset();
    return ok();
  }

  // Ranges of a region came by; its own entry should have ended it before another begins.
  void end_region(RegionId next) {
    if (region_id_) {
      find(ErrorCode::kMissing, {region_first(*region_id_), region_last(*region_id_)},
           "a region has ranges, but its entry in the directory was lost");
    }
    region_ = {};
    region_id_ = next;
  }

  Status compare(Unit unit, const std::string& key, const Sum& sum, const std::string& what) {
    const auto value = snapshot_.get(unit, key);
    ++report_.checked;
    const Run where = unit.kind == format::directory_unit(0).kind
                          ? Run{0, ~Position{0}}
                          : Run{region_first(unit.index), region_last(unit.index)};
    if (!value) {
      if (value.error().code != ErrorCode::kCorrupt) return value.error();
      find(ErrorCode::kCorrupt, where, value.error().message);
      return ok();
    }
    if (!*value) {
      find(ErrorCode::kMissing, where, "the record of " + what + " was lost");
      return ok();
    }
    bytes_ += key.size() + (*value)->size();
    record_sum_ += format::seal_of(**value);
    const auto record = format::parse_record(key, **value, state_.model);
    if (!record) {
      find(ErrorCode::kCorrupt, where, record.error().message);
      return ok();
    }
    Record expected = sum.record;
    expected.epoch = record->epoch;
    if (sum.damaged || *record == expected) return ok();
    find(record->keys > expected.keys ? ErrorCode::kMissing : ErrorCode::kCorrupt, where,
         fmt::format("the record of {} counts {} keys and {} are there, or they are of another time", what,
                     record->keys, expected.keys));
    return ok();
  }

  struct Brick {
    Position position;
    std::string frame;
  };

  Status take_range(const Range& range) {
    if (range.content.kind == RangeKind::kBrick) {
      bricks_.push_back({range.run.last, std::string(range.frame)});
      if (bricks_.size() == kBricksAtOnce) TERRANE_TRY(check_bricks());
    }
    // A fair sample of the ranges: kept by the hash of their place.
    if (const auto inside = lattice_.next_inside(range.run.first, range.run.last)) {
      samples_.push_back({Random(*inside).next(), *inside});
      std::push_heap(samples_.begin(), samples_.end());
      if (samples_.size() > kSamplesPerLevel) {
        std::pop_heap(samples_.begin(), samples_.end());
        samples_.pop_back();
      }
    }
    return ok();
  }

  Status check_bricks() {
    std::vector<Status> results(bricks_.size());
    TERRANE_TRY(parallel_for(state_.executor_of(task_), bricks_.size(), [&](std::size_t i) -> Status {
      ScratchPool::Lease scratch(state_.scratches);
      const BrickShape shape = shape_of(lattice_.brick_box(bricks_[i].position));
      results[i] = decode_frame(as_bytes(bricks_[i].frame), {shape, prediction_of(state_)}, CheckVoxels::kYes,
                                scratch->codec, {scratch->brick.data(), shape.voxels()}, state_.codecs.get());
      return task_.check();
    }));
    for (std::size_t i = 0; i < bricks_.size(); ++i) {
      if (results[i]) continue;
      if (results[i].error().code == ErrorCode::kUnsupported)
        return at_brick(state_, level_, lattice_.brick_box(bricks_[i].position), results[i]);
      find(ErrorCode::kCorrupt, {bricks_[i].position, bricks_[i].position}, results[i].error().message);
    }
    bricks_.clear();
    return ok();
  }

  Status check_pooling() {
    if (level_ == 0) return ok();
    for (const auto& [hash, position] : samples_) {
      TERRANE_TRY(task_.check());
      const Box brick = lattice_.brick_box(position);
      if (!pending_.check(level_, brick, task_) || due_.meet(brick, level_)) continue;
      ScratchPool::Lease scratch(state_.scratches);
      VoxelArray pooled(brick.size()), stored(brick.size());
      BrickCursor fine = state_.bricks(snapshot_, level_ - 1);
      const Status made = pool_part(state_, fine, level_, brick, pooled.view(), nullptr, *scratch);
      const Status read = read_here(state_, snapshot_, level_, brick, stored.view(), task_);
      // Damage of either level was reported where it stands.
      if (is_damage(made) || is_damage(read)) continue;
      TERRANE_TRY(made);
      TERRANE_TRY(read);
      ++report_.checked;
      if (pooled.voxels == stored.voxels) continue;
      find(ErrorCode::kCorrupt, {position, position},
           "the voxels are not what pooling the level below gives; make the levels anew with --rebuild");
    }
    return ok();
  }

  const Volume::State& state_;
  const Snapshot& snapshot_;
  const PendingWork& pending_;  // of the snapshot
  const DueEdits& due_;         // of the snapshot
  const Lattice& lattice_;
  const int level_;
  const Task& task_;
  VerifyReport& report_;

  Position next_ = 0;  // the first position not yet seen
  bool ended_ = false;
  bool tolerate_gap_ = false;
  Sum directory_, region_;
  std::optional<RegionId> region_id_;
  format::Counters counters_;
  std::uint64_t bytes_ = 0;
  std::uint64_t record_sum_ = 0;
  std::vector<Brick> bricks_;
  std::vector<std::pair<std::uint64_t, Position>> samples_;
};

}  // namespace

Result<VerifyReport> Volume::verify(const Task& task) const {
  const State& state = *state_;
  VerifyReport report;
  const auto find = [&](ErrorCode kind, std::string message) {
    ++(kind == ErrorCode::kMissing ? report.missing : report.corrupt);
    report.findings.push_back({kind, 0, state.world.bounds(), std::move(message)});
  };
  TERRANE_ASSIGN(const auto snapshot, state.engine->snapshot());
  TERRANE_ASSIGN(Meta meta, read_meta(*snapshot, state.model));
  report.checked += 1 + meta.totals.meta_keys;
  PendingWork pending(state.world, state.lattices);
  pending.reset(std::move(meta.unfinished));
  std::uint64_t bytes = meta.bytes, record_sum = 0;
  TERRANE_ASSIGN(const DueEdits due, DueEdits::load(state, *snapshot, meta.totals));
  EditSums edits;
  const FindDamage place = [&](ErrorCode kind, int level, const Run& run, std::string message) {
    ++(kind == ErrorCode::kMissing ? report.missing : report.corrupt);
    if (report.findings.size() >= kMaxFindings) return;
    report.findings.push_back({kind, level, box_of(run, state.lattice(level)), std::move(message)});
  };
  format::Counters level0;
  for (int level = 0; level <= kMaxLevel; ++level) {
    LevelCheck check(state, *snapshot, level, task, pending, due, report);
    TERRANE_TRY(check.run());
    bytes += check.bytes();
    record_sum += check.record_sum();
    if (level == 0) level0 = check.counters();
    TERRANE_TRY(verify_deltas(state, *snapshot, level, task, place, report.checked, edits));
    if (task.progress) {
      task.progress({static_cast<std::uint64_t>(level) + 1, kMaxLevel + 1, "levels"});
    }
  }
  TERRANE_TRY(verify_events(state, *snapshot, meta.totals.batches, task, place, report.checked, edits));
  bytes += edits.bytes;
  record_sum += edits.record_sum;
  // Sums of damaged parts prove nothing more.
  if (report.corrupt + report.missing == 0) {
    if (record_sum != meta.totals.record_sum) {
      find(ErrorCode::kCorrupt,
           "a record of a region, and maybe all of the region, is of another time than the "
           "totals of the store: an older copy was put back");
    } else if (edits.deltas != meta.totals.deltas || edits.events != meta.totals.events ||
               edits.event_sum != meta.totals.event_sum) {
      find(edits.events < meta.totals.events ? ErrorCode::kMissing : ErrorCode::kCorrupt,
           fmt::format(
               "the totals of the store count {} edits and {} events; {} and {} are there, or they are of "
               "another time",
               meta.totals.deltas, meta.totals.events, edits.deltas, edits.events));
    } else if (level0 != meta.totals.level0 || bytes != meta.totals.stored_bytes) {
      find(ErrorCode::kCorrupt, "the totals of the store do not add up to what it holds");
    }
  }
  if (state.path.empty()) return report;
  const auto epoch = read_epoch_file(state.path);
  ++report.checked;
  if (!epoch) {
    find(ErrorCode::kCorrupt, epoch.error().message);
  } else if (!*epoch) {
    find(ErrorCode::kMissing, "the file `epoch` beside the engine was lost");
  }
  return report;
}

}  // namespace terrane

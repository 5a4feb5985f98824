#include "terrane/volume/edit_queue.h"

#include <fmt/format.h>

#include <algorithm>

#include "terrane/volume/history.h"
#include "terrane/volume/partition.h"
#include "terrane/volume/state.h"

namespace terrane {
namespace {

constexpr std::size_t kMostBytes = std::size_t{64} << 20;  // of patches in one group
constexpr std::size_t kMostPatches = 65536;

std::size_t bytes_of(const ReadyEdit& edit) {
  std::size_t bytes = 0;
  for (const ReadyEdit::Patch& patch : edit.patches) bytes += patch.bytes.size();
  return bytes;
}

// Whether an edit changes a brick that has voxels in one of the boxes.
bool touches(const Volume::State& state, const ReadyEdit& edit, std::span<const Box> boxes) {
  const auto overlaps = [&](const Box& box) {
    return std::any_of(boxes.begin(), boxes.end(), [&](const Box& other) { return box.overlaps(other); });
  };
  for (const ReadyEdit::Patch& patch : edit.patches) {
    if (overlaps(state.lattice(0).brick_box(patch.position))) return true;
  }
  bool any = false;
  for (const Edit& range : edit.ranges)
    for_each_cuboid(range.run, [&](const Box& cuboid) { any = any || overlaps(cuboid); });
  return any;
}

// Why unfinished work or an edit by others forbids an edit, if it does.
std::optional<Error> conflict(const Volume::State& state, const ReadyEdit& edit) {
  const auto pieces = state.world.pieces(edit.event.box);
  if (!pieces) return pieces.error();
  for (const format::Pending& pending : overlapping(state, *pieces)) {
    const auto theirs = state.world.pieces(pending.box);
    if (theirs && !touches(state, edit, *theirs)) continue;
    return Error{
        ErrorCode::kConflict,
        fmt::format("unfinished work in box {} overlaps this edit: {}", to_string(pending.box),
                    pending.kind == format::Pending::Kind::kIngest ? "continue or restart that ingest first"
                                                                   : "open the store for writing anew")};
  }
  if (edit.read_at && state.changes.any(*edit.read_at, edit.event.bricks)) {
    return Error{
        ErrorCode::kConflict,
        fmt::format("bricks of box {} were changed by others since this edit read them; run it again",
                    to_string(edit.event.box))};
  }
  return std::nullopt;
}

void add_due(Volume::State& state, const ReadyEdit& edit) {
  std::vector<Run> patched, whole;
  for (const ReadyEdit::Patch& patch : edit.patches) patched.push_back({patch.position, patch.position});
  for (const Edit& range : edit.ranges) whole.push_back(range.run);
  state.due.add_patched(patched);
  state.due.add_whole(whole);
}

// A group on its way into one batch of the engine.
class GroupWriter {
 public:
  GroupWriter(Volume::State& state, const Snapshot& snapshot)
      : state_(state),
        snapshot_(snapshot),
        totals_(state.totals),
        deltas_(snapshot, state.model, totals_.epoch + 1, state.delta_numbers, batch_) {}

  Status add(const ReadyEdit& edit) {
    const std::uint64_t number = ++totals_.batches;
    if (!edit.ranges.empty()) TERRANE_TRY(add_ranges(number, edit.ranges));
    for (const ReadyEdit::Patch& patch : edit.patches) {
      TERRANE_TRY(deltas_.add(0, patch.position, number, patch.bytes));
      const BrickShape shape = shape_of(state_.lattice(0).brick_box(patch.position));
      changed_.push_back({0, {patch.position, patch.position}, &patch.bytes, shape});
    }
    const std::string key = format::event_key(number);
    const std::string value = format::event_value(key, edit.event, state_.model);
    batch_.put(format::event_unit(number), key, value);
    ++totals_.events;
    totals_.event_sum += format::seal_of(value);
    totals_.stored_bytes += key.size() + value.size();
    return ok();
  }

  Status write(Durability durability) {
    TERRANE_ASSIGN(const DeltaSums sums, deltas_.finish());
    totals_.deltas += sums.keys;
    totals_.stored_bytes += sums.bytes;
    totals_.record_sum += sums.record_sum;
    return write_meta(state_, std::move(batch_), totals_, durability, changed_);
  }
  std::uint64_t last() const { return totals_.batches; }

 private:
  Status add_ranges(std::uint64_t number, std::span<const Edit> ranges) {
    HistoryWriter history(state_, snapshot_, batch_, totals_);
    for (const Edit& edit : ranges) TERRANE_TRY(history.put_replaced(number, edit.run));
    ++state_.structure;
    const MapState map{snapshot_, state_.one_keyspace, state_.lattice(0), state_.model, totals_.epoch + 1};
    TERRANE_ASSIGN(const MapDelta delta, edit_map(map, ranges, batch_));
    totals_.stored_bytes += delta.bytes;
    totals_.record_sum += delta.record_sum;
    totals_.level0.add(delta.counters, 1);
    for (const Edit& edit : ranges) {
      if (totals_.deltas != 0) TERRANE_TRY(deltas_.remove(0, edit.run));
      changed_.push_back({0, edit.run});
    }
    return ok();
  }

  Volume::State& state_;
  const Snapshot& snapshot_;
  format::Totals totals_;
  Batch batch_;
  DeltaWriter deltas_;
  std::vector<CellCache::Changed> changed_;
};

}  // namespace

Result<std::uint64_t> EditQueue::commit(Volume::State& state, const ReadyEdit& edit) {
  Waiting mine{&edit, false, 0, {}};
  std::unique_lock lock(mutex_);
  room_.wait(lock, [&] { return !crowded(); });
  queue_.push_back(&mine);
  while (!mine.done) {
    if (leading_) {
      moved_.wait(lock, [&] { return mine.done || !leading_; });
      continue;
    }
    leading_ = true;
    const std::vector<Waiting*> group = take_group();
    lock.unlock();
    write_group(state, group);
    lock.lock();
    for (Waiting* one : group) one->done = true;
    leading_ = false;
    moved_.notify_all();
  }
  if (mine.error) return *mine.error;
  return mine.batch;
}

void EditQueue::limit(std::size_t most_due) {
  std::scoped_lock lock(mutex_);
  most_due_ = most_due;
  room_.notify_all();
}

void EditQueue::due_now(std::size_t runs) {
  std::scoped_lock lock(mutex_);
  due_ = runs;
  room_.notify_all();
}

std::vector<EditQueue::Waiting*> EditQueue::take_group() {
  std::vector<Waiting*> group;
  std::size_t bytes = 0, patches = 0;
  while (!queue_.empty()) {
    Waiting* next = queue_.front();
    // Ranges are laid over what is stored: nothing of the same batch may lie between.
    const bool alone = !next->edit->ranges.empty();
    bytes += bytes_of(*next->edit);
    patches += next->edit->patches.size();
    if (!group.empty() && (alone || bytes > kMostBytes || patches > kMostPatches)) break;
    group.push_back(next);
    queue_.pop_front();
    if (alone) break;
  }
  return group;
}

void EditQueue::write_group(Volume::State& state, const std::vector<Waiting*>& group) {
  std::scoped_lock lock(state.write_mutex);
  const auto write = [&]() -> Status {
    TERRANE_ASSIGN(const auto snapshot, state.engine->snapshot());
    GroupWriter writer(state, *snapshot);
    Durability durability = Durability::kBuffered;
    bool any = false;
    for (Waiting* one : group) {
      one->error = conflict(state, *one->edit);
      if (one->error) continue;
      TERRANE_TRY(writer.add(*one->edit));
      state.changes.add(one->edit->event.bricks);
      one->batch = writer.last();
      any = true;
      if (one->edit->durability == EditDurability::kSync) durability = Durability::kFsync;
    }
    if (!any) return ok();
    TERRANE_TRY(writer.write(durability));
    for (const Waiting* one : group) {
      if (!one->error) add_due(state, *one->edit);
    }
    state.edits.due_now(state.due.runs());
    return ok();
  };
  Status status = ok();
  try {
    status = write();
  } catch (const std::bad_alloc&) {
    status = Error{ErrorCode::kExhausted, "out of memory; make the edit smaller"};
  }
  if (status) return;
  state.delta_numbers.clear();
  for (Waiting* one : group) {
    if (!one->error) one->error = status.error();
  }
}

}  // namespace terrane

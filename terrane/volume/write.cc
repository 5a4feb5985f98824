#include <fmt/format.h>

#include <algorithm>
#include <atomic>

#include "terrane/codec/frame.h"
#include "terrane/volume/history.h"
#include "terrane/volume/state.h"

namespace terrane {

using format::Pending;

namespace {

// A record of unfinished work comes into the totals (sign 1) or leaves them (-1).
void account(const Volume::State& state, const Pending& pending, int sign, format::Totals& totals) {
  const std::string key = format::pending_key(pending.id);
  const std::string value = format::pending_value(key, pending, state.model);
  const auto one = static_cast<std::uint64_t>(static_cast<std::int64_t>(sign));
  totals.stored_bytes += one * (key.size() + value.size());
  totals.meta_keys += one;
  totals.meta_sum += one * format::seal_of(value);
}

void count_writes(const Volume::State& state, int level, std::span<const Edit> edits) {
  for (std::size_t i = 0; i < edits.size();) {
    const RegionId region = region_of(edits[i].run.first);
    const std::size_t begun = i;
    while (i < edits.size() && region_of(edits[i].run.first) == region) ++i;
    state.access.written(level, region, i - begun);
  }
}

bool is_uniform(std::span<const MaterialId> voxels) {
  return std::equal(voxels.begin() + 1, voxels.end(), voxels.begin());
}

}  // namespace

void put_pending(const Volume::State& state, const Pending& pending, Batch& batch, format::Totals& totals) {
  account(state, pending, 1, totals);
  totals.next_pending = std::max(totals.next_pending, pending.id + 1);
  const std::string key = format::pending_key(pending.id);
  batch.put(format::meta_unit(), key, format::pending_value(key, pending, state.model));
}

Result<Edit> make_edit(const Volume::State& state, int level, Position position, bool written,
                       const Encoding& encoding, std::span<const MaterialId> voxels, BrickShape shape,
                       WorkScratch& scratch) {
  Edit edit;
  edit.run = {position, position};
  edit.content.written = written;
  if (is_uniform(voxels)) {
    if (voxels[0] == state.manifest.fill) return edit;  // as predicted
    edit.content.kind = RangeKind::kUniform;
    edit.content.material = voxels[0];
    return edit;
  }
  edit.content.kind = RangeKind::kBrick;
  TERRANE_TRY(encode_brick(state, level, position, encoding, voxels, shape, scratch, edit.frame));
  return edit;
}

constexpr std::uint64_t kNever = ~std::uint64_t{0};  // no state has this version

Status write_meta(Volume::State& state, Batch batch, format::Totals totals, Durability durability,
                  std::span<const CellCache::Changed> changed) {
  ++totals.epoch;
  batch.put(format::meta_unit(), format::totals_key(), format::totals_value(totals, state.model));
  std::uint64_t version = 0;
  if (const auto before = state.engine->snapshot()) version = (*before)->version();
  state.cache.begin_change(changed, version);
  Status status = state.engine->write(std::move(batch), durability);
  // Even a failed write may have reached the engine, so the cache begins anew at what it holds now.
  const auto snapshot = state.engine->snapshot();
  state.cache.end_change(changed, snapshot ? (*snapshot)->version() : kNever, status && snapshot);
  if (!status) {
    // With neither answer the mark of unfinished work stays: a reader rather waits than sees levels out of
    // step.
    if (!snapshot) return status;
    Result<Meta> now = read_meta(**snapshot, state.model);
    if (!now) return status;
    totals = now->totals;
    state.pending.reset(std::move(now->unfinished));
  }
  std::scoped_lock lock(state.totals_mutex);
  state.totals = totals;
  return status;
}

namespace {

// What edits of ranges change in the map, and in the deltas of their bricks, which are in them.
Status put_edits(Volume::State& state, const Snapshot& snapshot, int level, std::span<const Edit> edits,
                 DeltaWriter& deltas, Batch& batch, format::Totals& totals) {
  const MapState map{snapshot, state.one_keyspace, state.lattice(level), state.model, totals.epoch + 1};
  TERRANE_ASSIGN(const MapDelta delta, edit_map(map, edits, batch));
  totals.stored_bytes += delta.bytes;
  totals.record_sum += delta.record_sum;
  if (level == 0) totals.level0.add(delta.counters, 1);
  if (totals.deltas == 0) return ok();
  HistoryWriter history(state, snapshot, batch, totals);
  for (const Edit& edit : edits) {
    if (level == 0) {
      TERRANE_ASSIGN(const bool due, history.put_folded(edit.run, totals.pooled));
      // Their voxels may lie outside of what is written now, and nothing would tell of them.
      if (due) state.due.add_whole(std::span(&edit.run, 1));
    }
    TERRANE_TRY(deltas.remove(level, edit.run));
  }
  return ok();
}

Status add_sums(DeltaWriter& deltas, format::Totals& totals) {
  TERRANE_ASSIGN(const DeltaSums sums, deltas.finish());
  totals.deltas += sums.keys;
  totals.stored_bytes += sums.bytes;
  totals.record_sum += sums.record_sum;
  return ok();
}

Status try_commit(Volume::State& state, int level, std::span<const Edit> edits, const PendingChange& change,
                  Durability durability) {
  TERRANE_ASSIGN(const auto snapshot, state.engine->snapshot());
  format::Totals totals = state.totals;
  Batch batch;
  std::vector<CellCache::Changed> changed;
  if (!edits.empty()) {
    DeltaWriter deltas(*snapshot, state.model, totals.epoch + 1, state.delta_numbers, batch);
    TERRANE_TRY(put_edits(state, *snapshot, level, edits, deltas, batch, totals));
    TERRANE_TRY(add_sums(deltas, totals));
    for (const Edit& edit : edits) {
      changed.push_back({level, edit.run});
      if (level == 0) state.changes.add(std::span(&edit.run, 1));
    }
    count_writes(state, level, edits);
    ++state.structure;
  }
  if (change.before) account(state, *change.before, -1, totals);
  if (change.after) {
    put_pending(state, *change.after, batch, totals);
  } else if (change.before) {
    batch.erase(format::meta_unit(), format::pending_key(change.before->id));
  }
  // Known before the batch can be seen: a reader that sees the change also sees what is due.
  if (change.after && !change.before) state.pending.put(*change.after);
  TERRANE_TRY(write_meta(state, std::move(batch), totals, durability, changed));
  if (change.after && change.before) state.pending.put(*change.after);
  if (!change.after && change.before) state.pending.remove(change.before->id);
  return ok();
}

Status try_commit_pooled(Volume::State& state, int level, std::span<const Edit> edits,
                         std::span<const ReadyEdit::Patch> patches) {
  TERRANE_ASSIGN(const auto snapshot, state.engine->snapshot());
  format::Totals totals = state.totals;
  Batch batch;
  std::vector<CellCache::Changed> changed;
  DeltaWriter deltas(*snapshot, state.model, totals.epoch + 1, state.delta_numbers, batch);
  if (!edits.empty()) {
    TERRANE_TRY(put_edits(state, *snapshot, level, edits, deltas, batch, totals));
    ++state.structure;
  }
  for (const Edit& edit : edits) changed.push_back({level, edit.run});
  for (const ReadyEdit::Patch& patch : patches) {
    TERRANE_TRY(deltas.add(level, patch.position, totals.batches, patch.bytes));
    const BrickShape shape = shape_of(state.lattice(level).brick_box(patch.position));
    changed.push_back({level, {patch.position, patch.position}, &patch.bytes, shape});
  }
  TERRANE_TRY(add_sums(deltas, totals));
  return write_meta(state, std::move(batch), totals, Durability::kBuffered, changed);
}

}  // namespace

Status commit_pooled(Volume::State& state, int level, std::span<const Edit> edits,
                     std::span<const ReadyEdit::Patch> patches) {
  Status status = try_commit_pooled(state, level, edits, patches);
  if (!status) state.delta_numbers.clear();
  return status;
}

Status commit_pooled_until(Volume::State& state, std::uint64_t batches) {
  format::Totals totals = state.totals;
  totals.pooled = batches;
  return write_meta(state, {}, totals, Durability::kBuffered, {});
}

Status commit(Volume::State& state, int level, std::span<const Edit> edits, const PendingChange& change,
              Durability durability) {
  Status status = try_commit(state, level, edits, change, durability);
  if (!status) state.delta_numbers.clear();
  return status;
}

Result<std::vector<Edit>> edits_of(const Volume::State& state, std::span<const Box> pieces,
                                   const PartFill& fill_part, const Encoding& encoding, PooledBricks* pooled,
                                   const Task& task) {
  TERRANE_ASSIGN(const auto snapshot, state.engine->snapshot());
  std::vector<Position> bricks;
  for (const Box& piece : pieces) {
    const std::vector<Position> more = bricks_of(piece);
    bricks.insert(bricks.end(), more.begin(), more.end());
  }
  // In a narrow world two parts of a box that crosses the seam may share a brick.
  std::sort(bricks.begin(), bricks.end());
  bricks.erase(std::unique(bricks.begin(), bricks.end()), bricks.end());
  std::vector<Edit> edits(bricks.size());
  TERRANE_TRY(parallel_for(state.executor_of(task), bricks.size(), [&](std::size_t i) -> Status {
    TERRANE_TRY(task.check());
    ScratchPool::Lease scratch(state.scratches);
    const Box brick = state.lattice(0).brick_box(bricks[i]);
    const std::span<MaterialId> content(scratch->coarse.data(), shape_of(brick).voxels());
    const VoxelView view = VoxelView::dense(content.data(), brick.size());
    double covered = 0;
    for (const Box& piece : pieces) covered += piece.intersect(brick).volume();
    if (covered < brick.volume()) TERRANE_TRY(read_here(state, *snapshot, 0, brick, view, task));
    for (std::size_t p = 0; p < pieces.size(); ++p) {
      const Box part = pieces[p].intersect(brick);
      if (part.empty()) continue;
      TERRANE_TRY(fill_part(p, part, view.sub({part.lo - brick.lo, part.hi - brick.lo})));
    }
    TERRANE_ASSIGN(edits[i],
                   make_edit(state, 0, bricks[i], true, encoding, content, shape_of(brick), *scratch));
    if (pooled != nullptr && edits[i].content.kind == RangeKind::kBrick)
      pooled->keep(0, bricks[i], content, scratch->codec);
    return ok();
  }));
  return edits;
}

std::vector<Pending> overlapping(const Volume::State& state, std::span<const Box> pieces) {
  std::vector<Pending> out;
  for (Pending& pending : state.pending.all()) {
    const auto theirs = state.world.pieces(pending.box);
    const bool meets = !theirs || std::any_of(pieces.begin(), pieces.end(), [&](const Box& piece) {
      return std::any_of(theirs->begin(), theirs->end(),
                         [&](const Box& other) { return piece.overlaps(other); });
    });
    if (meets) out.push_back(std::move(pending));
  }
  return out;
}

Status Volume::write(const Box& box, ConstVoxelView voxels, const WriteOptions& options) {
  State& state = *state_;
  TERRANE_TRY(state.check_writable());
  TERRANE_TRY(state.check_encoding(options.encoding));
  TERRANE_ASSIGN(const std::vector<Box> pieces, state.world.pieces(box));
  if (voxels.size != box.size()) {
    return invalid(fmt::format("the array has {} voxels and the box {} has {}; make them equal",
                               to_string(voxels.size), to_string(box), to_string(box.size())));
  }
  std::scoped_lock lock(state.write_mutex);
  for (const Pending& pending : overlapping(state, pieces)) {
    return Error{ErrorCode::kConflict,
                 fmt::format("unfinished work in box {} overlaps this write: {}", to_string(pending.box),
                             pending.kind == Pending::Kind::kIngest ? "continue or restart that ingest first"
                                                                    : "open the store for writing anew")};
  }
  const auto fill_part = [&](std::size_t p, const Box& part, VoxelView to) {
    const Coord by = pieces[p].lo - (p == 0 ? Coord{} : Coord{pieces[0].size().x, 0, 0});
    copy(voxels.sub({part.lo - by, part.hi - by}), to);
    return ok();
  };
  TERRANE_ASSIGN(const std::vector<Edit> edits,
                 edits_of(state, pieces, fill_part, options.encoding, nullptr, options.task));
  Pending pending;
  pending.id = state.totals.next_pending;
  pending.kind = Pending::Kind::kWrite;
  pending.box = box;
  pending.level = 1;
  // Before anybody can see the mark: readers wait for its levels instead of giving up.
  state.pending.set_running(pending.id, true);
  if (Status status = commit(state, 0, edits, {std::nullopt, pending}, Durability::kBuffered); !status) {
    state.pending.set_running(pending.id, false);
    return status;
  }
  Task levels = options.task;  // what was written is visible: its levels follow even if the caller stops now
  levels.stop = {};
  levels.deadline.reset();
  return finish_levels(state, pending, options.encoding, nullptr, levels, WriteLock::kHeld);
}

}  // namespace terrane

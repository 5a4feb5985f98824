#include "terrane/volume/history.h"

#include <algorithm>
#include <utility>

#include "terrane/codec/patch.h"

namespace terrane {

Result<format::Folded> history_of(const Volume::State& state, Position position, const StoredBrick& stored,
                                  std::uint64_t epoch, CodecScratch& scratch, std::span<MaterialId> voxels) {
  format::Folded folded{position, epoch, {}};
  const BrickShape shape = shape_of(state.lattice(0).brick_box(position));
  TERRANE_TRY(decode_brick(state, 0, position, {stored.range, {}}, scratch, voxels));
  std::vector<PatchVoxel> patch;
  for (const DeltaCursor::Entry& delta : stored.deltas) {
    TERRANE_TRY(read_patch(as_bytes(delta.patch), shape, scratch, patch));
    for (PatchVoxel& v : patch) std::swap(v.material, voxels[v.place]);
    folded.deltas.push_back({delta.batch, {}});
    write_patch(patch, scratch, folded.deltas.back().patch);
  }
  return folded;
}

void HistoryWriter::count(std::string_view key, std::string_view value) {
  ++totals_.events;
  totals_.event_sum += format::seal_of(value);
  totals_.stored_bytes += key.size() + value.size();
}

void HistoryWriter::put(const format::Folded& folded) {
  const std::string key = format::folded_key(folded.position, folded.epoch);
  const std::string value = format::folded_value(key, folded, state_.model);
  batch_.put(format::history_unit(), key, value);
  count(key, value);
}

Result<bool> HistoryWriter::put_folded(const Run& run, std::uint64_t pooled) {
  bool newer = false;
  DeltaCursor deltas(snapshot_, 0, state_.model);
  BrickCursor bricks = state_.bricks(snapshot_, 0);
  ScratchPool::Lease scratch(state_.scratches);
  for (Position p = run.first;;) {
    TERRANE_ASSIGN(const auto next, deltas.next(p, run.last));
    if (!next) return newer;
    TERRANE_ASSIGN(const StoredBrick stored, bricks.find(*next));
    newer = newer || (!stored.deltas.empty() && stored.deltas.back().batch > pooled);
    const std::span<MaterialId> voxels(scratch->coarse.data(),
                                       shape_of(state_.lattice(0).brick_box(*next)).voxels());
    TERRANE_ASSIGN(const format::Folded folded,
                   history_of(state_, *next, stored, totals_.epoch + 1, scratch->codec, voxels));
    put(folded);
    if (*next == run.last) return newer;
    p = *next + 1;
  }
}

Status HistoryWriter::put_replaced(std::uint64_t batch, const Run& run) {
  BrickCursor bricks = state_.bricks(snapshot_, 0);
  for (Position p = run.first;;) {
    TERRANE_ASSIGN(const StoredBrick stored, bricks.find(p));
    format::Replaced replaced{batch, {p, p}, stored.range.content, std::string(stored.range.frame), {}};
    for (const DeltaCursor::Entry& delta : stored.deltas)
      replaced.deltas.push_back({delta.batch, delta.patch});
    if (!stored.has_voxels()) {
      TERRANE_ASSIGN(replaced.run.last, bricks.same_until(p, std::min(stored.range.run.last, run.last)));
    }
    const std::string key = format::replaced_key(batch, replaced.run.last);
    const std::string value = format::replaced_value(key, replaced, state_.model);
    batch_.put(format::history_unit(), key, value);
    count(key, value);
    if (replaced.run.last == run.last) return ok();
    p = replaced.run.last + 1;
  }
}

}  // namespace terrane

#include "terrane/volume/edit.h"

#include <algorithm>

#include "terrane/codec/patch.h"
#include "terrane/volume/state.h"

namespace terrane {
namespace {

struct Placed {
  Position position = 0;
  PatchVoxel voxel;
};

// Voxels by brick and place, the last edit of each.
std::vector<Placed> sorted(const Volume::State& state, std::span<const VoxelEdit> voxels) {
  std::vector<Placed> placed;
  placed.reserve(voxels.size());
  for (const VoxelEdit& edit : voxels) {
    const auto place = static_cast<std::uint32_t>(index_in_brick(state, 0, edit.voxel));
    placed.push_back({position_of(brick_of(edit.voxel)), {place, edit.material}});
  }
  const auto key = [](const Placed& p) { return std::pair(p.position, p.voxel.place); };
  std::stable_sort(placed.begin(), placed.end(),
                   [&](const Placed& a, const Placed& b) { return key(a) < key(b); });
  std::size_t kept = 0;
  for (std::size_t i = 0; i < placed.size(); ++i) {
    if (i + 1 < placed.size() && key(placed[i]) == key(placed[i + 1])) continue;
    placed[kept++] = placed[i];
  }
  placed.resize(kept);
  return placed;
}

}  // namespace

Result<EditReport> Volume::edit(std::span<const VoxelEdit> voxels, const EditOptions& options) {
  State& state = *state_;
  TERRANE_TRY(state.check_writable());
  TERRANE_TRY(check_edit(options));
  if (voxels.empty()) return invalid("an edit has at least one voxel");
  Box box = Box::of_size(voxels[0].voxel, {1, 1, 1});
  for (const VoxelEdit& edit : voxels) {
    TERRANE_TRY(state.check_voxel(edit.voxel));
    const Coord c = edit.voxel;
    box.lo = {std::min(box.lo.x, c.x), std::min(box.lo.y, c.y), std::min(box.lo.z, c.z)};
    box.hi = {std::max(box.hi.x, c.x + 1), std::max(box.hi.y, c.y + 1), std::max(box.hi.z, c.z + 1)};
  }
  ReadyEdit ready = begin_edit(options, box);
  const std::vector<Placed> placed = sorted(state, voxels);
  ready.event.voxels = placed.size();
  ScratchPool::Lease scratch(state.scratches);
  std::vector<PatchVoxel> patch;
  for (std::size_t i = 0; i < placed.size();) {
    const Position position = placed[i].position;
    patch.clear();
    for (; i < placed.size() && placed[i].position == position; ++i) patch.push_back(placed[i].voxel);
    ready.patches.push_back({position, {}});
    write_patch(patch, scratch->codec, ready.patches.back().bytes);
  }
  return commit_edit(state, ready, 0);
}

Status Volume::flush_levels(const Task& task) {
  TERRANE_TRY(state_->check_writable());
  return pool_edits(*state_, task);
}

Result<FoldReport> Volume::fold(std::uint32_t least, const Task& task) {
  TERRANE_TRY(state_->check_writable());
  TERRANE_TRY(pool_edits(*state_, task));
  return fold_edits(*state_, least, task);
}

Status for_each_event(const Volume::State& state, const Snapshot& snapshot, std::uint64_t batches,
                      std::uint64_t since,
                      const std::function<Status(std::string_view key, std::string_view value)>& visit) {
  for (std::uint64_t first = since; first <= batches; first = (first | 4095) + 1) {
    const auto cursor =
        snapshot.scan(format::event_unit(first), format::event_key(first), format::event_end());
    for (cursor->seek(format::event_key(first)); cursor->valid(); cursor->next())
      TERRANE_TRY(visit(cursor->key(), cursor->value()));
    TERRANE_TRY(cursor->status());
    if (state.one_keyspace) break;
  }
  return ok();
}

Status Volume::events(std::uint64_t since, const std::function<Status(const EventInfo&)>& visit) const {
  TERRANE_TRY(state_->keep_fresh());
  const State& state = *state_;
  std::uint64_t batches = 0;
  {
    std::scoped_lock lock(state.totals_mutex);
    batches = state.totals.batches;
  }
  TERRANE_ASSIGN(const auto snapshot, state.engine->snapshot());
  return for_each_event(state, *snapshot, batches, since,
                        [&](std::string_view key, std::string_view value) -> Status {
                          TERRANE_ASSIGN(format::Event event, format::parse_event(key, value, state.model));
                          return visit({event.batch, event.time_us, event.process, std::move(event.author),
                                        std::move(event.note), event.box, event.voxels});
                        });
}

}  // namespace terrane

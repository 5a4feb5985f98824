#include <algorithm>

#include "terrane/volume/state.h"
#include "terrane/voxel/pool.h"

namespace terrane {

using format::Pending;

Status pool_part(const Volume::State& state, BrickCursor& fine, int level, const Box& part, VoxelView out,
                 PooledBricks* pooled, WorkScratch& scratch) {
  const Lattice& below = state.lattice(level - 1);
  const auto doubled = [](Coord c) { return Coord{2 * c.x, 2 * c.y, 2 * c.z}; };
  const Box children = Box{doubled(part.lo), doubled(part.hi)}.intersect(below.bounds());
  // Bricks have an even edge, so no voxel of this level has children in two of them.
  for (const Position p : bricks_of(children)) {
    const Box brick = below.brick_box(p);
    const Box from = brick.intersect(children);
    const Box to = level_box(from, 1);
    const VoxelView target = out.sub({to.lo - part.lo, to.hi - part.lo});
    TERRANE_ASSIGN(const StoredBrick stored, fine.find(p));
    if (!stored.has_voxels()) {
      fill(target, material_of(state, stored.range));
      continue;
    }
    if (pooled != nullptr && from == brick && pooled->take(level - 1, p, scratch.codec, target)) continue;
    const std::span<MaterialId> voxels(scratch.brick.data(), shape_of(brick).voxels());
    TERRANE_TRY(decode_brick(state, level - 1, p, stored, scratch.codec, voxels));
    pool(ConstVoxelView::dense(voxels.data(), brick.size()).sub({from.lo - brick.lo, from.hi - brick.lo}),
         state.fluids, target);
  }
  return ok();
}

namespace {

// The edits that make the parts of bricks that lie in `box` anew from the level below.
Result<std::vector<Edit>> pool_parts(const Volume::State& state, int level, std::span<const Position> bricks,
                                     const Box& box, const Encoding& encoding, PooledBricks* pooled,
                                     const Task& task) {
  TERRANE_ASSIGN(const auto snapshot, state.engine->snapshot());
  std::vector<Edit> edits(bricks.size());
  TERRANE_TRY(parallel_for(state.executor_of(task), bricks.size(), [&](std::size_t i) -> Status {
    TERRANE_TRY(task.check());
    ScratchPool::Lease scratch(state.scratches);
    const Box brick = state.lattice(level).brick_box(bricks[i]);
    const Box part = brick.intersect(box);
    const std::span<MaterialId> content(scratch->coarse.data(), shape_of(brick).voxels());
    const VoxelView view = VoxelView::dense(content.data(), brick.size());
    if (part != brick) TERRANE_TRY(read_here(state, *snapshot, level, brick, view, task));
    BrickCursor fine = state.bricks(*snapshot, level - 1);
    TERRANE_TRY(pool_part(state, fine, level, part, view.sub({part.lo - brick.lo, part.hi - brick.lo}),
                          pooled, *scratch));
    TERRANE_ASSIGN(edits[i],
                   make_edit(state, level, bricks[i], false, encoding, content, shape_of(brick), *scratch));
    if (pooled != nullptr && edits[i].content.kind == RangeKind::kBrick)
      pooled->keep(level, bricks[i], content, scratch->codec);
    return ok();
  }));
  return edits;
}

Status finish_running(Volume::State& state, Pending& stored, const Encoding& encoding, PooledBricks* pooled,
                      const Task& task, WriteLock lock) {
  TERRANE_ASSIGN(const std::vector<Box> pieces, state.world.pieces(stored.box));
  Pending at = stored;
  for (; at.level <= kMaxLevel; ++at.level, at.piece = 0, at.block = 0) {
    for (; at.piece < pieces.size(); ++at.piece, at.block = 0) {
      const Box part = level_box(pieces[at.piece], at.level).intersect(state.lattice(at.level).bounds());
      const BlockPlan plan(part);
      while (at.block < plan.count()) {
        std::unique_lock held(state.write_mutex, std::defer_lock);
        if (lock == WriteLock::kPerBlock) held.lock();
        const Box block = plan.block(at.block);
        TERRANE_ASSIGN(const std::vector<Edit> edits,
                       pool_parts(state, at.level, bricks_of(block), block, encoding, pooled, task));
        ++at.block;
        TERRANE_TRY(commit(state, at.level, edits, {stored, at}, Durability::kBuffered));
        stored = at;
      }
    }
  }
  std::unique_lock held(state.write_mutex, std::defer_lock);
  if (lock == WriteLock::kPerBlock) held.lock();
  return commit(state, 0, {}, {stored, std::nullopt}, Durability::kFsync);
}

}  // namespace

Result<std::vector<Edit>> pool_bricks(const Volume::State& state, int level, std::span<const Position> bricks,
                                      const Encoding& encoding, const Task& task) {
  return pool_parts(state, level, bricks, state.lattice(level).bounds(), encoding, nullptr, task);
}

Status finish_levels(Volume::State& state, Pending pending, const Encoding& encoding, PooledBricks* pooled,
                     const Task& task, WriteLock lock) {
  state.pending.set_running(pending.id, true);
  Status status = finish_running(state, pending, encoding, pooled, task, lock);
  state.pending.set_running(pending.id, false);
  return status;
}

}  // namespace terrane

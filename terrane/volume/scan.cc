#include "terrane/volume/scan.h"

#include <fmt/format.h>

namespace terrane {
namespace {

constexpr std::size_t kBricksAtOnce = 256;

// One box of a level, without a seam.
Status scan_part(const Volume::State& state, const Snapshot& snapshot, int level, const Box& part,
                 const Task& task, const ScanVisitor& visitor) {
  const Lattice& lattice = state.lattice(level);
  BrickCursor cursor = state.bricks(snapshot, level);
  std::vector<ScannedBrick> bricks;
  Progress progress{0, 0, "bricks"};
  const auto flush = [&]() -> Status {
    TERRANE_TRY(parallel_for(state.executor_of(task), bricks.size(), [&](std::size_t i) -> Status {
      TERRANE_TRY(task.check());
      ScratchPool::Lease scratch(state.scratches);
      return visitor.brick(bricks[i], *scratch);
    }));
    progress.done += bricks.size();
    progress.total = progress.done;
    bricks.clear();
    if (task.progress) task.progress(progress);
    return ok();
  };
  Cover cover(lattice, part);
  while (const auto run = cover.next()) {
    for (Position p = run->first;;) {
      TERRANE_TRY(task.check());
      TERRANE_ASSIGN(const StoredBrick stored, cursor.find(p));
      Position last = p;
      if (stored.has_voxels()) {
        const Box brick = lattice.brick_box(p);
        bricks.push_back({p, brick, brick.intersect(part), KeptBrick(stored)});
        if (bricks.size() == kBricksAtOnce) TERRANE_TRY(flush());
      } else {
        TERRANE_ASSIGN(last, cursor.same_until(p, std::min(stored.range.run.last, run->last)));
        visitor.run({p, last}, part, material_of(state, stored.range));
      }
      if (last == run->last) break;
      p = last + 1;
    }
  }
  return flush();
}

}  // namespace

std::vector<Box> boxes_of(const std::vector<World::Piece>& pieces) {
  std::vector<Box> boxes;
  boxes.reserve(pieces.size());
  for (const World::Piece& piece : pieces) boxes.push_back(piece.box);
  return boxes;
}

Status check_countable(const Volume::State& state, const Box& box, int level) {
  constexpr double kMostVoxels = 9223372036854775808.0;  // 2^63
  TERRANE_ASSIGN(const Coord size, state.world.level_shape(box, level));
  if (Box::of_size({}, size).volume() < kMostVoxels) return ok();
  return Error{
      ErrorCode::kExhausted,
      fmt::format("box {} has {} voxels at level {}, and counts go up to 2^63; ask for parts of it, or at "
                  "a coarser level",
                  to_string(box), to_string(size), level)};
}

Status scan(const Volume::State& state, const Box& box, int level, const ReadOptions& options,
            const ScanVisitor& visitor) {
  TERRANE_ASSIGN(const auto pieces, state.world.level_pieces(box, level));
  const std::vector<Box> boxes = boxes_of(pieces);
  TERRANE_ASSIGN(const auto snapshot, snapshot_for(state, level, boxes, options));
  for (const Box& part : boxes) TERRANE_TRY(scan_part(state, *snapshot, level, part, options.task, visitor));
  return ok();
}

Status at_brick(const Volume::State& state, int level, const Box& brick, Status status) {
  if (status) return status;
  Error error = std::move(status).error();
  error.message = fmt::format("brick {} of level {}: {}", to_string(brick), level, error.message);
  if (error.code == ErrorCode::kUnsupported && !state.manifest.strategies.empty()) {
    error.message += "; the store has strategies of an application:";
    for (const auto& [id, strategy] : state.manifest.strategies) {
      error.message +=
          fmt::format(" `{}` (codec {}, version {})", strategy.name, static_cast<int>(id), strategy.version);
    }
  }
  return error;
}

}  // namespace terrane

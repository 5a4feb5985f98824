#include <mutex>

#include "terrane/codec/frame.h"
#include "terrane/volume/scan.h"

namespace terrane {
namespace {

std::uint64_t voxels_of(const Run& run, const Box& box) {
  std::uint64_t sum = 0;
  for_each_cuboid(
      run, [&](const Box& cuboid) { sum += static_cast<std::uint64_t>(cuboid.intersect(box).volume()); });
  return sum;
}

}  // namespace

Result<MaterialCounts> Volume::histogram(const Box& box, int level, const ReadOptions& options) const {
  TERRANE_TRY(state_->keep_fresh());
  const State& state = *state_;
  TERRANE_TRY(state.check_level(level));
  TERRANE_TRY(check_countable(state, box, level));
  MaterialCounts total;
  std::mutex mutex;
  const ScanVisitor visitor{
      .run = [&](const Run& run, const Box& part,
                 MaterialId material) { total.add(material, voxels_of(run, part)); },
      .brick = [&](const ScannedBrick& brick, WorkScratch& scratch) -> Status {
        MaterialCounts& counts = scratch.cleared_counts();
        const StoredBrick stored = brick.kept.stored();
        const BrickContext context(shape_of(brick.brick), prediction_of(state));
        const Box part = {brick.part.lo - brick.brick.lo, brick.part.hi - brick.brick.lo};
        if (stored.deltas.empty()) {
          TERRANE_TRY(at_brick(state, level, brick.brick,
                               frame_histogram(as_bytes(stored.range.frame), context, part, scratch.codec,
                                               counts, state.codecs.get())));
        } else {
          const std::span<MaterialId> voxels(scratch.brick.data(), shape_of(brick.part).voxels());
          const VoxelView out = VoxelView::dense(voxels.data(), brick.part.size());
          TERRANE_TRY(decode_brick_part(state, level, brick.position, stored, part, scratch.codec, out));
          counts.add(std::span<const MaterialId>(voxels));
        }
        std::scoped_lock lock(mutex);
        total.add(counts);
        return ok();
      }};
  TERRANE_TRY(scan(state, box, level, options, visitor));
  return total;
}

}  // namespace terrane

#include <fmt/format.h>
#include <sys/mman.h>

#include <algorithm>
#include <memory>

#include "terrane/codec/frame.h"
#include "terrane/codec/patch.h"
#include "terrane/volume/scan.h"
#include "terrane/volume/state.h"

namespace terrane {
namespace {

constexpr std::size_t kBricksPerJob = 16;
constexpr double kMaxReadVoxels = 8589934592.0;  // 2^33

struct Target {
  Position position;
  Box part;  // of the box read, in voxels of the level
};

Box shifted(const Box& box, Coord by) {
  return {box.lo - by, box.hi - by};
}

std::vector<Target> targets_of(const Volume::State& state, int level, const Box& box) {
  std::vector<Target> targets;
  const Lattice& lattice = state.lattice(level);
  for (const Position p : bricks_of(box)) {
    targets.push_back({p, lattice.brick_box(p).intersect(box)});
  }
  return targets;
}

void copy_cell(const Cell& cell, const Box& brick, const Target& target, const Box& box, VoxelView out) {
  const VoxelView to = out.sub(shifted(target.part, box.lo));
  const Box part = shifted(target.part, brick.lo);
  const Coord size = brick.size();
  if (cell.count == 0) {
    fill(to, cell.material);
  } else {
    copy(ConstVoxelView::dense(cell.voxels.get(), size).sub(part), to);
  }
  for (const PatchVoxel& v : cell.edited) {
    const Coord c = {v.place / size.z / size.y, v.place / size.z % size.y, v.place % size.z};
    if (part.contains(c)) to.at(c - part.lo) = v.material;
  }
}

// An array to be written at once. Fresh pages are dear, one by one: a large array asks for large pages.
VoxelArray array_of(Coord size) {
  const auto voxels = static_cast<std::size_t>(Box{{0, 0, 0}, size}.volume());
  VoxelArray array;
  array.size = size;
  array.voxels.reserve(voxels);
#if defined(MADV_HUGEPAGE)
  constexpr std::size_t kLargePage = std::size_t{2} << 20;
  void* pages = array.voxels.data();
  std::size_t bytes = voxels * sizeof(MaterialId);
  if (std::align(kLargePage, kLargePage, pages, bytes) != nullptr)
    ::madvise(pages, bytes / kLargePage * kLargePage, MADV_HUGEPAGE);
#endif
  array.voxels.resize(voxels);
  return array;
}

}  // namespace

BrickShape shape_of(const Box& brick_box) {
  const Coord s = brick_box.size();
  return {static_cast<int>(s.x), static_cast<int>(s.y), static_cast<int>(s.z)};
}

std::vector<Position> bricks_of(const Box& box) {
  const BrickCoord lo = brick_of(box.lo);
  const BrickCoord hi = brick_of(box.hi - Coord{1, 1, 1});
  std::vector<Position> positions;
  positions.reserve(std::size_t{hi.x - lo.x + 1} * (hi.y - lo.y + 1) * (hi.z - lo.z + 1));
  for (std::uint32_t x = lo.x; x <= hi.x; ++x) {
    for (std::uint32_t y = lo.y; y <= hi.y; ++y) {
      for (std::uint32_t z = lo.z; z <= hi.z; ++z) positions.push_back(position_of({x, y, z}));
    }
  }
  std::sort(positions.begin(), positions.end());
  return positions;
}

MaterialId material_of(const Volume::State& state, const format::Range& range) {
  return range.content.kind == RangeKind::kUniform ? range.content.material : state.manifest.fill;
}

Status decode_brick(const Volume::State& state, int level, Position position, const StoredBrick& stored,
                    CodecScratch& scratch, std::span<MaterialId> voxels) {
  const Box brick = state.lattice(level).brick_box(position);
  const BrickContext context(shape_of(brick), prediction_of(state));
  if (stored.range.content.kind == RangeKind::kBrick) {
    TERRANE_TRY(at_brick(state, level, brick,
                         decode_frame(as_bytes(stored.range.frame), context, CheckVoxels::kNo, scratch,
                                      voxels, state.codecs.get())));
  } else {
    std::fill(voxels.begin(), voxels.end(), material_of(state, stored.range));
  }
  std::vector<PatchVoxel> patch;
  for (const DeltaCursor::Entry& delta : stored.deltas) {
    TERRANE_TRY(
        at_brick(state, level, brick, read_patch(as_bytes(delta.patch), context.shape, scratch, patch)));
    apply_patch(patch, voxels);
  }
  return ok();
}

Status decode_brick_part(const Volume::State& state, int level, Position position, const StoredBrick& stored,
                         const Box& part, CodecScratch& scratch, VoxelView out) {
  const Box brick = state.lattice(level).brick_box(position);
  const BrickContext context(shape_of(brick), prediction_of(state));
  if (stored.range.content.kind == RangeKind::kBrick) {
    TERRANE_TRY(at_brick(
        state, level, brick,
        decode_frame_part(as_bytes(stored.range.frame), context, part, scratch, out, state.codecs.get())));
  } else {
    fill(out, material_of(state, stored.range));
  }
  std::vector<PatchVoxel> patch;
  const auto ny = static_cast<std::uint32_t>(context.shape.ny),
             nz = static_cast<std::uint32_t>(context.shape.nz);
  for (const DeltaCursor::Entry& delta : stored.deltas) {
    TERRANE_TRY(
        at_brick(state, level, brick, read_patch(as_bytes(delta.patch), context.shape, scratch, patch)));
    for (const PatchVoxel& v : patch) {
      const Coord c = {v.place / nz / ny, v.place / nz % ny, v.place % nz};
      if (part.contains(c)) out.at(c - part.lo) = v.material;
    }
  }
  return ok();
}

namespace {

Result<CellPtr> load_brick(const Volume::State& state, std::uint64_t version, int level, Position position,
                           const StoredBrick& stored) {
  return state.cache.find_or_load(level, position, version, [&]() -> Result<CellPtr> {
    auto cell = std::make_shared<Cell>();
    cell->kind = RangeKind::kBrick;
    cell->count = shape_of(state.lattice(level).brick_box(position)).voxels();
    VoxelBuffers::Buffer voxels = state.buffers.lend(cell->count);
    ScratchPool::Lease scratch(state.scratches);
    TERRANE_TRY(decode_brick(state, level, position, stored, scratch->codec, {voxels.get(), cell->count}));
    cell->voxels = std::move(voxels);
    return CellPtr(std::move(cell));
  });
}

CellPtr keep_uniform(const Volume::State& state, std::uint64_t version, int level, Position position,
                     const format::Range& range) {
  auto cell = std::make_shared<Cell>();
  cell->kind = range.content.kind;
  cell->material = material_of(state, range);
  state.cache.insert(level, position, version, cell);
  return cell;
}

// Whether it pays to decode a part of a brick and keep nothing: it costs at most half of the whole, and there
// is no sign yet that the brick is wanted again; or nothing can be kept.
bool reads_part(const Volume::State& state, int level, const Target& target, const Box& brick,
                CodecId codec_id) {
  if (target.part == brick) return false;
  const Coord size = brick.size();
  if (!state.cache.has_room_for(shape_of(brick).voxels())) return true;
  // What has no place for each voxel is decoded from its beginning to the part's last plane; but rows, mostly
  // copies of each other, are read quickly and cost what is written.
  const Codec* codec = state.codecs->find(codec_id);
  const bool by_volume = codec_id == CodecId::kRows || (codec != nullptr && codec->in_place());
  const bool little =
      by_volume ? 2 * target.part.volume() <= brick.volume() : 2 * (target.part.hi.x - brick.lo.x) <= size.x;
  return little && !state.cache.asked_before(level, target.position);
}

// Reads a target that the cache has not. The first time that a small part of a brick is wanted, only that is
// decoded, to where it is wanted; else the brick is loaded whole.
Status read_absent(const Volume::State& state, const Snapshot& snapshot, BrickCursor& cursor, int level,
                   const Target& target, const Box& box, VoxelView out) {
  const std::uint64_t version = snapshot.version();
  const Box brick = state.lattice(level).brick_box(target.position);
  TERRANE_ASSIGN(const StoredBrick stored, cursor.find(target.position));
  if (!stored.has_voxels()) {
    copy_cell(*keep_uniform(state, version, level, target.position, stored.range), brick, target, box, out);
    return ok();
  }
  if (reads_part(state, level, target, brick, stored.range.codec)) {
    ScratchPool::Lease scratch(state.scratches);
    return decode_brick_part(state, level, target.position, stored, shifted(target.part, brick.lo),
                             scratch->codec, out.sub(shifted(target.part, box.lo)));
  }
  TERRANE_ASSIGN(const CellPtr cell, load_brick(state, version, level, target.position, stored));
  copy_cell(*cell, brick, target, box, out);
  return ok();
}

}  // namespace

Result<CellPtr> read_cell(const Volume::State& state, const Snapshot& snapshot, BrickCursor& cursor,
                          int level, Position position) {
  const std::uint64_t version = snapshot.version();
  if (CellPtr cell = state.cache.find(level, position, version)) return cell;
  TERRANE_ASSIGN(const StoredBrick stored, cursor.find(position));
  if (!stored.has_voxels()) return keep_uniform(state, version, level, position, stored.range);
  return load_brick(state, version, level, position, stored);
}

Status read_box(const Volume::State& state, const Snapshot& snapshot, int level, const Box& box,
                VoxelView out, const Task& task) {
  const std::vector<Target> targets = targets_of(state, level, box);
  const Lattice& lattice = state.lattice(level);
  const std::size_t jobs = (targets.size() + kBricksPerJob - 1) / kBricksPerJob;
  return parallel_for(state.executor_of(task), jobs, [&](std::size_t job) -> Status {
    std::optional<BrickCursor> cursor;
    const std::size_t end = std::min(targets.size(), (job + 1) * kBricksPerJob);
    for (std::size_t i = job * kBricksPerJob; i < end; ++i) {
      TERRANE_TRY(task.check());
      const Target& target = targets[i];
      if (const CellPtr cell = state.cache.find(level, target.position, snapshot.version())) {
        copy_cell(*cell, lattice.brick_box(target.position), target, box, out);
        continue;
      }
      if (!cursor) cursor.emplace(state.bricks(snapshot, level));
      TERRANE_TRY(read_absent(state, snapshot, *cursor, level, target, box, out));
    }
    return ok();
  });
}

std::size_t index_in_brick(const Volume::State& state, int level, Coord voxel) {
  const Coord n = state.lattice(level).extent();
  const auto offset = [](std::int64_t v) { return v % kBrickEdge; };
  const auto edge = [&](std::int64_t v, std::int64_t end) {
    return std::min<std::int64_t>(kBrickEdge, end - (v - offset(v)));
  };
  const std::int64_t ny = edge(voxel.y, n.y), nz = edge(voxel.z, n.z);
  return static_cast<std::size_t>((offset(voxel.x) * ny + offset(voxel.y)) * nz + offset(voxel.z));
}

Result<MaterialId> material_at(const Volume::State& state, const Snapshot& snapshot, int level, Coord voxel) {
  BrickCursor cursor = state.bricks(snapshot, level);
  TERRANE_ASSIGN(const CellPtr cell, read_cell(state, snapshot, cursor, level, position_of(brick_of(voxel))));
  return cell->at(index_in_brick(state, level, voxel));
}

Status read_here(const Volume::State& state, const Snapshot& snapshot, int level, const Box& box,
                 VoxelView out, const Task& task) {
  InlineExecutor here;
  Task alone = task;
  alone.executor = &here;
  return read_box(state, snapshot, level, box, out, alone);
}

Result<VoxelArray> Volume::read(const ReadRequest& request) const {
  TERRANE_ASSIGN(const Coord size, shape(request.box, request.lod));
  if (Box{{0, 0, 0}, size}.volume() > kMaxReadVoxels) {
    return Error{
        ErrorCode::kExhausted,
        fmt::format("box {} has {} voxels at level {}; one read gives at most 2^33. Read it in parts, or "
                    "at a coarser level",
                    to_string(request.box), to_string(size), request.lod)};
  }
  VoxelArray array = array_of(size);
  TERRANE_TRY(read(request.box, request.lod, array.view(), request.options));
  return array;
}

}  // namespace terrane

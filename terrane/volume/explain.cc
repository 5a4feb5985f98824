#include "terrane/volume/explain.h"

#include <algorithm>

#include "terrane/base/hash.h"
#include "terrane/codec/frame.h"
#include "terrane/volume/scan.h"

namespace terrane {
namespace {

constexpr int kReads = 64;

// Along one axis of a box: how long the parts are that the lattice of bricks cuts it into, and how many are
// so.
std::vector<std::pair<int, std::uint64_t>> cuts(std::int64_t lo, std::int64_t hi) {
  std::vector<std::pair<int, std::uint64_t>> out;
  const std::int64_t first = std::min(hi, (lo / kBrickEdge + 1) * kBrickEdge),
                     last = hi / kBrickEdge * kBrickEdge;
  out.emplace_back(static_cast<int>(first - lo), 1);
  if (last > first) out.emplace_back(kBrickEdge, static_cast<std::uint64_t>((last - first) / kBrickEdge));
  if (hi > std::max(first, last)) out.emplace_back(static_cast<int>(hi - std::max(first, last)), 1);
  return out;
}

// Adds the bricks of a box of one material, each by itself.
void add_uniform(const Box& box, MaterialId material, MaterialId predicted, BrickStats& sum) {
  if (box.empty()) return;
  BrickStats one;
  for (const auto& [nx, xs] : cuts(box.lo.x, box.hi.x)) {
    for (const auto& [ny, ys] : cuts(box.lo.y, box.hi.y)) {
      for (const auto& [nz, zs] : cuts(box.lo.z, box.hi.z)) {
        uniform_brick_stats({nx, ny, nz}, material, predicted, one);
        sum.add(one, xs * ys * zs);
      }
    }
  }
}

template <class Work>
double time_us(const Clock& clock, const Work& work) {
  const Clock::Instant begun = clock.now();
  work();
  return std::chrono::duration<double, std::micro>(clock.now() - begun).count();
}

Result<MeasuredCodec> measure(const Volume::State& state, const Codec& codec,
                              std::span<const MaterialId> voxels, const BrickContext& brick, Policy policy,
                              WorkScratch& scratch) {
  MeasuredCodec m;
  m.codec = &codec;
  std::string bytes;
  bool taken = false;
  m.encode_us = time_us(
      state.clock, [&] { taken = codec.encode(voxels, brick, {.policy = policy}, scratch.codec, bytes); });
  if (!taken) return MeasuredCodec{};
  m.bytes = bytes.size();
  const std::span<MaterialId> room(scratch.brick.data(), voxels.size());
  Status status = ok();
  m.decode_us = time_us(state.clock, [&] {
    status = codec.decode(as_bytes(bytes), codec.version(), brick, scratch.codec, room);
  });
  TERRANE_TRY(std::move(status));
  if (!std::equal(room.begin(), room.end(), voxels.begin())) {
    return Error{ErrorCode::kInternal, "the strategy `" + std::string(codec.name()) +
                                           "` does not give back the voxels that it was given"};
  }
  Random random(1);
  m.read_us =
      time_us(state.clock,
              [&] {
                for (int i = 0; i < kReads; ++i) {
                  const Coord c = {random.between(0, brick.shape.nx), random.between(0, brick.shape.ny),
                                   random.between(0, brick.shape.nz)};
                  (void)codec.at(as_bytes(bytes), codec.version(), brick, c, scratch.codec).has_value();
                }
              }) /
      kReads;
  return m;
}

Status decide_for(const Volume::State& state, std::span<const MaterialId> voxels,
                  const ExplainOptions& options, WorkScratch& scratch, Explanation& out) {
  const BrickShape shape = shape_of(out.brick);
  const Policy policy = options.encoding.policy;
  out.decision.emplace();
  const CostModel& model = state.calibrated_model();
  out.cost_model = model.name();
  decide(out.stats, shape, out.access, out.requirements, model, policy, *state.codecs, *out.decision);
  out.reason = reason(*out.decision, out.stats, out.access);
  out.guide = guide_choice(out.report, state.water);
  if (!options.measure) return ok();
  const BrickContext brick(shape, prediction_of(state));
  for (const Codec* codec : state.codecs->all()) {
    TERRANE_TRY(options.read.task.check());
    TERRANE_ASSIGN(const MeasuredCodec m, measure(state, *codec, voxels, brick, policy, scratch));
    if (m.codec != nullptr) out.measured.push_back(m);
  }
  return ok();
}

}  // namespace

Result<BoxAnalysis> Volume::analyze(const Box& box, int level, const ReadOptions& options) const {
  TERRANE_TRY(state_->keep_fresh());
  const State& state = *state_;
  TERRANE_TRY(state.check_level(level));
  TERRANE_TRY(check_countable(state, box, level));
  BoxAnalysis out{box, level, {}, {}};
  std::mutex mutex;
  const MaterialId predicted = state.manifest.fill;
  const ScanVisitor visitor{
      .run =
          [&](const Run& run, const Box& part, MaterialId material) {
            for_each_cuboid(run, [&](const Box& cuboid) {
              add_uniform(cuboid.intersect(part), material, predicted, out.stats);
            });
          },
      .brick = [&](const ScannedBrick& brick, WorkScratch& scratch) -> Status {
        const std::span<MaterialId> whole(scratch.brick.data(), shape_of(brick.brick).voxels());
        TERRANE_TRY(decode_brick(state, level, brick.position, brick.kept.stored(), scratch.codec, whole));
        std::span<const MaterialId> voxels = whole;
        if (brick.part != brick.brick) {
          const Box part = {brick.part.lo - brick.brick.lo, brick.part.hi - brick.brick.lo};
          const std::span<MaterialId> cut(scratch.coarse.data(), shape_of(brick.part).voxels());
          copy(ConstVoxelView::dense(whole.data(), brick.brick.size()).sub(part),
               VoxelView::dense(cut.data(), part.size()));
          voxels = cut;
        }
        analyze_brick(voxels, shape_of(brick.part), predicted, scratch.analyze, scratch.stats);
        std::scoped_lock lock(mutex);
        out.stats.add(scratch.stats);
        return ok();
      }};
  TERRANE_TRY(scan(state, box, level, options, visitor));
  out.report = homogeneity(out.stats, state.water);
  return out;
}

Result<Explanation> Volume::explain(Coord voxel, const ExplainOptions& options) const {
  TERRANE_TRY(state_->keep_fresh());
  const State& state = *state_;
  const int level = options.level;
  TERRANE_TRY(state.check_level(level));
  TERRANE_TRY(state.check_voxel(voxel));
  TERRANE_TRY(state.check_encoding(options.encoding));
  const Coord c = {voxel.x >> level, voxel.y >> level, voxel.z >> level};
  const Position position = position_of(brick_of(c));
  const Box brick = state.lattice(level).brick_box(position);
  TERRANE_ASSIGN(const auto snapshot, snapshot_for(state, level, {&brick, 1}, options.read));
  BrickCursor cursor = state.bricks(*snapshot, level);
  TERRANE_ASSIGN(const StoredBrick stored, cursor.find(position));
  Explanation out;
  out.codecs = state.codecs;
  out.brick = brick;
  out.level = level;
  out.stored = info_of(state, stored.range);
  out.access = options.access ? *options.access : access(region_of(position), level);
  out.requirements = options.encoding.requirements ? *options.encoding.requirements
                                                   : Requirements::of(options.encoding.policy);
  ScratchPool::Lease scratch(state.scratches);
  VoxelArray voxels(brick.size());
  TERRANE_TRY(decode_brick(state, level, position, stored, scratch->codec, voxels.voxels));
  analyze_brick(voxels.voxels, shape_of(brick), state.manifest.fill, scratch->analyze, out.stats);
  out.report = homogeneity(out.stats, state.water);
  if (out.stats.distinct() > 1) {
    TERRANE_TRY(decide_for(state, voxels.voxels, options, *scratch, out));
  } else {
    out.reason = "one material: a range on the line, a few bytes for all its bricks together";
  }
  return out;
}

}  // namespace terrane

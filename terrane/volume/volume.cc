#include "terrane/volume/volume.h"

#include <fmt/format.h>

#include <filesystem>

#include "terrane/codec/frame.h"
#include "terrane/store/engines.h"
#include "terrane/store/staged_engine.h"
#include "terrane/volume/make_directory.h"
#include "terrane/volume/scan.h"
#include "terrane/volume/state.h"

namespace terrane {

namespace fs = std::filesystem;

namespace {

std::string engine_path(const std::string& where) {
  return where + "/db";
}

// An engine whose batches over several units are atomic, if it takes staging.
Result<std::unique_ptr<Engine>> atomic_across_units(std::unique_ptr<Engine> engine, Access access) {
  if (engine->traits().atomic_across_units) return engine;
  return open_staged_engine(std::move(engine),
                            access == Access::kWrite ? EngineMode::kWrite : EngineMode::kReadOnly);
}

}  // namespace

Result<std::shared_ptr<const Snapshot>> snapshot_for(const Volume::State& state, int level,
                                                     std::span<const Box> boxes, const ReadOptions& options) {
  for (;;) {
    const std::uint64_t generation = state.pending.generation();
    if (!options.allow_incomplete) {
      for (const Box& box : boxes) TERRANE_TRY(state.pending.check(level, box, options.task));
    }
    TERRANE_ASSIGN(auto snapshot, state.engine->snapshot());
    if (options.allow_incomplete || state.pending.generation() == generation) return snapshot;
  }
}

RangeInfo info_of(const Volume::State& state, const format::Range& range) {
  RangeInfo info;
  info.run = range.run;
  info.kind = range.content.kind;
  info.material = range.content.kind == RangeKind::kPredicted ? state.manifest.fill : range.content.material;
  info.written = range.content.written;
  info.codec = range.codec;
  info.codec_version = range.codec_version;
  info.stored_bytes = range.bytes;
  return info;
}

std::string_view name(RangeKind kind) {
  switch (kind) {
    case RangeKind::kUniform:
      return "uniform";
    case RangeKind::kPredicted:
      return "predicted";
    case RangeKind::kBrick:
      return "brick";
  }
  return "unknown";
}

Volume::Volume(std::unique_ptr<State> state) : state_(std::move(state)) {}
Volume::Volume(Volume&&) noexcept = default;
Volume& Volume::operator=(Volume&&) noexcept = default;
Volume::~Volume() = default;

Result<Volume> Volume::create_on(std::unique_ptr<Engine> engine, CreateOptions create, OpenOptions options) {
  TERRANE_ASSIGN(World world, World::create(create.world));
  TERRANE_ASSIGN(engine, atomic_across_units(std::move(engine), Access::kWrite));
  Manifest manifest{world.settings(), create.fill, std::move(create.catalogue), {}};
  const std::uint64_t model = format::constant_model(manifest.fill);
  Batch batch;
  format::Totals totals;
  const std::string value = manifest_value(manifest);
  batch.require(format::meta_unit(), format::manifest_key(), std::nullopt);
  batch.put(format::meta_unit(), format::manifest_key(), value);
  totals.stored_bytes = format::manifest_key().size() + value.size();
  totals.meta_keys = 1;
  totals.meta_sum = format::seal_of(value);
  for (int level = 0; level <= kMaxLevel; ++level) {
    const MapDelta delta = create_map(level, model, batch);
    totals.stored_bytes += delta.bytes;
    totals.record_sum += delta.record_sum;
    if (level == 0) totals.level0 = delta.counters;
  }
  batch.put(format::meta_unit(), format::totals_key(), format::totals_value(totals, model));
  TERRANE_TRY(engine->write(std::move(batch), Durability::kFsync));
  options.access = Access::kWrite;
  return open_on(std::move(engine), options);
}

Result<std::unique_ptr<Volume::State>> Volume::load_on(std::unique_ptr<Engine> engine,
                                                       const OpenOptions& options) {
  Manifest manifest;
  {
    TERRANE_ASSIGN(const auto snapshot, engine->snapshot());
    TERRANE_ASSIGN(const auto value, snapshot->get(format::meta_unit(), format::manifest_key()));
    if (!value) return missing("there is no manifest in the store: it was never finished, or data was lost");
    TERRANE_ASSIGN(manifest, parse_manifest(*value));
  }
  TERRANE_ASSIGN(World world, World::create(manifest.world));
  auto state = std::make_unique<State>(std::move(engine), std::move(manifest), std::move(world), options);
  TERRANE_TRY(state->load());
  return state;
}

Result<Volume> Volume::open_on(std::unique_ptr<Engine> engine, const OpenOptions& options) {
  TERRANE_ASSIGN(engine, atomic_across_units(std::move(engine), options.access));
  TERRANE_ASSIGN(auto state, load_on(std::move(engine), options));
  TERRANE_TRY(state->take_down_codecs());
  if (state->writable) TERRANE_TRY(state->catch_up());
  return Volume(std::move(state));
}

Result<Volume> Volume::create(const std::string& where, CreateOptions create, OpenOptions options) {
  if (where == "memory:") return create_on(make_memory_engine(), std::move(create), options);
  TERRANE_TRY(World::create(create.world));
  std::error_code error;
  const bool existed = fs::exists(where, error);
  if (existed && !(fs::is_directory(where, error) && fs::is_empty(where, error))) {
    return invalid(fmt::format("`{}` exists already; choose another name, or remove it first", where));
  }
  TERRANE_TRY(make_directory(where));
  auto made = [&]() -> Result<Volume> {
    TERRANE_ASSIGN(auto engine, open_rocks_engine(engine_path(where), EngineMode::kCreate));
    TERRANE_ASSIGN(Volume volume, create_on(std::move(engine), std::move(create), options));
    volume.state_->path = where;
    TERRANE_TRY(volume.state_->save_epoch());
    return volume;
  }();
  if (!made) {
    // Nothing of it was a store yet.
    fs::remove_all(engine_path(where), error);
    fs::remove(where + "/epoch", error);
    if (!existed) fs::remove(where, error);
  }
  return made;
}

Result<Volume> Volume::open(const std::string& where, const OpenOptions& options) {
  if (where == "memory:") return invalid("`memory:` holds nothing to open; create a store there");
  std::error_code error;
  if (!fs::is_directory(engine_path(where), error)) {
    return Error{ErrorCode::kNotFound,
                 fmt::format("there is no terrane store at `{}`; make one with `terrane create`", where)};
  }
  // Before the engine: a writer beside us only moves on, so what the engine then holds is no older.
  TERRANE_ASSIGN(const auto epoch, read_epoch_file(where));
  const bool write = options.access == Access::kWrite;
  TERRANE_ASSIGN(auto engine,
                 open_rocks_engine(engine_path(where), write ? EngineMode::kWrite : EngineMode::kReadOnly));
  TERRANE_ASSIGN(auto state, load_on(std::move(engine), options));
  if (epoch && *epoch > state->totals.epoch) {
    state->writable = false;
    return corrupt(
        fmt::format("the store `{}` went back in time: batch {} was on disk and batch {} is the last now; "
                    "{}/db was replaced by an older copy. Put the newer one back",
                    where, *epoch, state->totals.epoch, where));
  }
  state->path = where;
  TERRANE_TRY(state->take_down_codecs());
  if (state->writable) TERRANE_TRY(state->catch_up());
  return Volume(std::move(state));
}

const World& Volume::world() const {
  return state_->world;
}
const Catalogue& Volume::catalogue() const {
  return state_->manifest.catalogue;
}
MaterialId Volume::fill() const {
  return state_->manifest.fill;
}
Executor& Volume::executor() const {
  return *state_->executor;
}
const CodecTable& Volume::codecs() const {
  return *state_->codecs;
}
AccessPattern Volume::access(RegionId region, int level) const {
  return state_->access.of(level, region);
}
void Volume::forget_access() {
  state_->access.clear();
}
void Volume::drop_cache() const {
  state_->cache.clear();
}

Result<MaterialId> Volume::at(Coord voxel, int level, const ReadOptions& options) const {
  TERRANE_TRY(state_->keep_fresh());
  const State& state = *state_;
  TERRANE_TRY(state.check_level(level));
  TERRANE_TRY(state.check_voxel(voxel));
  const Coord c = {voxel.x >> level, voxel.y >> level, voxel.z >> level};
  const Box box = Box::of_size(c, {1, 1, 1});
  if (!state.pending.empty() && !options.allow_incomplete)
    TERRANE_TRY(state.pending.check(level, box, options.task));
  // While a brick changes the cache knows no newest cell of it.
  constexpr std::uint64_t kNewest = ~std::uint64_t{0};
  const std::size_t index = index_in_brick(state, level, c);
  state.access.point(level, position_of(brick_of(c)));
  if (const auto material = state.cache.voxel(level, position_of(brick_of(c)), kNewest, index))
    return *material;
  TERRANE_ASSIGN(const auto snapshot, snapshot_for(state, level, {&box, 1}, options));
  return material_at(state, *snapshot, level, c);
}

Result<Coord> Volume::shape(const Box& box, int level) const {
  TERRANE_TRY(state_->check_level(level));
  return state_->world.level_shape(box, level);
}

Status Volume::read(const Box& box, int level, VoxelView out, const ReadOptions& options) const {
  TERRANE_TRY(state_->keep_fresh());
  const State& state = *state_;
  TERRANE_TRY(state.check_level(level));
  TERRANE_ASSIGN(const auto pieces, state.world.level_pieces(box, level));
  TERRANE_ASSIGN(const Coord shape, state.world.level_shape(box, level));
  if (out.size != shape) {
    return invalid(fmt::format("the array has {} voxels and box {} at level {} has {}; make them equal",
                               to_string(out.size), to_string(box), level, to_string(shape)));
  }
  const std::vector<Box> boxes = boxes_of(pieces);
  TERRANE_ASSIGN(const auto snapshot, snapshot_for(state, level, boxes, options));
  for (const auto& piece : pieces) {
    const Box part = Box::of_size({piece.out_x, 0, 0}, piece.box.size());
    state.count_read(level, piece.box);
    TERRANE_TRY(read_box(state, *snapshot, level, piece.box, out.sub(part), options.task));
  }
  return ok();
}

Result<PointInfo> Volume::locate(Coord voxel, int level, const ReadOptions& options) const {
  TERRANE_TRY(state_->keep_fresh());
  const State& state = *state_;
  TERRANE_TRY(state.check_level(level));
  TERRANE_TRY(state.check_voxel(voxel));
  const Coord c = {voxel.x >> level, voxel.y >> level, voxel.z >> level};
  const Box box = Box::of_size(c, {1, 1, 1});
  TERRANE_ASSIGN(const auto snapshot, snapshot_for(state, level, {&box, 1}, options));
  const Position position = position_of(brick_of(c));
  MapCursor cursor = state.cursor(*snapshot, level);
  TERRANE_ASSIGN(const format::Range range, cursor.find(position));
  PointInfo info;
  info.level = level;
  info.range = info_of(state, range);
  TERRANE_ASSIGN(info.material, material_at(state, *snapshot, level, c));
  return info;
}

Status Volume::visit(const Box& box, int level, const RangeVisitor& visit, const ReadOptions& options) const {
  TERRANE_TRY(state_->keep_fresh());
  const State& state = *state_;
  TERRANE_TRY(state.check_level(level));
  TERRANE_ASSIGN(const auto pieces, state.world.level_pieces(box, level));
  const std::vector<Box> boxes = boxes_of(pieces);
  TERRANE_ASSIGN(const auto snapshot, snapshot_for(state, level, boxes, options));
  for (const Box& part : boxes) {
    MapCursor cursor = state.cursor(*snapshot, level);
    std::optional<Position> seen;  // the last position of the range visited last
    for (const Run& run : state.lattice(level).cover(part)) {
      Position p = run.first;
      if (seen && p <= *seen) {
        if (*seen >= run.last) continue;
        p = *seen + 1;
      }
      for (;;) {
        TERRANE_TRY(options.task.check());
        TERRANE_ASSIGN(const format::Range range, cursor.find(p));
        TERRANE_TRY(visit(info_of(state, range)));
        seen = range.run.last;
        if (range.run.last >= run.last) break;
        p = range.run.last + 1;
      }
    }
  }
  return ok();
}

double VolumeInfo::reduction() const {
  if (ingested_bytes == 0) return 0;
  return 1.0 - static_cast<double>(stored_bytes) / static_cast<double>(ingested_bytes);
}

Result<VolumeInfo> Volume::info() const {
  TERRANE_TRY(state_->keep_fresh());
  const State& state = *state_;
  format::Totals totals;
  {
    std::scoped_lock lock(state.totals_mutex);
    totals = state.totals;
  }
  VolumeInfo info;
  info.world = state.world.settings();
  info.fill = state.manifest.fill;
  info.logical_bytes = 2 * state.world.bounds().volume();
  info.ingested_bytes = 2 * totals.level0.written_voxels;
  info.stored_bytes =
      totals.stored_bytes + format::totals_key().size() + format::totals_value(totals, state.model).size();
  info.level0_bytes = totals.level0.bytes;
  info.uniform = totals.level0.uniform;
  info.predicted = totals.level0.predicted;
  info.bricks = totals.level0.bricks;
  for (const auto& [id, strategy] : state.manifest.strategies) {
    info.private_codecs.push_back({id, strategy.name, strategy.version, state.codecs->find(id) != nullptr});
  }
  for (const auto& [id, use] : totals.level0.codecs) info.codecs[state.codec_name(id)] = use;
  for (const format::Pending& pending : state.pending.all()) {
    info.unfinished.push_back({pending.box, pending.source});
  }
  info.epoch = totals.epoch;
  info.batches = totals.batches;
  info.pooled = totals.pooled;
  info.deltas = totals.deltas;
  info.format = fmt::format("{}.{}", format::kMajor, format::kMinor);
  TERRANE_ASSIGN(info.disk_bytes, state.engine->disk_bytes());
  return info;
}

Status Volume::compact() {
  TERRANE_TRY(state_->check_writable());
  TERRANE_TRY(state_->save_epoch());
  return state_->engine->compact();
}

Status Volume::checkpoint(const std::string& path) const {
  std::error_code error;
  if (state_->path.empty()) return state_->engine->checkpoint(path);
  if (fs::exists(path, error)) return invalid(fmt::format("`{}` exists already; choose another name", path));
  TERRANE_TRY(make_directory(path));
  std::uint64_t epoch = 0;
  {
    std::scoped_lock lock(state_->totals_mutex);
    epoch = state_->totals.epoch;
  }
  TERRANE_TRY(state_->engine->checkpoint(engine_path(path)));
  return write_epoch_file(path, epoch);
}

Status Volume::refresh() {
  if (state_->writable) return invalid("the store is open for writing and always sees its own writes");
  return state_->refresh();
}

Status Volume::adopt_catalogue(const Catalogue& catalogue) {
  State& state = *state_;
  TERRANE_TRY(state.check_writable());
  if (state.manifest.catalogue == catalogue) return ok();
  std::scoped_lock lock(state.write_mutex);
  if (!state.manifest.catalogue.empty() || state.totals.level0.written_voxels != 0) {
    return Error{
        ErrorCode::kConflict,
        "the store has another catalogue, or was written to without one; the fluids of a catalogue decide "
        "how levels are pooled, so it cannot change now. Create a store with this catalogue"};
  }
  Manifest changed = state.manifest;
  changed.catalogue = catalogue;
  return replace_manifest(state, std::move(changed));
}

}  // namespace terrane

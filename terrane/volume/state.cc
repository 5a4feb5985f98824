#include "terrane/volume/state.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <thread>

namespace terrane {

using format::Pending;

WorkScratch::WorkScratch() {
  constexpr std::size_t kVoxels = std::size_t{kBrickEdge} * kBrickEdge * kBrickEdge;
  brick.resize(kVoxels);
  coarse.resize(kVoxels);
}

MaterialCounts& WorkScratch::cleared_counts() {
  if (counts_) {
    counts_->clear();
  } else {
    counts_.emplace();
  }
  return *counts_;
}

ScratchPool::Lease::Lease(ScratchPool& pool) : pool_(pool) {
  {
    std::scoped_lock lock(pool_.mutex_);
    if (!pool_.idle_.empty()) {
      scratch_ = std::move(pool_.idle_.back());
      pool_.idle_.pop_back();
    }
  }
  if (!scratch_) scratch_ = std::make_unique<WorkScratch>();
}

ScratchPool::Lease::~Lease() {
  std::scoped_lock lock(pool_.mutex_);
  pool_.idle_.push_back(std::move(scratch_));
}

namespace {

std::vector<Lattice> all_lattices(Coord extent) {
  std::vector<Lattice> out;
  for (int level = 0; level <= kMaxLevel; ++level) out.emplace_back(extent, level);
  return out;
}

std::unique_ptr<Executor> make_executor(const OpenOptions& options) {
  if (options.executor != nullptr) return nullptr;
  const std::size_t threads = options.threads != 0 ? options.threads : std::thread::hardware_concurrency();
  return std::make_unique<ThreadPool>(threads);
}

}  // namespace

Volume::State::State(std::unique_ptr<Engine> the_engine, Manifest the_manifest, World the_world,
                     const OpenOptions& options)
    : engine(std::move(the_engine)),
      manifest(std::move(the_manifest)),
      world(std::move(the_world)),
      fluids(manifest.catalogue.fluids()),
      water(manifest.catalogue.water()),
      model(format::constant_model(manifest.fill)),
      one_keyspace(engine->traits().one_keyspace),
      writable(options.access == Access::kWrite),
      max_staleness(options.max_staleness),
      lattices(all_lattices(world.extent())),
      codecs(options.codecs ? options.codecs : std::make_shared<const CodecTable>()),
      cost_model(options.cost_model ? options.cost_model : std::make_shared<const AnalyticPrices>()),
      own_prices(options.cost_model == nullptr),
      own_executor(make_executor(options)),
      executor(options.executor != nullptr ? options.executor : own_executor.get()),
      cache(options.cache_bytes),
      pending(world, lattices),
      refreshed_(clock.now()) {}

Volume::State::~State() {
  // Nothing acknowledged waits for this: it only spares the next opening a replay, and dates the epoch file.
  if (writable) (void)save_epoch().has_value();
}

Status Volume::State::check_level(int level) const {
  if (level >= 0 && level <= kMaxLevel) return ok();
  return invalid(fmt::format("there is no level {}; levels are 0 (full detail) to {}", level, kMaxLevel));
}

Status Volume::State::check_voxel(Coord voxel) const {
  if (world.bounds().contains(voxel)) return ok();
  return invalid(
      fmt::format("voxel {} is outside the store, which is {}", to_string(voxel), to_string(world.bounds())));
}

Status Volume::State::check_writable() const {
  if (writable) return ok();
  return invalid("the store is open for reading only; open it for writing");
}

Result<Meta> read_meta(const Snapshot& snapshot, std::uint64_t model) {
  Meta meta;
  TERRANE_ASSIGN(const auto value, snapshot.get(format::meta_unit(), format::totals_key()));
  if (!value)
    return missing("the totals record is gone from the store: data was lost. Restore it from a copy");
  TERRANE_ASSIGN(meta.totals, format::parse_totals(*value, model));
  std::uint64_t keys = 0, sum = 0;
  const auto count = [&](std::string_view key, std::string_view stored) {
    ++keys;
    sum += format::seal_of(stored);
    meta.bytes += key.size() + stored.size();
  };
  TERRANE_ASSIGN(const auto manifest, snapshot.get(format::meta_unit(), format::manifest_key()));
  if (manifest) count(format::manifest_key(), *manifest);
  const auto cursor = snapshot.scan(format::meta_unit(), format::pending_begin(), format::pending_end());
  for (cursor->seek(format::pending_begin()); cursor->valid(); cursor->next()) {
    TERRANE_ASSIGN(Pending p, format::parse_pending(cursor->key(), cursor->value(), model));
    meta.unfinished.push_back(std::move(p));
    count(cursor->key(), cursor->value());
  }
  TERRANE_TRY(cursor->status());
  if (keys == meta.totals.meta_keys && sum == meta.totals.meta_sum) return meta;
  std::string message = fmt::format(
      "the totals record counts {} keys beside it (the manifest and unfinished work) and {} are there, or "
      "one "
      "of them is of another time: an older one was put back, or a key was lost. Restore the store from a "
      "copy",
      meta.totals.meta_keys, keys);
  return keys < meta.totals.meta_keys ? missing(std::move(message)) : corrupt(std::move(message));
}

Status Volume::State::load() {
  TERRANE_ASSIGN(const auto snapshot, engine->snapshot());
  TERRANE_ASSIGN(Meta meta, read_meta(*snapshot, model));
  {
    std::scoped_lock lock(totals_mutex);
    totals = meta.totals;
  }
  due = {};
  due.thorough = true;
  const auto take = [&](std::string_view key, std::string_view value) -> Status {
    TERRANE_ASSIGN(const format::Event event, format::parse_event(key, value, model));
    due.add_whole(event.bricks);
    return ok();
  };
  if (writable)
    TERRANE_TRY(for_each_event(*this, *snapshot, meta.totals.batches, meta.totals.pooled + 1, take));
  pending.reset(std::move(meta.unfinished));
  return ok();
}

Status Volume::State::refresh() {
  std::scoped_lock one(refresh_mutex_);
  return refresh_now();
}

Status Volume::State::refresh_now() {
  const Clock::Instant begun = clock.now();
  TERRANE_ASSIGN(const auto before, engine->snapshot());
  cache.begin_refresh(before->version());
  Status status = engine->refresh();
  const auto snapshot = engine->snapshot();
  // A reader may still hold an older state: what it loads must not enter any more.
  cache.end_refresh(snapshot ? (*snapshot)->version() : ~std::uint64_t{0});
  TERRANE_TRY(std::move(status));
  TERRANE_TRY(load());
  refreshed_ = begun;
  return ok();
}

Status Volume::State::keep_fresh() {
  if (!max_staleness || writable) return ok();
  const auto age = [&] { return clock.now() - refreshed_.load(); };
  // Halfway one reader looks again, and others need not wait for it.
  if (age() < *max_staleness / 2) return ok();
  std::unique_lock one(refresh_mutex_, std::defer_lock);
  if (age() < *max_staleness) {
    if (!one.try_lock()) return ok();
  } else {
    one.lock();
  }
  return age() < *max_staleness / 2 ? ok() : refresh_now();
}

Status Volume::State::finish_due_levels(const Task& task) {
  for (const Pending& due : pending.all()) {
    if (due.kind == Pending::Kind::kIngest) continue;
    const auto mine = pending.claim(due.id);
    if (!mine) continue;  // another thread is busy with it, and ends it
    if (mine->kind == Pending::Kind::kRebuild) {
      TERRANE_TRY(rebuild(*this, mine, task));
    } else {
      TERRANE_TRY(finish_levels(*this, *mine, Encoding{}, nullptr, task, WriteLock::kPerBlock));
    }
  }
  return ok();
}

Status Volume::State::catch_up() {
  Status status = finish_due_levels({});
  if (status) return status;
  // Damage must not bar the way to its repair: the marks stay, and reads inside them say so.
  const ErrorCode code = status.error().code;
  return code == ErrorCode::kMissing || code == ErrorCode::kCorrupt ? ok() : status;
}

void Volume::State::count_read(int level, const Box& box) const {
  const BrickCoord lo = brick_of(box.lo), hi = brick_of(box.hi - Coord{1, 1, 1});
  constexpr std::uint32_t kEdge = kSlabBricks;
  for (std::uint32_t x = lo.x / kEdge; x <= hi.x / kEdge; ++x) {
    for (std::uint32_t y = lo.y / kEdge; y <= hi.y / kEdge; ++y) {
      const BrickCoord first = {std::max(lo.x, x * kEdge), std::max(lo.y, y * kEdge), lo.z};
      const BrickCoord last = {std::min(hi.x, x * kEdge + kEdge - 1), std::min(hi.y, y * kEdge + kEdge - 1),
                               hi.z};
      access.box(level, position_of(first), position_of(last),
                 std::uint64_t{last.x - first.x + 1} * (last.y - first.y + 1) * (last.z - first.z + 1));
    }
  }
}

Status Volume::State::save_epoch() const {
  std::scoped_lock one(epoch_mutex);
  // Taken before the flush: another thread's later batch may not be on disk after it.
  std::uint64_t epoch = 0;
  {
    std::scoped_lock lock(totals_mutex);
    epoch = totals.epoch;
  }
  TERRANE_TRY(engine->flush());
  if (path.empty()) return ok();
  return write_epoch_file(path, epoch);
}

}  // namespace terrane

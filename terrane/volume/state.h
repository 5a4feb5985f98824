#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "terrane/analyze/analyze_brick.h"
#include "terrane/base/clock.h"
#include "terrane/decide/decision.h"
#include "terrane/decide/prices.h"
#include "terrane/volume/access_log.h"
#include "terrane/volume/brick_cursor.h"
#include "terrane/volume/cell_cache.h"
#include "terrane/volume/delta_writer.h"
#include "terrane/volume/due_levels.h"
#include "terrane/volume/edit_queue.h"
#include "terrane/volume/epoch_file.h"
#include "terrane/volume/manifest.h"
#include "terrane/volume/map_writer.h"
#include "terrane/volume/pending.h"
#include "terrane/volume/pooled_bricks.h"
#include "terrane/volume/recent_changes.h"
#include "terrane/volume/volume.h"

namespace terrane {

// What one thread needs to look at, code and pool bricks, reused from brick to brick.
struct WorkScratch {
  CodecScratch codec;
  AnalyzeScratch analyze;
  BrickStats stats;
  Decision decision;
  std::vector<MaterialId> brick;   // 64^3
  std::vector<MaterialId> coarse;  // 64^3
  std::string bytes;
  MaterialCounts& cleared_counts();
  WorkScratch();

 private:
  std::optional<MaterialCounts> counts_;  // half a megabyte that few need
};

// Lends scratch to threads. Thread-safe.
class ScratchPool {
 public:
  class Lease {
   public:
    explicit Lease(ScratchPool& pool);
    ~Lease();
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    WorkScratch& operator*() { return *scratch_; }
    WorkScratch* operator->() { return scratch_.get(); }

   private:
    ScratchPool& pool_;
    std::unique_ptr<WorkScratch> scratch_;
  };

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<WorkScratch>> idle_;
};

// The insides of a volume. Readers use engine, cache and pending work, all thread-safe; what stands under
// `write_mutex` belongs to whoever holds it.
struct Volume::State {
  State(std::unique_ptr<Engine> engine, Manifest manifest, World world, const OpenOptions& options);
  ~State();

  std::string path;  // of the store's directory; empty on an engine without one
  std::unique_ptr<Engine> engine;
  Manifest manifest;
  World world;
  FluidSet fluids;
  FluidSet water;  // what the guide means by it
  std::uint64_t model;
  bool one_keyspace;
  bool writable;
  std::optional<std::chrono::milliseconds> max_staleness;
  std::vector<Lattice> lattices;  // by level
  std::shared_ptr<const CodecTable> codecs;
  std::shared_ptr<const CostModel> cost_model;
  bool own_prices;  // cost_model is AnalyticPrices, of the reference machine
  std::unique_ptr<Executor> own_executor;
  Executor* executor;
  SteadyClock clock;
  mutable VoxelBuffers buffers;
  mutable CellCache cache;
  mutable ScratchPool scratches;
  PendingWork pending;
  mutable AccessLog access;
  EditQueue edits;

  std::mutex write_mutex;
  // Under write_mutex:
  DeltaNumbers delta_numbers;
  DueLevels due;
  RecentChanges changes;
  std::uint64_t structure = 0;     // grows where ranges change other than by a fold
  std::mutex upkeep_mutex;         // one thread at a time pools or folds edits; taken before write_mutex
  mutable std::mutex epoch_mutex;  // of the epoch file
  mutable std::mutex totals_mutex;
  format::Totals totals;  // written under both mutexes, read under either

  const Lattice& lattice(int level) const { return lattices[static_cast<std::size_t>(level)]; }
  Executor& executor_of(const Task& task) const {
    return task.executor != nullptr ? *task.executor : *executor;
  }
  MapCursor cursor(const Snapshot& snapshot, int level) const {
    return MapCursor(snapshot, one_keyspace, level, model);
  }
  BrickCursor bricks(const Snapshot& snapshot, int level) const {
    return BrickCursor(snapshot, one_keyspace, level, model);
  }
  // With times of this machine, which the first call measures.
  const CostModel& calibrated_model() const;
  std::string codec_name(CodecId id) const;  // as this program or the store knows it
  Status check_encoding(const Encoding& encoding) const;
  Status check_level(int level) const;
  Status check_voxel(Coord voxel) const;  // of level 0
  Status check_writable() const;
  Status refresh();                                  // opened for reading: to the newest state
  Status keep_fresh();                               // the same where what is seen is too old
  Status load();                                     // totals and unfinished work, from the engine
  Status finish_due_levels(const Task& task);        // of writes that ended before their levels were made
  Status catch_up();                                 // the same on opening, as far as the store is sound
  Status save_epoch() const;                         // flushes, and says beside the engine how far it is
  Status take_down_codecs();                         // the application's own, in the manifest
  void count_read(int level, const Box& box) const;  // in voxels of the level

 private:
  Status refresh_now();
  std::mutex refresh_mutex_;
  std::atomic<Clock::Instant> refreshed_;  // when what is seen was looked for
  mutable std::once_flag calibrated_once_;
  mutable std::optional<AnalyticPrices> calibrated_;
};

// What the meta unit holds beside the manifest, in one state of the store, after it was found to be whole and
// of one time: kMissing or kCorrupt otherwise.
struct Meta {
  format::Totals totals;
  std::vector<format::Pending> unfinished;
  std::uint64_t bytes = 0;  // of its keys and values, but for the totals
};
Result<Meta> read_meta(const Snapshot& snapshot, std::uint64_t model);

// A step of unfinished work that goes with a batch.
struct PendingChange {
  std::optional<format::Pending> before;  // as stored; nullopt: new
  std::optional<format::Pending> after;   // nullopt: ended
};

// Applies edits of one level in one batch, with the totals and the step of unfinished work. The caller holds
// write_mutex. On success the cache and the state are in step.
Status commit(Volume::State& state, int level, std::span<const Edit> edits, const PendingChange& change,
              Durability durability);
// Puts the record of work that begins, and counts it.
void put_pending(const Volume::State& state, const format::Pending& pending, Batch& batch,
                 format::Totals& totals);
// Writes the batch with these totals, as commit() does last. Where that fails the state is what the engine
// then holds: without the batch, or with all of it.
Status write_meta(Volume::State& state, Batch batch, format::Totals totals, Durability durability,
                  std::span<const CellCache::Changed> changed);

// One box of the level, checked against its lattice; a reader's view of the whole is consistent only with
// unfinished work it looked at before and after it took its snapshot.
Result<std::shared_ptr<const Snapshot>> snapshot_for(const Volume::State& state, int level,
                                                     std::span<const Box> boxes, const ReadOptions& options);
RangeInfo info_of(const Volume::State& state, const format::Range& range);
// Reads a box of one level (in its own voxels, inside the bounds) from one state.
Status read_box(const Volume::State& state, const Snapshot& snapshot, int level, const Box& box,
                VoxelView out, const Task& task);
// One brick; loads through the cache.
Result<CellPtr> read_cell(const Volume::State& state, const Snapshot& snapshot, BrickCursor& cursor,
                          int level, Position position);
// Where a voxel (of the level) stands in the dense array of its brick.
std::size_t index_in_brick(const Volume::State& state, int level, Coord voxel);
// One voxel (of the level), through the cache.
Result<MaterialId> material_at(const Volume::State& state, const Snapshot& snapshot, int level, Coord voxel);
// What a brick is now, its deltas laid over its range: into `voxels`, of its true size.
Status decode_brick(const Volume::State& state, int level, Position position, const StoredBrick& stored,
                    CodecScratch& scratch, std::span<MaterialId> voxels);
// The same of a part (in voxels of the brick, not empty), into a view of its size.
Status decode_brick_part(const Volume::State& state, int level, Position position, const StoredBrick& stored,
                         const Box& part, CodecScratch& scratch, VoxelView out);
// The one material of a range that is no brick.
MaterialId material_of(const Volume::State& state, const format::Range& range);
BrickShape shape_of(const Box& brick_box);

// What the model says of any brick: the fill, whatever its place.
Prediction prediction_of(const Volume::State& state);
// Chooses a strategy for the voxels of a brick that is not uniform, and appends their frame to `out`.
Status encode_brick(const Volume::State& state, int level, Position position, const Encoding& encoding,
                    std::span<const MaterialId> voxels, BrickShape shape, WorkScratch& scratch,
                    std::string& out);
// New content for one brick of a level from its voxels.
Result<Edit> make_edit(const Volume::State& state, int level, Position position, bool written,
                       const Encoding& encoding, std::span<const MaterialId> voxels, BrickShape shape,
                       WorkScratch& scratch);
// Puts another manifest into the place of the store's. The caller holds write_mutex.
Status replace_manifest(Volume::State& state, Manifest manifest);

// The bricks that a box of any level touches, ascending on the line.
std::vector<Position> bricks_of(const Box& box);
// read_box() on this thread alone, for use inside parallel work.
Status read_here(const Volume::State& state, const Snapshot& snapshot, int level, const Box& box,
                 VoxelView out, const Task& task);

// Fills the part of a brick that lies in piece number `piece`; called from many threads.
using PartFill = std::function<Status(std::size_t piece, const Box& part, VoxelView to)>;
// The edits that lay new voxels over the pieces (disjoint boxes) of level 0. `pooled`: keeps what their
// bricks become at level 1, unless null.
Result<std::vector<Edit>> edits_of(const Volume::State& state, std::span<const Box> pieces,
                                   const PartFill& fill_part, const Encoding& encoding, PooledBricks* pooled,
                                   const Task& task);
// Unfinished work whose box meets one of the pieces.
std::vector<format::Pending> overlapping(const Volume::State& state, std::span<const Box> pieces);

// The brick of the next coarser level over a brick.
Position parent_of(Position brick);
// Brings all coarser levels in step with the edits that are acknowledged when it is called.
Status pool_edits(Volume::State& state, const Task& task);
// Makes bricks anew that have at least `least` deltas, and takes these away: of all levels.
Result<FoldReport> fold_edits(Volume::State& state, std::uint32_t least, const Task& task);
// The same of some bricks, by level.
Result<FoldReport> fold_bricks(Volume::State& state, std::vector<std::pair<int, Position>> bricks,
                               const Task& task);
// What pooling edits made of some bricks of a level; and that it came to an end. The caller holds
// write_mutex.
Status commit_pooled(Volume::State& state, int level, std::span<const Edit> edits,
                     std::span<const ReadyEdit::Patch> patches);
Status commit_pooled_until(Volume::State& state, std::uint64_t batches);

// The event records from batch `since` on to `batches`, ascending, as stored.
Status for_each_event(const Volume::State& state, const Snapshot& snapshot, std::uint64_t batches,
                      std::uint64_t since,
                      const std::function<Status(std::string_view key, std::string_view value)>& visit);

// Whether the caller already holds write_mutex, or each block is to take it.
enum class WriteLock : std::uint8_t { kHeld, kPerBlock };
// All coarser levels over the box of unfinished work, from where it stands; then it is ended, durably.
// `pooled`: bricks of that box, unless null.
Status finish_levels(Volume::State& state, format::Pending pending, const Encoding& encoding,
                     PooledBricks* pooled, const Task& task, WriteLock lock);
// The edits that make whole bricks of a level anew from the level below.
Result<std::vector<Edit>> pool_bricks(const Volume::State& state, int level, std::span<const Position> bricks,
                                      const Encoding& encoding, const Task& task);
// All coarser levels anew from level 0, whatever they hold; `begun`: a rebuild that was stopped.
Status rebuild(Volume::State& state, std::optional<format::Pending> begun, const Task& task);
// Pools `part` (voxels of `level`, inside one brick) from the level below into `out`; what of it is in
// `pooled` (unless null), from there.
Status pool_part(const Volume::State& state, BrickCursor& fine, int level, const Box& part, VoxelView out,
                 PooledBricks* pooled, WorkScratch& scratch);

}  // namespace terrane

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "terrane/base/executor.h"
#include "terrane/base/status.h"
#include "terrane/base/task.h"
#include "terrane/codec/codec.h"
#include "terrane/decide/access_pattern.h"
#include "terrane/decide/cost_model.h"
#include "terrane/decide/requirements.h"
#include "terrane/space/lattice.h"
#include "terrane/space/world.h"
#include "terrane/store/engine.h"
#include "terrane/volume/edit.h"
#include "terrane/voxel/catalogue.h"
#include "terrane/voxel/material_counts.h"
#include "terrane/voxel/source.h"
#include "terrane/voxel/voxels.h"

namespace terrane {

struct CreateOptions {
  World::Settings world = {};
  MaterialId fill = kUnknown;  // what every voxel is until it is written
  Catalogue catalogue = {};    // its fluids pool as fluids; none: the plain mode
};

enum class Access : std::uint8_t { kRead, kWrite };

struct OpenOptions {
  Access access = Access::kRead;
  std::uint64_t cache_bytes = std::uint64_t{1} << 30;
  Executor* executor = nullptr;  // lent; nullptr: the volume makes a pool of `threads`
  std::size_t threads = 0;       // 0: as many as the machine has
  // Opened for reading beside a process that writes: a read sees at least what was acknowledged so long
  // before it, and looks again for that where need be. nullopt: what was there on opening and at each
  // refresh().
  std::optional<std::chrono::milliseconds> max_staleness = {};
  // The strategies that this program knows; nullptr: those of this build. Opened for writing, the store takes
  // down the names of an application's own; kConflict where it knows another by that id.
  std::shared_ptr<const CodecTable> codecs = {};
  // What strategies are weighed by; nullptr: AnalyticPrices.
  std::shared_ptr<const CostModel> cost_model = {};
};

// Whose rules choose the strategy of a brick.
enum class Profile : std::uint8_t {
  kPrices,  // the cost model's: the cheapest that keeps the requirements
  kGuide    // the BlueMarble guide's tree, thresholds and parameters
};
Result<Profile> parse_profile(std::string_view name);
std::string_view name(Profile profile);

// How bricks are coded. The same encoding of the same voxels gives the same bytes, unless it is adaptive or
// its requirements limit times, which are those of the machine.
struct Encoding {
  Policy policy = Policy::kBalanced;
  Profile profile = Profile::kPrices;
  std::optional<CodecId> codec = {};              // this strategy; the palette for bricks that it declines
  std::optional<Requirements> requirements = {};  // nullopt: the policy's
  AccessPattern access = {};                      // what is expected of each brick
  bool adaptive = false;                          // instead, what this volume has seen of its region
};

struct ReadOptions {
  Task task = {};
  bool allow_incomplete = false;  // unfinished voxels read as what was there before
};
struct ReadRequest {
  Box box;  // level-0 voxels
  int lod = 0;
  ReadOptions options = {};
};

struct WriteOptions {
  Task task = {};
  Encoding encoding = {};
};

struct IngestOptions {
  Task task = {};
  Encoding encoding = {};
  Coord at = {};         // where the source's low corner goes; the box may cross the seam
  bool restart = false;  // forget unfinished ingests that this box overlaps
};
struct IngestReport {
  Box box;
  std::uint64_t voxels = 0;
  double seconds = 0;
  double mb_per_s = 0;  // of uint16, levels of detail included
  bool resumed = false;
};

enum class RangeKind : std::uint8_t { kUniform = 1, kPredicted = 2, kBrick = 3 };
std::string_view name(RangeKind kind);

// One range of the interval map of a level, as stored.
struct RangeInfo {
  Run run;
  RangeKind kind = RangeKind::kPredicted;
  MaterialId material = 0;  // uniform; for predicted the fill
  bool written = false;     // by an ingest or a write
  CodecId codec{};          // brick
  std::uint8_t codec_version = 0;
  std::uint64_t stored_bytes = 0;  // key and value
};

struct PointInfo {
  MaterialId material = 0;
  int level = 0;
  RangeInfo range;
};

struct CodecUse {
  std::uint64_t bricks = 0, bytes = 0;
  friend bool operator==(const CodecUse&, const CodecUse&) = default;
};
// An application's own strategy that the store has taken down.
struct PrivateCodec {
  CodecId id{};
  std::string name;
  std::uint8_t version = 0;
  bool here = false;  // this program has registered it
};
struct UnfinishedIngest {
  Box box;
  std::string source;
};
struct VolumeInfo {
  World::Settings world = {};
  MaterialId fill = 0;
  double logical_bytes = 0;  // a planet does not fit 64 bits
  std::uint64_t ingested_bytes = 0, disk_bytes = 0, stored_bytes = 0, level0_bytes = 0;
  std::uint64_t uniform = 0, predicted = 0, bricks = 0;
  std::map<std::string, CodecUse> codecs;
  std::vector<PrivateCodec> private_codecs;
  std::vector<UnfinishedIngest> unfinished;
  std::uint64_t epoch = 0;
  // Batches of edits so far; up to which of them coarser levels follow; small changes not folded, of all
  // levels.
  std::uint64_t batches = 0, pooled = 0, deltas = 0;
  std::string format;  // "0.1"
  // 1 - stored / ingested; 0 before anything was ingested.
  double reduction() const;
};

struct BoxAnalysis;     // volume/explain.h
struct Explanation;     // volume/explain.h
struct ExplainOptions;  // volume/explain.h

struct Finding {
  ErrorCode kind;  // kCorrupt or kMissing
  int level = 0;
  Box box;  // what can no longer be read, in voxels of that level
  std::string message;
};
struct VerifyReport {
  std::uint64_t checked = 0, corrupt = 0, missing = 0;
  std::vector<Finding> findings;  // the first 1,000
};

// A store of a planet in voxels: the one door.
//
// Thread-safe: any number of threads read; writes of one process follow one another. One process at a time
// has it open for writing, others may have it open for reading and refresh(). A read sees one state, between
// two batches. Boxes and points are in level-0 voxels, half-open; arrays are [x, y, z], z fastest.
//
// An acknowledged write is on stable storage. Levels of detail are in step when a write returns.
class Volume {
 public:
  // `where` is a directory that does not exist yet (kInvalid), or "memory:" for a store that dies with the
  // volume.
  static Result<Volume> create(const std::string& where, CreateOptions create, OpenOptions open = {});
  // kNotFound, kLocked, kUnsupported (a newer format), kCorrupt.
  static Result<Volume> open(const std::string& where, const OpenOptions& options = {});
  // On an engine of the caller's own: opens what is there, or creates. For tests and other storages. One that
  // is atomic per unit only is staged (store/staged_engine.h).
  static Result<Volume> create_on(std::unique_ptr<Engine> engine, CreateOptions create,
                                  OpenOptions open = {});
  static Result<Volume> open_on(std::unique_ptr<Engine> engine, const OpenOptions& options = {});
  Volume(Volume&&) noexcept;
  Volume& operator=(Volume&&) noexcept;
  ~Volume();

  const World& world() const;
  const Catalogue& catalogue() const;
  MaterialId fill() const;
  Executor& executor() const;

  Result<MaterialId> at(Coord voxel, int level = 0, const ReadOptions& options = {}) const;
  // The same, with what holds it.
  Result<PointInfo> locate(Coord voxel, int level = 0, const ReadOptions& options = {}) const;

  // Size of what read() gives: the level-L voxels that the box touches.
  Result<Coord> shape(const Box& box, int level) const;
  // Into the caller's array, whose size is shape(box, level).
  Status read(const Box& box, int level, VoxelView out, const ReadOptions& options = {}) const;
  // Into an array of its own; refuses more than 2^33 voxels before it allocates.
  Result<VoxelArray> read(const ReadRequest& request) const;

  // Calls `visit` for each range that meets the box, in the order of the line, without decoding a brick.
  using RangeVisitor = std::function<Status(const RangeInfo& range)>;
  Status visit(const Box& box, int level, const RangeVisitor& visit, const ReadOptions& options = {}) const;

  // Voxels of each material among those that read() would give, from ranges and encoded bytes. kExhausted for
  // 2^63 of them or more.
  Result<MaterialCounts> histogram(const Box& box, int level = 0, const ReadOptions& options = {}) const;
  // The statistics of the bricks that the box touches, of each the part inside the box; they are decoded.
  // kExhausted as histogram().
  Result<BoxAnalysis> analyze(const Box& box, int level = 0, const ReadOptions& options = {}) const;
  // What holds the brick of a voxel, what strategies would make of it, and which would be chosen and why.
  Result<Explanation> explain(Coord voxel, const ExplainOptions& options) const;
  // How a region of a level was used since this volume was opened, and since forget_access().
  AccessPattern access(RegionId region, int level = 0) const;
  void forget_access();
  const CodecTable& codecs() const;

  // Replaces all voxels of the box, atomically at level 0. The view's size is the box's.
  Status write(const Box& box, ConstVoxelView voxels, const WriteOptions& options = {});
  // Streams a source in, in bounded memory. Recorded while it runs: killed, the same call continues it.
  Result<IngestReport> ingest(const VoxelSource& source, const IngestOptions& options = {});

  // Changes voxels of level 0, all or none, as one batch with an event record. When it returns, every read of
  // level 0 sees it. Of several edits of one voxel the last holds.
  // kInvalid for a voxel outside the store, kConflict where unfinished work is in the way.
  Result<EditReport> edit(std::span<const VoxelEdit> voxels, const EditOptions& options = {});
  // The same of all voxels of a box, which may cross the seam.
  Result<EditReport> edit(const Box& box, MaterialId material, const EditOptions& options = {});
  // The same by a function of what is there, all of it from one state. kConflict where one of the bricks that
  // it changes was changed by others meanwhile: call it again. Voxels that keep their material are not
  // counted.
  Result<EditReport> edit(const Box& box, const EditFunction& function, const EditOptions& options = {});
  // Coarser levels follow edits only when this is called: then they show all that is acknowledged.
  Status flush_levels(const Task& task = {});
  // Makes bricks anew that have at least `least` small changes laid over them. Reads give the same before and
  // after; they and the store get smaller and quicker.
  Result<FoldReport> fold(std::uint32_t least = 1, const Task& task = {});
  // Events from batch `since` on, ascending; `visit` may end it with an error of its own.
  Status events(std::uint64_t since, const std::function<Status(const EventInfo&)>& visit) const;

  // From counters kept with the writes, without a scan.
  Result<VolumeInfo> info() const;
  // Reads and decodes everything; levels of detail are compared with pooling by sample.
  Result<VerifyReport> verify(const Task& task = {}) const;
  // Makes all coarser levels anew from level 0.
  Status rebuild_levels(const Task& task = {});
  Status compact();
  Status checkpoint(const std::string& path) const;
  // A volume opened for reading sees what was written since.
  Status refresh();
  // Sets the names of a store that has no catalogue and was never written to; kConflict otherwise, unless the
  // catalogue is already this one.
  Status adopt_catalogue(const Catalogue& catalogue);
  // Empties the cache (for measuring).
  void drop_cache() const;

  struct State;  // the insides; for terrane itself

 private:
  friend class Upkeep;
  explicit Volume(std::unique_ptr<State> state);
  static Result<std::unique_ptr<State>> load_on(std::unique_ptr<Engine> engine, const OpenOptions& options);
  std::unique_ptr<State> state_;
};

}  // namespace terrane

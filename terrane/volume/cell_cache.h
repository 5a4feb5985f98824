#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "terrane/base/status.h"
#include "terrane/codec/codec.h"
#include "terrane/codec/patch.h"
#include "terrane/space/lattice.h"
#include "terrane/volume/format.h"
#include "terrane/volume/voxel_buffers.h"

namespace terrane {

// One brick as readers see it: one material throughout, or its voxels, dense [x, y, z] of the brick's true
// shape; and over that a few that were edited since, by place. Immutable.
struct Cell {
  RangeKind kind = RangeKind::kPredicted;
  MaterialId material = 0;  // unless there are voxels
  std::size_t count = 0;    // of voxels; 0: uniform
  std::shared_ptr<const MaterialId[]> voxels;
  std::vector<PatchVoxel> edited;
  std::size_t bytes() const {
    return sizeof(Cell) + VoxelBuffers::bytes_for(count) + edited.size() * sizeof(PatchVoxel);
  }
  MaterialId at(std::size_t place) const;
};
using CellPtr = std::shared_ptr<const Cell>;

// Decoded cells of one volume, bounded by bytes; what was not used of late goes first. Thread-safe.
//
// Exact: a cell is given to a reader only if it is what the reader's snapshot holds. Each cell knows the
// version of the snapshot it was read from. A writer announces what it is about to change (begin_change),
// writes, and tells the version of the new state (end_change). Cells of runs are gone from the announcement
// on; cells of patched bricks are given to readers of the old state until the end, and are then what the
// patch makes of them. None enters that was read from a state before its brick's last change. One writer at a
// time.
//
// Single flight: of several readers of one state that want the same absent cell, one loads, the rest wait.
// Loaders must not ask the cache.
class CellCache {
 public:
  explicit CellCache(std::uint64_t capacity_bytes);
  ~CellCache();

  using Loader = std::function<Result<CellPtr>()>;
  // nullptr where the cache holds no such cell for that version.
  CellPtr find(int level, Position position, std::uint64_t version) const;
  // One voxel of that cell, by its place in the dense brick; nullopt where the cache has no such cell.
  std::optional<MaterialId> voxel(int level, Position position, std::uint64_t version,
                                  std::size_t index) const;
  Result<CellPtr> find_or_load(int level, Position position, std::uint64_t version, const Loader& load);
  void insert(int level, Position position, std::uint64_t version, CellPtr cell);
  // Whether a brick that is absent was asked for of late, so that it pays to load it whole. If it was that is
  // forgotten, else it is now. A guess: two bricks may be taken for one, and one may be forgotten for others.
  bool asked_before(int level, Position position);
  // Whether a cell of so many voxels can be kept at all.
  bool has_room_for(std::size_t count) const;

  struct Changed {
    int level = 0;
    Run run;
    // What changed of a single brick of this shape (docs/format/patch.md); nullptr: it is another one. Lives
    // until end_change.
    const std::string* patch = nullptr;
    BrickShape shape = {};
  };
  // `version`: of the state as it is. Each begin_change must be followed by its end_change with the same
  // changes, whatever became of the write; `applied`: all of it took place and nothing else.
  void begin_change(std::span<const Changed> changes, std::uint64_t version);
  void end_change(std::span<const Changed> changes, std::uint64_t version, bool applied);

  // The store moves to another state in ways that are not known: from the state `version` to one that is told
  // to end_refresh(). Until then only readers of the old one get cells.
  void begin_refresh(std::uint64_t version);
  void end_refresh(std::uint64_t version);
  void clear();
  std::uint64_t bytes() const;
  std::uint64_t capacity() const;  // in bytes
  struct Counts {
    std::uint64_t hits = 0, misses = 0;
  };
  Counts counts() const;

 private:
  struct Shard;
  static constexpr std::size_t kShards = 16;
  Shard& shard(int level, Position position) const;
  std::unique_ptr<Shard[]> shards_;
};

}  // namespace terrane

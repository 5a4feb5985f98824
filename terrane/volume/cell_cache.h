#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "terrane/base/status.h"
#include "terrane/codec/codec.h"
#include "terrane/space/lattice.h"
#include "terrane/volume/format.h"

namespace terrane {

// Buffers of bricks, reused: a fresh one costs its page faults, about as much as decoding into it. They come
// four to a huge page, where the system gives those, so that a random voxel costs one miss and not a walk
// through page tables too. A partial brick of more than half the voxels has one, too; smaller ones come from
// the heap. Memory goes back only with this object. Thread-safe; outlives what it lent.
class VoxelBuffers {
 public:
  struct Return {
    VoxelBuffers* home = nullptr;  // nullptr: from the heap
    void operator()(MaterialId* voxels) const;
  };
  using Buffer = std::unique_ptr<MaterialId[], Return>;
  static constexpr std::size_t kWhole = std::size_t{kBrickEdge} * kBrickEdge * kBrickEdge;  // voxels
  // Room for `count` voxels, at most a whole brick; not cleared.
  Buffer lend(std::size_t count);
  // What lend(count) takes.
  static std::size_t bytes_for(std::size_t count);
  ~VoxelBuffers();

 private:
  static bool is_pooled(std::size_t count) { return count > kWhole / 2; }
  std::mutex mutex_;
  std::vector<void*> slabs_;
  std::vector<MaterialId*> idle_;
};

// One brick as readers see it: one material throughout, or its voxels, dense [x, y, z] of the brick's true
// shape. Immutable.
struct Cell {
  RangeKind kind = RangeKind::kPredicted;
  MaterialId material = 0;  // unless there are voxels
  std::size_t count = 0;    // of voxels; 0: uniform
  VoxelBuffers::Buffer voxels;
  std::size_t bytes() const { return sizeof(Cell) + VoxelBuffers::bytes_for(count); }
};
using CellPtr = std::shared_ptr<const Cell>;

// Decoded cells of one volume, bounded by bytes; what was not used of late goes first. Thread-safe.
//
// Exact: a cell is given to a reader only if it is what the reader's snapshot holds. Each cell knows the
// version of the snapshot it was read from. A writer announces the runs it is about to change (begin_change),
// writes, and tells the version of the new state (end_change): from the announcement on their cells are gone
// and none may enter that was read from an older state.
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
  };
  // Each begin_change must be followed by its end_change, whatever became of the write.
  void begin_change(std::span<const Changed> runs);
  void end_change(std::uint64_t version);

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

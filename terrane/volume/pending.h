#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <set>
#include <vector>

#include "terrane/base/task.h"
#include "terrane/space/lattice.h"
#include "terrane/space/world.h"
#include "terrane/volume/format.h"

namespace terrane {

// How a box of one level is cut into blocks of at most 8 x 8 x 4 bricks, numbered x slowest, z fastest: the
// steps of an ingest. A pure function of level and box, so that a stopped ingest finds its place again.
class BlockPlan {
 public:
  explicit BlockPlan(const Box& box);  // voxels of the level, not empty
  std::uint64_t count() const;
  Box block(std::uint64_t index) const;  // in voxels, clipped to the box
  // The highest number of a block that meets `box`, which meets the plan's box.
  std::uint64_t last_of(const Box& box) const;

 private:
  Box box_;
  Coord first_, blocks_;
};

// The unfinished work of a store, as this process knows it, and who must wait for it. Thread-safe.
class PendingWork {
 public:
  PendingWork(const World& world, const std::vector<Lattice>& lattices)
      : world_(world), lattices_(lattices) {}

  void reset(std::vector<format::Pending> all);
  void put(const format::Pending& pending);  // new, or further
  void remove(std::uint64_t id);
  // This process works on it, or no longer does: readers wait only for work that goes on.
  void set_running(std::uint64_t id, bool running);
  // The work as it stands, which from now on runs here; nullopt where it is gone, or runs already.
  std::optional<format::Pending> claim(std::uint64_t id);
  std::vector<format::Pending> all() const;
  bool empty() const { return count_.load(std::memory_order_acquire) == 0; }

  // Grows when work is added or removed, not when it proceeds.
  std::uint64_t generation() const;

  // kIncomplete where part of `box` (voxels of `level`) is unfinished. A write that this process is busy with
  // is waited for, an ingest is not.
  Status check(int level, const Box& box, const Task& task) const;

 private:
  bool blocks(const format::Pending& pending, int level, const Box& box) const;

  const World& world_;
  const std::vector<Lattice>& lattices_;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::vector<format::Pending> all_;
  std::set<std::uint64_t> running_;
  std::uint64_t generation_ = 0;
  std::atomic<std::size_t> count_{0};  // of all_
};

}  // namespace terrane

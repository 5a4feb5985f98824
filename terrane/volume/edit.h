#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "terrane/base/task.h"
#include "terrane/space/box.h"
#include "terrane/voxel/process.h"
#include "terrane/voxel/voxels.h"

namespace terrane {

// One voxel (of level 0) and what it becomes.
struct VoxelEdit {
  Coord voxel;
  MaterialId material = 0;
};

// kSync: on stable storage when the call returns; writers that call at the same time share one fsync.
// kBatch: survives the process, not a power cut, until a later kSync edit or flush.
enum class EditDurability : std::uint8_t { kSync, kBatch };

struct EditOptions {
  Task task = {};
  ProcessSet process = {};
  std::int64_t time_us = 0;            // since 1970, UTC, by the caller's clock
  std::string author = {}, note = {};  // at most 64 KiB each
  EditDurability durability = EditDurability::kSync;
};

// What the voxels of a box become, from what they are: `voxels` holds a part of it (in voxels of level 0,
// inside one brick) and is changed in place. Called once for each brick, from several threads unless the
// task's executor has one. An error ends the edit, and nothing was changed.
using EditFunction = std::function<Status(const Box& part, VoxelView voxels)>;

struct EditReport {
  std::uint64_t batch = 0;   // its number, from 1; events are told by it. 0: nothing was to be changed
  std::uint64_t voxels = 0;  // set, whatever they were before
  std::uint64_t bricks = 0;  // touched
};

struct FoldReport {
  std::uint64_t bricks = 0;  // made anew, of all levels
  std::uint64_t deltas = 0;  // that are in them now
};

// What happened: one batch of edits.
struct EventInfo {
  std::uint64_t batch = 0;
  std::int64_t time_us = 0;
  ProcessSet process;
  std::string author, note;
  Box box;                   // around all that it may have changed
  std::uint64_t voxels = 0;  // that it set
};

}  // namespace terrane

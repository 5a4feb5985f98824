#pragma once

#include <optional>
#include <span>
#include <vector>

#include "terrane/volume/brick_values.h"
#include "terrane/volume/state.h"

namespace terrane {

// One voxel of a level that changed.
struct ChangedVoxel {
  Position brick = 0;
  std::uint32_t place = 0;
};

// A brick of the level below that changed.
struct ChangedChild {
  enum class How : std::uint8_t {
    kVoxels,   // those named
    kPatched,  // those of its deltas that are newer than what is pooled
    kWhole,    // any
  };
  Position position = 0;
  How how = How::kWhole;
  std::span<const ChangedVoxel> voxels;
};

// A brick of a level, and what changed below it.
struct ChangedParent {
  Position position = 0;
  std::span<const ChangedChild> children;
};

// What becomes of a brick of the level: few of its voxels, or all of it anew.
struct PooledChange {
  std::vector<PatchVoxel> voxels;  // that changed
  std::string patch;               // unless there is an edit
  std::optional<Edit> edit;
};

// What bricks that became something else as a whole come to one level up.
struct Stretches {
  std::vector<Edit> edits;       // of the level: where all below is of one material; ascending
  std::vector<Position> bricks;  // of the level below: what is left, to be looked at one by one
};

// Pools what changed of one level into the next coarser one, from one state of the store. Thread-safe; owns
// nothing.
class LevelStep {
 public:
  // `since`: batches up to this one are pooled.
  LevelStep(const Volume::State& state, const Snapshot& snapshot, int level, std::uint64_t since)
      : state_(state), snapshot_(snapshot), level_(level), since_(since) {}

  // `runs`: of the level below.
  Result<Stretches> stretches(std::span<const Run> runs, const Task& task) const;
  // `parents` ascend; nullopt for what stays as it is.
  Status pool(std::span<const ChangedParent> parents, WorkScratch& scratch, const Task& task,
              std::span<std::optional<PooledChange>> out) const;

 private:
  const Volume::State& state_;
  const Snapshot& snapshot_;
  int level_;
  std::uint64_t since_;
};

}  // namespace terrane

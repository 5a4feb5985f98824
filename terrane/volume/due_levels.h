#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "terrane/space/lattice.h"

namespace terrane {

// Joins runs that overlap or follow one another; ascending afterwards.
void join(std::vector<Run>& runs);

// What coarser levels do not show yet: bricks of level 0. Memory grows with the bricks that were edited, not
// with the edits. Not thread-safe.
struct DueLevels {
  // Have deltas of batches that are not pooled: these tell which of their voxels changed.
  std::vector<Run> patched;
  // Became something else as a whole, or what changed in them is not known.
  std::vector<Run> whole;
  std::uint64_t since = 0;    // batches up to this one are pooled
  std::uint64_t batches = 0;  // the last that is in here, once taken
  bool thorough = false;      // a step over them may have been left half done, at any level

  void add_patched(std::span<const Run> runs) { add(patched, runs, patched_joined_); }
  void add_whole(std::span<const Run> runs) { add(whole, runs, whole_joined_); }
  std::size_t runs() const { return patched.size() + whole.size(); }
  // Back into what is due, after a step over it failed.
  void give_back(DueLevels taken);

 private:
  static void add(std::vector<Run>& to, std::span<const Run> runs, std::size_t& joined);
  std::size_t patched_joined_ = 0, whole_joined_ = 0;  // how many there were when they were joined last
};

}  // namespace terrane

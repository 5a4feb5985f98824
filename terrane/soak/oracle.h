#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "terrane/soak/ops.h"
#include "terrane/soak/outcome.h"

namespace terrane::soak {

// What must survive.
enum class Survival : std::uint8_t {
  kAll,    // the process died: every edit that was acknowledged
  kSynced  // the power went: those that asked for stable storage, and all before them
};

// Failures, each with `where`, unless verify() finds nothing.
void expect_clean(const Volume& volume, const std::string& where, Outcome& outcome);
// The same unless each level is what this level 0 pools to.
void expect_levels(const Volume& volume, const Plan& plan, const VoxelArray& truth, const std::string& where,
                   Outcome& outcome);

// Knows what a store must hold, from outside of the processes that write it: the edits that were
// acknowledged, and in which order they took place, which the events of the store tell. Not thread-safe.
class Oracle {
 public:
  explicit Oracle(const Plan& plan) : plan_(plan), truth_(plan.extent, 0) {}

  // Takes the content of a store that is known to be right for the truth.
  Status recall(const Volume& volume);

  // A life of the writing process begins.
  void begin(std::uint64_t life);
  void acknowledged(std::uint32_t thread, std::uint32_t index, std::uint64_t batch, bool synced);
  std::uint64_t acknowledged() const { return acks_.size(); }

  // After the life has ended: what is in the store must be the edits of all lives up to some batch, all that
  // had to survive among them, each whole. Failures go to `outcome`, each with `where`. What was found is
  // the truth from then on.
  void settle(const Volume& volume, Survival survival, const std::string& where, Outcome& outcome);
  // Verifies; and brings coarser levels in step and compares them all.
  void examine(Volume& volume, const std::string& where, Outcome& outcome) const;
  std::uint64_t batches() const { return settled_; }

 private:
  struct Ack {
    OpId id;
    std::uint64_t batch = 0;
    bool synced = false;
  };
  // Why the event cannot follow those before it; empty where it can.
  std::string take(const EventInfo& event, std::map<std::uint64_t, OpId>& found);
  void compare_voxels(const Volume& volume, const std::string& where, Outcome& outcome);

  Plan plan_;
  VoxelArray truth_;
  std::uint64_t settled_ = 0;  // the last batch that is in `truth_`
  std::uint64_t life_ = 0;
  std::vector<Ack> acks_;                                // of this life
  std::map<std::uint32_t, std::uint32_t> told_, found_;  // edits by thread: acknowledged, in the store
};

}  // namespace terrane::soak

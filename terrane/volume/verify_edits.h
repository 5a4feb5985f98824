#pragma once

#include <functional>

#include "terrane/volume/state.h"

namespace terrane {

// What a check of edits came by, to be compared with the totals.
struct EditSums {
  std::uint64_t deltas = 0;
  std::uint64_t bytes = 0;       // of keys and values of deltas, their records, and events
  std::uint64_t record_sum = 0;  // of the seals of records
  std::uint64_t events = 0;
  std::uint64_t event_sum = 0;  // of their seals
};

// Tells what is damaged: a run of bricks of the level, or (level 0, the whole line) what has no place.
using FindDamage = std::function<void(ErrorCode kind, int level, const Run& run, std::string message)>;

// Every delta of a level: its hash, its number, its patch, and the records of the regions. Adds to `sums`,
// and to `checked` the values that it looked at.
Status verify_deltas(const Volume::State& state, const Snapshot& snapshot, int level, const Task& task,
                     const FindDamage& find, std::uint64_t& checked, EditSums& sums);
// Every event.
Status verify_events(const Volume::State& state, const Snapshot& snapshot, std::uint64_t batches,
                     const Task& task, const FindDamage& find, std::uint64_t& checked, EditSums& sums);

// Where coarser levels do not follow edits yet, in one state of the store.
class DueEdits {
 public:
  // Of events that are damaged nothing is known.
  static Result<DueEdits> load(const Volume::State& state, const Snapshot& snapshot,
                               const format::Totals& totals);
  // Whether a box of a level lies over some.
  bool meet(const Box& box, int level) const;

 private:
  std::vector<Box> boxes_;  // of level 0
};

}  // namespace terrane

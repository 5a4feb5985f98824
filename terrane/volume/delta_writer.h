#pragma once

#include <map>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "terrane/volume/delta_format.h"
#include "terrane/volume/map_writer.h"

namespace terrane {

// Which number the next delta of a brick gets, of as many bricks as were edited of late; what is forgotten is
// looked up. Whoever holds it writes all deltas. Not thread-safe.
class DeltaNumbers {
 public:
  explicit DeltaNumbers(std::size_t most = 1'000'000) : most_(most) {}
  const std::uint32_t* find(int level, Position position) const;
  void set(int level, Position position, std::uint32_t next);
  void clear() { next_.clear(); }

  // From now on bricks are remembered whose deltas reach this number; 0: none.
  void watch(std::uint32_t number) { watched_ = number; }
  // The same of a brick that has more although some of its deltas were taken away.
  void note_if_long(int level, Position position);
  // Those bricks, by level, each at least once; they are then forgotten.
  std::vector<std::pair<int, Position>> take_long() { return std::exchange(long_, {}); }

 private:
  struct Hash {
    std::size_t operator()(const std::pair<int, Position>& key) const;
  };
  std::size_t most_;
  std::uint32_t watched_ = 0;
  std::vector<std::pair<int, Position>> long_;
  std::unordered_map<std::pair<int, Position>, std::uint32_t, Hash> next_;
};

// What a batch changes in the deltas of a store, summed up; all of them wrapping differences.
struct DeltaSums {
  std::uint64_t keys = 0;        // of deltas
  std::uint64_t bytes = 0;       // of all keys and values, records included
  std::uint64_t record_sum = 0;  // of the seals of records
};

// Adds deltas to a batch and takes some away, keeps the numbers of each brick without a gap, and the record
// of each region in step. The caller lets no other batch in between snapshot and write, and clears `numbers`
// if the write fails. Not thread-safe.
class DeltaWriter {
 public:
  DeltaWriter(const Snapshot& snapshot, std::uint64_t model, std::uint64_t epoch, DeltaNumbers& numbers,
              Batch& batch)
      : snapshot_(snapshot), model_(model), epoch_(epoch), numbers_(numbers), batch_(batch) {}

  // A delta of `number` of edits, laid over all that the brick has.
  Status add(int level, Position position, std::uint64_t batch_number, std::string_view patch);
  // All deltas of the bricks of a run. None of them may have been added by this writer.
  Status remove(int level, const Run& run);
  // The first `count` deltas of a brick, which are in its range now; those behind them are numbered anew.
  // None of them may have been added by this writer.
  Status fold(int level, Position position, std::uint32_t count);
  // Writes the records; nothing may follow.
  Result<DeltaSums> finish();

 private:
  struct Region {
    format::DeltaRecord record;
    std::size_t old_bytes = 0;  // of the record's key and value; 0: there was none
    std::uint64_t old_seal = 0;
  };
  Result<Region*> region(int level, RegionId id);
  void take_away(Region& region, Unit unit, std::string_view key, std::string_view value);
  void put(Region& region, Unit unit, std::string_view key, std::string_view value);
  Result<std::uint32_t> next_number(int level, Position position, bool any);

  const Snapshot& snapshot_;
  std::uint64_t model_;
  std::uint64_t epoch_;
  DeltaNumbers& numbers_;
  Batch& batch_;
  std::map<std::pair<int, RegionId>, Region> regions_;
  DeltaSums sums_;
};

}  // namespace terrane

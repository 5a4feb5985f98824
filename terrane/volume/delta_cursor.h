#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "terrane/store/engine.h"
#include "terrane/volume/delta_format.h"

namespace terrane {

// Walks the deltas of one level in one state of the store. Regions without any cost one look at a key that is
// not there. Not thread-safe; outlives neither snapshot nor engine.
class DeltaCursor {
 public:
  DeltaCursor(const Snapshot& snapshot, int level, std::uint64_t model)
      : snapshot_(snapshot), level_(level), model_(model) {}

  struct Entry {
    std::uint64_t batch = 0;
    std::string patch;
  };
  // The deltas of a brick, the oldest first; empty for most. Valid until the next call. Errors: kMissing
  // where their numbers have a gap, kCorrupt, kIo.
  Result<std::span<const Entry>> find(Position p);
  // Whether a brick has the delta of a number, and thus all before it.
  Result<bool> has(Position p, std::uint32_t number);
  // The first brick in [p, last] that has some.
  Result<std::optional<Position>> next(Position p, Position last);

 private:
  // A cursor over the region's deltas, or nullptr where it has none.
  Result<Cursor*> open(RegionId region);

  const Snapshot& snapshot_;
  int level_;
  std::uint64_t model_;
  std::unique_ptr<Cursor> records_;  // of the regions that have deltas
  std::optional<RegionId> region_;   // that cursor_ walks
  std::unique_ptr<Cursor> cursor_;   // nullptr: the region has no deltas
  std::vector<Entry> entries_;
};

}  // namespace terrane

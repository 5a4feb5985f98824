#pragma once

#include <memory>
#include <string>

#include "terrane/store/engine.h"
#include "terrane/volume/format.h"

namespace terrane {

// Walks the ranges of one level in one state of the store, and tells a lost key from a corrupt value from a
// failed engine. On an engine with one keyspace a look-up is one seek; elsewhere one in the directory, and
// one in the region's unit where it has its own. Not thread-safe; outlives neither snapshot nor engine.
class MapCursor {
 public:
  MapCursor(const Snapshot& snapshot, bool one_keyspace, int level, std::uint64_t model);

  // The range that covers `p`. Cheap where `p` is at or shortly after the last range given. The frame of
  // the range is valid until the next call. Errors: kMissing, kCorrupt, kIo.
  Result<format::Range> find(Position p);
  // Whether the range last found lies in the directory (it then holds whole regions).
  bool in_directory() const { return in_directory_; }

 private:
  Result<format::Range> take(Cursor& cursor, Position p, Position limit);
  Result<format::Range> find_in_units(Position p);
  Error lost(Position p) const;

  const Snapshot& snapshot_;
  bool one_keyspace_;
  int level_;
  std::uint64_t model_;
  bool in_directory_ = false;
  std::unique_ptr<Cursor> cursor_;         // of the one keyspace, or of the directory
  std::unique_ptr<Cursor> region_cursor_;  // of the region's unit
  RegionId region_ = 0;                    // that region_cursor_ walks
  Position at_ = 0;                        // last position of the range last found
  bool found_ = false;
};

}  // namespace terrane

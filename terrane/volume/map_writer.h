#pragma once

#include <span>
#include <string>
#include <vector>

#include "terrane/space/lattice.h"
#include "terrane/store/engine.h"
#include "terrane/volume/format.h"
#include "terrane/volume/map_cursor.h"
#include "terrane/volume/partition.h"

namespace terrane {

// New content for a stretch of the line of one level.
struct Edit {
  Run run;  // a single position for a brick
  format::Content content;
  std::string frame;  // brick
};

// The state of the map that a batch changes.
struct MapState {
  const Snapshot& snapshot;
  bool one_keyspace;
  const Lattice& lattice;
  std::uint64_t model;
  std::uint64_t epoch;  // of the batch to be
};

// What a batch changes, summed up.
struct MapDelta {
  format::Counters counters;     // of the level, as differences
  std::uint64_t bytes = 0;       // of all keys and values, records included; a wrapping difference
  std::uint64_t record_sum = 0;  // of the seals of records; a wrapping difference
};

// Turns edits of one level into the changes of keys that keep its partition canonical: splits, merges, moves
// regions between the directory and their own units, keeps the records. `edits` ascend and do not overlap.
// The caller lets no other batch in between snapshot and write.
Result<MapDelta> edit_map(const MapState& state, std::span<const Edit> edits, Batch& batch);

// The batch that makes the map of a level of an empty store: one predicted range over the whole line.
MapDelta create_map(int level, std::uint64_t model, Batch& batch);

}  // namespace terrane

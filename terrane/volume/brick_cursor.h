#pragma once

#include <span>
#include <string>
#include <vector>

#include "terrane/volume/delta_cursor.h"
#include "terrane/volume/map_cursor.h"

namespace terrane {

// All that a state of the store holds of one brick: the range that covers it, and the deltas that lie over
// it, the oldest first. Views, valid until the cursor's next call.
struct StoredBrick {
  format::Range range;
  std::span<const DeltaCursor::Entry> deltas;
  // Whether there is anything to decode; else one material fills it.
  bool has_voxels() const { return range.content.kind == RangeKind::kBrick || !deltas.empty(); }
};

// The same with memory of its own.
class KeptBrick {
 public:
  explicit KeptBrick(const StoredBrick& stored)
      : range_(stored.range),
        frame_(stored.range.frame),
        deltas_(stored.deltas.begin(), stored.deltas.end()) {}
  StoredBrick stored() const {
    StoredBrick out{range_, deltas_};
    out.range.frame = frame_;
    return out;
  }

 private:
  format::Range range_;
  std::string frame_;
  std::vector<DeltaCursor::Entry> deltas_;
};

// Walks the bricks of one level in one state of the store. Not thread-safe; outlives neither snapshot nor
// engine.
class BrickCursor {
 public:
  BrickCursor(const Snapshot& snapshot, bool one_keyspace, int level, std::uint64_t model)
      : map_(snapshot, one_keyspace, level, model), deltas_(snapshot, level, model) {}

  // Errors: kMissing, kCorrupt, kIo.
  Result<StoredBrick> find(Position p) {
    StoredBrick stored;
    TERRANE_ASSIGN(stored.range, map_.find(p));
    TERRANE_ASSIGN(stored.deltas, deltas_.find(p));
    return stored;
  }
  // How far from `p` on, to `last` at most, all bricks are the one material of the range found last: it must
  // be no brick, and cover `p`, which must have no deltas.
  Result<Position> same_until(Position p, Position last) {
    if (p == last) return p;
    TERRANE_ASSIGN(const auto next, deltas_.next(p + 1, last));
    return next ? *next - 1 : last;
  }

 private:
  MapCursor map_;
  DeltaCursor deltas_;
};

}  // namespace terrane

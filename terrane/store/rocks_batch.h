#pragma once

#include <cstdint>

#include <rocksdb/write_batch.h>

#include "terrane/store/engine.h"
#include "terrane/store/rocks_database.h"

namespace terrane {

// A batch in RocksDB's terms.
//
// A range that holds few keys becomes a delete of each: a range delete costs every later seek over it as much
// as a score of deletes do, and makes each iterator that follows a write build a list of all of them anew.
struct RocksBatch {
  rocksdb::WriteBatch changes;
  // What the batch leaves for seeks to step over, see SeekBurden.
  std::uint64_t burden = 0;
  bool has_range_delete = false;
};

// Whether translate() looks at what is stored: nothing may then be written between it and the batch.
bool depends_on_state(const Batch& batch);
Result<RocksBatch> translate(const RocksDatabase& database, const Batch& batch);

// kConflict unless all conditions of the batch hold.
Status check_conditions(const RocksDatabase& database, const Batch& batch);

}  // namespace terrane

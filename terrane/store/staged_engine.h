#pragma once

#include <cstddef>
#include <memory>

#include "terrane/base/status.h"
#include "terrane/store/engine.h"
#include "terrane/store/engines.h"

namespace terrane {

struct StagedEngineOptions {
  std::size_t chunk_bytes = std::size_t{4} << 20;  // of a batch, in one value of the log; at least 1
};

// Batches over several units on an engine that is atomic per unit only: an engine around it that keeps the
// whole contract.
//
// A batch within one unit goes through as it is. One over several is written into a log first, which is a
// unit of its own; its commit record, in the last write to the log, makes it count, with the durability asked
// for. Then its changes are made unit by unit, and the log is emptied. No other write goes on meanwhile, and
// readers see the state before. So the log is empty at rest, and the engine within holds what this one shows.
//
// A batch that was committed will be there. Where the engine within fails after that, write() succeeds:
// readers see the batch through the log, and the next write, or opening, makes its changes again from the
// start before anything else. Where it fails before, opening drops what is in the log.
//
// Of the engine within it asks the contract but for atomic_across_units: above all that snapshots are states
// of the whole engine, and that batches become durable in order, whatever their units. Nobody else may write
// it. Keys that begin with staged::kLogBegin, and the unit staged::log_unit(), are not the caller's to use.
//
// Opened to read only, beside an engine of this kind that writes, it looks into the log with every snapshot,
// and writes nothing. To write (kCreate is the same), it first finishes what the log holds. Errors: those of
// the engine within; kCorrupt where a committed batch is damaged.
Result<std::unique_ptr<Engine>> open_staged_engine(std::unique_ptr<Engine> engine, EngineMode mode,
                                                   StagedEngineOptions options = {});

}  // namespace terrane

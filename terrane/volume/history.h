#pragma once

#include "terrane/volume/history_format.h"
#include "terrane/volume/state.h"

namespace terrane {

// The old values of the deltas that lie over a brick of level 0: what each of them found, one after the
// other. `voxels`, of the brick's size, holds the brick with all of them afterwards.
Result<format::Folded> history_of(const Volume::State& state, Position position, const StoredBrick& stored,
                                  std::uint64_t epoch, CodecScratch& scratch, std::span<MaterialId> voxels);

// Puts records of history into a batch and counts them in the totals. The caller lets no other batch in
// between snapshot and write.
class HistoryWriter {
 public:
  HistoryWriter(const Volume::State& state, const Snapshot& snapshot, Batch& batch, format::Totals& totals)
      : state_(state), snapshot_(snapshot), batch_(batch), totals_(totals) {}

  void put(const format::Folded& folded);
  // Of all bricks of level 0 in a run that have deltas, which are about to go. Whether any of these is of a
  // batch after `pooled`.
  Result<bool> put_folded(const Run& run, std::uint64_t pooled);
  // Of all that a run of level 0 holds, which `batch` takes away.
  Status put_replaced(std::uint64_t batch, const Run& run);

 private:
  void count(std::string_view key, std::string_view value);

  const Volume::State& state_;
  const Snapshot& snapshot_;
  Batch& batch_;
  format::Totals& totals_;
};

}  // namespace terrane

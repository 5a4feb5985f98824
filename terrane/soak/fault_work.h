#pragma once

#include <string>
#include <vector>

#include "terrane/soak/ops.h"

// A fixed piece of work that meets every way in which a store is changed. The process whose disk fails does
// it, and the one that looks afterwards knows it.
namespace terrane::soak {

struct WorkStep {
  enum class Kind : std::uint8_t {
    kCreate,
    kOpen,  // closed before
    kWrite,
    kEdits,     // one after the other
    kTogether,  // each by a thread of its own
    kFold,
    kLevels,
    kIngest,
    kCompact,
    kCheckpoint
  };
  Kind kind = Kind::kEdits;
  std::uint32_t from = 0, to = 0;  // kEdits, kTogether: these edits
};
std::vector<WorkStep> work_steps();
std::string name(WorkStep::Kind kind);

// Edit number `n` of the work. The thread is n, so that those of one step may come in any order.
inline OpId work_op(std::uint32_t n) {
  return {0, n, 0};
}
// What tries whether a store that has failed still takes edits.
inline constexpr std::uint32_t kProbe = 1000, kProbes = 2;

inline constexpr Box kWritten = {{5, 3, 2}, {75, 66, 69}};
inline constexpr Box kIngested = {{60, 20, 10}, {140, 70, 64}};
VoxelArray written_voxels(const Plan& plan);
VoxelArray ingested_voxels(const Plan& plan);
Result<IngestReport> ingest_work(Volume& volume, const Plan& plan);

}  // namespace terrane::soak

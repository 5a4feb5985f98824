#pragma once

#include <string>

#include "benchmarks/compare_cpp/system.h"

namespace terrane::compare {

// Stores the volume once: wall and CPU seconds from the first voxel read to the last byte written.
Result<Json> measure_ingest(const System& system, const std::string& npy, const std::string& where);

// Reads what the plan says (benchmarks/compare_plan.py documents it), first untimed, comparing each with the
// plan's checksum, then as often as the plan says. kCorrupt where a system gives other voxels than the volume
// has.
Result<Json> measure_reads(const System& system, const Json& plan, const std::string& npy,
                           const std::string& where);

}  // namespace terrane::compare

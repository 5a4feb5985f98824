#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "terrane/base/clock.h"
#include "terrane/base/status.h"
#include "terrane/base/task.h"
#include "terrane/report/samples.h"
#include "terrane/volume/volume.h"

namespace terrane {

struct LatencyOptions {
  std::uint64_t points = 2000, boxes = 200, bricks = 500;
  std::uint64_t seed = 1;  // of the places
  Task task = {};
};

// How long reads of one kind take. Cold: the volume's cache was emptied before; the operating system's was
// not. Hot: the same read again at once, from voxels that lie decoded in memory.
struct Latency {
  Coord shape;  // voxels of one read
  Samples cold, hot;
  Samples added;  // cold less hot, read by read: what storing compressed adds. At least 0
};

struct Latencies {
  Latency points;  // anywhere in the store
  Latency boxes;   // unaligned, of up to 64 x 64 x 64, anywhere
  Latency bricks;  // single bricks that are stored as such
};

// Times reads of level 0 one by one, on the calling thread and the volume's executor. `bricks` are stored
// bricks to choose from; where there are none, nothing is timed for them. Reads see unfinished voxels as they
// are.
Result<Latencies> measure_latency(const Volume& volume, const std::vector<Position>& bricks,
                                  const Clock& clock, const LatencyOptions& options);

}  // namespace terrane

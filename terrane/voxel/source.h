#pragma once

#include <string>

#include "terrane/base/status.h"
#include "terrane/space/box.h"
#include "terrane/voxel/voxels.h"

namespace terrane {

// Voxels that can be asked for box by box: a file, a relief turned into rock, a function. What ingest reads.
class VoxelSource {
 public:
  virtual ~VoxelSource() = default;
  // Size in voxels; boxes below are within [0, size).
  virtual Coord size() const = 0;
  // Names the input and its state (for a file: path, length, time of change, shape...): an ingest that was
  // stopped continues only with a source of the same identity.
  virtual std::string identity() const = 0;
  // Fills `out`, whose size is that of `box`. Called from many threads at once. A value over 65535, a
  // read error or the end of a truncated file is an error that names the place.
  virtual Status read(const Box& box, VoxelView out) const = 0;
};

}  // namespace terrane

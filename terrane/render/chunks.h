#pragma once

#include <cstdint>
#include <vector>

#include "terrane/base/status.h"
#include "terrane/space/world.h"

namespace terrane {

// The level-0 box whose level-L voxels are exactly `part`, a box of level-L voxels within a store's extent.
Box level0_box(const World& world, const Box& part, int level);

// A part of a large read: what to ask for, and where its voxels go in the joined array.
struct Chunk {
  Box from;  // level-0 voxels
  Box to;    // level-L voxels, from (0, 0, 0) on
};

// Cuts a read into parts of at most about `max_voxels`, along the borders of bricks so that none is decoded
// twice. Parts are as long in z as they can be, then in y: that is the order of a file. kInvalid where
// the box is; kExhausted beyond 2^20 parts.
Result<std::vector<Chunk>> chunks_of(const World& world, const Box& box, int level, std::int64_t max_voxels);

}  // namespace terrane

#pragma once

#include "terrane/base/status.h"
#include "terrane/io/relief.h"
#include "terrane/io/relief_grid.h"
#include "terrane/space/world.h"

namespace terrane {

// The voxels of `world` whose centres lie within the relief and the region: one box, which may cross the
// seam. kInvalid where there are none, or where they fall apart into two boxes.
Result<Box> earth_box(const World& world, const GridPlaces& relief, const EarthRegion& region);

}  // namespace terrane

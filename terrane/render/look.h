#pragma once

#include "terrane/base/status.h"
#include "terrane/render/ground.h"
#include "terrane/render/kinds.h"
#include "terrane/volume/volume.h"

namespace terrane {

// The kinds of a store's materials; reads a coarse top layer of the box only where the catalogue does not
// say.
Result<Kinds> kinds_of(const Volume& volume, const Box& box, const ReadOptions& options);

// Looks down every column of a level that the box (level-0 voxels, may cross the seam) touches, decoding only
// as deep as the ground. The columns fit memory: the caller chooses the level.
Result<GroundMap> ground_of(const Volume& volume, const Box& box, int level, const Kinds& kinds,
                            const ReadOptions& options);

}  // namespace terrane

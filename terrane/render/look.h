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

// A box as seen from above. Where the catalogue names no liquid, and only shores are wanted, the map is 0 x
// 0.
struct GroundView {
  int level = 0;
  Kinds kinds;
  GroundMap map{0, 0};
};
// The finest level at which a box has at most 2^24 columns. Pooling lets thin things go: seen from a coarse
// level, a shelf sea under half a voxel deep is land.
int look_level(const Box& box);
Result<GroundView> look_down(const Volume& volume, const Box& box, int level, const ReadOptions& options);
bool names_liquid(const Catalogue& catalogue, const Kinds& kinds);

}  // namespace terrane

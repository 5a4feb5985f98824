#pragma once

#include <vector>

#include "terrane/render/figure.h"
#include "terrane/render/ground.h"
#include "terrane/render/plan.h"

namespace terrane {

// Metres along each side of a voxel of the map, by row: longitude narrows towards the poles.
struct CellSize {
  std::vector<double> x;  // one a row, from the south
  double y = 1, z = 1;
};

struct ShadedMap {
  Raster raster;                    // north at the top
  std::vector<LegendEntry> legend;  // of the ground and the liquids
  double deepest = 0;               // metres of liquid; 0 where there is none
  Rgb liquid = 0;                   // the colour of the commonest liquid
};

// Light from the north-west at 45 degrees. Relief is exaggerated until the steep tenth of the land, and of
// the seabed, stands at 35 degrees, so that every scale reads. Liquids go from pale to deep with depth.
ShadedMap shade(const GroundMap& map, const Kinds& kinds, const Catalogue& catalogue, const CellSize& cell);

// The tint of a liquid at a share of the greatest depth, 0..1.
Rgb depth_color(Rgb liquid, double share);

}  // namespace terrane

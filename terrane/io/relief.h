#pragma once

#include <memory>
#include <optional>
#include <string>

#include "terrane/base/status.h"
#include "terrane/space/world.h"
#include "terrane/voxel/source.h"

namespace terrane {

// Which part of a store a relief fills; what is not given is not limited.
struct EarthRegion {
  struct Range {
    double lo = 0, hi = 0;
  };
  // Degrees. A region across the date line has longitude 170:190; any whole turns may be added.
  std::optional<Range> longitude, latitude;
  std::optional<Range> vertical_m;
};

// Relief turned into rock.
struct EarthInput {
  std::unique_ptr<VoxelSource> source;
  Box box;  // of the store, the size of the source; may cross the seam of a world that wraps
};

// Opens a relief (any raster that GDAL reads, of heights in metres above sea level on a longitude-latitude
// grid) as the voxels of `world` that it covers, all of them by default: the columns whose centres lie
// within the relief and the region, the layers whose centres lie within the vertical range.
//
// The ground of a column is interpolated bilinearly between the relief's four samples around its centre;
// build_column() says what lies above and below, given the mean ground around too, for which the relief is
// read through once. A relief of the whole Earth continues across its seam, and over the poles with the value
// of its last row.
//
// Errors: kNotFound; kInvalid where GDAL cannot read the file, the raster is projected (the message gives the
// gdalwarp command) or has several bands, the world's CRS has no longitude, or relief, region and store do
// not meet. A sample without data (no-data, not finite, or beyond 100 km) within the part to fill is kInvalid
// and names its longitude and latitude: rock is not made from nothing. The part is searched for such holes
// before this returns, unless its type cannot have any (16-bit integers without a no-data value).
//
// Memory: about 64 MiB of samples, 64 MiB of columns and 1 MiB of means, whatever the relief's size, beside
// GDAL's own cache.
Result<EarthInput> open_earth(const std::string& relief_path, const World& world,
                              const EarthRegion& region = {});

}  // namespace terrane

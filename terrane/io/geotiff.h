#pragma once

#include <memory>
#include <string>

#include "terrane/base/status.h"
#include "terrane/base/task.h"
#include "terrane/io/exported.h"
#include "terrane/voxel/source.h"

namespace terrane {

// A GeoTIFF of labels. Its bands are layers, the first the lowest; a single band is one layer. Rows go from
// north to south in most files and are turned, so that y grows to the north. The no-data value is unknown
// (65535). Read in parallel through several handles; memory is that of GDAL's block cache.
//
// kNotFound; kInvalid where GDAL cannot read it, its numbers are not integers (a material is an id), or it is
// rotated or mirrored.
Result<std::unique_ptr<VoxelSource>> open_geotiff(const std::string& path);

// Writes a tiled GeoTIFF of uint16: DEFLATE, a band for each layer with the height of its centre as
// description, no-data 65535, names as metadata; BigTIFF where it is needed. In bounded memory. kInvalid
// beyond 65,535 layers or 2^31 - 1 columns or rows.
Status export_geotiff(const std::string& path, const VoxelSource& voxels, const ExportFrame& frame,
                      const Task& task = {});

}  // namespace terrane

#pragma once

#include <memory>
#include <string>

#include "terrane/base/status.h"
#include "terrane/base/task.h"
#include "terrane/io/exported.h"
#include "terrane/voxel/source.h"

namespace terrane {

// A NetCDF variable of labels: integers in two or three dimensions. Which dimension is which is told by the
// attributes of its coordinate variable (axis, standard_name, units) or its name; otherwise their order is
// that of the CF conventions: (z, y, x) or (y, x). Axes that run the other way are turned, so that y grows to
// the north and z upwards: coordinates that descend, heights that are "positive: down". _FillValue
// (missing_value) is unknown (65535).
//
// `variable` may be empty where the file has one that fits; "group/name" names one in a group. kNotFound;
// kInvalid where GDAL cannot read the file, or there is no such variable (the message lists those that are
// there), or it is no array of ids: floats, packed numbers (scale_factor), a time axis, chunks of more than
// 2^26 elements.
//
// Memory: up to 512 MiB of decoded chunks, each decoded by one thread at a time, as the NetCDF library wants
// it.
Result<std::unique_ptr<VoxelSource>> open_netcdf(const std::string& path, const std::string& variable = {});

// Writes NetCDF-4 by the CF conventions: "material" (z, y, x) of uint16 in compressed chunks of 64 x 64 x 64,
// the coordinates of the centres, the reference system, the names as flag_values and flag_meanings
// (characters that CF does not allow there become "_"), _FillValue 65535. In bounded memory.
Status export_netcdf(const std::string& path, const VoxelSource& voxels, const ExportFrame& frame,
                     const Task& task = {});

}  // namespace terrane

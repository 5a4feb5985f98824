#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "terrane/base/status.h"
#include "terrane/io/gdal_file.h"
#include "terrane/space/box.h"

namespace terrane {

// A variable of an open NetCDF file, and how its dimensions become x, y and z. For one thread at a time.
struct NetcdfVariable {
  struct Dimension {
    int axis = 0;         // 0, 1, 2: x, y, z
    bool turned = false;  // its first element is the last of the axis
    std::int64_t size = 1;
    std::int64_t block = 1;  // how many elements are best read at once
  };
  GdalDataset dataset;
  std::shared_ptr<GDALMDArray> array;
  std::vector<Dimension> dimensions;  // as in the file
  std::optional<std::int64_t> no_data;

  Coord size() const;
};

// See open_netcdf().
Result<NetcdfVariable> open_netcdf_variable(const std::string& path, const std::string& name);

}  // namespace terrane

#pragma once

#include <gdal_priv.h>

#include <cmath>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace terrane::testing {

// A small raster for tests. Heights come from `height(longitude or x, latitude or y)` at each sample.
struct RasterFile {
  std::string driver = "GTiff";
  int nx = 36, ny = 18, bands = 1;
  double west = -180, north = 90;  // of the outer edge of sample (0, 0)
  double dx = 10, dy = -10;
  std::string srs = "EPSG:4326";  // empty: none
  GDALDataType type = GDT_Float32;
  std::optional<double> no_data = {};
  double scale = 1, offset = 0;
  std::string unit = {};
  std::function<double(double, double)> height;

  std::string write(const std::string& path) const {
    GDALAllRegister();
    GDALDriver* memory = GetGDALDriverManager()->GetDriverByName("MEM");
    GDALDataset* dataset = memory->Create("", nx, ny, bands, type, nullptr);
    double transform[6] = {west, dx, 0, north, 0, dy};
    dataset->SetGeoTransform(transform);
    if (!srs.empty()) {
      OGRSpatialReference reference;
      reference.SetFromUserInput(srs.c_str());
      reference.SetAxisMappingStrategy(OAMS_TRADITIONAL_GIS_ORDER);
      dataset->SetSpatialRef(&reference);
    }
    std::vector<double> row(static_cast<std::size_t>(nx));
    for (int b = 1; b <= bands; ++b) {
      GDALRasterBand* band = dataset->GetRasterBand(b);
      if (no_data) band->SetNoDataValue(*no_data);
      if (scale != 1) band->SetScale(scale);
      if (offset != 0) band->SetOffset(offset);
      if (!unit.empty()) band->SetUnitType(unit.c_str());
      for (int r = 0; r < ny; ++r) {
        for (int c = 0; c < nx; ++c)
          row[static_cast<std::size_t>(c)] = height(west + (c + 0.5) * dx, north + (r + 0.5) * dy);
        if (band->RasterIO(GF_Write, 0, r, nx, 1, row.data(), nx, 1, GDT_Float64, 0, 0, nullptr) != CE_None)
          throw std::runtime_error("cannot fill a raster");
      }
    }
    GDALDriver* to = GetGDALDriverManager()->GetDriverByName(driver.c_str());
    GDALDataset* copy = to->CreateCopy(path.c_str(), dataset, 0, nullptr, nullptr, nullptr);
    if (copy == nullptr) throw std::runtime_error("cannot write a raster");
    GDALClose(copy);
    GDALClose(dataset);
    return path;
  }
};

}  // namespace terrane::testing

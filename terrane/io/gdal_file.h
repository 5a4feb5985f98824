#pragma once

#include <gdal_priv.h>

#include <memory>
#include <string>

#include "terrane/base/status.h"

namespace terrane {

// GDAL tells its errors to the terminal unless asked not to. While this lives, those of this thread are kept
// here instead. Within one function.
class GdalErrors {
 public:
  GdalErrors();
  ~GdalErrors();
  GdalErrors(const GdalErrors&) = delete;
  GdalErrors& operator=(const GdalErrors&) = delete;

  bool failed() const { return !first_.empty(); }
  // The first failure, on one line: what came after it is its consequence.
  std::string text() const { return failed() ? first_ : "no reason given"; }

 private:
  static void hear(CPLErr kind, CPLErrorNum number, const char* message);
  std::string first_;
};

struct CloseGdal {
  void operator()(GDALDataset* dataset) const { GDALClose(dataset); }
};
using GdalDataset = std::unique_ptr<GDALDataset, CloseGdal>;

// Opens a file for reading with this driver and no other. kNotFound; kInvalid in GDAL's words.
Result<GdalDataset> open_gdal(const std::string& path, const char* driver, unsigned flags);

// A reference system with x before y, as rasters have it. kInvalid where PROJ does not know the number.
Result<OGRSpatialReference> reference_of(int epsg);

}  // namespace terrane

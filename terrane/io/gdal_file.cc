#include "terrane/io/gdal_file.h"

#include <algorithm>

#include "fmt/format.h"
#include "terrane/io/exported.h"

namespace terrane {

GdalErrors::GdalErrors() {
  CPLErrorReset();
  CPLPushErrorHandlerEx(&GdalErrors::hear, this);
}

GdalErrors::~GdalErrors() {
  CPLPopErrorHandler();
}

void GdalErrors::hear(CPLErr kind, CPLErrorNum /*number*/, const char* message) {
  auto& self = *static_cast<GdalErrors*>(CPLGetErrorHandlerUserData());
  if (kind < CE_Failure || self.failed()) return;
  self.first_ = message;
  std::replace(self.first_.begin(), self.first_.end(), '\n', ' ');
  if (self.first_.empty()) self.first_ = "no reason given";
}

Result<GdalDataset> open_gdal(const std::string& path, const char* driver, unsigned flags) {
  TERRANE_ASSIGN([[maybe_unused]] const std::string identity, file_identity(path));
  const GdalErrors errors;
  GDALAllRegister();
  const char* const drivers[] = {driver, nullptr};
  GdalDataset dataset(
      GDALDataset::Open(path.c_str(), flags | GDAL_OF_READONLY | GDAL_OF_VERBOSE_ERROR, drivers));
  if (dataset == nullptr)
    return invalid(
        fmt::format("GDAL cannot read the file as {}: {}; path=`{}`", driver, errors.text(), path));
  return dataset;
}

Result<OGRSpatialReference> reference_of(int epsg) {
  const GdalErrors errors;
  OGRSpatialReference reference;
  if (reference.importFromEPSG(epsg) != OGRERR_NONE) {
    return invalid(
        fmt::format("the coordinate system of the store is not in PROJ's database: {}; crs=`EPSG:{}`",
                    errors.text(), epsg));
  }
  reference.SetAxisMappingStrategy(OAMS_TRADITIONAL_GIS_ORDER);
  return reference;
}

}  // namespace terrane

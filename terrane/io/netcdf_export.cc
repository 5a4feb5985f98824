#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

#include "fmt/format.h"
#include "terrane/io/gdal_file.h"
#include "terrane/io/netcdf.h"
#include "terrane/io/temporary_file.h"

namespace terrane {
namespace {

using Group = std::shared_ptr<GDALGroup>;
using Array = std::shared_ptr<GDALMDArray>;
using Dimension = std::shared_ptr<GDALDimension>;

constexpr std::int64_t kChunk = 64;
constexpr std::int64_t kBlockVoxels = std::int64_t{1} << 25;

struct Attribute {
  const char* name;
  std::string text;
};

template <class Owner>
bool set(Owner& owner, const std::vector<Attribute>& attributes) {
  for (const Attribute& a : attributes) {
    const auto made = owner.CreateAttribute(a.name, {}, GDALExtendedDataType::CreateString());
    if (made == nullptr || !made->Write(a.text.c_str())) return false;
  }
  return true;
}

// CF separates meanings by blanks, and allows letters, digits and a few signs in them.
std::string meaning(const std::string& name) {
  std::string out;
  for (const char c : name) {
    const bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      std::string_view("_-.+@").find(c) != std::string_view::npos;
    if (fine) out += c;
    if (!fine && (out.empty() || out.back() != '_')) out += '_';
  }
  return out;
}

bool write_flags(GDALMDArray& array, const Catalogue& catalogue) {
  const std::vector<Material>& all = catalogue.all();
  if (all.empty()) return true;
  std::vector<std::uint16_t> values;
  std::string meanings;
  for (const Material& m : all) {
    values.push_back(m.id);
    meanings += (meanings.empty() ? "" : " ") + meaning(m.name);
  }
  const auto flags =
      array.CreateAttribute("flag_values", {values.size()}, GDALExtendedDataType::Create(GDT_UInt16));
  return flags != nullptr && flags->Write(values.data(), values.size() * sizeof(values[0])) &&
         set(array, {{"flag_meanings", meanings}});
}

std::vector<Attribute> axis_attributes(int axis, const ExportFrame& frame, bool degrees) {
  if (axis == 2)
    return {
        {"units", "m"}, {"axis", "Z"}, {"positive", "up"}, {"long_name", "elevation of the voxel's centre"}};
  const char* letter = axis == 0 ? "X" : "Y";
  if (degrees) {
    return {{"units", axis == 0 ? "degrees_east" : "degrees_north"},
            {"axis", letter},
            {"standard_name", axis == 0 ? "longitude" : "latitude"}};
  }
  std::vector<Attribute> out = {{"units", "m"}, {"axis", letter}};
  if (!frame.crs.empty())
    out.push_back({"standard_name", axis == 0 ? "projection_x_coordinate" : "projection_y_coordinate"});
  return out;
}

bool write_axis(GDALGroup& root, const Dimension& dimension, int axis, const ExportFrame& frame,
                bool degrees) {
  const Array array =
      root.CreateMDArray(dimension->GetName(), {dimension}, GDALExtendedDataType::Create(GDT_Float64));
  if (array == nullptr || !set(*array, axis_attributes(axis, frame, degrees))) return false;
  std::vector<double> centres(static_cast<std::size_t>(dimension->GetSize()));
  for (std::size_t i = 0; i < centres.size(); ++i)
    centres[i] = frame.centre(axis, static_cast<std::int64_t>(i));
  const GUInt64 start = 0;
  const std::size_t count = centres.size();
  return array->Write(&start, &count, nullptr, nullptr, GDALExtendedDataType::Create(GDT_Float64),
                      centres.data());
}

// The variable with all that describes it, and its axes. Null where GDAL failed.
Result<Array> describe(const Group& root, Coord size, const ExportFrame& frame) {
  const std::int64_t sizes[] = {size.x, size.y, size.z};
  const char* const names[] = {"x", "y", "z"};
  std::vector<Dimension> dimensions;
  std::string chunks;
  for (const int axis : {2, 1, 0}) {
    dimensions.push_back(root->CreateDimension(names[axis], "", "", static_cast<GUInt64>(sizes[axis])));
    if (dimensions.back() == nullptr) return Array();
    chunks += fmt::format("{}{}", chunks.empty() ? "BLOCKSIZE=" : ",", std::min(sizes[axis], kChunk));
  }
  const char* const options[] = {"COMPRESS=DEFLATE", "ZLEVEL=4", chunks.c_str(), nullptr};
  Array array = root->CreateMDArray("material", dimensions, GDALExtendedDataType::Create(GDT_UInt16),
                                    const_cast<char**>(options));
  const std::uint16_t unknown = kUnknown;
  if (array == nullptr || !array->SetRawNoDataValue(&unknown)) return Array();
  bool degrees = false;
  if (const auto epsg = frame.epsg()) {
    TERRANE_ASSIGN(const OGRSpatialReference reference, reference_of(*epsg));
    degrees = reference.IsGeographic() != 0;
    if (!array->SetSpatialRef(&reference)) return Array();
  }
  const bool fine = set(*root, {{"Conventions", "CF-1.9"}, {"title", "terrane voxels"}}) &&
                    set(*array, {{"long_name", "material of the voxel"}}) &&
                    write_flags(*array, frame.catalogue) &&
                    write_axis(*root, dimensions[0], 2, frame, degrees) &&
                    write_axis(*root, dimensions[1], 1, frame, degrees) &&
                    write_axis(*root, dimensions[2], 0, frame, degrees);
  return fine ? array : Array();
}

Error failed(const GdalErrors& errors, const std::string& path) {
  return {ErrorCode::kIo, fmt::format("cannot write the NetCDF file: {}; path=`{}`", errors.text(), path)};
}

Status write_voxels(GDALMDArray& array, const VoxelSource& voxels, const Task& task, const GdalErrors& errors,
                    const std::string& path) {
  const Coord size = voxels.size();
  const auto up = [](std::int64_t most, std::int64_t n) {
    return std::min(n, std::max<std::int64_t>(1, most / kChunk) * kChunk);  // whole chunks
  };
  Coord step = {0, 0, std::min(size.z, kChunk)};
  step.x = up(kBlockVoxels / (kChunk * step.z), size.x);
  step.y = up(kBlockVoxels / (step.x * step.z), size.y);
  std::vector<MaterialId> buffer;
  return for_each_block(size, step, task, [&](const Box& box) -> Status {
    const Coord n = box.size();
    buffer.resize(static_cast<std::size_t>(n.x * n.y * n.z));
    TERRANE_TRY(voxels.read(box, raster_order(buffer.data(), n)));
    const GUInt64 start[] = {static_cast<GUInt64>(box.lo.z), static_cast<GUInt64>(box.lo.y),
                             static_cast<GUInt64>(box.lo.x)};
    const std::size_t count[] = {static_cast<std::size_t>(n.z), static_cast<std::size_t>(n.y),
                                 static_cast<std::size_t>(n.x)};
    const auto type = GDALExtendedDataType::Create(GDT_UInt16);
    if (!array.Write(start, count, nullptr, nullptr, type, buffer.data()) || errors.failed())
      return failed(errors, path);
    return ok();
  });
}

}  // namespace

Status export_netcdf(const std::string& path, const VoxelSource& voxels, const ExportFrame& frame,
                     const Task& task) {
  TERRANE_ASSIGN(TemporaryFile file, TemporaryFile::create(path));
  const GdalErrors errors;
  GDALAllRegister();
  GDALDriver* driver = GetGDALDriverManager()->GetDriverByName("netCDF");
  if (driver == nullptr) return Error{ErrorCode::kUnsupported, "this GDAL has no NetCDF driver"};
  const char* const options[] = {"FORMAT=NC4", nullptr};
  GdalDataset out(
      driver->CreateMultiDimensional(file.temporary().c_str(), nullptr, const_cast<char**>(options)));
  if (out == nullptr) return failed(errors, path);
  {
    const Group root = out->GetRootGroup();
    if (root == nullptr) return failed(errors, path);
    TERRANE_ASSIGN(const Array array, describe(root, voxels.size(), frame));
    if (array == nullptr) return failed(errors, path);
    TERRANE_TRY(write_voxels(*array, voxels, task, errors, path));
  }
  out.reset();  // closes the file, once nothing of it is held
  if (errors.failed()) return failed(errors, path);
  TERRANE_TRY(file.reopen());
  return file.finish();
}

}  // namespace terrane

#include "terrane/io/geotiff.h"

#include <cstdint>
#include <limits>
#include <mutex>
#include <utility>
#include <vector>

#include "fmt/format.h"
#include "terrane/io/gdal_file.h"
#include "terrane/io/temporary_file.h"

namespace terrane {
namespace {

constexpr int kMaxBands = 65535;
constexpr std::int64_t kTileEdge = 256;
constexpr std::int64_t kBlockVoxels = std::int64_t{1} << 26;

// What all handles of one file share.
struct Layout {
  Coord size;
  bool north_up = true;  // the first row is the northernmost
  std::optional<std::int64_t> no_data;
};

Result<std::optional<std::int64_t>> no_data_of(GDALRasterBand& band) {
  int has = 0;
  if (band.GetRasterDataType() == GDT_Int64) {
    const std::int64_t value = band.GetNoDataValueAsInt64(&has);
    return has != 0 ? std::optional(value) : std::nullopt;
  }
  if (band.GetRasterDataType() == GDT_UInt64) {
    const std::uint64_t value = band.GetNoDataValueAsUInt64(&has);
    // Beyond int64, values read as its largest one.
    constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
    return has != 0 ? std::optional(static_cast<std::int64_t>(std::min(value, kMost))) : std::nullopt;
  }
  const double value = band.GetNoDataValue(&has);
  // A value that no integer of the band can have marks nothing.
  if (has == 0 || !(value >= -2147483648.0 && value <= 4294967295.0)) return std::optional<std::int64_t>();
  const auto whole = static_cast<std::int64_t>(value);
  return static_cast<double>(whole) == value ? std::optional(whole) : std::nullopt;
}

Result<Layout> examine(GDALDataset& dataset, const std::string& path) {
  Layout layout;
  layout.size = {dataset.GetRasterXSize(), dataset.GetRasterYSize(), dataset.GetRasterCount()};
  if (layout.size.z == 0)
    return invalid(fmt::format("the file holds no raster: give one that does; path=`{}`", path));
  for (int b = 1; b <= dataset.GetRasterCount(); ++b) {
    const GDALDataType type = dataset.GetRasterBand(b)->GetRasterDataType();
    if (GDALDataTypeIsInteger(type) != 0 && GDALDataTypeIsComplex(type) == 0) continue;
    return invalid(
        fmt::format("the raster's numbers are not integers, and a material is an id: convert it "
                    "with gdal_translate -ot UInt16; band=`{}` type=`{}` path=`{}`",
                    b, GDALGetDataTypeName(type), path));
  }
  TERRANE_ASSIGN(layout.no_data, no_data_of(*dataset.GetRasterBand(1)));
  double t[6];
  if (dataset.GetGeoTransform(t) != CE_None) return layout;
  if (t[2] != 0 || t[4] != 0 || t[1] < 0) {
    return invalid(
        fmt::format("the raster is rotated or mirrored: warp it onto a north-up grid with gdalwarp -r near; "
                    "path=`{}`",
                    path));
  }
  layout.north_up = t[5] <= 0;
  return layout;
}

// A dataset is for one thread at a time: threads borrow handles of their own, and leave them for others.
class GeotiffSource final : public VoxelSource {
 public:
  GeotiffSource(std::string path, std::string identity, Layout layout, GdalDataset first)
      : path_(std::move(path)), identity_(std::move(identity)), layout_(layout) {
    idle_.push_back(std::move(first));
  }
  Coord size() const override { return layout_.size; }
  std::string identity() const override { return "geotiff " + identity_; }

  Status read(const Box& box, VoxelView out) const override {
    TERRANE_TRY(check_read(box, layout_.size, out));
    TERRANE_TRY(still_same(path_, identity_));
    TERRANE_ASSIGN(GdalDataset dataset, borrow());
    TERRANE_TRY(read_with(*dataset, box, out));
    const std::scoped_lock lock(mutex_);
    idle_.push_back(std::move(dataset));
    return ok();
  }

 private:
  Result<GdalDataset> borrow() const {
    {
      const std::scoped_lock lock(mutex_);
      if (!idle_.empty()) {
        GdalDataset out = std::move(idle_.back());
        idle_.pop_back();
        return out;
      }
    }
    return open_gdal(path_, "GTiff", GDAL_OF_RASTER);
  }

  Status read_with(GDALDataset& dataset, const Box& box, VoxelView out) const {
    const GdalErrors errors;
    const Coord n = box.size();
    const auto columns = static_cast<int>(n.x), rows = static_cast<int>(n.y);
    const std::int64_t row0 = layout_.north_up ? layout_.size.y - box.hi.y : box.lo.y;
    std::vector<std::int64_t> layer(static_cast<std::size_t>(n.x * n.y));
    for (std::int64_t z = 0; z < n.z; ++z) {
      GDALRasterBand* band = dataset.GetRasterBand(static_cast<int>(box.lo.z + z) + 1);
      if (band->RasterIO(GF_Read, static_cast<int>(box.lo.x), static_cast<int>(row0), columns, rows,
                         layer.data(), columns, rows, GDT_Int64, 0, 0, nullptr) != CE_None) {
        return Error{ErrorCode::kIo,
                     fmt::format("GDAL failed to read the raster: {}. Is the file whole? box=`{}` path=`{}`",
                                 errors.text(), to_string(box), path_)};
      }
      for (std::int64_t y = 0; y < n.y; ++y) {
        const std::int64_t* row = layer.data() + (layout_.north_up ? n.y - 1 - y : y) * n.x;
        for (std::int64_t x = 0; x < n.x; ++x) {
          const auto material = material_of(row[x], layout_.no_data);
          if (!material) return no_material(row[x], box.lo + Coord{x, y, z}, path_);
          out.at({x, y, z}) = *material;
        }
      }
    }
    return ok();
  }

  const std::string path_, identity_;
  const Layout layout_;
  mutable std::mutex mutex_;
  mutable std::vector<GdalDataset> idle_;
};

Status check_size(Coord size) {
  constexpr std::int64_t kMost = std::numeric_limits<int>::max();
  if (size.x <= kMost && size.y <= kMost && size.z <= kMaxBands) return ok();
  return invalid(fmt::format(
      "a GeoTIFF holds at most 65,535 layers of 2^31 - 1 columns and rows: export a smaller box or a "
      "coarser level; size=`{}`",
      to_string(size)));
}

Result<GdalDataset> create(const TemporaryFile& file, Coord size, const GdalErrors& errors) {
  GDALDriver* driver = GetGDALDriverManager()->GetDriverByName("GTiff");
  if (driver == nullptr) return Error{ErrorCode::kUnsupported, "this GDAL has no GeoTIFF driver"};
  const auto edge = [](std::int64_t n) { return std::min(kTileEdge, (n + 15) / 16 * 16); };
  const std::string width = fmt::format("BLOCKXSIZE={}", edge(size.x)),
                    height = fmt::format("BLOCKYSIZE={}", edge(size.y));
  const char* const options[] = {
      "TILED=YES",       width.c_str(),      height.c_str(),           "COMPRESS=DEFLATE",
      "INTERLEAVE=BAND", "BIGTIFF=IF_SAFER", "PHOTOMETRIC=MINISBLACK", nullptr};
  GdalDataset out(driver->Create(file.temporary().c_str(), static_cast<int>(size.x), static_cast<int>(size.y),
                                 static_cast<int>(size.z), GDT_UInt16, const_cast<char**>(options)));
  if (out == nullptr)
    return Error{ErrorCode::kIo,
                 fmt::format("GDAL cannot create the GeoTIFF: {}; path=`{}`", errors.text(), file.path())};
  return out;
}

Status describe(GDALDataset& out, Coord size, const ExportFrame& frame) {
  double t[6] = {frame.origin[0],
                 frame.spacing[0],
                 0,
                 frame.origin[1] + frame.spacing[1] * static_cast<double>(size.y),
                 0,
                 -frame.spacing[1]};
  out.SetGeoTransform(t);
  if (const auto epsg = frame.epsg()) {
    TERRANE_ASSIGN(const OGRSpatialReference reference, reference_of(*epsg));
    out.SetSpatialRef(&reference);
  }
  out.SetMetadataItem("z_origin", fmt::format("{}", frame.origin[2]).c_str());
  out.SetMetadataItem("z_spacing", fmt::format("{}", frame.spacing[2]).c_str());
  for (const Material& m : frame.catalogue.all())
    out.SetMetadataItem(fmt::format("material_{}", m.id).c_str(), m.name.c_str());
  out.GetRasterBand(1)->SetNoDataValue(kUnknown);
  for (std::int64_t z = 0; z < size.z; ++z) {
    out.GetRasterBand(static_cast<int>(z) + 1)
        ->SetDescription(fmt::format("z = {} m", frame.centre(2, z)).c_str());
  }
  return ok();
}

// Blocks are counted in the file's order, from the north, so that none shares a tile with another.
Status write_layers(GDALDataset& out, const VoxelSource& voxels, const Task& task, const GdalErrors& errors,
                    const std::string& path) {
  const Coord size = voxels.size();
  Coord step = {kTileEdge, kTileEdge, std::min(size.z, kBlockVoxels / (kTileEdge * kTileEdge))};
  step.x *= std::max<std::int64_t>(1, kBlockVoxels / 2 / (step.x * step.y * step.z));
  std::vector<MaterialId> buffer;
  return for_each_block(size, step, task, [&](const Box& rows) -> Status {
    const Coord n = rows.size();
    Box box = rows;
    box.lo.y = size.y - rows.hi.y;
    box.hi.y = size.y - rows.lo.y;
    buffer.resize(static_cast<std::size_t>(n.x * n.y * n.z));
    VoxelView view = raster_order(buffer.data(), n);
    view.data += (n.y - 1) * view.stride.y;  // the northernmost row first
    view.stride.y = -view.stride.y;
    TERRANE_TRY(voxels.read(box, view));
    for (std::int64_t z = 0; z < n.z; ++z) {
      GDALRasterBand* band = out.GetRasterBand(static_cast<int>(rows.lo.z + z) + 1);
      const auto columns = static_cast<int>(n.x), lines = static_cast<int>(n.y);
      if (band->RasterIO(GF_Write, static_cast<int>(rows.lo.x), static_cast<int>(rows.lo.y), columns, lines,
                         buffer.data() + z * n.x * n.y, columns, lines, GDT_UInt16, 0, 0,
                         nullptr) != CE_None ||
          errors.failed()) {
        return Error{ErrorCode::kIo,
                     fmt::format("GDAL failed to write the GeoTIFF: {}; path=`{}`", errors.text(), path)};
      }
    }
    return ok();
  });
}

}  // namespace

Result<std::unique_ptr<VoxelSource>> open_geotiff(const std::string& path) {
  TERRANE_ASSIGN(std::string identity, file_identity(path));
  TERRANE_ASSIGN(GdalDataset dataset, open_gdal(path, "GTiff", GDAL_OF_RASTER));
  TERRANE_ASSIGN(const Layout layout, examine(*dataset, path));
  return std::unique_ptr<VoxelSource>(
      std::make_unique<GeotiffSource>(path, std::move(identity), layout, std::move(dataset)));
}

Status export_geotiff(const std::string& path, const VoxelSource& voxels, const ExportFrame& frame,
                      const Task& task) {
  TERRANE_TRY(check_size(voxels.size()));
  TERRANE_ASSIGN(TemporaryFile file, TemporaryFile::create(path));
  const GdalErrors errors;
  GDALAllRegister();
  TERRANE_ASSIGN(GdalDataset out, create(file, voxels.size(), errors));
  TERRANE_TRY(describe(*out, voxels.size(), frame));
  TERRANE_TRY(write_layers(*out, voxels, task, errors, path));
  out.reset();  // what GDAL still held is written now
  if (errors.failed())
    return Error{ErrorCode::kIo,
                 fmt::format("GDAL failed to write the GeoTIFF: {}; path=`{}`", errors.text(), path)};
  TERRANE_TRY(file.reopen());
  return file.finish();
}

}  // namespace terrane

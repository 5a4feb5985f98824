#include "terrane/io/relief_grid.h"

#include <gdal_priv.h>
#include <sys/stat.h>

#include <algorithm>
#include <cmath>

#include "fmt/format.h"
#include "terrane/io/gdal_file.h"
#include "terrane/model/fixed.h"

namespace terrane {
namespace {

constexpr double kMaxHeightM = 100'000;
constexpr double kReliefSpanM = 20'000;
constexpr double kMetresPerDegree = 111'320;

// A block with a border of one sample: the index of its sample (column, row), each from -1 on.
constexpr int kWide = ReliefGrid::kBlock + 2;
constexpr std::size_t bordered(int column, int row) {
  return static_cast<std::size_t>(row + 1) * kWide + static_cast<std::size_t>(column + 1);
}

void close(GDALDataset* dataset) {
  if (dataset != nullptr) GDALClose(dataset);
}

std::string identity_of(GDALDataset& dataset, const std::string& path) {
  std::string out = "path=" + path;
  char** files = dataset.GetFileList();
  for (char** f = files; f != nullptr && *f != nullptr; ++f) {
    struct stat s {};
    if (::stat(*f, &s) != 0) continue;
    char* absolute = ::realpath(*f, nullptr);
    out += fmt::format(" file={} bytes={} changed_ns={}", absolute != nullptr ? absolute : *f, s.st_size,
                       static_cast<std::int64_t>(s.st_mtim.tv_sec) * 1'000'000'000 + s.st_mtim.tv_nsec);
    std::free(absolute);  // realpath allocates
  }
  CSLDestroy(files);
  return out;
}

// A container such as NetCDF that holds several rasters names them here.
std::string variables_of(GDALDataset& dataset) {
  std::string out;
  char** list = dataset.GetMetadata("SUBDATASETS");
  for (char** entry = list; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::size_t at = text.find("_NAME=");
    if (at != std::string_view::npos) out += fmt::format(" {}", text.substr(at + 6));
  }
  return out;
}

Error warp_first(const std::string& path, std::string_view what) {
  return invalid(
      fmt::format("the relief {}. Make one on a longitude-latitude grid first: gdalwarp -t_srs EPSG:4326 "
                  "-r bilinear {} relief-4326.tif; path=`{}`",
                  what, path, path));
}

}  // namespace

ReliefGrid::ReliefGrid() : dataset_(nullptr, &close) {}
ReliefGrid::~ReliefGrid() = default;

Result<std::unique_ptr<ReliefGrid>> ReliefGrid::open(const std::string& path) {
  const GdalErrors errors;
  GDALAllRegister();
  std::unique_ptr<ReliefGrid> grid(new ReliefGrid);
  grid->path_ = path;
  grid->dataset_.reset(
      GDALDataset::Open(path.c_str(), GDAL_OF_RASTER | GDAL_OF_READONLY | GDAL_OF_VERBOSE_ERROR));
  if (grid->dataset_ == nullptr) {
    const std::string why = errors.text();
    struct stat s {};
    const bool gone = path.find(':') == std::string::npos && ::stat(path.c_str(), &s) != 0;
    if (gone) return Error{ErrorCode::kNotFound, fmt::format("there is no such relief; path=`{}`", path)};
    return invalid(fmt::format("GDAL cannot read the relief: {}; path=`{}`", why, path));
  }
  TERRANE_TRY(grid->examine_band());
  TERRANE_TRY(grid->place_samples());
  grid->identity_ = identity_of(*grid->dataset_, path);
  return grid;
}

Status ReliefGrid::examine_band() {
  if (dataset_->GetRasterCount() == 0) {
    const std::string variables = variables_of(*dataset_);
    return invalid(fmt::format("the relief holds no raster of its own{}{}; path=`{}`",
                               variables.empty() ? "" : ", but several. Name one of them:", variables,
                               path_));
  }
  if (dataset_->GetRasterCount() > 1) {
    return invalid(
        fmt::format("the relief has {} bands, and heights are one: take it out with gdal_translate -b N {} "
                    "relief.tif; path=`{}`",
                    dataset_->GetRasterCount(), path_, path_));
  }
  band_ = dataset_->GetRasterBand(1);
  const GDALDataType type = band_->GetRasterDataType();
  if (GDALDataTypeIsComplex(type) != 0)
    return invalid(fmt::format("the relief holds complex numbers, and heights are real; path=`{}`", path_));
  const std::string unit = band_->GetUnitType();
  const std::string_view metres[] = {"", "m", "metre", "metres", "meter", "meters", "Meter", "Metre", "M"};
  if (std::find(std::begin(metres), std::end(metres), unit) == std::end(metres)) {
    return invalid(
        fmt::format("the relief is in units of `{}`, and heights are metres: convert it with gdal_calc.py; "
                    "path=`{}`",
                    unit, path_));
  }
  int has = 0;
  no_data_ = band_->GetNoDataValue(&has);
  has_no_data_ = has != 0;
  scale_ = band_->GetScale(&has);
  if (has == 0) scale_ = 1;
  offset_ = band_->GetOffset(&has);
  if (has == 0) offset_ = 0;
  may_have_holes_ = has_no_data_ || GDALDataTypeIsFloating(type) != 0 || GDALGetDataTypeSizeBytes(type) > 2;
  return ok();
}

Status ReliefGrid::place_samples() {
  double t[6];
  if (dataset_->GetGeoTransform(t) != CE_None)
    return invalid(fmt::format("the relief does not say where it lies (no geotransform); path=`{}`", path_));
  const OGRSpatialReference* srs = dataset_->GetSpatialRef();
  if (srs != nullptr && srs->IsGeographic() == 0) return warp_first(path_, "is projected");
  if (t[2] != 0 || t[4] != 0) return warp_first(path_, "is rotated");
  GridPlaces& p = places_;
  p.nx = band_->GetXSize();
  p.ny = band_->GetYSize();
  p.dlon = t[1];
  p.dlat = t[5];
  p.lon0 = t[0] + t[1] / 2;
  p.lat0 = t[3] + t[5] / 2;
  const double far_lon = t[0] + t[1] * p.nx, far_lat = t[3] + t[5] * p.ny;
  p.west = std::min(t[0], far_lon);
  p.east = std::max(t[0], far_lon);
  p.south = std::min(t[3], far_lat);
  p.north = std::max(t[3], far_lat);
  const double step_lon = std::abs(p.dlon), step_lat = std::abs(p.dlat);
  // A grid registered on its lines reaches half a step beyond the pole.
  const bool degrees = step_lon > 0 && step_lat > 0 && p.south >= -90 - step_lat &&
                       p.north <= 90 + step_lat && p.west >= -540 - step_lon && p.east <= 720 + step_lon &&
                       p.east - p.west <= 360 + 2 * step_lon;
  if (!degrees) return warp_first(path_, "has coordinates that are no degrees of longitude and latitude");
  // Steps are written down rounded: ETOPO5 says 0.0833341 for 5'. Where first and last column are the same
  // meridian, the last is left out.
  for (const int columns : {p.nx, p.nx - 1}) {
    if (columns > 1 && std::abs(step_lon * columns - 360) < step_lon / 4) {
      p.around = true;
      p.nx = columns;
      p.dlon = std::copysign(360.0 / columns, p.dlon);
      break;
    }
  }
  // To the pole itself, whatever the half steps say.
  if (p.north > 90 - step_lat) p.north = std::max(p.north, 91.0);
  if (p.south < -90 + step_lat) p.south = std::min(p.south, -91.0);
  const double span_m = std::min(2 * step_lat * kMetresPerDegree, 1e7);
  const auto ratio_q16 = static_cast<std::uint64_t>(kReliefSpanM / span_m * 65536);
  relief_scale_q8_ = std::min<std::uint32_t>(model::isqrt(ratio_q16), 10 * 256);
  return ok();
}

std::shared_ptr<const ReliefGrid::Block> ReliefGrid::cached(std::int64_t key) const {
  std::scoped_lock lock(cache_mutex_);
  const auto found = cache_.find(key);
  if (found == cache_.end()) return nullptr;
  recent_.splice(recent_.begin(), recent_, found->second.recent);
  return found->second.block;
}

Result<std::shared_ptr<const ReliefGrid::Block>> ReliefGrid::block(int bx, int by) const {
  const std::int64_t key = std::int64_t{by} * (1 << 24) + bx;
  if (auto hit = cached(key)) return hit;
  std::scoped_lock loading(gdal_mutex_);
  if (auto hit = cached(key)) return hit;  // loaded while this thread waited
  TERRANE_ASSIGN(std::shared_ptr<const Block> fresh, load(bx, by));
  std::scoped_lock lock(cache_mutex_);
  const std::size_t most = std::max<std::size_t>(kCacheBytes / fresh->bytes(), 4);
  while (cache_.size() >= most) {
    cache_.erase(recent_.back());
    recent_.pop_back();
  }
  recent_.push_front(key);
  cache_[key] = {fresh, recent_.begin()};
  return fresh;
}

Status ReliefGrid::read_samples(int column, int row, int columns, int rows, double* to, int stride) const {
  if (columns <= 0) return ok();
  const GdalErrors errors;
  if (band_->RasterIO(GF_Read, column, row, columns, rows, to, columns, rows, GDT_Float64, sizeof(double),
                      static_cast<GSpacing>(sizeof(double)) * stride, nullptr) == CE_None)
    return ok();
  return Error{ErrorCode::kIo,
               fmt::format("GDAL failed to read the relief: {}; column=`{}` row=`{}` path=`{}`",
                           errors.text(), column, row, path_)};
}

std::int32_t ReliefGrid::ground_cm(double raw) const {
  const double metres = raw * scale_ + offset_;
  const bool hole = (has_no_data_ && raw == no_data_) || !(std::abs(metres) <= kMaxHeightM);
  return hole ? kHole : static_cast<std::int32_t>(std::llround(metres * 100));
}

Status ReliefGrid::heights(int column, int row, int n, std::vector<std::int32_t>& ground_cm) const {
  std::vector<double> raw(static_cast<std::size_t>(n));
  {
    std::scoped_lock lock(gdal_mutex_);
    TERRANE_TRY(read_samples(column, row, n, 1, raw.data(), n));
  }
  ground_cm.resize(raw.size());
  std::transform(raw.begin(), raw.end(), ground_cm.begin(), [&](double v) { return this->ground_cm(v); });
  return ok();
}

int ReliefGrid::block_columns() const {
  int x = 0, y = 0;
  band_->GetBlockSize(&x, &y);
  return x;
}

// A block with one more sample on each side, in cm: across the seam where the grid closes, and the edge again
// elsewhere.
Result<std::vector<std::int32_t>> ReliefGrid::load_bordered(int bx, int by) const {
  const GridPlaces& p = places_;
  const int column0 = bx * kBlock, row0 = by * kBlock;
  const int columns = std::min(kBlock, p.nx - column0), rows = std::min(kBlock, p.ny - row0);
  const int top = std::max(row0 - 1, 0), bottom = std::min(row0 + rows + 1, p.ny);
  std::vector<double> raw(std::size_t{kWide} * kWide, std::nan(""));
  const auto at = [&](int column, int row) { return raw.data() + bordered(column - column0, row - row0); };
  const auto read = [&](int from, int n, int to) {
    return read_samples(from, top, n, bottom - top, at(to, top), kWide);
  };
  const int west = column0 > 0 ? column0 - 1 : p.around ? p.nx - 1 : 0;
  const int after = column0 + columns;
  TERRANE_TRY(read(column0, columns, column0));
  TERRANE_TRY(read(west, 1, column0 - 1));
  TERRANE_TRY(read(after < p.nx ? after : p.around ? 0 : p.nx - 1, 1, after));
  if (row0 == 0) std::copy_n(at(column0 - 1, 0), columns + 2, at(column0 - 1, -1));
  if (row0 + rows == p.ny) std::copy_n(at(column0 - 1, p.ny - 1), columns + 2, at(column0 - 1, p.ny));

  std::vector<std::int32_t> out(raw.size(), kHole);
  std::transform(raw.begin(), raw.end(), out.begin(), [&](double v) { return ground_cm(v); });
  return out;
}

Result<std::shared_ptr<const ReliefGrid::Block>> ReliefGrid::load(int bx, int by) const {
  TERRANE_ASSIGN(const std::vector<std::int32_t> wide, load_bordered(bx, by));
  auto block = std::make_shared<Block>();
  block->ground_cm.reserve(std::size_t{kBlock} * kBlock);
  block->relief_m.reserve(std::size_t{kBlock} * kBlock);
  for (int y = 0; y < kBlock; ++y) {
    for (int x = 0; x < kBlock; ++x) {
      const std::size_t middle = bordered(x, y);
      std::int64_t lowest = std::numeric_limits<std::int32_t>::max(), highest = kHole;
      for (const std::size_t row : {middle - kWide, middle, middle + kWide}) {
        for (const std::size_t i : {row - 1, row, row + 1}) {
          if (wide[i] == kHole) continue;
          lowest = std::min<std::int64_t>(lowest, wide[i]);
          highest = std::max<std::int64_t>(highest, wide[i]);
        }
      }
      const std::int64_t relief = highest > lowest ? (highest - lowest) * relief_scale_q8_ / 25600 : 0;
      block->ground_cm.push_back(wide[middle]);
      block->relief_m.push_back(static_cast<std::uint16_t>(std::min<std::int64_t>(relief, 65535)));
    }
  }
  return std::shared_ptr<const Block>(std::move(block));
}

Status ReliefGrid::find_holes(std::int64_t column0, std::int64_t column1, std::int64_t row0,
                              std::int64_t row1) const {
  if (column1 - column0 >= places_.nx) {
    column0 = 0;
    column1 = places_.nx;
  }
  for (std::int64_t row = row0; row < row1;) {
    const std::int64_t row_end = std::min(row1, (row / kBlock + 1) * kBlock);
    for (std::int64_t column = column0; column < column1;) {
      const std::int64_t c = model::floor_mod(column, places_.nx);
      const std::int64_t n = std::min({column1 - column, kBlock - c % kBlock, places_.nx - c});
      TERRANE_ASSIGN(const auto held, block(static_cast<int>(c / kBlock), static_cast<int>(row / kBlock)));
      for (std::int64_t y = row; y < row_end; ++y) {
        const auto begin = held->ground_cm.begin() + (y % kBlock) * kBlock + c % kBlock;
        const auto hole = std::find(begin, begin + n, kHole);
        if (hole != begin + n) return hole_at(c + (hole - begin), y);
      }
      column += n;
    }
    row = row_end;
  }
  return ok();
}

Error ReliefGrid::hole_at(std::int64_t column, std::int64_t row) const {
  double longitude = places_.lon0 + places_.dlon * static_cast<double>(column);
  if (longitude >= 180) longitude -= 360;
  const double latitude = places_.lat0 + places_.dlat * static_cast<double>(row);
  return invalid(fmt::format(
      "the relief has no data at longitude {:.6g}, latitude {:.6g}, and rock is not made from "
      "nothing: fill its holes first (gdal_fillnodata.py), or give a region without any; path=`{}`",
      longitude, latitude, path_));
}

}  // namespace terrane

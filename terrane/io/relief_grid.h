#pragma once

#include <cstdint>
#include <limits>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "terrane/base/status.h"

class GDALDataset;
class GDALRasterBand;

namespace terrane {

// Where the samples of a relief lie. Degrees.
struct GridPlaces {
  int nx = 0, ny = 0;
  double lon0 = 0, lat0 = 0;  // of sample (0, 0)
  double dlon = 0, dlat = 0;  // to the next one; either sign
  bool around = false;        // the columns close around the globe: column nx is column 0 again
  double west = 0, east = 0, south = 0, north = 0;  // what the samples cover, half a step around each
};

// Heights on a longitude-latitude grid, read with GDAL block by block. Thread-safe: blocks are loaded by one
// thread at a time and kept, up to kCacheBytes, for all.
class ReliefGrid {
 public:
  static constexpr std::int32_t kHole = std::numeric_limits<std::int32_t>::min();
  static constexpr int kBlock = 256;
  static constexpr std::size_t kCacheBytes = std::size_t{64} << 20;

  static Result<std::unique_ptr<ReliefGrid>> open(const std::string& path);
  ~ReliefGrid();

  const GridPlaces& places() const { return places_; }
  const std::string& path() const { return path_; }
  // The files behind the raster, their lengths and times of change.
  const std::string& identity() const { return identity_; }
  // False where no sample can be a hole, so that nobody needs to look.
  bool may_have_holes() const { return may_have_holes_; }

  struct Block {
    std::vector<std::int32_t> ground_cm;  // kHole where there is no data
    std::vector<std::uint16_t> relief_m;  // highest less lowest of the 3 x 3 samples around, scaled to 20 km
    std::size_t bytes() const { return ground_cm.size() * 6; }
  };
  // Block (bx, by) holds samples [bx * 256, bx * 256 + 256) x [by * 256, by * 256 + 256), row by row.
  Result<std::shared_ptr<const Block>> block(int bx, int by) const;

  // Samples column..column + n - 1 of one row, all within the raster, beside the cache. kHole as above.
  Status heights(int column, int row, int n, std::vector<std::int32_t>& ground_cm) const;
  // How many columns the raster's own blocks have: reading fewer of a row at a time decodes some twice.
  int block_columns() const;

  // kInvalid naming the place of the first hole in these samples (columns modulo nx if the grid closes).
  Status find_holes(std::int64_t column0, std::int64_t column1, std::int64_t row0, std::int64_t row1) const;
  Error hole_at(std::int64_t column, std::int64_t row) const;

 private:
  struct Slot {
    std::shared_ptr<const Block> block;
    std::list<std::int64_t>::iterator recent;
  };
  ReliefGrid();
  Status place_samples();
  Status examine_band();
  std::shared_ptr<const Block> cached(std::int64_t key) const;
  Result<std::shared_ptr<const Block>> load(int bx, int by) const;
  Result<std::vector<std::int32_t>> load_bordered(int bx, int by) const;
  std::int32_t ground_cm(double raw) const;
  Status read_samples(int column, int row, int columns, int rows, double* to, int stride) const;

  std::string path_, identity_;
  GridPlaces places_;
  bool may_have_holes_ = true;
  bool has_no_data_ = false;
  double no_data_ = 0, scale_ = 1, offset_ = 0;
  std::uint32_t relief_scale_q8_ = 256;
  mutable std::mutex gdal_mutex_;  // GDAL datasets are for one thread at a time
  std::unique_ptr<GDALDataset, void (*)(GDALDataset*)> dataset_;
  GDALRasterBand* band_ = nullptr;
  mutable std::mutex cache_mutex_;
  mutable std::map<std::int64_t, Slot> cache_;
  mutable std::list<std::int64_t> recent_;  // newest first
};

}  // namespace terrane

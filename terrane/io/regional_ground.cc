#include "terrane/io/regional_ground.h"

#include <algorithm>
#include <cmath>

#include "terrane/model/fixed.h"

namespace terrane {
namespace {

constexpr double kCellDegrees = 0.5, kReachDegrees = 1;
constexpr std::int64_t kRowsOfCell = 16;
constexpr int kColumnsAtOnce = 4096;

}  // namespace

RegionalGround::Axis RegionalGround::Axis::over(std::int64_t samples, double step_degrees, bool around) {
  const double degrees = std::abs(step_degrees) * static_cast<double>(samples);
  Axis axis;
  axis.samples = samples;
  axis.cells = std::clamp<std::int64_t>(std::llround(degrees / kCellDegrees), 1, samples);
  const double cell_degrees = degrees / static_cast<double>(axis.cells);
  // A little more, for steps that are written down rounded.
  axis.reach = static_cast<int>(1.05 * kReachDegrees / cell_degrees);
  axis.around = around;
  return axis;
}

std::int64_t RegionalGround::Axis::first_sample(std::int64_t cell) const {
  return cell * samples / cells;
}

RegionalGround::Sum& RegionalGround::Sum::operator+=(const Sum& other) {
  cm += other.cm;
  samples += other.samples;
  return *this;
}

Result<std::vector<RegionalGround::Sum>> RegionalGround::sum_cells(const ReliefGrid& grid) const {
  std::vector<Sum> sums(static_cast<std::size_t>(x_.cells * y_.cells));
  const std::int64_t stride = std::max<std::int64_t>(y_.samples / y_.cells / kRowsOfCell, 1);
  // Down a strip as wide as the raster's blocks: each is decoded once.
  const std::int64_t width = std::max(grid.block_columns(), kColumnsAtOnce);
  std::vector<std::int32_t> heights;
  for (std::int64_t column = 0; column < x_.samples; column += width) {
    const std::int64_t n = std::min(width, x_.samples - column);
    for (std::int64_t cy = 0; cy < y_.cells; ++cy) {
      for (std::int64_t row = y_.first_sample(cy); row < y_.first_sample(cy + 1); row += stride) {
        TERRANE_TRY(
            grid.heights(static_cast<int>(column), static_cast<int>(row), static_cast<int>(n), heights));
        std::int64_t cx = column * x_.cells / x_.samples;
        for (std::int64_t i = 0; i < n; ++i) {
          while (x_.first_sample(cx + 1) <= column + i) ++cx;
          const std::int32_t cm = heights[static_cast<std::size_t>(i)];
          if (cm != ReliefGrid::kHole) sums[cell(cx, cy)] += {cm, 1};
        }
      }
    }
  }
  return sums;
}

Result<RegionalGround> RegionalGround::of(const ReliefGrid& grid) {
  const GridPlaces& p = grid.places();
  RegionalGround out;
  out.x_ = Axis::over(p.nx, p.dlon, p.around);
  out.y_ = Axis::over(p.ny, p.dlat, false);
  TERRANE_ASSIGN(const std::vector<Sum> sums, out.sum_cells(grid));
  const Axis &ax = out.x_, &ay = out.y_;
  out.mean_cm_.reserve(sums.size());
  for (std::int64_t cy = 0; cy < ay.cells; ++cy) {
    for (std::int64_t cx = 0; cx < ax.cells; ++cx) {
      Sum sum;
      for (std::int64_t y = std::max<std::int64_t>(cy - ay.reach, 0);
           y <= std::min(cy + ay.reach, ay.cells - 1); ++y) {
        for (std::int64_t x = cx - ax.reach; x <= cx + ax.reach; ++x) {
          if (!ax.around && (x < 0 || x >= ax.cells)) continue;
          sum += sums[out.cell(model::floor_mod(x, ax.cells), y)];
        }
      }
      const std::int64_t mean = sum.samples == 0 ? 0 : model::floor_div(sum.cm, sum.samples);
      out.mean_cm_.push_back(static_cast<std::int32_t>(mean));
    }
  }
  return out;
}

std::int32_t RegionalGround::at(const Between& x, const Between& y) const {
  const Between i = x.among_cells(x_.cells, x_.samples, x_.around);
  const Between j = y.among_cells(y_.cells, y_.samples, false);
  return bilinear(i, j, mean_cm_[cell(i.index, j.index)], mean_cm_[cell(i.next, j.index)],
                  mean_cm_[cell(i.index, j.next)], mean_cm_[cell(i.next, j.next)]);
}

}  // namespace terrane

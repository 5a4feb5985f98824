#include <algorithm>

#include "terrane/model/earth_column.h"
#include "terrane/model/fixed.h"

namespace terrane::model {
namespace {

constexpr std::int64_t kNmPerCm = 10'000'000;

// How many voxels of a ladder without ends have their centre below `top_cm`.
std::int64_t voxels_below(std::int32_t top_cm, const Ladder& ladder) {
  return ceil_div(top_cm * kNmPerCm - ladder.bottom_nm - ladder.step_nm / 2, ladder.step_nm);
}

}  // namespace

int voxelize(const Column& column, const Ladder& ladder, std::array<Span, Column::kMaxLayers>& spans) {
  int count = 0;
  std::int64_t end = ladder.count;  // where the layer in hand ends, going down
  std::int64_t top = ladder.count;  // where it would, were the ladder and the layers above it without end
  const auto layers = column.all();
  for (std::size_t i = 0; i < layers.size() && end > 0; ++i) {
    const std::int64_t bottom = i + 1 == layers.size() ? 0 : voxels_below(layers[i + 1].top_cm, ladder);
    std::int64_t begin = std::min(end, bottom);
    // A layer above the ladder's head has nothing to show in it.
    if (layers[i].shows && begin == end && top <= ladder.count) --begin;
    begin = std::max<std::int64_t>(begin, 0);
    top = bottom;
    if (begin == end) continue;
    const bool same = count > 0 && spans[static_cast<std::size_t>(count - 1)].material == layers[i].material;
    if (!same)
      spans[static_cast<std::size_t>(count++)] = {static_cast<std::int32_t>(end), layers[i].material};
    end = begin;
  }
  return count;
}

void fill(const Column& column, const Ladder& ladder, std::int64_t first, std::span<MaterialId> out) {
  std::array<Span, Column::kMaxLayers> spans;
  const auto count = static_cast<std::size_t>(voxelize(column, ladder, spans));
  const auto n = static_cast<std::int64_t>(out.size());
  for (std::size_t i = 0; i < count; ++i) {
    const std::int64_t hi = std::clamp<std::int64_t>(spans[i].end - first, 0, n);
    const std::int64_t lo = i + 1 == count ? 0 : std::clamp<std::int64_t>(spans[i + 1].end - first, 0, n);
    std::fill(out.begin() + lo, out.begin() + hi, spans[i].material);
  }
}

}  // namespace terrane::model

#include "terrane/render/plan.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "terrane/space/position.h"

namespace terrane {

namespace {

constexpr double kFlattest = 2.4;       // width over height of an upright plot
constexpr double kMaxCells = 67108864;  // 2^26

// The largest of 1, 1.5, 2, 2.5, 3, 4, 5, 6, 8 times a power of ten that is at most `value` (>= 1).
double round_stretch(double value) {
  const double power = std::pow(10.0, std::floor(std::log10(value)));
  double best = power;
  for (const double m : {1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0}) {
    if (m * power <= value * (1 + 1e-9)) best = m * power;
  }
  return best;
}

}  // namespace

PlotSize map_size(const PlotSpace& space, double width, double height) {
  const double scale = std::min(space.width / width, space.height / height);
  return {std::max(1.0, std::floor(width * scale)), std::max(1.0, std::floor(height * scale)), 1};
}

PlotSize upright_size(const PlotSpace& space, double length, double height) {
  const double true_aspect = length / height;
  const double wanted = std::max(1.0, true_aspect / kFlattest);
  const double stretch = wanted > 1 ? round_stretch(wanted * 1.25) : 1;
  PlotSize size = map_size(space, length, height * stretch);
  size.stretch = stretch;
  return size;
}

std::string stretch_text(const PlotSize& size) {
  return number_text(size.stretch, size.stretch == std::floor(size.stretch) ? 0 : 1) + "×";
}

int fitting_level(double cells_x, double cells_y, double max_x, double max_y) {
  int level = 0;
  while (level < kMaxLevel &&
         (std::ceil(std::ldexp(cells_x, -level)) > max_x || std::ceil(std::ldexp(cells_y, -level)) > max_y)) {
    ++level;
  }
  return level;
}

Result<int> checked_level(std::optional<int> asked, int fitting, double cells_x, double cells_y) {
  const int level = asked.value_or(fitting);
  if (level < 0 || level > kMaxLevel) {
    return invalid("a level of detail is 0 to 21: lod=`" + std::to_string(level) + "`");
  }
  if (std::ldexp(cells_x, -level) * std::ldexp(cells_y, -level) > kMaxCells) {
    return invalid("this level has over 2^26 voxels in the picture; give a smaller box or lod=`" +
                   std::to_string(fitting) + "`: lod=`" + std::to_string(level) + "`");
  }
  return level;
}

Rgb material_color(const Catalogue& catalogue, MaterialId id) {
  return id == kUnknown && catalogue.find(id) == nullptr ? kUnknownColor : catalogue.color_of(id);
}

Rgb Palette::color(MaterialId id) {
  ++counts_[id];
  return material_color(catalogue_, id);
}

std::vector<LegendEntry> Palette::legend() const {
  std::vector<MaterialId> ids;
  for (std::size_t id = 0; id < counts_.size(); ++id) {
    if (counts_[id] > 0) ids.push_back(static_cast<MaterialId>(id));
  }
  std::stable_sort(ids.begin(), ids.end(), [&](auto a, auto b) { return counts_[a] > counts_[b]; });
  const auto all = static_cast<double>(std::accumulate(counts_.begin(), counts_.end(), std::uint64_t{0}));
  std::vector<LegendEntry> out;
  for (const MaterialId id : ids) {
    out.push_back(
        {catalogue_.name_of(id), material_color(catalogue_, id), static_cast<double>(counts_[id]) / all});
  }
  return out;
}

}  // namespace terrane

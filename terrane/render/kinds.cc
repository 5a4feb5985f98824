#include "terrane/render/kinds.h"

#include <algorithm>
#include <map>

namespace terrane {

namespace {

constexpr std::uint32_t kLightest = 100;  // kg/m3: above every gas, below every liquid

struct Sets {
  FluidSet sky, liquid;
};

Sets from_catalogue(const Catalogue& catalogue) {
  Sets out;
  const bool marked = catalogue.fluids().any();
  for (const Material& m : catalogue.all()) {
    const bool light = m.density_kg_m3 > 0 && m.density_kg_m3 < kLightest;
    if (m.name == "air" || (m.fluid && light)) {
      out.sky.set(m.id);
    } else if (m.fluid || (!marked && m.name.find("water") != std::string::npos)) {
      out.liquid.set(m.id);
    }
  }
  return out;
}

}  // namespace

bool Kinds::needs_top(const Catalogue& catalogue) {
  return from_catalogue(catalogue).sky.none();
}

Kinds Kinds::create(const Catalogue& catalogue, MaterialId fill, ConstVoxelView top, std::int64_t layers) {
  Kinds kinds;
  Sets sets = from_catalogue(catalogue);
  kinds.sky_ = sets.sky;
  kinds.liquid_ = sets.liquid;
  if (kinds.sky_.none()) {
    kinds.sky_.set(fill);
    std::map<MaterialId, std::int64_t> counts;
    for (std::int64_t x = 0; x < top.size.x; ++x) {
      for (std::int64_t y = 0; y < top.size.y; ++y) {
        for (std::int64_t z = 0; z < top.size.z; ++z) ++counts[top.at({x, y, z})];
      }
    }
    const auto most = std::max_element(counts.begin(), counts.end(),
                                       [](const auto& a, const auto& b) { return a.second < b.second; });
    const std::int64_t all = top.size.x * top.size.y * top.size.z;
    if (layers > 1 && most != counts.end() && 2 * most->second > all) kinds.sky_.set(most->first);
  }
  kinds.sky_.set(kUnknown);
  kinds.liquid_ &= ~kinds.sky_;
  return kinds;
}

}  // namespace terrane

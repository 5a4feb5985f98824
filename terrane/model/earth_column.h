#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <span>

#include "terrane/voxel/voxels.h"

namespace terrane::model {

// What the Earth is made of below one point of its surface: air, sea, ice, soil, sediment, crust, mantle,
// core, as a function of place and relief alone. Integers only: the same input gives the same column
// on every machine, with every compiler, for ever. A change of any result raises the version.
//
// It is a plausible Earth and no survey. Sediment, crust and Moho are medians of CRUST1.0 by height of the
// ground, crust and Moho by that of the region: oceanic where it lies below -2.5 km, and there whatever rises
// from the sea floor is a volcano; climate is zonal with a coarse map of continents and rain. See climate.h.
inline constexpr std::uint32_t kEarthVersion = 1;

struct ColumnInput {
  std::int32_t ground_cm = 0;  // above sea level: land or ice surface, or the sea's bed
  std::int32_t lat_udeg = 0;   // -90'000'000..90'000'000
  std::int32_t lon_udeg = 0;   // any turns
  std::int32_t relief_cm = 0;  // highest less lowest ground within about 10 km
  // Mean ground within about 150 km: which crust a column stands on, and how deep that reaches, is a matter
  // of its surroundings.
  std::int32_t regional_cm = 0;
};

// Reaches from its top down to the top of the next one; the last has no bottom.
struct Layer {
  std::int32_t top_cm = 0;  // above sea level
  MaterialId material = 0;
  // A skin (soil, ice, shallow water, sea bed) that takes one voxel even where it is thinner than that: what
  // the surface is made of shows at every size of voxel.
  bool shows = false;
  friend constexpr bool operator==(const Layer&, const Layer&) = default;
};

// Layers from the sky down; the first is air and has no top. Tops descend strictly.
struct Column {
  static constexpr int kMaxLayers = 24;
  static constexpr std::int32_t kSky = std::numeric_limits<std::int32_t>::max();
  std::array<Layer, kMaxLayers> layers;
  int count = 0;
  std::span<const Layer> all() const { return {layers.data(), static_cast<std::size_t>(count)}; }
};

void build_column(const ColumnInput& input, Column& column);

// A ladder of voxels: voxel k fills [bottom + k * step, bottom + (k + 1) * step), 0 <= k < count. Nanometres
// keep the sizes that people write (0.25 m, 1/3 m) exact enough over a planet's height.
struct Ladder {
  std::int64_t bottom_nm = 0, step_nm = 1, count = 0;
};

// Voxels [begin of the next span or 0, end) hold the material; spans go down from `count`, none is empty.
struct Span {
  std::int32_t end = 0;
  MaterialId material = 0;
  friend constexpr bool operator==(const Span&, const Span&) = default;
};

// The column as voxels: a voxel is what its centre is (a centre on a boundary belongs to the layer above),
// except that a layer which shows takes the topmost voxel below its top where no centre lies in it. Layers
// above it win where several crowd into one voxel. Returns how many spans were written.
int voxelize(const Column& column, const Ladder& ladder, std::array<Span, Column::kMaxLayers>& spans);

// Voxels first..first + n - 1 of the ladder.
void fill(const Column& column, const Ladder& ladder, std::int64_t first, std::span<MaterialId> out);

}  // namespace terrane::model

#include "terrane/render/ground.h"

namespace terrane {

bool GroundMap::look(ConstVoxelView voxels, std::int64_t x, std::int64_t y, std::int64_t z,
                     const Kinds& kinds) {
  bool all = true;
  for (std::int64_t i = 0; i < voxels.size.x; ++i) {
    for (std::int64_t j = 0; j < voxels.size.y; ++j) {
      GroundColumn& column = at(x + i, y + j);
      for (std::int64_t k = voxels.size.z; k-- > 0 && column.ground_z == GroundColumn::kNone;) {
        const MaterialId id = voxels.at({i, j, k});
        if (kinds.sky(id)) continue;
        const auto top = static_cast<std::int32_t>(z + k + 1);
        if (column.surface_z == GroundColumn::kNone) column.surface = id, column.surface_z = top;
        if (kinds.ground(id)) column.ground = id, column.ground_z = top;
      }
      all = all && column.ground_z != GroundColumn::kNone;
    }
  }
  return all;
}

}  // namespace terrane

#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "terrane/base/task.h"
#include "terrane/space/box.h"
#include "terrane/voxel/catalogue.h"
#include "terrane/voxel/source.h"

namespace terrane {

// What other programs want to know of voxels besides their ids: where they lie, and what they are called.
struct ExportFrame {
  double origin[3] = {0, 0, 0};   // CRS coordinates of the low corner
  double spacing[3] = {1, 1, 1};  // of a voxel, in the units of the CRS in x and y and metres in z
  std::string crs;                // "EPSG:N"; empty: local metres
  Catalogue catalogue;

  double centre(int axis, std::int64_t voxel) const {
    return origin[axis] + (static_cast<double>(voxel) + 0.5) * spacing[axis];
  }
  // N of "EPSG:N"; none where the coordinates are local.
  std::optional<int> epsg() const;
};

// Calls `visit` for the boxes of at most `step` that [0, size) falls into, x fastest, z slowest; tells the
// task how many voxels are done, and stops when it is asked to.
Status for_each_block(Coord size, Coord step, const Task& task,
                      const std::function<Status(const Box&)>& visit);

// A dense array [x, y, z] with x fastest: the order in which rasters are stored.
template <class T>
BasicVoxelView<T> raster_order(T* data, Coord size) {
  return {data, size, {1, size.x, size.x * size.y}};
}

// kInvalid where the box is not within the source, or the output has another size.
Status check_read(const Box& box, Coord size, const VoxelView& out);

// One number of a file as a material: `no_data` is unknown, what is beyond 0..65535 nullopt.
inline std::optional<MaterialId> material_of(std::int64_t value, const std::optional<std::int64_t>& no_data) {
  if (no_data && value == *no_data) return kUnknown;
  if (value < 0 || value > kUnknown) return std::nullopt;
  return static_cast<MaterialId>(value);
}
// "a value is no material id ...", naming the place in the source.
Error no_material(std::int64_t value, Coord at, const std::string& path);

// Canonical path, length, and time of change in nanoseconds; kNotFound.
Result<std::string> file_identity(const std::string& path);
// kConflict where the file's identity is no longer this one: what was read so far may not belong together.
Status still_same(const std::string& path, const std::string& identity);

}  // namespace terrane

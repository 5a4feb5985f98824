#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <algorithm>

#include "terrane/base/executor.h"
#include "terrane/python/arrays.h"
#include "terrane/python/bindings.h"
#include "terrane/python/index.h"

namespace py = pybind11;

namespace terrane::python {
namespace {

constexpr const char* kAtDoc =
    R"(The material of a voxel as an int: at(x, y, z). Of many: at(points), where points is an integer array of
shape (..., 3); the result is a uint16 array of shape (...).

Coordinates are voxels of level 0, whatever the lod: the voxel of that level which holds the point. They
do not count from the end. InvalidError outside the store, IncompleteError, MissingError, CorruptError.)";
constexpr const char* kLevelAtDoc =
    R"(The material of a voxel of this level as an int: at(x, y, z). Of many: at(points), an integer array of
shape (..., 3); the result is a uint16 array of shape (...). Coordinates are voxels of this level.)";
constexpr const char* kLocateDoc =
    R"(What fills a voxel of level 0, and what holds it: a dict of material (id), name, lod, kind ("uniform",
"predicted" or "brick"), codec (None unless a brick), stored_bytes (of the range that holds it) and
written (whether it ever was).)";

constexpr std::size_t kPointsPerJob = 1024;

// In the coordinates of the caller, which are level-0 voxels shifted down by `shift`.
Coord scaled(Coord c, int shift, Coord extent) {
  const Coord n = level_extent(extent, shift);
  if (!Box{{0, 0, 0}, n}.contains(c)) {
    throw BadResult(invalid("voxel " + to_string(c) + " is outside of level " + std::to_string(shift) +
                            ", which has voxels " + to_string(Box{{0, 0, 0}, n})));
  }
  return {c.x << shift, c.y << shift, c.z << shift};
}

MaterialId one(const Handle& handle, Coord c, int level, int shift) {
  const py::gil_scoped_release release;
  if (shift > 0) c = scaled(c, shift, handle.world().extent());
  return handle.reader()->at(c, level).value();
}

py::object many(const Handle& handle, const py::object& given, int level, int shift) {
  const Points all = parse_points(given);
  Voxels out(std::vector<py::ssize_t>(all.shape(), all.shape() + all.ndim() - 1));
  const auto n = static_cast<std::size_t>(out.size());
  const std::int64_t* from = all.data();
  MaterialId* to = out.mutable_data();
  {
    const py::gil_scoped_release release;
    const auto volume = handle.reader();
    parallel_for(volume->executor(), (n + kPointsPerJob - 1) / kPointsPerJob, [&](std::size_t job) -> Status {
      for (std::size_t i = job * kPointsPerJob; i < std::min(n, (job + 1) * kPointsPerJob); ++i) {
        Coord c = {from[3 * i], from[3 * i + 1], from[3 * i + 2]};
        if (shift > 0) c = scaled(c, shift, handle.world().extent());
        TERRANE_ASSIGN(to[i], volume->at(c, level));
      }
      return ok();
    }).value();
  }
  return out;
}

py::object at(const Handle& handle, const py::object& x, const py::object& y, const py::object& z, int level,
              int shift) {
  check_level(level);
  if (y.is_none() && z.is_none()) return many(handle, x, level, shift);
  if (y.is_none() || z.is_none())
    throw py::type_error("give at(x, y, z), or at(points) with an array of them");
  const Coord c = {parse_integer(x, "x"), parse_integer(y, "y"), parse_integer(z, "z")};
  return py::int_(one(handle, c, level, shift));
}

py::dict locate(const PyVolume& self, std::int64_t x, std::int64_t y, std::int64_t z, int level) {
  const PointInfo info = [&] {
    const py::gil_scoped_release release;
    return self.handle->reader()->locate({x, y, z}, level).value();
  }();
  py::dict out;
  out["material"] = info.material;
  out["name"] = self.handle->catalogue().name_of(info.material);
  out["lod"] = info.level;
  out["kind"] = std::string(name(info.range.kind));
  out["codec"] = codec_name(info.range);
  out["stored_bytes"] = info.range.stored_bytes;
  out["written"] = info.range.written;
  return out;
}

}  // namespace

void bind_points(VolumeClass& volume, LevelClass& level) {
  volume
      .def(
          "at",
          [](const PyVolume& self, const py::object& x, const py::object& y, const py::object& z, int lod) {
            return at(*self.handle, x, y, z, lod, 0);
          },
          py::arg("x"), py::arg("y") = py::none(), py::arg("z") = py::none(), py::arg("lod") = 0, kAtDoc)
      .def("locate", &locate, py::arg("x"), py::arg("y"), py::arg("z"), py::arg("lod") = 0, kLocateDoc);
  level.def(
      "at",
      [](const PyLevel& self, const py::object& x, const py::object& y, const py::object& z) {
        return at(*self.handle, x, y, z, self.level, self.level);
      },
      py::arg("x"), py::arg("y") = py::none(), py::arg("z") = py::none(), kLevelAtDoc);
}

}  // namespace terrane::python

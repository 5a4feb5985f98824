#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include "terrane/python/bindings.h"
#include "terrane/python/index.h"

namespace py = pybind11;

namespace terrane::python {
namespace {

const char* mode_of(const Handle& handle) {
  return handle.origin().access == Access::kRead ? "r" : "r+";
}

std::string text_of(const Handle& handle) {
  return "`" + handle.origin().where + "`" + (handle.closed() ? ", closed" : "");
}

std::string volume_text(const PyVolume& self) {
  const World::Settings& s = self.handle->world().settings();
  return "<terrane.Volume " + text_of(*self.handle) + ": (" + to_string(s.extent) + ") voxels of uint16, " +
         (s.crs.empty() ? "local metres" : s.crs) + ", mode " + mode_of(*self.handle) + ">";
}

Coord extent_of(const PyLevel& self) {
  return level_extent(self.handle->world().extent(), self.level);
}

std::string level_text(const PyLevel& self) {
  return "<terrane.LevelView, level " + std::to_string(self.level) + " of " + text_of(*self.handle) + ": (" +
         to_string(extent_of(self)) + ") voxels of uint16>";
}

void close(const PyVolume& self) {
  const py::gil_scoped_release release;
  self.handle->close();
}

// A volume opened for reading can go to another process: it is opened there anew.
py::tuple reduce(const PyVolume& self) {
  const Handle::Origin& from = self.handle->origin();
  if (from.access != Access::kRead || self.handle->closed()) {
    throw BadResult(
        invalid("only an open volume of mode \"r\" can be pickled: it is opened anew on the other "
                "side; give the path instead"));
  }
  return py::make_tuple(py::module_::import("terrane").attr("_open_anew"),
                        py::make_tuple(from.where, from.threads, from.cache_bytes));
}

// What NumPy users ask of an array, for the volume and for a level of it.
template <class Class, class Extent>
void bind_array_properties(Class& c, Extent extent) {
  using Self = typename Class::type;
  c.def_property_readonly(
       "shape", [=](const Self& self) { return to_tuple(extent(self)); }, "(nx, ny, nz), in its own voxels.")
      .def_property_readonly(
          "ndim", [](const Self&) { return 3; }, "3: x to the east, y to the north, z up.")
      .def_property_readonly(
          "dtype", [](const Self&) { return py::dtype::of<MaterialId>(); }, "uint16, the id of a material.")
      .def_property_readonly(
          "size",
          [=](const Self& self) {  // of a planet: more than 64 bits hold
            const Coord n = extent(self);
            return py::int_(n.x) * py::int_(n.y) * py::int_(n.z);
          },
          "Number of voxels.")
      .def("__len__", [=](const Self& self) { return extent(self).x; });
}

}  // namespace

int check_level(int level) {
  if (level < 0 || level > kMaxLevel) {
    throw BadResult(invalid("level of detail must be 0 to " + std::to_string(kMaxLevel) + "; got " +
                            std::to_string(level)));
  }
  return level;
}

void bind_properties(VolumeClass& volume, LevelClass& level) {
  bind_array_properties(volume, [](const PyVolume& self) { return self.handle->world().extent(); });
  bind_array_properties(level, &extent_of);
  volume.def_property_readonly("path", [](const PyVolume& self) { return self.handle->origin().where; })
      .def_property_readonly("mode", [](const PyVolume& self) { return mode_of(*self.handle); })
      .def_property_readonly("closed", [](const PyVolume& self) { return self.handle->closed(); })
      .def_property_readonly(
          "fill", [](const PyVolume& self) { return self.handle->fill(); },
          "The material of voxels that were never written.")
      .def_property_readonly(
          "world", [](const PyVolume& self) { return PyWorld{self.handle}; },
          "Where the voxels lie on Earth.")
      .def_property_readonly(
          "catalogue",
          [](const PyVolume& self) {
            return PyCatalogue{{self.handle, &self.handle->catalogue()}};
          },
          "What the ids mean.")
      .def(
          "lod",
          [](const PyVolume& self, int l) {
            return PyLevel{self.handle, check_level(l)};
          },
          py::arg("level"),
          "The volume at a level of detail, 0 to 21: an array to read, whose voxel (i, j, k) stands for the "
          "2^level on each axis of the volume that begin at (i, j, k) * 2^level.")
      .def("close", &close,
           "Closes the store; a second time does nothing. Calls of other threads end first: the store is "
           "closed when the last of them returns.")
      .def("__enter__",
           [](const py::object& self) {
             self.cast<const PyVolume&>().handle->reader();
             return self;
           })
      .def("__exit__", [](const PyVolume& self, const py::args&) { close(self); })
      .def("__reduce__", &reduce)
      .def("__repr__", &volume_text);
  level.def_property_readonly("level", [](const PyLevel& self) { return self.level; })
      .def("__repr__", &level_text);
}

}  // namespace terrane::python

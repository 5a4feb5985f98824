#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include "terrane/python/bindings.h"
#include "terrane/python/index.h"

namespace py = pybind11;

namespace terrane::python {
namespace {

using Doubles = py::array_t<double, py::array::c_style | py::array::forcecast>;
using Points = py::array_t<std::int64_t, py::array::c_style>;

py::tuple triple(const double (&v)[3]) {
  return py::make_tuple(v[0], v[1], v[2]);
}

// Shape (..., 3) for places of shape (...).
std::vector<py::ssize_t> with_three(const py::array& places) {
  std::vector<py::ssize_t> shape(places.shape(), places.shape() + places.ndim());
  shape.push_back(3);
  return shape;
}

py::object to_voxel(const PyWorld& self, const py::object& lon, const py::object& lat,
                    const py::object& elev) {
  const py::module_ numpy = py::module_::import("numpy");
  const py::list given = numpy.attr("broadcast_arrays")(lon, lat, elev);
  const Doubles x(given[0]), y(given[1]), z(given[2]);
  if (!x || !y || !z) throw py::error_already_set();
  const World& world = self.handle->world();
  const auto at = [&](py::ssize_t i) { return GeoPoint{x.data()[i], y.data()[i], z.data()[i]}; };
  if (x.ndim() == 0) return to_tuple(world.to_voxel(at(0)).value());
  Points out(with_three(x));
  std::int64_t* to = out.mutable_data();
  for (py::ssize_t i = 0; i < x.size(); ++i) {
    const Coord c = world.to_voxel(at(i)).value();
    *to++ = c.x, *to++ = c.y, *to++ = c.z;
  }
  return out;
}

py::object to_geo(const PyWorld& self, const py::object& x, const py::object& y, const py::object& z) {
  const GeoPoint p = self.handle->world()
                         .to_geo({parse_integer(x, "x"), parse_integer(y, "y"), parse_integer(z, "z")})
                         .value();
  return py::make_tuple(p.longitude_deg, p.latitude_deg, p.elevation_m);
}

std::string text(const PyWorld& self) {
  const World::Settings& s = self.handle->world().settings();
  return "<terrane.World of (" + to_string(s.extent) + ") voxels, " +
         (s.crs.empty() ? "local metres" : s.crs) + (s.wrap_x ? ", wraps in x" : "") + ">";
}

}  // namespace

void bind_world(py::module_& m) {
  const auto settings = [](const PyWorld& self) -> const World::Settings& {
    return self.handle->world().settings();
  };
  py::class_<PyWorld>(
      m, "World",
      "Ties voxels to the planet: voxel (i, j, k) fills origin + (i, j, k) * voxel_size onwards, "
      "in units of the CRS in x and y and in metres in z.")
      .def_property_readonly(
          "extent", [=](const PyWorld& self) { return to_tuple(settings(self).extent); },
          "(nx, ny, nz), voxels.")
      .def_property_readonly(
          "voxel_size", [=](const PyWorld& self) { return triple(settings(self).voxel_size); },
          "Of one voxel on each axis: units of the CRS, units of the CRS, metres.")
      .def_property_readonly(
          "origin", [=](const PyWorld& self) { return triple(settings(self).origin); },
          "Of the low corner of voxel (0, 0, 0), in the same units.")
      .def_property_readonly(
          "crs", [=](const PyWorld& self) { return settings(self).crs; },
          "\"EPSG:4326\"...; \"\": local metres.")
      .def_property_readonly(
          "wrap_x", [=](const PyWorld& self) { return settings(self).wrap_x; },
          "Whether x goes round the globe.")
      .def("to_voxel", &to_voxel, py::arg("longitude"), py::arg("latitude"), py::arg("elevation") = 0.0,
           "The voxel (x, y, z) that holds a place, in degrees and metres above the sea. Arrays of places "
           "broadcast, and give an int64 array of shape (..., 3), which v.at() takes.\n\n"
           "InvalidError outside the store, or where its CRS has no longitude.")
      .def("to_geo", &to_geo, py::arg("x"), py::arg("y"), py::arg("z"),
           "(longitude, latitude, elevation) of the centre of a voxel, in degrees and metres.")
      .def("__repr__", &text);
}

}  // namespace terrane::python

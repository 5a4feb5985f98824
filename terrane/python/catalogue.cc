#include <pybind11/stl.h>

#include "terrane/python/bindings.h"
#include "terrane/python/index.h"

namespace py = pybind11;

namespace terrane::python {
namespace {

py::dict to_dict(const Material& material) {
  py::dict out;
  out["id"] = material.id;
  out["name"] = material.name;
  out["color"] = material.color_rgb;
  out["family"] = material.family;
  out["density_kg_m3"] = material.density_kg_m3;
  out["fluid"] = material.fluid;
  return out;
}

py::dict names_of(const PyCatalogue& self) {
  py::dict out;
  for (const Material& material : self.names->all()) out[py::int_(material.id)] = material.name;
  return out;
}

// Its ids in what a JSON writer takes: {1: "water"} may have NumPy's integers.
py::object plain(const py::object& given) {
  if (!py::isinstance<py::dict>(given)) return given;
  py::dict out;
  for (const auto& [id, name] : py::reinterpret_borrow<py::dict>(given)) {
    out[py::str(py::int_(parse_integer(id, "an id of the catalogue")))] = name;
  }
  return out;
}

}  // namespace

Catalogue parse_catalogue(const py::object& given) {
  if (given.is_none()) return {};
  if (py::isinstance<PyCatalogue>(given)) return *given.cast<const PyCatalogue&>().names;
  if (py::isinstance<py::str>(given)) {
    if (given.cast<std::string>() == "earth") return Catalogue::earth();
    throw BadResult(
        invalid("the one catalogue with a name is \"earth\"; give a dict {id: name} or a list of "
                "dicts for your own; catalogue=`" +
                given.cast<std::string>() + "`"));
  }
  const std::string json = py::str(py::module_::import("json").attr("dumps")(plain(given)));
  return Catalogue::parse_json(json).value();
}

MaterialId parse_material(const py::object& given, const Catalogue& catalogue) {
  if (py::isinstance<py::str>(given)) return catalogue.parse_material(given.cast<std::string>()).value();
  const std::int64_t id = parse_integer(given, "a material");
  if (id < 0 || id > kUnknown) {
    throw BadResult(invalid("a material is an id from 0 to 65535, or a name of the catalogue; got " +
                            std::to_string(id)));
  }
  return static_cast<MaterialId>(id);
}

py::object resolve_material(const py::object& given, const Catalogue& catalogue) {
  if (!py::isinstance<py::str>(given)) return given;
  return py::int_(parse_material(given, catalogue));
}

void bind_catalogue(py::module_& m) {
  py::class_<PyCatalogue>(m, "Catalogue", "What the ids of one store mean: names, colours, families, fluids.")
      .def(py::init([](const py::object& given) {
             return PyCatalogue{std::make_shared<const Catalogue>(parse_catalogue(given))};
           }),
           py::arg("materials"),
           "From \"earth\", a dict {id: name}, or a list of dicts with id and name, and if wanted color "
           "(\"#rrggbb\"), family, density (kg/m3) and fluid (bool).")
      .def_property_readonly("names", &names_of, "{id: name} of all materials, by id.")
      .def_property_readonly(
          "materials",
          [](const PyCatalogue& self) {
            py::list out;
            for (const Material& material : self.names->all()) out.append(to_dict(material));
            return out;
          },
          "A dict for each material: id, name, color (0xRRGGBB), family, density_kg_m3, fluid.")
      .def(
          "id_of",
          [](const PyCatalogue& self, const std::string& name) {
            return self.names->parse_material(name).value();
          },
          py::arg("name"), "The id of a name. InvalidError where there is none.")
      .def(
          "name_of",
          [](const PyCatalogue& self, const py::object& id) {
            return self.names->name_of(parse_material(id, *self.names));
          },
          py::arg("id"), "The name of an id; \"id 7\" where it has none, \"unknown\" for 65535.")
      .def(
          "color_of",
          [](const PyCatalogue& self, const py::object& id) {
            return self.names->color_of(parse_material(id, *self.names));
          },
          py::arg("id"), "Its colour as 0xRRGGBB; one made from the id where none was given.")
      .def(
          "to_json", [](const PyCatalogue& self) { return self.names->to_json(); }, "As JSON text.")
      .def("__len__", [](const PyCatalogue& self) { return self.names->all().size(); })
      .def("__eq__",
           [](const PyCatalogue& self, const py::object& other) {
             return py::isinstance<PyCatalogue>(other) &&
                    *self.names == *other.cast<const PyCatalogue&>().names;
           })
      .def("__repr__", [](const PyCatalogue& self) {
        return "<terrane.Catalogue of " + std::to_string(self.names->all().size()) + " materials>";
      });
}

}  // namespace terrane::python

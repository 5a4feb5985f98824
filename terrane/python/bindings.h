#pragma once

#include <pybind11/pybind11.h>

#include <memory>

#include "terrane/python/handle.h"

namespace terrane::python {

// What Python holds: terrane.Volume, terrane.LevelView, terrane.World, terrane.Catalogue.
struct PyVolume {
  std::shared_ptr<Handle> handle;
};
struct PyLevel {
  std::shared_ptr<Handle> handle;
  int level = 0;
};
struct PyWorld {
  std::shared_ptr<Handle> handle;
};
struct PyCatalogue {
  std::shared_ptr<const Catalogue> names;
};

using VolumeClass = pybind11::class_<PyVolume>;
using LevelClass = pybind11::class_<PyLevel>;

// Each adds its part to the module; module.cc calls them.
void bind_world(pybind11::module_& m);
void bind_catalogue(pybind11::module_& m);
void bind_open(pybind11::module_& m);
void bind_properties(VolumeClass& volume, LevelClass& level);
void bind_reads(VolumeClass& volume, LevelClass& level);
void bind_points(VolumeClass& volume, LevelClass& level);
void bind_writes(pybind11::module_& m, VolumeClass& volume);
void bind_edits(pybind11::module_& m, VolumeClass& volume);
void bind_ranges(pybind11::module_& m, VolumeClass& volume);
void bind_queries(VolumeClass& volume);
void bind_upkeep(pybind11::module_& m, VolumeClass& volume);

// None, "earth", {id: name}, a list of dicts, or a terrane.Catalogue.
Catalogue parse_catalogue(const pybind11::object& given);
// An id, or a name of the catalogue.
MaterialId parse_material(const pybind11::object& given, const Catalogue& catalogue);

// The id of a name of the catalogue; what is no name, as it is given.
pybind11::object resolve_material(const pybind11::object& given, const Catalogue& catalogue);

// Of a brick; None otherwise.
pybind11::object codec_name(const RangeInfo& range);

// Throws where a level does not exist.
int check_level(int level);

}  // namespace terrane::python

#include <pybind11/stl.h>
#include <pybind11/stl/filesystem.h>

#include <filesystem>
#include <optional>

#include "terrane/python/bindings.h"
#include "terrane/python/index.h"

namespace py = pybind11;

namespace terrane::python {
namespace {

using Path = std::filesystem::path;

constexpr const char* kCreateDoc =
    R"(Makes a store and opens it for writing.

path: a directory that does not exist yet, or "memory:" for a store that ends with the volume.
shape: (nx, ny, nz), voxels to the east, to the north and up; or preset="bluemarble" for all of Earth
  in cubes of 0.25 m, 160,300,080 x 80,150,040 x 80,000,000 of them.
voxel_size: of one voxel, a number or three: units of the CRS in x and y, metres in z.
origin: of the low corner, in the same units.
crs: "EPSG:4326" (degrees), "EPSG:4087" (metres)...; "" for metres of a place of its own.
wrap_x: x goes round the globe, and boxes may cross the seam.
fill: the material of every voxel until it is written: an id, or a name of the catalogue.
catalogue: names of the ids: {id: name}, a list of dicts, "earth", or a Catalogue.
threads: that work; 0 for as many as the machine has. cache_bytes: of decoded voxels.

InvalidError where there is something at path already, or the world cannot be.)";

constexpr const char* kOpenDoc =
    R"(Opens a store: mode "r" to read, "r+" to read and write.

One volume at a time has a store open for writing (LockedError); any number may have it open for reading
beside it, and see what was written since when they refresh().

threads: that work; 0 for as many as the machine has. cache_bytes: of decoded voxels.

NotFoundError, LockedError, CorruptError, UnsupportedError (a newer format).)";

// One number for all three axes, or three.
void parse_triple(const py::object& given, const char* what, double (&out)[3]) {
  if (given.is_none()) return;
  if (PyNumber_Check(given.ptr()) != 0 && !py::isinstance<py::sequence>(given)) {
    const double all = py::float_(given);
    for (double& v : out) v = all;
    return;
  }
  if (!py::isinstance<py::sequence>(given) || py::isinstance<py::str>(given) || py::len(given) != 3) {
    throw py::type_error(std::string(what) + " must be a number, or three: (x, y, z)");
  }
  const auto sequence = py::reinterpret_borrow<py::sequence>(given);
  for (std::size_t i = 0; i < 3; ++i) out[i] = py::float_(sequence[i]);
}

struct CreateArguments {
  py::object shape, voxel_size, origin;
  std::string crs;
  bool wrap_x = false;
  py::object fill, catalogue, preset;
};

World::Settings settings_of(const CreateArguments& a) {
  if (!a.preset.is_none()) {
    if (a.preset.cast<std::string>() != "bluemarble") {
      throw BadResult(
          invalid("the one preset is \"bluemarble\"; give shape=(nx, ny, nz) for a world of your own"));
    }
    if (!a.shape.is_none() || !a.voxel_size.is_none() || !a.origin.is_none() || !a.crs.empty() || a.wrap_x) {
      throw BadResult(invalid(
          "a preset says shape, voxel_size, origin, crs and wrap_x itself; drop these or the preset"));
    }
    return World::bluemarble().settings();
  }
  if (a.shape.is_none()) throw py::type_error("give shape=(nx, ny, nz), or preset=\"bluemarble\"");
  World::Settings out;
  out.extent = parse_coord(a.shape, "shape");
  parse_triple(a.voxel_size, "voxel_size", out.voxel_size);
  parse_triple(a.origin, "origin", out.origin);
  out.crs = a.crs;
  out.wrap_x = a.wrap_x;
  return out;
}

PyVolume opened(const Handle::Origin& origin, const std::function<Result<Volume>(const OpenOptions&)>& make) {
  OpenOptions options;
  options.access = origin.access;
  options.threads = origin.threads;
  options.cache_bytes = origin.cache_bytes;
  const py::gil_scoped_release release;
  return {std::make_shared<Handle>(make(options).value(), origin)};
}

PyVolume create(const Path& path, const CreateArguments& a, std::size_t threads, std::uint64_t cache_bytes) {
  CreateOptions options;
  options.world = settings_of(a);
  options.catalogue = parse_catalogue(a.catalogue);
  if (!a.fill.is_none()) options.fill = parse_material(a.fill, options.catalogue);
  return opened({path.string(), Access::kWrite, threads, cache_bytes}, [&](const OpenOptions& open) {
    return Volume::create(path.string(), std::move(options), open);
  });
}

PyVolume open(const Path& path, const std::string& mode, std::size_t threads, std::uint64_t cache_bytes) {
  if (mode != "r" && mode != "r+") {
    throw BadResult(invalid("mode must be \"r\" to read or \"r+\" to read and write; mode=`" + mode +
                            "`; a new store is made with terrane.create()"));
  }
  const Access access = mode == "r" ? Access::kRead : Access::kWrite;
  return opened({path.string(), access, threads, cache_bytes},
                [&](const OpenOptions& options) { return Volume::open(path.string(), options); });
}

}  // namespace

void bind_open(py::module_& m) {
  const OpenOptions defaults;
  m.def(
      "create",
      [](const Path& path, py::object shape, py::object voxel_size, py::object origin, std::string crs,
         bool wrap_x, py::object fill, py::object catalogue, py::object preset, std::size_t threads,
         std::uint64_t cache_bytes) {
        return create(path,
                      {std::move(shape), std::move(voxel_size), std::move(origin), std::move(crs), wrap_x,
                       std::move(fill), std::move(catalogue), std::move(preset)},
                      threads, cache_bytes);
      },
      py::arg("path"), py::arg("shape") = py::none(), py::kw_only(), py::arg("voxel_size") = py::none(),
      py::arg("origin") = py::none(), py::arg("crs") = "", py::arg("wrap_x") = false,
      py::arg("fill") = py::none(), py::arg("catalogue") = py::none(), py::arg("preset") = py::none(),
      py::arg("threads") = 0, py::arg("cache_bytes") = defaults.cache_bytes, kCreateDoc);
  m.def("open", &open, py::arg("path"), py::arg("mode") = "r", py::kw_only(), py::arg("threads") = 0,
        py::arg("cache_bytes") = defaults.cache_bytes, kOpenDoc);
}

}  // namespace terrane::python

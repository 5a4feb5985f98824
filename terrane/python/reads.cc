#include <pybind11/stl.h>

#include <algorithm>

#include "terrane/python/arrays.h"
#include "terrane/python/bindings.h"
#include "terrane/python/index.h"
#include "terrane/python/watch.h"

namespace py = pybind11;

namespace terrane::python {
namespace {

constexpr double kMaxVoxels = 8589934592.0;    // 2^33: 16 GiB, as Volume::read
constexpr double kMaxImplicit = 1073741824.0;  // 2^30: numpy.asarray() hides how much it asks for

constexpr const char* kGetDoc =
    R"(Voxels as a NumPy array: v[x0:x1, y0:y1, z0:z1] has shape (x1 - x0, y1 - y0, z1 - z0), uint16, C order.

As in NumPy, slices are clipped to the extent, negative numbers count from the end, an integer drops its
axis (three give a numpy.uint16), and ... stands for the axes left out. No step (InvalidError), no masks
and no index arrays (IndexError): see at() for points.)";

constexpr const char* kReadDoc =
    R"(The voxels of a box, as a NumPy array uint16 [x, y, z].

box: ((x0, x1), (y0, y1), (z0, z1)), half-open, in voxels of level 0 whatever the lod; numpy.s_[x0:x1,
  y0:y1, z0:z1] does too. Nothing is clipped or counted from the end. In a world that wraps, x1 may go
  beyond nx, across the seam. None: everything.
lod: level of detail, 0 to 21. The array has the voxels of that level which the box touches.
out: a uint16 array of that shape to fill and return, of any strides, instead of a new one.
allow_incomplete: voxels of an unfinished ingest read as what was there before, and are no error.

InvalidError (a box outside), IncompleteError, MissingError, CorruptError, ExhaustedError (over 2^33
voxels), IoError.)";

void check_amount(Coord size, double most, const char* what) {
  const double voxels = Box{{}, size}.volume();
  if (voxels <= most) return;
  throw BadResult({ErrorCode::kExhausted, "that is " + std::to_string(size.x) + " x " +
                                              std::to_string(size.y) + " x " + std::to_string(size.z) +
                                              " voxels, and " + what +
                                              "; read it in parts, or at a coarser level with v.lod(L)"});
}

// A box of level L's voxels as the box of level 0 that touches just these.
Box level0_box(const Box& box, int level, Coord extent) {
  const auto up = [&](Coord c) { return Coord{c.x << level, c.y << level, c.z << level}; };
  return Box{up(box.lo), up(box.hi)}.intersect({{0, 0, 0}, extent});
}

void read_into(Handle& handle, const Box& box, int level, VoxelView out, bool allow_incomplete) {
  watch_if_large(handle, Box{{}, out.size}.volume(), [&](const Task& task) {
    return handle.reader()->read(box, level, out, {.task = task, .allow_incomplete = allow_incomplete});
  });
}

// v[x, y, z].
py::object get_one(const Handle& handle, int level, Coord voxel) {
  const MaterialId material = [&] {
    const py::gil_scoped_release release;
    return handle.reader()->at({voxel.x << level, voxel.y << level, voxel.z << level}, level).value();
  }();
  return py::dtype::of<MaterialId>().attr("type")(material);
}

py::object get(Handle& handle, int level, const py::object& key) {
  const Coord extent = handle.world().extent();
  const Selection selection = select(key, level_extent(extent, level));
  if (selection.scalar()) return get_one(handle, level, selection.box.lo);
  const Coord size = selection.box.size();
  check_amount(size, kMaxVoxels, "one read gives at most 2^33");
  Voxels out = handle.buffers().array(selection.shape());
  const VoxelView view = VoxelView::dense(out.mutable_data(), size);
  if (selection.box.empty()) {
    handle.reader();
    return out;
  }
  read_into(handle, level0_box(selection.box, level, extent), level, view, false);
  return out;
}

py::object read(const PyVolume& self, const py::object& given, int level, const py::object& out,
                bool allow_incomplete) {
  Handle& handle = *self.handle;
  const Box box = given.is_none() ? handle.world().bounds() : parse_box(given);
  const Coord size = handle.world().level_shape(box, level).value();
  check_amount(size, kMaxVoxels, "one read gives at most 2^33");
  py::object array = out.is_none() ? handle.buffers().array({size.x, size.y, size.z}) : out;
  read_into(handle, box, level, view_of_out(array, size), allow_incomplete);
  return array;
}

// numpy.asarray(v), and whatever calls it unasked.
py::object as_array(Handle& handle, int level, const py::object& dtype) {
  check_amount(level_extent(handle.world().extent(), level), kMaxImplicit,
               "a volume becomes an array by itself only up to 2^30");
  py::object array = get(handle, level, py::ellipsis());
  return dtype.is_none() ? array : array.attr("astype")(dtype, py::arg("copy") = false);
}

}  // namespace

void bind_reads(VolumeClass& volume, LevelClass& level) {
  volume
      .def(
          "__getitem__",
          [](const PyVolume& self, const py::object& key) { return get(*self.handle, 0, key); },
          py::arg("key"), kGetDoc)
      .def("read", &read, py::arg("box") = py::none(), py::arg("lod") = 0, py::arg("out") = py::none(),
           py::arg("allow_incomplete") = false, kReadDoc)
      .def(
          "__array__",
          [](const PyVolume& self, const py::object& dtype, const py::object&) {
            return as_array(*self.handle, 0, dtype);
          },
          py::arg("dtype") = py::none(), py::arg("copy") = py::none(),
          "For numpy.asarray(v). ExhaustedError above 2^30 voxels.");
  level
      .def(
          "__getitem__",
          [](const PyLevel& self, const py::object& key) { return get(*self.handle, self.level, key); },
          py::arg("key"), kGetDoc)
      .def(
          "__array__",
          [](const PyLevel& self, const py::object& dtype, const py::object&) {
            return as_array(*self.handle, self.level, dtype);
          },
          py::arg("dtype") = py::none(), py::arg("copy") = py::none(),
          "For numpy.asarray(v.lod(L)). ExhaustedError above 2^30 voxels.");
}

}  // namespace terrane::python

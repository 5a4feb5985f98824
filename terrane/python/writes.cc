#include <pybind11/stl.h>
#include <pybind11/stl/filesystem.h>

#include <filesystem>
#include <memory>

#include "terrane/io/npy.h"
#include "terrane/python/arrays.h"
#include "terrane/python/bindings.h"
#include "terrane/python/encoding.h"
#include "terrane/python/index.h"
#include "terrane/python/watch.h"

namespace py = pybind11;

namespace terrane::python {
namespace {

constexpr double kMaxVoxels = 8589934592.0;  // 2^33: a write holds its bricks, encoded, until all are

constexpr const char* kSetDoc =
    R"(Replaces voxels, as NumPy does: v[x0:x1, y0:y1, z0:z1] = array. The array broadcasts to the shape of the
selection, may have any integer type or bool and any strides, and its values must be 0 to 65535; a number,
or a name of the catalogue, fills. What is written is on the disk, with all its coarser levels, when the
statement is done.

TypeError for floats, ValueError for a shape or value that does not fit, InvalidError for a read-only
volume, ConflictError where an unfinished ingest is in the way.)";

constexpr const char* kWriteDoc =
    R"(Replaces all voxels of a box, atomically at level 0.

box: ((x0, x1), (y0, y1), (z0, z1)), half-open, in voxels of level 0. Nothing is clipped; in a world that
  wraps, x1 may go beyond nx, across the seam.
array: uint16 [x, y, z] of the box's shape, or what v[...] = takes.
policy: how much time goes into size: "fast", "balanced" or "archive". More keywords as ingest() has them.)";

constexpr const char* kIngestDoc =
    R"(Brings many voxels in, block by block in bounded memory, on all threads.

source: the path of a .npy file (memory-mapped), or an integer array [x, y, z], numpy.memmap included.
at: the voxel (x, y, z) where the source's first voxel goes; the box may cross the seam.
policy: how much time goes into size: "fast", "balanced" or "archive".
profile: who chooses the strategy of a brick: "prices", or "guide" for the BlueMarble guide's tree.
strategy: this one and no other: "palette", "rows", "rle", "octree", "delta", "hybrid", "context", "tree" or "archive".
max_read_ms (of a voxel), max_brick_read_ms, min_encode_mb_per_s, max_memory_mb, max_share (of the raw bytes):
  limits, which leave strategies out.
access: a dict of point_reads, brick_reads, brick_writes and locality, expected of each brick.
adaptive: True: instead, what this volume has seen of the region.
restart: forget unfinished ingests that this one overlaps.
progress: called as progress(done, total, unit) in this thread, between blocks. It may read the volume but
  not change it. An exception of it stops the ingest and comes out of this call; so does control-C.

An ingest that was stopped, or killed, continues when the same call is given again: with the same file, or
an array of the same voxels. Until then its box reads as IncompleteError.)";

void write_box(Handle& handle, const Box& box, const py::object& value, const std::vector<py::ssize_t>& shape,
               const std::array<bool, 3>& dropped, const Encoding& encoding) {
  handle.writer();
  const Coord size = box.size();
  if (box.volume() > kMaxVoxels) {
    throw BadResult(
        {ErrorCode::kExhausted, "box " + to_string(box) +
                                    " has more than the 2^33 voxels that one write takes; write it "
                                    "in parts, or use ingest()"});
  }
  const py::array array = broadcast(value, shape);
  // The axes of the array are those of the box that the key did not drop.
  std::int64_t stride[3] = {0, 0, 0};
  py::ssize_t next = 0;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    if (!dropped[axis]) stride[axis] = array.strides(next++) / static_cast<py::ssize_t>(sizeof(MaterialId));
  }
  const ConstVoxelView view = {
      static_cast<const MaterialId*>(array.data()), size, {stride[0], stride[1], stride[2]}};
  watch_if_large(handle, box.volume(), [&](const Task& task) {
    return handle.reader()->write(box, view, {.task = task, .encoding = encoding});
  });
}

void set(const PyVolume& self, const py::object& key, const py::object& value) {
  Handle& handle = *self.handle;
  const Selection selection = select(key, handle.world().extent());
  const py::object materials = resolve_material(value, handle.catalogue());
  if (selection.box.empty()) {
    handle.writer();
    broadcast(materials, selection.shape());
    return;
  }
  write_box(handle, selection.box, materials, selection.shape(), selection.dropped, {});
}

void write(const PyVolume& self, const py::object& given, const py::object& value, const std::string& policy,
           const py::kwargs& more) {
  Handle& handle = *self.handle;
  const Box box = parse_box(given);
  handle.world().pieces(box).value();
  const Coord size = box.size();
  write_box(handle, box, resolve_material(value, handle.catalogue()), {size.x, size.y, size.z}, {},
            parse_encoding(policy, more));
}

std::unique_ptr<VoxelSource> source_of(Handle& handle, const py::object& given) {
  if (py::isinstance<py::str>(given) || py::hasattr(given, "__fspath__")) {
    return open_npy(given.cast<std::filesystem::path>().string()).value();
  }
  IntegerArray array = IntegerArray::of(given);
  if (array.size().x < 1 || array.size().y < 1 || array.size().z < 1) {
    throw py::value_error("there is nothing to ingest in an " + array.description());
  }
  auto source = std::make_unique<ArraySource>(std::move(array));
  watch(handle, py::none(), [&](const Task& task) { return source->prepare(task); });
  return source;
}

IngestReport ingest(const PyVolume& self, const py::object& given, const py::object& at,
                    const std::string& policy, bool restart, const py::object& progress,
                    const py::kwargs& more) {
  Handle& handle = *self.handle;
  handle.writer();
  IngestOptions options;
  options.at = parse_coord(at, "at");
  options.encoding = parse_encoding(policy, more);
  options.restart = restart;
  const std::unique_ptr<VoxelSource> source = source_of(handle, given);
  IngestReport report;
  watch(handle, progress, [&](const Task& task) -> Status {
    options.task = task;
    TERRANE_ASSIGN(report, handle.reader()->ingest(*source, options));
    return ok();
  });
  return report;
}

}  // namespace

void bind_writes(py::module_& m, VolumeClass& volume) {
  py::class_<IngestReport>(m, "IngestReport", "What Volume.ingest() has done.")
      .def_property_readonly(
          "box", [](const IngestReport& r) { return to_tuple(r.box); }, "((x0, x1), (y0, y1), (z0, z1)).")
      .def_readonly("voxels", &IngestReport::voxels, "Of the whole box, also where this call continued one.")
      .def_readonly("seconds", &IngestReport::seconds, "That this call took.")
      .def_readonly("mb_per_s", &IngestReport::mb_per_s, "Of uint16, levels of detail included.")
      .def_readonly("resumed", &IngestReport::resumed, "Whether it continued one that was stopped.")
      .def("__repr__", [](const IngestReport& r) {
        return "<terrane.IngestReport: " + std::to_string(r.voxels) + " voxels, box " + to_string(r.box) +
               (r.resumed ? ", resumed>" : ">");
      });
  volume.def("__setitem__", &set, py::arg("key"), py::arg("value"), kSetDoc)
      .def("write", &write, py::arg("box"), py::arg("array"), py::arg("policy") = "balanced", kWriteDoc)
      .def("ingest", &ingest, py::arg("source"), py::kw_only(), py::arg("at") = py::make_tuple(0, 0, 0),
           py::arg("policy") = "balanced", py::arg("restart") = false, py::arg("progress") = py::none(),
           kIngestDoc);
}

}  // namespace terrane::python

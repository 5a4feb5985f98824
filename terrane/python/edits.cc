#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "terrane/python/arrays.h"
#include "terrane/python/bindings.h"
#include "terrane/python/index.h"
#include "terrane/python/watch.h"

namespace py = pybind11;

namespace terrane::python {
namespace {

constexpr const char* kEditDoc =
    R"(Changes voxels here and there, all or none, as one batch with an event record: an EditReport.

points: an integer array of shape (..., 3), voxels (x, y, z) of level 0. They do not count from the end.
materials: what they become: an id, a name of the catalogue, or an integer array that broadcasts to shape
  (...), such as (n,) for points of shape (n, 3). Of several edits of one voxel the last holds.
process: what changes them, a name or several: "erosion", "deposition", "volcanism", "tectonics",
  "weathering", "glaciation", "sea-level-change". None: not said.
author, note: kept with it, at most 64 KiB of UTF-8 each.
time: when it happens: a datetime with a time zone, or a numpy.datetime64, which is UTC. None: now.
durability: "sync": on the disk when the call returns; threads that edit at the same time share one fsync.
  "batch": survives the process, not a power cut, until a later edit that is "sync".

When it returns, every read of level 0 sees it; coarser levels follow with flush_levels().

TypeError for points or materials that are no integers, ValueError for materials that do not fit the points,
InvalidError for a voxel outside the store, no voxel at all, or a read-only volume, ConflictError where an
unfinished ingest is in the way.)";

constexpr const char* kEditBoxDoc =
    R"(Makes all voxels of a box one material, all or none, as one batch with an event record: an EditReport.

box: ((x0, x1), (y0, y1), (z0, z1)), half-open, in voxels of level 0, of any size. Nothing is clipped; in a
  world that wraps, x1 may go beyond nx, across the seam.
material: an id, or a name of the catalogue.

All else is as edit() has it.)";

constexpr const char* kEditWhereDoc =
    R"(Makes the voxels of a box what a function makes of them, all or none, as one batch with an event record: an
EditReport, whose batch is 0 where nothing was to be changed.

box: as edit_box() takes it; its voxels must fit in memory three times.
function: called once with the voxels as they are, a uint16 array [x, y, z] of its own that it may change in
  place; it returns what they become: an array that broadcasts to the same shape, of ids or names.

ConflictError where others changed one of the bricks that it changes meanwhile: call it again. Voxels that keep
their material are not counted. All else is as edit() has it.)";

constexpr const char* kFlushDoc =
    R"(Brings coarser levels in step with edits, which they follow only when this is called: then they show all
edits that have returned. progress: called as progress(done, total, unit), as in ingest().)";

constexpr const char* kFoldDoc =
    R"(Makes bricks anew that have at least `least` edits laid over them, of all levels: a FoldReport. Reads give the
same before and after, and get quicker; the store gets smaller. What the edits replaced is kept.

progress: called as in ingest(). Stopped on the way, what is folded stays folded.)";

constexpr const char* kEventsDoc =
    R"(What edits changed, when and why: a list of Event, the oldest first.

since: from this batch on; 1 for all.
box: those only whose box meets it; as edit_box() takes boxes. None: all.)";

// The keywords that all edits have.
struct Keywords {
  py::object process;
  std::string author, note;
  py::object time;
  std::string durability;
};

ProcessSet parse_processes(const py::object& given) {
  if (given.is_none()) return {};
  if (py::isinstance<py::str>(given)) return parse_process(given.cast<std::string>()).value();
  ProcessSet all;
  if (!py::isinstance<py::iterable>(given))
    throw py::type_error("process must be a name or several, such as \"erosion\"");
  for (const py::handle name : py::reinterpret_borrow<py::iterable>(given)) {
    if (!py::isinstance<py::str>(name))
      throw py::type_error("process must be a name or several, such as \"erosion\"");
    all = all | parse_process(name.cast<std::string>()).value();
  }
  return all;
}

std::int64_t of_datetime64(const py::object& time, const py::module_& numpy) {
  const auto as = [&](const char* unit) { return time.attr("astype")(unit); };
  // A year that does not fit microseconds comes back as another one.
  if (!numpy.attr("isnat")(time).cast<bool>()) {
    const py::object us = as("datetime64[us]");
    if (us.attr("astype")("datetime64[Y]").equal(as("datetime64[Y]")))
      return us.attr("astype")("int64").cast<std::int64_t>();
  }
  throw BadResult(
      invalid("time must be within 290,000 years of 1970; time=`" + std::string(py::str(time)) + "`"));
}

// Microseconds since 1970, UTC.
std::int64_t parse_time(const py::object& given) {
  if (given.is_none()) return py::module_::import("time").attr("time_ns")().cast<std::int64_t>() / 1000;
  const py::module_ numpy = py::module_::import("numpy"), datetime = py::module_::import("datetime");
  if (py::isinstance(given, numpy.attr("datetime64"))) return of_datetime64(given, numpy);
  if (!py::isinstance(given, datetime.attr("datetime")))
    throw py::type_error("time must be a datetime with a time zone, or a numpy.datetime64");
  if (given.attr("utcoffset")().is_none()) {
    throw BadResult(invalid("time has no time zone; give one, as in datetime.now(timezone.utc); time=`" +
                            std::string(py::str(given)) + "`"));
  }
  const py::object utc = datetime.attr("timezone").attr("utc");
  const py::object epoch = datetime.attr("datetime")(1970, 1, 1, py::arg("tzinfo") = utc);
  const py::object microsecond = datetime.attr("timedelta")(py::arg("microseconds") = 1);
  return (given - epoch).attr("__floordiv__")(microsecond).cast<std::int64_t>();
}

EditOptions options_of(const Keywords& given) {
  EditOptions out;
  out.process = parse_processes(given.process);
  out.time_us = parse_time(given.time);
  out.author = given.author;
  out.note = given.note;
  if (given.durability != "sync" && given.durability != "batch") {
    throw BadResult(
        invalid("durability must be \"sync\" or \"batch\"; durability=`" + given.durability + "`"));
  }
  if (given.durability == "batch") out.durability = EditDurability::kBatch;
  return out;
}

// Runs an edit; `voxels` says how long it may take.
EditReport run(Handle& handle, double voxels, EditOptions options,
               const std::function<Result<EditReport>(Volume&, const EditOptions&)>& edit) {
  EditReport report;
  watch_if_large(handle, voxels, [&](const Task& task) -> Status {
    options.task = task;
    TERRANE_ASSIGN(report, edit(*handle.reader(), options));
    return ok();
  });
  return report;
}

EditReport edit(const PyVolume& self, const py::object& points, const py::object& materials,
                const Keywords& keywords) {
  Handle& handle = *self.handle;
  handle.writer();
  const Points places = parse_points(points);
  const std::vector<py::ssize_t> shape(places.shape(), places.shape() + places.ndim() - 1);
  const py::array_t<MaterialId, py::array::c_style> ids(
      broadcast(resolve_material(materials, handle.catalogue()), shape));
  const std::int64_t* from = places.data();
  const MaterialId* to = ids.data();
  const auto n = static_cast<std::size_t>(ids.size());
  return run(handle, static_cast<double>(n), options_of(keywords),
             [&](Volume& volume, const EditOptions& options) {
               std::vector<VoxelEdit> voxels(n);
               for (std::size_t i = 0; i < n; ++i)
                 voxels[i] = {{from[3 * i], from[3 * i + 1], from[3 * i + 2]}, to[i]};
               return volume.edit(voxels, options);
             });
}

EditReport edit_box(const PyVolume& self, const py::object& given, const py::object& material,
                    const Keywords& keywords) {
  Handle& handle = *self.handle;
  handle.writer();
  const Box box = parse_box(given);
  const MaterialId id = parse_material(material, handle.catalogue());
  return run(handle, box.volume(), options_of(keywords),
             [&](Volume& volume, const EditOptions& options) { return volume.edit(box, id, options); });
}

bool equal(ConstVoxelView a, ConstVoxelView b) {
  for (std::int64_t x = 0; x < a.size.x; ++x) {
    for (std::int64_t y = 0; y < a.size.y; ++y) {
      if (!std::equal(a.row(x, y), a.row(x, y) + a.size.z, b.row(x, y))) return false;
    }
  }
  return true;
}

EditReport edit_where(const PyVolume& self, const py::object& given, const py::object& function,
                      const Keywords& keywords) {
  Handle& handle = *self.handle;
  handle.writer();
  const Box box = parse_box(given);
  const Coord size = handle.reader()->shape(box, 0).value();
  const std::vector<py::ssize_t> shape = {size.x, size.y, size.z};
  const EditOptions options = options_of(keywords);
  const py::array_t<MaterialId, py::array::c_style> old(shape);
  const auto from = VoxelView::dense(const_cast<MaterialId*>(old.data()), size);
  watch_if_large(handle, box.volume(), [&](const Task& task) {
    ReadOptions read;
    read.task = task;
    return handle.reader()->read(box, 0, from, read);
  });
  const py::object made = function(old.attr("copy")());
  const py::array_t<MaterialId, py::array::c_style> ids(
      broadcast(resolve_material(made, handle.catalogue()), shape));
  const auto to = ConstVoxelView::dense(ids.data(), size);
  const EditFunction change = [&](const Box& part, VoxelView voxels) -> Status {
    Coord at = part.lo - box.lo;
    if (at.x < 0) at.x += handle.world().extent().x;  // beyond the seam
    const Box here = Box::of_size(at, part.size());
    if (!equal(voxels, from.sub(here))) {
      return Error{ErrorCode::kConflict, "voxels of box " + to_string(part) +
                                             " were changed by others meanwhile; call edit_where() again"};
    }
    copy(to.sub(here), voxels);
    return ok();
  };
  return run(handle, box.volume(), options,
             [&](Volume& volume, const EditOptions& some) { return volume.edit(box, change, some); });
}

void flush_levels(const PyVolume& self, const py::object& progress) {
  self.handle->writer();
  watch(*self.handle, progress, [&](const Task& task) { return self.handle->reader()->flush_levels(task); });
}

FoldReport fold(const PyVolume& self, std::uint32_t least, const py::object& progress) {
  self.handle->writer();
  FoldReport report;
  watch(*self.handle, progress, [&](const Task& task) -> Status {
    TERRANE_ASSIGN(report, self.handle->reader()->fold(least, task));
    return ok();
  });
  return report;
}

// Of a text that another program may have written, in whatever encoding.
py::str text_of(const std::string& bytes) {
  PyObject* text = PyUnicode_DecodeUTF8(bytes.data(), static_cast<Py_ssize_t>(bytes.size()), "replace");
  if (text == nullptr) throw py::error_already_set();
  return py::reinterpret_steal<py::str>(text);
}

py::object names_of(ProcessSet process) {
  py::list names;
  for (unsigned bit = 1; bit < 128; bit *= 2) {
    const ProcessSet one = ProcessSet::of_bits(static_cast<std::uint8_t>(bit)).value();
    if ((process.bits() & bit) != 0) names.append(to_string(one));
  }
  return py::reinterpret_steal<py::object>(PyFrozenSet_New(names.ptr()));
}

py::list events(const PyVolume& self, std::uint64_t since, const py::object& given) {
  Handle& handle = *self.handle;
  std::optional<Box> box;
  if (!given.is_none()) {
    box = parse_box(given);
    handle.world().pieces(*box).value();
  }
  std::vector<EventInfo> found;
  watch(handle, py::none(), [&](const Task& task) {
    return handle.reader()->events(since, [&](const EventInfo& event) -> Status {
      if (!box || handle.world().overlap(event.box, *box)) found.push_back(event);
      return task.check();
    });
  });
  const py::object make = py::module_::import("terrane._results").attr("Event");
  const py::object datetime64 = py::module_::import("numpy").attr("datetime64");
  py::list out(found.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    const EventInfo& event = found[i];
    out[i] = make(event.batch, datetime64(event.time_us, "us"), names_of(event.process),
                  text_of(event.author), text_of(event.note), to_tuple(event.box), event.voxels);
  }
  return out;
}

void bind_reports(py::module_& m) {
  py::class_<EditReport>(m, "EditReport", "What Volume.edit() and Volume.edit_box() have done.")
      .def_readonly("batch", &EditReport::batch, "Its number, from 1: Event.batch. 0: nothing was changed.")
      .def_readonly("voxels", &EditReport::voxels, "That were set, whatever they were before.")
      .def_readonly("bricks", &EditReport::bricks, "That were touched, of 64 x 64 x 64.")
      .def("__repr__", [](const EditReport& r) {
        return "<terrane.EditReport: batch " + std::to_string(r.batch) + ", " + std::to_string(r.voxels) +
               " voxels in " + std::to_string(r.bricks) + " bricks>";
      });
  py::class_<FoldReport>(m, "FoldReport", "What Volume.fold() has done.")
      .def_readonly("bricks", &FoldReport::bricks, "That were made anew, of all levels.")
      .def_readonly("deltas", &FoldReport::deltas, "Small changes of one brick that are in them now.")
      .def("__repr__", [](const FoldReport& r) {
        return "<terrane.FoldReport: " + std::to_string(r.deltas) + " deltas in " + std::to_string(r.bricks) +
               " bricks>";
      });
}

// Binds a call with two arguments of its own and the keywords of all edits.
template <EditReport (*kEdit)(const PyVolume&, const py::object&, const py::object&, const Keywords&)>
void bind_edit(VolumeClass& volume, const char* name, const char* where, const char* what, const char* doc) {
  volume.def(
      name,
      [](const PyVolume& self, const py::object& a, const py::object& b, py::object process,
         std::string author, std::string note, py::object time, std::string durability) {
        return kEdit(
            self, a, b,
            {std::move(process), std::move(author), std::move(note), std::move(time), std::move(durability)});
      },
      py::arg(where), py::arg(what), py::kw_only(), py::arg("process") = py::none(), py::arg("author") = "",
      py::arg("note") = "", py::arg("time") = py::none(), py::arg("durability") = "sync", doc);
}

}  // namespace

void bind_edits(py::module_& m, VolumeClass& volume) {
  bind_reports(m);
  bind_edit<&edit>(volume, "edit", "points", "materials", kEditDoc);
  bind_edit<&edit_box>(volume, "edit_box", "box", "material", kEditBoxDoc);
  bind_edit<&edit_where>(volume, "edit_where", "box", "function", kEditWhereDoc);
  volume.def("flush_levels", &flush_levels, py::arg("progress") = py::none(), kFlushDoc)
      .def("fold", &fold, py::arg("least") = 1, py::arg("progress") = py::none(), kFoldDoc)
      .def("events", &events, py::arg("since") = 1, py::arg("box") = py::none(), kEventsDoc);
}

}  // namespace terrane::python

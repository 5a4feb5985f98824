#include <pybind11/stl.h>
#include <pybind11/stl/filesystem.h>

#include <filesystem>

#include "terrane/python/bindings.h"
#include "terrane/python/index.h"
#include "terrane/python/watch.h"

namespace py = pybind11;

namespace terrane::python {
namespace {

py::dict info(const PyVolume& self) {
  const VolumeInfo info = [&] {
    const py::gil_scoped_release release;
    return self.handle->reader()->info().value();
  }();
  py::dict ranges, codecs, out;
  ranges["uniform"] = info.uniform;
  ranges["predicted"] = info.predicted;
  ranges["brick"] = info.bricks;
  for (const auto& [name, use] : info.codecs) {
    py::dict one;
    one["bricks"] = use.bricks;
    one["bytes"] = use.bytes;
    codecs[py::str(name)] = one;
  }
  py::list unfinished;
  for (const UnfinishedIngest& u : info.unfinished) {
    py::dict one;
    one["box"] = to_tuple(u.box);
    one["source"] = u.source;
    unfinished.append(one);
  }
  py::list private_codecs;
  for (const PrivateCodec& codec : info.private_codecs) {
    py::dict one;
    one["id"] = static_cast<int>(codec.id);
    one["name"] = codec.name;
    one["version"] = codec.version;
    one["here"] = codec.here;
    private_codecs.append(one);
  }
  out["format"] = info.format;
  out["shape"] = to_tuple(info.world.extent);
  out["fill"] = info.fill;
  out["logical_bytes"] = info.logical_bytes;
  out["ingested_bytes"] = info.ingested_bytes;
  out["stored_bytes"] = info.stored_bytes;
  out["level0_bytes"] = info.level0_bytes;
  out["disk_bytes"] = info.disk_bytes;
  out["reduction"] = info.reduction();
  out["ranges"] = ranges;
  out["codecs"] = codecs;
  out["private_codecs"] = private_codecs;
  out["unfinished"] = unfinished;
  out["epoch"] = info.epoch;
  return out;
}

std::string text_of(const VerifyReport& report) {
  return "<terrane.VerifyReport: " + std::to_string(report.checked) + " checked, " +
         std::to_string(report.corrupt) + " corrupt, " + std::to_string(report.missing) + " missing>";
}

py::list findings_of(const VerifyReport& report) {
  py::list out;
  for (const Finding& finding : report.findings) {
    py::dict one;
    one["kind"] = finding.kind == ErrorCode::kCorrupt ? "corrupt" : "missing";
    one["lod"] = finding.level;
    one["box"] = to_tuple(finding.box);
    one["message"] = finding.message;
    out.append(one);
  }
  return out;
}

VerifyReport verify(const PyVolume& self, const py::object& progress) {
  VerifyReport report;
  watch(*self.handle, progress, [&](const Task& task) -> Status {
    TERRANE_ASSIGN(report, self.handle->reader()->verify(task));
    return ok();
  });
  return report;
}

void rebuild_levels(const PyVolume& self, const py::object& progress) {
  self.handle->writer();
  watch(*self.handle, progress,
        [&](const Task& task) { return self.handle->reader()->rebuild_levels(task); });
}

void compact(const PyVolume& self) {
  const py::gil_scoped_release release;
  self.handle->writer()->compact().value();
}

void checkpoint(const PyVolume& self, const std::filesystem::path& path) {
  const py::gil_scoped_release release;
  self.handle->writer()->checkpoint(path.string()).value();
}

void refresh(const PyVolume& self) {
  const py::gil_scoped_release release;
  self.handle->writer()->refresh().value();
}

void drop_cache(const PyVolume& self) {
  const py::gil_scoped_release release;
  self.handle->reader()->drop_cache();
}

}  // namespace

void bind_upkeep(py::module_& m, VolumeClass& volume) {
  py::class_<VerifyReport>(m, "VerifyReport", "What Volume.verify() found.")
      .def_readonly("checked", &VerifyReport::checked, "Stored values that were read.")
      .def_readonly("corrupt", &VerifyReport::corrupt, "Of them, how many fail a check.")
      .def_readonly("missing", &VerifyReport::missing, "How many that must be there are not.")
      .def_property_readonly(
          "findings", &findings_of,
          "The first 1,000, as dicts: kind, lod, box (in voxels of that level; what can no "
          "longer be read) and message.")
      .def_property_readonly(
          "good", [](const VerifyReport& r) { return r.corrupt == 0 && r.missing == 0; },
          "Whether nothing was found.")
      .def("__repr__", &text_of);
  volume
      .def(
          "info", &info,
          "Size and content of the store, from counters: a dict of format, shape, fill, logical_bytes (two a "
          "voxel), ingested_bytes, stored_bytes, level0_bytes, disk_bytes, reduction (1 - stored / "
          "ingested), "
          "ranges, codecs, private_codecs, unfinished and epoch.")
      .def("verify", &verify, py::arg("progress") = py::none(),
           "Reads and checks everything: a VerifyReport. progress(done, total, unit) is called as in "
           "ingest().")
      .def("rebuild_levels", &rebuild_levels, py::arg("progress") = py::none(),
           "Makes all coarser levels anew from level 0.")
      .def("compact", &compact, "Gives back the space of what was overwritten.")
      .def("checkpoint", &checkpoint, py::arg("path"),
           "A copy of the store as it is now, in a directory that does not exist yet; on the same disk it "
           "costs "
           "next to nothing.")
      .def("refresh", &refresh, "A volume of mode \"r\" sees what others have written since.")
      .def("drop_cache", &drop_cache, "Forgets decoded voxels, for measuring.");
}

}  // namespace terrane::python

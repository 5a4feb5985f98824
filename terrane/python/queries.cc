#include <pybind11/stl.h>

#include <algorithm>

#include "terrane/python/bindings.h"
#include "terrane/python/encoding.h"
#include "terrane/python/index.h"
#include "terrane/python/watch.h"
#include "terrane/volume/explain.h"

namespace py = pybind11;

namespace terrane::python {
namespace {

constexpr const char* kHistogramDoc =
    R"(How many voxels of each material a box has: {id: count}, the most frequent first.

box: ((x0, x1), (y0, y1), (z0, z1)) in voxels of level 0; None: everything. Counts are of what read(box, lod)
  would give, taken from ranges and encoded bytes: an ocean costs as much as a pond.
progress: called as in ingest().

ExhaustedError for 2^63 voxels or more: ask at a coarser level.)";

constexpr const char* kAnalyzeDoc =
    R"(How homogeneous a box is, and what that means for its coding: an Analysis; print() it.

box: in voxels of level 0; None: everything. Each brick that it touches is looked at by itself, of it the part
  inside the box. Bricks are decoded, ranges of one material cost nothing.
progress: called as in ingest().)";

constexpr const char* kExplainDoc =
    R"(Why the brick that holds a voxel is coded as it is, and what every other strategy would take: an Explanation;
print() it.

x, y, z: a voxel of level 0, whatever the lod.
measure: also try every strategy on the brick, and time it.
access: how the brick is used, a dict of point_reads, brick_reads, brick_writes and locality; None: what this
  volume has seen of the region.
policy, and more keywords as ingest() has them: as a write would be told.)";

// A class of terrane/_results.py, called with keywords.
py::object result(const char* name, const py::dict& fields) {
  return py::module_::import("terrane._results").attr(name)(**fields);
}

py::dict names_of(const BrickStats& stats, const Catalogue& catalogue) {
  py::dict out;
  for (const auto& [material, voxels] : stats.materials)
    out[py::int_(material)] = catalogue.name_of(material);
  return out;
}

py::object report_of(const HomogeneityReport& report) {
  py::dict distribution, out;
  for (const auto& [material, share] : report.distribution) distribution[py::int_(material)] = share;
  out["homogeneity"] = report.overall_homogeneity;
  out["dominant_material"] = report.dominant_material;
  out["distribution"] = distribution;
  out["best_order"] = std::string(name(report.optimal_order));
  const auto& d = report.optimal_direction;
  out["best_direction"] = py::make_tuple(d[0], d[1], d[2]);
  out["recommended_strategy"] = std::string(name(report.recommended_strategy));
  out["estimated_ratio"] = report.estimated_ratio;
  return result("Homogeneity", out);
}

// By the names of docs/CLI.md.
py::dict statistics_of(const BrickStats& s) {
  py::dict out;
  out["bricks"] = s.bricks;
  out["uniform_bricks"] = s.uniform_bricks;
  out["voxels"] = s.voxels;
  out["materials"] = s.distinct();
  out["entropy_bits"] = s.entropy_bits();
  out["top_two_share"] = s.top_two_share();
  out["faces"] = s.faces;
  out["equal_faces"] = s.equal_faces;
  out["scan_runs"] = s.scan_runs;
  out["morton_runs"] = s.morton_runs;
  out["octree_nodes"] = s.octree_nodes;
  out["uniform_cubes"] = s.uniform_cubes;
  out["columns"] = s.columns;
  out["mono_columns"] = s.mono_columns;
  out["same_sequence_columns"] = s.same_sequence_columns;
  out["rows_new"] = s.rows_new;
  out["runs_new"] = s.runs_new;
  out["roughness"] = s.roughness;
  out["differing_voxels"] = s.differing_voxels;
  return out;
}

py::object measured_of(const Explanation& e, const Codec* codec) {
  for (const MeasuredCodec& m : e.measured) {
    if (m.codec != codec) continue;
    py::dict out;
    out["bytes"] = m.bytes;
    out["encode_us"] = m.encode_us;
    out["decode_us"] = m.decode_us;
    out["read_us"] = m.read_us;
    return result("Measured", out);
  }
  return py::none();
}

py::object candidate_of(const Explanation& e, const Candidate& c) {
  py::dict out;
  out["strategy"] = std::string(c.codec->name());
  out["bytes"] = c.estimate.bytes;
  out["upper_bytes"] = c.estimate.upper_bytes();
  out["encode_us"] = c.estimate.encode_us;
  out["decode_us"] = c.estimate.decode_us;
  out["read_us"] = c.estimate.read_us;
  out["memory_bytes"] = c.estimate.memory_bytes;
  out["cost"] = c.cost;
  out["excluded"] =
      c.excluded == Excluded::kNo ? py::object(py::none()) : py::str(std::string(name(c.excluded)));
  out["measured"] = measured_of(e, c.codec);
  return result("Candidate", out);
}

py::dict access_of(const AccessPattern& access) {
  py::dict out;
  out["point_reads"] = access.point_reads;
  out["brick_reads"] = access.brick_reads;
  out["brick_writes"] = access.brick_writes;
  out["locality"] = access.locality();
  return out;
}

py::object name_or_none(const Codec* codec) {
  if (codec == nullptr) return py::none();
  return py::str(std::string(codec->name()));
}

void add_decision(const Explanation& e, py::dict& out) {
  py::list candidates;
  for (const char* field : {"cost_model", "primary", "runner_up", "confidence", "guide"})
    out[field] = py::none();
  if (e.decision) {
    out["cost_model"] = std::string(e.cost_model);
    out["primary"] = name_or_none(e.decision->primary().codec);
    const Candidate* second = e.decision->runner_up();
    out["runner_up"] = name_or_none(second == nullptr ? nullptr : second->codec);
    out["confidence"] = e.decision->confidence;
    for (const Candidate& c : e.decision->candidates) candidates.append(candidate_of(e, c));
  }
  if (e.guide) out["guide"] = name_or_none(e.codecs->find(e.guide->codec));
  out["reason"] = e.reason;
  out["candidates"] = candidates;
}

Box box_or_all(const Handle& handle, const py::object& box) {
  return box.is_none() ? handle.world().bounds() : parse_box(box);
}

py::dict histogram(const PyVolume& self, const py::object& given, int level, bool allow_incomplete,
                   const py::object& progress) {
  Handle& handle = *self.handle;
  const Box box = box_or_all(handle, given);
  std::vector<std::pair<MaterialId, std::uint64_t>> sorted;
  watch(handle, progress, [&](const Task& task) -> Status {
    const ReadOptions options{.task = task, .allow_incomplete = allow_incomplete};
    TERRANE_ASSIGN(const MaterialCounts counts, handle.reader()->histogram(box, level, options));
    sorted = counts.sorted();
    return ok();
  });
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  py::dict out;
  for (const auto& [material, n] : sorted) out[py::int_(material)] = n;
  return out;
}

py::object analyze(const PyVolume& self, const py::object& given, int level, bool allow_incomplete,
                   const py::object& progress) {
  Handle& handle = *self.handle;
  const Box box = box_or_all(handle, given);
  BoxAnalysis analysis;
  watch(handle, progress, [&](const Task& task) -> Status {
    const ReadOptions options{.task = task, .allow_incomplete = allow_incomplete};
    TERRANE_ASSIGN(analysis, handle.reader()->analyze(box, level, options));
    return ok();
  });
  py::dict out;
  out["box"] = to_tuple(analysis.box);
  out["lod"] = analysis.level;
  out["report"] = report_of(analysis.report);
  out["statistics"] = statistics_of(analysis.stats);
  out["names"] = names_of(analysis.stats, handle.catalogue());
  return result("Analysis", out);
}

py::object explain(const PyVolume& self, std::int64_t x, std::int64_t y, std::int64_t z, int level,
                   bool measure, bool allow_incomplete, const py::object& access, const std::string& policy,
                   const py::kwargs& more) {
  Handle& handle = *self.handle;
  ExplainOptions options;
  options.level = level;
  options.measure = measure;
  options.read.allow_incomplete = allow_incomplete;
  options.encoding = parse_encoding(policy, more);
  if (!access.is_none()) options.access = parse_access(access);
  const Explanation e = [&] {
    const py::gil_scoped_release release;
    return handle.reader()->explain({x, y, z}, options).value();
  }();
  const bool is_brick = e.stored.kind == RangeKind::kBrick;
  py::dict out;
  out["brick"] = to_tuple(e.brick);
  out["lod"] = e.level;
  out["kind"] = std::string(name(e.stored.kind));
  out["strategy"] = name_or_none(is_brick ? e.codecs->find(e.stored.codec) : nullptr);
  out["stored_bytes"] = e.stored.stored_bytes;
  out["report"] = report_of(e.report);
  out["statistics"] = statistics_of(e.stats);
  out["access"] = access_of(e.access);
  add_decision(e, out);
  out["names"] = names_of(e.stats, handle.catalogue());
  return result("Explanation", out);
}

}  // namespace

void bind_queries(VolumeClass& volume) {
  volume
      .def("histogram", &histogram, py::arg("box") = py::none(), py::arg("lod") = 0,
           py::arg("allow_incomplete") = false, py::arg("progress") = py::none(), kHistogramDoc)
      .def("analyze", &analyze, py::arg("box") = py::none(), py::arg("lod") = 0,
           py::arg("allow_incomplete") = false, py::arg("progress") = py::none(), kAnalyzeDoc)
      .def("explain", &explain, py::arg("x"), py::arg("y"), py::arg("z"), py::kw_only(), py::arg("lod") = 0,
           py::arg("measure") = false, py::arg("allow_incomplete") = false, py::arg("access") = py::none(),
           py::arg("policy") = "balanced", kExplainDoc);
}

}  // namespace terrane::python

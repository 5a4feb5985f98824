#include <pybind11/stl.h>

#include <bit>
#include <vector>

#include "terrane/python/bindings.h"
#include "terrane/python/index.h"
#include "terrane/python/watch.h"

namespace py = pybind11;

namespace terrane::python {
namespace {

// A range, and the level it belongs to.
struct PyRange {
  RangeInfo info;
  int level = 0;
  Coord extent;  // of the level
};

// Calls f(lo, hi) for the cuboids of bricks that a run is made of, both corners in: each aligned block of 2^k
// positions is one. There are at most 127 of them.
template <class F>
void for_each_cuboid(const Run& run, F&& f) {
  for (Position p = run.first;;) {
    int k = p == 0 ? 63 : std::min(63, std::countr_zero(p));
    while (k > 0 && (Position{1} << k) - 1 > run.last - p) --k;
    const Position last = p + ((Position{1} << k) - 1);
    f(brick_at(p), brick_at(last));
    if (last >= run.last) return;
    p = last + 1;
  }
}

Box voxels_of(BrickCoord lo, BrickCoord hi, Coord extent) {
  const auto edge = [](BrickCoord b, std::int64_t more) {
    return Coord{(std::int64_t{b.x} + more) * kBrickEdge, (std::int64_t{b.y} + more) * kBrickEdge,
                 (std::int64_t{b.z} + more) * kBrickEdge};
  };
  return Box{edge(lo, 0), edge(hi, 1)}.intersect({{0, 0, 0}, extent});
}

std::uint64_t bricks_in(const PyRange& range) {
  std::uint64_t sum = 0;
  for_each_cuboid(range.info.run, [&](BrickCoord lo, BrickCoord hi) {
    const Box box = voxels_of(lo, hi, range.extent);
    if (box.empty()) return;
    const auto bricks = [](std::int64_t n) {
      return static_cast<std::uint64_t>((n + kBrickEdge - 1) / kBrickEdge);
    };
    const Coord n = box.size();
    sum += bricks(n.x) * bricks(n.y) * bricks(n.z);
  });
  return sum;
}

py::list boxes_of(const PyRange& range) {
  py::list out;
  for_each_cuboid(range.info.run, [&](BrickCoord lo, BrickCoord hi) {
    const Box box = voxels_of(lo, hi, range.extent);
    if (!box.empty()) out.append(to_tuple(box));
  });
  return out;
}

py::object material_of(const PyRange& range) {
  if (range.info.kind == RangeKind::kBrick) return py::none();
  return py::int_(range.info.material);
}

std::string text_of(const PyRange& range) {
  std::string text = "<terrane.Range " + std::string(name(range.info.kind)) + " of " +
                     std::to_string(bricks_in(range)) + " bricks";
  if (range.info.kind == RangeKind::kBrick) {
    text = "<terrane.Range brick, " + std::string(py::str(codec_name(range.info)));
  } else {
    text += ", material " + std::to_string(range.info.material);
  }
  return text + ", level " + std::to_string(range.level) + ", " + std::to_string(range.info.stored_bytes) +
         " bytes>";
}

py::list ranges(const PyVolume& self, const py::object& given, int level) {
  Handle& handle = *self.handle;
  const Box box = given.is_none() ? handle.world().bounds() : parse_box(given);
  const Coord extent = level_extent(handle.world().extent(), check_level(level));
  std::vector<PyRange> found;
  watch(handle, py::none(), [&](const Task& task) {
    const auto keep = [&](const RangeInfo& info) -> Status {
      const PyRange range{info, level, extent};
      // Between two regions of the line lie positions that no brick has.
      if (bricks_in(range) > 0) found.push_back(range);
      return ok();
    };
    return handle.reader()->visit(box, level, keep, {.task = task});
  });
  py::list out(found.size());
  for (std::size_t i = 0; i < found.size(); ++i) out[i] = py::cast(found[i]);
  return out;
}

}  // namespace

py::object codec_name(const RangeInfo& range) {
  if (range.kind != RangeKind::kBrick) return py::none();
  const Codec* codec = find_codec(range.codec);
  if (codec == nullptr) return py::str("codec " + std::to_string(static_cast<int>(range.codec)));
  return py::str(std::string(codec->name()));
}

void bind_ranges(py::module_& m, VolumeClass& volume) {
  py::class_<PyRange>(
      m, "Range",
      "One range of the map of a level, as stored: bricks that are consecutive on the line, and "
      "what they hold.")
      .def_property_readonly(
          "kind", [](const PyRange& r) { return std::string(name(r.info.kind)); },
          "\"uniform\": all one material. \"predicted\": what the store was created with. \"brick\": one "
          "brick, "
          "encoded.")
      .def_property_readonly("material", &material_of, "The one id of a range that is no brick, else None.")
      .def_property_readonly(
          "codec", [](const PyRange& r) { return codec_name(r.info); }, "Of a brick, else None.")
      .def_property_readonly(
          "stored_bytes", [](const PyRange& r) { return r.info.stored_bytes; },
          "Of key and value, in the store.")
      .def_property_readonly(
          "written", [](const PyRange& r) { return r.info.written; }, "By a write or an ingest.")
      .def_property_readonly("level", [](const PyRange& r) { return r.level; })
      .def_property_readonly("bricks", &bricks_in, "How many bricks of the store lie in it.")
      .def(
          "boxes", &boxes_of,
          "The boxes ((x0, x1), (y0, y1), (z0, z1)) that its bricks make up, in voxels of its level; at most "
          "127.")
      .def("__repr__", &text_of);
  volume.def("ranges", &ranges, py::arg("box") = py::none(), py::arg("lod") = 0,
             "The ranges that meet a box (level-0 voxels; None: everything), as a list of Range in the order "
             "of the line. Decodes nothing.");
}

}  // namespace terrane::python

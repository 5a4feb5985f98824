#include "terrane/python/index.h"

#include <string>

#include "terrane/base/status.h"

namespace py = pybind11;

namespace terrane::python {
namespace {

constexpr const char* kAxis[] = {"x", "y", "z"};

std::string shown(py::handle object) {
  std::string text = py::repr(object);
  if (text.size() > 60) text = text.substr(0, 57) + "...";
  return text;
}

std::int64_t& on_axis(Coord& c, int axis) {
  return axis == 0 ? c.x : axis == 1 ? c.y : c.z;
}

// An integer as an index: also NumPy's, but neither a bool nor an array, which mean other things there.
bool is_integer(py::handle item) {
  if (PyBool_Check(item.ptr()) || !PyIndex_Check(item.ptr())) return false;
  if (PyLong_Check(item.ptr()) || !py::hasattr(item, "dtype")) return true;
  return py::len(item.attr("shape")) == 0 && item.attr("dtype").attr("kind").cast<std::string>() != "b";
}

std::string axis_text(int axis) {
  return std::string("axis ") + std::to_string(axis) + " (" + kAxis[axis] + ")";
}

void select_slice(py::handle item, int axis, Py_ssize_t n, Box& box) {
  Py_ssize_t first = 0, last = 0, step = 1;
  if (PySlice_Unpack(item.ptr(), &first, &last, &step) < 0) throw py::error_already_set();
  if (step != 1) {
    throw BadResult(
        invalid("a slice of a volume has no step, and " + axis_text(axis) + " got " + std::to_string(step) +
                "; read without it and slice the array you get, as in v[a:b, ...][::2], or take a "
                "coarser level with v.lod(1)"));
  }
  const Py_ssize_t size = PySlice_AdjustIndices(n, &first, &last, step);
  on_axis(box.lo, axis) = first;
  on_axis(box.hi, axis) = first + size;
}

void select_integer(py::handle item, int axis, Py_ssize_t n, Box& box) {
  const Py_ssize_t given = PyNumber_AsSsize_t(item.ptr(), PyExc_IndexError);
  if (given == -1 && PyErr_Occurred() != nullptr) throw py::error_already_set();
  const Py_ssize_t at = given < 0 ? given + n : given;
  if (at < 0 || at >= n) {
    throw py::index_error("index " + std::to_string(given) + " is out of bounds for " + axis_text(axis) +
                          " with size " + std::to_string(n));
  }
  on_axis(box.lo, axis) = at;
  on_axis(box.hi, axis) = at + 1;
}

[[noreturn]] void refuse(py::handle item) {
  if (item.is_none()) {
    throw py::index_error("a volume takes no numpy.newaxis (None); index the array that you get");
  }
  throw py::index_error("a volume takes integers, slices without a step and one ellipsis (...), not " +
                        shown(item) + "; for single voxels give v.at() an array of points");
}

// Three items without an ellipsis; nothing where the key has none.
std::array<py::object, 3> spread(py::handle key) {
  const py::tuple items =
      PyTuple_Check(key.ptr()) ? py::reinterpret_borrow<py::tuple>(key) : py::make_tuple(key);
  std::array<py::object, 3> out;
  std::size_t ellipses = 0;
  for (const auto item : items) ellipses += item.ptr() == Py_Ellipsis ? 1 : 0;
  if (ellipses > 1) throw py::index_error("an index can only have a single ellipsis ('...')");
  const std::size_t given = items.size() - ellipses;
  if (given > 3) {
    throw py::index_error("too many indices: a volume has three axes (x, y, z), but " +
                          std::to_string(given) + " were indexed");
  }
  std::size_t axis = 0;
  for (const auto item : items) {
    if (item.ptr() == Py_Ellipsis) {
      axis += 3 - given;
    } else {
      out[axis++] = py::reinterpret_borrow<py::object>(item);
    }
  }
  return out;
}

}  // namespace

std::vector<py::ssize_t> Selection::shape() const {
  std::vector<py::ssize_t> shape;
  const Coord n = box.size();
  for (const auto& [size, drop] : {std::pair{n.x, dropped[0]}, {n.y, dropped[1]}, {n.z, dropped[2]}}) {
    if (!drop) shape.push_back(size);
  }
  return shape;
}

Selection select(py::handle key, Coord extent) {
  Selection out;
  out.box = {{0, 0, 0}, extent};
  const std::array<py::object, 3> items = spread(key);
  for (int axis = 0; axis < 3; ++axis) {
    const auto i = static_cast<std::size_t>(axis);
    const py::object& item = items[i];
    if (!item) continue;
    const Py_ssize_t n = on_axis(extent, axis);
    if (PySlice_Check(item.ptr())) {
      select_slice(item, axis, n, out.box);
    } else if (is_integer(item)) {
      select_integer(item, axis, n, out.box);
      out.dropped[i] = true;
    } else {
      refuse(item);
    }
  }
  return out;
}

std::int64_t parse_integer(py::handle number, const char* what) {
  if (!is_integer(number))
    throw py::type_error(std::string(what) + " must be an integer, not " + shown(number));
  const Py_ssize_t value = PyNumber_AsSsize_t(number.ptr(), PyExc_OverflowError);
  if (value == -1 && PyErr_Occurred() != nullptr) throw py::error_already_set();
  return value;
}

namespace {

// The two ends of one axis of a box.
std::pair<std::int64_t, std::int64_t> parse_ends(py::handle ends) {
  constexpr const char* kWhat = "an end of a box";
  if (PySlice_Check(ends.ptr())) {
    if (!ends.attr("step").is_none()) throw py::type_error("a box has no step: give slices as x0:x1");
    return {parse_integer(ends.attr("start"), kWhat), parse_integer(ends.attr("stop"), kWhat)};
  }
  if (!py::isinstance<py::sequence>(ends) || py::len(ends) != 2) {
    throw py::type_error("a box is ((x0, x1), (y0, y1), (z0, z1)), and one of its axes is " + shown(ends));
  }
  const auto pair = py::reinterpret_borrow<py::sequence>(ends);
  return {parse_integer(pair[0], kWhat), parse_integer(pair[1], kWhat)};
}

}  // namespace

Box parse_box(py::handle box) {
  if (!py::isinstance<py::sequence>(box) || py::isinstance<py::str>(box) || py::len(box) != 3) {
    throw py::type_error("a box is ((x0, x1), (y0, y1), (z0, z1)), not " + shown(box));
  }
  const auto axes = py::reinterpret_borrow<py::sequence>(box);
  Box out;
  for (int axis = 0; axis < 3; ++axis) {
    const auto [lo, hi] = parse_ends(axes[static_cast<std::size_t>(axis)]);
    on_axis(out.lo, axis) = lo;
    on_axis(out.hi, axis) = hi;
  }
  return out;
}

Coord parse_coord(py::handle triple, const char* what) {
  if (!py::isinstance<py::sequence>(triple) || py::isinstance<py::str>(triple) || py::len(triple) != 3) {
    throw py::type_error(std::string(what) + " must be three integers (x, y, z), not " + shown(triple));
  }
  const auto all = py::reinterpret_borrow<py::sequence>(triple);
  return {parse_integer(all[0], what), parse_integer(all[1], what), parse_integer(all[2], what)};
}

py::tuple to_tuple(Coord c) {
  return py::make_tuple(c.x, c.y, c.z);
}

py::tuple to_tuple(const Box& box) {
  return py::make_tuple(py::make_tuple(box.lo.x, box.hi.x), py::make_tuple(box.lo.y, box.hi.y),
                        py::make_tuple(box.lo.z, box.hi.z));
}

}  // namespace terrane::python

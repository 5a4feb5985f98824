#include "terrane/python/arrays.h"

#include <pybind11/stl.h>

#include <array>
#include <cstring>
#include <type_traits>
#include <utility>
#include <vector>

#include "terrane/base/hash.h"

namespace py = pybind11;

namespace terrane::python {
namespace {

constexpr const char* kWanted = "a material is an integer from 0 to 65535 (numpy.uint16)";

std::string text_of(py::handle object) {
  return py::str(object);
}

// Calls f with a value of the C++ type of a NumPy kind and size.
template <class F>
auto with_type(char kind, int bytes, F&& f) {
  if (kind == 'b') return f(std::uint8_t{});  // what NumPy keeps in a bool is 0 or 1
  const bool u = kind == 'u';
  switch (bytes) {
    case 1:
      return u ? f(std::uint8_t{}) : f(std::int8_t{});
    case 2:
      return u ? f(std::uint16_t{}) : f(std::int16_t{});
    case 4:
      return u ? f(std::uint32_t{}) : f(std::int32_t{});
    default:
      return u ? f(std::uint64_t{}) : f(std::int64_t{});
  }
}

template <class T>
constexpr bool is_material(T v) {
  return std::in_range<MaterialId>(v);
}

// A row of n elements, `step` bytes apart. The index of the first that is no material, or n.
template <class T>
std::int64_t convert_row(const char* from, std::int64_t step, std::int64_t n, MaterialId* to,
                         std::int64_t to_step) {
  bool good = true;
  for (std::int64_t i = 0; i < n; ++i) {
    T v;
    std::memcpy(&v, from + i * step, sizeof v);
    good = good && is_material(v);
    to[i * to_step] = static_cast<MaterialId>(static_cast<std::make_unsigned_t<T>>(v));
  }
  if (good) return n;
  for (std::int64_t i = 0;; ++i) {
    T v;
    std::memcpy(&v, from + i * step, sizeof v);
    if (!is_material(v)) return i;
  }
}

template <class T>
std::string value_text(const char* at) {
  T v;
  std::memcpy(&v, at, sizeof v);
  return std::to_string(v);
}

std::string shape_text(const py::array& array) {
  return py::str(array.attr("shape"));
}

}  // namespace

IntegerArray IntegerArray::of(const py::object& object) {
  py::array array = py::module_::import("numpy").attr("asarray")(object);
  const char kind = array.dtype().kind();
  if (kind != 'b' && kind != 'u' && kind != 'i') {
    throw py::type_error(std::string(kWanted) + ", and this is " + text_of(array.dtype()) +
                         (kind == 'f' ? "; round it and convert it with .astype(numpy.uint16)" : ""));
  }
  if (array.ndim() > 3) {
    throw py::value_error("voxels have three axes [x, y, z], and the array has shape " + shape_text(array));
  }
  if (array.dtype().itemsize() > 1 && !array.dtype().attr("isnative").cast<bool>()) {
    array = array.attr("astype")(array.dtype().attr("newbyteorder")("="));
  }
  IntegerArray out;
  out.kind_ = kind;
  out.bytes_ = static_cast<int>(array.dtype().itemsize());
  std::array<std::int64_t, 3> size = {1, 1, 1}, step = {0, 0, 0};
  const auto missing = static_cast<std::size_t>(3 - array.ndim());
  for (std::size_t i = missing; i < 3; ++i) {
    size[i] = array.shape(static_cast<py::ssize_t>(i - missing));
    step[i] = array.strides(static_cast<py::ssize_t>(i - missing));
  }
  out.size_ = {size[0], size[1], size[2]};
  out.step_ = {step[0], step[1], step[2]};
  out.data_ = static_cast<const char*>(array.data());
  out.description_ = text_of(array.dtype()) + " array of " + to_string(out.size_);
  out.array_ = std::move(array);
  return out;
}

std::optional<ConstVoxelView> IntegerArray::view() const {
  constexpr std::int64_t kBytes = sizeof(MaterialId);
  if (kind_ != 'u' || bytes_ != kBytes) return std::nullopt;
  const bool aligned = reinterpret_cast<std::uintptr_t>(data_) % kBytes == 0 && step_.x % kBytes == 0 &&
                       step_.y % kBytes == 0 && step_.z % kBytes == 0;
  if (!aligned) return std::nullopt;
  return ConstVoxelView{reinterpret_cast<const MaterialId*>(data_),
                        size_,
                        {step_.x / kBytes, step_.y / kBytes, step_.z / kBytes}};
}

Status IntegerArray::read(const Box& box, VoxelView out) const {
  if (const auto own = view()) {
    copy(own->sub(box), out);
    return ok();
  }
  return with_type(kind_, bytes_, [&](auto tag) -> Status {
    using T = decltype(tag);
    const Coord n = box.size();
    for (std::int64_t x = 0; x < n.x; ++x) {
      for (std::int64_t y = 0; y < n.y; ++y) {
        const Coord at = box.lo + Coord{x, y, 0};
        const char* from = data_ + at.x * step_.x + at.y * step_.y + at.z * step_.z;
        const std::int64_t bad = convert_row<T>(from, step_.z, n.z, out.row(x, y), out.stride.z);
        if (bad == n.z) continue;
        return invalid(std::string(kWanted) + ", and the " + description_ + " has " +
                       value_text<T>(from + bad * step_.z) + " at [" + to_string(at + Coord{0, 0, bad}) +
                       "]; renumber the labels");
      }
    }
    return ok();
  });
}

Status ArraySource::prepare(const Task& task) {
  const Coord n = size();
  std::uint64_t hash = 0;
  std::vector<MaterialId> plane(static_cast<std::size_t>(n.y * n.z));
  for (std::int64_t x = 0; x < n.x; ++x) {
    TERRANE_TRY(task.check());
    TERRANE_TRY(array_.read({{x, 0, 0}, {x + 1, n.y, n.z}}, VoxelView::dense(plane.data(), {1, n.y, n.z})));
    hash = hash64(std::as_bytes(std::span<const MaterialId>(plane)), hash);
  }
  identity_ = "numpy " + to_string(n) + " hash " + std::to_string(hash);
  return ok();
}

py::array broadcast(const py::object& value, const std::vector<py::ssize_t>& shape) {
  const py::module_ numpy = py::module_::import("numpy");
  py::array array = numpy.attr("asarray")(value);
  // More axes than the target may still fit, where the first have size 1: that is for NumPy to say.
  while (array.ndim() > 3 && array.shape(0) == 1) array = array.attr("__getitem__")(0);
  const IntegerArray integers = IntegerArray::of(array);
  if (integers.view()) {
    array = integers.array();
  } else {
    const Coord n = integers.size();
    const std::vector<py::ssize_t> own(array.shape(), array.shape() + array.ndim());
    Voxels converted(own);
    const VoxelView to = VoxelView::dense(converted.mutable_data(), n);
    {
      const py::gil_scoped_release release;
      integers.read({{0, 0, 0}, n}, to).value();
    }
    array = std::move(converted);
  }
  try {
    return numpy.attr("broadcast_to")(array, shape);
  } catch (py::error_already_set& e) {
    if (!e.matches(PyExc_ValueError)) throw;
    throw py::value_error("cannot put an array of shape " + shape_text(array) + " into voxels of shape " +
                          text_of(py::tuple(py::cast(shape))) +
                          "; give an array of that shape, or one that broadcasts to it");
  }
}

Points parse_points(const py::object& given) {
  const py::array points = py::module_::import("numpy").attr("asarray")(given);
  const char kind = points.dtype().kind();
  if ((kind != 'i' && kind != 'u') || points.ndim() < 1 || points.shape(points.ndim() - 1) != 3) {
    throw py::type_error("points must be an array of integers of shape (..., 3), not " +
                         text_of(points.dtype()) + " of shape " + shape_text(points));
  }
  Points all(points);
  if (!all) throw py::error_already_set();
  return all;
}

VoxelView view_of_out(const py::object& out, Coord size) {
  if (!py::isinstance<py::array>(out)) throw py::type_error("out must be a NumPy array of uint16");
  py::array array = py::reinterpret_borrow<py::array>(out);
  if (!array.dtype().equal(py::dtype::of<MaterialId>())) {
    throw py::type_error("out must be a NumPy array of uint16, not " + text_of(array.dtype()));
  }
  if (!array.writeable()) throw py::value_error("out is read-only; give an array that can be written");
  if (array.ndim() != 3 || array.shape(0) != size.x || array.shape(1) != size.y || array.shape(2) != size.z) {
    throw py::value_error("out has shape " + shape_text(array) + " and the voxels have shape (" +
                          to_string(size) + "); make them equal");
  }
  constexpr py::ssize_t kBytes = sizeof(MaterialId);
  for (int axis = 0; axis < 3; ++axis) {
    if (array.strides(axis) % kBytes != 0)
      throw py::value_error("out is not aligned; give one made by NumPy");
  }
  if (reinterpret_cast<std::uintptr_t>(array.mutable_data()) % kBytes != 0)
    throw py::value_error("out is not aligned; give one made by NumPy");
  return {static_cast<MaterialId*>(array.mutable_data()),
          size,
          {array.strides(0) / kBytes, array.strides(1) / kBytes, array.strides(2) / kBytes}};
}

}  // namespace terrane::python

#pragma once

#include <pybind11/numpy.h>

#include <optional>
#include <string>

#include "terrane/base/task.h"
#include "terrane/python/buffers.h"
#include "terrane/voxel/source.h"
#include "terrane/voxel/voxels.h"

namespace terrane::python {

// A NumPy array of at most three axes, of any integer type or bool, any strides, any byte order: borrowed, as
// materials. An axis too few comes first, with size 1, as NumPy broadcasts. Keeps the array alive; is made
// and destroyed with the GIL, read without it by any number of threads.
class IntegerArray {
 public:
  // Anything that numpy.asarray() takes. TypeError for floats and the like, ValueError for four axes or more.
  static IntegerArray of(const pybind11::object& object);

  Coord size() const { return size_; }
  const pybind11::array& array() const { return array_; }  // in the byte order of this machine
  // Its own memory, where that already holds materials.
  std::optional<ConstVoxelView> view() const;
  // Part of it as materials. kInvalid for a value that is none: below 0 or above 65535.
  Status read(const Box& box, VoxelView out) const;
  std::string description() const { return description_; }  // "uint8 array of 3,4,5"

 private:
  pybind11::array array_;
  const char* data_ = nullptr;
  Coord size_, step_;  // bytes
  char kind_ = 'u';
  int bytes_ = 2;
  std::string description_;
};

// An array as what ingest reads. Its identity is its shape and a hash of its voxels, so an ingest that was
// stopped continues with the same voxels, from whatever array.
class ArraySource final : public VoxelSource {
 public:
  explicit ArraySource(IntegerArray array) : array_(std::move(array)) {}
  // Reads the whole array, to hash it; without the GIL. kInvalid where a value is no material.
  Status prepare(const Task& task);
  Coord size() const override { return array_.size(); }
  std::string identity() const override { return identity_; }
  Status read(const Box& box, VoxelView out) const override { return array_.read(box, out); }

 private:
  IntegerArray array_;
  std::string identity_;
};

// An array of materials that broadcasts to `shape`: the value itself where it holds uint16, else a copy.
pybind11::array broadcast(const pybind11::object& value, const std::vector<pybind11::ssize_t>& shape);

// Voxels: integers of shape (..., 3), as int64 in C order. TypeError for anything else.
using Points = pybind11::array_t<std::int64_t, pybind11::array::c_style>;
Points parse_points(const pybind11::object& given);

// The view of an array given as `out`: writable, uint16, of this size. TypeError or ValueError otherwise.
VoxelView view_of_out(const pybind11::object& out, Coord size);

}  // namespace terrane::python

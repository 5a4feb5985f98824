#pragma once

#include <pybind11/numpy.h>

#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include "terrane/voxel/voxels.h"

namespace terrane::python {

using Voxels = pybind11::array_t<MaterialId>;

// The memory of large arrays that a volume has given to Python, kept for the next one when Python lets an
// array go: the system clears fresh pages one by one, which costs about a third of a read from the cache. At
// most kKept bytes wait. Thread-safe; an array keeps it alive.
class ArrayBuffers : public std::enable_shared_from_this<ArrayBuffers> {
 public:
  static constexpr std::size_t kLeast = std::size_t{1} << 20;   // smaller arrays are NumPy's own
  static constexpr std::size_t kKept = std::size_t{128} << 20;  // bytes that no array uses
  ArrayBuffers() = default;
  ~ArrayBuffers();
  ArrayBuffers(const ArrayBuffers&) = delete;
  ArrayBuffers& operator=(const ArrayBuffers&) = delete;

  // A C-order array that is not yet filled. With the GIL.
  Voxels array(const std::vector<pybind11::ssize_t>& shape);

 private:
  struct Buffer {
    void* data = nullptr;
    std::size_t bytes = 0;
  };
  struct Lent {
    std::shared_ptr<ArrayBuffers> home;
    Buffer buffer;
  };
  Buffer take(std::size_t bytes);
  void give_back(Buffer buffer);

  std::mutex mutex_;
  std::vector<Buffer> idle_;  // the one that came back last at the end
};

}  // namespace terrane::python

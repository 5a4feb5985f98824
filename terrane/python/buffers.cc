#include "terrane/python/buffers.h"

#include <algorithm>
#include <cstdlib>
#include <new>

#include <sys/mman.h>

namespace py = pybind11;

namespace terrane::python {
namespace {

constexpr std::size_t kHugePage = std::size_t{2} << 20;

std::size_t rounded(std::size_t bytes) {
  return (bytes + kHugePage - 1) / kHugePage * kHugePage;
}

}  // namespace

ArrayBuffers::~ArrayBuffers() {
  for (const Buffer& buffer : idle_) std::free(buffer.data);
}

ArrayBuffers::Buffer ArrayBuffers::take(std::size_t bytes) {
  {
    std::scoped_lock lock(mutex_);
    for (std::size_t i = idle_.size(); i-- > 0;) {
      const Buffer buffer = idle_[i];
      if (buffer.bytes < bytes || buffer.bytes > bytes + bytes / 4 + kHugePage) continue;
      idle_.erase(idle_.begin() + static_cast<std::ptrdiff_t>(i));
      return buffer;
    }
  }
  const Buffer fresh = {std::aligned_alloc(kHugePage, rounded(bytes)), rounded(bytes)};
  if (fresh.data == nullptr) throw std::bad_alloc();
  ::madvise(fresh.data, fresh.bytes, MADV_HUGEPAGE);  // where the system has none, it stays as it is
  return fresh;
}

void ArrayBuffers::give_back(Buffer buffer) {
  std::scoped_lock lock(mutex_);
  idle_.push_back(buffer);
  std::size_t kept = 0;
  for (const Buffer& b : idle_) kept += b.bytes;
  while (kept > kKept) {  // those that have waited longest go
    kept -= idle_.front().bytes;
    std::free(idle_.front().data);
    idle_.erase(idle_.begin());
  }
}

Voxels ArrayBuffers::array(const std::vector<py::ssize_t>& shape) {
  std::size_t bytes = sizeof(MaterialId);
  for (const py::ssize_t n : shape) bytes *= static_cast<std::size_t>(n);
  if (bytes < kLeast) return Voxels(shape);
  auto lent = std::make_unique<Lent>(Lent{shared_from_this(), take(bytes)});
  auto* data = static_cast<MaterialId*>(lent->buffer.data);
  const py::capsule owner(lent.release(), [](void* p) {
    const std::unique_ptr<Lent> back(static_cast<Lent*>(p));
    back->home->give_back(back->buffer);
  });
  return Voxels(shape, data, owner);
}

}  // namespace terrane::python

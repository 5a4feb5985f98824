#include "terrane/python/fork_mark.h"

#include <cstddef>

#include <sys/mman.h>

namespace terrane::python {
namespace {

constexpr std::size_t kBytes = 4096;  // of a page, or part of one

}  // namespace

ForkMark::ForkMark() {
  void* page = ::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return;
  if (::madvise(page, kBytes, MADV_WIPEONFORK) != 0) {
    ::munmap(page, kBytes);
    return;
  }
  page_ = static_cast<char*>(page);
  *page_ = 1;
}

ForkMark::~ForkMark() {
  if (page_ != nullptr) ::munmap(page_, kBytes);
}

}  // namespace terrane::python

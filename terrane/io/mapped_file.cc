#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "fmt/format.h"
#include "terrane/io/mapped_array.h"

namespace terrane {
namespace {

std::int64_t changed_ns(const struct stat& s) {
  return static_cast<std::int64_t>(s.st_mtim.tv_sec) * 1'000'000'000 + s.st_mtim.tv_nsec;
}

Error system_error(std::string_view what, const std::string& path, int error) {
  const ErrorCode code = error == ENOENT || error == ENOTDIR ? ErrorCode::kNotFound : ErrorCode::kIo;
  return {code, fmt::format("cannot {} the file: {}; path=`{}`", what, std::strerror(error), path)};
}

}  // namespace

Result<MappedFile> MappedFile::open(const std::string& path) {
  MappedFile file;
  file.path_ = path;
  file.fd_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file.fd_ < 0) return system_error("open", path, errno);
  struct stat s {};
  if (::fstat(file.fd_, &s) != 0) return system_error("examine", path, errno);
  if (!S_ISREG(s.st_mode))
    return invalid(
        fmt::format("not a regular file: give the name of a file that can be mapped; path=`{}`", path));
  file.size_ = static_cast<std::uint64_t>(s.st_size);
  file.changed_ns_ = changed_ns(s);
  char resolved[PATH_MAX];
  file.canonical_ = ::realpath(path.c_str(), resolved) != nullptr ? resolved : path;
  if (file.size_ == 0) return file;
  void* mapped = ::mmap(nullptr, file.size_, PROT_READ, MAP_SHARED, file.fd_, 0);
  if (mapped == MAP_FAILED) return system_error("map", path, errno);
  file.data_ = static_cast<const unsigned char*>(mapped);
  return file;
}

MappedFile::MappedFile(MappedFile&& other) noexcept {
  *this = std::move(other);
}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(canonical_, other.canonical_);
  std::swap(fd_, other.fd_);
  std::swap(size_, other.size_);
  std::swap(changed_ns_, other.changed_ns_);
  std::swap(data_, other.data_);
  return *this;
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(const_cast<unsigned char*>(data_), size_);
  if (fd_ >= 0) ::close(fd_);
}

Status MappedFile::still_whole() const {
  struct stat s {};
  if (::fstat(fd_, &s) != 0) return system_error("examine", path_, errno);
  const auto now = static_cast<std::uint64_t>(s.st_size);
  if (now < size_) {
    return Error{
        ErrorCode::kConflict,
        fmt::format("the file was cut short while it was being read: it had {} bytes and now has {}. "
                    "Restore it and start again; path=`{}`",
                    size_, now, path_)};
  }
  if (changed_ns(s) != changed_ns_) {
    return Error{ErrorCode::kConflict,
                 fmt::format("the file was changed while it was being read, so what was read so far may not "
                             "belong together. Start again; path=`{}`",
                             path_)};
  }
  return ok();
}

std::string MappedFile::identity() const {
  return fmt::format("path={} bytes={} changed_ns={}", canonical_, size_, changed_ns_);
}

}  // namespace terrane

#include "terrane/io/temporary_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "fmt/format.h"

namespace terrane {
namespace {

// Where the bytes shall end up: the target of a symbolic link; never a device.
Result<std::string> resolve_target(const std::string& path) {
  struct stat s {};
  if (::stat(path.c_str(), &s) != 0) return path;
  if (!S_ISREG(s.st_mode))
    return invalid(
        fmt::format("the output exists and is not a regular file: give another name; path=`{}`", path));
  char resolved[PATH_MAX];
  if (::realpath(path.c_str(), resolved) == nullptr) return write_error(path, errno);
  return std::string(resolved);
}

}  // namespace

Error write_error(const std::string& path, int error) {
  return {ErrorCode::kIo, fmt::format("cannot write the file: {}; path=`{}`", std::strerror(error), path)};
}

Status write_all(int fd, const void* data, std::size_t n, std::uint64_t at, const std::string& path) {
  const char* from = static_cast<const char*>(data);
  while (n > 0) {
    const ssize_t wrote = ::pwrite(fd, from, n, static_cast<off_t>(at));
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return write_error(path, wrote < 0 ? errno : EIO);
    from += wrote;
    n -= static_cast<std::size_t>(wrote);
    at += static_cast<std::uint64_t>(wrote);
  }
  return ok();
}

Result<TemporaryFile> TemporaryFile::create(const std::string& path) {
  TemporaryFile file;
  TERRANE_ASSIGN(file.path_, resolve_target(path));
  for (int i = 0; file.fd_ < 0; ++i) {
    std::string candidate = fmt::format("{}.partial-{}-{}", file.path_, ::getpid(), i);
    file.fd_ = ::open(candidate.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (file.fd_ >= 0) file.temporary_ = std::move(candidate);
    if (file.fd_ < 0 && errno != EEXIST) return write_error(path, errno);
  }
  return file;
}

TemporaryFile::TemporaryFile(TemporaryFile&& other) noexcept {
  *this = std::move(other);
}

TemporaryFile& TemporaryFile::operator=(TemporaryFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(temporary_, other.temporary_);
  std::swap(fd_, other.fd_);
  return *this;
}

TemporaryFile::~TemporaryFile() {
  if (fd_ < 0) return;
  ::close(fd_);
  ::unlink(temporary_.c_str());
}

Status TemporaryFile::reopen() {
  const int fd = ::open(temporary_.c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0) return write_error(path_, errno);
  ::close(fd_);
  fd_ = fd;
  return ok();
}

Status TemporaryFile::finish() {
  if (::fsync(fd_) != 0) return write_error(path_, errno);
  if (std::rename(temporary_.c_str(), path_.c_str()) != 0) return write_error(path_, errno);
  ::close(fd_);
  fd_ = -1;
  // The new name is durable once its directory is.
  const std::size_t slash = path_.rfind('/');
  const std::string directory = slash == std::string::npos ? "." : path_.substr(0, slash + 1);
  const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd >= 0) {
    ::fsync(fd);
    ::close(fd);
  }
  return ok();
}

}  // namespace terrane

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>
#include <vector>

#include "fmt/format.h"
#include "terrane/io/mapped_array.h"

namespace terrane {
namespace {

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

Result<ArrayFileWriter> ArrayFileWriter::create(const std::string& path, Coord shape,
                                                std::string_view header) {
  TERRANE_ASSIGN(const std::uint64_t bytes, (ArrayLayout{.shape = shape}.bytes()));
  ArrayFileWriter writer;
  TERRANE_ASSIGN(writer.path_, resolve_target(path));
  for (int i = 0; writer.fd_ < 0; ++i) {
    std::string candidate = fmt::format("{}.partial-{}-{}", writer.path_, ::getpid(), i);
    writer.fd_ = ::open(candidate.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (writer.fd_ >= 0) writer.temporary_ = std::move(candidate);
    if (writer.fd_ < 0 && errno != EEXIST) return write_error(path, errno);
  }
  writer.shape_ = shape;
  writer.offset_ = header.size();
  // A disk that is too small says so now and not after hours; file systems that cannot reserve say nothing.
  if (::fallocate(writer.fd_, 0, 0, static_cast<off_t>(header.size() + bytes)) != 0 &&
      (errno == ENOSPC || errno == EFBIG)) {
    return Error{ErrorCode::kIo, fmt::format("not enough room for the file: it needs {} bytes; path=`{}`",
                                             header.size() + bytes, path)};
  }
  TERRANE_TRY(write_all(writer.fd_, header.data(), header.size(), 0, writer.path_));
  return writer;
}

ArrayFileWriter::ArrayFileWriter(ArrayFileWriter&& other) noexcept {
  *this = std::move(other);
}

ArrayFileWriter& ArrayFileWriter::operator=(ArrayFileWriter&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(temporary_, other.temporary_);
  std::swap(fd_, other.fd_);
  std::swap(shape_, other.shape_);
  std::swap(offset_, other.offset_);
  other.written_ = written_.exchange(other.written_);
  return *this;
}

ArrayFileWriter::~ArrayFileWriter() {
  abandon();
}

void ArrayFileWriter::abandon() {
  if (fd_ < 0) return;
  ::close(fd_);
  ::unlink(temporary_.c_str());
  fd_ = -1;
}

Status ArrayFileWriter::write_run(Coord at, const MaterialId* voxels, std::size_t n) const {
  const std::int64_t index = (at.x * shape_.y + at.y) * shape_.z + at.z;
  return write_all(fd_, voxels, n * sizeof(MaterialId),
                   offset_ + static_cast<std::uint64_t>(index) * sizeof(MaterialId), path_);
}

Status ArrayFileWriter::write(const Box& box, ConstVoxelView voxels) {
  if (fd_ < 0) return invalid("the array file is finished: no more can be written to it");
  if (box.empty() || !Box{{0, 0, 0}, shape_}.contains(box) || voxels.size != box.size()) {
    return invalid(
        fmt::format("the box is not within the array, or the voxels have another size; box=`{}` shape=`{}`",
                    to_string(box), to_string(shape_)));
  }
  const Coord size = box.size();
  // How many elements follow one another in the file before the box leaves a gap.
  std::int64_t run = size.z;
  if (size.z == shape_.z) run *= size.y;
  if (size.z == shape_.z && size.y == shape_.y) run *= size.x;
  constexpr std::int64_t kBuffer = std::int64_t{1} << 18;
  std::vector<MaterialId> buffer(static_cast<std::size_t>(std::min(run, kBuffer)));
  std::size_t held = 0;
  std::int64_t in_run = 0;
  Coord start;
  for (std::int64_t x = 0; x < size.x; ++x) {
    for (std::int64_t y = 0; y < size.y; ++y) {
      for (std::int64_t z = 0; z < size.z;) {
        if (held == 0) start = box.lo + Coord{x, y, z};
        const std::int64_t n = std::min(size.z - z, static_cast<std::int64_t>(buffer.size() - held));
        const MaterialId* from = voxels.row(x, y) + z * voxels.stride.z;
        for (std::int64_t i = 0; i < n; ++i) buffer[held++] = from[i * voxels.stride.z];
        z += n;
        in_run += n;
        if (held < buffer.size() && in_run < run) continue;
        TERRANE_TRY(write_run(start, buffer.data(), held));
        held = 0;
        if (in_run == run) in_run = 0;
      }
    }
  }
  written_ += static_cast<std::uint64_t>(size.x * size.y * size.z);
  return ok();
}

Status ArrayFileWriter::finish() {
  if (fd_ < 0) return invalid("the array file is finished already");
  const auto total = static_cast<std::uint64_t>(shape_.x * shape_.y * shape_.z);
  if (written_ != total)
    return invalid(fmt::format("{} of {} voxels were written: write all before finish(); path=`{}`",
                               written_.load(), total, path_));
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

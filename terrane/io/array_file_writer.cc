#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <utility>
#include <vector>

#include "fmt/format.h"
#include "terrane/io/mapped_array.h"

namespace terrane {

Result<ArrayFileWriter> ArrayFileWriter::create(const std::string& path, Coord shape,
                                                std::string_view header) {
  TERRANE_ASSIGN(const std::uint64_t bytes, (ArrayLayout{.shape = shape}.bytes()));
  ArrayFileWriter writer;
  TERRANE_ASSIGN(writer.file_, TemporaryFile::create(path));
  writer.shape_ = shape;
  writer.offset_ = header.size();
  // A disk that is too small says so now and not after hours; file systems that cannot reserve say nothing.
  if (::fallocate(writer.file_.fd(), 0, 0, static_cast<off_t>(header.size() + bytes)) != 0 &&
      (errno == ENOSPC || errno == EFBIG)) {
    return Error{ErrorCode::kIo, fmt::format("not enough room for the file: it needs {} bytes; path=`{}`",
                                             header.size() + bytes, path)};
  }
  TERRANE_TRY(write_all(writer.file_.fd(), header.data(), header.size(), 0, writer.file_.path()));
  return writer;
}

ArrayFileWriter::ArrayFileWriter(ArrayFileWriter&& other) noexcept {
  *this = std::move(other);
}

ArrayFileWriter& ArrayFileWriter::operator=(ArrayFileWriter&& other) noexcept {
  std::swap(file_, other.file_);
  std::swap(shape_, other.shape_);
  std::swap(offset_, other.offset_);
  other.written_ = written_.exchange(other.written_);
  return *this;
}

Status ArrayFileWriter::write_run(Coord at, const MaterialId* voxels, std::size_t n) const {
  const std::int64_t index = (at.x * shape_.y + at.y) * shape_.z + at.z;
  return write_all(file_.fd(), voxels, n * sizeof(MaterialId),
                   offset_ + static_cast<std::uint64_t>(index) * sizeof(MaterialId), file_.path());
}

Status ArrayFileWriter::write(const Box& box, ConstVoxelView voxels) {
  if (!file_.is_open()) return invalid("the array file is finished: no more can be written to it");
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
  if (!file_.is_open()) return invalid("the array file is finished already");
  const auto total = static_cast<std::uint64_t>(shape_.x * shape_.y * shape_.z);
  if (written_ != total)
    return invalid(fmt::format("{} of {} voxels were written: write all before finish(); path=`{}`",
                               written_.load(), total, file_.path()));
  return file_.finish();
}

}  // namespace terrane

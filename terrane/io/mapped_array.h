#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "terrane/base/status.h"
#include "terrane/io/temporary_file.h"
#include "terrane/space/box.h"
#include "terrane/voxel/voxels.h"

namespace terrane {

// The integer types that files hold. Floats are refused: a material is an id, not a measurement.
enum class Dtype : std::uint8_t { kBool, kU8, kI8, kU16, kI16, kU32, kI32, kU64, kI64 };

// "bool", "u8", "i8", ... "i64". kInvalid, listing them, for anything else.
Result<Dtype> parse_dtype(std::string_view name);
std::string_view name(Dtype dtype);
constexpr int bytes_of(Dtype dtype) {
  constexpr int kBytes[] = {1, 1, 1, 2, 2, 4, 4, 8, 8};
  return kBytes[static_cast<int>(dtype)];
}

enum class ByteOrder : std::uint8_t { kLittle, kBig };
enum class ArrayOrder : std::uint8_t { kC, kFortran };  // z fastest, x fastest

struct ArrayLayout {
  Coord shape;
  Dtype dtype = Dtype::kU16;
  ByteOrder byte_order = ByteOrder::kLittle;
  ArrayOrder order = ArrayOrder::kC;
  std::uint64_t offset = 0;  // of the first element in the file

  // Bytes the elements take; kInvalid where an axis is below 1 or above 2^40, or the product passes 2^62.
  Result<std::uint64_t> bytes() const;
};

// A file of bytes mapped for reading. Movable; the mapping ends with the object.
//
// The operating system raises SIGBUS for a page that a shrinking file has lost. still_whole() asks for the
// length again, and readers call it before they touch the pages; only a file cut short during the copy itself
// can still raise it. Do not shorten a file while it is being read.
class MappedFile {
 public:
  static Result<MappedFile> open(const std::string& path);
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  ~MappedFile();

  const std::string& path() const { return path_; }  // as given
  std::uint64_t size() const { return size_; }       // when opened
  const unsigned char* data() const { return data_; }
  Status still_whole() const;
  // Canonical path, length, and time of change in nanoseconds.
  std::string identity() const;

 private:
  MappedFile() = default;
  std::string path_;
  std::string canonical_;
  int fd_ = -1;
  std::uint64_t size_ = 0;
  std::int64_t changed_ns_ = 0;
  const unsigned char* data_ = nullptr;
};

// An array inside a mapped file, read box by box as materials. Thread-safe.
class MappedArray {
 public:
  // kInvalid where the file is too short for the layout: the message says the bytes wanted and found.
  static Result<MappedArray> create(MappedFile file, const ArrayLayout& layout);

  const ArrayLayout& layout() const { return layout_; }
  // VoxelSource::identity and VoxelSource::read.
  std::string identity() const;
  Status read(const Box& box, VoxelView out) const;

 private:
  MappedArray(MappedFile file, const ArrayLayout& layout) : file_(std::move(file)), layout_(layout) {}
  MappedFile file_;
  ArrayLayout layout_;
};

// Writes an array of uint16 (little endian, C order) box by box into a temporary file beside `path`, which
// takes the place of `path` at finish(). Destroyed before that, or after an error, it leaves nothing behind.
// write() may be called from many threads at once, for boxes that do not overlap.
class ArrayFileWriter {
 public:
  // `header` comes before the elements.
  static Result<ArrayFileWriter> create(const std::string& path, Coord shape, std::string_view header);
  ArrayFileWriter(ArrayFileWriter&& other) noexcept;
  ArrayFileWriter& operator=(ArrayFileWriter&& other) noexcept;

  Coord shape() const { return shape_; }
  // Boxes that span y and z, or z, are written in long runs; others row by row.
  Status write(const Box& box, ConstVoxelView voxels);
  // Syncs and renames. kInvalid where fewer voxels were written than the shape has.
  Status finish();

 private:
  ArrayFileWriter() = default;
  Status write_run(Coord at, const MaterialId* voxels, std::size_t n) const;
  TemporaryFile file_;
  Coord shape_;
  std::uint64_t offset_ = 0;
  std::atomic<std::uint64_t> written_{0};
};

}  // namespace terrane

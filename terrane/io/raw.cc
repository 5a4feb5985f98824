#include "terrane/io/raw.h"

#include "fmt/format.h"

namespace terrane {
namespace {

class RawSource final : public VoxelSource {
 public:
  explicit RawSource(MappedArray array) : array_(std::move(array)) {}
  Coord size() const override { return array_.layout().shape; }
  std::string identity() const override { return "raw " + array_.identity(); }
  Status read(const Box& box, VoxelView out) const override { return array_.read(box, out); }

 private:
  MappedArray array_;
};

}  // namespace

Result<std::unique_ptr<VoxelSource>> open_raw(const std::string& path, Coord shape, Dtype dtype) {
  const ArrayLayout layout = {.shape = shape, .dtype = dtype};
  TERRANE_ASSIGN(const std::uint64_t bytes, layout.bytes());
  TERRANE_ASSIGN(MappedFile file, MappedFile::open(path));
  if (file.size() > bytes) {
    return invalid(
        fmt::format("the file is longer than the shape says: {} bytes wanted, {} found. Correct the shape "
                    "or the dtype; shape=`{}` dtype=`{}` path=`{}`",
                    bytes, file.size(), to_string(shape), name(dtype), path));
  }
  TERRANE_ASSIGN(MappedArray array, MappedArray::create(std::move(file), layout));
  return std::unique_ptr<VoxelSource>(std::make_unique<RawSource>(std::move(array)));
}

Result<ArrayFileWriter> create_raw(const std::string& path, Coord shape) {
  return ArrayFileWriter::create(path, shape, {});
}

Status write_raw(const std::string& path, ConstVoxelView voxels) {
  TERRANE_ASSIGN(ArrayFileWriter writer, create_raw(path, voxels.size));
  TERRANE_TRY(writer.write({{0, 0, 0}, voxels.size}, voxels));
  return writer.finish();
}

}  // namespace terrane

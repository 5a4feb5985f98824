// A .npy file mapped into memory, as it is: nothing is stored anew.
#include <sys/mman.h>

#include <cstring>

#include "benchmarks/compare_cpp/system.h"
#include "terrane/io/mapped_array.h"
#include "terrane/io/npy.h"

namespace terrane::compare {

namespace {

class MappedReader final : public Reader {
 public:
  MappedReader(MappedFile file, const ArrayLayout& layout) : file_(std::move(file)), layout_(layout) {
    // NumPy aligns the elements to 64 bytes of the file.
    voxels_ = ConstVoxelView::dense(reinterpret_cast<const MaterialId*>(file_.data() + layout.offset),
                                    layout.shape);
  }
  // Unmaps the pages, which stay in the page cache: a cold read pays the page faults.
  Status forget() override {
    if (madvise(const_cast<unsigned char*>(file_.data()), file_.size(), MADV_DONTNEED) == 0) return ok();
    return Error{ErrorCode::kIo, "madvise failed; file=`" + file_.path() + "`"};
  }
  Status read(const Box& box, int, VoxelView out) override {
    const ConstVoxelView from = voxels_.sub(box);
    const std::size_t row = static_cast<std::size_t>(from.size.z) * sizeof(MaterialId);
    for (std::int64_t x = 0; x < from.size.x; ++x) {
      for (std::int64_t y = 0; y < from.size.y; ++y) std::memcpy(out.row(x, y), from.row(x, y), row);
    }
    return ok();
  }
  Result<MaterialId> at(Coord voxel) override { return voxels_.at(voxel); }

 private:
  MappedFile file_;
  ArrayLayout layout_;
  ConstVoxelView voxels_;
};

class MappedSystem final : public System {
 public:
  std::string_view name() const override { return "mmap .npy"; }
  std::string version() const override { return "mmap and memcpy"; }
  Result<Json> ingest(const VoxelSource&, const std::string&) const override {
    return invalid("a mapped .npy is read as it is: there is nothing to ingest");
  }
  Result<std::unique_ptr<Reader>> open(const std::string&, const std::string& npy, Heat,
                                       std::uint64_t) const override {
    TERRANE_ASSIGN(MappedFile file, MappedFile::open(npy));
    TERRANE_ASSIGN(const ArrayLayout layout,
                   parse_npy_header({reinterpret_cast<const std::byte*>(file.data()), file.size()}));
    TERRANE_ASSIGN(const std::uint64_t bytes, layout.bytes());
    if (layout.dtype != Dtype::kU16 || layout.byte_order != ByteOrder::kLittle ||
        layout.order != ArrayOrder::kC || file.size() < layout.offset + bytes) {
      return invalid("the .npy must be a whole uint16 array, little endian, in C order; file=`" + npy + "`");
    }
    return std::unique_ptr<Reader>(std::make_unique<MappedReader>(std::move(file), layout));
  }
};

}  // namespace

std::unique_ptr<System> mapped_system() {
  return std::make_unique<MappedSystem>();
}

}  // namespace terrane::compare

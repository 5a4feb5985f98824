#include "terrane/io/vti.h"

#include <zlib.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <vector>

#include "fmt/format.h"
#include "terrane/base/executor.h"
#include "terrane/io/temporary_file.h"

namespace terrane {
namespace {

static_assert(std::endian::native == std::endian::little, "the file says LittleEndian");

constexpr std::int64_t kMaxLayer = std::int64_t{1} << 28;
constexpr std::int64_t kSlabVoxels = std::int64_t{1} << 26;
constexpr std::int64_t kBlockVoxels = std::int64_t{1} << 18;

// A name as the code points VTK's ASCII form of strings wants: one number per byte, a zero at the end.
void append_codes(std::string& out, const std::string& text) {
  for (const char c : text) out += fmt::format("{} ", static_cast<unsigned>(static_cast<unsigned char>(c)));
  out += "0 ";
}

std::string field_data(const ExportFrame& frame) {
  std::string out = "    <FieldData>\n";
  const std::vector<Material>& all = frame.catalogue.all();
  if (!all.empty()) {
    out += fmt::format(
        "      <DataArray type=\"UInt16\" Name=\"material_ids\" NumberOfTuples=\"{}\" format=\"ascii\">",
        all.size());
    for (const Material& m : all) out += fmt::format("{} ", m.id);
    out += fmt::format(
        "</DataArray>\n      <Array type=\"String\" Name=\"material_names\" NumberOfTuples=\"{}\" "
        "format=\"ascii\">",
        all.size());
    for (const Material& m : all) append_codes(out, m.name);
    out += "</Array>\n";
  }
  if (!frame.crs.empty()) {
    out += "      <Array type=\"String\" Name=\"crs\" NumberOfTuples=\"1\" format=\"ascii\">";
    append_codes(out, frame.crs);
    out += "</Array>\n";
  }
  return out + "    </FieldData>\n";
}

std::string xml_head(Coord size, const ExportFrame& frame) {
  const std::string extent = fmt::format("0 {} 0 {} 0 {}", size.x, size.y, size.z);
  return fmt::format(
      "<?xml version=\"1.0\"?>\n"
      "<VTKFile type=\"ImageData\" version=\"1.0\" byte_order=\"LittleEndian\" header_type=\"UInt64\" "
      "compressor=\"vtkZLibDataCompressor\">\n"
      "  <ImageData WholeExtent=\"{0}\" Origin=\"{1} {2} {3}\" Spacing=\"{4} {5} {6}\">\n"
      "{7}"
      "    <Piece Extent=\"{0}\">\n"
      "      <CellData Scalars=\"material\">\n"
      "        <DataArray type=\"UInt16\" Name=\"material\" format=\"appended\" offset=\"0\"/>\n"
      "      </CellData>\n"
      "    </Piece>\n"
      "  </ImageData>\n"
      "  <AppendedData encoding=\"raw\">\n_",
      extent, frame.origin[0], frame.origin[1], frame.origin[2], frame.spacing[0], frame.spacing[1],
      frame.spacing[2], field_data(frame));
}

// The array in blocks of whole layers, which begin with a table of their compressed lengths.
class CompressedBlocks {
 public:
  CompressedBlocks(const TemporaryFile& file, std::uint64_t at, Coord size, std::int64_t layers)
      : file_(file), table_at_(at), layer_(size.x * size.y), layers_(layers) {
    const std::int64_t blocks = (size.z + layers - 1) / layers;
    const std::int64_t last = size.z % layers;
    table_ = {static_cast<std::uint64_t>(blocks), bytes(layers), bytes(last)};
    at_ = at + (3 + static_cast<std::uint64_t>(blocks)) * sizeof(std::uint64_t);
  }

  // The next voxels of the array: whole blocks, but for its end.
  Status append(const std::vector<MaterialId>& voxels, Executor& executor) {
    const auto block = static_cast<std::size_t>(layer_ * layers_);
    const std::size_t n = (voxels.size() + block - 1) / block;
    std::vector<std::vector<Bytef>> packed(n);
    TERRANE_TRY(parallel_for(executor, n, [&](std::size_t i) -> Status {
      const std::size_t from = i * block, count = std::min(block, voxels.size() - from);
      uLongf length = ::compressBound(count * sizeof(MaterialId));
      packed[i].resize(length);
      const auto* bytes = reinterpret_cast<const Bytef*>(voxels.data() + from);
      if (::compress2(packed[i].data(), &length, bytes, count * sizeof(MaterialId), kLevel) != Z_OK)
        return internal("zlib failed to compress");
      packed[i].resize(length);
      return ok();
    }));
    for (const std::vector<Bytef>& p : packed) {
      TERRANE_TRY(write_all(file_.fd(), p.data(), p.size(), at_, file_.path()));
      at_ += p.size();
      table_.push_back(p.size());
    }
    return ok();
  }
  // The table, and where the array ends.
  Result<std::uint64_t> finish() {
    TERRANE_TRY(
        write_all(file_.fd(), table_.data(), table_.size() * sizeof(std::uint64_t), table_at_, file_.path()));
    return at_;
  }

 private:
  static constexpr int kLevel = 3;
  std::uint64_t bytes(std::int64_t layers) const {
    return static_cast<std::uint64_t>(layers * layer_) * sizeof(MaterialId);
  }
  const TemporaryFile& file_;
  std::uint64_t table_at_, at_ = 0;
  std::int64_t layer_, layers_;
  std::vector<std::uint64_t> table_;
};

}  // namespace

Status export_vti(const std::string& path, const VoxelSource& voxels, const ExportFrame& frame,
                  const Task& task) {
  const Coord size = voxels.size();
  if (size.x > kMaxLayer / size.y) {
    return Error{
        ErrorCode::kExhausted,
        fmt::format("a .vti is written layer by layer, and a layer may have 2^28 voxels: export a smaller "
                    "box or a coarser level; size=`{}`",
                    to_string(size))};
  }
  const std::int64_t layer = size.x * size.y;
  const std::int64_t layers = std::clamp<std::int64_t>(kBlockVoxels / layer, 1, size.z);
  // A slab is some whole blocks, and the height of a brick where memory allows.
  const std::int64_t slab =
      std::max<std::int64_t>(1, std::min<std::int64_t>(kSlabVoxels / layer, 64) / layers) * layers;
  TERRANE_ASSIGN(TemporaryFile file, TemporaryFile::create(path));
  const std::string head = xml_head(size, frame);
  TERRANE_TRY(write_all(file.fd(), head.data(), head.size(), 0, path));
  CompressedBlocks blocks(file, head.size(), size, layers);
  InlineExecutor alone;
  Executor& executor = task.executor != nullptr ? *task.executor : alone;
  std::vector<MaterialId> buffer;
  TERRANE_TRY(for_each_block(size, {size.x, size.y, slab}, task, [&](const Box& box) -> Status {
    buffer.resize(static_cast<std::size_t>(layer * box.size().z));
    TERRANE_TRY(voxels.read(box, raster_order(buffer.data(), box.size())));
    return blocks.append(buffer, executor);
  }));
  TERRANE_ASSIGN(const std::uint64_t end, blocks.finish());
  constexpr std::string_view kTail = "\n  </AppendedData>\n</VTKFile>\n";
  TERRANE_TRY(write_all(file.fd(), kTail.data(), kTail.size(), end, path));
  return file.finish();
}

}  // namespace terrane

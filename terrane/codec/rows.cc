#include <cstring>

#include "terrane/codec/codecs.h"
#include "terrane/codec/scratch.h"

namespace terrane::detail {
namespace {

// docs/codecs/rows.md
class RowsCodec final : public Codec {
 public:
  CodecId id() const override { return CodecId::kRows; }
  std::string_view name() const override { return "rows"; }
  std::uint8_t version() const override { return 1; }
  std::uint8_t min_version() const override { return 1; }
  std::size_t bound(BrickShape shape) const override { return ZSTD_compressBound(shape.voxels() * 2); }

  bool encode(std::span<const MaterialId> voxels, BrickShape shape, CodecScratch& scratch,
              std::string& out) const override {
    return encode_rows(6, voxels, shape, scratch, out);
  }
  Status decode(Bytes bytes, std::uint8_t version, BrickShape shape, CodecScratch& scratch,
                std::span<MaterialId> voxels) const override {
    TERRANE_TRY(check_decode_call(shape, voxels.size(), name()));
    TERRANE_TRY(check_version(*this, version));
    const std::size_t n = ZSTD_decompressDCtx(scratch.state().decompressor(), voxels.data(),
                                              voxels.size_bytes(), bytes.data(), bytes.size());
    if (ZSTD_isError(n) != 0 || n != voxels.size_bytes())
      return corrupt("a rows brick cannot be decompressed");
    return ok();
  }
  Result<MaterialId> at(Bytes bytes, std::uint8_t version, BrickShape shape, Coord c,
                        CodecScratch& scratch) const override {
    std::vector<MaterialId>& voxels = scratch.state().voxels;
    voxels.resize(shape.voxels());
    TERRANE_TRY(decode(bytes, version, shape, scratch, voxels));
    return voxels[static_cast<std::size_t>((c.x * shape.ny + c.y) * shape.nz + c.z)];
  }
};

}  // namespace

bool encode_rows(int zstd_level, std::span<const MaterialId> voxels, BrickShape shape, CodecScratch& scratch,
                 std::string& out) {
  const std::size_t start = out.size();
  out.resize(start + rows_codec().bound(shape));
  const std::size_t n = ZSTD_compressCCtx(scratch.state().compressor(), out.data() + start,
                                          out.size() - start, voxels.data(), voxels.size_bytes(), zstd_level);
  out.resize(start + n);
  return true;
}

const Codec& rows_codec() {
  static const RowsCodec codec;
  return codec;
}

}  // namespace terrane::detail

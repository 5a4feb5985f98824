#include <algorithm>
#include <cassert>
#include <cstring>

#include "terrane/codec/codecs.h"

namespace terrane::detail {
namespace {

// docs/codecs/uniform.md
class UniformCodec final : public Codec {
 public:
  CodecId id() const override { return CodecId::kUniform; }
  std::string_view name() const override { return "uniform"; }
  std::uint8_t version() const override { return 1; }
  std::uint8_t min_version() const override { return 1; }
  std::size_t bound(BrickShape) const override { return sizeof(MaterialId); }

  bool encode(std::span<const MaterialId> voxels, [[maybe_unused]] const BrickContext& brick,
              const EncodeParameters&, CodecScratch&, std::string& out) const override {
    assert(brick.shape.valid() && voxels.size() == brick.shape.voxels());
    // All are equal if each equals the one before it: one memcmp of the brick against itself, one voxel on.
    if (std::memcmp(voxels.data(), voxels.data() + 1, (voxels.size() - 1) * sizeof(MaterialId)) != 0) {
      return false;
    }
    ByteWriter(out).fixed(voxels[0]);
    return true;
  }

  Status decode(Bytes bytes, std::uint8_t version, const BrickContext& brick, CodecScratch& scratch,
                std::span<MaterialId> voxels) const override {
    TERRANE_TRY(check_decode_call(brick.shape, voxels.size(), name()));
    TERRANE_ASSIGN(const MaterialId material, at(bytes, version, brick, {}, scratch));
    std::fill(voxels.begin(), voxels.end(), material);
    return ok();
  }

  Result<MaterialId> at(Bytes bytes, std::uint8_t version, const BrickContext& brick, Coord c,
                        CodecScratch&) const override {
    TERRANE_TRY(check_at_call(brick.shape, c, name()));
    TERRANE_TRY(check_version(*this, version));
    ByteReader in(bytes);
    const auto material = in.fixed<MaterialId>();
    if (!in.finished())
      return corrupt("a uniform brick must be 2 bytes, bytes=`" + std::to_string(bytes.size()) + "`");
    return material;
  }
  bool in_place() const override { return true; }
};

}  // namespace

const Codec& uniform_codec() {
  static const UniformCodec codec;
  return codec;
}

}  // namespace terrane::detail

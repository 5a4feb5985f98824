#include <bit>
#include <cstring>

#include "terrane/codec/codecs.h"
#include "terrane/codec/context_rows.h"
#include "terrane/codec/palette_gaps.h"
#include "terrane/codec/scratch.h"

namespace terrane::detail {
namespace {

enum Form : std::uint8_t {
  kRaw,    // the voxels, uint16
  kCoded,  // palette, then the range coder's bytes
};

MaterialCode material_code(const CodecScratch::State& state, bool listed) {
  if (!listed) return {{}, nullptr, 16};
  const auto bits = static_cast<unsigned>(std::bit_width(state.palette.size() - 1));
  return {state.palette, state.index_of.data(), bits};
}

ContextModel& model_of(CodecScratch::State& state) {
  if (!state.context) state.context = std::make_unique<ContextModel>();
  return *state.context;
}

// False where the voxels are noise.
bool put_coded(std::span<const MaterialId> voxels, RowGrid grid, CodecScratch::State& state,
               std::string& out) {
  const std::size_t start = out.size();
  out.push_back(static_cast<char>(kCoded));
  put_gaps(state.palette, out);
  std::string& coded = state.coded;
  coded.clear();
  RangeEncoder coder(coded);
  // An encoder only reads.
  ContextRows rows(coder, model_of(state), material_code(state, state.palette.size() <= kMostListed), grid,
                   const_cast<MaterialId*>(voxels.data()));
  for (int row = 0; row < grid.rows; ++row) {
    rows.next();
    if (coded.size() > voxels.size_bytes()) return false;
  }
  coder.finish();
  ByteWriter(out).varint(coded.size());
  out += coded;
  return out.size() - start <= voxels.size_bytes();
}

// Voxels of the first `count` rows; if they are all, the bytes must end there too.
Status read_coded(ByteReader& in, RowGrid grid, int count, CodecScratch::State& state, MaterialId* voxels) {
  TERRANE_TRY(take_gaps(in, "context", state.palette));
  // Said, so that bytes cut off are always missed.
  const std::uint64_t size = in.varint();
  if (in.failed() || size != in.remaining())
    return corrupt("a context brick has not as many bytes as it says");
  RangeDecoder coder(in.take(in.remaining()));
  ContextRows rows(coder, model_of(state), material_code(state, !state.palette.empty()), grid, voxels);
  for (int row = 0; row < count; ++row) {
    if (!rows.next()) return corrupt("a context brick has a material beyond its palette");
    if (coder.overran()) return corrupt("a context brick ends before its last voxel");
  }
  if (count == grid.rows && !coder.finished())
    return corrupt("a context brick does not end with its last voxel");
  return ok();
}

// docs/codecs/context.md
class ContextCodec final : public Codec {
 public:
  CodecId id() const override { return CodecId::kContext; }
  std::string_view name() const override { return "context"; }
  std::uint8_t version() const override { return 1; }
  std::uint8_t min_version() const override { return 1; }
  std::size_t bound(BrickShape shape) const override { return 1 + shape.voxels() * sizeof(MaterialId); }

  bool encode(std::span<const MaterialId> voxels, const BrickContext& brick, const EncodeParameters&,
              CodecScratch& scratch, std::string& out) const override {
    CodecScratch::State& state = scratch.state();
    find_distinct(voxels, state);
    const std::size_t start = out.size();
    if (put_coded(voxels, row_grid(brick.shape), state, out)) return true;
    out.resize(start);
    out.push_back(static_cast<char>(kRaw));
    out.append(reinterpret_cast<const char*>(voxels.data()), voxels.size_bytes());
    return true;
  }

  Status decode(Bytes bytes, std::uint8_t version, const BrickContext& brick, CodecScratch& scratch,
                std::span<MaterialId> voxels) const override {
    TERRANE_TRY(check_decode_call(brick.shape, voxels.size(), name()));
    TERRANE_TRY(check_version(*this, version));
    const RowGrid grid = row_grid(brick.shape);
    return read(bytes, grid, grid.rows, scratch.state(), voxels.data());
  }

  // Reads the rows up to that of the voxel.
  Result<MaterialId> at(Bytes bytes, std::uint8_t version, const BrickContext& brick, Coord c,
                        CodecScratch& scratch) const override {
    TERRANE_TRY(check_at_call(brick.shape, c, name()));
    TERRANE_TRY(check_version(*this, version));
    CodecScratch::State& state = scratch.state();
    state.voxels.resize(std::max(state.voxels.size(), brick.shape.voxels()));
    const RowGrid grid = row_grid(brick.shape);
    const std::size_t i = voxel_index(brick.shape, c);
    const int rows = static_cast<int>(i / static_cast<std::size_t>(grid.length)) + 1;
    TERRANE_TRY(read(bytes, grid, rows, state, state.voxels.data()));
    return state.voxels[i];
  }

 private:
  static Status read(Bytes bytes, RowGrid grid, int rows, CodecScratch::State& state, MaterialId* voxels) {
    ByteReader in(bytes);
    switch (static_cast<Form>(in.fixed<std::uint8_t>())) {
      case kRaw: {
        const std::size_t size = grid.voxels() * sizeof(MaterialId);
        if (in.failed() || in.remaining() != size)
          return corrupt("a raw context brick has not the length of its voxels");
        std::memcpy(voxels, in.take(size).data(), size);
        return ok();
      }
      case kCoded:
        return read_coded(in, grid, rows, state, voxels);
    }
    return corrupt("a context brick has a form that its version has not");
  }
};

}  // namespace

const Codec& context_codec() {
  static const ContextCodec codec;
  return codec;
}

}  // namespace terrane::detail

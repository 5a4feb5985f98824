#include <bit>
#include <cstring>

#include "terrane/codec/codecs.h"
#include "terrane/codec/context_rows.h"
#include "terrane/codec/scratch.h"

namespace terrane::detail {
namespace {

enum Form : std::uint8_t {
  kPacked,  // as codec palette has it
  kCoded,   // a count of materials, then the range coder's bytes
};

// Noise is known after so many rows, a 16th of the brick, and costs more than it is worth.
constexpr int kTrialPart = 16;

ContextModel& model_of(CodecScratch::State& state) {
  if (!state.context) state.context = std::make_unique<ContextModel>();
  return *state.context;
}

unsigned bits_of(std::size_t materials) {
  return static_cast<unsigned>(std::bit_width(materials - 1));
}

// How far a material is above the least that it may be: the width of the distance, then the rest of it.
template <class Coder>
std::uint32_t code_gap(Coder& coder, ContextModel& model, std::uint32_t gap) {
  const auto actual = static_cast<std::uint32_t>(std::bit_width(gap));
  std::uint32_t node = 1;
  for (unsigned bit = 5; bit-- > 0;) {
    node = node * 2 + (code_bit(coder, model.gaps[node], (actual >> bit & 1) != 0) ? 1u : 0u);
  }
  const std::uint32_t width = node - 32;
  if (width < 2 || width > 16) return width < 2 ? width : std::uint32_t{65536};
  const std::uint32_t top = 1u << (width - 1);
  return top | coder.even(top, gap & (top - 1));
}

void put_palette(RangeEncoder& coder, ContextModel& model, std::span<const MaterialId> palette) {
  std::uint32_t least = 0;
  for (const MaterialId m : palette) {
    code_gap(coder, model, m - least);
    least = m + 1u;
  }
}

Status take_palette(RangeDecoder& coder, ContextModel& model, std::span<MaterialId> palette) {
  std::uint32_t least = 0;
  for (MaterialId& m : palette) {
    const std::uint32_t material = least + code_gap(coder, model, 0);
    if (material > 65535) return corrupt("a context brick has a palette beyond the id 65535");
    m = static_cast<MaterialId>(material);
    least = material + 1;
  }
  return ok();
}

// False where the voxels are noise.
template <class Cell>
bool put_rows(std::span<const MaterialId> voxels, RowGrid grid, const Cell* index_of, std::size_t packed,
              RangeEncoder& coder, CodecScratch::State& state) {
  const std::size_t materials = state.palette.size();
  ContextRows<RangeEncoder, Cell> rows(coder, *state.context, bits_of(materials), materials, grid);
  for (int row = 0; row < grid.rows; ++row) {
    Cell* cells = rows.row();
    const MaterialId* from = voxels.data() + grid.offset(row);
    for (int i = 0; i < grid.length; ++i) cells[i] = index_of[from[i]];
    std::fill(cells + grid.length, cells + rows.kStride, cells[grid.length - 1]);
    if (!rows.next()) return false;
    if (row == grid.rows / kTrialPart && state.coded.size() > packed / kTrialPart) return false;
  }
  return true;
}

bool put_coded(std::span<const MaterialId> voxels, RowGrid grid, std::size_t packed,
               CodecScratch::State& state, std::string& out) {
  const std::size_t materials = state.palette.size();
  std::string& coded = state.coded;
  coded.clear();
  RangeEncoder coder(coded);
  ContextModel& model = model_of(state);
  model.reset(bits_of(materials));
  put_palette(coder, model, state.palette);
  if (materials <= 256) {
    if (!put_rows(voxels, grid, state.index_of.data(), packed, coder, state)) return false;
  } else {
    state.wide_index_of.resize(65536);
    for (std::size_t i = 0; i < materials; ++i) {
      state.wide_index_of[state.palette[i]] = static_cast<std::uint16_t>(i);
    }
    if (!put_rows(voxels, grid, state.wide_index_of.data(), packed, coder, state)) return false;
  }
  coder.finish();
  const std::size_t start = out.size();
  out.push_back(static_cast<char>(kCoded));
  ByteWriter writer(out);
  writer.varint(materials - 1);
  writer.varint(coded.size());
  out += coded;
  if (out.size() - start <= 1 + packed) return true;
  out.resize(start);
  return false;
}

// Voxels of the first `count` rows; if they are all, the bytes must end there too.
template <class Cell>
Status read_rows(RangeDecoder& coder, RowGrid grid, int count, CodecScratch::State& state,
                 MaterialId* voxels) {
  const std::span<const MaterialId> palette = state.palette;
  ContextRows<RangeDecoder, Cell> rows(coder, *state.context, bits_of(palette.size()), palette.size(), grid);
  for (int row = 0; row < count; ++row) {
    const Cell* cells = rows.row();
    if (!rows.next()) return corrupt("a context brick has a material beyond its palette");
    MaterialId* to = voxels + grid.offset(row);
    if (rows.is_one_run()) {
      std::fill_n(to, grid.length, palette[cells[0]]);
    } else {
      for (int i = 0; i < grid.length; ++i) to[i] = palette[cells[i]];
    }
  }
  if (count == grid.rows && !coder.finished())
    return corrupt("a context brick does not end with its last voxel");
  return ok();
}

Status read_coded(ByteReader& in, RowGrid grid, int count, CodecScratch::State& state, MaterialId* voxels) {
  const std::uint64_t materials = in.varint() + 1;
  // Said, so that bytes cut off are always missed.
  const std::uint64_t size = in.varint();
  if (in.failed() || size != in.remaining())
    return corrupt("a context brick has not as many bytes as it says");
  if (materials < 1 || materials > 65536) return corrupt("a context brick has more than 65536 materials");
  RangeDecoder coder(in.take(in.remaining()));
  ContextModel& model = model_of(state);
  model.reset(bits_of(materials));
  state.palette.resize(materials);
  TERRANE_TRY(take_palette(coder, model, state.palette));
  if (materials <= 256) return read_rows<std::uint8_t>(coder, grid, count, state, voxels);
  return read_rows<std::uint16_t>(coder, grid, count, state, voxels);
}

// docs/codecs/context.md
class ContextCodec final : public Codec {
 public:
  CodecId id() const override { return CodecId::kContext; }
  std::string_view name() const override { return "context"; }
  std::uint8_t version() const override { return 1; }
  std::uint8_t min_version() const override { return 1; }
  std::size_t bound(BrickShape shape) const override { return 1 + palette_codec().bound(shape); }

  bool encode(std::span<const MaterialId> voxels, const BrickContext& brick, const EncodeParameters& how,
              CodecScratch& scratch, std::string& out) const override {
    CodecScratch::State& state = scratch.state();
    find_distinct(voxels, state);
    const std::size_t packed = palette_bytes(state.palette.size(), voxels.size());
    if (put_coded(voxels, row_grid(brick.shape), packed, state, out)) return true;
    out.push_back(static_cast<char>(kPacked));
    return palette_codec().encode(voxels, brick, how, scratch, out);
  }

  Status decode(Bytes bytes, std::uint8_t version, const BrickContext& brick, CodecScratch& scratch,
                std::span<MaterialId> voxels) const override {
    TERRANE_TRY(check_decode_call(brick.shape, voxels.size(), name()));
    TERRANE_TRY(check_version(*this, version));
    ByteReader in(bytes);
    TERRANE_ASSIGN(const Form form, take_form(in));
    if (form == kPacked) return palette_codec().decode(bytes.subspan(1), 1, brick, scratch, voxels);
    const RowGrid grid = row_grid(brick.shape);
    return read_coded(in, grid, grid.rows, scratch.state(), voxels.data());
  }

  // Reads the rows up to that of the voxel.
  Result<MaterialId> at(Bytes bytes, std::uint8_t version, const BrickContext& brick, Coord c,
                        CodecScratch& scratch) const override {
    TERRANE_TRY(check_at_call(brick.shape, c, name()));
    TERRANE_TRY(check_version(*this, version));
    ByteReader in(bytes);
    TERRANE_ASSIGN(const Form form, take_form(in));
    if (form == kPacked) return palette_codec().at(bytes.subspan(1), 1, brick, c, scratch);
    CodecScratch::State& state = scratch.state();
    state.voxels.resize(std::max(state.voxels.size(), brick.shape.voxels()));
    const RowGrid grid = row_grid(brick.shape);
    const std::size_t i = voxel_index(brick.shape, c);
    const int rows = static_cast<int>(i / static_cast<std::size_t>(grid.length)) + 1;
    TERRANE_TRY(read_coded(in, grid, rows, state, state.voxels.data()));
    return state.voxels[i];
  }

 private:
  static Result<Form> take_form(ByteReader& in) {
    const auto form = in.fixed<std::uint8_t>();
    if (in.failed() || form > kCoded) return corrupt("a context brick has a form that its version has not");
    return static_cast<Form>(form);
  }
};

}  // namespace

const Codec& context_codec() {
  static const ContextCodec codec;
  return codec;
}

}  // namespace terrane::detail

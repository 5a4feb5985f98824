#include <bit>
#include <cstring>

#include "terrane/codec/codecs.h"
#include "terrane/codec/context_rows.h"
#include "terrane/codec/packed.h"
#include "terrane/codec/scratch.h"

namespace terrane::detail {
namespace {

enum Form : std::uint8_t { kPacked, kCoded };

// Noise is known after so many rows, a 32nd of the brick, and costs more than it is worth.
constexpr int kTrialPart = 32;

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
bool put_rows(std::span<const MaterialId> voxels, RowGrid grid, std::size_t packed, RangeEncoder& coder,
              CodecScratch::State& state) {
  const std::size_t materials = state.palette.size();
  ContextRows<RangeEncoder, Cell> rows(coder, *state.context, bits_of(materials), materials, grid);
  for (int row = 0; row < grid.rows; ++row) {
    Cell* cells = rows.row();
    const MaterialId* from = voxels.data() + grid.offset(row);
    for (int i = 0; i < grid.length; ++i) cells[i] = static_cast<Cell>(state.wide_index_of[from[i]]);
    std::fill(cells + grid.length, cells + rows.kStride, cells[grid.length - 1]);
    if (!rows.next()) return false;
    if (row == grid.rows / kTrialPart && state.coded.size() > packed / kTrialPart) return false;
  }
  return true;
}

// After find_places(). False, with `out` as it was, where the voxels take no less so than packed.
bool put_coded(std::span<const MaterialId> voxels, RowGrid grid, CodecScratch::State& state,
               std::string& out) {
  const std::size_t materials = state.palette.size();
  const std::size_t packed = packed_bytes(materials, voxels.size());
  std::string& coded = state.coded;
  coded.clear();
  RangeEncoder coder(coded);
  ContextModel& model = model_of(state);
  model.reset(bits_of(materials));
  put_palette(coder, model, state.palette);
  const bool done = materials <= 256 ? put_rows<std::uint8_t>(voxels, grid, packed, coder, state)
                                     : put_rows<std::uint16_t>(voxels, grid, packed, coder, state);
  if (!done) return false;
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

// A part of a brick and where it goes, by plane, row in the plane, and place in the row.
struct WantedRows {
  RowGrid grid;
  Box part;
  VoxelView out;

  WantedRows(BrickShape shape, const Box& box, VoxelView view) : grid(row_grid(shape)), part(box), out(view) {
    if (shape.nz > 1) return;
    // Rows along y, or along x, of one plane.
    const auto turned = [&](Coord c) { return shape.ny > 1 ? Coord{0, c.x, c.y} : Coord{0, 0, c.x}; };
    part = {turned(box.lo), turned(box.hi - Coord{1, 1, 1}) + Coord{1, 1, 1}};
    out = {view.data, part.size(), turned(view.stride)};
  }
  // Rows to the last of the part.
  std::int64_t count() const { return (part.hi.x - 1) * grid.per_plane + part.hi.y; }
};

template <class Cell>
void expand_row(const Cell* cells, bool one_run, std::span<const MaterialId> palette, std::int64_t count,
                MaterialId* to, std::int64_t stride) {
  if (stride != 1) {
    for (std::int64_t i = 0; i < count; ++i) to[i * stride] = palette[cells[i]];
  } else if (one_run) {
    std::fill_n(to, count, palette[cells[0]]);
  } else {
    for (std::int64_t i = 0; i < count; ++i) to[i] = palette[cells[i]];
  }
}

template <class Cell>
Status read_rows(RangeDecoder& coder, const WantedRows& wanted, CodecScratch::State& state) {
  const std::span<const MaterialId> palette = state.palette;
  const Box& part = wanted.part;
  ContextRows<RangeDecoder, Cell> rows(coder, *state.context, bits_of(palette.size()), palette.size(),
                                       wanted.grid);
  const std::int64_t count = wanted.count();
  for (std::int64_t row = 0; row < count; ++row) {
    const Cell* cells = rows.row();
    if (!rows.next()) return corrupt("a context brick has a material beyond its palette");
    const std::int64_t x = row / wanted.grid.per_plane, y = row % wanted.grid.per_plane;
    if (x < part.lo.x || y < part.lo.y || y >= part.hi.y) continue;
    expand_row(cells + part.lo.z, rows.is_one_run(), palette, part.hi.z - part.lo.z,
               wanted.out.row(x - part.lo.x, y - part.lo.y), wanted.out.stride.z);
  }
  if (count == wanted.grid.rows && !coder.finished())
    return corrupt("a context brick does not end with its last voxel");
  return ok();
}

Status read_coded(ByteReader& in, const WantedRows& wanted, CodecScratch::State& state) {
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
  if (materials <= 256) return read_rows<std::uint8_t>(coder, wanted, state);
  return read_rows<std::uint16_t>(coder, wanted, state);
}

// docs/codecs/context.md
class ContextCodec final : public Codec {
 public:
  CodecId id() const override { return CodecId::kContext; }
  std::string_view name() const override { return "context"; }
  std::uint8_t version() const override { return 1; }
  std::uint8_t min_version() const override { return 1; }
  std::size_t bound(BrickShape shape) const override { return 2 + shape.voxels() * sizeof(MaterialId); }

  bool encode(std::span<const MaterialId> voxels, const BrickContext& brick, const EncodeParameters&,
              CodecScratch& scratch, std::string& out) const override {
    CodecScratch::State& state = scratch.state();
    find_distinct(voxels, state);
    find_places(state);
    if (put_coded(voxels, row_grid(brick.shape), state, out)) return true;
    out.push_back(static_cast<char>(kPacked));
    put_packed(voxels, state, out);
    return true;
  }

  Status decode(Bytes bytes, std::uint8_t version, const BrickContext& brick, CodecScratch& scratch,
                std::span<MaterialId> voxels) const override {
    TERRANE_TRY(check_decode_call(brick.shape, voxels.size(), name()));
    const Coord size = brick.shape.size();
    return decode_part(bytes, version, brick, Box::of_size({}, size), scratch,
                       VoxelView::dense(voxels.data(), size));
  }

  // Reads the rows up to the last of the part, and expands its own.
  Status decode_part(Bytes bytes, std::uint8_t version, const BrickContext& brick, const Box& part,
                     CodecScratch& scratch, VoxelView out) const override {
    TERRANE_TRY(check_part_call(brick.shape, part, out, name()));
    TERRANE_TRY(check_version(*this, version));
    ByteReader in(bytes);
    const auto form = in.fixed<std::uint8_t>();
    if (in.failed() || form > kCoded) return corrupt("a context brick has a form that its version has not");
    if (form == kPacked) return read_packed(in, brick.shape, part, name(), out);
    return read_coded(in, WantedRows(brick.shape, part, out), scratch.state());
  }

  // Reads the rows up to that of the voxel.
  Result<MaterialId> at(Bytes bytes, std::uint8_t version, const BrickContext& brick, Coord c,
                        CodecScratch& scratch) const override {
    TERRANE_TRY(check_at_call(brick.shape, c, name()));
    MaterialId material;
    TERRANE_TRY(decode_part(bytes, version, brick, Box::of_size(c, {1, 1, 1}), scratch,
                            VoxelView::dense(&material, {1, 1, 1})));
    return material;
  }
};

}  // namespace

const Codec& context_codec() {
  static const ContextCodec codec;
  return codec;
}

}  // namespace terrane::detail

#include <bit>
#include <cstring>

#include "terrane/codec/codecs.h"
#include "terrane/codec/context_rows.h"
#include "terrane/codec/packed.h"
#include "terrane/codec/row_forms.h"
#include "terrane/codec/row_masks.h"
#include "terrane/codec/scratch.h"

namespace terrane::detail {
namespace {

RowGrid grid_of(RowForm form, BrickShape shape) {
  const Coord size = turned(form, shape.size());
  return {static_cast<int>(size.x * size.y), static_cast<int>(size.y), static_cast<int>(size.z)};
}

ContextModel& model_of(CodecScratch::State& state) {
  if (!state.context) state.context = std::make_unique<ContextModel>();
  return *state.context;
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

// False where the voxels are noise, or take more than `most` bytes.
template <class Cell>
bool put_rows(ConstVoxelView rows_of, RowGrid grid, std::size_t packed, std::size_t most, RangeEncoder& coder,
              CodecScratch::State& state) {
  const std::size_t materials = state.palette.size();
  ContextRows<RangeEncoder, Cell> rows(coder, *state.context, place_bits(materials), materials, grid);
  for (int row = 0; row < grid.rows; ++row) {
    Cell* cells = rows.row();
    const MaterialId* from = rows_of.row(row / grid.per_plane, row % grid.per_plane);
    for (int i = 0; i < grid.length; ++i, from += rows_of.stride.z)
      cells[i] = static_cast<Cell>(state.wide_index_of[*from]);
    std::fill(cells + grid.length, cells + rows.kStride, cells[grid.length - 1]);
    if (!rows.next()) return false;
    if (state.coded.size() > most) return false;
    if (row == grid.rows / static_cast<int>(kTrialPart) &&
        is_noise(state.coded.size(), packed, grid.voxels()))
      return false;
    // Who is behind by a quarter here stays so, mostly.
    if (most < packed && row == grid.rows / 4 && state.coded.size() * 4 > most + most / 4) return false;
  }
  return true;
}

// How voxels differ from the next one along z, y and x.
std::array<Changes, 3> changes_along(std::span<const MaterialId> voxels, BrickShape s) {
  const std::size_t row = static_cast<std::size_t>(s.nz), plane = static_cast<std::size_t>(s.ny) * row;
  const MaterialId* v = voxels.data();
  std::array<Changes, 3> sums;
  // All pairs that follow each other, but those from the end of a row to the next.
  sums[0] = count_changes(v, v + 1, voxels.size() - 1);
  for (std::size_t end = row; end < voxels.size(); end += row) {
    sums[0].up -= v[end - 1] < v[end] ? 1 : 0;
    sums[0].down -= v[end - 1] > v[end] ? 1 : 0;
  }
  for (const MaterialId* at = v; at != v + voxels.size(); at += plane) {
    const Changes more = count_changes(at, at + row, plane - row);
    sums[1] = {sums[1].up + more.up, sums[1].down + more.down};
  }
  sums[2] = count_changes(v, v + plane, voxels.size() - plane);
  return sums;
}

// Might rows along `axis` take less than along z? What lies in layers is the most alike from row to row where
// rows run along its height: there a quarter more voxels differ from the next (unless those along z change in
// one direction, to 98 %), or, where it is steep, 2 % more of the changes are in one direction.
bool is_worth_trying(const Changes& axis, const Changes& z) {
  const std::size_t all = axis.all(), all_z = z.all();
  const std::size_t one_way = std::max(axis.up, axis.down), one_way_z = std::max(z.up, z.down);
  if (all * 4 < all_z) return false;
  // Shares, multiplied out: whole numbers are the same on every machine.
  const bool steadier = one_way * all_z * 50 > (one_way_z * 50 + all_z) * all;
  return steadier || (all * 4 > all_z * 5 && one_way_z * 50 < all_z * 49);
}

// Into state.coded, along one axis. False where the voxels are noise, or take more than `most` bytes.
bool code_along(RowForm form, std::span<const MaterialId> voxels, BrickShape shape, std::size_t packed,
                std::size_t most, CodecScratch::State& state) {
  const std::size_t materials = state.palette.size();
  const RowGrid grid = grid_of(form, shape);
  const auto dense = ConstVoxelView::dense(voxels.data(), shape.size());
  const ConstVoxelView rows{dense.data, turned(form, dense.size), turned(form, dense.stride)};
  state.coded.clear();
  RangeEncoder coder(state.coded);
  ContextModel& model = model_of(state);
  model.reset(place_bits(materials));
  put_palette(coder, model, state.palette);
  const bool done = materials <= 256 ? put_rows<std::uint8_t>(rows, grid, packed, most, coder, state)
                                     : put_rows<std::uint16_t>(rows, grid, packed, most, coder, state);
  if (done) coder.finish();
  return done && state.coded.size() <= most;
}

// After find_places(). Along z, or another axis that is worth trying and takes less. False, with `out` as it
// was, where the voxels take no less so than packed.
bool put_coded(std::span<const MaterialId> voxels, BrickShape shape, CodecScratch::State& state,
               std::string& out) {
  const std::size_t packed = packed_bytes(state.palette.size(), voxels.size());
  const std::array<Changes, 3> changes = changes_along(voxels, shape);
  RowForm best = kPacked;
  std::size_t most = packed;
  for (const RowForm form : {kAlongZ, kAlongY, kAlongX}) {
    if (form != kAlongZ && !is_worth_trying(changes[form - kAlongZ], changes[0])) continue;
    if (!code_along(form, voxels, shape, packed, most, state)) {
      if (form == kAlongZ) return false;  // noise along the others too, mostly
      continue;
    }
    best = form;
    state.best_coded.swap(state.coded);
    most = state.best_coded.size() - 1;
  }
  const std::size_t start = out.size();
  out.push_back(static_cast<char>(best));
  ByteWriter writer(out);
  writer.varint(state.palette.size() - 1);
  writer.varint(state.best_coded.size());
  out += state.best_coded;
  if (out.size() - start <= 1 + packed) return true;
  out.resize(start);
  return false;
}

// A part of a brick and where it goes, turned.
struct WantedRows {
  RowGrid grid;
  Box part;
  VoxelView out;

  WantedRows(RowForm form, BrickShape shape, const Box& box, VoxelView view)
      : grid(grid_of(form, shape)),
        part{turned(form, box.lo), turned(form, box.hi)},
        out{view.data, part.size(), turned(form, view.stride)} {}
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
  ContextRows<RangeDecoder, Cell> rows(coder, *state.context, place_bits(palette.size()), palette.size(),
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
  model.reset(place_bits(materials));
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
    if (put_coded(voxels, brick.shape, state, out)) return true;
    out.push_back(static_cast<char>(kPacked));
    put_packed(voxels, state, out);
    return true;
  }

  Status decode(Bytes bytes, std::uint8_t version, const BrickContext& brick, CodecScratch& scratch,
                std::span<MaterialId> voxels) const override {
    return decode_as_part(*this, bytes, version, brick, scratch, voxels);
  }

  // Reads the rows up to the last of the part, and expands its own.
  Status decode_part(Bytes bytes, std::uint8_t version, const BrickContext& brick, const Box& part,
                     CodecScratch& scratch, VoxelView out) const override {
    TERRANE_TRY(check_part_call(brick.shape, part, out, name()));
    TERRANE_TRY(check_version(*this, version));
    ByteReader in(bytes);
    const auto form = in.fixed<std::uint8_t>();
    if (in.failed() || form >= kRowForms)
      return corrupt("a context brick has a form that its version has not");
    if (form == kPacked) return read_packed(in, brick.shape, part, name(), out);
    return read_coded(in, WantedRows(static_cast<RowForm>(form), brick.shape, part, out), scratch.state());
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

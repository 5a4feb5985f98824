#include <cstring>

#include "terrane/codec/archive_rows.h"
#include "terrane/codec/codecs.h"
#include "terrane/codec/packed.h"
#include "terrane/codec/palette_gaps.h"
#include "terrane/codec/row_forms.h"
#include "terrane/codec/scratch.h"

namespace terrane::detail {
namespace {

// A brick as rows along one of its axes.
struct Layout {
  ArchiveGrid grid;
  std::size_t plane = 0, row = 0, along = 0;  // from one to the next, in the brick's own order

  int rows() const { return grid.planes * grid.per_plane; }
};

Layout layout_of(BrickShape s, RowForm form) {
  const Coord size = turned(form, s.size());
  const Coord stride = turned(form, ConstVoxelView::dense(nullptr, s.size()).stride);
  return {{static_cast<int>(size.x), static_cast<int>(size.y), static_cast<int>(size.z)},
          static_cast<std::size_t>(stride.x),
          static_cast<std::size_t>(stride.y),
          static_cast<std::size_t>(stride.z)};
}

// Calls each(place in the brick, place in rows of kArchiveStride) for every voxel, plane by plane, such that
// the places in the brick are mostly one after the other.
template <class Each>
void for_each_voxel(const Layout& layout, Each each) {
  const auto rows = static_cast<std::size_t>(layout.grid.per_plane);
  const auto length = static_cast<std::size_t>(layout.grid.length);
  for (std::size_t plane = 0; plane < static_cast<std::size_t>(layout.grid.planes); ++plane) {
    const std::size_t brick = plane * layout.plane, laid = plane * rows * kArchiveStride;
    if (layout.along == 1) {
      for (std::size_t row = 0; row < rows; ++row) {
        for (std::size_t i = 0; i < length; ++i)
          each(brick + row * layout.row + i, laid + row * kArchiveStride + i);
      }
    } else {
      for (std::size_t i = 0; i < length; ++i) {
        for (std::size_t row = 0; row < rows; ++row)
          each(brick + row + i * layout.along, laid + row * kArchiveStride + i);
      }
    }
  }
}

// The voxels as rows of kArchiveStride: `code` of each.
template <class Voxel, class Code>
void lay_out(std::span<const MaterialId> voxels, const Layout& layout, std::vector<Voxel>& rows, Code code) {
  rows.resize(static_cast<std::size_t>(layout.rows()) * kArchiveStride);
  Voxel* const to = rows.data();
  const MaterialId* const from = voxels.data();
  for_each_voxel(layout, [=](std::size_t brick, std::size_t laid) { to[laid] = code(from[brick]); });
  const auto length = static_cast<std::size_t>(layout.grid.length);
  if (length == kArchiveStride) return;
  for (std::size_t row = 0; row < rows.size(); row += kArchiveStride)
    std::fill_n(to + row + length, kArchiveStride - length, to[row + length - 1]);
}

template <class Voxel, class Material>
void put_back(const Voxel* rows, const Layout& layout, MaterialId* voxels, Material material) {
  for_each_voxel(layout, [=](std::size_t brick, std::size_t laid) { voxels[brick] = material(rows[laid]); });
}

// Materials by their number in the palette, in as many bits as that takes.
struct Numbers {
  unsigned bits;
  std::size_t count;
};
Numbers numbers_of(const std::vector<MaterialId>& palette) {
  if (palette.empty() || palette.size() > kMostListed) return {16, 65536};
  return {place_bits(palette.size()), palette.size()};
}

ArchiveModel& model_of(CodecScratch::State& state) {
  if (!state.archive) state.archive = std::make_unique<ArchiveModel>();
  return *state.archive;
}

// Into state.coded. False where that is more than `most` bytes, or noise.
template <class Voxel>
bool code_rows(const Layout& layout, Numbers numbers, std::vector<Voxel>& voxels, std::size_t packed,
               std::size_t most, CodecScratch::State& state) {
  std::string& coded = state.coded;
  coded.clear();
  RangeEncoder coder(coded);
  ArchiveRows rows(coder, model_of(state), numbers.bits, numbers.count, layout.grid, voxels.data());
  const int trial = layout.rows() / static_cast<int>(kTrialPart);
  const std::size_t grid_voxels =
      static_cast<std::size_t>(layout.rows()) * static_cast<std::size_t>(layout.grid.length);
  for (int row = 0; row < layout.rows(); ++row) {
    rows.next();
    if (coded.size() > most) return false;
    if (row == trial && is_noise(coded.size(), packed, grid_voxels)) return false;
  }
  coder.finish();
  return coded.size() <= most;
}

// Along the axis that takes the fewest bytes. False where the voxels are noise.
bool put_coded(std::span<const MaterialId> voxels, BrickShape shape, CodecScratch::State& state,
               std::string& out) {
  const Numbers numbers = numbers_of(state.palette);
  const std::size_t packed = packed_bytes(state.palette.size(), voxels.size());
  std::string& best = state.best_coded;
  std::size_t most = packed;
  RowForm form = kPacked;
  for (const RowForm trial : {kAlongZ, kAlongY, kAlongX}) {
    const Layout layout = layout_of(shape, trial);
    bool coded;
    if (state.palette.size() <= kMostListed) {
      const std::uint8_t* const index_of = state.index_of.data();
      lay_out(voxels, layout, state.indices, [=](MaterialId m) { return index_of[m]; });
      coded = code_rows(layout, numbers, state.indices, packed, most, state);
    } else {
      lay_out(voxels, layout, state.scanned, [](MaterialId m) { return m; });
      coded = code_rows(layout, numbers, state.scanned, packed, most, state);
    }
    if (!coded && trial == kAlongZ) return false;  // along the others too, mostly
    if (!coded) continue;
    form = trial;
    best.swap(state.coded);
    most = best.size() - 1;
  }
  if (form == kPacked) return false;
  const std::size_t start = out.size();
  out.push_back(static_cast<char>(form));
  put_gaps(state.palette, out);
  ByteWriter(out).varint(best.size());
  out += best;
  return out.size() - start <= 1 + packed;
}

// The first `count` rows, into `voxels`; if they are all, the bytes must end there too.
template <class Voxel>
Status decode_rows(Bytes bytes, const Layout& layout, int count, CodecScratch::State& state,
                   std::vector<Voxel>& voxels) {
  const Numbers numbers = numbers_of(state.palette);
  voxels.resize(std::max(voxels.size(), static_cast<std::size_t>(layout.rows()) * kArchiveStride));
  RangeDecoder coder(bytes);
  ArchiveRows rows(coder, model_of(state), numbers.bits, numbers.count, layout.grid, voxels.data());
  for (int row = 0; row < count; ++row) {
    if (!rows.next()) return corrupt("an archive brick has a material beyond its palette");
  }
  if (count == layout.rows() && !coder.finished())
    return corrupt("an archive brick does not end with its last voxel");
  return ok();
}

// docs/codecs/archive.md
class ArchiveCodec final : public Codec {
 public:
  CodecId id() const override { return CodecId::kArchive; }
  std::string_view name() const override { return "archive"; }
  std::uint8_t version() const override { return 1; }
  std::uint8_t min_version() const override { return 1; }
  std::size_t bound(BrickShape shape) const override { return 2 + shape.voxels() * sizeof(MaterialId); }

  bool encode(std::span<const MaterialId> voxels, const BrickContext& brick, const EncodeParameters&,
              CodecScratch& scratch, std::string& out) const override {
    CodecScratch::State& state = scratch.state();
    find_distinct(voxels, state);
    const std::size_t start = out.size();
    if (put_coded(voxels, brick.shape, state, out)) return true;
    out.resize(start);
    out.push_back(static_cast<char>(kPacked));
    find_places(state);
    put_packed(voxels, state, out);
    return true;
  }

  Status decode(Bytes bytes, std::uint8_t version, const BrickContext& brick, CodecScratch& scratch,
                std::span<MaterialId> voxels) const override {
    TERRANE_TRY(check_decode_call(brick.shape, voxels.size(), name()));
    TERRANE_TRY(check_version(*this, version));
    CodecScratch::State& state = scratch.state();
    TERRANE_ASSIGN(const Parts parts, parse(bytes, state));
    if (parts.form == kPacked) {
      const Coord size = brick.shape.size();
      return unpack(parts.rest, brick.shape, Box::of_size({}, size), VoxelView::dense(voxels.data(), size));
    }
    const Layout layout = layout_of(brick.shape, parts.form);
    if (state.palette.empty()) {
      TERRANE_TRY(decode_rows(parts.rest, layout, layout.rows(), state, state.scanned));
      put_back(state.scanned.data(), layout, voxels.data(), [](MaterialId m) { return m; });
      return ok();
    }
    TERRANE_TRY(decode_rows(parts.rest, layout, layout.rows(), state, state.indices));
    const MaterialId* palette = state.palette.data();
    put_back(state.indices.data(), layout, voxels.data(), [palette](std::uint8_t k) { return palette[k]; });
    return ok();
  }

  // Reads the rows up to that of the voxel.
  Result<MaterialId> at(Bytes bytes, std::uint8_t version, const BrickContext& brick, Coord c,
                        CodecScratch& scratch) const override {
    TERRANE_TRY(check_at_call(brick.shape, c, name()));
    TERRANE_TRY(check_version(*this, version));
    CodecScratch::State& state = scratch.state();
    TERRANE_ASSIGN(const Parts parts, parse(bytes, state));
    if (parts.form == kPacked) {
      MaterialId m;
      TERRANE_TRY(
          unpack(parts.rest, brick.shape, Box::of_size(c, {1, 1, 1}), VoxelView::dense(&m, {1, 1, 1})));
      return m;
    }
    const Layout layout = layout_of(brick.shape, parts.form);
    const Coord at = turned(parts.form, c);
    const int row = static_cast<int>(at.x) * layout.grid.per_plane + static_cast<int>(at.y);
    const auto place = static_cast<std::size_t>(row) * kArchiveStride + static_cast<std::size_t>(at.z);
    if (state.palette.empty()) {
      TERRANE_TRY(decode_rows(parts.rest, layout, row + 1, state, state.scanned));
      return state.scanned[place];
    }
    TERRANE_TRY(decode_rows(parts.rest, layout, row + 1, state, state.indices));
    return state.palette[state.indices[place]];
  }

 private:
  struct Parts {
    RowForm form = kPacked;
    Bytes rest;  // what packed.h reads, or the range coder's bytes
  };

  static Status unpack(Bytes rest, BrickShape shape, const Box& part, VoxelView out) {
    ByteReader in(rest);
    return read_packed(in, shape, part, "archive", out);
  }
  static Result<Parts> parse(Bytes bytes, CodecScratch::State& state) {
    ByteReader in(bytes);
    const auto form = in.fixed<std::uint8_t>();
    if (in.failed() || form >= kRowForms)
      return corrupt("an archive brick has a form that its version has not");
    if (form == kPacked) return Parts{kPacked, in.take(in.remaining())};
    TERRANE_TRY(take_gaps(in, "archive", state.palette));
    // Said, so that bytes cut off are always missed.
    const std::uint64_t size = in.varint();
    if (in.failed() || size != in.remaining())
      return corrupt("an archive brick has not as many bytes as it says");
    return Parts{static_cast<RowForm>(form), in.take(in.remaining())};
  }
};

}  // namespace

const Codec& archive_codec() {
  static const ArchiveCodec codec;
  return codec;
}

}  // namespace terrane::detail

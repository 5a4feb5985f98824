#include "terrane/codec/rows.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <optional>

#include "terrane/codec/blob.h"
#include "terrane/codec/codecs.h"
#include "terrane/codec/palette_gaps.h"

namespace terrane::detail {
namespace {

// How the rest of a payload is laid out.
enum Form : std::uint8_t {
  kRaw,     // the voxels, uint16
  kWhole,   // palette, then one blob: an index (or a material) for each voxel
  kApart,   // palette, sizes of the streams, a blob for each stream
  kJoined,  // palette, sizes of the streams, one blob of all
};

// Below this, streams share one blob if that is smaller.
constexpr std::size_t kJoinLimit = 4096;
// Above one segment in so many voxels, a brick may be shorter without rows.
constexpr std::size_t kNoise = 6;

// The most that a stream can have, for sane bytes.
std::size_t stream_limit(std::size_t stream, RowGrid grid) {
  const auto rows = static_cast<std::size_t>(grid.rows);
  switch (stream) {
    case kFlatStream:
      return rows + 1;
    case kKindStream:
      return rows / 3 + 1;
    case kMaterialStream:
      return 2 * grid.voxels();
    default:
      return grid.voxels();
  }
}

void put_materials(CodecScratch::State& state) {
  std::vector<std::uint8_t>& stream = state.rows.streams[kMaterialStream];
  const bool indexed = state.palette.size() <= kMostListed;
  for (const MaterialId m : state.rows.materials) {
    if (indexed) {
      stream.push_back(state.index_of[m]);
    } else {
      stream.push_back(static_cast<std::uint8_t>(m));
      stream.push_back(static_cast<std::uint8_t>(m >> 8));
    }
  }
}

void put_streams(Form form, Policy policy, CodecScratch::State& state, std::string& out) {
  RowsScratch& rows = state.rows;
  out.push_back(static_cast<char>(form));
  put_gaps(state.palette, out);
  for (const auto& stream : rows.streams) ByteWriter(out).varint(stream.size());
  if (form == kJoined) {
    rows.bytes.clear();
    for (const auto& stream : rows.streams) rows.bytes.insert(rows.bytes.end(), stream.begin(), stream.end());
    put_blob(rows.bytes, policy, state, out);
    return;
  }
  std::string& blobs = rows.blobs;
  blobs.clear();
  for (const auto& stream : rows.streams) {
    const std::size_t start = blobs.size();
    put_blob(stream, policy, state, blobs);
    if (!stream.empty()) ByteWriter(out).varint(blobs.size() - start);
  }
  out += blobs;
}

void put_whole(std::span<const MaterialId> voxels, Policy policy, CodecScratch::State& state,
               std::string& out) {
  out.push_back(static_cast<char>(kWhole));
  put_gaps(state.palette, out);
  std::vector<std::uint8_t>& bytes = state.rows.bytes;
  if (state.palette.size() <= kMostListed) {
    bytes.resize(voxels.size());
    std::transform(voxels.begin(), voxels.end(), bytes.begin(),
                   [&](MaterialId m) { return state.index_of[m]; });
  } else {
    bytes.resize(voxels.size_bytes());
    std::memcpy(bytes.data(), voxels.data(), voxels.size_bytes());
  }
  put_blob(bytes, policy, state, out);
}

// Keeps the shorter of what `out` has from `start` on, and `other`.
void keep_shorter(std::size_t start, const std::string& other, std::string& out) {
  if (other.size() < out.size() - start) out.replace(start, std::string::npos, other);
}

Status read_raw(ByteReader& in, std::span<MaterialId> voxels) {
  if (in.remaining() != voxels.size_bytes())
    return corrupt("a raw rows brick has not the length of its voxels");
  std::memcpy(voxels.data(), in.take(voxels.size_bytes()).data(), voxels.size_bytes());
  return ok();
}

Status read_whole(ByteReader& in, std::span<MaterialId> voxels, CodecScratch::State& state) {
  RowsScratch& rows = state.rows;
  TERRANE_TRY(take_gaps(in, "rows", state.palette));
  const bool indexed = !state.palette.empty();
  rows.bytes.resize(std::max(rows.bytes.size(), voxels.size_bytes()));
  const std::span<std::uint8_t> room(rows.bytes.data(), indexed ? voxels.size() : voxels.size_bytes());
  TERRANE_TRY(take_blob(in.take(in.remaining()), state, room));
  if (!indexed) {
    std::memcpy(voxels.data(), room.data(), room.size());
    return ok();
  }
  if (*std::max_element(room.begin(), room.end()) >= state.palette.size()) {
    return corrupt("a rows brick has an index beyond its palette");
  }
  std::transform(room.begin(), room.end(), voxels.begin(), [&](std::uint8_t i) { return state.palette[i]; });
  return ok();
}

// The streams lie in the scratch until its next use.
Result<RowsParts> take_streams(ByteReader& in, Form form, RowGrid grid, CodecScratch::State& state) {
  TERRANE_TRY(take_gaps(in, "rows", state.palette));
  std::array<std::size_t, kRowStreams> sizes{}, stored{};
  std::size_t total = 0;
  for (std::size_t s = 0; s < kRowStreams; ++s) {
    sizes[s] = in.varint();
    if (sizes[s] > stream_limit(s, grid)) {
      return corrupt("a rows brick has a stream longer than its voxels can need");
    }
    total += sizes[s];
  }
  for (std::size_t s = 0; form == kApart && s < kRowStreams; ++s) {
    if (sizes[s] > 0) stored[s] = in.varint();
  }
  if (in.failed()) return corrupt("a rows brick ends before its streams");
  std::vector<std::uint8_t>& bytes = state.rows.bytes;
  bytes.resize(std::max(bytes.size(), total));
  if (form == kJoined) TERRANE_TRY(take_blob(in.take(in.remaining()), state, {bytes.data(), total}));
  RowsParts parts{.streams = {}, .palette = state.palette};
  std::uint8_t* at = bytes.data();
  for (std::size_t s = 0; s < kRowStreams; ++s) {
    parts.streams[s] = {at, sizes[s]};
    if (stored[s] > in.remaining()) return corrupt("a rows brick ends within its streams");
    if (form == kApart) TERRANE_TRY(take_blob(in.take(stored[s]), state, {at, sizes[s]}));
    at += sizes[s];
  }
  if (!in.finished()) return corrupt("a rows brick has bytes after its streams");
  return parts;
}

// The rows that a part of a brick more than one voxel high needs, from the first: those up to the last
// origin of its own.
int rows_for(const Box& part, RowGrid grid, const RowOrigins& origins) {
  int last = 0;
  for (auto x = static_cast<int>(part.lo.x); x < part.hi.x; ++x) {
    for (auto y = static_cast<int>(part.lo.y); y < part.hi.y; ++y)
      last = std::max(last, origins.of(x * grid.per_plane + y));
  }
  return last + 1;
}

// The part, from the origins of its rows.
void copy_part(const MaterialId* voxels, const Box& part, RowGrid grid, const RowOrigins& origins,
               VoxelView out) {
  const auto n = static_cast<std::size_t>(part.hi.z - part.lo.z);
  for (auto x = static_cast<int>(part.lo.x); x < part.hi.x; ++x) {
    for (auto y = static_cast<int>(part.lo.y); y < part.hi.y; ++y) {
      const MaterialId* from = voxels + grid.offset(origins.of(x * grid.per_plane + y)) + part.lo.z;
      MaterialId* to = out.row(x - part.lo.x, y - part.lo.y);
      if (out.stride.z == 1) {
        std::memcpy(to, from, n * sizeof(MaterialId));
      } else {
        for (std::size_t z = 0; z < n; ++z, to += out.stride.z) *to = from[z];
      }
    }
  }
}

// The rows of a brick as far as a part of it needs them: each where it is no copy.
struct OriginRows {
  RowGrid grid;
  const RowOrigins& origins;
  const MaterialId* voxels;
};

// nullopt where the brick is not written in rows along z. Lies in the scratch until its next use.
Result<std::optional<OriginRows>> read_part(Bytes bytes, BrickShape shape, const Box& part,
                                            CodecScratch::State& state) {
  ByteReader in(bytes);
  const auto form = static_cast<Form>(in.fixed<std::uint8_t>());
  if ((form != kApart && form != kJoined) || shape.nz == 1) return std::optional<OriginRows>();
  const RowGrid grid = row_grid(shape);
  TERRANE_ASSIGN(const RowsParts parts, take_streams(in, form, grid, state));
  TERRANE_TRY(read_kinds(parts, grid, state.rows));
  state.expanded.resize(std::max(state.expanded.size(), shape.voxels()));
  const int rows = rows_for(part, grid, state.rows.origins);
  TERRANE_TRY(read_origins(parts, grid, state.rows, rows, state.expanded.data()));
  return std::optional(OriginRows{grid, state.rows.origins, state.expanded.data()});
}

// docs/codecs/rows.md
class RowsCodec final : public Codec {
 public:
  CodecId id() const override { return CodecId::kRows; }
  std::string_view name() const override { return "rows"; }
  std::uint8_t version() const override { return 1; }
  std::uint8_t min_version() const override { return 1; }
  std::size_t bound(BrickShape shape) const override { return 1 + shape.voxels() * sizeof(MaterialId); }

  bool encode(std::span<const MaterialId> voxels, const BrickContext& brick, const EncodeParameters& how,
              CodecScratch& scratch, std::string& out) const override {
    encode_rows(how.policy, voxels, brick.shape, scratch, out);
    return true;
  }

  Status decode(Bytes bytes, std::uint8_t version, const BrickContext& brick, CodecScratch& scratch,
                std::span<MaterialId> voxels) const override {
    TERRANE_TRY(check_decode_call(brick.shape, voxels.size(), name()));
    TERRANE_TRY(check_version(*this, version));
    CodecScratch::State& state = scratch.state();
    ByteReader in(bytes);
    const auto form = static_cast<Form>(in.fixed<std::uint8_t>());
    switch (form) {
      case kRaw:
        return read_raw(in, voxels);
      case kWhole:
        return read_whole(in, voxels, state);
      case kApart:
      case kJoined:
        break;
      default:
        return corrupt("a rows brick has a form that its version has not");
    }
    const RowGrid grid = row_grid(brick.shape);
    TERRANE_ASSIGN(const RowsParts parts, take_streams(in, form, grid, state));
    TERRANE_TRY(read_kinds(parts, grid, state.rows));
    return read_rows(parts, grid, state.rows.kinds, grid.rows, voxels.data());
  }

  // Reads the streams whole, and rows until the last origin of the part's.
  Status decode_part(Bytes bytes, std::uint8_t version, const BrickContext& brick, const Box& part,
                     CodecScratch& scratch, VoxelView out) const override {
    TERRANE_TRY(check_part_call(brick.shape, part, out, name()));
    TERRANE_TRY(check_version(*this, version));
    TERRANE_ASSIGN(const auto rows, read_part(bytes, brick.shape, part, scratch.state()));
    if (!rows) return Codec::decode_part(bytes, version, brick, part, scratch, out);
    copy_part(rows->voxels, part, rows->grid, rows->origins, out);
    return ok();
  }

  // Reads the streams whole, and rows until the one that the voxel was copied from.
  Result<MaterialId> at(Bytes bytes, std::uint8_t version, const BrickContext& brick, Coord c,
                        CodecScratch& scratch) const override {
    TERRANE_TRY(check_at_call(brick.shape, c, name()));
    TERRANE_TRY(check_version(*this, version));
    CodecScratch::State& state = scratch.state();
    state.voxels.resize(std::max(state.voxels.size(), brick.shape.voxels()));
    const std::span<MaterialId> voxels(state.voxels.data(), brick.shape.voxels());
    const std::size_t i = voxel_index(brick.shape, c);
    ByteReader in(bytes);
    const auto form = static_cast<Form>(in.fixed<std::uint8_t>());
    if (form != kApart && form != kJoined) {
      TERRANE_TRY(decode(bytes, version, brick, scratch, voxels));
      return voxels[i];
    }
    const RowGrid grid = row_grid(brick.shape);
    TERRANE_ASSIGN(const RowsParts parts, take_streams(in, form, grid, state));
    TERRANE_TRY(read_kinds(parts, grid, state.rows));
    const auto length = static_cast<std::size_t>(grid.length);
    const int row = state.rows.origins.of(static_cast<int>(i / length));
    TERRANE_TRY(read_origins(parts, grid, state.rows, row + 1, voxels.data()));
    return voxels[grid.offset(row) + i % length];
  }

  // Reads rows as decode_part() does, and counts those that are no copies, which are few.
  Status histogram(Bytes bytes, std::uint8_t version, const BrickContext& brick, const Box& part,
                   CodecScratch& scratch, MaterialCounts& counts) const override {
    TERRANE_TRY(check_version(*this, version));
    TERRANE_ASSIGN(const auto rows, read_part(bytes, brick.shape, part, scratch.state()));
    if (!rows) return Codec::histogram(bytes, version, brick, part, scratch, counts);
    count_rows(rows->voxels, rows->grid, rows->origins, part, counts);
    return ok();
  }
};

}  // namespace

void encode_rows(Policy policy, std::span<const MaterialId> voxels, BrickShape shape, CodecScratch& scratch,
                 std::string& out) {
  assert(shape.valid() && voxels.size() == shape.voxels());
  CodecScratch::State& state = scratch.state();
  RowsScratch& rows = state.rows;
  state.seen.fill(0);
  write_rows(voxels.data(), row_grid(shape), state.seen, rows);
  list_seen(state);
  put_materials(state);
  std::size_t bytes = 0;
  for (const auto& stream : rows.streams) bytes += stream.size();
  const std::size_t start = out.size();
  put_streams(kApart, policy, state, out);
  if (bytes <= kJoinLimit) {
    rows.other.clear();
    put_streams(kJoined, policy, state, rows.other);
    keep_shorter(start, rows.other, out);
  }
  if (rows.streams[kSegmentStream].size() > voxels.size() / kNoise) {
    rows.other.clear();
    put_whole(voxels, policy, state, rows.other);
    keep_shorter(start, rows.other, out);
  }
  if (out.size() - start <= voxels.size_bytes()) return;
  out.resize(start);
  out.push_back(static_cast<char>(kRaw));
  out.append(reinterpret_cast<const char*>(voxels.data()), voxels.size_bytes());
}

const Codec& rows_codec() {
  static const RowsCodec codec;
  return codec;
}

}  // namespace terrane::detail

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>

#include "terrane/codec/codecs.h"
#include "terrane/codec/scratch.h"

namespace terrane::detail {
namespace {

constexpr std::size_t kMaxPalette = 256;
constexpr unsigned kRawBits = 16;

constexpr unsigned bits_for(std::size_t distinct) {
  return distinct <= 1 ? 0 : distinct <= 2 ? 1 : distinct <= 4 ? 2 : distinct <= 16 ? 4 : 8;
}

constexpr std::size_t packed_bytes(std::size_t voxels, unsigned bits) {
  return (voxels * bits + 7) / 8;
}

// The parts of a payload; all sizes are checked, indices are not.
struct Parts {
  unsigned bits = 0;
  std::span<const std::byte> palette;  // uint16 each
  std::span<const std::byte> indices;

  std::size_t count() const { return palette.size() / 2; }
  MaterialId material(std::size_t i) const {
    MaterialId m;
    std::memcpy(&m, palette.data() + 2 * i, 2);
    return m;
  }
};

Result<Parts> parse(Bytes bytes, BrickShape shape) {
  ByteReader in(bytes);
  Parts parts;
  parts.bits = in.fixed<std::uint8_t>();
  if (parts.bits == kRawBits) {
    parts.indices = in.take(shape.voxels() * sizeof(MaterialId));
  } else {
    const std::size_t count = std::size_t{in.fixed<std::uint8_t>()} + 1;
    if (parts.bits != bits_for(count)) return corrupt("a palette brick's width does not fit its palette");
    parts.palette = in.take(count * sizeof(MaterialId));
    parts.indices = in.take(packed_bytes(shape.voxels(), parts.bits));
  }
  if (!in.finished()) {
    return corrupt("a palette brick has not the length that its header says, bytes=`" +
                   std::to_string(bytes.size()) + "`");
  }
  return parts;
}

bool is_sorted(const Parts& parts) {
  for (std::size_t i = 1; i < parts.count(); ++i) {
    if (parts.material(i - 1) >= parts.material(i)) return false;
  }
  return true;
}

void pack(std::span<const MaterialId> voxels, unsigned bits, const std::uint8_t* index_of, char* out) {
  const std::size_t per_byte = 8 / bits;
  std::size_t i = 0;
  for (; i + per_byte <= voxels.size(); i += per_byte) {
    unsigned packed = 0;
    for (std::size_t k = 0; k < per_byte; ++k) packed |= unsigned{index_of[voxels[i + k]]} << (k * bits);
    *out++ = static_cast<char>(packed);
  }
  if (i < voxels.size()) {
    unsigned packed = 0;
    for (std::size_t k = 0; i + k < voxels.size(); ++k)
      packed |= unsigned{index_of[voxels[i + k]]} << (k * bits);
    *out = static_cast<char>(packed);
  }
}

// A byte of indices at a time, through a table of what each byte stands for.
template <unsigned kBits>
bool unpack_bits(const Parts& parts, std::span<MaterialId> voxels) {
  constexpr std::size_t kPerByte = 8 / kBits;
  constexpr unsigned kMask = (1u << kBits) - 1;
  struct Group {
    MaterialId voxels[kPerByte];
  };
  std::array<Group, 256> groups;
  std::array<std::uint8_t, 256> beyond;
  for (unsigned b = 0; b < 256; ++b) {
    beyond[b] = 0;
    for (unsigned k = 0; k < kPerByte; ++k) {
      const std::size_t index = b >> (k * kBits) & kMask;
      const bool there = index < parts.count();
      groups[b].voxels[k] = there ? parts.material(index) : MaterialId{0};
      beyond[b] = beyond[b] | static_cast<std::uint8_t>(!there);
    }
  }
  const std::size_t whole = voxels.size() / kPerByte, rest = voxels.size() % kPerByte;
  const auto* indices = reinterpret_cast<const std::uint8_t*>(parts.indices.data());
  MaterialId* out = voxels.data();
  std::uint8_t bad = 0;
  for (std::size_t i = 0; i < whole; ++i) {
    std::memcpy(out + i * kPerByte, &groups[indices[i]], sizeof(Group));
    bad |= beyond[indices[i]];
  }
  if (rest == 0) return bad == 0;
  const std::uint8_t last = indices[whole];
  std::memcpy(out + whole * kPerByte, &groups[last], rest * sizeof(MaterialId));
  return (bad | beyond[last]) == 0 && last >> (rest * kBits) == 0;
}

// How often each index occurs: a byte of them at a time, taken apart at the end.
class IndexCounts {
 public:
  IndexCounts(Bytes packed, unsigned bits) : packed_(packed), bits_(bits) {}

  void add(std::size_t first, std::size_t n) {
    const std::size_t per_byte = 8 / bits_, end = first + n;
    for (; first < end && first % per_byte != 0; ++first) ++indices_[index(first)];
    std::size_t at = first / per_byte;
    // Two tables, so that equal bytes in a row do not wait for one another.
    for (; first + 2 * per_byte <= end; first += 2 * per_byte, at += 2) {
      ++bytes_[0][std::to_integer<std::size_t>(packed_[at])];
      ++bytes_[1][std::to_integer<std::size_t>(packed_[at + 1])];
    }
    for (; first < end; ++first) ++indices_[index(first)];
  }
  const std::array<std::uint32_t, 256>& finish() {
    for (std::size_t b = 0; b < 256; ++b) {
      const std::uint32_t n = bytes_[0][b] + bytes_[1][b];
      for (unsigned shift = 0; shift < 8 && n != 0; shift += bits_) indices_[b >> shift & mask()] += n;
    }
    bytes_ = {};
    return indices_;
  }

 private:
  std::size_t mask() const { return (std::size_t{1} << bits_) - 1; }
  std::size_t index(std::size_t i) const {
    const std::size_t bit = i * bits_;
    return std::to_integer<std::size_t>(packed_[bit / 8]) >> (bit % 8) & mask();
  }

  Bytes packed_;
  unsigned bits_;
  std::array<std::array<std::uint32_t, 256>, 2> bytes_{};
  std::array<std::uint32_t, 256> indices_{};
};

// Calls body(first, n) for each row of a part, or once for a whole brick.
template <class Body>
void for_each_row(BrickShape shape, const Box& part, Body body) {
  if (part == Box::of_size({}, shape.size())) return body(std::size_t{0}, shape.voxels());
  for (std::int64_t x = part.lo.x; x < part.hi.x; ++x) {
    for (std::int64_t y = part.lo.y; y < part.hi.y; ++y)
      body(voxel_index(shape, {x, y, part.lo.z}), static_cast<std::size_t>(part.hi.z - part.lo.z));
  }
}

// docs/codecs/palette.md
class PaletteCodec final : public Codec {
 public:
  CodecId id() const override { return CodecId::kPalette; }
  std::string_view name() const override { return "palette"; }
  std::uint8_t version() const override { return 1; }
  std::uint8_t min_version() const override { return 1; }
  std::size_t bound(BrickShape shape) const override { return 1 + shape.voxels() * sizeof(MaterialId); }

  bool encode(std::span<const MaterialId> voxels, [[maybe_unused]] const BrickContext& brick,
              const EncodeParameters&, CodecScratch& scratch, std::string& out) const override {
    assert(brick.shape.valid() && voxels.size() == brick.shape.voxels());
    CodecScratch::State& state = scratch.state();
    find_distinct(voxels, state);
    const std::size_t size = palette_bytes(state.palette.size(), voxels.size());
    const std::size_t start = out.size();
    out.resize(start + size);
    char* at = out.data() + start;
    if (size == 1 + voxels.size_bytes()) {
      *at = kRawBits;
      std::memcpy(at + 1, voxels.data(), voxels.size_bytes());
      return true;
    }
    const unsigned bits = bits_for(state.palette.size());
    *at++ = static_cast<char>(bits);
    *at++ = static_cast<char>(state.palette.size() - 1);
    std::memcpy(at, state.palette.data(), state.palette.size() * sizeof(MaterialId));
    at += state.palette.size() * sizeof(MaterialId);
    if (bits == 0) return true;
    pack(voxels, bits, state.index_of.data(), at);
    return true;
  }

  Status decode(Bytes bytes, std::uint8_t version, const BrickContext& brick, CodecScratch&,
                std::span<MaterialId> voxels) const override {
    TERRANE_TRY(check_decode_call(brick.shape, voxels.size(), name()));
    TERRANE_TRY(check_version(*this, version));
    TERRANE_ASSIGN(const Parts parts, parse(bytes, brick.shape));
    if (!is_sorted(parts)) return corrupt("a brick's palette is not sorted");
    if (parts.bits == kRawBits) {
      std::memcpy(voxels.data(), parts.indices.data(), voxels.size_bytes());
      return ok();
    }
    if (parts.bits == 0) {
      std::fill(voxels.begin(), voxels.end(), parts.material(0));
      return ok();
    }
    return unpack(parts, voxels);
  }

  Result<MaterialId> at(Bytes bytes, std::uint8_t version, const BrickContext& brick, Coord c,
                        CodecScratch&) const override {
    TERRANE_TRY(check_at_call(brick.shape, c, name()));
    TERRANE_TRY(check_version(*this, version));
    TERRANE_ASSIGN(const Parts parts, parse(bytes, brick.shape));
    const std::size_t i = voxel_index(brick.shape, c);
    if (parts.bits == kRawBits) {
      MaterialId m;
      std::memcpy(&m, parts.indices.data() + 2 * i, 2);
      return m;
    }
    if (parts.bits == 0) return parts.material(0);
    const std::size_t bit = i * parts.bits;
    const std::size_t index = std::to_integer<std::size_t>(parts.indices[bit / 8]) >> (bit % 8) &
                              ((std::size_t{1} << parts.bits) - 1);
    if (index >= parts.count()) return corrupt("a palette brick has an index beyond its palette");
    return parts.material(index);
  }
  bool in_place() const override { return true; }

  Status histogram(Bytes bytes, std::uint8_t version, const BrickContext& brick, const Box& part,
                   CodecScratch& scratch, MaterialCounts& counts) const override {
    TERRANE_TRY(check_version(*this, version));
    TERRANE_ASSIGN(const Parts parts, parse(bytes, brick.shape));
    if (parts.bits == kRawBits) return Codec::histogram(bytes, version, brick, part, scratch, counts);
    if (parts.bits == 0) {
      const Coord size = part.size();
      counts.add(parts.material(0), static_cast<std::uint64_t>(size.x * size.y * size.z));
      return ok();
    }
    IndexCounts indices(parts.indices, parts.bits);
    for_each_row(brick.shape, part, [&](std::size_t first, std::size_t n) { indices.add(first, n); });
    const std::array<std::uint32_t, 256>& count = indices.finish();
    for (std::size_t i = 0; i < count.size(); ++i) {
      if (count[i] == 0) continue;
      if (i >= parts.count()) return corrupt("a palette brick has an index beyond its palette");
      counts.add(parts.material(i), count[i]);
    }
    return ok();
  }

 private:
  static Status unpack(const Parts& parts, std::span<MaterialId> voxels) {
    bool good = false;
    switch (parts.bits) {
      case 1:
        good = unpack_bits<1>(parts, voxels);
        break;
      case 2:
        good = unpack_bits<2>(parts, voxels);
        break;
      case 4:
        good = unpack_bits<4>(parts, voxels);
        break;
      default:
        good = unpack_bits<8>(parts, voxels);
        break;
    }
    if (good) return ok();
    return corrupt("a palette brick has an index beyond its palette, or bits set after its last voxel");
  }
};

}  // namespace

std::size_t palette_bytes(std::size_t distinct, std::size_t voxels) {
  const std::size_t raw = 1 + voxels * sizeof(MaterialId);
  if (distinct > kMaxPalette) return raw;
  return std::min(raw, 2 + distinct * sizeof(MaterialId) + packed_bytes(voxels, bits_for(distinct)));
}

void find_distinct(std::span<const MaterialId> voxels, CodecScratch::State& state) {
  state.seen.fill(0);
  int last = -1;
  for (const MaterialId v : voxels) {
    if (v == last) continue;
    state.seen[v >> 6] |= std::uint64_t{1} << (v & 63);
    last = v;
  }
  list_seen(state);
}

void list_seen(CodecScratch::State& state) {
  state.palette.clear();
  for (std::size_t word = 0; word < state.seen.size(); ++word) {
    for (std::uint64_t rest = state.seen[word]; rest != 0; rest &= rest - 1) {
      state.palette.push_back(
          static_cast<MaterialId>(word * 64 + static_cast<unsigned>(std::countr_zero(rest))));
    }
  }
  if (state.palette.size() > kMaxPalette) return;
  state.index_of.resize(65536);
  for (std::size_t i = 0; i < state.palette.size(); ++i) {
    state.index_of[state.palette[i]] = static_cast<std::uint8_t>(i);
  }
}

const Codec& palette_codec() {
  static const PaletteCodec codec;
  return codec;
}

}  // namespace terrane::detail

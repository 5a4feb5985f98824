#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cstring>

#include "terrane/codec/codecs.h"
#include "terrane/codec/material_list.h"
#include "terrane/codec/scan.h"
#include "terrane/codec/scratch.h"

namespace terrane::detail {
namespace {

constexpr std::uint8_t kRaw = 255;  // in place of a scan
constexpr std::size_t kMaxSegment = 65535;

// Listed voxels are read in place: their indices are 0, 1, 2, 4, 8 or 16 bits wide.
constexpr unsigned listed_bits(unsigned index_bits) {
  return index_bits == 0 ? 0 : std::bit_ceil(index_bits);
}

struct Token {
  std::size_t length = 0;
  std::size_t index = 0;  // of a run's material
  Bytes listed;           // of other voxels, one by one
  bool run = true;
};

// The tokens of a payload, checked one by one: while (next(token)), then status().
class TokenReader {
 public:
  TokenReader(ByteReader in, MaterialList list, std::size_t voxels)
      : in_(in), list_(list), bits_(list.index_bits()), left_(voxels) {}

  bool next(Token& token) {
    if (left_ == 0 || failed_) return false;
    const std::uint64_t head = in_.varint();
    token.run = (head & 1) == 0;
    const std::uint64_t value = head >> 1;
    const std::uint64_t less_one = token.run ? value >> bits_ : value;
    failed_ = in_.failed() || less_one >= left_ || (token.run && less_one >= kMaxSegment);
    if (failed_) return false;
    token.length = static_cast<std::size_t>(less_one) + 1;
    left_ -= token.length;
    if (token.run) {
      token.index = static_cast<std::size_t>(value) & ((std::size_t{1} << bits_) - 1);
      failed_ = !list_.has(token.index);
    } else {
      token.listed = in_.take((token.length * width() + 7) / 8);
      failed_ = in_.failed();
    }
    return !failed_;
  }
  unsigned width() const { return listed_bits(bits_); }
  // After the last token: that nothing was wrong, and nothing is left over.
  Status status() const {
    if (!failed_ && in_.finished()) return ok();
    return corrupt("an rle brick has not the tokens of exactly its voxels");
  }

 private:
  ByteReader in_;
  MaterialList list_;
  unsigned bits_;
  std::size_t left_;
  bool failed_ = false;
};

Error bad_listed() {
  return corrupt("an rle brick lists a voxel beyond its materials, or has bits set after its last");
}

// The bits after the last listed voxel are 0.
bool is_filled_up(const Token& token, unsigned width) {
  const std::size_t bits = token.length * width;
  return bits % 8 == 0 || std::to_integer<unsigned>(token.listed.back()) >> (bits % 8) == 0;
}

bool expand_listed(const Token& token, unsigned width, const MaterialList& list, MaterialId* out) {
  if (!is_filled_up(token, width)) return false;
  for (std::size_t i = 0; i < token.length; ++i) {
    const std::size_t index = bits_at(token.listed, i * width, width);
    if (!list.has(index)) return false;
    out[i] = list.material(index);
  }
  return true;
}

struct Payload {
  std::uint8_t scan = kRaw;
  Bytes raw;
  MaterialList list;
  ByteReader tokens{Bytes{}};

  bool is_raw() const { return scan == kRaw; }
  Scan order() const { return static_cast<Scan>(scan); }
};

Result<Payload> parse(Bytes bytes, BrickShape shape) {
  ByteReader in(bytes);
  Payload payload;
  payload.scan = in.fixed<std::uint8_t>();
  if (in.failed()) return corrupt("an rle brick is empty");
  if (payload.is_raw()) {
    payload.raw = in.take(shape.voxels() * sizeof(MaterialId));
    if (in.finished()) return payload;
    return corrupt("a raw rle brick has not the length of its voxels, bytes=`" +
                   std::to_string(bytes.size()) + "`");
  }
  if (payload.scan >= kScans) return corrupt("an rle brick has a scan that its version has not");
  TERRANE_ASSIGN(payload.list, MaterialList::take(in, "rle"));
  payload.tokens = in;
  return payload;
}

class TokenWriter {
 public:
  TokenWriter(const CodecScratch::State& state, std::string& out)
      : state_(state),
        listed_(state.palette.size() <= MaterialList::kMost),
        bits_(MaterialList::index_bits(state.palette.size())),
        out_(out) {}

  void run(MaterialId material, std::size_t length, std::size_t max_segment) {
    for (; length > 0; length -= std::min(length, max_segment)) {
      const std::uint64_t less_one = std::min(length, max_segment) - 1;
      ByteWriter(out_).varint((less_one << bits_ | index(material)) << 1);
    }
  }
  void list(std::span<const MaterialId> voxels) {
    if (voxels.empty()) return;
    ByteWriter(out_).varint((voxels.size() - 1) << 1 | 1);
    BitWriter bits(listed_bits(bits_), out_);
    for (const MaterialId m : voxels) bits.put(index(m));
    bits.finish();
  }

 private:
  std::size_t index(MaterialId m) const { return listed_ ? state_.index_of[m] : m; }

  const CodecScratch::State& state_;
  bool listed_;
  unsigned bits_;
  std::string& out_;
};

// The voxels in the order of the scan that has the fewest runs, the first of those that tie.
Scan choose_scan(std::span<const MaterialId> voxels, BrickShape shape, CodecScratch::State& state) {
  state.scanned.resize(std::max(state.scanned.size(), voxels.size()));
  state.other_scan.resize(std::max(state.other_scan.size(), voxels.size()));
  Scan best = Scan::kZ;
  std::size_t fewest = count_runs(voxels);
  for (int s = 1; s < kScans; ++s) {
    to_scan(static_cast<Scan>(s), shape, voxels.data(), state.other_scan.data());
    const std::size_t runs = count_runs({state.other_scan.data(), voxels.size()});
    if (runs >= fewest) continue;
    fewest = runs;
    best = static_cast<Scan>(s);
    std::swap(state.scanned, state.other_scan);
  }
  return best;
}

// docs/codecs/rle.md
class RleCodec final : public Codec {
 public:
  CodecId id() const override { return CodecId::kRle; }
  std::string_view name() const override { return "rle"; }
  std::uint8_t version() const override { return 1; }
  std::uint8_t min_version() const override { return 1; }
  std::size_t bound(BrickShape shape) const override { return 1 + shape.voxels() * sizeof(MaterialId); }

  bool encode(std::span<const MaterialId> voxels, const BrickContext& brick, const EncodeParameters& how,
              CodecScratch& scratch, std::string& out) const override {
    assert(brick.shape.valid() && voxels.size() == brick.shape.voxels());
    CodecScratch::State& state = scratch.state();
    const Scan scan = how.scan ? *how.scan : choose_scan(voxels, brick.shape, state);
    std::span<const MaterialId> scanned = voxels;
    if (scan != Scan::kZ) {
      if (how.scan) {
        state.scanned.resize(std::max(state.scanned.size(), voxels.size()));
        to_scan(scan, brick.shape, voxels.data(), state.scanned.data());
      }
      scanned = {state.scanned.data(), voxels.size()};
    }
    find_distinct(scanned, state);
    const std::size_t start = out.size();
    out.push_back(static_cast<char>(scan));
    MaterialList::put(state.palette, out);
    const auto min_run = static_cast<std::size_t>(std::max(how.min_run, 1));
    const std::size_t max_segment =
        std::min(kMaxSegment, static_cast<std::size_t>(std::max(how.max_segment, 1)));
    TokenWriter writer(state, out);
    std::size_t listed = 0;  // where the voxels begin that are not written yet
    for_each_run(scanned, [&](std::size_t begin, std::size_t length) {
      if (length < min_run) return;
      writer.list(scanned.subspan(listed, begin - listed));
      writer.run(scanned[begin], length, max_segment);
      listed = begin + length;
    });
    writer.list(scanned.subspan(listed));
    if (out.size() - start <= bound(brick.shape)) return true;
    out.resize(start);
    out.push_back(static_cast<char>(kRaw));
    out.append(reinterpret_cast<const char*>(voxels.data()), voxels.size_bytes());
    return true;
  }

  Status decode(Bytes bytes, std::uint8_t version, const BrickContext& brick, CodecScratch& scratch,
                std::span<MaterialId> voxels) const override {
    TERRANE_TRY(check_decode_call(brick.shape, voxels.size(), name()));
    TERRANE_TRY(check_version(*this, version));
    TERRANE_ASSIGN(const Payload payload, parse(bytes, brick.shape));
    if (payload.is_raw()) {
      std::memcpy(voxels.data(), payload.raw.data(), voxels.size_bytes());
      return ok();
    }
    if (!payload.list.is_sorted()) return corrupt("an rle brick's materials are not sorted");
    const bool as_they_lie = payload.order() == Scan::kZ;
    std::vector<MaterialId>& room = scratch.state().scanned;
    if (!as_they_lie) room.resize(std::max(room.size(), voxels.size()));
    MaterialId* const scanned = as_they_lie ? voxels.data() : room.data();
    MaterialId* at = scanned;
    TokenReader reader(payload.tokens, payload.list, voxels.size());
    for (Token token; reader.next(token); at += token.length) {
      if (token.run) {
        std::fill_n(at, token.length, payload.list.material(token.index));
      } else if (!expand_listed(token, reader.width(), payload.list, at)) {
        return bad_listed();
      }
    }
    TERRANE_TRY(reader.status());
    if (!as_they_lie) from_scan(payload.order(), brick.shape, scanned, voxels.data());
    return ok();
  }

  // Walks the tokens as far as the voxel.
  Result<MaterialId> at(Bytes bytes, std::uint8_t version, const BrickContext& brick, Coord c,
                        CodecScratch&) const override {
    TERRANE_TRY(check_at_call(brick.shape, c, name()));
    TERRANE_TRY(check_version(*this, version));
    TERRANE_ASSIGN(const Payload payload, parse(bytes, brick.shape));
    if (payload.is_raw()) {
      MaterialId m;
      std::memcpy(&m, payload.raw.data() + voxel_index(brick.shape, c) * sizeof(m), sizeof(m));
      return m;
    }
    std::size_t left = scan_rank(payload.order(), brick.shape, c);
    TokenReader reader(payload.tokens, payload.list, brick.shape.voxels());
    const unsigned width = reader.width();
    for (Token token; reader.next(token); left -= token.length) {
      if (left >= token.length) continue;
      const std::size_t index = token.run ? token.index : bits_at(token.listed, left * width, width);
      if (!payload.list.has(index)) return bad_listed();
      return payload.list.material(index);
    }
    return corrupt("an rle brick ends before its last voxel");
  }
  bool in_place() const override { return true; }

  // Of a whole brick from its tokens; a part is decoded.
  Status histogram(Bytes bytes, std::uint8_t version, const BrickContext& brick, const Box& part,
                   CodecScratch& scratch, MaterialCounts& counts) const override {
    TERRANE_TRY(check_version(*this, version));
    TERRANE_ASSIGN(const Payload payload, parse(bytes, brick.shape));
    if (payload.is_raw() || part != Box::of_size({}, brick.shape.size()))
      return Codec::histogram(bytes, version, brick, part, scratch, counts);
    TokenReader reader(payload.tokens, payload.list, brick.shape.voxels());
    const unsigned width = reader.width();
    for (Token token; reader.next(token);) {
      if (token.run) {
        counts.add(payload.list.material(token.index), token.length);
        continue;
      }
      if (!is_filled_up(token, width)) return bad_listed();
      for (std::size_t i = 0; i < token.length; ++i) {
        const std::size_t index = bits_at(token.listed, i * width, width);
        if (!payload.list.has(index)) return bad_listed();
        counts.add(payload.list.material(index), 1);
      }
    }
    return reader.status();
  }
};

}  // namespace

const Codec& rle_codec() {
  static const RleCodec codec;
  return codec;
}

}  // namespace terrane::detail

#include "terrane/volume/format.h"

#include <bit>

#include "terrane/base/hash.h"
#include "terrane/codec/frame.h"

namespace terrane::format {
namespace {

constexpr char kMetaSpace = 0x01;
constexpr char kMapSpace = 0x10;
constexpr char kRecordSpace = 0x20;
constexpr std::size_t kSealBytes = 8;
constexpr std::uint8_t kWrittenBit = 0x80;

void append_big_endian(std::string& out, std::uint64_t v) {
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<char>(v >> shift));
}

std::uint64_t big_endian_at(std::string_view s, std::size_t at) {
  std::uint64_t v = 0;
  for (std::size_t i = 0; i < 8; ++i) v = v << 8 | static_cast<std::uint8_t>(s[at + i]);
  return v;
}

std::string prefix(char space, int level) {
  return {space, static_cast<char>(level)};
}

std::string numbered(char space, int level, std::uint64_t number) {
  std::string key = prefix(space, level);
  append_big_endian(key, number);
  return key;
}

std::string meta_key(std::string_view name) {
  std::string key(1, kMetaSpace);
  key += name;
  return key;
}

std::uint64_t seal_seed(std::string_view key, std::uint64_t model) {
  return hash64(as_bytes(key)) ^ model;
}

void write_counters(ByteWriter& out, const Counters& c) {
  out.varint(c.uniform);
  out.varint(c.predicted);
  out.varint(c.bricks);
  out.varint(c.bytes);
  out.varint(c.written_voxels);
  out.varint(c.codecs.size());
  for (const auto& [id, use] : c.codecs) {
    out.fixed(static_cast<std::uint8_t>(id));
    out.varint(use.bricks);
    out.varint(use.bytes);
  }
}

Counters read_counters(ByteReader& in) {
  Counters c;
  c.uniform = in.varint();
  c.predicted = in.varint();
  c.bricks = in.varint();
  c.bytes = in.varint();
  c.written_voxels = in.varint();
  for (std::uint64_t n = in.varint(); n > 0 && !in.failed(); --n) {
    const auto id = static_cast<CodecId>(in.fixed<std::uint8_t>());
    CodecUse& use = c.codecs[id];
    use.bricks = in.varint();
    use.bytes = in.varint();
  }
  return c;
}

void write_coord(ByteWriter& out, Coord c) {
  out.signed_varint(c.x);
  out.signed_varint(c.y);
  out.signed_varint(c.z);
}

Coord read_coord(ByteReader& in) {
  Coord c;
  c.x = in.signed_varint();
  c.y = in.signed_varint();
  c.z = in.signed_varint();
  return c;
}

Error malformed(std::string_view what) {
  return corrupt("the " + std::string(what) +
                 " passes its hash but does not parse; it was written by a faulty program. Verify the store");
}

}  // namespace

std::string map_key(int level, Position position, MapTag tag) {
  std::string key = numbered(kMapSpace, level, position);
  key.push_back(static_cast<char>(tag));
  return key;
}

std::string map_end(int level) {
  return prefix(kMapSpace, level + 1);
}

Result<MapKey> parse_map_key(std::string_view key) {
  if (key.size() != kMapKeyBytes || key[0] != kMapSpace || key[1] > kMaxLevel || key[1] < 0 || key[10] < 0 ||
      key[10] > static_cast<char>(MapTag::kOwn)) {
    return corrupt("a key of the interval map does not parse; verify the store");
  }
  return MapKey{key[1], big_endian_at(key, 2), static_cast<MapTag>(key[10])};
}

std::string manifest_key() {
  return meta_key("manifest");
}
std::string totals_key() {
  return meta_key("totals");
}
std::string pending_key(std::uint64_t id) {
  std::string key = pending_begin();
  append_big_endian(key, id);
  return key;
}
std::string pending_begin() {
  return meta_key("pending/");
}
std::string pending_end() {
  return meta_key("pending0");
}

std::string record_key(int level, RegionId region) {
  return numbered(kRecordSpace, level, region);
}
std::string directory_record_key(int level) {
  return numbered(kRecordSpace, level, ~std::uint64_t{0});
}
std::string record_begin(int level) {
  return prefix(kRecordSpace, level);
}
std::string record_end(int level) {
  return prefix(kRecordSpace, level + 1);
}

void seal(std::string& payload, std::string_view key, std::uint64_t model) {
  const std::uint64_t hash = hash64(as_bytes(payload), seal_seed(key, model));
  ByteWriter(payload).fixed(hash);
}

std::uint64_t seal_of(std::string_view value) {
  if (value.size() < kSealBytes) return 0;
  return ByteReader(value.substr(value.size() - kSealBytes)).fixed<std::uint64_t>();
}

Result<std::string_view> unseal(std::string_view value, std::string_view key, std::uint64_t model,
                                std::string_view what) {
  if (value.size() > kSealBytes) {
    const std::string_view payload = value.substr(0, value.size() - kSealBytes);
    if (hash64(as_bytes(payload), seal_seed(key, model)) == seal_of(value)) return payload;
  }
  return corrupt("the " + std::string(what) +
                 " does not match its hash: its bytes were changed, or it sits under another key. Run "
                 "`terrane verify`, then restore it from a copy");
}

std::uint64_t constant_model(MaterialId fill) {
  std::string name = "constant/1/";
  ByteWriter(name).fixed(fill);
  return hash64(as_bytes(name));
}

std::string range_value(std::string_view key, const Run& run, const Content& content, std::string_view frame,
                        std::uint64_t model) {
  std::string value;
  value.reserve(frame.size() + 1 + kMaxVarintBytes + kSealBytes);
  ByteWriter out(value);
  out.fixed(static_cast<std::uint8_t>(static_cast<unsigned>(content.kind) |
                                      (content.written ? unsigned{kWrittenBit} : 0U)));
  if (content.kind != RangeKind::kBrick) out.varint(run.last - run.first);
  if (content.kind == RangeKind::kUniform) out.fixed(content.material);
  value += frame;
  seal(value, key, model);
  return value;
}

Result<Range> parse_range(std::string_view key, std::string_view value, std::uint64_t model) {
  TERRANE_ASSIGN(const MapKey at, parse_map_key(key));
  TERRANE_ASSIGN(const std::string_view payload, unseal(value, key, model, "range"));
  ByteReader in(payload);
  Range range;
  const auto head = in.fixed<std::uint8_t>();
  range.content.written = (head & kWrittenBit) != 0;
  range.content.kind = static_cast<RangeKind>(head & ~unsigned{kWrittenBit});
  std::uint64_t span = 0;
  switch (range.content.kind) {
    case RangeKind::kUniform:
      span = in.varint();
      range.content.material = in.fixed<MaterialId>();
      break;
    case RangeKind::kPredicted:
      span = in.varint();
      break;
    case RangeKind::kBrick: {
      range.frame = as_view(in.take(in.remaining()));
      TERRANE_ASSIGN(const FrameInfo frame, parse_frame(as_bytes(range.frame)));
      range.codec = frame.codec;
      range.codec_version = frame.version;
      break;
    }
    default:
      return malformed("range");
  }
  if (!in.finished() || span > at.position) return malformed("range");
  range.run = {at.position - span, at.position};
  range.seal = seal_of(value);
  range.bytes = key.size() + value.size();
  return range;
}

std::string own_value(std::string_view key, std::uint64_t model) {
  std::string value(1, '\x04');
  seal(value, key, model);
  return value;
}

void Counters::add(const Range& range, int sign) {
  const auto one = static_cast<std::uint64_t>(static_cast<std::int64_t>(sign));
  bytes += one * range.bytes;
  written_voxels += one * range.written_voxels;
  switch (range.content.kind) {
    case RangeKind::kUniform:
      uniform += one;
      return;
    case RangeKind::kPredicted:
      predicted += one;
      return;
    case RangeKind::kBrick:
      break;
  }
  bricks += one;
  CodecUse& use = codecs[range.codec];
  use.bricks += one;
  use.bytes += one * range.bytes;
  if (use == CodecUse{}) codecs.erase(range.codec);
}

void Counters::add(const Counters& other, int sign) {
  const auto one = static_cast<std::uint64_t>(static_cast<std::int64_t>(sign));
  uniform += one * other.uniform;
  predicted += one * other.predicted;
  bricks += one * other.bricks;
  bytes += one * other.bytes;
  written_voxels += one * other.written_voxels;
  for (const auto& [id, theirs] : other.codecs) {
    CodecUse& use = codecs[id];
    use.bricks += one * theirs.bricks;
    use.bytes += one * theirs.bytes;
    if (use == CodecUse{}) codecs.erase(id);
  }
}

std::string record_value(std::string_view key, const Record& record, std::uint64_t model) {
  std::string value;
  ByteWriter out(value);
  out.varint(record.epoch);
  out.varint(record.keys);
  out.fixed(record.hash_sum);
  write_counters(out, record.counters);
  seal(value, key, model);
  return value;
}

Result<Record> parse_record(std::string_view key, std::string_view value, std::uint64_t model) {
  TERRANE_ASSIGN(const std::string_view payload, unseal(value, key, model, "region record"));
  ByteReader in(payload);
  Record record;
  record.epoch = in.varint();
  record.keys = in.varint();
  record.hash_sum = in.fixed<std::uint64_t>();
  record.counters = read_counters(in);
  if (!in.finished()) return malformed("region record");
  return record;
}

std::string totals_value(const Totals& totals, std::uint64_t model) {
  std::string value;
  ByteWriter out(value);
  out.varint(totals.epoch);
  out.varint(totals.stored_bytes);
  out.varint(totals.next_pending);
  out.varint(totals.meta_keys);
  out.fixed(totals.meta_sum);
  out.fixed(totals.record_sum);
  out.varint(totals.batches);
  out.varint(totals.pooled);
  out.varint(totals.deltas);
  out.varint(totals.events);
  out.fixed(totals.event_sum);
  write_counters(out, totals.level0);
  seal(value, totals_key(), model);
  return value;
}

Result<Totals> parse_totals(std::string_view value, std::uint64_t model) {
  TERRANE_ASSIGN(const std::string_view payload, unseal(value, totals_key(), model, "totals record"));
  ByteReader in(payload);
  Totals totals;
  totals.epoch = in.varint();
  totals.stored_bytes = in.varint();
  totals.next_pending = in.varint();
  totals.meta_keys = in.varint();
  totals.meta_sum = in.fixed<std::uint64_t>();
  totals.record_sum = in.fixed<std::uint64_t>();
  totals.batches = in.varint();
  totals.pooled = in.varint();
  totals.deltas = in.varint();
  totals.events = in.varint();
  totals.event_sum = in.fixed<std::uint64_t>();
  totals.level0 = read_counters(in);
  if (!in.finished()) return malformed("totals record");
  return totals;
}

std::string pending_value(std::string_view key, const Pending& pending, std::uint64_t model) {
  std::string value;
  ByteWriter out(value);
  out.varint(pending.id);
  out.fixed(static_cast<std::uint8_t>(pending.kind));
  write_coord(out, pending.box.lo);
  write_coord(out, pending.box.hi);
  out.string(pending.source);
  out.varint(pending.piece);
  out.fixed(static_cast<std::uint8_t>(pending.level));
  out.varint(pending.block);
  seal(value, key, model);
  return value;
}

Result<Pending> parse_pending(std::string_view key, std::string_view value, std::uint64_t model) {
  TERRANE_ASSIGN(const std::string_view payload, unseal(value, key, model, "record of unfinished work"));
  ByteReader in(payload);
  Pending pending;
  pending.id = in.varint();
  const auto kind = in.fixed<std::uint8_t>();
  pending.kind = static_cast<Pending::Kind>(kind);
  pending.box.lo = read_coord(in);
  pending.box.hi = read_coord(in);
  pending.source = in.string();
  pending.piece = static_cast<std::uint32_t>(in.varint());
  pending.level = in.fixed<std::uint8_t>();
  pending.block = in.varint();
  if (!in.finished() || kind < 1 || kind > 3 || pending.level > kMaxLevel + 1) {
    return malformed("record of unfinished work");
  }
  return pending;
}

}  // namespace terrane::format

#include "terrane/volume/delta_format.h"

namespace terrane::format {
namespace {

constexpr char kDeltaSpace = 0x30;
constexpr char kDeltaRecordSpace = 0x31;

template <class T>
void append_big_endian(std::string& out, T v) {
  for (int shift = 8 * (static_cast<int>(sizeof(T)) - 1); shift >= 0; shift -= 8)
    out.push_back(static_cast<char>(v >> shift));
}

template <class T>
T big_endian_at(std::string_view s, std::size_t at) {
  T v = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i)
    v = static_cast<T>(v << 8 | static_cast<std::uint8_t>(s[at + i]));
  return v;
}

std::string prefix(char space, int level) {
  return {space, static_cast<char>(level)};
}

Error malformed(std::string_view what) {
  return corrupt("the " + std::string(what) +
                 " passes its hash but does not parse; it was written by a faulty program. Verify the store");
}

}  // namespace

std::string delta_begin(int level, Position position) {
  std::string key = prefix(kDeltaSpace, level);
  append_big_endian(key, position);
  return key;
}

std::string delta_end(int level, Position last) {
  return last == ~Position{0} ? prefix(kDeltaSpace, level + 1) : delta_begin(level, last + 1);
}

std::string delta_key(int level, Position position, std::uint32_t number) {
  std::string key = delta_begin(level, position);
  append_big_endian(key, number);
  return key;
}

Result<DeltaKey> parse_delta_key(std::string_view key) {
  if (key.size() != kDeltaKeyBytes || key[0] != kDeltaSpace || key[1] < 0 || key[1] > kMaxLevel)
    return corrupt("a key of an edit does not parse; verify the store");
  return DeltaKey{key[1], big_endian_at<Position>(key, 2), big_endian_at<std::uint32_t>(key, 10)};
}

std::string delta_value(std::string_view key, std::uint64_t batch, std::string_view patch,
                        std::uint64_t model) {
  std::string value;
  value.reserve(patch.size() + kMaxVarintBytes + sizeof(std::uint64_t));
  ByteWriter(value).varint(batch);
  value += patch;
  seal(value, key, model);
  return value;
}

Result<Delta> parse_delta(std::string_view key, std::string_view value, std::uint64_t model) {
  TERRANE_ASSIGN(const std::string_view payload, unseal(value, key, model, "edit"));
  ByteReader in(payload);
  Delta delta;
  delta.batch = in.varint();
  delta.patch = as_view(in.take(in.remaining()));
  if (in.failed() || delta.batch == 0 || delta.patch.empty()) return malformed("edit");
  return delta;
}

std::string delta_record_key(int level, RegionId region) {
  std::string key = prefix(kDeltaRecordSpace, level);
  append_big_endian(key, region);
  return key;
}

Result<RegionId> parse_delta_record_key(std::string_view key) {
  if (key.size() != 10 || key[0] != kDeltaRecordSpace)
    return corrupt("a key of a record of edits does not parse; verify the store");
  return big_endian_at<RegionId>(key, 2);
}

std::string delta_record_begin(int level) {
  return prefix(kDeltaRecordSpace, level);
}

std::string delta_record_end(int level) {
  return prefix(kDeltaRecordSpace, level + 1);
}

std::string delta_record_value(std::string_view key, const DeltaRecord& record, std::uint64_t model) {
  std::string value;
  ByteWriter out(value);
  out.varint(record.epoch);
  out.varint(record.keys);
  out.varint(record.bytes);
  out.fixed(record.hash_sum);
  seal(value, key, model);
  return value;
}

Result<DeltaRecord> parse_delta_record(std::string_view key, std::string_view value, std::uint64_t model) {
  TERRANE_ASSIGN(const std::string_view payload, unseal(value, key, model, "record of a region's edits"));
  ByteReader in(payload);
  DeltaRecord record;
  record.epoch = in.varint();
  record.keys = in.varint();
  record.bytes = in.varint();
  record.hash_sum = in.fixed<std::uint64_t>();
  if (!in.finished() || record.keys == 0) return malformed("record of a region's edits");
  return record;
}

}  // namespace terrane::format

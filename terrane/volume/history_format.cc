#include "terrane/volume/history_format.h"

namespace terrane::format {
namespace {

constexpr char kFoldedSpace = 0x41;
constexpr char kReplacedSpace = 0x42;
constexpr std::size_t kKeyBytes = 17;

std::string numbered(char space, std::uint64_t number) {
  std::string key(1, space);
  for (int shift = 56; shift >= 0; shift -= 8) key.push_back(static_cast<char>(number >> shift));
  return key;
}

std::string twice_numbered(char space, std::uint64_t first, std::uint64_t second) {
  return numbered(space, first) + numbered(space, second).substr(1);
}

std::uint64_t number_at(std::string_view key, std::size_t at) {
  std::uint64_t v = 0;
  for (const char c : key.substr(at, 8)) v = v << 8 | static_cast<std::uint8_t>(c);
  return v;
}

Error malformed(std::string_view what) {
  return corrupt("the " + std::string(what) +
                 " passes its hash but does not parse; it was written by a faulty program. Verify the store");
}

template <class Entry>
void write_entries(ByteWriter& out, const std::vector<Entry>& entries) {
  out.varint(entries.size());
  for (const Entry& entry : entries) {
    out.varint(entry.batch);
    out.string(entry.patch);
  }
}

template <class Entry>
bool read_entries(ByteReader& in, std::vector<Entry>& entries) {
  for (std::uint64_t n = in.varint(); n > 0 && !in.failed(); --n) {
    const std::uint64_t batch = in.varint();
    entries.push_back({batch, std::string(in.string())});
  }
  return !in.failed();
}

}  // namespace

std::string folded_key(Position position, std::uint64_t epoch) {
  return twice_numbered(kFoldedSpace, position, epoch);
}
std::string folded_begin(Position position) {
  return numbered(kFoldedSpace, position);
}
std::string folded_end(Position last) {
  return last == ~Position{0} ? std::string(1, kFoldedSpace + 1) : folded_begin(last + 1);
}

std::string folded_value(std::string_view key, const Folded& folded, std::uint64_t model) {
  std::string value;
  ByteWriter out(value);
  write_entries(out, folded.deltas);
  seal(value, key, model);
  return value;
}

Result<Folded> parse_folded(std::string_view key, std::string_view value, std::uint64_t model) {
  if (key.size() != kKeyBytes || key[0] != kFoldedSpace)
    return corrupt("a key of a brick's history does not parse; verify the store");
  Folded folded{number_at(key, 1), number_at(key, 9), {}};
  TERRANE_ASSIGN(const std::string_view payload, unseal(value, key, model, "history of a brick"));
  ByteReader in(payload);
  if (!read_entries(in, folded.deltas) || !in.finished()) return malformed("history of a brick");
  return folded;
}

std::string replaced_key(std::uint64_t batch, Position last) {
  return twice_numbered(kReplacedSpace, batch, last);
}
std::string replaced_begin(std::uint64_t batch) {
  return numbered(kReplacedSpace, batch);
}

std::string history_begin() {
  return std::string(1, kFoldedSpace);
}
std::string history_end() {
  return std::string(1, kReplacedSpace + 1);
}
bool is_folded_key(std::string_view key) {
  return !key.empty() && key[0] == kFoldedSpace;
}

std::string replaced_value(std::string_view key, const Replaced& replaced, std::uint64_t model) {
  std::string value;
  ByteWriter out(value);
  out.varint(replaced.run.last - replaced.run.first);
  out.fixed(static_cast<std::uint8_t>(static_cast<unsigned>(replaced.content.kind) |
                                      (replaced.content.written ? 0x80u : 0u)));
  if (replaced.content.kind == RangeKind::kUniform) out.fixed(replaced.content.material);
  if (replaced.content.kind == RangeKind::kBrick) out.string(replaced.frame);
  write_entries(out, replaced.deltas);
  seal(value, key, model);
  return value;
}

Result<Replaced> parse_replaced(std::string_view key, std::string_view value, std::uint64_t model) {
  if (key.size() != kKeyBytes || key[0] != kReplacedSpace)
    return corrupt("a key of what an edit replaced does not parse; verify the store");
  Replaced replaced;
  replaced.batch = number_at(key, 1);
  replaced.run.last = number_at(key, 9);
  TERRANE_ASSIGN(const std::string_view payload,
                 unseal(value, key, model, "record of what an edit replaced"));
  ByteReader in(payload);
  const std::uint64_t span = in.varint();
  const auto head = in.fixed<std::uint8_t>();
  replaced.content.written = (head & 0x80u) != 0;
  replaced.content.kind = static_cast<RangeKind>(head & 0x7fu);
  if (replaced.content.kind == RangeKind::kUniform) replaced.content.material = in.fixed<MaterialId>();
  if (replaced.content.kind == RangeKind::kBrick) replaced.frame = in.string();
  const bool known = replaced.content.kind == RangeKind::kUniform ||
                     replaced.content.kind == RangeKind::kPredicted ||
                     replaced.content.kind == RangeKind::kBrick;
  if (!known || span > replaced.run.last || !read_entries(in, replaced.deltas) || !in.finished())
    return malformed("record of what an edit replaced");
  replaced.run.first = replaced.run.last - span;
  return replaced;
}

}  // namespace terrane::format

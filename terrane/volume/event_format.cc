#include "terrane/volume/event_format.h"

namespace terrane::format {
namespace {

constexpr char kEventSpace = 0x40;
constexpr std::size_t kEventKeyBytes = 9;

Error malformed() {
  return corrupt(
      "an event passes its hash but does not parse; it was written by a faulty program. Verify the store");
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

// Each run by its distance from the end of the one before it.
void write_runs(ByteWriter& out, const std::vector<Run>& runs) {
  out.varint(runs.size());
  Position next = 0;
  for (const Run& run : runs) {
    out.varint(run.first - next);
    out.varint(run.last - run.first);
    next = run.last + 1;
  }
}

bool read_runs(ByteReader& in, std::vector<Run>& runs) {
  Position next = 0;
  for (std::uint64_t n = in.varint(); n > 0; --n) {
    const std::uint64_t gap = in.varint(), more = in.varint();
    if (in.failed()) return false;
    const Position first = next + gap, last = first + more;
    if (first < next || last < first || (!runs.empty() && next == 0)) return false;
    runs.push_back({first, last});
    next = last + 1;
  }
  return true;
}

}  // namespace

std::string event_key(std::uint64_t batch) {
  std::string key(1, kEventSpace);
  for (int shift = 56; shift >= 0; shift -= 8) key.push_back(static_cast<char>(batch >> shift));
  return key;
}

std::string event_end() {
  return std::string(1, kEventSpace + 1);
}

Result<std::uint64_t> parse_event_key(std::string_view key) {
  if (key.size() != kEventKeyBytes || key[0] != kEventSpace)
    return corrupt("a key of an event does not parse; verify the store");
  std::uint64_t batch = 0;
  for (const char c : key.substr(1)) batch = batch << 8 | static_cast<std::uint8_t>(c);
  return batch;
}

std::string event_value(std::string_view key, const Event& event, std::uint64_t model) {
  std::string value;
  ByteWriter out(value);
  out.signed_varint(event.time_us);
  out.fixed(event.process.bits());
  out.string(event.author);
  out.string(event.note);
  write_coord(out, event.box.lo);
  write_coord(out, event.box.hi);
  out.varint(event.voxels);
  write_runs(out, event.bricks);
  seal(value, key, model);
  return value;
}

Result<Event> parse_event(std::string_view key, std::string_view value, std::uint64_t model) {
  Event event;
  TERRANE_ASSIGN(event.batch, parse_event_key(key));
  TERRANE_ASSIGN(const std::string_view payload, unseal(value, key, model, "event"));
  ByteReader in(payload);
  event.time_us = in.signed_varint();
  const auto process = ProcessSet::of_bits(in.fixed<std::uint8_t>());
  if (!process) return malformed();
  event.process = *process;
  event.author = in.string();
  event.note = in.string();
  event.box.lo = read_coord(in);
  event.box.hi = read_coord(in);
  event.voxels = in.varint();
  if (!read_runs(in, event.bricks) || !in.finished()) return malformed();
  return event;
}

}  // namespace terrane::format

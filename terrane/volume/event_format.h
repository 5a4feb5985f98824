#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "terrane/space/lattice.h"
#include "terrane/volume/format.h"
#include "terrane/voxel/process.h"

// Keys and values of event records: who changed what and when. As docs/FORMAT.md tells them; nothing else
// knows their bytes.
namespace terrane::format {

// Events of 4,096 batches that follow one another are a unit.
constexpr Unit event_unit(std::uint64_t batch) {
  return {4, 0, batch >> 12};
}

// 0x40 | batch, big endian.
std::string event_key(std::uint64_t batch);
std::string event_end();  // after every event key
Result<std::uint64_t> parse_event_key(std::string_view key);

// One acknowledged batch of edits. Written with it, and then only read.
struct Event {
  std::uint64_t batch = 0;
  std::int64_t time_us = 0;  // since 1970, UTC
  ProcessSet process;
  std::string author, note;
  Box box;                   // around all that it may have changed; may cross the seam
  std::uint64_t voxels = 0;  // that it set, whatever they were before
  std::vector<Run> bricks;   // that it touched, ascending
  friend bool operator==(const Event&, const Event&) = default;
};
std::string event_value(std::string_view key, const Event& event, std::uint64_t model);
Result<Event> parse_event(std::string_view key, std::string_view value, std::uint64_t model);

}  // namespace terrane::format

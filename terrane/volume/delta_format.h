#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "terrane/space/position.h"
#include "terrane/volume/format.h"

// Keys and values of edits that are not folded yet, and of the records that vouch for them, as docs/FORMAT.md
// tells them. Nothing else knows their bytes.
namespace terrane::format {

// The deltas of a region of a level: a unit of atomicity of its own. Their record stands in the level's
// directory, where regions that have some can be found.
constexpr Unit delta_unit(int level, RegionId region) {
  return {3, static_cast<std::uint8_t>(level), region};
}

// 0x30 | level | position, big endian | number, big endian. Deltas of a brick are numbered from 0 since its
// last fold, without a gap.
inline constexpr std::size_t kDeltaKeyBytes = 14;
struct DeltaKey {
  int level = 0;
  Position position = 0;
  std::uint32_t number = 0;
};
std::string delta_key(int level, Position position, std::uint32_t number);
Result<DeltaKey> parse_delta_key(std::string_view key);
// Where the deltas of a brick, and those of a region, begin and end.
std::string delta_begin(int level, Position position);
std::string delta_end(int level, Position last);

// What one batch makes of one brick. `patch` (docs/format/patch.md) is a view into the value it was parsed
// from.
struct Delta {
  std::uint64_t batch = 0;
  std::string_view patch;
};
// Payload before the seal: varint batch | patch. Gives the sealed value.
std::string delta_value(std::string_view key, std::uint64_t batch, std::string_view patch,
                        std::uint64_t model);
Result<Delta> parse_delta(std::string_view key, std::string_view value, std::uint64_t model);

// What the deltas of a region add up to; written in every batch that adds or removes one, gone where there is
// none. Shows what no present key can: a brick's last delta lost.
struct DeltaRecord {
  std::uint64_t epoch = 0;     // of the last batch that changed it
  std::uint64_t keys = 0;      // deltas; at least one
  std::uint64_t bytes = 0;     // of their keys and values
  std::uint64_t hash_sum = 0;  // of their seals, wrapping
  friend bool operator==(const DeltaRecord&, const DeltaRecord&) = default;
};
std::string delta_record_key(int level, RegionId region);
Result<RegionId> parse_delta_record_key(std::string_view key);
std::string delta_record_begin(int level);
std::string delta_record_end(int level);
std::string delta_record_value(std::string_view key, const DeltaRecord& record, std::uint64_t model);
Result<DeltaRecord> parse_delta_record(std::string_view key, std::string_view value, std::uint64_t model);

}  // namespace terrane::format

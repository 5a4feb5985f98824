#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "terrane/base/bytes.h"
#include "terrane/base/status.h"
#include "terrane/codec/codec.h"
#include "terrane/space/box.h"
#include "terrane/space/position.h"
#include "terrane/store/engine.h"
#include "terrane/volume/volume.h"

// Every key and value of a store, as docs/FORMAT.md tells them. Nothing else knows their bytes.
namespace terrane::format {

inline constexpr int kMajor = 0;
inline constexpr int kMinor = 2;

// --- keys -------------------------------------------------------------------------------------------

// Units of atomicity.
constexpr Unit meta_unit() {
  return {0, 0, 0};
}
constexpr Unit directory_unit(int level) {
  return {1, static_cast<std::uint8_t>(level), 0};
}
constexpr Unit region_unit(int level, RegionId region) {
  return {2, static_cast<std::uint8_t>(level), region};
}

// A key of the interval map: 0x10 | level | position, big endian | tag.
enum class MapTag : std::uint8_t {
  kRange = 0,      // a range inside one region, in the region's unit
  kDirectory = 1,  // a range of whole regions, in the directory
  kOwn = 2,        // in the directory: the region that ends here has its ranges in its own unit
};
inline constexpr std::size_t kMapKeyBytes = 11;
struct MapKey {
  int level = 0;
  Position position = 0;
  MapTag tag = MapTag::kRange;
};
std::string map_key(int level, Position position, MapTag tag = MapTag::kRange);
std::string map_end(int level);  // after every map key of the level
Result<MapKey> parse_map_key(std::string_view key);

std::string manifest_key();
std::string totals_key();
std::string pending_key(std::uint64_t id);
std::string pending_begin();
std::string pending_end();
std::string record_key(int level, RegionId region);
std::string directory_record_key(int level);
std::string record_begin(int level);
std::string record_end(int level);

// --- sealed values ----------------------------------------------------------------------------------

// Appends the hash that binds `payload` to its key and to the store's model: hash64(payload, seed) with
// seed = hash64(key) ^ model.
void seal(std::string& payload, std::string_view key, std::uint64_t model);
// The payload, or kCorrupt. `what` names the value in the message.
Result<std::string_view> unseal(std::string_view value, std::string_view key, std::uint64_t model,
                                std::string_view what);
// The seal of a sealed value; 0 for one that is too short to have one.
std::uint64_t seal_of(std::string_view value);
// What a constant model adds to every seal.
std::uint64_t constant_model(MaterialId fill);

// --- ranges -----------------------------------------------------------------------------------------

// What a range says of its positions.
struct Content {
  RangeKind kind = RangeKind::kPredicted;
  MaterialId material = 0;  // uniform only
  bool written = false;
  friend bool operator==(const Content&, const Content&) = default;
  bool absorbs() const { return kind != RangeKind::kBrick; }  // may hold positions outside the extent
};

// One stored range. `frame` is a view into the value it was parsed from.
struct Range {
  Run run;
  Content content;
  std::string_view frame;  // brick
  CodecId codec{};         // brick
  std::uint8_t codec_version = 0;
  std::uint64_t seal = 0;
  std::size_t bytes = 0;             // key and value
  std::uint64_t written_voxels = 0;  // filled in by who knows the lattice; not stored here
};

// Payload before the seal:  u8 kind | 0x80 where written,  then
//   uniform: varint last - first, u16 material;  predicted: varint last - first;  brick: the frame
// Gives the sealed value.
std::string range_value(std::string_view key, const Run& run, const Content& content, std::string_view frame,
                        std::uint64_t model);
Result<Range> parse_range(std::string_view key, std::string_view value, std::uint64_t model);
std::string own_value(std::string_view key, std::uint64_t model);

// --- records ----------------------------------------------------------------------------------------

// What ranges add up to.
struct Counters {
  std::uint64_t uniform = 0, predicted = 0, bricks = 0;
  std::uint64_t bytes = 0;           // keys and values of ranges and own entries
  std::uint64_t written_voxels = 0;  // inside the extent, of bricks that an ingest or a write touched
  std::map<CodecId, CodecUse> codecs;
  void add(const Range& range, int sign);  // sign: 1 or -1
  void add(const Counters& other, int sign);
  friend bool operator==(const Counters&, const Counters&) = default;
};

// One per region that has its own unit, and one per directory: shows what no present key can.
struct Record {
  std::uint64_t epoch = 0;     // of the last batch that changed it
  std::uint64_t keys = 0;      // ranges and own entries
  std::uint64_t hash_sum = 0;  // of their seals, wrapping
  Counters counters;
  friend bool operator==(const Record&, const Record&) = default;
};
std::string record_value(std::string_view key, const Record& record, std::uint64_t model);
Result<Record> parse_record(std::string_view key, std::string_view value, std::uint64_t model);

// One per store, written in every batch.
struct Totals {
  std::uint64_t epoch = 0;
  std::uint64_t stored_bytes = 0;  // of all keys and values but this one
  std::uint64_t next_pending = 1;
  std::uint64_t meta_keys = 0;   // the manifest and the records of unfinished work
  std::uint64_t meta_sum = 0;    // of their seals, wrapping
  std::uint64_t record_sum = 0;  // of the seals of all records of regions, directories and deltas, wrapping
  std::uint64_t batches = 0;     // of edits, acknowledged so far: the number of the last
  std::uint64_t pooled = 0;      // up to this batch coarser levels follow
  std::uint64_t deltas = 0;      // of all levels
  std::uint64_t events = 0;      // records of them
  std::uint64_t event_sum = 0;   // of their seals, wrapping
  Counters level0;
  friend bool operator==(const Totals&, const Totals&) = default;
};
std::string totals_value(const Totals& totals, std::uint64_t model);
Result<Totals> parse_totals(std::string_view value, std::uint64_t model);

// --- unfinished work --------------------------------------------------------------------------------

// A write whose coarser levels are due, an ingest that has not ended, or all levels being made anew. All of
// its level `level` up to block `block` is done, and every level below `level`.
struct Pending {
  enum class Kind : std::uint8_t { kWrite = 1, kIngest = 2, kRebuild = 3 };
  std::uint64_t id = 0;
  Kind kind = Kind::kWrite;
  Box box;                  // level-0 voxels; may cross the seam
  std::string source;       // ingest: identity of source and settings
  std::uint32_t piece = 0;  // which part of a box that crosses the seam (level 0 only)
  int level = 0;
  std::uint64_t block = 0;
  friend bool operator==(const Pending&, const Pending&) = default;
};
std::string pending_value(std::string_view key, const Pending& pending, std::uint64_t model);
Result<Pending> parse_pending(std::string_view key, std::string_view value, std::uint64_t model);

}  // namespace terrane::format

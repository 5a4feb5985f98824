#include "terrane/volume/map_unit.h"

#include <fmt/format.h>

namespace terrane {

using format::MapTag;
using format::Range;

namespace {
// From here on one range delete costs less than single ones, now and for the seeks that pass over it.
constexpr std::size_t kRangeDeleteFrom = 64;
}  // namespace

Result<MapUnit> MapUnit::open_region(const MapState& state, RegionId region, bool fresh, Batch& batch,
                                     MapDelta& delta) {
  const int level = state.lattice.level();
  MapUnit unit(state, format::region_unit(level, region), format::record_key(level, region), MapTag::kRange,
               batch, delta);
  if (!fresh) {
    TERRANE_TRY(unit.load_record());
  } else if (!state.one_keyspace) {
    // Where the region's entry was lost, its unit may still hold what it had.
    batch.erase_range(unit.unit_, format::map_key(level, region_first(region)),
                      format::map_key(level, region_last(region), MapTag::kDirectory));
  }
  return unit;
}

Result<MapUnit> MapUnit::open_directory(const MapState& state, Batch& batch, MapDelta& delta) {
  const int level = state.lattice.level();
  MapUnit unit(state, format::directory_unit(level), format::directory_record_key(level), MapTag::kDirectory,
               batch, delta);
  TERRANE_TRY(unit.load_record());
  return unit;
}

Status MapUnit::load_record() {
  TERRANE_ASSIGN(const auto value, state_->snapshot.get(unit_, record_key_));
  if (!value) {
    return missing(fmt::format(
        "the record of a region of level {} is gone from the store: data was lost. Run `terrane verify`",
        state_->lattice.level()));
  }
  TERRANE_ASSIGN(record_, format::parse_record(record_key_, *value, state_->model));
  old_record_bytes_ = record_key_.size() + value->size();
  old_record_seal_ = format::seal_of(*value);
  return ok();
}

void MapUnit::account(Range range, int sign) {
  if (range.content.written) range.written_voxels = voxels_in(range.run, state_->lattice);
  const auto one = static_cast<std::uint64_t>(static_cast<std::int64_t>(sign));
  record_.keys += one;
  record_.hash_sum += one * range.seal;
  record_.counters.add(range, sign);
  delta_->counters.add(range, sign);
  delta_->bytes += one * range.bytes;
}

void MapUnit::account_own(std::string_view key, std::string_view value, int sign) {
  const auto one = static_cast<std::uint64_t>(static_cast<std::int64_t>(sign));
  const std::uint64_t bytes = one * (key.size() + value.size());
  record_.keys += one;
  record_.hash_sum += one * format::seal_of(value);
  record_.counters.bytes += bytes;
  delta_->counters.bytes += bytes;
  delta_->bytes += bytes;
}

void MapUnit::put(const Piece& piece) {
  const std::string key = format::map_key(state_->lattice.level(), piece.run.last, tag_);
  const std::string_view frame = piece.frame != nullptr ? std::string_view(*piece.frame) : std::string_view();
  const std::string value = format::range_value(key, piece.run, piece.content, frame, state_->model);
  Range range;
  range.run = piece.run;
  range.content = piece.content;
  range.seal = format::seal_of(value);
  range.bytes = key.size() + value.size();
  if (!frame.empty()) range.codec = static_cast<CodecId>(frame[0]);
  account(range, 1);
  batch_->put(unit_, key, value);
}

void MapUnit::erase(std::span<const Range> stored) {
  const int level = state_->lattice.level();
  for (const Range& range : stored) account(range, -1);
  if (tag_ == MapTag::kRange && stored.size() >= kRangeDeleteFrom) {
    batch_->erase_range(unit_, format::map_key(level, stored.front().run.last),
                        format::map_key(level, stored.back().run.last, MapTag::kDirectory));
    return;
  }
  for (const Range& range : stored) batch_->erase(unit_, format::map_key(level, range.run.last, tag_));
}

void MapUnit::replace(std::span<const Range> stored, std::span<const Piece> pieces) {
  std::size_t gone = 0;  // stored[gone, next) have no piece that ends where they do
  std::size_t next = 0;
  for (const Piece& piece : pieces) {
    while (next < stored.size() && stored[next].run.last < piece.run.last) ++next;
    const bool same_key = next < stored.size() && stored[next].run.last == piece.run.last;
    if (next > gone) erase(stored.subspan(gone, next - gone));
    if (same_key) {
      const Range& old = stored[next];
      const bool new_brick = piece.frame != nullptr;
      gone = ++next;
      if (!new_brick && old.run == piece.run && old.content == piece.content) continue;
      account(old, -1);
    } else {
      gone = next;
    }
    put(piece);
  }
  if (gone < stored.size()) erase(stored.subspan(gone));
}

void MapUnit::put_own(RegionId region) {
  const std::string key = format::map_key(state_->lattice.level(), region_last(region), MapTag::kOwn);
  const std::string value = format::own_value(key, state_->model);
  account_own(key, value, 1);
  batch_->put(unit_, key, value);
}

void MapUnit::erase_own(RegionId region, std::string_view stored_value) {
  const std::string key = format::map_key(state_->lattice.level(), region_last(region), MapTag::kOwn);
  account_own(key, stored_value, -1);
  batch_->erase(unit_, key);
}

void MapUnit::drop() {
  const int level = state_->lattice.level();
  const RegionId region = unit_.index;
  delta_->counters.add(record_.counters, -1);
  delta_->bytes -= record_.counters.bytes + old_record_bytes_;
  delta_->record_sum -= old_record_seal_;
  batch_->erase_range(unit_, format::map_key(level, region_first(region)),
                      format::map_key(level, region_last(region), MapTag::kDirectory));
  batch_->erase(unit_, record_key_);
}

void MapUnit::close() {
  record_.epoch = state_->epoch;
  const std::string value = format::record_value(record_key_, record_, state_->model);
  delta_->bytes += record_key_.size() + value.size() - old_record_bytes_;
  delta_->record_sum += format::seal_of(value) - old_record_seal_;
  batch_->put(unit_, record_key_, value);
}

}  // namespace terrane

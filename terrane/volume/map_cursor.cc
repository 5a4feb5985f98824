#include "terrane/volume/map_cursor.h"

#include <fmt/format.h>

namespace terrane {

using format::MapKey;
using format::MapTag;
using format::Range;

namespace {
// Stepping over this many keys costs less than a seek.
constexpr Position kStepWithin = 16;
}  // namespace

MapCursor::MapCursor(const Snapshot& snapshot, bool one_keyspace, int level, std::uint64_t model)
    : snapshot_(snapshot), one_keyspace_(one_keyspace), level_(level), model_(model) {
  cursor_ = snapshot.scan(format::directory_unit(level), format::map_key(level, 0), format::map_end(level));
}

Error MapCursor::lost(Position p) const {
  const BrickCoord b = brick_at(p);
  return missing(fmt::format(
      "the range that covers brick {},{},{} of level {} is gone from the store: data was lost. Run `terrane "
      "verify` to see how much; coarser levels can be made anew with --rebuild, level 0 only from a copy",
      b.x, b.y, b.z, level_));
}

// The entry under `cursor` as the range that covers `p`; it must end at or before `limit`.
Result<Range> MapCursor::take(Cursor& cursor, Position p, Position limit) {
  found_ = false;
  if (!cursor.valid()) {
    TERRANE_TRY(cursor.status());
    return lost(p);
  }
  TERRANE_ASSIGN(const MapKey key, format::parse_map_key(cursor.key()));
  if (key.tag == MapTag::kOwn || key.position > limit) return lost(p);
  TERRANE_ASSIGN(Range range, format::parse_range(cursor.key(), cursor.value(), model_));
  if (range.run.first > p) return lost(p);
  in_directory_ = key.tag == MapTag::kDirectory;
  // Only whole regions may reach over a border; a range that does without was read where a region's end is
  // lost.
  if (!in_directory_ && region_of(range.run.first) != region_of(p)) return lost(p);
  at_ = range.run.last;
  found_ = true;
  return range;
}

Result<Range> MapCursor::find(Position p) {
  if (!one_keyspace_) return find_in_units(p);
  if (found_ && p > at_ && p - at_ <= kStepWithin) {
    // Ranges follow one another, so a few steps reach `p`. The end of a region has an own entry behind it.
    for (Position reached = at_; reached < p && cursor_->valid();) {
      cursor_->next();
      if (!cursor_->valid()) break;
      TERRANE_ASSIGN(const MapKey key, format::parse_map_key(cursor_->key()));
      reached = key.position;
    }
  } else {
    cursor_->seek(format::map_key(level_, p));
  }
  return take(*cursor_, p, ~Position{0});
}

Result<Range> MapCursor::find_in_units(Position p) {
  cursor_->seek(format::map_key(level_, p));
  if (!cursor_->valid()) {
    TERRANE_TRY(cursor_->status());
    return lost(p);
  }
  TERRANE_ASSIGN(const MapKey key, format::parse_map_key(cursor_->key()));
  if (key.tag != MapTag::kOwn) return take(*cursor_, p, ~Position{0});
  const RegionId region = region_of(p);
  if (region_of(key.position) != region) return lost(p);
  TERRANE_TRY(format::unseal(cursor_->value(), cursor_->key(), model_, "entry of a region"));
  if (!region_cursor_ || region_ != region) {
    region_ = region;
    region_cursor_ =
        snapshot_.scan(format::region_unit(level_, region), format::map_key(level_, region_first(region)),
                       format::map_key(level_, region_last(region), MapTag::kDirectory));
  }
  region_cursor_->seek(format::map_key(level_, p));
  return take(*region_cursor_, p, region_last(region));
}

}  // namespace terrane

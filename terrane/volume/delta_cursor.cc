#include "terrane/volume/delta_cursor.h"

#include <fmt/format.h>

#include <algorithm>

namespace terrane {

Result<Cursor*> DeltaCursor::open(RegionId region) {
  if (region_ == region) return cursor_.get();
  region_.reset();
  cursor_.reset();
  const std::string key = format::delta_record_key(level_, region);
  TERRANE_ASSIGN(const auto value, snapshot_.get(format::directory_unit(level_), key));
  if (value) {
    TERRANE_TRY(format::parse_delta_record(key, *value, model_));
    cursor_ =
        snapshot_.scan(format::delta_unit(level_, region), format::delta_begin(level_, region_first(region)),
                       format::delta_end(level_, region_last(region)));
  }
  region_ = region;
  return cursor_.get();
}

Result<std::span<const DeltaCursor::Entry>> DeltaCursor::find(Position p) {
  entries_.clear();
  TERRANE_ASSIGN(Cursor* const cursor, open(region_of(p)));
  if (cursor == nullptr) return std::span<const Entry>();
  for (cursor->seek(format::delta_begin(level_, p)); cursor->valid(); cursor->next()) {
    TERRANE_ASSIGN(const format::DeltaKey key, format::parse_delta_key(cursor->key()));
    if (key.position != p) break;
    if (key.number != entries_.size()) {
      const BrickCoord b = brick_at(p);
      return missing(
          fmt::format("edit {} of brick {},{},{} of level {} is gone from the store: data was lost. Run "
                      "`terrane verify` to "
                      "see how much; what is lost comes back only from a copy",
                      entries_.size(), b.x, b.y, b.z, level_));
    }
    TERRANE_ASSIGN(const format::Delta delta, format::parse_delta(cursor->key(), cursor->value(), model_));
    entries_.push_back({delta.batch, std::string(delta.patch)});
  }
  TERRANE_TRY(cursor->status());
  return std::span<const Entry>(entries_);
}

Result<bool> DeltaCursor::has(Position p, std::uint32_t number) {
  TERRANE_ASSIGN(Cursor* const cursor, open(region_of(p)));
  if (cursor == nullptr) return false;
  cursor->seek(format::delta_key(level_, p, number));
  if (!cursor->valid()) {
    TERRANE_TRY(cursor->status());
    return false;
  }
  TERRANE_ASSIGN(const format::DeltaKey key, format::parse_delta_key(cursor->key()));
  return key.position == p;
}

Result<std::optional<Position>> DeltaCursor::next(Position p, Position last) {
  if (!records_) {
    records_ = snapshot_.scan(format::directory_unit(level_), format::delta_record_begin(level_),
                              format::delta_record_end(level_));
  }
  for (;;) {
    records_->seek(format::delta_record_key(level_, region_of(p)));
    if (!records_->valid()) {
      TERRANE_TRY(records_->status());
      return std::optional<Position>();
    }
    TERRANE_ASSIGN(const RegionId region, format::parse_delta_record_key(records_->key()));
    p = std::max(p, region_first(region));
    if (p > last) return std::optional<Position>();
    TERRANE_ASSIGN(Cursor* const cursor, open(region));
    if (cursor != nullptr) cursor->seek(format::delta_begin(level_, p));
    if (cursor != nullptr && cursor->valid()) {
      TERRANE_ASSIGN(const format::DeltaKey key, format::parse_delta_key(cursor->key()));
      return key.position <= last ? std::optional(key.position) : std::nullopt;
    }
    if (cursor != nullptr) TERRANE_TRY(cursor->status());
    if (region_last(region) >= last) return std::optional<Position>();
    p = region_last(region) + 1;
  }
}

}  // namespace terrane

#pragma once

#include <span>
#include <string>
#include <vector>

#include "terrane/volume/map_writer.h"

namespace terrane {

// One unit of the map (a region, or the directory) while a batch changes it: puts and erases keys, and keeps
// the unit's record and the sums of the batch in step. close() writes the record.
class MapUnit {
 public:
  // The region's record must be there where `fresh` is false, and is begun where it is true.
  static Result<MapUnit> open_region(const MapState& state, RegionId region, bool fresh, Batch& batch,
                                     MapDelta& delta);
  static Result<MapUnit> open_directory(const MapState& state, Batch& batch, MapDelta& delta);

  // The stored ranges `stored` give way to `pieces`, both of one stretch of the line, ascending.
  void replace(std::span<const format::Range> stored, std::span<const Piece> pieces);
  // Directory: the entry of a region that has its own unit.
  void put_own(RegionId region);
  void erase_own(RegionId region, std::string_view stored_value);
  // Region: all keys go, the record too. Not closed afterwards.
  void drop();
  void close();

 private:
  MapUnit(const MapState& state, Unit unit, std::string record_key, format::MapTag tag, Batch& batch,
          MapDelta& delta)
      : state_(&state),
        unit_(unit),
        record_key_(std::move(record_key)),
        tag_(tag),
        batch_(&batch),
        delta_(&delta) {}
  Status load_record();
  void account(format::Range range, int sign);
  void account_own(std::string_view key, std::string_view value, int sign);
  void put(const Piece& piece);
  void erase(std::span<const format::Range> stored);

  const MapState* state_;
  Unit unit_;
  std::string record_key_;
  format::MapTag tag_;
  Batch* batch_;
  MapDelta* delta_;
  format::Record record_;
  std::size_t old_record_bytes_ = 0;  // 0: there was none
  std::uint64_t old_record_seal_ = 0;
};

}  // namespace terrane

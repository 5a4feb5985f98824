#include "terrane/volume/delta_writer.h"

#include <algorithm>
#include <string>
#include <vector>

#include "terrane/base/hash.h"

namespace terrane {

using format::DeltaKey;
using format::DeltaRecord;

std::size_t DeltaNumbers::Hash::operator()(const std::pair<int, Position>& key) const {
  return Random(key.second * 32 + static_cast<std::uint64_t>(key.first)).next();
}

const std::uint32_t* DeltaNumbers::find(int level, Position position) const {
  const auto found = next_.find({level, position});
  return found == next_.end() ? nullptr : &found->second;
}

void DeltaNumbers::set(int level, Position position, std::uint32_t next) {
  if (next_.size() >= most_) next_.clear();
  if (watched_ != 0 && next == watched_) long_.emplace_back(level, position);
  next_[{level, position}] = next;
}

void DeltaNumbers::note_if_long(int level, Position position) {
  const std::uint32_t* next = find(level, position);
  if (watched_ != 0 && next != nullptr && *next > watched_) long_.emplace_back(level, position);
}

Result<DeltaWriter::Region*> DeltaWriter::region(int level, RegionId id) {
  const auto [at, fresh] = regions_.try_emplace({level, id});
  if (!fresh) return &at->second;
  const std::string key = format::delta_record_key(level, id);
  TERRANE_ASSIGN(const auto value, snapshot_.get(format::directory_unit(level), key));
  if (value) {
    TERRANE_ASSIGN(at->second.record, format::parse_delta_record(key, *value, model_));
    at->second.old_bytes = key.size() + value->size();
    at->second.old_seal = format::seal_of(*value);
  }
  return &at->second;
}

Result<std::uint32_t> DeltaWriter::next_number(int level, Position position, bool any) {
  if (const std::uint32_t* known = numbers_.find(level, position)) return *known;
  if (!any) return std::uint32_t{0};
  const auto cursor =
      snapshot_.scan(format::delta_unit(level, region_of(position)), format::delta_begin(level, position),
                     format::delta_end(level, position));
  const auto has = [&](std::uint32_t number) -> Result<bool> {
    cursor->seek(format::delta_key(level, position, number));
    if (cursor->valid()) return true;
    TERRANE_TRY(cursor->status());
    return false;
  };
  // Numbers have no gap: the first that is not there lies between what doubling finds.
  std::uint32_t there = 0, gone = 1;  // [0, there) are there
  for (;; gone *= 2) {
    TERRANE_ASSIGN(const bool found, has(gone - 1));
    if (!found) break;
    there = gone;
  }
  while (there + 1 < gone) {
    const std::uint32_t middle = there + (gone - there) / 2;
    TERRANE_ASSIGN(const bool found, has(middle - 1));
    (found ? there : gone) = middle;
  }
  return there;
}

Status DeltaWriter::add(int level, Position position, std::uint64_t batch_number, std::string_view patch) {
  TERRANE_ASSIGN(Region* const region, this->region(level, region_of(position)));
  TERRANE_ASSIGN(const std::uint32_t number, next_number(level, position, region->record.keys > 0));
  const std::string key = format::delta_key(level, position, number);
  const std::string value = format::delta_value(key, batch_number, patch, model_);
  put(*region, format::delta_unit(level, region_of(position)), key, value);
  numbers_.set(level, position, number + 1);
  return ok();
}

void DeltaWriter::put(Region& region, Unit unit, std::string_view key, std::string_view value) {
  batch_.put(unit, key, value);
  ++region.record.keys;
  region.record.bytes += key.size() + value.size();
  region.record.hash_sum += format::seal_of(value);
  ++sums_.keys;
  sums_.bytes += key.size() + value.size();
}

void DeltaWriter::take_away(Region& region, Unit unit, std::string_view key, std::string_view value) {
  batch_.erase(unit, key);
  --region.record.keys;
  region.record.bytes -= key.size() + value.size();
  region.record.hash_sum -= format::seal_of(value);
  --sums_.keys;
  sums_.bytes -= key.size() + value.size();
}

Status DeltaWriter::fold(int level, Position position, std::uint32_t count) {
  const Unit unit = format::delta_unit(level, region_of(position));
  TERRANE_ASSIGN(Region* const region, this->region(level, region_of(position)));
  const auto cursor =
      snapshot_.scan(unit, format::delta_begin(level, position), format::delta_end(level, position));
  std::uint32_t number = 0;
  std::vector<std::pair<std::uint64_t, std::string>> kept;
  for (cursor->seek(format::delta_begin(level, position)); cursor->valid(); cursor->next(), ++number) {
    if (number >= count) {
      TERRANE_ASSIGN(const format::Delta delta, format::parse_delta(cursor->key(), cursor->value(), model_));
      kept.emplace_back(delta.batch, std::string(delta.patch));
    }
    take_away(*region, unit, cursor->key(), cursor->value());
  }
  TERRANE_TRY(cursor->status());
  for (std::uint32_t i = 0; i < kept.size(); ++i) {
    const std::string key = format::delta_key(level, position, i);
    put(*region, unit, key, format::delta_value(key, kept[i].first, kept[i].second, model_));
  }
  numbers_.set(level, position, number - std::min(number, count));
  numbers_.note_if_long(level, position);
  return ok();
}

Status DeltaWriter::remove(int level, const Run& run) {
  const auto records = snapshot_.scan(format::directory_unit(level), format::delta_record_begin(level),
                                      format::delta_record_end(level));
  records->seek(format::delta_record_key(level, region_of(run.first)));
  for (; records->valid(); records->next()) {
    TERRANE_ASSIGN(const RegionId id, format::parse_delta_record_key(records->key()));
    if (region_first(id) > run.last) break;
    TERRANE_ASSIGN(Region* const region, this->region(level, id));
    const Position first = std::max(run.first, region_first(id)), last = std::min(run.last, region_last(id));
    const Unit unit = format::delta_unit(level, id);
    const auto cursor =
        snapshot_.scan(unit, format::delta_begin(level, first), format::delta_end(level, last));
    for (cursor->seek(format::delta_begin(level, first)); cursor->valid(); cursor->next()) {
      TERRANE_ASSIGN(const DeltaKey key, format::parse_delta_key(cursor->key()));
      take_away(*region, unit, cursor->key(), cursor->value());
      numbers_.set(level, key.position, 0);
    }
    TERRANE_TRY(cursor->status());
  }
  return records->status();
}

Result<DeltaSums> DeltaWriter::finish() {
  for (auto& [where, region] : regions_) {
    const Unit unit = format::directory_unit(where.first);
    const std::string key = format::delta_record_key(where.first, where.second);
    sums_.bytes -= region.old_bytes;
    sums_.record_sum -= region.old_seal;
    if (region.record.keys == 0) {
      if (region.old_bytes != 0) batch_.erase(unit, key);
      continue;
    }
    region.record.epoch = epoch_;
    const std::string value = format::delta_record_value(key, region.record, model_);
    batch_.put(unit, key, value);
    sums_.bytes += key.size() + value.size();
    sums_.record_sum += format::seal_of(value);
  }
  return sums_;
}

}  // namespace terrane

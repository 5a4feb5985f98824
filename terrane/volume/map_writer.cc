#include "terrane/volume/map_writer.h"

#include <algorithm>
#include <optional>

#include "terrane/volume/map_unit.h"

namespace terrane {
namespace {

using format::MapTag;
using format::Range;
using Pieces = std::vector<Piece>;

Run run_of(RegionId region) {
  return {region_first(region), region_last(region)};
}

// `base`, with `edits` laid over it. Both ascend; base has no gaps and reaches past every edit.
Pieces overlay(std::span<const Piece> base, std::span<const Piece> edits) {
  Pieces out;
  const Position end = base.back().run.last;
  auto under = base.begin();
  auto edit = edits.begin();
  for (Position at = base.front().run.first;; ++at) {
    while (under->run.last < at) ++under;
    if (edit != edits.end() && edit->run.first == at) {
      out.push_back(*edit++);
    } else {
      out.push_back(*under);
      out.back().run.first = at;
      if (edit != edits.end()) out.back().run.last = std::min(under->run.last, edit->run.first - 1);
    }
    at = out.back().run.last;
    if (at == end) return out;
  }
}

class MapEditor {
 public:
  MapEditor(const MapState& state, Batch& batch)
      : state_(state),
        batch_(batch),
        cursor_(state.snapshot, state.one_keyspace, state.lattice.level(), state.model) {}

  Result<MapDelta> run(std::span<const Edit> edits) {
    split_by_region(edits);
    for (std::size_t i = 0; i < parts_.size();) {
      const RegionId region = region_of(parts_[i].run.first);
      std::size_t j = i;
      while (j < parts_.size() && region_of(parts_[j].run.first) == region) ++j;
      TERRANE_TRY(edit_region(region, std::span(parts_).subspan(i, j - i)));
      i = j;
    }
    if (!directory_.empty()) TERRANE_TRY(edit_directory());
    return delta_;
  }

 private:
  // Whole regions go to the directory's list, the rest to the parts.
  void split_by_region(std::span<const Edit> edits) {
    for (const Edit& edit : edits) {
      Piece piece{edit.run, edit.content, Piece::Origin::kNew, nullptr};
      if (edit.content.kind == RangeKind::kBrick) piece.frame = &edit.frame;
      const RegionId first = region_of(edit.run.first), last = region_of(edit.run.last);
      const bool whole_first = edit.run.first == region_first(first);
      const bool whole_last = edit.run.last == region_last(last);
      const RegionId from = whole_first ? first : first + 1;  // whole regions: [from, to)
      const RegionId to = whole_last ? last + 1 : last;
      const auto push = [&](Pieces& list, Position lo, Position hi) {
        list.push_back(piece);
        list.back().run = {lo, hi};
      };
      if (from >= to) {
        if (first == last) {
          push(parts_, edit.run.first, edit.run.last);
        } else {
          push(parts_, edit.run.first, region_last(first));
          push(parts_, region_first(last), edit.run.last);
        }
        continue;
      }
      if (!whole_first) push(parts_, edit.run.first, region_last(first));
      push(directory_, region_first(from), region_last(to - 1));
      if (!whole_last) push(parts_, region_first(last), edit.run.last);
    }
  }

  Status edit_region(RegionId region, std::span<const Piece> edits) {
    TERRANE_ASSIGN(const Range found, cursor_.find(edits.front().run.first));
    const InsideLine line = InsideLine::bricks(state_.lattice);
    if (cursor_.in_directory()) {
      const Piece base{run_of(region), found.content, Piece::Origin::kOld, nullptr};
      const Pieces pieces = canonical(overlay({&base, 1}, edits), line);
      if (becomes_whole(pieces, region)) return ok();
      TERRANE_ASSIGN(MapUnit unit, MapUnit::open_region(state_, region, true, batch_, delta_));
      unit.replace({}, pieces);
      unit.close();
      directory_.push_back({run_of(region), {}, Piece::Origin::kOwn, nullptr});
      return ok();
    }
    TERRANE_ASSIGN(MapUnit unit, MapUnit::open_region(state_, region, false, batch_, delta_));
    while (!edits.empty()) {
      TERRANE_ASSIGN(const std::vector<Range> stored, load_around(region, edits, line));
      Pieces base;
      for (const Range& range : stored)
        base.push_back({range.run, range.content, Piece::Origin::kOld, nullptr});
      const std::size_t n = covered_;
      const Pieces pieces = canonical(overlay(base, edits.first(n)), line);
      if (becomes_whole(pieces, region)) return ok();  // the directory's edit drops the unit
      unit.replace(stored, pieces);
      edits = edits.subspan(n);
    }
    unit.close();
    return ok();
  }

  // If the region is now one range, says so to the directory.
  bool becomes_whole(const Pieces& pieces, RegionId region) {
    if (pieces.size() != 1 || !pieces.front().absorbs() || pieces.front().run != run_of(region)) return false;
    directory_.push_back(pieces.front());
    directory_.back().origin = Piece::Origin::kNew;
    return true;
  }

  // The stored ranges from the one that holds the nearest content before the first edit to the one that holds
  // the nearest after it, and on for each further edit whose own neighbours these reach. Sets covered_ to the
  // number of edits that they enclose.
  Result<std::vector<Range>> load_around(RegionId region, std::span<const Piece> edits,
                                         const InsideLine& line) {
    const Run whole = run_of(region);
    const auto before = [&](const Piece& edit) {
      if (edit.run.first == whole.first) return whole.first;
      return line.prev(edit.run.first - 1, whole.first).value_or(whole.first);
    };
    const auto after = [&](const Piece& edit) {
      if (edit.run.last == whole.last) return whole.last;
      return line.next(edit.run.last + 1, whole.last).value_or(whole.last);
    };
    std::vector<Range> stored;
    Position next = before(edits.front());
    covered_ = 0;
    do {
      const Position to = after(edits[covered_++]);
      while (stored.empty() || stored.back().run.last < to) {
        TERRANE_ASSIGN(Range range, cursor_.find(next));
        next = range.run.last + 1;
        range.frame = {};
        stored.push_back(range);
      }
    } while (covered_ < edits.size() && before(edits[covered_]) <= stored.back().run.last);
    return stored;
  }

  struct DirectoryEntry {
    Piece piece;
    Range range;        // unless it is an own entry
    std::string value;  // of an own entry
  };

  // The directory's entry that covers a region.
  Result<DirectoryEntry> directory_entry(RegionId region) {
    const int level = state_.lattice.level();
    if (!raw_) {
      raw_ = state_.snapshot.scan(format::directory_unit(level), format::map_key(level, 0),
                                  format::map_end(level));
    }
    raw_->seek(format::map_key(level, region_last(region), MapTag::kDirectory));
    if (!raw_->valid()) {
      TERRANE_TRY(raw_->status());
      return missing("an entry of the directory is gone from the store: data was lost. Run `terrane verify`");
    }
    DirectoryEntry entry;
    TERRANE_ASSIGN(const format::MapKey key, format::parse_map_key(raw_->key()));
    if (key.tag == MapTag::kOwn && region_of(key.position) == region) {
      TERRANE_TRY(format::unseal(raw_->value(), raw_->key(), state_.model, "entry of a region"));
      entry.value = raw_->value();
      entry.piece = {run_of(region), {}, Piece::Origin::kOwn, nullptr};
      return entry;
    }
    if (key.tag == MapTag::kDirectory) {
      TERRANE_ASSIGN(entry.range, format::parse_range(raw_->key(), raw_->value(), state_.model));
      if (entry.range.run.first <= region_first(region)) {
        entry.piece = {entry.range.run, entry.range.content, Piece::Origin::kOld, nullptr};
        return entry;
      }
    }
    return missing("an entry of the directory is gone from the store: data was lost. Run `terrane verify`");
  }

  Status edit_directory() {
    std::sort(directory_.begin(), directory_.end(),
              [](const Piece& a, const Piece& b) { return a.run.first < b.run.first; });
    const InsideLine line = InsideLine::regions(state_.lattice);
    TERRANE_ASSIGN(MapUnit unit, MapUnit::open_directory(state_, batch_, delta_));
    constexpr Position kLineEnd = ~Position{0};
    std::span<const Piece> edits(directory_);
    while (!edits.empty()) {
      const auto before = [&](const Piece& e) {
        return e.run.first == 0 ? 0 : line.prev(e.run.first - 1, 0).value_or(0);
      };
      const auto after = [&](const Piece& e) {
        return e.run.last == kLineEnd ? kLineEnd : line.next(e.run.last + 1, kLineEnd).value_or(kLineEnd);
      };
      std::vector<DirectoryEntry> stored;
      Position next = before(edits.front());
      std::size_t n = 0;
      do {
        const Position to = after(edits[n++]);
        while (stored.empty() || stored.back().piece.run.last < to) {
          TERRANE_ASSIGN(DirectoryEntry entry, directory_entry(region_of(next)));
          next = entry.piece.run.last + 1;
          stored.push_back(std::move(entry));
        }
      } while (n < edits.size() && before(edits[n]) <= stored.back().piece.run.last);
      TERRANE_TRY(replace_in_directory(unit, stored, edits.first(n), line));
      edits = edits.subspan(n);
    }
    unit.close();
    return ok();
  }

  Status replace_in_directory(MapUnit& unit, const std::vector<DirectoryEntry>& stored,
                              std::span<const Piece> edits, const InsideLine& line) {
    Pieces base;
    for (const DirectoryEntry& entry : stored) base.push_back(entry.piece);
    std::vector<Range> old_ranges;
    Pieces new_ranges;
    std::vector<RegionId> own_now;
    for (Piece& piece : canonical(overlay(base, edits), line)) {
      if (piece.origin == Piece::Origin::kOwn) {
        own_now.push_back(region_of(piece.run.first));
      } else {
        new_ranges.push_back(piece);
      }
    }
    std::vector<RegionId> own_before;
    for (const DirectoryEntry& entry : stored) {
      if (entry.piece.origin != Piece::Origin::kOwn) {
        old_ranges.push_back(entry.range);
        continue;
      }
      const RegionId region = region_of(entry.piece.run.first);
      own_before.push_back(region);
      if (std::binary_search(own_now.begin(), own_now.end(), region)) continue;
      TERRANE_ASSIGN(MapUnit gone, MapUnit::open_region(state_, region, false, batch_, delta_));
      gone.drop();
      unit.erase_own(region, entry.value);
    }
    for (const RegionId region : own_now) {
      if (!std::binary_search(own_before.begin(), own_before.end(), region)) unit.put_own(region);
    }
    unit.replace(old_ranges, new_ranges);
    return ok();
  }

  const MapState& state_;
  Batch& batch_;
  MapCursor cursor_;
  std::unique_ptr<Cursor> raw_;
  MapDelta delta_;
  Pieces parts_;      // edits inside regions
  Pieces directory_;  // edits of whole regions
  std::size_t covered_ = 0;
};

}  // namespace

Result<MapDelta> edit_map(const MapState& state, std::span<const Edit> edits, Batch& batch) {
  return MapEditor(state, batch).run(edits);
}

MapDelta create_map(int level, std::uint64_t model, Batch& batch) {
  MapDelta delta;
  const std::string key = format::map_key(level, ~Position{0}, MapTag::kDirectory);
  const std::string value = format::range_value(key, {0, ~Position{0}}, {}, {}, model);
  Range range;
  range.run = {0, ~Position{0}};
  range.seal = format::seal_of(value);
  range.bytes = key.size() + value.size();
  format::Record record;
  record.keys = 1;
  record.hash_sum = range.seal;
  record.counters.add(range, 1);
  const std::string record_key = format::directory_record_key(level);
  const std::string record_value = format::record_value(record_key, record, model);
  batch.put(format::directory_unit(level), key, value);
  batch.put(format::directory_unit(level), record_key, record_value);
  delta.counters = record.counters;
  delta.bytes = range.bytes + record_key.size() + record_value.size();
  delta.record_sum = format::seal_of(record_value);
  return delta;
}

}  // namespace terrane

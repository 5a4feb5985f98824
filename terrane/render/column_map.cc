#include "terrane/render/column_map.h"

#include <algorithm>
#include <cmath>
#include <unordered_set>
#include <utility>

namespace terrane {

namespace {

constexpr int kSlabShift = 12, kSlabMask = (1 << 17) - 1;
constexpr Position kSlabPositions = Position{1} << kSlabShift;
constexpr double kAffordableRanges = 16777216;  // 2^24

std::int64_t slab_of(Position p) {
  return static_cast<std::int64_t>((p >> kSlabShift) & kSlabMask);
}

// Bricks, half-open.
struct BrickRect {
  std::int64_t x0 = 0, x1 = 0, y0 = 0, y1 = 0;
  double columns() const {
    return static_cast<double>(std::max<std::int64_t>(0, x1 - x0)) *
           static_cast<double>(std::max<std::int64_t>(0, y1 - y0));
  }
  BrickRect intersect(const BrickRect& o) const {
    return {std::max(x0, o.x0), std::min(x1, o.x1), std::max(y0, o.y0), std::min(y1, o.y1)};
  }
};

// A part of the box as bricks.
struct BrickPart {
  BrickRect rect;
  std::int64_t z0 = 0, z1 = 0;
  BrickBox line;
};

BrickPart bricks_of(const Box& part) {
  const Coord last = part.hi - Coord{1, 1, 1};
  return {{part.lo.x / kBrickEdge, last.x / kBrickEdge + 1, part.lo.y / kBrickEdge, last.y / kBrickEdge + 1},
          part.lo.z / kBrickEdge,
          last.z / kBrickEdge + 1,
          {position_of(brick_of(part.lo)), position_of(brick_of(last))}};
}

Box widened_to_bricks(const Box& box, const Box& bounds) {
  const auto down = [](Coord c) {
    return Coord{c.x / kBrickEdge * kBrickEdge, c.y / kBrickEdge * kBrickEdge, c.z / kBrickEdge * kBrickEdge};
  };
  return Box{down(box.lo), down(box.hi + Coord{kBrickEdge - 1, kBrickEdge - 1, kBrickEdge - 1})}.intersect(
      bounds);
}

}  // namespace

RangeStrategy strategy_of(const RangeInfo& range) {
  return {range.kind, range.kind == RangeKind::kBrick ? range.codec : CodecId{}};
}

std::string name_of(const RangeStrategy& strategy) {
  if (strategy.kind != RangeKind::kBrick) return std::string(name(strategy.kind));
  const Codec* codec = find_codec(strategy.codec);
  return codec != nullptr ? std::string(codec->name())
                          : "codec " + std::to_string(static_cast<int>(strategy.codec));
}

double ColumnUse::stored_bytes() const {
  double sum = 0;
  for (const StrategyUse& u : uses) sum += u.bytes;
  return sum;
}

double ColumnUse::bricks() const {
  double sum = 0;
  for (const StrategyUse& u : uses) sum += u.bricks;
  return sum;
}

const StrategyUse* ColumnUse::most() const {
  const auto most =
      std::max_element(uses.begin(), uses.end(), [](const StrategyUse& a, const StrategyUse& b) {
        return std::pair(a.bytes, a.bricks) < std::pair(b.bytes, b.bricks);
      });
  return most == uses.end() ? nullptr : &*most;
}

double ColumnUse::ratio() const {
  const double stored = stored_bytes();
  return stored > 0 ? raw_bytes / stored : 0;
}

void ColumnUse::add(const RangeStrategy& strategy, double bricks, double bytes) {
  const auto at =
      std::lower_bound(uses.begin(), uses.end(), strategy,
                       [](const StrategyUse& u, const RangeStrategy& s) { return u.strategy < s; });
  StrategyUse& use = at != uses.end() && at->strategy == strategy ? *at : *uses.insert(at, {strategy, 0, 0});
  use.bricks += bricks;
  use.bytes += bytes;
}

void ColumnUse::add(const ColumnUse& other) {
  raw_bytes += other.raw_bytes;
  for (const StrategyUse& u : other.uses) add(u.strategy, u.bricks, u.bytes);
}

// Hands ranges out to the squares they reach over.
class Spread {
 public:
  explicit Spread(ColumnMap& map) : map_(map) {
    for (const Box& part : map.parts_) parts_.push_back(bricks_of(part));
    // By place on the line, so that a range over many regions finds its squares at once. A square is part of
    // one region, or an aligned square of regions and so one interval of them: of 2^(2s) where it has 2^s
    // along a side.
    const int regions = std::max(0, map_.shift_ - 4);
    for (int y = 0; y < map_.height_; ++y) {
      for (int x = 0; x < map_.width_; ++x) {
        const BrickRect cell = rect(x, y);
        const RegionId first = region_id({static_cast<std::uint32_t>(cell.x0 / kSlabBricks),
                                          static_cast<std::uint32_t>(cell.y0 / kSlabBricks)});
        by_region_.push_back({first, first + (RegionId{1} << (2 * regions)) - 1, x, y});
      }
    }
    std::sort(by_region_.begin(), by_region_.end(),
              [](const RegionCell& a, const RegionCell& b) { return a.first < b.first; });
  }

  void add(const RangeInfo& range) {
    touched_.clear();
    const Run& run = range.run;
    for (const BrickPart& part : parts_) {
      if (run.first == run.last) {
        if (part.line.contains(run.first)) touch(brick_at(run.first), 1);
      } else if (region_of(run.first) == region_of(run.last)) {
        within_region(run, part);
      } else {
        whole_regions(region_of(run.first), region_of(run.last), part);
      }
    }
    double all = 0;
    for (const auto& [cell, bricks] : touched_) all += bricks;
    for (const auto& [cell, bricks] : touched_) {
      map_.cells_[cell].add(strategy_of(range), bricks,
                            static_cast<double>(range.stored_bytes) * bricks / all);
    }
  }

 private:
  struct RegionCell {
    RegionId first = 0, last = 0;
    int x = 0, y = 0;
  };

  BrickRect rect(int x, int y) const {
    const std::int64_t edge = map_.cell_bricks();
    const std::int64_t x0 = (map_.first_x_ + x) * edge, y0 = (map_.first_y_ + y) * edge;
    return {x0, x0 + edge, y0, y0 + edge};
  }

  void touch(std::size_t cell, double bricks) {
    if (bricks <= 0) return;
    if (!touched_.empty() && touched_.back().first == cell) {
      touched_.back().second += bricks;
    } else {
      touched_.push_back({cell, bricks});
    }
  }
  void touch(BrickCoord brick, double bricks) {
    const auto x = static_cast<int>((std::int64_t{brick.x} >> map_.shift_) - map_.first_x_);
    const auto y = static_cast<int>((std::int64_t{brick.y} >> map_.shift_) - map_.first_y_);
    touch(map_.index(x, y), bricks);
  }

  void within_region(const Run& run, const BrickPart& part) {
    Position at = run.first;
    const Position last = run.last;
    const RegionCoord region = region_at(region_of(at));
    const std::int64_t x = std::int64_t{region.x} * kSlabBricks, y = std::int64_t{region.y} * kSlabBricks;
    const BrickRect inside = part.rect.intersect({x, x + kSlabBricks, y, y + kSlabBricks});
    if (inside.columns() <= 0) return;
    if (at % kSlabPositions != 0) {
      const Position end = std::min(last, at | (kSlabPositions - 1));
      one_by_one({at, end}, part);
      if (end == last) return;
      at = end + 1;
    }
    // Whole slabs up to `whole`, not included.
    const Position whole =
        (last & (kSlabPositions - 1)) == kSlabPositions - 1 ? last + 1 : last & ~(kSlabPositions - 1);
    if (whole > at) {
      const std::int64_t z0 = std::max(part.z0, slab_of(at) * kSlabBricks);
      const std::int64_t z1 = std::min(part.z1, (slab_of(whole - 1) + 1) * kSlabBricks);
      if (z1 > z0) columns(inside, static_cast<double>(z1 - z0));
    }
    if (whole <= last) one_by_one({std::max(at, whole), last}, part);
  }

  void one_by_one(const Run& run, const BrickPart& part) {
    for (auto p = part.line.next(run.first); p && *p <= run.last; p = part.line.next(*p + 1)) {
      touch(brick_at(*p), 1);
      if (*p == run.last) return;
    }
  }

  // `high` bricks in each column of the rectangle, which lies in one region.
  void columns(const BrickRect& inside, double high) {
    const std::int64_t edge = map_.cell_bricks();
    for (std::int64_t y = inside.y0 / edge; y * edge < inside.y1; ++y) {
      for (std::int64_t x = inside.x0 / edge; x * edge < inside.x1; ++x) {
        const BrickRect cell = {x * edge, (x + 1) * edge, y * edge, (y + 1) * edge};
        touch(map_.index(static_cast<int>(x - map_.first_x_), static_cast<int>(y - map_.first_y_)),
              cell.intersect(inside).columns() * high);
      }
    }
  }

  void whole_regions(RegionId first, RegionId last, const BrickPart& part) {
    auto at = std::lower_bound(by_region_.begin(), by_region_.end(), first,
                               [](const RegionCell& c, RegionId id) { return c.last < id; });
    for (; at != by_region_.end() && at->first <= last; ++at) {
      const double overlap = static_cast<double>(std::min(last, at->last) - std::max(first, at->first)) + 1;
      const double share = overlap / (static_cast<double>(at->last - at->first) + 1);
      touch(map_.index(at->x, at->y), share * rect(at->x, at->y).intersect(part.rect).columns() *
                                          static_cast<double>(part.z1 - part.z0));
    }
  }

  ColumnMap& map_;
  std::vector<BrickPart> parts_;
  std::vector<RegionCell> by_region_;
  std::vector<std::pair<std::size_t, double>> touched_;  // squares of one range, perhaps twice
};

ColumnMap::ColumnMap(const Lattice& lattice, const std::vector<Box>& parts, std::int64_t most_cells)
    : level_(lattice.level()) {
  for (const Box& part : parts) parts_.push_back(widened_to_bricks(part, lattice.bounds()));
  if (parts_.size() > 1 && parts_.back().hi.x >= parts_.front().lo.x) {  // in whole bricks they meet
    parts_.front().lo.x = 0;
    parts_.pop_back();
  }
  Box around = parts_.front();
  for (const Box& part : parts_) {
    around.lo = {std::min(around.lo.x, part.lo.x), std::min(around.lo.y, part.lo.y), part.lo.z};
    around.hi = {std::max(around.hi.x, part.hi.x), std::max(around.hi.y, part.hi.y), part.hi.z};
  }
  const auto cells = [&](std::int64_t lo, std::int64_t hi) {
    return (hi - 1) / cell_edge() - lo / cell_edge() + 1;
  };
  while (cells(around.lo.x, around.hi.x) * cells(around.lo.y, around.hi.y) > most_cells) ++shift_;
  width_ = static_cast<int>(cells(around.lo.x, around.hi.x));
  height_ = static_cast<int>(cells(around.lo.y, around.hi.y));
  first_x_ = around.lo.x / cell_edge(), first_y_ = around.lo.y / cell_edge();
  cells_.resize(static_cast<std::size_t>(width_) * static_cast<std::size_t>(height_));
  for (int y = 0; y < height_; ++y) {
    for (int x = 0; x < width_; ++x) {
      double& raw = cells_[index(x, y)].raw_bytes;
      for (const Box& part : parts_) raw += 2 * voxels(x, y).intersect(part).volume();
    }
  }
}

Box ColumnMap::voxels(int x, int y) const {
  const std::int64_t edge = cell_edge();
  Box around = parts_.front();
  for (const Box& part : parts_) {
    around.lo.x = std::min(around.lo.x, part.lo.x);
    around.hi.x = std::max(around.hi.x, part.hi.x);
  }
  const std::int64_t x0 = (first_x_ + x) * edge, y0 = (first_y_ + y) * edge;
  return around.intersect({{x0, y0, around.lo.z}, {x0 + edge, y0 + edge, around.hi.z}});
}

const ColumnUse* ColumnMap::find(std::int64_t x, std::int64_t y) const {
  const std::int64_t cx = x / cell_edge() - first_x_, cy = y / cell_edge() - first_y_;
  if (cx < 0 || cx >= width_ || cy < 0 || cy >= height_) return nullptr;
  return &at(static_cast<int>(cx), static_cast<int>(cy));
}

ColumnUse ColumnMap::total() const {
  ColumnUse out;
  for (const ColumnUse& cell : cells_) out.add(cell);
  return out;
}

Result<ColumnMap> ColumnMap::survey(const Volume& volume, const Box& box, int level,
                                    const ReadOptions& options,
                                    const std::function<void(const RangeInfo&)>& each,
                                    const SurveyLimits& limits) {
  if (level < 0 || level > kMaxLevel) {
    return invalid("a level of detail is 0 to 21: lod=`" + std::to_string(level) + "`");
  }
  TERRANE_ASSIGN(const std::vector<World::Piece> pieces, volume.world().level_pieces(box, level));
  std::vector<Box> parts;
  parts.reserve(pieces.size());
  for (const World::Piece& piece : pieces) parts.push_back(piece.box);
  ColumnMap map(Lattice(volume.world().extent(), level), parts, limits.cells);
  Spread spread(map);
  std::unordered_set<Position> seen;  // a range that reaches both sides of a seam comes by twice
  const auto add = [&](const RangeInfo& range) -> Status {
    if (parts.size() > 1 && !seen.insert(range.run.last).second) return ok();
    if (++map.ranges_ > limits.ranges) {
      return Error{ErrorCode::kExhausted,
                   "over " + std::to_string(limits.ranges) +
                       " ranges are here; ask for a smaller box or a coarser level: lod=`" +
                       std::to_string(level) + "`"};
    }
    spread.add(range);
    if (each) each(range);
    return ok();
  };
  TERRANE_TRY(volume.visit(box, level, add, options));
  return map;
}

Result<int> ColumnMap::affordable_level(const Volume& volume) {
  TERRANE_ASSIGN(const VolumeInfo info, volume.info());
  double ranges = static_cast<double>(info.uniform + info.predicted + info.bricks);
  int level = 0;
  for (; ranges > kAffordableRanges && level < kMaxLevel; ++level) ranges /= 4;
  return level;
}

}  // namespace terrane

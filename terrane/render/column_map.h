#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "terrane/base/status.h"
#include "terrane/space/lattice.h"
#include "terrane/volume/volume.h"

namespace terrane {

// What holds a part of a store: a codec where bricks do, else the kind of the range.
struct RangeStrategy {
  RangeKind kind = RangeKind::kPredicted;
  CodecId codec{};  // of bricks
  friend bool operator==(const RangeStrategy&, const RangeStrategy&) = default;
  friend bool operator<(const RangeStrategy& a, const RangeStrategy& b) {
    return a.kind != b.kind ? a.kind < b.kind : a.codec < b.codec;
  }
};
RangeStrategy strategy_of(const RangeInfo& range);
std::string name_of(const RangeStrategy& strategy);  // "predicted", "uniform", "rows", "codec 130"

struct StrategyUse {
  RangeStrategy strategy;
  double bricks = 0, bytes = 0;
};

// How a square of brick columns is stored. A range that reaches over several squares gives each its share of
// the bytes, by bricks.
struct ColumnUse {
  double raw_bytes = 0;           // 2 x voxels
  std::vector<StrategyUse> uses;  // ascending by strategy
  double stored_bytes() const;
  double bricks() const;
  // The strategy that holds the most bytes; ties: the most bricks, then the lowest. nullptr where nothing
  // does.
  const StrategyUse* most() const;
  double ratio() const;  // raw over stored bytes; 0 where nothing is stored
  void add(const RangeStrategy& strategy, double bricks, double bytes);
  void add(const ColumnUse& other);
};

// What a survey may cost.
struct SurveyLimits {
  std::int64_t cells = 1 << 16;                   // squares of the map; they grow until they are no more
  std::uint64_t ranges = std::uint64_t{1} << 26;  // kExhausted beyond
};

// How a store, or a part of it, is stored, seen from above: a grid of squares of 2^k x 2^k brick columns.
// Made from the ranges of one level; no brick is decoded. A value.
class ColumnMap {
 public:
  // Of the bricks that the box (level-0 voxels; may cross the seam) touches at a level. `each`, where given,
  // is called for every range. The grid of a box across the seam is as wide as the store, and empty outside
  // the box.
  static Result<ColumnMap> survey(const Volume& volume, const Box& box, int level,
                                  const ReadOptions& options = {},
                                  const std::function<void(const RangeInfo&)>& each = {},
                                  const SurveyLimits& limits = {});
  // The finest level with at most about 2^24 ranges, told from the counters of level 0: 0 for all but the
  // largest stores.
  static Result<int> affordable_level(const Volume& volume);

  int level() const { return level_; }
  int width() const { return width_; }
  int height() const { return height_; }
  std::uint64_t ranges() const { return ranges_; }
  std::int64_t cell_bricks() const { return std::int64_t{1} << shift_; }  // brick columns along a side
  const ColumnUse& at(int x, int y) const { return cells_[index(x, y)]; }
  const std::vector<ColumnUse>& cells() const { return cells_; }
  // The voxels of this level that a square covers, all heights of the box.
  Box voxels(int x, int y) const;
  // The square that holds the column (x, y) of voxels of this level; nullptr outside the grid.
  const ColumnUse* find(std::int64_t x, std::int64_t y) const;
  ColumnUse total() const;

 private:
  friend class Spread;
  ColumnMap(const Lattice& lattice, const std::vector<Box>& parts, std::int64_t most_cells);
  std::size_t index(int x, int y) const {
    return static_cast<std::size_t>(y) * static_cast<std::size_t>(width_) + static_cast<std::size_t>(x);
  }
  std::int64_t cell_edge() const { return std::int64_t{kBrickEdge} << shift_; }  // voxels

  int level_ = 0, shift_ = 0, width_ = 0, height_ = 0;
  std::int64_t first_x_ = 0, first_y_ = 0;  // cells
  std::vector<Box> parts_;                  // whole bricks of the level, in voxels: one, or two at the seam
  std::uint64_t ranges_ = 0;
  std::vector<ColumnUse> cells_;
};

}  // namespace terrane

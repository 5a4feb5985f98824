#include "terrane/space/lattice.h"

#include <algorithm>
#include <cassert>

namespace terrane {
namespace {

constexpr std::int64_t floor_shift(std::int64_t v, int level) {
  return v >> level;
}
constexpr std::int64_t ceil_shift(std::int64_t v, int level) {
  return (v >> level) + ((v & ((std::int64_t{1} << level) - 1)) != 0 ? 1 : 0);
}

constexpr Coord ceil_shift(Coord c, int level) {
  return {ceil_shift(c.x, level), ceil_shift(c.y, level), ceil_shift(c.z, level)};
}

BrickBox touched_bricks(const Box& box) {
  return {position_of(brick_of(box.lo)), position_of(brick_of(box.hi - Coord{1, 1, 1}))};
}

}  // namespace

Box level_box(const Box& box, int level) {
  return {{floor_shift(box.lo.x, level), floor_shift(box.lo.y, level), floor_shift(box.lo.z, level)},
          ceil_shift(box.hi, level)};
}

Coord level_extent(Coord extent, int level) {
  const Coord c = ceil_shift(extent, level);
  return {std::max<std::int64_t>(1, c.x), std::max<std::int64_t>(1, c.y), std::max<std::int64_t>(1, c.z)};
}

Lattice::Lattice(Coord extent, int level)
    : level_(level), extent_(level_extent(extent, level)), bricks_(touched_bricks({{0, 0, 0}, extent_})) {
  assert(level >= 0 && level <= kMaxLevel);
  assert(extent.x >= 1 && extent.y >= 1 && extent.z >= 1);
  assert(extent.x <= kMaxExtent.x && extent.y <= kMaxExtent.y && extent.z <= kMaxExtent.z);
  const BrickCoord last = brick_at(bricks_.hi);
  grid_ = {last.x + 1, last.y + 1, last.z + 1};
}

Box Lattice::brick_box(Position p) const {
  const BrickCoord b = brick_at(p);
  const Coord lo = {std::int64_t{b.x} * kBrickEdge, std::int64_t{b.y} * kBrickEdge,
                    std::int64_t{b.z} * kBrickEdge};
  return Box::of_size(lo, {kBrickEdge, kBrickEdge, kBrickEdge}).intersect(bounds());
}

std::optional<Position> Lattice::next_inside(Position p, Position limit) const {
  const auto q = bricks_.next(p);
  return q && *q <= limit ? q : std::nullopt;
}

std::optional<Position> Lattice::prev_inside(Position p, Position limit) const {
  const auto q = bricks_.prev(p);
  return q && *q >= limit ? q : std::nullopt;
}

// A region that is inside begins with a brick that is inside.
bool Lattice::region_inside(RegionId r) const {
  return inside(region_first(r));
}

std::optional<RegionId> Lattice::next_region_inside(RegionId r, RegionId limit) const {
  const auto q = next_inside(region_first(r), region_last(limit));
  if (!q) return std::nullopt;
  return region_of(*q);
}

std::optional<RegionId> Lattice::prev_region_inside(RegionId r, RegionId limit) const {
  const auto q = prev_inside(region_last(r), region_first(limit));
  if (!q) return std::nullopt;
  return region_of(*q);
}

std::vector<Run> Lattice::cover(const Box& box) const {
  std::vector<Run> runs;
  Cover cover(*this, box);
  while (const auto run = cover.next()) runs.push_back(*run);
  return runs;
}

Cover::Cover(const Lattice& lattice, const Box& box) : touched_(touched_bricks(box)) {
  assert(!box.empty() && lattice.bounds().contains(box));
  const BrickCoord lo = brick_at(touched_.lo), hi = brick_at(touched_.hi);
  const BrickCoord top = brick_at(lattice.bricks().hi);
  const auto add = [&](BrickCoord from, BrickCoord to) {
    const BrickBox side = {position_of(from), position_of(to)};
    sides_[side_count_++] = {side, side.lo};
  };
  if (lo.x > 0) add({0, 0, 0}, {lo.x - 1, top.y, top.z});
  if (lo.y > 0) add({0, 0, 0}, {top.x, lo.y - 1, top.z});
  if (lo.z > 0) add({0, 0, 0}, {top.x, top.y, lo.z - 1});
  if (hi.x < top.x) add({hi.x + 1, 0, 0}, top);
  if (hi.y < top.y) add({0, hi.y + 1, 0}, top);
  if (hi.z < top.z) add({0, 0, hi.z + 1}, top);
}

std::optional<Position> Cover::next_untouched(Position p) {
  std::optional<Position> nearest;
  for (std::size_t i = 0; i < side_count_; ++i) {
    Side& side = sides_[i];
    if (side.next && *side.next < p) side.next = side.bricks.next(p);
    if (side.next && (!nearest || *side.next < *nearest)) nearest = side.next;
  }
  return nearest;
}

std::optional<Run> Cover::next() {
  if (!from_) return std::nullopt;
  const auto first = touched_.next(*from_);
  if (!first) return std::nullopt;
  from_ = next_untouched(*first);
  const Position end = from_ ? *from_ - 1 : ~Position{0};
  const Position last = *touched_.prev(end);
  return Run{*first, std::min(end, region_last(region_of(last)))};
}

}  // namespace terrane

#pragma once

#include <algorithm>
#include <bit>
#include <optional>
#include <vector>

#include "terrane/space/lattice.h"
#include "terrane/volume/format.h"

namespace terrane {

// Which positions of a line have content. Two kinds: the bricks inside the extent, within one region; and
// whole regions, for the directory. Does not own the lattice.
class InsideLine {
 public:
  static InsideLine bricks(const Lattice& lattice) { return InsideLine(lattice, false); }
  static InsideLine regions(const Lattice& lattice) { return InsideLine(lattice, true); }
  std::optional<Position> next(Position p, Position limit) const;
  std::optional<Position> prev(Position p, Position limit) const;

 private:
  InsideLine(const Lattice& lattice, bool regions) : lattice_(&lattice), regions_(regions) {}
  const Lattice* lattice_;
  bool regions_;
};

// A stretch of the line on its way into the map.
struct Piece {
  enum class Origin : std::uint8_t {
    kOld,  // as stored
    kNew,  // to be stored; frame of a brick in Edit::frame
    kOwn,  // directory only: a region with its own unit. Never joins anything
  };
  Run run;
  format::Content content;
  Origin origin = Origin::kOld;
  const std::string* frame = nullptr;  // of a new brick
  bool absorbs() const { return origin != Origin::kOwn && content.absorbs(); }
  bool joins(const Piece& other) const { return absorbs() && other.absorbs() && content == other.content; }
};

// The one partition that pieces (consecutive, tiling a stretch without a gap) stand for: equal neighbours
// merged; a run of positions without content joins the range before it if that may hold more than a brick,
// else the one after it, else it is predicted. The stretch must begin where the line does or with a stored
// range that stays, and end likewise.
std::vector<Piece> canonical(const std::vector<Piece>& pieces, const InsideLine& line);

// The voxels of a run as boxes, about two for each bit of its length: every aligned block of 2^k positions is
// a cuboid of bricks, whose corners are its first and its last. Most lie beyond the extent of any store.
template <class Visit>
void for_each_cuboid(const Run& run, const Visit& visit) {
  for (Position p = run.first;;) {
    int k = p == 0 ? 63 : std::min(63, std::countr_zero(p));
    while (k > 0 && (std::uint64_t{1} << k) - 1 > run.last - p) --k;
    const Position last = p + ((std::uint64_t{1} << k) - 1);
    const BrickCoord lo = brick_at(p), hi = brick_at(last);
    visit(Box{
        {std::int64_t{lo.x} * kBrickEdge, std::int64_t{lo.y} * kBrickEdge, std::int64_t{lo.z} * kBrickEdge},
        {(std::int64_t{hi.x} + 1) * kBrickEdge, (std::int64_t{hi.y} + 1) * kBrickEdge,
         (std::int64_t{hi.z} + 1) * kBrickEdge}});
    if (last >= run.last) return;
    p = last + 1;
  }
}

// Voxels inside the extent that a run holds, modulo 2^64.
std::uint64_t voxels_in(const Run& run, const Lattice& lattice);

}  // namespace terrane

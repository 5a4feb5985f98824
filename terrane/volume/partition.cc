#include "terrane/volume/partition.h"

#include <bit>

namespace terrane {

std::optional<Position> InsideLine::next(Position p, Position limit) const {
  if (!regions_) return lattice_->next_inside(p, limit);
  const auto region = lattice_->next_region_inside(region_of(p), region_of(limit));
  if (!region) return std::nullopt;
  return region_first(*region);
}

std::optional<Position> InsideLine::prev(Position p, Position limit) const {
  if (!regions_) return lattice_->prev_inside(p, limit);
  const auto region = lattice_->prev_region_inside(region_of(p), region_of(limit));
  if (!region) return std::nullopt;
  return region_last(*region);
}

std::vector<Piece> canonical(const std::vector<Piece>& pieces, const InsideLine& line) {
  const Run whole{pieces.front().run.first, pieces.back().run.last};
  std::vector<Piece> trimmed;
  for (const Piece& piece : pieces) {
    const auto first = line.next(piece.run.first, piece.run.last);
    if (!first) continue;
    Piece kept = piece;
    kept.run = {*first, *line.prev(piece.run.last, *first)};
    if (!trimmed.empty() && trimmed.back().joins(kept)) {
      trimmed.back().run.last = kept.run.last;
    } else {
      trimmed.push_back(kept);
    }
  }
  const auto gap = [](Position first, Position last) {
    return Piece{{first, last}, {}, Piece::Origin::kNew, nullptr};
  };
  if (trimmed.empty()) return {gap(whole.first, whole.last)};

  std::vector<Piece> out;
  Position next = whole.first;  // the first position not yet held
  for (std::size_t i = 0; i < trimmed.size(); ++i) {
    Piece piece = trimmed[i];
    if (next < piece.run.first) {
      if (piece.absorbs()) {
        piece.run.first = next;
      } else {
        out.push_back(gap(next, piece.run.first - 1));
      }
    }
    if (piece.absorbs()) {
      piece.run.last = i + 1 < trimmed.size() ? trimmed[i + 1].run.first - 1 : whole.last;
    }
    next = piece.run.last + 1;
    out.push_back(piece);
  }
  if (out.back().run.last != whole.last) out.push_back(gap(next, whole.last));
  return out;
}

std::uint64_t voxels_in(const Run& run, const Lattice& lattice) {
  std::uint64_t sum = 0;
  const Box bounds = lattice.bounds();
  for_each_cuboid(run, [&](const Box& cuboid) {
    const Box inside = cuboid.intersect(bounds);
    if (inside.empty()) return;
    const Coord n = inside.size();
    sum +=
        static_cast<std::uint64_t>(n.x) * static_cast<std::uint64_t>(n.y) * static_cast<std::uint64_t>(n.z);
  });
  return sum;
}

}  // namespace terrane

#include "terrane/space/position.h"

#include <bit>

namespace terrane {
namespace {

static_assert((kAxisX ^ kAxisY ^ kAxisZ) == ~Position{0});
static_assert((kAxisX & kAxisY) == 0 && (kAxisX & kAxisZ) == 0 && (kAxisY & kAxisZ) == 0);

// The bit and all below it; nothing above. `bit` is one bit.
constexpr Position through(Position bit) {
  return bit | (bit - 1);
}

// The smallest position after `p` that lies in [lo, hi] on every axis shares its high bits with `p`, down to
// some bit that is 0 in `p` and 1 in it; below that bit it is as low as the box allows. The lower that bit,
// the nearer the position, so all that is to find is the lowest bit that works:
//  - where p is above hi on an axis, a bit above their first difference, and of another axis;
//  - where p is below lo, their first difference (which raises p to lo there) or a bit above it;
//  - on its own axis it must not lift p over hi: not above the first difference of p and hi.
std::optional<Position> next_in(const BrickBox& box, Position p) {
  Position may_rise = 0;
  Position barred = 0;
  for (const Position axis : {kAxisX, kAxisY, kAxisZ}) {
    const Position at = p & axis, lo = box.lo & axis, hi = box.hi & axis;
    if (at < hi) may_rise |= ~p & axis & through(std::bit_floor(at ^ hi));
    if (at > hi) barred |= through(std::bit_floor(at ^ hi));
    if (at < lo) barred |= std::bit_floor(at ^ lo) - 1;
  }
  may_rise &= ~barred;
  if (may_rise == 0) return std::nullopt;
  const Position bit = may_rise & -may_rise;
  const Position below = bit - 1;
  Position q = (p | bit) & ~below;
  for (const Position axis : {kAxisX, kAxisY, kAxisZ}) {
    if (((q ^ box.lo) & axis & ~below) == 0) q |= box.lo & axis & below;
  }
  return q;
}

}  // namespace

std::optional<Position> BrickBox::next(Position p) const {
  if (contains(p)) return p;
  return next_in(*this, p);
}

std::optional<Position> BrickBox::prev(Position p) const {
  if (contains(p)) return p;
  // Seen from its other end the line is the same line: complementing a position mirrors every axis.
  const auto mirrored = next_in({~hi, ~lo}, ~p);
  if (!mirrored) return std::nullopt;
  return ~*mirrored;
}

}  // namespace terrane

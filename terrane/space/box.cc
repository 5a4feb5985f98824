#include "terrane/space/box.h"

namespace terrane {
namespace {

std::string range(std::int64_t lo, std::int64_t hi) {
  return std::to_string(lo) + ":" + std::to_string(hi);
}

}  // namespace

std::string to_string(Coord c) {
  return std::to_string(c.x) + "," + std::to_string(c.y) + "," + std::to_string(c.z);
}

std::string to_string(const Box& b) {
  return range(b.lo.x, b.hi.x) + "," + range(b.lo.y, b.hi.y) + "," + range(b.lo.z, b.hi.z);
}

}  // namespace terrane

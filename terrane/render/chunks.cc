#include "terrane/render/chunks.h"

#include <algorithm>

#include "terrane/space/position.h"

namespace terrane {

namespace {

constexpr std::size_t kMaxChunks = std::size_t{1} << 20;

// The end of the chunk that begins at `at`, of about `length` voxels: on a border of bricks, or `end`.
std::int64_t next_border(std::int64_t at, std::int64_t length, std::int64_t end) {
  const std::int64_t bricks = std::max<std::int64_t>(1, length / kBrickEdge);
  return std::min(end, (at / kBrickEdge + bricks) * kBrickEdge);
}

// How long a chunk may be in z, then in y and x.
Coord chunk_size(Coord size, std::int64_t max_voxels) {
  const std::int64_t edge_x = std::min<std::int64_t>(size.x, kBrickEdge);
  const std::int64_t edge_y = std::min<std::int64_t>(size.y, kBrickEdge);
  Coord out;
  out.z = std::min(size.z, std::max<std::int64_t>(kBrickEdge, max_voxels / (edge_x * edge_y)));
  out.y = std::min(size.y, std::max<std::int64_t>(kBrickEdge, max_voxels / (edge_x * out.z)));
  out.x = std::min(size.x, std::max<std::int64_t>(kBrickEdge, max_voxels / (out.y * out.z)));
  return out;
}

}  // namespace

Box level0_box(const World& world, const Box& part, int level) {
  const auto up = [level](Coord c) {
    const std::int64_t scale = std::int64_t{1} << level;
    return Coord{c.x * scale, c.y * scale, c.z * scale};
  };
  return Box{up(part.lo), up(part.hi)}.intersect(world.bounds());
}

Result<std::vector<Chunk>> chunks_of(const World& world, const Box& box, int level, std::int64_t max_voxels) {
  TERRANE_ASSIGN(const std::vector<World::Piece> pieces, world.level_pieces(box, level));
  std::vector<Chunk> out;
  for (const World::Piece& piece : pieces) {
    const Box& p = piece.box;
    const Coord size = chunk_size(p.size(), max_voxels);
    const Coord joined = {piece.out_x - p.lo.x, -p.lo.y, -p.lo.z};
    for (std::int64_t x = p.lo.x, x1 = 0; x < p.hi.x; x = x1) {
      x1 = next_border(x, size.x, p.hi.x);
      for (std::int64_t y = p.lo.y, y1 = 0; y < p.hi.y; y = y1) {
        y1 = next_border(y, size.y, p.hi.y);
        for (std::int64_t z = p.lo.z, z1 = 0; z < p.hi.z; z = z1) {
          z1 = next_border(z, size.z, p.hi.z);
          if (out.size() == kMaxChunks) {
            return Error{ErrorCode::kExhausted,
                         "the box is too large; ask for less, or a coarser level: box=`" + to_string(box) +
                             "` level=`" + std::to_string(level) + "`"};
          }
          const Box part = {{x, y, z}, {x1, y1, z1}};
          out.push_back({level0_box(world, part, level), {part.lo + joined, part.hi + joined}});
        }
      }
    }
  }
  return out;
}

}  // namespace terrane

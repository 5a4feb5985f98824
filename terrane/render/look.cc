#include "terrane/render/look.h"

#include <algorithm>
#include <cmath>

#include "terrane/render/chunks.h"
#include "terrane/render/plan.h"

namespace terrane {

namespace {

constexpr double kMostColumns = 16777216;  // 2^24
constexpr std::int64_t kTile = 512;        // columns along a side of what is looked at together

// The height, in level voxels, above which the box holds nothing but sky. Told by the ranges, without
// decoding a brick: a planet has a lot of sky.
Result<std::int64_t> top_of(const Volume& volume, const Box& box, int level, const Box& part,
                            const Kinds& kinds, const ReadOptions& options) {
  std::int64_t top = part.lo.z;
  const auto raise = [&](const RangeInfo& range) -> Status {
    const bool plain = range.kind != RangeKind::kBrick;
    if (plain && kinds.sky(range.material)) return ok();
    constexpr int kSlabShift = 12, kSlabMask = (1 << 17) - 1;
    std::int64_t reaches = part.hi.z;
    if (range.run.first == range.run.last) {
      reaches = (std::int64_t{brick_at(range.run.last).z} + 1) * kBrickEdge;
    } else if (region_of(range.run.first) == region_of(range.run.last)) {
      const auto slab = static_cast<std::int64_t>((range.run.last >> kSlabShift) & kSlabMask);
      reaches = (slab + 1) * kSlabBricks * kBrickEdge;
    }
    top = std::max(top, std::min(reaches, part.hi.z));
    return ok();
  };
  TERRANE_TRY(volume.visit(box, level, raise, options));
  return top;
}

Status look_at_tile(const Volume& volume, const Box& part, Coord place, int level, const Kinds& kinds,
                    const ReadOptions& options, GroundMap& map) {
  const World& world = volume.world();
  TERRANE_ASSIGN(std::int64_t z1,
                 top_of(volume, level0_box(world, part, level), level, part, kinds, options));
  bool found = false;
  std::vector<MaterialId> buffer;
  while (z1 > part.lo.z && !found) {
    const std::int64_t z0 = std::max(part.lo.z, (z1 - 1) / kBrickEdge * kBrickEdge);
    const Box slab = {{part.lo.x, part.lo.y, z0}, {part.hi.x, part.hi.y, z1}};
    const Coord size = slab.size();
    buffer.resize(static_cast<std::size_t>(size.x * size.y * size.z));
    const VoxelView voxels = VoxelView::dense(buffer.data(), size);
    TERRANE_TRY(volume.read(level0_box(world, slab, level), level, voxels, options));
    found = map.look(voxels, place.x, place.y, z0, kinds);
    z1 = z0;
  }
  return ok();
}

}  // namespace

Result<GroundMap> ground_of(const Volume& volume, const Box& box, int level, const Kinds& kinds,
                            const ReadOptions& options) {
  TERRANE_ASSIGN(const std::vector<World::Piece> pieces, volume.world().level_pieces(box, level));
  TERRANE_ASSIGN(const Coord shape, volume.world().level_shape(box, level));
  GroundMap map(shape.x, shape.y);
  for (const World::Piece& piece : pieces) {
    const Box& p = piece.box;
    for (std::int64_t x = p.lo.x, x1 = 0; x < p.hi.x; x = x1) {
      x1 = std::min(p.hi.x, (x / kTile + 1) * kTile);
      for (std::int64_t y = p.lo.y, y1 = 0; y < p.hi.y; y = y1) {
        y1 = std::min(p.hi.y, (y / kTile + 1) * kTile);
        const Box part = {{x, y, p.lo.z}, {x1, y1, p.hi.z}};
        const Coord place = {piece.out_x + x - p.lo.x, y - p.lo.y, 0};
        TERRANE_TRY(look_at_tile(volume, part, place, level, kinds, options, map));
      }
    }
  }
  return map;
}

Result<Kinds> kinds_of(const Volume& volume, const Box& box, const ReadOptions& options) {
  VoxelArray top;
  if (Kinds::needs_top(volume.catalogue())) {
    const auto wide = static_cast<double>(box.hi.x - box.lo.x),
               high = static_cast<double>(box.hi.y - box.lo.y);
    Box layer = box;
    layer.lo.z = layer.hi.z - 1;
    const int level = fitting_level(wide, high, 512, 512);
    TERRANE_ASSIGN(top, volume.read({.box = layer, .lod = level, .options = options}));
  }
  return Kinds::create(volume.catalogue(), volume.fill(), top.view(), box.hi.z - box.lo.z);
}

int look_level(const Box& box) {
  const Coord n = box.size();
  int level = 0;
  while (std::ldexp(static_cast<double>(n.x), -level) * std::ldexp(static_cast<double>(n.y), -level) >
         kMostColumns) {
    ++level;
  }
  return level;
}

Result<GroundView> look_down(const Volume& volume, const Box& box, int level, const ReadOptions& options) {
  TERRANE_ASSIGN(const Kinds kinds, kinds_of(volume, box, options));
  TERRANE_ASSIGN(GroundMap map, ground_of(volume, box, level, kinds, options));
  return GroundView{level, kinds, std::move(map)};
}

bool names_liquid(const Catalogue& catalogue, const Kinds& kinds) {
  const auto& all = catalogue.all();
  return std::any_of(all.begin(), all.end(), [&](const Material& m) { return kinds.liquid(m.id); });
}

}  // namespace terrane

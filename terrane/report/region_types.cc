#include "terrane/report/region_types.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "terrane/render/chunks.h"
#include "terrane/render/look.h"
#include "terrane/render/scale.h"

namespace terrane {

namespace {

constexpr double kHigh = 1500, kSteepShare = 0.25;  // metres; of the width
constexpr double kMostBricks = 65536, kMostVoxels = 1e18;

// The columns of a square, in voxels of level 0.
Box level0_square(const World& world, const ColumnMap& map, int x, int y) {
  return level0_box(world, map.voxels(x, y), map.level());
}

SurfaceFacts facts_of(const World& world, const GroundView& seen, const Box& square) {
  const Scale scale(world);
  const GroundMap& ground = seen.map;
  const int level = seen.level;
  const World::Settings& s = world.settings();
  const std::int64_t x0 = square.lo.x >> level, y0 = square.lo.y >> level;
  const std::int64_t x1 = std::max(x0 + 1, std::min(ground.width(), square.hi.x >> level));
  const std::int64_t y1 = std::max(y0 + 1, std::min(ground.height(), square.hi.y >> level));
  std::vector<double> heights;
  double wet = 0;
  for (std::int64_t y = y0; y < y1; ++y) {
    for (std::int64_t x = x0; x < x1; ++x) {
      const GroundColumn& c = ground.at(x, y);
      if (c.wet(seen.kinds)) {
        wet += 1;
      } else if (c.ground_z != GroundColumn::kNone) {
        heights.push_back(s.origin[2] + s.voxel_size[2] * std::ldexp(static_cast<double>(c.ground_z), level));
      }
    }
  }
  SurfaceFacts facts;
  facts.wet = wet / static_cast<double>((x1 - x0) * (y1 - y0));
  facts.width = scale.metres_y() * static_cast<double>(square.size().y);
  facts.elevations = !s.crs.empty();
  if (heights.empty()) return facts;
  std::sort(heights.begin(), heights.end());
  const auto rank = [&](double share) {
    return heights[static_cast<std::size_t>(share * static_cast<double>(heights.size() - 1))];
  };
  facts.relief = rank(0.95) - rank(0.05);
  for (const double h : heights) facts.mean_elevation += h / static_cast<double>(heights.size());
  return facts;
}

// The share of the commonest material of a box: from ranges and encoded bytes.
Result<double> homogeneity_of(const Volume& volume, const Box& box, int level, const ReadOptions& options) {
  TERRANE_ASSIGN(const MaterialCounts counts, volume.histogram(box, level, options));
  std::uint64_t most = 0, all = 0;
  for (const auto& [id, n] : counts.sorted()) most = std::max(most, n), all += n;
  return static_cast<double>(most) / static_cast<double>(std::max<std::uint64_t>(1, all));
}

}  // namespace

Result<int> countable_level(const Volume& volume) {
  TERRANE_ASSIGN(const VolumeInfo info, volume.info());
  auto bricks = static_cast<double>(info.bricks);
  int level = 0;
  for (; level < kMaxLevel; ++level, bricks /= 4) {
    if (bricks <= kMostBricks && level_box(volume.world().bounds(), level).volume() <= kMostVoxels) break;
  }
  return level;
}

std::string_view name(RegionType type) {
  switch (type) {
    case RegionType::kOcean:
      return "ocean";
    case RegionType::kCoast:
      return "coast";
    case RegionType::kMountain:
      return "mountain";
    case RegionType::kPlain:
      return "plain";
    case RegionType::kUniform:
      return "uniform";
    case RegionType::kOver95:
      return "over 95 % one material";
    case RegionType::kOver80:
      return "80 % to 95 %";
    case RegionType::kMixed:
      return "under 80 %";
  }
  return "unknown";
}

std::string_view definition(RegionType type) {
  switch (type) {
    case RegionType::kOcean:
      return "liquid on top of over 95 % of the columns";
    case RegionType::kCoast:
      return "liquid on top of 5 % to 95 % of the columns";
    case RegionType::kMountain:
      return "less liquid; the ground is over 1,500 m high on average, or rises and falls by over 1,500 m, "
             "or by over "
             "a quarter of the square's width where that is less";
    case RegionType::kPlain:
      return "everything else";
    case RegionType::kUniform:
      return "one material";
    case RegionType::kOver95:
      return "the commonest material fills over 95 % of the voxels, but not all";
    case RegionType::kOver80:
      return "the commonest material fills 80 % to 95 % of the voxels";
    case RegionType::kMixed:
      return "the commonest material fills less than 80 % of the voxels";
  }
  return "";
}

RegionType type_by_surface(const SurfaceFacts& facts) {
  if (facts.wet > 0.95) return RegionType::kOcean;
  if (facts.wet >= 0.05) return RegionType::kCoast;
  const bool high = facts.elevations && facts.mean_elevation > kHigh;
  return high || facts.relief > std::min(kHigh, kSteepShare * facts.width) ? RegionType::kMountain
                                                                           : RegionType::kPlain;
}

RegionType type_by_homogeneity(double share) {
  return share >= 1      ? RegionType::kUniform
         : share > 0.95  ? RegionType::kOver95
         : share >= 0.80 ? RegionType::kOver80
                         : RegionType::kMixed;
}

const RegionSum* RegionTable::find(RegionType type) const {
  for (const RegionSum& row : rows) {
    if (row.type == type) return &row;
  }
  return nullptr;
}

Result<RegionTable> region_types(const Volume& volume, const ColumnMap& map, const GroundView& ground,
                                 const ReadOptions& options) {
  const World& world = volume.world();
  RegionTable out;
  out.by_surface = names_liquid(volume.catalogue(), ground.kinds);
  out.level = ground.level;
  if (!out.by_surface) {
    TERRANE_ASSIGN(out.level, countable_level(volume));
  }
  std::map<RegionType, RegionSum> sums;
  for (int y = 0; y < map.height(); ++y) {
    for (int x = 0; x < map.width(); ++x) {
      const Box square = level0_square(world, map, x, y);
      RegionType type = RegionType::kPlain;
      if (out.by_surface) {
        type = type_by_surface(facts_of(world, ground, square));
      } else {
        TERRANE_ASSIGN(const double share, homogeneity_of(volume, square, out.level, options));
        type = type_by_homogeneity(share);
      }
      RegionSum& sum = sums[type];
      sum.type = type;
      sum.squares += 1;
      sum.use.add(map.at(x, y));
    }
  }
  for (auto& [type, sum] : sums) out.rows.push_back(std::move(sum));
  return out;
}

}  // namespace terrane

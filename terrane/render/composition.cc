#include "terrane/render/composition.h"

#include <algorithm>
#include <cmath>

#include "terrane/render/chunks.h"
#include "terrane/render/plan.h"
#include "terrane/render/scale.h"

namespace terrane {

namespace {

constexpr double kMostVoxels = 16777216;   // 2^24, by default
constexpr double kMostAsked = 1073741824;  // 2^30, on demand
constexpr std::int64_t kChunkVoxels = 1 << 22;

// The materials of one column; few, so a list.
class ColumnCounts {
 public:
  void add(MaterialId id, std::uint64_t n) {
    for (auto& [known, count] : counts_) {
      if (known != id) continue;
      count += n;
      return;
    }
    counts_.push_back({id, n});
  }
  void add(const MaterialId* voxels, std::int64_t n) {
    for (std::int64_t z = 0, end = 0; z < n; z = end) {
      for (end = z + 1; end < n && voxels[end] == voxels[z];) ++end;
      add(voxels[z], static_cast<std::uint64_t>(end - z));
    }
  }
  float homogeneity(const Kinds& kinds) const {
    std::uint64_t all = 0, most = 0;
    for (const auto& [id, count] : counts_) {
      if (kinds.sky(id)) continue;
      all += count;
      most = std::max(most, count);
    }
    return all == 0 ? Composition::kSky
                    : static_cast<float>(static_cast<double>(most) / static_cast<double>(all));
  }
  const std::vector<std::pair<MaterialId, std::uint64_t>>& counts() const { return counts_; }
  void clear() { counts_.clear(); }

 private:
  std::vector<std::pair<MaterialId, std::uint64_t>> counts_;
};

// What is counted column by column as the chunks of a read go by: those of a column follow one another.
class Counter {
 public:
  Counter(const World& world, const Box& box, const Kinds& kinds, Composition& out)
      : scale_(world), first_y_((box.lo.y >> out.level) << out.level), kinds_(kinds), out_(out) {}

  void add(const Box& to, ConstVoxelView voxels, bool last) {
    const Coord size = to.size();
    counts_.resize(static_cast<std::size_t>(size.x * size.y));
    std::size_t i = 0;
    for (std::int64_t x = 0; x < size.x; ++x) {
      for (std::int64_t y = 0; y < size.y; ++y) counts_[i++].add(voxels.row(x, y), size.z);
    }
    if (!last) return;
    i = 0;
    for (std::int64_t x = to.lo.x; x < to.hi.x; ++x) {
      for (std::int64_t y = to.lo.y; y < to.hi.y; ++y) finish(x, y, counts_[i++]);
    }
  }

 private:
  void finish(std::int64_t x, std::int64_t y, ColumnCounts& counts) {
    out_.homogeneity[static_cast<std::size_t>(y * out_.width + x)] = counts.homogeneity(kinds_);
    const double edge = std::ldexp(1.0, out_.level);
    const double middle = static_cast<double>(first_y_) + (static_cast<double>(y) + 0.5) * edge;
    const double volume =
        scale_.metres_x(middle) * scale_.metres_y() * scale_.metres_z() * edge * edge * edge;
    for (const auto& [id, n] : counts.counts()) {
      MaterialAmount& amount = out_.materials[id];
      amount.voxels += static_cast<double>(n);
      amount.volume += static_cast<double>(n) * volume;
    }
    counts.clear();
  }

  Scale scale_;
  std::int64_t first_y_;
  const Kinds& kinds_;
  Composition& out_;
  std::vector<ColumnCounts> counts_;
};

}  // namespace

int composition_level(const Box& box, double most_x, double most_y) {
  const Coord size = box.size();
  int level = fitting_level(static_cast<double>(size.x), static_cast<double>(size.y), most_x, most_y);
  while (level < kMaxLevel && level_box(box, level).volume() > kMostVoxels) ++level;
  return level;
}

Result<Composition> composition_of(const Volume& volume, const Box& box, int level, const Kinds& kinds,
                                   const ReadOptions& options) {
  TERRANE_ASSIGN(const Coord shape, volume.world().level_shape(box, level));
  if (Box{{}, shape}.volume() > kMostAsked) {
    return invalid(
        "this level has over 2^30 voxels in the box; give a smaller box or a coarser level: lod=`" +
        std::to_string(level) + "`");
  }
  TERRANE_ASSIGN(const std::vector<Chunk> chunks, chunks_of(volume.world(), box, level, kChunkVoxels));
  Composition out{.level = level, .width = shape.x, .height = shape.y, .homogeneity = {}, .materials = {}};
  out.homogeneity.assign(static_cast<std::size_t>(shape.x * shape.y), Composition::kSky);
  Counter counter(volume.world(), box, kinds, out);
  std::vector<MaterialId> buffer;
  for (const Chunk& chunk : chunks) {
    const Coord size = chunk.to.size();
    buffer.resize(static_cast<std::size_t>(size.x * size.y * size.z));
    const VoxelView voxels = VoxelView::dense(buffer.data(), size);
    TERRANE_TRY(volume.read(chunk.from, level, voxels, options));
    counter.add(chunk.to, voxels, chunk.to.hi.z == shape.z);
  }
  return out;
}

}  // namespace terrane

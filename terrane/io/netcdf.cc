#include "terrane/io/netcdf.h"

#include <algorithm>
#include <list>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "fmt/format.h"
#include "terrane/io/gdal_netcdf.h"
#include "terrane/io/netcdf_classic.h"

namespace terrane {
namespace {

constexpr std::size_t kCacheBytes = std::size_t{512} << 20;

std::int64_t of(const Coord& c, int axis) {
  return axis == 0 ? c.x : axis == 1 ? c.y : c.z;
}
std::int64_t& of(Coord& c, int axis) {
  return axis == 0 ? c.x : axis == 1 ? c.y : c.z;
}

// A decoded part of the file, x fastest.
struct Block {
  Box box;  // of the source
  std::vector<MaterialId> voxels;
  std::vector<std::int64_t> raw;  // only where a value is no material: what it is
  std::size_t bytes() const { return voxels.size() * sizeof(MaterialId) + raw.size() * sizeof(std::int64_t); }
};

class NetcdfSource final : public VoxelSource {
 public:
  NetcdfSource(std::string path, std::string identity, NetcdfVariable variable)
      : path_(std::move(path)),
        identity_(std::move(identity)),
        size_(variable.size()),
        variable_(std::move(variable)) {
    for (const NetcdfVariable::Dimension& d : variable_.dimensions) {
      of(block_, d.axis) = d.block;
      of(turned_, d.axis) = d.turned ? 1 : 0;
    }
  }
  Coord size() const override { return size_; }
  std::string identity() const override {
    return fmt::format("netcdf {} variable={}", identity_, variable_.array->GetFullName());
  }

  Status read(const Box& box, VoxelView out) const override {
    TERRANE_TRY(check_read(box, size_, out));
    // Blocks are those of the file: counted from its own first element on each axis.
    const Box in_file = turned(box);
    const Box blocks = {{in_file.lo.x / block_.x, in_file.lo.y / block_.y, in_file.lo.z / block_.z},
                        {(in_file.hi.x - 1) / block_.x + 1, (in_file.hi.y - 1) / block_.y + 1,
                         (in_file.hi.z - 1) / block_.z + 1}};
    for (std::int64_t z = blocks.lo.z; z < blocks.hi.z; ++z) {
      for (std::int64_t y = blocks.lo.y; y < blocks.hi.y; ++y) {
        for (std::int64_t x = blocks.lo.x; x < blocks.hi.x; ++x) {
          TERRANE_ASSIGN(const std::shared_ptr<const Block> block, get({x, y, z}));
          const Box part = block->box.intersect(box);
          TERRANE_TRY(copy_part(*block, part, out.sub({part.lo - box.lo, part.hi - box.lo})));
        }
      }
    }
    return ok();
  }

 private:
  using Key = std::array<std::int64_t, 3>;
  struct Slot {
    std::shared_ptr<const Block> block;
    std::list<Key>::iterator recent;
  };

  // The same voxels, counted from the other end on the axes that are turned.
  Box turned(const Box& box) const {
    Box out = box;
    for (int axis = 0; axis < 3; ++axis) {
      if (of(turned_, axis) == 0) continue;
      of(out.lo, axis) = of(size_, axis) - of(box.hi, axis);
      of(out.hi, axis) = of(size_, axis) - of(box.lo, axis);
    }
    return out;
  }

  Status copy_part(const Block& block, const Box& part, VoxelView out) const {
    const Box at = {part.lo - block.box.lo, part.hi - block.box.lo};
    const Coord size = block.box.size();
    if (!block.raw.empty()) {
      const auto raw = raster_order(block.raw.data(), size).sub(at);
      for (std::int64_t x = 0; x < raw.size.x; ++x) {
        for (std::int64_t y = 0; y < raw.size.y; ++y) {
          for (std::int64_t z = 0; z < raw.size.z; ++z) {
            const std::int64_t value = raw.at({x, y, z});
            if (!material_of(value, variable_.no_data))
              return no_material(value, part.lo + Coord{x, y, z}, path_);
          }
        }
      }
    }
    copy(ConstVoxelView(raster_order(block.voxels.data(), size).sub(at)), out);
    return ok();
  }

  std::shared_ptr<const Block> cached(const Key& key) const {
    const std::scoped_lock lock(cache_mutex_);
    const auto found = cache_.find(key);
    if (found == cache_.end()) return nullptr;
    recent_.splice(recent_.begin(), recent_, found->second.recent);
    return found->second.block;
  }

  Result<std::shared_ptr<const Block>> get(Coord index) const {
    const Key key = {index.x, index.y, index.z};
    if (auto hit = cached(key)) return hit;
    const std::scoped_lock loading(file_mutex_);
    if (auto hit = cached(key)) return hit;  // loaded while this thread waited
    TERRANE_ASSIGN(std::shared_ptr<const Block> fresh, load(index));
    const std::scoped_lock lock(cache_mutex_);
    while (!recent_.empty() && held_ + fresh->bytes() > kCacheBytes) {
      const auto last = cache_.find(recent_.back());
      held_ -= last->second.block->bytes();
      cache_.erase(last);
      recent_.pop_back();
    }
    held_ += fresh->bytes();
    recent_.push_front(key);
    cache_[key] = {fresh, recent_.begin()};
    return fresh;
  }

  Result<std::shared_ptr<const Block>> load(Coord index) const {
    TERRANE_TRY(still_same(path_, identity_));
    const Coord lo = {index.x * block_.x, index.y * block_.y, index.z * block_.z};
    const Box in_file = Box::of_size(lo, block_).intersect({{0, 0, 0}, size_});
    auto block = std::make_shared<Block>();
    block->box = turned(in_file);
    const Coord size = in_file.size();
    std::vector<std::int64_t> raw(static_cast<std::size_t>(size.x * size.y * size.z));
    const auto view = raster_order(raw.data(), size);
    std::vector<GUInt64> start;
    std::vector<std::size_t> count;
    std::vector<GPtrDiff_t> stride;
    for (const NetcdfVariable::Dimension& d : variable_.dimensions) {
      start.push_back(static_cast<GUInt64>(of(in_file.lo, d.axis)));
      count.push_back(static_cast<std::size_t>(of(size, d.axis)));
      stride.push_back(of(view.stride, d.axis));
    }
    const GdalErrors errors;
    if (!variable_.array->Read(start.data(), count.data(), nullptr, stride.data(),
                               GDALExtendedDataType::Create(GDT_Int64), raw.data())) {
      return Error{
          ErrorCode::kIo,
          fmt::format("the NetCDF library failed to read the variable: {}. Is the file whole? box=`{}` "
                      "path=`{}`",
                      errors.text(), to_string(block->box), path_)};
    }
    turn(raw, size);
    block->voxels.resize(raw.size());
    bool good = true;
    for (std::size_t i = 0; i < raw.size(); ++i) {
      const auto material = material_of(raw[i], variable_.no_data);
      block->voxels[i] = material.value_or(0);
      good = good && material.has_value();
    }
    if (!good) block->raw = std::move(raw);
    return std::shared_ptr<const Block>(std::move(block));
  }

  void turn(std::vector<std::int64_t>& raw, Coord size) const {
    const auto view = raster_order(raw.data(), size);
    for (int axis = 0; axis < 3; ++axis) {
      if (of(turned_, axis) == 0) continue;
      Coord half = size;
      of(half, axis) /= 2;
      for (std::int64_t z = 0; z < half.z; ++z) {
        for (std::int64_t y = 0; y < half.y; ++y) {
          for (std::int64_t x = 0; x < half.x; ++x) {
            Coord other = {x, y, z};
            of(other, axis) = of(size, axis) - 1 - of(other, axis);
            std::swap(view.at({x, y, z}), view.at(other));
          }
        }
      }
    }
  }

  const std::string path_, identity_;
  const Coord size_;
  Coord block_ = {1, 1, 1}, turned_;  // turned_: 1 on axes that run the other way
  mutable std::mutex file_mutex_;     // guards the variable
  const NetcdfVariable variable_;
  mutable std::mutex cache_mutex_;
  mutable std::map<Key, Slot> cache_;
  mutable std::list<Key> recent_;  // newest first
  mutable std::size_t held_ = 0;
};

}  // namespace

Result<std::unique_ptr<VoxelSource>> open_netcdf(const std::string& path, const std::string& variable) {
  TERRANE_ASSIGN(std::string identity, file_identity(path));
  TERRANE_TRY(check_classic_length(path));
  TERRANE_ASSIGN(NetcdfVariable opened, open_netcdf_variable(path, variable));
  return std::unique_ptr<VoxelSource>(
      std::make_unique<NetcdfSource>(path, std::move(identity), std::move(opened)));
}

}  // namespace terrane

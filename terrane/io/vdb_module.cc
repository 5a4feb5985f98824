#include "terrane/io/vdb_module.h"

#include <openvdb/openvdb.h>
#include <openvdb/tools/Activate.h>
#include <openvdb/tools/ChangeBackground.h>
#include <openvdb/tools/Prune.h>

#include <algorithm>
#include <cstdint>
#include <exception>
#include <utility>
#include <vector>

#include "fmt/format.h"
#include "terrane/io/temporary_file.h"

namespace terrane {
namespace {

using openvdb::Int32Grid;
using openvdb::Int32Tree;
using Leaf = Int32Tree::LeafNodeType;

constexpr std::int64_t kLeafEdge = Leaf::DIM;  // 8
constexpr double kMaxVoxels = 17179869184.0;   // 2^34
constexpr std::uint64_t kMaxLeafBytes = std::uint64_t{4} << 30;
constexpr std::int64_t kStep = 256;
constexpr char kBoxMin[] = "terrane_box_min", kBoxMax[] = "terrane_box_max";

Coord coord_of(const openvdb::Coord& c) {
  return {c.x(), c.y(), c.z()};
}
// Within 32 bits: the caller has checked the box.
openvdb::Coord vdb_coord(Coord c) {
  return {static_cast<std::int32_t>(c.x), static_cast<std::int32_t>(c.y), static_cast<std::int32_t>(c.z)};
}

// What OpenVDB throws becomes a Status.
template <class F>
auto guarded(const std::string& path, std::string_view what, ErrorCode code, F&& body) -> decltype(body()) {
  try {
    openvdb::initialize();
    return body();
  } catch (const std::bad_alloc&) {
    return Error{
        code == ErrorCode::kInvalid ? code : ErrorCode::kExhausted,
        fmt::format("OpenVDB {}: there is not enough memory for the grid (a damaged file may ask for "
                    "more than it holds); path=`{}`",
                    what, path)};
  } catch (const std::exception& error) {
    return Error{code, fmt::format("OpenVDB {}: {}; path=`{}`", what, error.what(), path)};
  }
}

class VdbSource final : public VoxelSource {
 public:
  VdbSource(std::string path, std::string identity, Int32Grid::ConstPtr grid, const Box& box)
      : path_(std::move(path)), identity_(std::move(identity)), grid_(std::move(grid)), box_(box) {
    background_ = grid_->background();
    if (background_ < 0 || background_ > kUnknown) no_data_ = background_;
  }
  Coord size() const override { return box_.size(); }
  std::string identity() const override { return identity_; }

  Status read(const Box& box, VoxelView out) const override {
    TERRANE_TRY(check_read(box, size(), out));
    // An accessor per call, which the tree knows nothing of: nobody changes the tree.
    const Int32Grid::ConstUnsafeAccessor accessor = grid_->getConstUnsafeAccessor();
    const Box all = {box_.lo + box.lo, box_.lo + box.hi};
    const auto down = [](std::int64_t v) { return v & ~(kLeafEdge - 1); };
    for (std::int64_t x = down(all.lo.x); x < all.hi.x; x += kLeafEdge) {
      for (std::int64_t y = down(all.lo.y); y < all.hi.y; y += kLeafEdge) {
        for (std::int64_t z = down(all.lo.z); z < all.hi.z; z += kLeafEdge) {
          const Box part = Box::of_size({x, y, z}, {kLeafEdge, kLeafEdge, kLeafEdge}).intersect(all);
          TERRANE_TRY(read_part(accessor, part, out.sub({part.lo - all.lo, part.hi - all.lo})));
        }
      }
    }
    return ok();
  }

 private:
  // A part of one leaf, or of what has one value.
  Status read_part(const Int32Grid::ConstUnsafeAccessor& accessor, const Box& part, VoxelView out) const {
    const openvdb::Coord lo = vdb_coord(part.lo);
    const Leaf* leaf = accessor.probeConstLeaf(lo);
    if (leaf == nullptr) {
      const std::int32_t value = accessor.getValue(lo);
      const auto material = material_of(value, no_data_);
      if (!material) return no_material(value, part.lo, path_);
      fill(out, *material);
      return ok();
    }
    for (std::int64_t x = 0; x < out.size.x; ++x) {
      for (std::int64_t y = 0; y < out.size.y; ++y) {
        for (std::int64_t z = 0; z < out.size.z; ++z) {
          const Coord at = part.lo + Coord{x, y, z};
          const std::int32_t value = leaf->getValue(vdb_coord(at));
          const auto material = material_of(value, no_data_);
          if (!material) return no_material(value, at, path_);
          out.at({x, y, z}) = *material;
        }
      }
    }
    return ok();
  }

  const std::string path_, identity_;
  const Int32Grid::ConstPtr grid_;
  const Box box_;  // of the grid's index space
  std::int32_t background_ = 0;
  std::optional<std::int64_t> no_data_;
};

// The name of the grid to read.
Result<std::string> choose(openvdb::io::File& file, const std::string& path, const std::string& wanted) {
  std::vector<std::string> fitting;
  std::string all;
  const openvdb::GridPtrVecPtr grids = file.readAllGridMetadata();
  for (const openvdb::GridBase::Ptr& grid : *grids) {
    all += fmt::format(" {} ({})", grid->getName(), grid->valueType());
    if (grid->isType<Int32Grid>() && (wanted.empty() || grid->getName() == wanted))
      fitting.push_back(grid->getName());
  }
  if (fitting.size() == 1) return fitting[0];
  const std::string_view problem =
      fitting.empty() ? "no grid of 32-bit integers by that name" : "several grids of 32-bit integers";
  return invalid(fmt::format("the file has {}: name one (--grid). It holds:{}; grid=`{}` path=`{}`", problem,
                             all.empty() ? " nothing" : all, wanted, path));
}

// What export_vdb() recorded, or the box around what is active.
Result<Box> box_of(const Int32Grid& grid, const std::string& path) {
  const openvdb::CoordBBox active = grid.evalActiveVoxelBoundingBox();
  Box box = {coord_of(active.min()), coord_of(active.max()) + Coord{1, 1, 1}};
  if (active.empty()) box = {};
  const auto lo = grid.getMetadata<openvdb::Vec3IMetadata>(kBoxMin);
  const auto hi = grid.getMetadata<openvdb::Vec3IMetadata>(kBoxMax);
  if (lo && hi) {
    const openvdb::Vec3i a = lo->value(), b = hi->value();
    const Box recorded = {{a[0], a[1], a[2]}, {b[0], b[1], b[2]}};
    if (!recorded.empty() && recorded.contains(box)) return recorded;
  }
  if (!box.empty()) return box;
  return invalid(fmt::format("nothing in the grid is active, so it has no box; grid=`{}` path=`{}`",
                             grid.getName(), path));
}

// Fills a tree leaf by leaf, every voxel of the box active, and counts the materials.
class TreeBuilder {
 public:
  explicit TreeBuilder(Int32Tree& tree) : tree_(tree), counts_(std::size_t{kUnknown} + 1, 0) {}

  // `box` begins at multiples of 8.
  Status add(const Box& box, ConstVoxelView voxels) {
    for (std::int64_t x = box.lo.x; x < box.hi.x; x += kLeafEdge) {
      for (std::int64_t y = box.lo.y; y < box.hi.y; y += kLeafEdge) {
        for (std::int64_t z = box.lo.z; z < box.hi.z; z += kLeafEdge) {
          const Box part = Box::of_size({x, y, z}, {kLeafEdge, kLeafEdge, kLeafEdge}).intersect(box);
          add_cube(part, voxels.sub({part.lo - box.lo, part.hi - box.lo}));
        }
      }
    }
    if (leaves_ * sizeof(Leaf) + leaves_ * Leaf::SIZE * sizeof(std::int32_t) <= kMaxLeafBytes) return ok();
    return Error{ErrorCode::kExhausted,
                 "the grid takes more than 4 GiB of memory: export a smaller box or a coarser level"};
  }
  MaterialId commonest() const {
    return static_cast<MaterialId>(std::max_element(counts_.begin(), counts_.end()) - counts_.begin());
  }

 private:
  void add_cube(const Box& part, ConstVoxelView voxels) {
    const openvdb::Coord lo = vdb_coord(part.lo);
    const MaterialId first = voxels.at({0, 0, 0});
    bool uniform = part.size() == Coord{kLeafEdge, kLeafEdge, kLeafEdge};
    Leaf* leaf = nullptr;
    for (int pass = uniform ? 0 : 1; pass < 2; ++pass) {
      for (std::int64_t x = 0; x < voxels.size.x; ++x) {
        for (std::int64_t y = 0; y < voxels.size.y; ++y) {
          for (std::int64_t z = 0; z < voxels.size.z; ++z) {
            const MaterialId m = voxels.at({x, y, z});
            if (pass == 0) {
              uniform = uniform && m == first;
              continue;
            }
            ++counts_[m];
            if (leaf == nullptr) leaf = tree_.touchLeaf(lo);
            leaf->setValueOn(vdb_coord(part.lo + Coord{x, y, z}), m);
          }
        }
      }
      if (pass == 0 && uniform) {
        counts_[first] += Leaf::SIZE;
        tree_.addTile(1, lo, first, true);
        return;
      }
    }
    ++leaves_;
  }

  Int32Tree& tree_;
  std::vector<std::uint64_t> counts_;
  std::uint64_t leaves_ = 0;
};

openvdb::math::Transform::Ptr transform_of(const ExportFrame& frame) {
  openvdb::Mat4d m = openvdb::Mat4d::identity();
  for (int axis = 0; axis < 3; ++axis) m[axis][axis] = frame.spacing[axis];
  m.setTranslation({frame.centre(0, 0), frame.centre(1, 0), frame.centre(2, 0)});
  return openvdb::math::Transform::createLinearTransform(m);
}

void describe(Int32Grid& grid, Coord size, const ExportFrame& frame) {
  grid.setName("material");
  grid.setTransform(transform_of(frame));
  grid.insertMeta(kBoxMin, openvdb::Vec3IMetadata({0, 0, 0}));
  const openvdb::Coord hi = vdb_coord(size);
  grid.insertMeta(kBoxMax, openvdb::Vec3IMetadata({hi.x(), hi.y(), hi.z()}));
  if (!frame.crs.empty()) grid.insertMeta("crs", openvdb::StringMetadata(frame.crs));
  for (const Material& m : frame.catalogue.all())
    grid.insertMeta(fmt::format("material_{}", m.id), openvdb::StringMetadata(m.name));
}

Result<std::unique_ptr<VoxelSource>> open(const std::string& path, const std::string& grid) {
  TERRANE_ASSIGN(std::string identity, file_identity(path));
  using Out = Result<std::unique_ptr<VoxelSource>>;
  return guarded(path, "cannot read the file", ErrorCode::kInvalid, [&]() -> Out {
    openvdb::io::File file(path);
    file.setCopyMaxBytes(0);
    file.open(/*delayLoad=*/false);
    TERRANE_ASSIGN(const std::string name, choose(file, path, grid));
    const auto found = openvdb::gridPtrCast<Int32Grid>(file.readGrid(name));
    if (found == nullptr) return internal("a grid changed its type while it was read");
    TERRANE_ASSIGN(const Box box, box_of(*found, path));
    return std::unique_ptr<VoxelSource>(
        std::make_unique<VdbSource>(path, fmt::format("vdb {} grid={}", identity, name), found, box));
  });
}

Status write(const std::string& path, const VoxelSource& voxels, const ExportFrame& frame, const Task& task) {
  const Coord size = voxels.size();
  if (Box{{}, size}.volume() > kMaxVoxels || std::max({size.x, size.y, size.z}) > (std::int64_t{1} << 30)) {
    return invalid(fmt::format(
        "an OpenVDB grid is built in memory, of at most 2^34 voxels: export a smaller box or a coarser "
        "level; size=`{}`",
        to_string(size)));
  }
  TERRANE_ASSIGN(TemporaryFile file, TemporaryFile::create(path));
  TERRANE_TRY(guarded(path, "cannot write the file", ErrorCode::kIo, [&]() -> Status {
    constexpr std::int32_t kOutside = -1;  // no material, until the commonest is known
    const Int32Grid::Ptr grid = Int32Grid::create(kOutside);
    TreeBuilder builder(grid->tree());
    std::vector<MaterialId> buffer;
    TERRANE_TRY(for_each_block(size, {kStep, kStep, kStep}, task, [&](const Box& box) -> Status {
      buffer.resize(static_cast<std::size_t>(box.volume()));
      const VoxelView view = VoxelView::dense(buffer.data(), box.size());
      TERRANE_TRY(voxels.read(box, view));
      return builder.add(box, view);
    }));
    const auto background = static_cast<std::int32_t>(builder.commonest());
    openvdb::tools::changeBackground(grid->tree(), background, /*threaded=*/false);
    openvdb::tools::deactivate(*grid, background, 0, /*threaded=*/false);
    openvdb::tools::prune(grid->tree(), 0, /*threaded=*/false);
    describe(*grid, size, frame);
    openvdb::io::File out(file.temporary());
    out.write(openvdb::GridCPtrVec{grid});
    out.close();
    return ok();
  }));
  TERRANE_TRY(file.reopen());
  return file.finish();
}

}  // namespace
}  // namespace terrane

// What dlsym() finds.
extern "C" __attribute__((visibility("default"))) const terrane::VdbModule terrane_vdb_module;
const terrane::VdbModule terrane_vdb_module = {TERRANE_VERSION, &terrane::open, &terrane::write};

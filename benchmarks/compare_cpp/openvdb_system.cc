// An Int32Grid in a .vdb file: the integer grid that OpenVDB's tools know.
#include <oneapi/tbb/global_control.h>
#include <openvdb/openvdb.h>
#include <openvdb/tools/Dense.h>
#include <openvdb/tools/Prune.h>

#include <exception>

#include "benchmarks/compare_cpp/system.h"

namespace terrane::compare {

namespace {

using Dense = openvdb::tools::Dense<MaterialId, openvdb::tools::LayoutZYX>;  // z fastest

constexpr std::int64_t kSlab = 64;
constexpr const char* kGrid = "material";

openvdb::Coord to_vdb(Coord c) {
  return {static_cast<int>(c.x), static_cast<int>(c.y), static_cast<int>(c.z)};
}

openvdb::CoordBBox to_vdb(const Box& box) {
  return {to_vdb(box.lo), to_vdb(box.hi - Coord{1, 1, 1})};
}

// OpenVDB throws; the callers of this do not.
template <class Work>
auto caught(const Work& work) -> decltype(work()) {
  try {
    return work();
  } catch (const std::exception& e) {
    return Error{ErrorCode::kIo, std::string("OpenVDB: ") + e.what()};
  }
}

// Hot: the whole grid is in memory. Cold: the tree's nodes are, and the voxels of the leaves stay in the file
// until a read touches them (OpenVDB's delayed loading).
class VdbReader final : public Reader {
 public:
  VdbReader(const std::string& path, Heat heat) : file_(path), heat_(heat) {
    file_.setCopyMaxBytes(0);
    file_.open(heat == Heat::kCold);
    load();
  }
  Status forget() override {
    return caught([&]() -> Status {
      load();
      return ok();
    });
  }
  Status read(const Box& box, int, VoxelView out) override {
    return caught([&]() -> Status {
      Dense dense(to_vdb(box), out.data);
      openvdb::tools::copyToDense(*grid_, dense, /*serial=*/true);
      return ok();
    });
  }
  Result<MaterialId> at(Coord voxel) override {
    return caught(
        [&]() -> Result<MaterialId> { return static_cast<MaterialId>(accessor_->getValue(to_vdb(voxel))); });
  }

 private:
  void load() {
    accessor_.reset();
    grid_.reset();
    grid_ = openvdb::gridPtrCast<openvdb::Int32Grid>(file_.readGrid(kGrid));
    accessor_ = std::make_unique<openvdb::Int32Grid::ConstAccessor>(grid_->getConstAccessor());
  }
  openvdb::io::File file_;
  Heat heat_;
  openvdb::Int32Grid::Ptr grid_;
  std::unique_ptr<openvdb::Int32Grid::ConstAccessor> accessor_;
};

class VdbSystem final : public System {
 public:
  VdbSystem() : one_thread_(tbb::global_control::max_allowed_parallelism, 1) { openvdb::initialize(); }
  std::string_view name() const override { return "OpenVDB"; }
  std::string version() const override {
    return std::string("OpenVDB ") + openvdb::getLibraryVersionString();
  }

  Result<Json> ingest(const VoxelSource& source, const std::string& where) const override {
    return caught([&]() -> Result<Json> {
      const auto grid = openvdb::Int32Grid::create(0);
      grid->setName(kGrid);
      const Coord extent = source.size();
      for (std::int64_t x = 0; x < extent.x; x += kSlab) {
        const Box box = Box{{x, 0, 0}, {x + kSlab, extent.y, extent.z}}.intersect({{}, extent});
        VoxelArray slab(box.size());
        TERRANE_TRY(source.read(box, slab.view()));
        const Dense dense(to_vdb(box), slab.voxels.data());
        openvdb::tools::copyFromDense(dense, *grid, 0, /*serial=*/true);
      }
      openvdb::tools::prune(grid->tree(), 0, /*threaded=*/false);
      openvdb::io::File file(where + "/grid.vdb");
      file.setCompression(openvdb::io::COMPRESS_BLOSC | openvdb::io::COMPRESS_ACTIVE_MASK);
      file.write(openvdb::GridCPtrVec{grid});
      file.close();
      return Json{{"memory_bytes", grid->memUsage()}};
    });
  }

  Result<std::unique_ptr<Reader>> open(const std::string& where, const std::string&, Heat heat,
                                       std::uint64_t) const override {
    return caught([&]() -> Result<std::unique_ptr<Reader>> {
      return std::unique_ptr<Reader>(std::make_unique<VdbReader>(where + "/grid.vdb", heat));
    });
  }

 private:
  tbb::global_control one_thread_;
};

}  // namespace

std::unique_ptr<System> openvdb_system() {
  return std::make_unique<VdbSystem>();
}

}  // namespace terrane::compare

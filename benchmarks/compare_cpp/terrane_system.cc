#include "benchmarks/compare_cpp/system.h"
#include "terrane/store/engines.h"
#include "terrane/volume/volume.h"

namespace terrane::compare {

namespace {

class TerraneReader final : public Reader {
 public:
  explicit TerraneReader(Volume volume) : volume_(std::move(volume)) {}
  Status forget() override {
    volume_.drop_cache();
    return ok();
  }
  Status read(const Box& box, int level, VoxelView out) override { return volume_.read(box, level, out); }
  Result<MaterialId> at(Coord voxel) override { return volume_.at(voxel); }

 private:
  Volume volume_;
};

class TerraneSystem final : public System {
 public:
  explicit TerraneSystem(std::string_view policy) : policy_(policy), name_("terrane " + policy_) {}
  std::string_view name() const override { return name_; }
  std::string version() const override { return "of this source"; }
  bool has_levels() const override { return true; }

  Result<Json> ingest(const VoxelSource& source, const std::string& where) const override {
    CreateOptions create;
    create.world.extent = source.size();
    create.fill = 0;
    OpenOptions open;
    open.access = Access::kWrite;
    open.threads = 1;
    TERRANE_ASSIGN(Volume volume, Volume::create(where + "/store", std::move(create), open));
    IngestOptions options;
    TERRANE_ASSIGN(options.encoding.policy, parse_policy(policy_));
    TERRANE_TRY(volume.ingest(source, options));
    TERRANE_TRY(volume.compact());  // out of the log, into tables, as the peers' data is
    TERRANE_ASSIGN(const VolumeInfo info, volume.info());
    return Json{{"stored_bytes", info.stored_bytes},
                {"level0_bytes", info.level0_bytes},
                {"uniform_ranges", info.uniform},
                {"bricks", info.bricks}};
  }

  // Cold: without the engine's cache of encoded blocks, too.
  Result<std::unique_ptr<Reader>> open(const std::string& where, const std::string&, Heat heat,
                                       std::uint64_t cache_bytes) const override {
    OpenOptions options;
    options.threads = 1;
    options.cache_bytes = cache_bytes;
    if (heat == Heat::kHot) {
      TERRANE_ASSIGN(Volume volume, Volume::open(where + "/store", options));
      return std::unique_ptr<Reader>(std::make_unique<TerraneReader>(std::move(volume)));
    }
    RocksEngineOptions uncached;
    uncached.block_cache_bytes = 0;
    TERRANE_ASSIGN(auto engine, open_rocks_engine(where + "/store/db", EngineMode::kReadOnly, uncached));
    TERRANE_ASSIGN(Volume volume, Volume::open_on(std::move(engine), options));
    return std::unique_ptr<Reader>(std::make_unique<TerraneReader>(std::move(volume)));
  }

 private:
  std::string policy_, name_;
};

}  // namespace

std::unique_ptr<System> terrane_system(std::string_view policy) {
  return std::make_unique<TerraneSystem>(policy);
}

}  // namespace terrane::compare

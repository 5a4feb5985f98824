#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "terrane/base/status.h"
#include "terrane/voxel/source.h"
#include "terrane/voxel/voxels.h"

namespace terrane::compare {

using Json = nlohmann::json;

// Cold: nothing that the system decoded or cached survives forget(). Hot: it may keep what it likes, up to
// the bytes given. The operating system's page cache is warm in both.
enum class Heat : std::uint8_t { kCold, kHot };

// A stored volume, open for reading by one thread.
class Reader {
 public:
  virtual ~Reader() = default;
  // Before each cold read; not timed.
  virtual Status forget() = 0;
  // `box` in level-0 voxels; the view has the size of what the level has there.
  virtual Status read(const Box& box, int level, VoxelView out) = 0;
  virtual Result<MaterialId> at(Coord voxel) = 0;
};

// One of what is compared. All of them work with one thread.
class System {
 public:
  virtual ~System() = default;
  virtual std::string_view name() const = 0;
  virtual std::string version() const = 0;
  virtual bool has_levels() const { return false; }
  // Stores the volume in the directory `where`, which is there and empty. What is stored lies in files when
  // this returns; the details go to the report.
  virtual Result<Json> ingest(const VoxelSource& source, const std::string& where) const = 0;
  // `npy` is the volume that was stored in `where`.
  virtual Result<std::unique_ptr<Reader>> open(const std::string& where, const std::string& npy, Heat heat,
                                               std::uint64_t cache_bytes) const = 0;
};

std::unique_ptr<System> terrane_system(std::string_view policy);  // "fast", "balanced", "archive"
std::unique_ptr<System> rocksdb_system();
std::unique_ptr<System> mapped_system();
std::unique_ptr<System> openvdb_system();  // nullptr where this was built without OpenVDB

}  // namespace terrane::compare

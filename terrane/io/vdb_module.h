#pragma once

#include <memory>
#include <string>

#include "terrane/io/exported.h"
#include "terrane/voxel/source.h"

namespace terrane {

// What the module terrane_vdb.so gives to those who load it: the two functions of vdb.h, and the version of
// the terrane they were built with, which must be the loader's own.
struct VdbModule {
  const char* version;
  Result<std::unique_ptr<VoxelSource>> (*open)(const std::string& path, const std::string& grid);
  Status (*write)(const std::string& path, const VoxelSource& voxels, const ExportFrame& frame,
                  const Task& task);
};
inline constexpr char kVdbModuleSymbol[] = "terrane_vdb_module";

}  // namespace terrane

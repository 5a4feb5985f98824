#pragma once

#include <string>

#include "terrane/base/status.h"
#include "terrane/base/task.h"
#include "terrane/io/exported.h"
#include "terrane/voxel/source.h"

namespace terrane {

// Writes VTK image data (XML, `.vti`, what ParaView opens): one cell of uint16 "material" per voxel, in zlib
// blocks, with origin and spacing; the names of the materials as field data. Blocks are compressed on the
// task's executor. Memory: two layers, or about 300 MiB where that is more. kExhausted where a layer has more
// than 2^28 voxels.
Status export_vti(const std::string& path, const VoxelSource& voxels, const ExportFrame& frame,
                  const Task& task = {});

}  // namespace terrane

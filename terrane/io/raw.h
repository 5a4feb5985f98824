#pragma once

#include <memory>
#include <string>

#include "terrane/base/status.h"
#include "terrane/io/mapped_array.h"
#include "terrane/voxel/source.h"
#include "terrane/voxel/voxels.h"

namespace terrane {

// Memory-maps a file of nothing but elements: [x, y, z], z fastest, little endian. kInvalid where its length
// is not exactly that of the shape.
Result<std::unique_ptr<VoxelSource>> open_raw(const std::string& path, Coord shape, Dtype dtype);

// uint16. A failed write leaves nothing, and what stood there stays.
Status write_raw(const std::string& path, ConstVoxelView voxels);
// The same in pieces, for arrays larger than memory.
Result<ArrayFileWriter> create_raw(const std::string& path, Coord shape);

}  // namespace terrane

#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "terrane/base/bytes.h"
#include "terrane/base/status.h"
#include "terrane/io/mapped_array.h"
#include "terrane/voxel/source.h"
#include "terrane/voxel/voxels.h"

namespace terrane {

// NumPy's file format, versions 1.0, 2.0 and 3.0:
// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html

// Memory-maps an array [x, y, z] of any integer type or bool, either byte order, C or Fortran order; a
// missing trailing axis has size 1. Bytes after the array are ignored, as NumPy does. Values are checked when
// they are read. kNotFound, or kInvalid saying what is wrong with the file and what to do.
Result<std::unique_ptr<VoxelSource>> open_npy(const std::string& path);

// What the header says; `layout.offset` is where the elements begin. Safe on hostile bytes. `file_bytes` may
// be the whole file or its beginning.
Result<ArrayLayout> parse_npy_header(Bytes file_bytes);

// The header of a C-order little-endian uint16 array, padded to a multiple of 64 bytes; version 1.0.
std::string npy_header(Coord shape);

// Writes through a temporary file beside `path`: a failed write leaves nothing, and what stood there stays.
Status write_npy(const std::string& path, ConstVoxelView voxels);
// The same in pieces, for arrays larger than memory.
Result<ArrayFileWriter> create_npy(const std::string& path, Coord shape);

}  // namespace terrane

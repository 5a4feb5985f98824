#pragma once

#include <memory>
#include <string>

#include "terrane/base/status.h"
#include "terrane/base/task.h"
#include "terrane/io/exported.h"
#include "terrane/voxel/source.h"

namespace terrane {

// OpenVDB takes longer to load than most calls of terrane take, so what needs it is a module of its own
// (terrane_vdb.so), which is looked for beside the program, in its library directory, and where the system
// looks. kUnsupported where it is not found.

// An OpenVDB grid of 32-bit integers. Its box is that which export_vdb() recorded, or else the box around its
// active voxels. An inactive voxel has the value that the grid gives it; the background is unknown (65535)
// where it is no material. The grid is held in memory as OpenVDB has it, sparse.
//
// `grid` may be empty where the file has one such grid. kNotFound; kInvalid where OpenVDB cannot read the
// file, or there is no such grid (the message lists those that are there), or nothing in it is active.
Result<std::unique_ptr<VoxelSource>> open_vdb(const std::string& path, const std::string& grid = {});

// Writes an OpenVDB file with one Int32 grid, "material", whose index (0, 0, 0) is the low corner of the box.
// The commonest material is the background and inactive, so that the grid is sparse; everything else is
// active. The centre of a voxel lies on its index, as OpenVDB has it.
//
// The grid is built in memory: kInvalid beyond 2^34 voxels, and kExhausted where more than 4 GiB of
// voxels are not uniform in cubes of 8 x 8 x 8. Nothing is left behind then.
Status export_vdb(const std::string& path, const VoxelSource& voxels, const ExportFrame& frame,
                  const Task& task = {});

}  // namespace terrane

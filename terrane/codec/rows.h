#pragma once

#include <array>
#include <span>
#include <vector>

#include "terrane/codec/row_grid.h"

namespace terrane::detail {

// What the rows codec keeps from call to call.
struct RowsScratch {
  struct Equal {               // bit i: voxel i of the row equals the voxel...
    std::uint64_t before = 0;  // one row back
    std::uint64_t across = 0;  // one plane back
    std::uint64_t self = 0;    // just before it, in the order of the brick
  };
  std::array<std::vector<std::uint8_t>, kRowStreams> streams;
  std::vector<MaterialId> materials;  // of kMaterial segments, in order
  std::vector<Equal> equal;           // of rows that are no copies
  std::vector<std::uint64_t> starts;  // of runs, a bit each, for every row
  std::vector<std::uint8_t> runs;     // how many
  std::array<RowKind, kMaxRows> kinds;
  RowOrigins origins;
  std::vector<MaterialId> palette;
  std::vector<std::uint8_t> bytes;  // decompressed, or about to be compressed
  std::string blobs;
  std::string other;  // a payload that may yet be shorter
};

// Fills scratch.streams but for the materials, which go to scratch.materials, and adds what occurs in the
// brick to `seen`, a bit for each material.
void write_rows(const MaterialId* voxels, RowGrid grid, std::span<std::uint64_t, 1024> seen,
                RowsScratch& scratch);

// The streams of a brick, as read. `palette` is empty where materials stand for themselves.
struct RowsParts {
  std::array<std::span<const std::uint8_t>, kRowStreams> streams;
  std::span<const MaterialId> palette;
};

// The kinds and the origins of all rows, from the streams of flats and kinds.
Status read_kinds(const RowsParts& parts, RowGrid grid, RowsScratch& scratch);
// Voxels of the first `rows` rows; all of them means that the streams must end there too. Nothing is
// written beyond the end of the grid, but anything before it.
Status read_rows(const RowsParts& parts, RowGrid grid, const std::array<RowKind, kMaxRows>& kinds, int rows,
                 MaterialId* voxels);
// The same for rows that are no copies; what else is written is of no account. Whoever wants a row takes its
// origin.
Status read_origins(const RowsParts& parts, RowGrid grid, const RowsScratch& scratch, int rows,
                    MaterialId* voxels);

// Counts what of the rows lies in a part of a brick more than one voxel high, where the origins of its rows
// are read: each once, times the rows that descend from it.
void count_rows(const MaterialId* voxels, RowGrid grid, const RowOrigins& origins, const Box& part,
                MaterialCounts& counts);

}  // namespace terrane::detail

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "terrane/base/bytes.h"
#include "terrane/base/status.h"
#include "terrane/voxel/brick.h"

// The parts that writing and reading a tree brick share. The format is docs/codecs/tree.md.
namespace terrane::detail {

inline constexpr int kCellEdge = 8, kLeafEdge = 4;
inline constexpr std::size_t kLeafVoxels = 64, kCellBytes = 16, kTreeHeaderBytes = 14;

// How an entry of a cell names what is there; an entry of the grid has the first two only, and then the
// second names a cell.
enum LeafForm : unsigned { kOneMaterial, kTwoMaterials, kFourMaterials, kEightMaterials, kAnyMaterials };
inline constexpr unsigned kCell = 1;
inline constexpr std::size_t kLeafForms = 5;

// The form in the top three bits, a place or a number below.
using TreeEntry = std::uint16_t;
inline constexpr std::size_t kMostInEntry = 8192;
constexpr TreeEntry tree_entry(unsigned form, std::size_t number) {
  return static_cast<TreeEntry>(form << 13 | number);
}
constexpr unsigned form_of(TreeEntry entry) {
  return entry >> 13;
}
constexpr std::size_t number_of(TreeEntry entry) {
  return entry & (kMostInEntry - 1);
}

// Bytes of a leaf whose places in the palette take `width` each. Up to eight materials have a plane of 64
// bits for each bit of their number in the leaf, and then their places.
constexpr std::size_t leaf_bytes(unsigned form, std::size_t width) {
  return form == kAnyMaterials ? kLeafVoxels * width
                               : std::size_t{form} * 8 + (std::size_t{1} << form) * width;
}

// Cells along each axis; those at the upper edges may be cut.
struct CellGrid {
  explicit CellGrid(BrickShape s)
      : nx((s.nx + kCellEdge - 1) / kCellEdge),
        ny((s.ny + kCellEdge - 1) / kCellEdge),
        nz((s.nz + kCellEdge - 1) / kCellEdge) {}
  int nx, ny, nz;
  std::size_t cells() const {
    return static_cast<std::size_t>(nx) * static_cast<std::size_t>(ny) * static_cast<std::size_t>(nz);
  }
};

// A payload's parts, in place.
struct CellTree {
  std::size_t width, materials, cells;
  std::array<std::size_t, kLeafForms> leaves;  // by form
  const std::byte *palette, *grid, *cell;
  std::array<const std::byte*, kLeafForms> leaf;

  // What is wrong, or nullptr. Checks all sizes, and nothing else: numbers are checked where they are used.
  const char* parse(Bytes bytes, std::size_t cells_of_grid) {
    if (bytes.size() < kTreeHeaderBytes) return "a tree brick ends within its header";
    const std::byte* head = bytes.data();
    width = load<std::uint8_t>(head);
    materials = load<std::uint16_t>(head, 1);
    cells = load<std::uint16_t>(head, 2);
    if (width < 1 || width > 2 || load<std::uint8_t>(head, 1) != 0)
      return "a tree brick has a header that its version has not";
    // Sizes are of 16-bit counts: no sum can wrap.
    std::size_t at = kTreeHeaderBytes;
    const std::size_t palette_at = at;
    const std::size_t grid_at = at += materials * sizeof(MaterialId);
    const std::size_t cell_at = at += cells_of_grid * sizeof(TreeEntry);
    at += cells * kCellBytes;
    std::array<std::size_t, kLeafForms> leaf_at{};
    for (unsigned form = kTwoMaterials; form < kLeafForms; ++form) {
      leaves[form] = load<std::uint16_t>(head, 2 + form);
      leaf_at[form] = at;
      at += leaves[form] * leaf_bytes(form, width);
    }
    if (at != bytes.size()) return "a tree brick has not the length that its header says";
    palette = head + palette_at;
    grid = head + grid_at;
    cell = head + cell_at;
    for (unsigned form = kTwoMaterials; form < kLeafForms; ++form) leaf[form] = head + leaf_at[form];
    return nullptr;
  }

  template <class T>
  static T load(const std::byte* at, std::size_t i = 0) {
    T value;
    std::memcpy(&value, at + i * sizeof(T), sizeof(T));
    return value;
  }
  MaterialId material(std::size_t place) const { return load<MaterialId>(palette, place); }
  std::size_t place(const std::byte* places, std::size_t i) const {
    return width == 1 ? load<std::uint8_t>(places, i) : load<std::uint16_t>(places, i);
  }
};

// What an encoder keeps from call to call.
struct CellTreeScratch {
  std::vector<TreeEntry> grid;
  std::string cells;
  std::array<std::string, kLeafForms> leaves;  // by form
  std::string leaf;                            // the one that is being written
  std::vector<std::uint16_t> leaf_slots, cell_slots;
};

// Appends a tree of these voxels, whose palette is sorted and has at most kMostInEntry materials; `place_of`
// has the place of each of them. False, with `out` as it was, where it would be longer than `most` bytes.
bool put_cell_tree(std::span<const MaterialId> voxels, BrickShape shape, std::span<const MaterialId> palette,
                   const std::uint16_t* place_of, std::size_t most, CellTreeScratch& scratch,
                   std::string& out);

// The voxels of a part of the brick, not empty, into a view of its size.
Status expand_cell_tree(const CellTree& tree, BrickShape shape, const Box& part, VoxelView out);

}  // namespace terrane::detail

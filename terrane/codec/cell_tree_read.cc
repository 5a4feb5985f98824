#include <algorithm>

#include "terrane/codec/cell_tree.h"

namespace terrane::detail {
namespace {

// Four voxels, all ones where the bit of a mask is set.
constexpr std::array<std::uint64_t, 16> kSpread = [] {
  std::array<std::uint64_t, 16> spread{};
  for (std::size_t mask = 0; mask < 16; ++mask) {
    for (std::size_t i = 0; i < 4; ++i)
      spread[mask] |= (mask >> i & 1) != 0 ? std::uint64_t{0xffff} << 16 * i : 0;
  }
  return spread;
}();

constexpr std::uint64_t four_of(MaterialId m) {
  return m * std::uint64_t{0x0001000100010001u};
}

// Sixteen rows of four voxels.
using LeafRows = std::array<std::uint64_t, 16>;

Error no_such(const char* what) {
  return corrupt(std::string("a tree brick has no such ") + what);
}

class TreeReader {
 public:
  TreeReader(const CellTree& tree, BrickShape shape, MaterialId* voxels)
      : tree_(tree), shape_(shape), voxels_(voxels) {}

  Status cell(TreeEntry entry, int x, int y, int z) {
    const std::size_t number = number_of(entry);
    if (form_of(entry) == kOneMaterial) {
      if (number >= tree_.materials) return no_such("material");
      fill(four_of(tree_.material(number)), x, y, z);
      return ok();
    }
    if (form_of(entry) != kCell || number >= tree_.cells) return no_such("cell");
    const std::byte* entries = tree_.cell + number * kCellBytes;
    for (std::size_t k = 0; k < 8; ++k) {
      LeafRows rows;
      TERRANE_TRY(leaf(CellTree::load<TreeEntry>(entries, k), rows));
      put(rows, x + static_cast<int>(k >> 2) * 4, y + static_cast<int>(k >> 1 & 1) * 4,
          z + static_cast<int>(k & 1) * 4);
    }
    return ok();
  }

 private:
  MaterialId* at(int x, int y, int z) {
    return voxels_ + (static_cast<std::ptrdiff_t>(x) * shape_.ny + y) * shape_.nz + z;
  }

  void fill(std::uint64_t four, int x0, int y0, int z0) {
    const int x1 = std::min(x0 + kCellEdge, shape_.nx), y1 = std::min(y0 + kCellEdge, shape_.ny);
    const int inside = std::min(kCellEdge, shape_.nz - z0);
    for (int x = x0; x < x1; ++x) {
      for (int y = y0; y < y1; ++y) {
        MaterialId* to = at(x, y, z0);
        if (inside == kCellEdge) {
          const std::array<std::uint64_t, 2> eight = {four, four};
          std::memcpy(to, eight.data(), sizeof(eight));
        } else {
          std::fill_n(to, inside, static_cast<MaterialId>(four));
        }
      }
    }
  }

  void put(const LeafRows& rows, int x0, int y0, int z0) {
    const int x1 = std::min(kLeafEdge, shape_.nx - x0), y1 = std::min(kLeafEdge, shape_.ny - y0);
    const int inside = std::min(kLeafEdge, shape_.nz - z0);
    if (inside <= 0) return;
    for (int x = 0; x < x1; ++x) {
      for (int y = 0; y < y1; ++y) {
        const std::uint64_t& row = rows[static_cast<std::size_t>(x * 4 + y)];
        if (inside == kLeafEdge) {
          std::memcpy(at(x0 + x, y0 + y, z0), &row, sizeof(row));
        } else {
          std::memcpy(at(x0 + x, y0 + y, z0), &row, static_cast<std::size_t>(inside) * sizeof(MaterialId));
        }
      }
    }
  }

  Status leaf(TreeEntry entry, LeafRows& rows) {
    const unsigned form = form_of(entry);
    const std::size_t number = number_of(entry);
    if (form == kOneMaterial) {
      if (number >= tree_.materials) return no_such("material");
      rows.fill(four_of(tree_.material(number)));
      return ok();
    }
    if (form > kAnyMaterials || number >= tree_.leaves[form]) return no_such("leaf");
    const std::byte* bytes = tree_.leaf[form] + number * leaf_bytes(form, tree_.width);
    if (form == kAnyMaterials) return any(bytes, rows);
    std::array<std::uint64_t, 8> fours;
    const std::byte* places = bytes + form * std::size_t{8};
    for (std::size_t i = 0; i < std::size_t{1} << form; ++i) {
      const std::size_t place = tree_.place(places, i);
      if (place >= tree_.materials) return no_such("material");
      fours[i] = four_of(tree_.material(place));
    }
    select(form, bytes, fours, rows);
    return ok();
  }

  Status any(const std::byte* places, LeafRows& rows) {
    std::array<MaterialId, kLeafVoxels> voxels;
    for (std::size_t i = 0; i < kLeafVoxels; ++i) {
      const std::size_t place = tree_.place(places, i);
      if (place >= tree_.materials) return no_such("material");
      voxels[i] = tree_.material(place);
    }
    std::memcpy(rows.data(), voxels.data(), sizeof(voxels));
    return ok();
  }

  // Each plane halves what a voxel may be.
  static void select(unsigned form, const std::byte* planes, const std::array<std::uint64_t, 8>& fours,
                     LeafRows& rows) {
    std::array<std::uint64_t, 3> bits{};
    for (std::size_t k = 0; k < form; ++k) bits[k] = CellTree::load<std::uint64_t>(planes, k);
    const auto choose = [](std::uint64_t no, std::uint64_t yes, std::uint64_t where) {
      return no ^ (where & (no ^ yes));
    };
    for (std::size_t row = 0; row < rows.size(); ++row) {
      const auto where = [&](std::size_t plane) { return kSpread[bits[plane] >> (4 * row) & 15]; };
      const std::uint64_t low = where(0);
      std::uint64_t four = choose(fours[0], fours[1], low);
      if (form > kTwoMaterials) four = choose(four, choose(fours[2], fours[3], low), where(1));
      if (form > kFourMaterials) {
        const std::uint64_t upper =
            choose(choose(fours[4], fours[5], low), choose(fours[6], fours[7], low), where(1));
        four = choose(four, upper, where(2));
      }
      rows[row] = four;
    }
  }

  const CellTree& tree_;
  const BrickShape shape_;
  MaterialId* const voxels_;
};

}  // namespace

Status expand_cell_tree(const CellTree& tree, BrickShape shape, MaterialId* voxels) {
  TreeReader reader(tree, shape, voxels);
  std::size_t cell = 0;
  for (int x = 0; x < shape.nx; x += kCellEdge) {
    for (int y = 0; y < shape.ny; y += kCellEdge) {
      for (int z = 0; z < shape.nz; z += kCellEdge, ++cell)
        TERRANE_TRY(reader.cell(CellTree::load<TreeEntry>(tree.grid, cell), x, y, z));
    }
  }
  return ok();
}

}  // namespace terrane::detail

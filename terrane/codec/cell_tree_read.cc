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
  TreeReader(const CellTree& tree, const Box& part, VoxelView out) : tree_(tree), part_(part), out_(out) {}

  Status cell(TreeEntry entry, Coord corner) {
    const std::size_t number = number_of(entry);
    if (form_of(entry) == kOneMaterial) {
      if (number >= tree_.materials) return no_such("material");
      fill(four_of(tree_.material(number)), corner);
      return ok();
    }
    if (form_of(entry) != kCell || number >= tree_.cells) return no_such("cell");
    const std::byte* entries = tree_.cell + number * kCellBytes;
    for (std::size_t k = 0; k < 8; ++k) {
      LeafRows rows;
      TERRANE_TRY(leaf(CellTree::load<TreeEntry>(entries, k), rows));
      const auto half = [k](unsigned bit) { return static_cast<std::int64_t>(k >> bit & 1) * kLeafEdge; };
      put(rows, corner + Coord{half(2), half(1), half(0)});
    }
    return ok();
  }

 private:
  // What of a cube of `edge` voxels is in the part.
  Box inside(Coord corner, std::int64_t edge) const {
    return Box::of_size(corner, {edge, edge, edge}).intersect(part_);
  }
  MaterialId* row(std::int64_t x, std::int64_t y, std::int64_t z) const {
    return out_.row(x - part_.lo.x, y - part_.lo.y) + (z - part_.lo.z) * out_.stride.z;
  }

  void fill(std::uint64_t four, Coord corner) {
    const Box box = inside(corner, kCellEdge);
    const bool whole = box.hi.z - box.lo.z == kCellEdge && out_.stride.z == 1;
    for (std::int64_t x = box.lo.x; x < box.hi.x; ++x) {
      for (std::int64_t y = box.lo.y; y < box.hi.y; ++y) {
        MaterialId* to = row(x, y, box.lo.z);
        if (whole) {
          const std::array<std::uint64_t, 2> eight = {four, four};
          std::memcpy(to, eight.data(), sizeof(eight));
        } else {
          for (std::int64_t z = box.lo.z; z < box.hi.z; ++z, to += out_.stride.z)
            *to = static_cast<MaterialId>(four);
        }
      }
    }
  }

  void put(const LeafRows& rows, Coord corner) {
    const Box box = inside(corner, kLeafEdge);
    const bool whole = box.hi.z - box.lo.z == kLeafEdge && out_.stride.z == 1;
    for (std::int64_t x = box.lo.x; x < box.hi.x; ++x) {
      for (std::int64_t y = box.lo.y; y < box.hi.y; ++y) {
        const std::uint64_t four = rows[static_cast<std::size_t>((x - corner.x) * 4 + (y - corner.y))];
        MaterialId* to = row(x, y, box.lo.z);
        if (whole) {
          std::memcpy(to, &four, sizeof(four));
        } else {
          for (std::int64_t z = box.lo.z; z < box.hi.z; ++z, to += out_.stride.z)
            *to = static_cast<MaterialId>(four >> (16 * (z - corner.z)));
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
  const Box part_;
  const VoxelView out_;
};

}  // namespace

Status expand_cell_tree(const CellTree& tree, BrickShape shape, const Box& part, VoxelView out) {
  TreeReader reader(tree, part, out);
  const CellGrid grid(shape);
  const auto first = [](std::int64_t v) { return v / kCellEdge * kCellEdge; };
  for (std::int64_t x = first(part.lo.x); x < part.hi.x; x += kCellEdge) {
    for (std::int64_t y = first(part.lo.y); y < part.hi.y; y += kCellEdge) {
      for (std::int64_t z = first(part.lo.z); z < part.hi.z; z += kCellEdge) {
        const std::int64_t cell = ((x / kCellEdge) * grid.ny + y / kCellEdge) * grid.nz + z / kCellEdge;
        TERRANE_TRY(
            reader.cell(CellTree::load<TreeEntry>(tree.grid, static_cast<std::size_t>(cell)), {x, y, z}));
      }
    }
  }
  return ok();
}

}  // namespace terrane::detail

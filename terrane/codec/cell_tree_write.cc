#include <algorithm>
#include <bit>
#include <span>

#include "terrane/codec/cell_tree.h"
#include "terrane/codec/row_masks.h"

namespace terrane::detail {
namespace {

constexpr std::size_t kLeafSlots = 8192, kCellSlots = 1024;

std::uint64_t hash_of(std::string_view bytes) {
  std::uint64_t hash = bytes.size();
  for (std::size_t i = 0; i + 2 <= bytes.size(); i += std::min<std::size_t>(8, bytes.size() - i)) {
    std::uint64_t part = 0;
    std::memcpy(&part, bytes.data() + i, std::min<std::size_t>(8, bytes.size() - i));
    hash = (hash ^ part) * 0x9e3779b97f4a7c15u;
    hash ^= hash >> 29;
  }
  return hash;
}

// The number of these bytes in a list of such, where they are added if they are not there. A slot holds one
// more than an entry: the number and its form.
std::size_t number_in(std::string& list, unsigned form, std::string_view bytes,
                      std::vector<std::uint16_t>& slots) {
  std::size_t slot = hash_of(bytes) * (form + 1) >> 32;
  for (;; ++slot) {
    slot &= slots.size() - 1;
    if (slots[slot] == 0) break;
    const auto entry = static_cast<TreeEntry>(slots[slot] - 1);
    if (form_of(entry) == form && list.compare(number_of(entry) * bytes.size(), bytes.size(), bytes) == 0)
      return number_of(entry);
  }
  const std::size_t number = list.size() / bytes.size();
  slots[slot] = static_cast<std::uint16_t>(tree_entry(form, number) + 1);
  list += bytes;
  return number;
}

class TreeWriter {
 public:
  TreeWriter(const std::uint16_t* place_of, std::size_t width, CellTreeScratch& scratch)
      : place_of_(place_of), width_(width), scratch_(scratch) {
    scratch_.grid.clear();
    scratch_.cells.clear();
    for (std::string& list : scratch_.leaves) list.clear();
    scratch_.leaf_slots.assign(kLeafSlots, 0);
    scratch_.cell_slots.assign(kCellSlots, 0);
  }

  void add_uniform(MaterialId m) { scratch_.grid.push_back(tree_entry(kOneMaterial, place_of_[m])); }
  // 8^3 voxels.
  void add(const MaterialId* cell) {
    std::array<TreeEntry, 8> entries;
    for (std::size_t k = 0; k < entries.size(); ++k) {
      const MaterialId* corner = cell + (k >> 2) * 256 + (k >> 1 & 1) * 32 + (k & 1) * 4;
      std::array<MaterialId, kLeafVoxels> leaf;
      for (std::size_t row = 0; row < 16; ++row)
        std::memcpy(&leaf[row * 4], corner + (row >> 2) * 64 + (row & 3) * 8, 4 * sizeof(MaterialId));
      entries[k] = entry_of(leaf);
    }
    if (std::all_of(entries.begin(), entries.end(), [&](TreeEntry e) { return e == entries[0]; }) &&
        form_of(entries[0]) == kOneMaterial) {
      scratch_.grid.push_back(entries[0]);
      return;
    }
    const std::string_view bytes(reinterpret_cast<const char*>(entries.data()), kCellBytes);
    scratch_.grid.push_back(tree_entry(kCell, number_in(scratch_.cells, kCell, bytes, scratch_.cell_slots)));
  }

 private:
  TreeEntry entry_of(const std::array<MaterialId, kLeafVoxels>& leaf) {
    std::array<std::uint64_t, 3> planes{};
    std::array<MaterialId, 8> materials;
    std::size_t count = 0;
    for (std::uint64_t rest = ~std::uint64_t{0}; rest != 0; ++count) {
      if (count == materials.size()) return any(leaf);
      const MaterialId m = leaf[static_cast<std::size_t>(std::countr_zero(rest))];
      const std::uint64_t equal = equal_mask_to(leaf.data(), m, 64);
      for (std::size_t bit = 0; bit < 3; ++bit) planes[bit] |= (count >> bit & 1) != 0 ? equal : 0;
      materials[count] = m;
      rest &= ~equal;
    }
    if (count == 1) return tree_entry(kOneMaterial, place_of_[materials[0]]);
    const auto form = static_cast<unsigned>(std::bit_width(count - 1));
    std::fill(materials.begin() + count, materials.end(), materials[0]);
    scratch_.leaf.assign(reinterpret_cast<const char*>(planes.data()), form * sizeof(planes[0]));
    for (std::size_t i = 0; i < std::size_t{1} << form; ++i) add_place(materials[i]);
    return listed(form);
  }
  TreeEntry any(const std::array<MaterialId, kLeafVoxels>& leaf) {
    scratch_.leaf.clear();
    for (const MaterialId m : leaf) add_place(m);
    return listed(kAnyMaterials);
  }
  void add_place(MaterialId m) {
    const std::uint16_t place = place_of_[m];
    scratch_.leaf.append(reinterpret_cast<const char*>(&place), width_);
  }
  TreeEntry listed(unsigned form) {
    return tree_entry(form, number_in(scratch_.leaves[form], form, scratch_.leaf, scratch_.leaf_slots));
  }

  const std::uint16_t* place_of_;
  std::size_t width_;
  CellTreeScratch& scratch_;
};

// The cell at this corner as 8^3 voxels: beyond the brick as at its edge.
void copy_cell(const MaterialId* voxels, BrickShape s, int x0, int y0, int z0, MaterialId* cell) {
  for (int x = 0; x < kCellEdge; ++x) {
    for (int y = 0; y < kCellEdge; ++y) {
      const int at_x = std::min(x0 + x, s.nx - 1), at_y = std::min(y0 + y, s.ny - 1);
      const MaterialId* row = voxels + (static_cast<std::ptrdiff_t>(at_x) * s.ny + at_y) * s.nz;
      const int inside = std::min(kCellEdge, s.nz - z0);
      for (int z = 0; z < kCellEdge; ++z) *cell++ = row[z0 + std::min(z, inside - 1)];
    }
  }
}

// Whole cells only: are all voxels of one material?
bool is_uniform(const MaterialId* corner, BrickShape s) {
  std::uint64_t differ = 0;
  const std::uint64_t all = *corner * std::uint64_t{0x0001000100010001u};
  for (int x = 0; x < kCellEdge; ++x) {
    for (int y = 0; y < kCellEdge; ++y) {
      std::array<std::uint64_t, 2> row;
      std::memcpy(row.data(), corner + (static_cast<std::ptrdiff_t>(x) * s.ny + y) * s.nz, sizeof(row));
      differ |= (row[0] ^ all) | (row[1] ^ all);
    }
    if (differ != 0) return false;
  }
  return true;
}

}  // namespace

bool put_cell_tree(std::span<const MaterialId> voxels, BrickShape shape, std::span<const MaterialId> palette,
                   const std::uint16_t* place_of, std::size_t most, CellTreeScratch& scratch,
                   std::string& out) {
  const std::size_t width = palette.size() <= 256 ? 1 : 2;
  TreeWriter writer(place_of, width, scratch);
  const auto size_now = [&] {
    std::size_t size = kTreeHeaderBytes + palette.size_bytes() + scratch.cells.size();
    for (const std::string& list : scratch.leaves) size += list.size();
    return size;
  };
  for (int x = 0; x < shape.nx; x += kCellEdge) {
    for (int y = 0; y < shape.ny; y += kCellEdge) {
      for (int z = 0; z < shape.nz; z += kCellEdge) {
        const MaterialId* corner =
            voxels.data() + (static_cast<std::ptrdiff_t>(x) * shape.ny + y) * shape.nz + z;
        const bool whole = x + 8 <= shape.nx && y + 8 <= shape.ny && z + 8 <= shape.nz;
        if (whole && is_uniform(corner, shape)) {
          writer.add_uniform(*corner);
          continue;
        }
        std::array<MaterialId, 512> cell;
        copy_cell(voxels.data(), shape, x, y, z, cell.data());
        writer.add(cell.data());
      }
    }
    if (size_now() > most) return false;
  }
  const std::size_t grid_bytes = scratch.grid.size() * sizeof(TreeEntry);
  if (size_now() + grid_bytes > most) return false;
  ByteWriter bytes(out);
  bytes.fixed(static_cast<std::uint8_t>(width));
  bytes.fixed(static_cast<std::uint8_t>(0));
  bytes.fixed(static_cast<std::uint16_t>(palette.size()));
  bytes.fixed(static_cast<std::uint16_t>(scratch.cells.size() / kCellBytes));
  for (unsigned form = kTwoMaterials; form < kLeafForms; ++form)
    bytes.fixed(static_cast<std::uint16_t>(scratch.leaves[form].size() / leaf_bytes(form, width)));
  out.append(reinterpret_cast<const char*>(palette.data()), palette.size_bytes());
  out.append(reinterpret_cast<const char*>(scratch.grid.data()), grid_bytes);
  out += scratch.cells;
  for (const std::string& list : scratch.leaves) out += list;
  return true;
}

}  // namespace terrane::detail

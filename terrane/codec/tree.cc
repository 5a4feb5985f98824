#include "terrane/codec/cell_tree.h"
#include "terrane/codec/codecs.h"
#include "terrane/codec/packed.h"
#include "terrane/codec/scratch.h"

namespace terrane::detail {
namespace {

enum Form : std::uint8_t {
  kPacked,  // as codec palette has it
  kTree,
};

constexpr std::size_t kNowhere = ~std::size_t{0};

// Follows one voxel down: grid, cell, leaf, palette. Its place in the palette; `c` is within the brick.
std::size_t find(const CellTree& tree, const CellGrid& grid, Coord c) {
  const auto x = static_cast<unsigned>(c.x), y = static_cast<unsigned>(c.y), z = static_cast<unsigned>(c.z);
  const std::size_t cell =
      ((x >> 3) * static_cast<unsigned>(grid.ny) + (y >> 3)) * static_cast<unsigned>(grid.nz) + (z >> 3);
  auto entry = CellTree::load<TreeEntry>(tree.grid, cell);
  std::size_t number = number_of(entry);
  if (form_of(entry) == kOneMaterial) return number;
  if (form_of(entry) != kCell || number >= tree.cells) return kNowhere;
  const std::size_t octant = (x >> 2 & 1) << 2 | (y >> 2 & 1) << 1 | (z >> 2 & 1);
  entry = CellTree::load<TreeEntry>(tree.cell + number * kCellBytes, octant);
  number = number_of(entry);
  const unsigned form = form_of(entry);
  if (form == kOneMaterial) return number;
  if (form > kAnyMaterials || number >= tree.leaves[form]) return kNowhere;
  const std::byte* leaf = tree.leaf[form] + number * leaf_bytes(form, tree.width);
  const unsigned voxel = (x & 3) << 4 | (y & 3) << 2 | (z & 3);
  if (form == kAnyMaterials) return tree.place(leaf, voxel);
  std::size_t bits = CellTree::load<std::uint64_t>(leaf) >> voxel & 1;
  for (unsigned k = 1; k < form; ++k) bits |= (CellTree::load<std::uint64_t>(leaf, k) >> voxel & 1) << k;
  return tree.place(leaf + form * std::size_t{8}, bits);
}

// docs/codecs/tree.md
class TreeCodec final : public Codec {
 public:
  CodecId id() const override { return CodecId::kTree; }
  std::string_view name() const override { return "tree"; }
  std::uint8_t version() const override { return 1; }
  std::uint8_t min_version() const override { return 1; }
  std::size_t bound(BrickShape shape) const override { return 1 + palette_codec().bound(shape); }
  bool in_place() const override { return true; }

  bool encode(std::span<const MaterialId> voxels, const BrickContext& brick, const EncodeParameters& how,
              CodecScratch& scratch, std::string& out) const override {
    CodecScratch::State& state = scratch.state();
    find_distinct(voxels, state);
    const std::size_t packed = palette_bytes(state.palette.size(), voxels.size());
    if (state.palette.size() <= kMostInEntry) {
      find_places(state);
      out.push_back(static_cast<char>(kTree));
      if (put_cell_tree(voxels, brick.shape, state.palette, state.wide_index_of.data(), packed,
                        state.cell_tree, out))
        return true;
      out.pop_back();
    }
    out.push_back(static_cast<char>(kPacked));
    return palette_codec().encode(voxels, brick, how, scratch, out);
  }

  Status decode(Bytes bytes, std::uint8_t version, const BrickContext& brick, CodecScratch& scratch,
                std::span<MaterialId> voxels) const override {
    return decode_as_part(*this, bytes, version, brick, scratch, voxels);
  }

  // Expands the cells that the part touches.
  Status decode_part(Bytes bytes, std::uint8_t version, const BrickContext& brick, const Box& part,
                     CodecScratch& scratch, VoxelView out) const override {
    TERRANE_TRY(check_part_call(brick.shape, part, out, name()));
    TERRANE_TRY(check_version(*this, version));
    TERRANE_TRY(check_form(bytes));
    if (is_packed(bytes)) return palette_codec().decode_part(bytes.subspan(1), 1, brick, part, scratch, out);
    CellTree tree;
    if (const char* wrong = tree.parse(bytes.subspan(1), CellGrid(brick.shape).cells()))
      return corrupt(wrong);
    return expand_cell_tree(tree, brick.shape, part, out);
  }

  Result<MaterialId> at(Bytes bytes, std::uint8_t version, const BrickContext& brick, Coord c,
                        CodecScratch& scratch) const override {
    TERRANE_TRY(check_at_call(brick.shape, c, name()));
    TERRANE_TRY(check_version(*this, version));
    TERRANE_TRY(check_form(bytes));
    if (is_packed(bytes)) return palette_codec().at(bytes.subspan(1), 1, brick, c, scratch);
    const CellGrid grid(brick.shape);
    CellTree tree;
    if (const char* wrong = tree.parse(bytes.subspan(1), grid.cells())) return corrupt(wrong);
    const std::size_t place = find(tree, grid, c);
    if (place >= tree.materials)
      return corrupt("a tree brick names a cell, a leaf or a material that it has not");
    return tree.material(place);
  }

 private:
  static bool is_packed(Bytes bytes) { return bytes[0] == std::byte{kPacked}; }
  static Status check_form(Bytes bytes) {
    if (bytes.empty() || bytes[0] > std::byte{kTree})
      return corrupt("a tree brick has a form that its version has not");
    return ok();
  }
};

}  // namespace

const Codec& tree_codec() {
  static const TreeCodec codec;
  return codec;
}

}  // namespace terrane::detail

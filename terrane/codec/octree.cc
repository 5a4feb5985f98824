#include "terrane/codec/octree.h"

#include <algorithm>
#include <cassert>
#include <cstring>

#include "terrane/codec/codecs.h"
#include "terrane/codec/octree_read.h"
#include "terrane/codec/scratch.h"

namespace terrane::detail {
namespace {

class TreeWriter {
 public:
  TreeWriter(const CodecScratch::State& state, std::string& out) : state_(state), out_(out) {}

  void write() {
    const auto& levels = state_.tree.levels;
    std::size_t depth = 1;
    while (depth < kTreeLevels && !levels[depth].materials.empty()) ++depth;
    out_.push_back(static_cast<char>(depth));
    MaterialList::put(state_.palette, out_);
    for (std::size_t l = 0; l + 1 < depth; ++l) {
      ByteWriter(out_).varint(count_inner(levels[l]));
      ByteWriter(out_).varint(levels[l + 1].materials.size());
    }
    for (std::size_t l = 0; l < depth; ++l) put_level(levels[l]);
  }

 private:
  static std::size_t count_inner(const TreeScratch::Level& level) {
    return level.masks.size() -
           static_cast<std::size_t>(std::count(level.masks.begin(), level.masks.end(), std::uint8_t{0}));
  }

  void put_level(const TreeScratch::Level& level) {
    const bool listed = state_.palette.size() <= MaterialList::kMost;
    BitWriter materials(MaterialList::index_bits(state_.palette.size()), out_);
    for (const MaterialId m : level.materials) materials.put(listed ? state_.index_of[m] : m);
    materials.finish();
    const std::size_t inner = count_inner(level);
    if (inner == 0) return;
    if (inner < level.masks.size()) put_flags(level.masks);
    for (const std::uint8_t mask : level.masks) {
      if (mask != 0) out_.push_back(static_cast<char>(mask));
    }
    std::uint32_t children = 0;
    std::size_t seen = 0;
    for (const std::uint8_t mask : level.masks) {
      if (mask == 0) continue;
      if (seen > 0 && seen % kMasksPerRank == 0) ByteWriter(out_).fixed(children);
      children += static_cast<unsigned>(std::popcount(mask));
      ++seen;
    }
  }

  void put_flags(const std::vector<std::uint8_t>& masks) {
    BitWriter flags(1, out_);
    for (const std::uint8_t mask : masks) flags.put(mask == 0);
    flags.finish();
    std::uint16_t leaves = 0;
    for (std::size_t i = 0; i < masks.size(); ++i) {
      if (i > 0 && i % kFlagsPerRank == 0) ByteWriter(out_).fixed(leaves);
      if (masks[i] == 0) ++leaves;
    }
  }

  const CodecScratch::State& state_;
  std::string& out_;
};

// Fills what of the cube lies in the brick.
void fill_cube(BrickShape shape, Coord corner, int edge, MaterialId material, MaterialId* voxels) {
  const std::int64_t x1 = std::min<std::int64_t>(corner.x + edge, shape.nx),
                     y1 = std::min<std::int64_t>(corner.y + edge, shape.ny);
  const auto n = static_cast<std::size_t>(std::min<std::int64_t>(edge, shape.nz - corner.z));
  for (std::int64_t x = corner.x; x < x1; ++x) {
    MaterialId* row = voxels + voxel_index(shape, {x, corner.y, corner.z});
    for (std::int64_t y = corner.y; y < y1; ++y, row += shape.nz) std::fill_n(row, n, material);
  }
}

// docs/codecs/octree.md
class OctreeCodec final : public Codec {
 public:
  CodecId id() const override { return CodecId::kOctree; }
  std::string_view name() const override { return "octree"; }
  std::uint8_t version() const override { return 1; }
  std::uint8_t min_version() const override { return 1; }
  std::size_t bound(BrickShape shape) const override { return 1 + shape.voxels() * sizeof(MaterialId); }

  bool encode(std::span<const MaterialId> voxels, const BrickContext& brick, const EncodeParameters&,
              CodecScratch& scratch, std::string& out) const override {
    assert(brick.shape.valid() && voxels.size() == brick.shape.voxels());
    CodecScratch::State& state = scratch.state();
    find_distinct(voxels, state);
    build_tree(voxels.data(), brick.shape, state.tree);
    const std::size_t start = out.size();
    TreeWriter(state, out).write();
    if (out.size() - start <= bound(brick.shape)) return true;
    out.resize(start);
    out.push_back(0);
    out.append(reinterpret_cast<const char*>(voxels.data()), voxels.size_bytes());
    return true;
  }

  Status decode(Bytes bytes, std::uint8_t version, const BrickContext& brick, CodecScratch&,
                std::span<MaterialId> voxels) const override {
    TERRANE_TRY(check_decode_call(brick.shape, voxels.size(), name()));
    TERRANE_TRY(check_version(*this, version));
    Tree tree;
    TERRANE_TRY(parse_tree(bytes, brick.shape, tree));
    if (tree.is_raw()) {
      std::memcpy(voxels.data(), tree.raw.data(), voxels.size_bytes());
      return ok();
    }
    if (!tree.list.is_sorted()) return corrupt("an octree brick's materials are not sorted");
    return TreeWalk(tree, brick.shape,
                    [&](Coord corner, int edge, MaterialId material) {
                      fill_cube(brick.shape, corner, edge, material, voxels.data());
                    })
        .run();
  }

  Result<MaterialId> at(Bytes bytes, std::uint8_t version, const BrickContext& brick, Coord c,
                        CodecScratch&) const override {
    TERRANE_TRY(check_at_call(brick.shape, c, name()));
    TERRANE_TRY(check_version(*this, version));
    Tree tree;
    TERRANE_TRY(parse_tree(bytes, brick.shape, tree));
    if (!tree.is_raw()) return tree_at(tree, c);
    MaterialId m;
    std::memcpy(&m, tree.raw.data() + voxel_index(brick.shape, c) * sizeof(m), sizeof(m));
    return m;
  }
  bool in_place() const override { return true; }

  // Of a whole brick node by node; of a part by descent into the cubes that meet it.
  Status histogram(Bytes bytes, std::uint8_t version, const BrickContext& brick, const Box& part,
                   CodecScratch& scratch, MaterialCounts& counts) const override {
    TERRANE_TRY(check_version(*this, version));
    Tree tree;
    TERRANE_TRY(parse_tree(bytes, brick.shape, tree));
    if (tree.is_raw()) return Codec::histogram(bytes, version, brick, part, scratch, counts);
    if (part == Box::of_size({}, brick.shape.size())) {
      return TreeWalk(tree, brick.shape,
                      [&](Coord corner, int edge, MaterialId material) {
                        const Coord size = Box::of_size(corner, {edge, edge, edge}).intersect(part).size();
                        counts.add(material, static_cast<std::uint64_t>(size.x * size.y * size.z));
                      })
          .run();
    }
    return TreeCount(tree, part,
                     [&](MaterialId material, std::uint64_t voxels) { counts.add(material, voxels); })
        .run();
  }
};

}  // namespace

const Codec& octree_codec() {
  static const OctreeCodec codec;
  return codec;
}

}  // namespace terrane::detail

namespace terrane {

Status visit_uniform_nodes(Bytes payload, std::uint8_t version, BrickShape shape,
                           const VisitUniformNode& visit) {
  TERRANE_TRY(detail::check_at_call(shape, {}, "octree"));
  TERRANE_TRY(detail::check_version(detail::octree_codec(), version));
  detail::Tree tree;
  TERRANE_TRY(detail::parse_tree(payload, shape, tree));
  const Box whole = Box::of_size({}, shape.size());
  if (!tree.is_raw()) {
    if (!tree.list.is_sorted()) return corrupt("an octree brick's materials are not sorted");
    return detail::TreeWalk(tree, shape,
                            [&](Coord corner, int edge, MaterialId material) {
                              visit(Box::of_size(corner, {edge, edge, edge}).intersect(whole), material);
                            })
        .run();
  }
  // Voxels as they are: each is a node.
  for (int x = 0; x < shape.nx; ++x) {
    for (int y = 0; y < shape.ny; ++y) {
      for (int z = 0; z < shape.nz; ++z) {
        MaterialId m;
        std::memcpy(&m, tree.raw.data() + voxel_index(shape, {x, y, z}) * sizeof(m), sizeof(m));
        visit(Box::of_size({x, y, z}, {1, 1, 1}), m);
      }
    }
  }
  return ok();
}

}  // namespace terrane

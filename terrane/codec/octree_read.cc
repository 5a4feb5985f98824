#include "terrane/codec/octree_read.h"

#include <bit>

namespace terrane::detail {
namespace {

// How many bits of each byte are set: without a call, as std::popcount is on an x86-64 of any age.
constexpr std::uint64_t bits_by_byte(std::uint64_t word) {
  word -= word >> 1 & 0x5555555555555555;
  word = (word & 0x3333333333333333) + (word >> 2 & 0x3333333333333333);
  return (word + (word >> 4)) & 0x0f0f0f0f0f0f0f0f;
}
constexpr std::size_t sum_of_bytes(std::uint64_t bytes) {
  return ((bytes & 0x00ff00ff00ff00ff) + (bytes >> 8 & 0x00ff00ff00ff00ff)) * 0x0001000100010001 >> 48;
}

// Bits set in the first `bits` of `bytes`, which has them.
std::size_t count_bits(Bytes bytes, std::size_t bits) {
  constexpr std::size_t kMostWords = 255 / 8;  // whose counts a byte holds
  std::size_t count = 0, at = 0;
  while (bits - at * 8 >= 64) {
    std::uint64_t sum = 0;
    for (std::size_t words = std::min((bits - at * 8) / 64, kMostWords); words > 0; --words) {
      std::uint64_t word;
      std::memcpy(&word, bytes.data() + at, sizeof(word));
      sum += bits_by_byte(word);
      at += sizeof(word);
    }
    count += sum_of_bytes(sum);
  }
  const std::size_t rest = bits - at * 8;
  if (rest == 0) return count;
  std::uint64_t word = 0;
  std::memcpy(&word, bytes.data() + at, (rest + 7) / 8);
  return count + sum_of_bytes(bits_by_byte(word & ((std::uint64_t{1} << rest) - 1)));
}

template <class T>
std::size_t rank_before(Bytes ranks, std::size_t block) {
  if (block == 0) return 0;
  T rank;
  std::memcpy(&rank, ranks.data() + (block - 1) * sizeof(T), sizeof(T));
  return rank;
}

constexpr std::size_t blocks_after_first(std::size_t n, std::size_t block) {
  return n == 0 ? 0 : (n - 1) / block;
}

Error bad_size() {
  return corrupt("an octree brick has not the length that its levels say");
}

}  // namespace

Status parse_tree(Bytes payload, BrickShape shape, Tree& tree) {
  ByteReader in(payload);
  const std::size_t depth = in.fixed<std::uint8_t>();  // levels, or 0: raw
  if (in.failed() || depth > kTreeLevels)
    return corrupt("an octree brick has levels that its version has not");
  if (depth == 0) {
    tree.raw = in.take(shape.voxels() * sizeof(MaterialId));
    if (!in.finished()) return bad_size();
    return ok();
  }
  TERRANE_ASSIGN(tree.list, MaterialList::take(in, "octree"));
  tree.bits = tree.list.index_bits();
  std::size_t nodes = 1;
  for (std::size_t l = 0; l < depth; ++l) {
    TreeLevel& level = tree.levels[l];
    level.nodes = nodes;
    if (l + 1 == depth) break;
    level.inner = in.varint();
    nodes = in.varint();
    if (level.inner < 1 || level.inner > level.nodes || nodes < level.inner || nodes > 8 * level.inner)
      return bad_size();
  }
  for (std::size_t l = 0; l < depth; ++l) {
    TreeLevel& level = tree.levels[l];
    level.materials = in.take((level.nodes * tree.bits + 7) / 8);
    if (level.has_flags()) {
      level.flags = in.take((level.nodes + 7) / 8);
      level.flag_ranks = in.take(blocks_after_first(level.nodes, kFlagsPerRank) * sizeof(std::uint16_t));
    }
    level.masks = in.take(level.inner);
    level.mask_ranks = in.take(blocks_after_first(level.inner, kMasksPerRank) * sizeof(std::uint32_t));
  }
  if (!in.finished()) return bad_size();
  return ok();
}

bool ranks_are_true(const Tree& tree) {
  for (const TreeLevel& level : tree.levels) {
    const std::size_t bits = level.nodes * tree.bits;
    if (bits % 8 != 0 && std::to_integer<unsigned>(level.materials.back()) >> (bits % 8) != 0) return false;
    if (level.has_flags()) {
      std::size_t leaves = 0;
      for (std::size_t at = 0; at < level.nodes; at += kFlagsPerRank) {
        if (rank_before<std::uint16_t>(level.flag_ranks, at / kFlagsPerRank) != leaves) return false;
        leaves += count_bits(level.flags.subspan(at / 8), std::min(kFlagsPerRank, level.nodes - at));
      }
      if (count_bits(level.flags, level.flags.size() * 8) != leaves) return false;  // set after the last
    }
    std::size_t children = 0;
    for (std::size_t at = 0; at < level.inner; at += kMasksPerRank) {
      if (rank_before<std::uint32_t>(level.mask_ranks, at / kMasksPerRank) != children) return false;
      children += count_bits(level.masks.subspan(at), 8 * std::min(kMasksPerRank, level.inner - at));
    }
  }
  return true;
}

std::size_t masks_before(const TreeLevel& level, std::size_t i) {
  if (!level.has_flags()) return i;
  const std::size_t block = i / kFlagsPerRank;
  const std::size_t leaves =
      rank_before<std::uint16_t>(level.flag_ranks, block) +
      count_bits(level.flags.subspan(block * kFlagsPerRank / 8), i - block * kFlagsPerRank);
  return i - leaves;  // beyond the masks where a rank lies
}

std::size_t children_before(const TreeLevel& level, std::size_t mask) {
  const std::size_t block = mask / kMasksPerRank;
  return rank_before<std::uint32_t>(level.mask_ranks, block) +
         count_bits(level.masks.subspan(block * kMasksPerRank), 8 * (mask - block * kMasksPerRank));
}

Result<MaterialId> tree_at(const Tree& tree, Coord c) {
  std::size_t node = 0;
  for (int level = 0; level < kTreeLevels; ++level) {
    const TreeLevel& nodes = tree.levels[static_cast<std::size_t>(level)];
    if (node >= nodes.nodes) break;
    if (!nodes.is_leaf(node)) {
      const std::size_t m = masks_before(nodes, node);
      if (m >= nodes.inner) break;
      const auto mask = std::to_integer<unsigned>(nodes.masks[m]);
      const int bit = kTreeLevels - 2 - level;
      const auto octant =
          static_cast<unsigned>((c.x >> bit & 1) | (c.y >> bit & 1) << 1 | (c.z >> bit & 1) << 2);
      if ((mask >> octant & 1) != 0) {
        node = children_before(nodes, m) + static_cast<unsigned>(std::popcount(mask & ((1u << octant) - 1)));
        continue;
      }
    }
    const std::size_t index = bits_at(nodes.materials, node * tree.bits, tree.bits);
    if (!tree.list.has(index)) break;
    return tree.list.material(index);
  }
  return corrupt("an octree brick has a node beyond its level or its list");
}

}  // namespace terrane::detail

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "terrane/base/hash.h"
#include "terrane/volume/volume.h"

// Edits that any process can make anew from their names: one process does them, another knows what must come
// of it, and the event of each says in the store which it was.
namespace terrane::soak {

// Another sequence for each pair of numbers.
inline std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  return Random(Random(a).next() ^ (b + 1) * 0x9e3779b97f4a7c15ULL).next();
}

// What a run does: its seed, and the store.
struct Plan {
  std::uint64_t seed = 1;
  Coord extent;
  bool wrap = false;
};
// Two regions, a seam, and bricks that the extent cuts.
inline Plan wide_plan(std::uint64_t seed) {
  return {seed, {1090, 66, 30}, true};
}
// Three bricks by two by two, most of them cut.
inline Plan small_plan(std::uint64_t seed) {
  return {seed, {140, 70, 70}, false};
}
CreateOptions create_options(const Plan& plan);

// Edit number `index` of a writer, in one life of the writing process.
struct OpId {
  std::uint64_t life = 0;
  std::uint32_t thread = 0;
  std::uint32_t index = 0;
  friend auto operator<=>(const OpId&, const OpId&) = default;
};
std::string to_string(const OpId& id);
std::optional<OpId> parse_op_id(std::string_view text);

struct Op {
  OpId id;
  std::vector<VoxelEdit> voxels;  // or, where there are none:
  Box box;                        // may cross the seam
  MaterialId material = 0;
  EditOptions options;
};
Op make_op(const Plan& plan, const OpId& id);
Result<EditReport> run(Volume& volume, const Op& op);
// What it does to a dense array of the whole store.
void apply(const Op& op, VoxelArray& truth);
// What it makes of one voxel; nullopt where it leaves it.
std::optional<MaterialId> material_at(const Plan& plan, const Op& op, Coord voxel);
// Empty where the event is that of the op, otherwise what is wrong.
std::string compare(const EventInfo& event, const Op& op);

// Layers with some grains in them.
VoxelArray layers(Coord size, std::uint64_t seed);

}  // namespace terrane::soak

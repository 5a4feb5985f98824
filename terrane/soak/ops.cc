#include "terrane/soak/ops.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <tuple>

namespace terrane::soak {
namespace {

// A box of at most `most` voxels an axis, anywhere.
Box random_box(Random& random, Coord extent, std::int64_t most) {
  const auto axis = [&](std::int64_t size, std::int64_t& lo, std::int64_t& hi) {
    const std::int64_t length = 1 + random.between(0, std::min(size, most));
    lo = random.between(0, size - length + 1);
    hi = lo + length;
  };
  Box box;
  axis(extent.x, box.lo.x, box.hi.x);
  axis(extent.y, box.lo.y, box.hi.y);
  axis(extent.z, box.lo.z, box.hi.z);
  return box;
}

Coord random_voxel(Random& random, const Box& box) {
  return {random.between(box.lo.x, box.hi.x), random.between(box.lo.y, box.hi.y),
          random.between(box.lo.z, box.hi.z)};
}

// Few materials, so that coarser levels have choices to make; many at times.
MaterialId random_material(Random& random) {
  return static_cast<MaterialId>(random.below(4) == 0 ? random.below(60'000) : random.below(6));
}

void scatter(Random& random, const Box& box, std::uint64_t most, std::vector<VoxelEdit>& out) {
  for (std::uint64_t n = 1 + random.below(most); n > 0; --n)
    out.push_back({random_voxel(random, box), random_material(random)});
}

// The parts of a box on both sides of the seam.
std::vector<Box> parts_of(const Box& box, Coord extent) {
  if (box.hi.x <= extent.x) return {box};
  Box before = box, behind = box;
  before.hi.x = extent.x;
  behind.lo.x = 0;
  behind.hi.x = box.hi.x - extent.x;
  return {before, behind};
}

Box around(const std::vector<VoxelEdit>& voxels) {
  Box box = Box::of_size(voxels.front().voxel, {1, 1, 1});
  for (const VoxelEdit& edit : voxels) {
    const Coord c = edit.voxel;
    box.lo = {std::min(box.lo.x, c.x), std::min(box.lo.y, c.y), std::min(box.lo.z, c.z)};
    box.hi = {std::max(box.hi.x, c.x + 1), std::max(box.hi.y, c.y + 1), std::max(box.hi.z, c.z + 1)};
  }
  return box;
}

std::uint64_t distinct(const std::vector<VoxelEdit>& voxels) {
  std::set<std::tuple<std::int64_t, std::int64_t, std::int64_t>> seen;
  for (const VoxelEdit& edit : voxels) seen.insert({edit.voxel.x, edit.voxel.y, edit.voxel.z});
  return seen.size();
}

}  // namespace

CreateOptions create_options(const Plan& plan) {
  CreateOptions create;
  create.world.extent = plan.extent;
  create.world.wrap_x = plan.wrap;
  create.fill = 0;
  create.catalogue =
      Catalogue::create({{1, "water", 0x0000ff, "fluid", 1000, true}, {2, "rock", 0x808080, "rock", 2700}})
          .value();
  return create;
}

std::string to_string(const OpId& id) {
  return fmt::format("{}/{}/{}", id.life, id.thread, id.index);
}

std::optional<OpId> parse_op_id(std::string_view text) {
  std::uint64_t numbers[3];
  const char* at = text.data();
  const char* const end = at + text.size();
  for (int i = 0; i < 3; ++i) {
    const auto [next, error] = std::from_chars(at, end, numbers[i]);
    if (error != std::errc() || (i < 2 ? next == end || *next != '/' : next != end)) return std::nullopt;
    at = next + 1;
  }
  return OpId{numbers[0], static_cast<std::uint32_t>(numbers[1]), static_cast<std::uint32_t>(numbers[2])};
}

Op make_op(const Plan& plan, const OpId& id) {
  Random random(mix(mix(plan.seed, id.life), std::uint64_t{id.thread} << 32 | id.index));
  Op op;
  op.id = id;
  const Box bounds = {{0, 0, 0}, plan.extent};
  const std::uint64_t kind = random.below(100);
  if (kind < 10) {
    scatter(random, bounds, 1, op.voxels);
  } else if (kind < 50) {
    scatter(random, random_box(random, plan.extent, 16), 40, op.voxels);
  } else if (kind < 70) {
    scatter(random, bounds, 60, op.voxels);
  } else {
    op.box = random_box(random, plan.extent, kind < 90 ? 12 : 300);
    if (plan.wrap && random.below(8) == 0) {
      const std::int64_t length = op.box.hi.x - op.box.lo.x;
      op.box.lo.x = plan.extent.x - random.between(0, length) - 1;
      op.box.hi.x = op.box.lo.x + length;
    }
    op.material = random_material(random);
  }
  op.options.process = ProcessSet::of_bits(static_cast<std::uint8_t>(1u << random.below(7))).value();
  op.options.time_us = static_cast<std::int64_t>(random.below(1ull << 50));
  op.options.author = "thread " + std::to_string(id.thread);
  op.options.note = to_string(id);
  op.options.durability = random.below(2) == 0 ? EditDurability::kSync : EditDurability::kBatch;
  return op;
}

Result<EditReport> run(Volume& volume, const Op& op) {
  if (!op.voxels.empty()) return volume.edit(op.voxels, op.options);
  return volume.edit(op.box, op.material, op.options);
}

void apply(const Op& op, VoxelArray& truth) {
  for (const VoxelEdit& edit : op.voxels) truth.at(edit.voxel) = edit.material;
  if (!op.voxels.empty()) return;
  for (const Box& part : parts_of(op.box, truth.size)) fill(truth.view().sub(part), op.material);
}

std::optional<MaterialId> material_at(const Plan& plan, const Op& op, Coord voxel) {
  std::optional<MaterialId> found;
  for (const VoxelEdit& edit : op.voxels) {
    if (edit.voxel == voxel) found = edit.material;
  }
  if (!op.voxels.empty()) return found;
  for (const Box& part : parts_of(op.box, plan.extent)) {
    if (part.contains(voxel)) found = op.material;
  }
  return found;
}

std::string compare(const EventInfo& event, const Op& op) {
  const bool by_voxel = !op.voxels.empty();
  const Box box = by_voxel ? around(op.voxels) : op.box;
  const std::uint64_t voxels = by_voxel ? distinct(op.voxels) : static_cast<std::uint64_t>(op.box.volume());
  if (event.box != box)
    return fmt::format("its box is {} and not {}", terrane::to_string(event.box), terrane::to_string(box));
  if (event.voxels != voxels) return fmt::format("it tells of {} voxels and not {}", event.voxels, voxels);
  if (event.time_us != op.options.time_us || event.process != op.options.process ||
      event.author != op.options.author) {
    return "its time, process or author are not those of the edit";
  }
  return {};
}

VoxelArray layers(Coord size, std::uint64_t seed) {
  Random random(seed);
  const auto slope = static_cast<std::int64_t>(3 + random.below(5));
  VoxelArray out(size);
  for (std::int64_t x = 0; x < size.x; ++x) {
    for (std::int64_t y = 0; y < size.y; ++y) {
      for (std::int64_t z = 0; z < size.z; ++z)
        out.at({x, y, z}) = static_cast<MaterialId>(1 + (z + x / slope) / 9);
    }
  }
  for (std::uint64_t n = out.voxels.size() / 64; n > 0; --n)
    out.voxels[random.below(out.voxels.size())] = static_cast<MaterialId>(random.below(6));
  return out;
}

}  // namespace terrane::soak

#pragma once

#include "terrane/volume/sample_store_testing.h"

// What the process that is killed writes, and what the test expects of it.
namespace terrane::crash {

inline constexpr std::uint64_t kSeed = 31337;

inline OpenOptions for_writing() {
  OpenOptions open;
  open.access = Access::kWrite;
  open.threads = 2;
  return open;
}

// Write number n, the same in every process.
inline sample::Step numbered_step(int n) {
  Random random(kSeed + static_cast<std::uint64_t>(n));
  const auto axis = [&](std::int64_t size, std::int64_t& lo, std::int64_t& hi) {
    lo = random.between(0, size);
    hi = lo + 1 + random.between(0, std::min<std::int64_t>(size - lo, 200));
  };
  Box box;
  axis(sample::kExtent.x, box.lo.x, box.hi.x);
  axis(sample::kExtent.y, box.lo.y, box.hi.y);
  axis(sample::kExtent.z, box.lo.z, box.hi.z);
  switch (n % 3) {
    case 0:
      return {box, VoxelArray(box.size(), static_cast<MaterialId>(random.below(4)))};
    case 1:
      return {box, sample::layers(box.size(), 3)};
    default:
      return {box, sample::noise(box.size(), random.next())};
  }
}

// Larger than a block in every direction, and made on demand.
class Rock final : public VoxelSource {
 public:
  Coord size() const override { return {700, 530, 270}; }
  std::string identity() const override { return "rock"; }
  Status read(const Box& box, VoxelView out) const override {
    for (std::int64_t x = box.lo.x; x < box.hi.x; ++x) {
      for (std::int64_t y = box.lo.y; y < box.hi.y; ++y) {
        MaterialId* row = out.row(x - box.lo.x, y - box.lo.y);
        for (std::int64_t z = box.lo.z; z < box.hi.z; ++z) row[z - box.lo.z] = at({x, y, z});
      }
    }
    return ok();
  }
  static MaterialId at(Coord c) { return static_cast<MaterialId>((c.z + (c.x ^ c.y) % 37) / 30); }
};

inline constexpr Coord kRockAt = {31, 9, 5};

inline CreateOptions around_rock() {
  CreateOptions create = sample::create_options();
  create.world.extent = {760, 545, 290};
  return create;
}

inline bool ingest_rock(Volume& volume) {
  IngestOptions options;
  options.at = kRockAt;
  return volume.ingest(Rock(), options).has_value();
}

}  // namespace terrane::crash

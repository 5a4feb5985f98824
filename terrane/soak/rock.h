#pragma once

#include <string>

#include "terrane/volume/volume.h"

namespace terrane::soak {

// What is ingested: larger than a block in every direction, and made on demand.
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

inline CreateOptions around_rock() {
  CreateOptions create;
  create.world.extent = {760, 545, 290};
  create.fill = 0;
  return create;
}
inline Result<IngestReport> ingest_rock(Volume& volume) {
  IngestOptions options;
  options.at = {31, 9, 5};
  return volume.ingest(Rock(), options);
}
inline OpenOptions to_ingest() {
  OpenOptions open;
  open.access = Access::kWrite;
  open.threads = 2;
  return open;
}

}  // namespace terrane::soak

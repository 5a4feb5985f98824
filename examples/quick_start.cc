// A store in a dozen lines: make it, write a mountain into an ocean, ask for points and for a coarse view.
//
//   quick_start DIRECTORY     the store is made there; it must not exist yet

#include <cstdio>

#include "terrane/volume/volume.h"

using namespace terrane;

namespace {

// A cone of basalt, 120 voxels high, in a box of 256 x 256 x 128 voxels of water.
VoxelArray mountain(MaterialId water, MaterialId basalt) {
  VoxelArray array({256, 256, 128}, water);
  for (std::int64_t x = 0; x < 256; ++x) {
    for (std::int64_t y = 0; y < 256; ++y) {
      const std::int64_t from_top = std::max(std::abs(x - 128), std::abs(y - 128));
      for (std::int64_t z = 0; z < 120 - from_top; ++z) array.at({x, y, z}) = basalt;
    }
  }
  return array;
}

void run(const std::string& where) {
  const Catalogue& names = Catalogue::earth();
  const MaterialId water = names.parse_material("water").value();
  const MaterialId basalt = names.parse_material("basalt").value();

  // One degree has 100 voxels, and a voxel is 50 m high: all of the Earth, from -5,000 m to +1,400 m.
  CreateOptions create;
  create.world = {.extent = {36000, 18000, 128},
                  .voxel_size = {0.01, 0.01, 50},
                  .origin = {-180, -90, -5000},
                  .crs = "EPSG:4326",
                  .wrap_x = true};
  create.fill = water;
  create.catalogue = names;
  Volume earth = Volume::create(where, create, {.access = Access::kWrite}).value();

  const Coord peak = earth.world().to_voxel({.longitude_deg = 147.7, .latitude_deg = -18.3}).value();
  const Coord corner = {peak.x - 128, peak.y - 128, 0};
  const VoxelArray voxels = mountain(water, basalt);
  earth.write(Box::of_size(corner, voxels.size), voxels.view()).value();

  const MaterialId found = earth.at({peak.x, peak.y, 60}).value();
  const VoxelArray block = earth.read({.box = Box::of_size(corner, voxels.size), .lod = 2}).value();
  const VolumeInfo info = earth.info().value();
  std::printf("3 km up the mountain is %s.\n", earth.catalogue().name_of(found).c_str());
  std::printf("At level 2 it is %d x %d x %d voxels.\n", static_cast<int>(block.size.x),
              static_cast<int>(block.size.y), static_cast<int>(block.size.z));
  std::printf("%.1f MB written, %.1f kB stored.\n", static_cast<double>(info.ingested_bytes) / 1e6,
              static_cast<double>(info.stored_bytes) / 1e3);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: quick_start DIRECTORY\n");
    return 2;
  }
  try {
    run(argv[1]);
  } catch (const BadResult& e) {
    std::fprintf(stderr, "quick_start: %s\n", e.what());
    return 1;
  }
  return 0;
}

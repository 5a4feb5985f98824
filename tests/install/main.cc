#include <iostream>

#include "terrane/volume/volume.h"

using namespace terrane;

int main() {
  Volume earth = Volume::create("memory:", {.world = {.extent = {1000, 1000, 100}}, .fill = 1}).value();
  VoxelArray island({100, 100, 20}, 7);
  earth.write(Box::of_size({400, 400, 0}, island.size), island.view()).value();
  MaterialId m = earth.at({450, 450, 10}).value();
  VoxelArray block = earth.read({.box = Box::centred({450, 450, 10}, {64, 64, 16}), .lod = 1}).value();
  std::cout << "material " << m << ", " << block.voxels.size() << " voxels at level 1\n";
  return m == 7 && block.at({0, 0, 0}) == 7 ? 0 : 1;
}

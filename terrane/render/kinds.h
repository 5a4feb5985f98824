#pragma once

#include "terrane/base/status.h"
#include "terrane/voxel/catalogue.h"
#include "terrane/voxel/voxels.h"

namespace terrane {

// What a material is to someone who looks down from space. Sky is looked through, liquid is looked into,
// everything else is ground. A value; 16 KiB.
//
// From a catalogue: sky is a fluid lighter than 100 kg/m3 or named "air", liquid every other fluid. In a
// catalogue that marks no fluid, "air" is sky and names with "water" are liquid. Without any of these: the
// fill, and what fills more than half of the top layer where there is more than one layer. Unknown is sky.
class Kinds {
 public:
  // `top` is the top layer of what is looked at (any size, also empty); `layers` how many there are.
  static Kinds create(const Catalogue& catalogue, MaterialId fill, ConstVoxelView top, std::int64_t layers);
  bool sky(MaterialId id) const { return sky_.test(id); }
  bool liquid(MaterialId id) const { return liquid_.test(id); }
  bool ground(MaterialId id) const { return !sky(id) && !liquid(id); }
  // The top layer matters: ask for it before create().
  static bool needs_top(const Catalogue& catalogue);

 private:
  FluidSet sky_, liquid_;
};

}  // namespace terrane

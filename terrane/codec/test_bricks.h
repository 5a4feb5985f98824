#pragma once

#include <string>
#include <vector>

#include "terrane/codec/codec.h"

// What every codec is tested on.
namespace terrane::testing {

struct TestBrick {
  std::string name;
  BrickShape shape;
  std::vector<MaterialId> voxels;
};

// Whole and partial bricks from one material to 65,536; the same on every machine.
const std::vector<TestBrick>& test_bricks();

}  // namespace terrane::testing

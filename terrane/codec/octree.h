#pragma once

#include <functional>

#include "terrane/codec/codec.h"

namespace terrane {

// Calls visit(cube, material) for every node of an octree payload that is of one material: cubes of 1 to 64
// voxels, cut off at the brick, that tile it; in Morton order, from the encoded bytes, without expanding
// them. All is checked as by decode. On an error some may have been visited.
using VisitUniformNode = std::function<void(const Box&, MaterialId)>;
Status visit_uniform_nodes(Bytes payload, std::uint8_t version, BrickShape shape,
                           const VisitUniformNode& visit);

}  // namespace terrane

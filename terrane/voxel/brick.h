#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "terrane/voxel/voxels.h"

namespace terrane {

// The true size of a brick: 1..64 on each axis, smaller than 64 at the upper edges of a store.
struct BrickShape {
  int nx = 64, ny = 64, nz = 64;
  constexpr std::size_t voxels() const {
    return static_cast<std::size_t>(nx) * static_cast<std::size_t>(ny) * static_cast<std::size_t>(nz);
  }
  constexpr Coord size() const { return {nx, ny, nz}; }
  constexpr bool valid() const { return nx >= 1 && nx <= 64 && ny >= 1 && ny <= 64 && nz >= 1 && nz <= 64; }
  friend constexpr bool operator==(BrickShape, BrickShape) = default;
};

// The place of a voxel in a dense brick, z fastest.
constexpr std::size_t voxel_index(BrickShape shape, Coord c) {
  return static_cast<std::size_t>((c.x * shape.ny + c.y) * shape.nz + c.z);
}

// What a model says of one brick: the same material everywhere, or one for each voxel. A view, cheap to copy:
// the voxels outlive it.
class Prediction {
 public:
  Prediction(MaterialId everywhere = kUnknown) : material_(everywhere) {}  // NOLINT: a material is one
  // Dense [x, y, z], z fastest, at least one. Voxels that are all equal are the same prediction as their
  // material everywhere.
  explicit Prediction(std::span<const MaterialId> voxels);

  bool is_constant() const { return voxels_.empty(); }
  MaterialId at(std::size_t voxel) const { return voxels_.empty() ? material_ : voxels_[voxel]; }
  // Empty where constant.
  std::span<const MaterialId> voxels() const { return voxels_; }
  // Of what it says; what was coded as differences from a prediction names it by this.
  std::uint64_t hash() const;

 private:
  MaterialId material_;
  std::span<const MaterialId> voxels_;
};

// All that a brick's bytes need beside them to be read.
struct BrickContext {
  BrickShape shape;
  Prediction prediction;
  BrickContext(BrickShape s, Prediction p = {})
      : shape(s), prediction(p) {}  // NOLINT: most need only a shape
};

}  // namespace terrane

#pragma once

#include <string>
#include <vector>

#include "terrane/io/exported.h"
#include "terrane/volume/volume.h"
#include "terrane/voxel/source.h"

namespace terrane::cli {

// A box of a volume at one level of detail, for those who know no volumes. Across the seam it is one box. The
// volume outlives it. Thread-safe.
class VolumeSource final : public VoxelSource {
 public:
  static Result<VolumeSource> create(const Volume& volume, const Box& box, int lod, ReadOptions options);
  Coord size() const override { return size_; }
  std::string identity() const override;
  Status read(const Box& box, VoxelView out) const override;
  // Where it lies, and the volume's names.
  ExportFrame frame() const;

 private:
  VolumeSource(const Volume& volume, const Box& box, int lod, ReadOptions options)
      : volume_(volume), box_(box), lod_(lod), options_(std::move(options)) {}
  const Volume& volume_;
  Box box_;
  int lod_;
  ReadOptions options_;
  Coord size_;
  std::vector<World::Piece> pieces_;
};

// The size of a result, refused while it is only a number: beyond 2^40 voxels, or where `room` is asked for
// and the disk has too little of it for two bytes a voxel.
Result<Coord> checked_shape(const Volume& volume, const Box& box, int lod, const std::string& out, bool room);

}  // namespace terrane::cli

#include "terrane/cli/volume_source.h"

#include <fmt/format.h>

#include <filesystem>
#include <utility>

#include "terrane/cli/text.h"
#include "terrane/render/chunks.h"

namespace terrane::cli {

Result<VolumeSource> VolumeSource::create(const Volume& volume, const Box& box, int lod,
                                          ReadOptions options) {
  VolumeSource out(volume, box, lod, std::move(options));
  TERRANE_ASSIGN(out.size_, volume.shape(box, lod));
  TERRANE_ASSIGN(out.pieces_, volume.world().level_pieces(box, lod));
  return out;
}

std::string VolumeSource::identity() const {
  return fmt::format("volume box={} lod={}", to_string(box_), lod_);
}

Status VolumeSource::read(const Box& box, VoxelView out) const {
  TERRANE_TRY(check_read(box, size_, out));
  for (const World::Piece& piece : pieces_) {
    const Coord joined = {piece.out_x - piece.box.lo.x, -piece.box.lo.y, -piece.box.lo.z};
    const Box part = box.intersect({piece.box.lo + joined, piece.box.hi + joined});
    if (part.empty()) continue;
    const Box from = level0_box(volume_.world(), {part.lo - joined, part.hi - joined}, lod_);
    TERRANE_TRY(volume_.read(from, lod_, out.sub({part.lo - box.lo, part.hi - box.lo}), options_));
  }
  return ok();
}

ExportFrame VolumeSource::frame() const {
  const World::Settings& world = volume_.world().settings();
  ExportFrame out;
  out.crs = world.crs;
  out.catalogue = volume_.catalogue();
  const std::int64_t first[] = {box_.lo.x >> lod_, box_.lo.y >> lod_, box_.lo.z >> lod_};
  for (int axis = 0; axis < 3; ++axis) {
    out.spacing[axis] = world.voxel_size[axis] * static_cast<double>(std::int64_t{1} << lod_);
    out.origin[axis] = world.origin[axis] + static_cast<double>(first[axis]) * out.spacing[axis];
  }
  return out;
}

Result<Coord> checked_shape(const Volume& volume, const Box& box, int lod, const std::string& out,
                            bool room) {
  constexpr double kMostVoxels = 1099511627776.0;  // 2^40: 2 TiB
  TERRANE_ASSIGN(const Coord shape, volume.shape(box, lod));
  const double voxels = Box{{}, shape}.volume();
  if (voxels > kMostVoxels) {
    return invalid(
        fmt::format("this is {} voxels, {} of output; give a smaller --box or a larger --lod (at most 2^40 "
                    "voxels): box=`{}` lod=`{}`",
                    to_string(shape), bytes_text(2 * voxels), to_string(box), lod));
  }
  if (!room) return shape;
  std::error_code error;
  const auto folder = std::filesystem::absolute(out, error).parent_path();
  const auto space = std::filesystem::space(folder, error);
  if (!error && 2 * voxels > static_cast<double>(space.available)) {
    return Error{ErrorCode::kExhausted,
                 fmt::format("the output takes {}, and {} are free there: out=`{}`", bytes_text(2 * voxels),
                             bytes_text(static_cast<double>(space.available)), out)};
  }
  return shape;
}

}  // namespace terrane::cli

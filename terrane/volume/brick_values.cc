#include "terrane/volume/brick_values.h"

#include <algorithm>

namespace terrane {
namespace {

constexpr std::size_t kMostExceptions = 4096;

}  // namespace

Status BrickValues::load(const Volume::State& state, int level, Position position, const StoredBrick& stored,
                         CodecScratch& scratch) {
  box_ = state.lattice(level).brick_box(position);
  size_ = box_.size();
  exceptions_.clear();
  sparse_ = stored.range.content.kind != RangeKind::kBrick;
  if (sparse_) base_ = material_of(state, stored.range);
  for (const DeltaCursor::Entry& delta : stored.deltas) {
    if (!sparse_) break;
    TERRANE_TRY(read_patch(as_bytes(delta.patch), shape_of(box_), scratch, patch_));
    exceptions_.insert(exceptions_.end(), patch_.begin(), patch_.end());
    sparse_ = exceptions_.size() <= kMostExceptions;
  }
  if (!sparse_) {
    voxels_ = room_.first(shape_of(box_).voxels());
    return decode_brick(state, level, position, stored, scratch, voxels_);
  }
  std::stable_sort(exceptions_.begin(), exceptions_.end(),
                   [](const PatchVoxel& a, const PatchVoxel& b) { return a.place < b.place; });
  std::size_t kept = 0;
  for (std::size_t i = 0; i < exceptions_.size(); ++i) {
    const bool last = i + 1 == exceptions_.size() || exceptions_[i + 1].place != exceptions_[i].place;
    if (last) exceptions_[kept++] = exceptions_[i];
  }
  exceptions_.resize(kept);
  return ok();
}

MaterialId BrickValues::at(std::uint32_t place) const {
  if (!sparse_) return voxels_[place];
  const auto found = std::lower_bound(exceptions_.begin(), exceptions_.end(), place,
                                      [](const PatchVoxel& v, std::uint32_t p) { return v.place < p; });
  return found != exceptions_.end() && found->place == place ? found->material : base_;
}

std::span<MaterialId> BrickValues::dense() {
  if (sparse_) {
    voxels_ = room_.first(shape_of(box_).voxels());
    std::fill(voxels_.begin(), voxels_.end(), base_);
    apply_patch(exceptions_, voxels_);
    sparse_ = false;
  }
  return voxels_;
}

}  // namespace terrane

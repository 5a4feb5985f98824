#include "terrane/volume/level_step.h"

#include <algorithm>
#include <array>

#include "terrane/voxel/pool.h"

namespace terrane {
namespace {

// Of a brick's 64^3 voxels: where more changed, it is made anew rather than patched.
constexpr std::size_t kMostPatched = 4096;
constexpr std::int64_t kParentEdge = 2 * std::int64_t{kBrickEdge};  // in voxels of the level below

// The bricks of the level all whose voxels below lie in `box`, as their voxels; empty where there are none.
Box parents_inside(const Box& box, const Lattice& below, const Lattice& lattice) {
  const Coord end = below.extent();
  const auto up = [](std::int64_t v) { return (v + kParentEdge - 1) / kParentEdge; };
  const auto down = [&](std::int64_t v, std::int64_t last) { return v == last ? up(v) : v / kParentEdge; };
  const Box bricks = {{up(box.lo.x), up(box.lo.y), up(box.lo.z)},
                      {down(box.hi.x, end.x), down(box.hi.y, end.y), down(box.hi.z, end.z)}};
  const auto voxels = [](Coord c) { return Coord{c.x * kBrickEdge, c.y * kBrickEdge, c.z * kBrickEdge}; };
  if (bricks.empty()) return {};
  return Box{voxels(bricks.lo), voxels(bricks.hi)}.intersect(lattice.bounds());
}

// Takes runs of the level below apart into stretches of one material and single bricks.
class Stretcher {
 public:
  Stretcher(const Volume::State& state, const Snapshot& snapshot, int level)
      : state_(state),
        lattice_(state.lattice(level)),
        below_(state.lattice(level - 1)),
        cursor_(state.bricks(snapshot, level - 1)) {}

  Status add(const Run& run, const Task& task) {
    for (auto p = below_.next_inside(run.first, run.last); p;) {
      TERRANE_TRY(task.check());
      TERRANE_ASSIGN(const StoredBrick stored, cursor_.find(*p));
      Position until = *p;
      if (stored.has_voxels()) {
        out_.bricks.push_back(*p);
      } else {
        const MaterialId material = material_of(state_, stored.range);
        TERRANE_ASSIGN(until, cursor_.same_until(*p, std::min(stored.range.run.last, run.last)));
        add_uniform({*p, until}, material);
      }
      p = until == run.last ? std::nullopt : below_.next_inside(until + 1, run.last);
    }
    return ok();
  }

  Stretches take() {
    std::sort(out_.edits.begin(), out_.edits.end(),
              [](const Edit& a, const Edit& b) { return a.run.first < b.run.first; });
    return std::move(out_);
  }

 private:
  void add_uniform(const Run& run, MaterialId material) {
    for_each_cuboid(run, [&](const Box& cuboid) {
      const Box box = cuboid.intersect(below_.bounds());
      if (box.empty()) return;
      // A cuboid is either some whole parents, or a part of one.
      const Box parents = parents_inside(box, below_, lattice_);
      if (parents.empty()) {
        for (const Position p : bricks_of(box)) out_.bricks.push_back(p);
        return;
      }
      Edit edit;
      if (material != state_.manifest.fill) {
        edit.content.kind = RangeKind::kUniform;
        edit.content.material = material;
      }
      Cover cover(lattice_, parents);
      while (const auto next = cover.next()) {
        edit.run = *next;
        out_.edits.push_back(edit);
      }
    });
  }

  const Volume::State& state_;
  const Lattice& lattice_;
  const Lattice& below_;
  BrickCursor cursor_;
  Stretches out_;
};

// Pools the changed children of one brick after the other.
class ParentPool {
 public:
  ParentPool(const Volume::State& state, const Snapshot& snapshot, int level, std::uint64_t since,
             WorkScratch& scratch)
      : state_(state),
        level_(level),
        since_(since),
        scratch_(scratch),
        stored_parents_(state.bricks(snapshot, level)),
        stored_children_(state.bricks(snapshot, level - 1)),
        parent_(scratch.coarse),
        child_(scratch.brick) {}

  Result<std::optional<PooledChange>> pool(const ChangedParent& parent) {
    TERRANE_ASSIGN(const StoredBrick stored, stored_parents_.find(parent.position));
    TERRANE_TRY(parent_.load(state_, level_, parent.position, stored, scratch_.codec));
    PooledChange change;
    for (const ChangedChild& child : parent.children) TERRANE_TRY(add(child, change.voxels));
    if (change.voxels.empty()) return std::optional<PooledChange>();
    std::sort(change.voxels.begin(), change.voxels.end(),
              [](const PatchVoxel& a, const PatchVoxel& b) { return a.place < b.place; });
    if (change.voxels.size() <= kMostPatched) {
      write_patch(change.voxels, scratch_.codec, change.patch);
      return std::optional(std::move(change));
    }
    const std::span<MaterialId> voxels = parent_.dense();
    apply_patch(change.voxels, voxels);
    TERRANE_ASSIGN(change.edit, make_edit(state_, level_, parent.position, false, Encoding{}, voxels,
                                          shape_of(parent_.box()), scratch_));
    return std::optional(std::move(change));
  }

 private:
  Status add(const ChangedChild& changed, std::vector<PatchVoxel>& out) {
    TERRANE_ASSIGN(const StoredBrick stored, stored_children_.find(changed.position));
    TERRANE_TRY(child_.load(state_, level_ - 1, changed.position, stored, scratch_.codec));
    part_ = level_box(child_.box(), 1);
    cells_.clear();
    switch (changed.how) {
      case ChangedChild::How::kVoxels:
        for (const ChangedVoxel& v : changed.voxels) add_cell(v.place);
        break;
      case ChangedChild::How::kPatched:
        TERRANE_TRY(add_newer_cells(stored));
        if (many_) return compare_all(out);
        break;
      case ChangedChild::How::kWhole:
        if (!add_exceptional_cells()) return compare_all(out);
        break;
    }
    std::sort(cells_.begin(), cells_.end());
    cells_.erase(std::unique(cells_.begin(), cells_.end()), cells_.end());
    if (cells_.size() > kMostPatched) return compare_all(out);
    for (const std::uint32_t place : cells_) {
      const MaterialId pooled = pool_cell(place);
      if (pooled != parent_.at(place)) out.push_back({place, pooled});
    }
    return ok();
  }

  // The place in the parent over a place of the child.
  void add_cell(std::uint32_t child_place) {
    const Coord c = child_.coord_of(child_place) + child_.box().lo;
    cells_.push_back(parent_.place_of(Coord{c.x / 2, c.y / 2, c.z / 2} - parent_.box().lo));
  }

  Status add_newer_cells(const StoredBrick& stored) {
    many_ = false;
    for (const DeltaCursor::Entry& delta : stored.deltas) {
      if (delta.batch <= since_) continue;
      TERRANE_TRY(read_patch(as_bytes(delta.patch), shape_of(child_.box()), scratch_.codec, patch_));
      many_ = patch_.size() > kMostPatched;
      if (many_) return ok();
      for (const PatchVoxel& v : patch_) add_cell(v.place);
    }
    return ok();
  }

  // Where two bricks of the same material each have a few exceptions, only these can differ.
  bool add_exceptional_cells() {
    if (!child_.sparse() || !parent_.sparse() || child_.base() != parent_.base()) return false;
    for (const PatchVoxel& v : child_.exceptions()) add_cell(v.place);
    const Box inside = {part_.lo - parent_.box().lo, part_.hi - parent_.box().lo};
    for (const PatchVoxel& v : parent_.exceptions()) {
      if (inside.contains(parent_.coord_of(v.place))) cells_.push_back(v.place);
    }
    return true;
  }

  MaterialId pool_cell(std::uint32_t place) const {
    const Coord c = parent_.coord_of(place) + parent_.box().lo;
    const Coord fine = Coord{2 * c.x, 2 * c.y, 2 * c.z} - child_.box().lo;
    const Coord size = child_.box().size();
    std::array<MaterialId, 8> children{};
    int n = 0;
    for (std::int64_t x = fine.x; x < std::min(fine.x + 2, size.x); ++x) {
      for (std::int64_t y = fine.y; y < std::min(fine.y + 2, size.y); ++y) {
        for (std::int64_t z = fine.z; z < std::min(fine.z + 2, size.z); ++z)
          children[static_cast<std::size_t>(n++)] = child_.at(child_.place_of({x, y, z}));
      }
    }
    return pool_one(children.data(), n, state_.fluids);
  }

  Status compare_all(std::vector<PatchVoxel>& out) {
    pooled_.resize(static_cast<std::size_t>(part_.volume()));
    terrane::pool(ConstVoxelView::dense(child_.dense().data(), child_.box().size()), state_.fluids,
                  VoxelView::dense(pooled_.data(), part_.size()));
    const std::span<const MaterialId> held = parent_.dense();
    const Box inside = {part_.lo - parent_.box().lo, part_.hi - parent_.box().lo};
    std::size_t i = 0;
    for (std::int64_t x = inside.lo.x; x < inside.hi.x; ++x) {
      for (std::int64_t y = inside.lo.y; y < inside.hi.y; ++y) {
        std::uint32_t place = parent_.place_of({x, y, inside.lo.z});
        for (std::int64_t z = inside.lo.z; z < inside.hi.z; ++z, ++i, ++place) {
          if (pooled_[i] != held[place]) out.push_back({place, pooled_[i]});
        }
      }
    }
    return ok();
  }

  const Volume::State& state_;
  int level_;
  std::uint64_t since_;
  WorkScratch& scratch_;
  BrickCursor stored_parents_, stored_children_;
  BrickValues parent_, child_;
  Box part_;  // of the level, that the child is pooled into
  std::vector<std::uint32_t> cells_;
  bool many_ = false;  // too many voxels changed to look at each
  std::vector<PatchVoxel> patch_;
  std::vector<MaterialId> pooled_;
};

}  // namespace

Result<Stretches> LevelStep::stretches(std::span<const Run> runs, const Task& task) const {
  Stretcher stretcher(state_, snapshot_, level_);
  for (const Run& run : runs) TERRANE_TRY(stretcher.add(run, task));
  return stretcher.take();
}

Status LevelStep::pool(std::span<const ChangedParent> parents, WorkScratch& scratch, const Task& task,
                       std::span<std::optional<PooledChange>> out) const {
  ParentPool pool(state_, snapshot_, level_, since_, scratch);
  for (std::size_t i = 0; i < parents.size(); ++i) {
    TERRANE_TRY(task.check());
    TERRANE_ASSIGN(out[i], pool.pool(parents[i]));
  }
  return ok();
}

}  // namespace terrane

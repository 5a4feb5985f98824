#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "terrane/codec/patch.h"
#include "terrane/volume/state.h"

namespace terrane {
namespace {

// The boxes of bricks that `touched` has and `inner` has not; `inner` lies in it and may be empty.
std::vector<Box> shell(Box touched, const Box& inner) {
  if (inner.empty()) return {touched};
  std::vector<Box> out;
  const auto cut = [&](std::int64_t Coord::*axis) {
    Box below = touched, above = touched;
    below.hi.*axis = inner.lo.*axis;
    above.lo.*axis = inner.hi.*axis;
    if (!below.empty()) out.push_back(below);
    if (!above.empty()) out.push_back(above);
    touched.lo.*axis = inner.lo.*axis;
    touched.hi.*axis = inner.hi.*axis;
  };
  cut(&Coord::x);
  cut(&Coord::y);
  cut(&Coord::z);
  return out;
}

// The bricks (as a box of bricks) that lie in a box of voxels with all voxels they have.
Box whole_bricks(const Box& box, const Box& bounds) {
  const auto up = [](std::int64_t v) { return (v + kBrickEdge - 1) / kBrickEdge; };
  const auto down = [](std::int64_t v, std::int64_t end) {
    return v == end ? (v + kBrickEdge - 1) / kBrickEdge : v / kBrickEdge;
  };
  const Box inner = {{up(box.lo.x), up(box.lo.y), up(box.lo.z)},
                     {down(box.hi.x, bounds.hi.x), down(box.hi.y, bounds.hi.y), down(box.hi.z, bounds.hi.z)}};
  return inner.empty() ? Box{} : inner;
}

Box voxels_of(const Box& bricks) {
  const auto times = [](Coord c) { return Coord{c.x * kBrickEdge, c.y * kBrickEdge, c.z * kBrickEdge}; };
  return {times(bricks.lo), times(bricks.hi)};
}

constexpr std::uint64_t kMostCut = 4'000'000;          // bricks that one edit may cut
constexpr std::size_t kMostRuns = 4'000'000;           // of whole bricks
constexpr double kMostVoxels = 9223372036854775808.0;  // 2^63

class BoxEdit {
 public:
  BoxEdit(const Volume::State& state, MaterialId material, const EditOptions& options, ReadyEdit& ready)
      : state_(state), material_(material), options_(options), ready_(ready), scratch_(state.scratches) {}

  Status add(const Box& piece) {
    const Lattice& lattice = state_.lattice(0);
    const Box inner = whole_bricks(piece, lattice.bounds());
    if (!inner.empty()) {
      whole_ += static_cast<std::uint64_t>(inner.volume());
      Edit edit;
      edit.content.written = true;
      if (material_ != state_.manifest.fill) {
        edit.content.kind = RangeKind::kUniform;
        edit.content.material = material_;
      }
      Cover cover(lattice, voxels_of(inner).intersect(lattice.bounds()));
      while (const auto run = cover.next()) {
        TERRANE_TRY(options_.task.check());
        edit.run = *run;
        ready_.ranges.push_back(edit);
        if (ready_.ranges.size() > kMostRuns) {
          return Error{
              ErrorCode::kExhausted,
              fmt::format("box {} falls into more than {} stretches of bricks; edit it in parts, or with "
                          "corners on multiples of 1024",
                          to_string(piece), kMostRuns)};
        }
      }
    }
    const Box touched = {{piece.lo.x / kBrickEdge, piece.lo.y / kBrickEdge, piece.lo.z / kBrickEdge},
                         ceil_bricks(piece.hi)};
    const std::vector<Box> parts = shell(touched, inner);
    for (const Box& part : parts) cut_ += part.volume();
    if (cut_ > kMostCut) {
      return Error{
          ErrorCode::kExhausted,
          fmt::format("box {} cuts more than {} bricks, which are kept one by one; edit it in parts, or "
                      "with corners on multiples of {}",
                      to_string(piece), kMostCut, kBrickEdge)};
    }
    for (const Box& part : parts) TERRANE_TRY(add_shell(part, piece));
    return ok();
  }
  // Bricks that it made anew as ranges.
  std::uint64_t whole() const { return whole_; }

 private:
  static Coord ceil_bricks(Coord c) {
    const auto up = [](std::int64_t v) { return (v + kBrickEdge - 1) / kBrickEdge; };
    return {up(c.x), up(c.y), up(c.z)};
  }

  Status add_shell(const Box& bricks, const Box& piece) {
    const Lattice& lattice = state_.lattice(0);
    for (const Position position : bricks_of(voxels_of(bricks).intersect(lattice.bounds()))) {
      TERRANE_TRY(options_.task.check());
      const Box brick = lattice.brick_box(position);
      const Box part = piece.intersect(brick);
      ready_.patches.push_back({position, patch_of({part.lo - brick.lo, part.hi - brick.lo}, brick.size())});
    }
    return ok();
  }

  // Bricks without number are cut in the same few ways.
  const std::string& patch_of(const Box& part, Coord size) {
    const auto [at, fresh] = patches_.try_emplace(
        {part.lo.x, part.lo.y, part.lo.z, part.hi.x, part.hi.y, part.hi.z, size.x, size.y, size.z});
    if (!fresh) return at->second;
    patch_.clear();
    for (std::int64_t x = part.lo.x; x < part.hi.x; ++x) {
      for (std::int64_t y = part.lo.y; y < part.hi.y; ++y) {
        const std::int64_t row = (x * size.y + y) * size.z;
        for (std::int64_t z = part.lo.z; z < part.hi.z; ++z)
          patch_.push_back({static_cast<std::uint32_t>(row + z), material_});
      }
    }
    write_patch(patch_, scratch_->codec, at->second);
    return at->second;
  }

  const Volume::State& state_;
  MaterialId material_;
  const EditOptions& options_;
  ReadyEdit& ready_;
  ScratchPool::Lease scratch_;
  std::vector<PatchVoxel> patch_;
  std::map<std::array<std::int64_t, 9>, std::string> patches_;  // by part and size of the brick
  std::uint64_t whole_ = 0;
  double cut_ = 0;  // bricks of which a part is edited
};

}  // namespace

Result<EditReport> Volume::edit(const Box& box, MaterialId material, const EditOptions& options) {
  State& state = *state_;
  TERRANE_TRY(state.check_writable());
  TERRANE_TRY(check_edit(options));
  TERRANE_ASSIGN(const std::vector<Box> pieces, state.world.pieces(box));
  if (box.volume() >= kMostVoxels) {
    return Error{ErrorCode::kExhausted,
                 fmt::format("box {} has 2^63 voxels or more; edit it in parts", to_string(box))};
  }
  ReadyEdit ready = begin_edit(options, box);
  BoxEdit edit(state, material, options, ready);
  for (const Box& piece : pieces) {
    TERRANE_TRY(edit.add(piece));
    ready.event.voxels += static_cast<std::uint64_t>(piece.volume());
  }
  return commit_edit(state, ready, edit.whole());
}

}  // namespace terrane

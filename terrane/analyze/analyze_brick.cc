#include "terrane/analyze/analyze_brick.h"

#include <cassert>
#include <cstring>

#include "terrane/analyze/scratch.h"

namespace terrane {
namespace {

bool all_equal(std::span<const MaterialId> voxels) {
  return std::memcmp(voxels.data(), voxels.data() + 1, (voxels.size() - 1) * sizeof(MaterialId)) == 0;
}

}  // namespace

AnalyzeScratch::AnalyzeScratch() : state_(std::make_unique<State>()) {}
AnalyzeScratch::~AnalyzeScratch() = default;
AnalyzeScratch::AnalyzeScratch(AnalyzeScratch&&) noexcept = default;
AnalyzeScratch& AnalyzeScratch::operator=(AnalyzeScratch&&) noexcept = default;

Simd best_simd() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("popcnt")) {
    return Simd::kAvx2;
  }
#endif
  return Simd::kPortable;
}

void analyze_brick(std::span<const MaterialId> voxels, BrickShape shape, MaterialId predicted,
                   AnalyzeScratch& scratch, BrickStats& out, Detail detail) {
  analyze_brick(best_simd(), voxels, shape, predicted, scratch, out, detail);
}

void analyze_brick(Simd simd, std::span<const MaterialId> voxels, BrickShape shape, MaterialId predicted,
                   AnalyzeScratch& scratch, BrickStats& out, Detail detail) {
  assert(shape.valid() && voxels.size() == shape.voxels());
  if (all_equal(voxels)) return uniform_brick_stats(shape, voxels[0], predicted, out);
  auto room = std::move(out.materials);
  out = BrickStats{};
  out.bricks = 1;
  out.voxels = voxels.size();
  AnalyzeScratch::State& state = scratch.state();
#if defined(__x86_64__)
  if (simd == Simd::kAvx2) {
    detail::analyze_avx2(voxels.data(), shape, predicted, detail, state, out);
  } else {
    detail::analyze_portable(voxels.data(), shape, predicted, detail, state, out);
  }
#else
  static_cast<void>(simd);
  detail::analyze_portable(voxels.data(), shape, predicted, detail, state, out);
#endif
  out.materials = std::move(room);
  state.tally.take(out.materials);
}

}  // namespace terrane

#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "terrane/analyze/brick_stats.h"

namespace terrane {

// How a brick is looked at. The numbers are the same.
enum class Simd : std::uint8_t { kPortable, kAvx2 };
// The fastest that this machine can do.
Simd best_simd();

// How much of it is wanted.
enum class Detail : std::uint8_t {
  // What a choice of a strategy goes by, in the least time. Exact, but mono_columns, same_sequence_columns,
  // deep_columns, max_column_runs, long_runs, long_run_voxels, the horizons (column_pairs, roughness, jumps)
  // and
  // differing_stretches may be 0.
  kChoice,
  kAll,
};

// What analyze_brick() works in, so that it touches the heap only until warm. One per thread; never shared.
class AnalyzeScratch {
 public:
  AnalyzeScratch();
  ~AnalyzeScratch();
  AnalyzeScratch(AnalyzeScratch&&) noexcept;
  AnalyzeScratch& operator=(AnalyzeScratch&&) noexcept;
  struct State;
  State& state() { return *state_; }

 private:
  std::unique_ptr<State> state_;
};

// BrickStats of one brick: dense [x, y, z], z fastest, exactly shape.voxels() of them, of a valid
// shape. `out` becomes this brick's; its room is used again.
void analyze_brick(std::span<const MaterialId> voxels, BrickShape shape, MaterialId predicted,
                   AnalyzeScratch& scratch, BrickStats& out, Detail detail = Detail::kAll);
// As above by this machine's means or by lesser ones. A Simd that it has not is a fault of the caller.
void analyze_brick(Simd simd, std::span<const MaterialId> voxels, BrickShape shape, MaterialId predicted,
                   AnalyzeScratch& scratch, BrickStats& out, Detail detail = Detail::kAll);

}  // namespace terrane

#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include "terrane/analyze/analyze_brick.h"

namespace terrane {
namespace detail {

// Voxels of each material of one brick; emptied by being taken.
class Tally {
 public:
  Tally() : counts_(65536), seen_(65536 + 1) {}

  void add(MaterialId material, std::uint32_t voxels) {
    std::uint32_t& count = counts_[material];
    seen_[used_] = material;  // stays only where it is new
    used_ += count == 0 ? 1 : 0;
    count += voxels;
  }
  std::uint32_t of(MaterialId material) const { return counts_[material]; }
  // Every count added was above 0.
  void take(std::vector<std::pair<MaterialId, std::uint64_t>>& out) {
    out.clear();
    if (used_ > kScan) {
      for (std::uint32_t material = 0; material < counts_.size(); ++material) {
        if (counts_[material] != 0) take(static_cast<MaterialId>(material), out);
      }
    } else {
      std::sort(seen_.begin(), seen_.begin() + static_cast<std::ptrdiff_t>(used_));
      for (std::size_t i = 0; i < used_; ++i) take(seen_[i], out);
    }
    used_ = 0;
  }

 private:
  static constexpr std::size_t kScan = 2048;  // from here on a walk over all ids costs less than sorting

  void take(MaterialId material, std::vector<std::pair<MaterialId, std::uint64_t>>& out) {
    out.emplace_back(material, counts_[material]);
    counts_[material] = 0;
  }

  std::vector<std::uint32_t> counts_;
  std::vector<MaterialId> seen_;
  std::size_t used_ = 0;
};

// A set of materials that is filled, asked and emptied many times.
class MaterialSet {
 public:
  // Whether it was new.
  bool insert(MaterialId material) {
    std::uint64_t& word = words_[material >> 6];
    const std::uint64_t bit = std::uint64_t{1} << (material & 63);
    const bool fresh = (word & bit) == 0;
    word |= bit;
    return fresh;
  }
  void erase(MaterialId material) { words_[material >> 6] &= ~(std::uint64_t{1} << (material & 63)); }

 private:
  std::array<std::uint64_t, 1024> words_{};
};

// Columns that follow one another along y and hold the same voxels, by their first.
struct Stretch {
  static constexpr int kShort = 8;  // runs that are kept here
  static constexpr std::uint16_t kNone = 65535;
  alignas(16) std::array<MaterialId, kShort> materials;  // of its runs, upwards; then the first again
  std::uint32_t columns;                                 // it, and those that are copies of it
  std::uint16_t row;
  std::uint16_t copy_of;  // the stretch that has the same voxels at x-1, or kNone
  std::uint8_t runs;
  std::uint8_t differing_stretches;
  std::uint8_t differing_runs;
  bool mono;
};

constexpr std::size_t kRows = 4096;

}  // namespace detail

struct AnalyzeScratch::State {
  detail::Tally tally;
  detail::MaterialSet set;
  // Bit z of a row: a run begins there; the voxel equals that at x-1; at y-1.
  std::array<std::uint64_t, detail::kRows> starts{};
  std::array<std::uint64_t, detail::kRows> same_x{};
  std::array<std::uint64_t, detail::kRows> same_y{};
  std::array<std::uint64_t, 1024> cells{}, coarser_cells{};
  std::array<std::uint8_t, detail::kRows> tops{};
  std::array<detail::Stretch, detail::kRows> stretches{};
  std::array<std::uint16_t, 128> stretch_of{};  // by y, of this and the last x
  std::array<MaterialId, 128> last_row{};
  std::vector<MaterialId> padded;  // rows of 64 of a brick that is lower
};

namespace detail {

// Fills `out` except for its materials, which go to the tally. For bricks of any content.
void analyze_portable(const MaterialId* voxels, BrickShape shape, MaterialId predicted,
                      AnalyzeScratch::State& scratch, BrickStats& out);
#if defined(__x86_64__)
void analyze_avx2(const MaterialId* voxels, BrickShape shape, MaterialId predicted,
                  AnalyzeScratch::State& scratch, BrickStats& out);
#endif

}  // namespace detail
}  // namespace terrane

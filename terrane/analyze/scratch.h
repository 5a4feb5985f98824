#pragma once

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
  // Four at once. In two counts each, so that runs of one material that follow closely do not wait for each
  // other.
  void add(const std::array<MaterialId, 4>& m, const std::array<std::uint32_t, 4>& voxels) {
    counts_[m[0]][0] += voxels[0];
    counts_[m[1]][0] += voxels[1];
    counts_[m[2]][1] += voxels[2];
    counts_[m[3]][1] += voxels[3];
    if ((m[0] | m[1] | m[2] | m[3]) < kCommon) return;
    for (const MaterialId material : m) touched_[material / kBlock] = 1;
  }
  std::uint32_t of(MaterialId material) const { return counts_[material][0] + counts_[material][1]; }
  // Those above 0, ascending.
  void take(std::vector<std::pair<MaterialId, std::uint64_t>>& out) {
    out.clear();
    take(0, kCommon, out);
    for (std::size_t block = kCommon / kBlock; block < touched_.size(); ++block) {
      if (touched_[block] != 0) take(block * kBlock, (block + 1) * kBlock, out);
      touched_[block] = 0;
    }
  }

 private:
  static constexpr std::size_t kBlock = 64;
  static constexpr std::size_t kCommon = 1024;  // ids below are looked at without having been touched

  void take(std::size_t begin, std::size_t end, std::vector<std::pair<MaterialId, std::uint64_t>>& out) {
    for (std::size_t material = begin; material < end; ++material) {
      const std::uint32_t count = of(static_cast<MaterialId>(material));
      if (count == 0) continue;
      out.emplace_back(static_cast<MaterialId>(material), count);
      counts_[material] = {};
    }
  }

  std::array<std::array<std::uint32_t, 2>, 65536> counts_{};
  std::array<std::uint16_t, 65536 / kBlock> touched_{};  // flags; bytes might be anything, to a compiler
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

// What a column says by itself.
struct ColumnFacts {
  std::uint64_t starts;   // of its runs
  const MaterialId* row;  // one of those that hold these voxels, and as many as may be read behind them
  std::uint32_t runs, single_runs, long_runs, long_run_voxels;
  std::uint32_t differing_stretches, differing_runs;
  std::uint32_t columns;  // that are this one, one after the other
  std::uint32_t untold;   // columns whose voxels the tally lacks
  bool mono;
  bool copy;  // of the one across
};

// The materials of a column's runs, upwards, and behind them anything.
using RunSequence = std::array<MaterialId, 80>;

// The columns of one x that differ from the one before.
struct PlaneColumns {
  std::uint64_t fresh = 0;  // bit y: these
  std::size_t count = 0;
  std::array<ColumnFacts, 64> facts;
  alignas(32) std::array<RunSequence, 64> sequences;
};

constexpr std::size_t kRows = 4096;
constexpr std::size_t kSlack = 64;  // what may be written or read behind the last row

}  // namespace detail

struct AnalyzeScratch::State {
  detail::Tally tally;
  detail::MaterialSet set;
  // Bit z of a row: a run begins there; the voxel equals that at x-1; at y-1.
  std::array<std::uint64_t, detail::kRows + detail::kSlack> starts{};
  std::array<std::uint64_t, detail::kRows> same_x{};
  std::array<std::uint64_t, detail::kRows> same_y{};
  std::array<std::uint64_t, 1024> cells{}, coarser_cells{};
  std::array<std::uint8_t, detail::kRows + detail::kSlack> tops{};
  std::array<detail::PlaneColumns, 2> planes{};  // of this x and the last
  std::array<MaterialId, 128> last_row{};
  std::vector<MaterialId> padded;  // rows of 64 of a brick that is lower
};

namespace detail {

// Fill `out` except for its materials, which go to the tally. For bricks of any content. Both are the sweep
// of sweep_brick.h, on other masks.
void analyze_portable(const MaterialId* voxels, BrickShape shape, MaterialId predicted, Detail detail,
                      AnalyzeScratch::State& scratch, BrickStats& out);
#if defined(__x86_64__)
void analyze_avx2(const MaterialId* voxels, BrickShape shape, MaterialId predicted, Detail detail,
                  AnalyzeScratch::State& scratch, BrickStats& out);
#endif

}  // namespace detail
}  // namespace terrane

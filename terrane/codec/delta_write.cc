#include <algorithm>
#include <array>
#include <bit>

#include "terrane/codec/blob.h"
#include "terrane/codec/delta.h"
#include "terrane/codec/row_masks.h"
#include "terrane/codec/scratch.h"

namespace terrane::detail {
namespace {

void put_varint(std::size_t value, std::vector<std::uint8_t>& out) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<std::uint8_t>((value & 0x7f) | 0x80));
  out.push_back(static_cast<std::uint8_t>(value));
}

// The transitions of all runs by open addressing.
class TransitionTable {
 public:
  TransitionTable(std::size_t most, DeltaScratch& scratch)
      : all_(scratch.transitions), slots_(scratch.slots) {
    slots_.assign(std::bit_ceil(2 * most + 1), 0);
    all_.clear();
  }

  void count(const DeltaRun& run) {
    std::uint32_t& slot = find(run.predicted, run.actual);
    if (slot == 0) {
      all_.push_back({run.predicted, run.actual, 0});
      slot = static_cast<std::uint32_t>(all_.size());
    }
    ++all_[slot - 1].runs;
  }

  // Leaves those that have a code, by how many runs they have.
  void rank() {
    std::sort(all_.begin(), all_.end(), [](const Transition& a, const Transition& b) {
      if (a.runs != b.runs) return a.runs > b.runs;
      return a.predicted != b.predicted ? a.predicted < b.predicted : a.actual < b.actual;
    });
    all_.resize(std::min(all_.size(), kMostTransitions));
    std::fill(slots_.begin(), slots_.end(), 0u);
    std::uint32_t place = 0;
    for (const Transition& t : all_) find(t.predicted, t.actual) = ++place;
  }

  std::uint8_t code(const DeltaRun& run) {
    const std::uint32_t slot = find(run.predicted, run.actual);
    return slot == 0 ? kExplicit : static_cast<std::uint8_t>(slot - 1);
  }

 private:
  std::uint32_t& find(MaterialId predicted, MaterialId actual) {
    const std::size_t mask = slots_.size() - 1;
    const std::uint32_t pair = std::uint32_t{predicted} << 16 | actual;
    std::size_t at = (pair * std::uint64_t{0x9e3779b97f4a7c15} >> 32) & mask;
    for (; slots_[at] != 0; at = (at + 1) & mask) {
      const Transition& t = all_[slots_[at] - 1];
      if (t.predicted == predicted && t.actual == actual) break;
    }
    return slots_[at];
  }

  std::vector<Transition>& all_;
  std::vector<std::uint32_t>& slots_;
};

}  // namespace

void find_delta_runs(std::span<const MaterialId> voxels, const Prediction& prediction,
                     DeltaScratch& scratch) {
  std::vector<DeltaRun>& runs = scratch.runs;
  runs.clear();
  std::array<MaterialId, 64> everywhere;
  everywhere.fill(prediction.is_constant() ? prediction.at(0) : MaterialId{0});
  for (std::size_t at = 0; at < voxels.size(); at += 64) {
    const int n = static_cast<int>(std::min<std::size_t>(64, voxels.size() - at));
    const MaterialId* predicted =
        prediction.is_constant() ? everywhere.data() : prediction.voxels().data() + at;
    std::uint64_t differ = ~equal_mask(voxels.data() + at, predicted, n) & low_bits(n);
    for (; differ != 0; differ &= differ - 1) {
      const auto bit = static_cast<unsigned>(std::countr_zero(differ));
      const auto i = static_cast<std::uint32_t>(at + bit);
      if (!runs.empty()) {
        DeltaRun& last = runs.back();
        if (last.begin + last.length == i && last.actual == voxels[i] && last.predicted == predicted[bit]) {
          ++last.length;
          continue;
        }
      }
      runs.push_back({i, 1, predicted[bit], voxels[i]});
    }
  }
}

void put_delta_runs(DeltaForm form, Policy policy, CodecScratch::State& state, std::string& out) {
  DeltaScratch& delta = state.delta;
  TransitionTable table(delta.runs.size(), delta);
  for (const DeltaRun& run : delta.runs) table.count(run);
  table.rank();
  std::vector<std::uint8_t>& skips = delta.bytes;
  for (auto* stream : {&skips, &delta.lengths, &delta.codes, &delta.explicits}) stream->clear();
  std::uint32_t end = 0;
  for (const DeltaRun& run : delta.runs) {
    put_varint(run.begin - end, skips);
    put_varint(run.length - 1, delta.lengths);
    const std::uint8_t code = table.code(run);
    delta.codes.push_back(code);
    if (code == kExplicit) {
      delta.explicits.push_back(static_cast<std::uint8_t>(run.actual));
      delta.explicits.push_back(static_cast<std::uint8_t>(run.actual >> 8));
    }
    end = run.begin + run.length;
  }
  ByteWriter writer(out);
  out.push_back(static_cast<char>(form));
  writer.varint(delta.transitions.size());
  for (const Transition& t : delta.transitions) {
    writer.fixed(t.predicted);
    writer.fixed(t.actual);
  }
  writer.varint(delta.runs.size());
  if (delta.runs.empty()) return;
  writer.varint(skips.size());
  writer.varint(delta.lengths.size());
  writer.varint(delta.explicits.size() / sizeof(MaterialId));
  if (delta.transitions.size() == 1) delta.codes.clear();  // all are 0
  for (const auto* stream : {&delta.lengths, &delta.codes, &delta.explicits})
    skips.insert(skips.end(), stream->begin(), stream->end());
  put_blob(skips, policy, state, out);
}

}  // namespace terrane::detail

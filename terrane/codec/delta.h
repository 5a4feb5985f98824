#pragma once

#include <span>
#include <vector>

#include "terrane/codec/codec.h"

// The parts that writing and reading a delta brick share. The format is docs/codecs/delta.md.
namespace terrane::detail {

enum class DeltaForm : std::uint8_t { kRaw = 0, kRuns = 1, kMortonRuns = 2 };

// Transitions with a code of their own; a run of any other has kExplicit and names its material.
inline constexpr std::size_t kMostTransitions = 255;
inline constexpr std::uint8_t kExplicit = 255;

// From what is predicted to what is there.
struct Transition {
  MaterialId predicted = 0, actual = 0;
  std::uint32_t runs = 0;
};

struct DeltaRun {
  std::uint32_t begin = 0, length = 0;
  MaterialId predicted = 0, actual = 0;
};

// What the delta codec keeps from call to call.
struct DeltaScratch {
  std::vector<DeltaRun> runs;
  std::vector<Transition> transitions;
  std::vector<std::uint32_t> slots;  // a hash table: a place in transitions + 1, or 0
  std::vector<std::uint8_t> lengths, codes, explicits;
  std::vector<std::uint8_t> bytes;  // the streams: decompressed, or about to be compressed
  std::vector<MaterialId> predicted;
  std::string other;  // a payload that may yet be shorter
};

// Fills scratch.runs with the runs of one transition in which `voxels` differ from the prediction, both in
// the order of one scan.
void find_delta_runs(std::span<const MaterialId> voxels, const Prediction& prediction, DeltaScratch& scratch);
// Appends a payload's runs, from the form on.
void put_delta_runs(DeltaForm form, Policy policy, CodecScratch::State& state, std::string& out);

}  // namespace terrane::detail

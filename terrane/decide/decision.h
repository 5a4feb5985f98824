#pragma once

#include <string>
#include <vector>

#include "terrane/decide/access_pattern.h"
#include "terrane/decide/cost_model.h"
#include "terrane/decide/requirements.h"

namespace terrane {

// Which limit a strategy would break, if any.
enum class Excluded : std::uint8_t {
  kNo,
  kReadTime,
  kBrickReadTime,
  kEncodeSpeed,
  kMemory,
  kBudget,
  kUnpriced  // the cost model does not know it
};
std::string_view name(Excluded excluded);

// One strategy as it was weighed.
struct Candidate {
  const Codec* codec = nullptr;
  EncodeParameters how = {};
  Estimate estimate = {};
  double cost = 0;  // in bytes
  Excluded excluded = Excluded::kNo;
};

// What to do with a brick, and why. Points into the table that it was made with.
struct Decision {
  std::vector<Candidate> candidates;  // those within the limits first, by cost; ties by id
  double confidence = 0;              // 0..1: how likely the first is truly the cheapest

  // The limits left none over: the first is then the one that breaks them least costly, the palette.
  bool all_excluded() const { return candidates[0].excluded != Excluded::kNo; }
  const Candidate& primary() const { return candidates[0]; }
  // nullptr where there is but one.
  const Candidate* runner_up() const {
    return candidates.size() > 1 && candidates[1].excluded == Excluded::kNo ? &candidates[1] : nullptr;
  }
};

// A strategy for one brick: a pure function. `table` holds the palette at least. `out` is used again: no heap
// traffic once it is warm.
void decide(const BrickStats& stats, BrickShape shape, const AccessPattern& access,
            const Requirements& requirements, const CostModel& model, Policy policy, const CodecTable& table,
            Decision& out);

// Why, in words: "rows: 1,234 bytes expected, 0.81 of the runner-up octree; ...".
std::string reason(const Decision& decision, const BrickStats& stats, const AccessPattern& access);

}  // namespace terrane

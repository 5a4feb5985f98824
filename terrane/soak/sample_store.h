#pragma once

#include <vector>

#include "terrane/soak/ops.h"
#include "terrane/soak/outcome.h"

// Small stores that hold every kind of value, and what they must answer.
namespace terrane::soak {

// Of few voxels, in two regions where the seed is odd.
Plan sample_plan(std::uint64_t seed);
// Brings bricks, ranges, deltas of several levels, events and both kinds of history into an empty store; and
// where the seed says so, an ingest that has not ended. `times`: how much of all. `half_way` is called in the
// middle.
Status fill_sample(Volume& volume, const Plan& plan, std::uint32_t times,
                   const std::function<Status()>& half_way);

// What a store answers: levels as dense arrays, and its events.
class Answers {
 public:
  static constexpr int kLevels = 4;  // of them, from 0 on
  static Result<Answers> of(const Volume& volume);

  struct Verdict {
    bool refused = false;  // a call gave an error
    bool wrong = false;    // another one another answer
  };
  // Asks a volume for some levels and its events.
  Verdict ask(const Volume& volume, int first_level, int last_level) const;

 private:
  std::vector<VoxelArray> levels_;
  std::vector<EventInfo> events_;
};

}  // namespace terrane::soak

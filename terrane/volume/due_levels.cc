#include "terrane/volume/due_levels.h"

#include <algorithm>

namespace terrane {

void join(std::vector<Run>& runs) {
  if (runs.empty()) return;
  std::sort(runs.begin(), runs.end(), [](const Run& a, const Run& b) { return a.first < b.first; });
  std::size_t last = 0;
  for (std::size_t i = 1; i < runs.size(); ++i) {
    if (runs[last].last == ~Position{0}) break;
    if (runs[i].first <= runs[last].last + 1) {
      runs[last].last = std::max(runs[last].last, runs[i].last);
    } else {
      runs[++last] = runs[i];
    }
  }
  runs.resize(last + 1);
}

void DueLevels::add(std::vector<Run>& to, std::span<const Run> runs, std::size_t& joined) {
  constexpr std::size_t kLeast = 65536;
  to.insert(to.end(), runs.begin(), runs.end());
  if (to.size() < std::max(kLeast, 2 * joined)) return;
  join(to);
  joined = to.size();
}

void DueLevels::give_back(DueLevels taken) {
  // Its deltas may be pooled at one level and not at the next.
  add_whole(taken.patched);
  add_whole(taken.whole);
  thorough = true;
}

}  // namespace terrane

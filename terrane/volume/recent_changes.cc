#include "terrane/volume/recent_changes.h"

#include <algorithm>

namespace terrane {

std::uint64_t RecentChanges::begin() {
  readers_.insert(next_);
  return next_;
}

void RecentChanges::end(std::uint64_t begun) {
  readers_.erase(readers_.find(begun));
  const std::uint64_t oldest = readers_.empty() ? next_ : *readers_.begin();
  while (!changes_.empty() && changes_.front().number < oldest) changes_.pop_front();
}

void RecentChanges::add(std::span<const Run> bricks) {
  if (readers_.empty()) return;
  for (const Run& run : bricks) {
    changes_.push_back({next_++, run});
    if (changes_.size() <= most_) continue;
    forgotten_ = changes_.front().number;
    changes_.pop_front();
  }
}

bool RecentChanges::any(std::uint64_t begun, std::span<const Run> bricks) const {
  if (forgotten_ >= begun) return true;
  const auto from = std::lower_bound(changes_.begin(), changes_.end(), begun,
                                     [](const Change& c, std::uint64_t n) { return c.number < n; });
  return std::any_of(from, changes_.end(), [&](const Change& change) {
    const auto run = std::lower_bound(bricks.begin(), bricks.end(), change.run.first,
                                      [](const Run& r, Position p) { return r.last < p; });
    return run != bricks.end() && run->first <= change.run.last;
  });
}

}  // namespace terrane

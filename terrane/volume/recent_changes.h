#pragma once

#include <cstdint>
#include <deque>
#include <set>
#include <span>

#include "terrane/space/lattice.h"

namespace terrane {

// Which bricks of level 0 changed of late, for edits that read before they write. Remembers nothing while
// none of these is under way, and not more than so many changes: who began before what is forgotten is told
// that everything changed. Not thread-safe.
class RecentChanges {
 public:
  explicit RecentChanges(std::size_t most = 1'000'000) : most_(most) {}

  // A reader begins, from the state as it is now; it must end().
  std::uint64_t begin();
  void end(std::uint64_t begun);
  void add(std::span<const Run> bricks);
  // Whether any of `bricks`, which ascend and do not overlap, may have changed since a reader began.
  bool any(std::uint64_t begun, std::span<const Run> bricks) const;

 private:
  struct Change {
    std::uint64_t number;
    Run run;
  };
  std::size_t most_;
  std::uint64_t next_ = 1;  // number of the next change
  std::uint64_t forgotten_ = 0;
  std::multiset<std::uint64_t> readers_;  // the number that was next when they began
  std::deque<Change> changes_;
};

}  // namespace terrane

#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "terrane/decide/access_pattern.h"
#include "terrane/space/position.h"

namespace terrane {

// Counts how the regions of a store are used, for some nanoseconds a read. Thread-safe, without locks: under
// concurrency a count may miss a neighbourhood, never a read. Remembers up to a few thousand regions; what
// comes later is not counted.
class AccessLog {
 public:
  AccessLog();
  ~AccessLog();

  void point(int level, Position brick) const;
  // A read of a box touched `bricks` bricks of one region, `first` the first and `last` the last of them.
  void box(int level, Position first, Position last, std::uint64_t bricks) const;
  void written(int level, RegionId region, std::uint64_t bricks) const;

  AccessPattern of(int level, RegionId region) const;
  void clear();

 private:
  struct Slot;
  // Threads spread over stripes, so that those that read one region do not wait for one another's cache
  // lines.
  static constexpr std::size_t kStripes = 8, kSlots = 512, kProbes = 16;
  Slot* find(std::size_t stripe, int level, RegionId region, bool make) const;
  static std::size_t stripe_of_thread();
  std::unique_ptr<Slot[]> slots_;
};

}  // namespace terrane

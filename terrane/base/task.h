#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>

#include "terrane/base/clock.h"
#include "terrane/base/status.h"

namespace terrane {

class Executor;

// How far a long call has come. `total` may be an estimate that grows.
struct Progress {
  std::uint64_t done = 0;
  std::uint64_t total = 0;
  const char* unit = "";  // "bricks", "voxels"...
};

// What a caller lends to a long call: threads, a way to stop it, and an ear for its progress. All is
// optional; everything pointed to must outlive the call. `progress` is called from one thread at a time.
struct Task {
  Executor* executor = nullptr;  // nullptr: the volume's own
  std::stop_token stop = {};
  const Clock* clock = nullptr;  // needed where there is a deadline
  std::optional<Clock::Instant> deadline = {};
  std::function<void(const Progress&)> progress = {};

  // kCancelled once stop was requested or the deadline has passed. Cheap: call it once a brick.
  Status check() const;
};

}  // namespace terrane

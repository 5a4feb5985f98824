#pragma once

#include <chrono>

namespace terrane {

// The only time: passed in, so that tests can turn the hands.
class Clock {
 public:
  using Instant = std::chrono::steady_clock::time_point;
  virtual ~Clock() = default;
  virtual Instant now() const = 0;
};

class SteadyClock final : public Clock {
 public:
  Instant now() const override { return std::chrono::steady_clock::now(); }
};

class ManualClock final : public Clock {
 public:
  Instant now() const override { return now_; }
  void advance(std::chrono::nanoseconds by) { now_ += std::chrono::duration_cast<Instant::duration>(by); }

 private:
  Instant now_{};
};

}  // namespace terrane

#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>

#include "terrane/base/executor.h"
#include "terrane/volume/volume.h"

namespace terrane {

struct UpkeepOptions {
  // A brick with so many small changes over it is made anew.
  std::uint32_t fold_at = 256;
  // Edits wait while coarser levels are due over so many stretches of bricks: 16 bytes of memory each.
  std::size_t most_due = 4'000'000;
  // Between two rounds it rests at least so long, and longer the longer the last one took, so that edits keep
  // three quarters of a core's worth of the time; unless edits wait.
  std::chrono::milliseconds rest{200};
  Executor* executor = nullptr;  // nullptr: all work on the one thread of its own, but for catch_up()
};

// Keeps coarser levels and folds up with the edits of a volume open for writing, on one thread of its own,
// from its making to its end. A failure ends the work and is told by every later call; edits go on and wait
// for nothing any more. Thread-safe. The volume must outlive it and may be moved meanwhile; one at a time for
// a volume.
class Upkeep {
 public:
  explicit Upkeep(Volume& volume, const UpkeepOptions& options = {});
  ~Upkeep();
  Upkeep(const Upkeep&) = delete;
  Upkeep& operator=(const Upkeep&) = delete;

  Status status() const;
  // Waits until all that is acknowledged now shows at coarser levels and no brick has as many small changes
  // as it may.
  // All threads of the volume help.
  Status catch_up();

 private:
  void work(const std::stop_token& stop);
  Status round(const std::stop_token& stop);

  Volume::State& state_;
  const UpkeepOptions options_;
  InlineExecutor here_;
  bool first_ = true;  // of its thread: bricks from before this began are still to be found
  mutable std::mutex mutex_;
  std::condition_variable_any moved_;
  std::uint64_t asked_ = 0, done_ = 0;  // rounds
  std::optional<Error> error_;
  std::jthread thread_;
};

}  // namespace terrane

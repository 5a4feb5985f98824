#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "terrane/volume/ready_edit.h"

namespace terrane {

// Where writers meet: one of those that wait writes what all of them have ready, as one batch of the engine
// and with one fsync, numbers given in the order of arrival. Thread-safe.
class EditQueue {
 public:
  // Returns when the batch is as durable as it asks for, with its number. kConflict where unfinished work is
  // in its way.
  Result<std::uint64_t> commit(Volume::State& state, const ReadyEdit& edit);
  // Writers wait while more than so many runs are due at coarser levels; 0: they never wait.
  void limit(std::size_t most_due);
  void due_now(std::size_t runs);
  bool crowded() const { return most_due_ != 0 && due_ > most_due_; }

 private:
  struct Waiting {
    const ReadyEdit* edit = nullptr;
    bool done = false;
    std::uint64_t batch = 0;
    std::optional<Error> error;
  };
  // The next of the queue that can go in one batch.
  std::vector<Waiting*> take_group();
  static void write_group(Volume::State& state, const std::vector<Waiting*>& group);

  std::mutex mutex_;
  std::condition_variable moved_, room_;
  std::atomic<std::size_t> most_due_ = 0, due_ = 0;
  std::deque<Waiting*> queue_;
  bool leading_ = false;  // one of the writers writes
};

}  // namespace terrane

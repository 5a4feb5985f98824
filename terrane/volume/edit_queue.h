#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "terrane/volume/edit.h"
#include "terrane/volume/event_format.h"
#include "terrane/volume/map_writer.h"

namespace terrane {

// One batch of edits of level 0, made ready by its writer.
struct ReadyEdit {
  struct Patch {
    Position position = 0;
    std::string bytes;
  };
  std::vector<Patch> patches;  // ascending, a brick each
  std::vector<Edit> ranges;    // ascending; whole bricks, none of them patched
  format::Event event;         // but for its number
  EditDurability durability = EditDurability::kSync;
};

// Where writers meet: one of those that wait writes what all of them have ready, as one batch of the engine
// and with one fsync, numbers given in the order of arrival. Thread-safe.
class EditQueue {
 public:
  // Returns when the batch is as durable as it asks for, with its number. kConflict where unfinished work is
  // in its way.
  Result<std::uint64_t> commit(Volume::State& state, const ReadyEdit& edit);

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
  std::condition_variable moved_;
  std::deque<Waiting*> queue_;
  bool leading_ = false;  // one of the writers writes
};

}  // namespace terrane

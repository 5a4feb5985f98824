#include "terrane/volume/upkeep.h"

#include <algorithm>

#include "terrane/volume/state.h"

namespace terrane {

using std::chrono::steady_clock;

Upkeep::Upkeep(Volume& volume, const UpkeepOptions& options) : state_(*volume.state_), options_(options) {
  {
    std::scoped_lock lock(state_.write_mutex);
    state_.delta_numbers.watch(options_.fold_at);
  }
  state_.edits.limit(options_.most_due);
  thread_ = std::jthread([this](const std::stop_token& stop) { work(stop); });
}

Upkeep::~Upkeep() {
  thread_.request_stop();
  thread_.join();
  state_.edits.limit(0);
  std::scoped_lock lock(state_.write_mutex);
  state_.delta_numbers.watch(0);
}

Status Upkeep::status() const {
  std::scoped_lock lock(mutex_);
  return error_ ? Status(*error_) : ok();
}

Status Upkeep::catch_up() {
  std::unique_lock lock(mutex_);
  // A round that is under way may have begun before the last edit.
  const std::uint64_t wanted = done_ + 2;
  asked_ = std::max(asked_, wanted);
  moved_.notify_all();
  moved_.wait(lock, [&] { return error_ || done_ >= wanted; });
  return error_ ? Status(*error_) : ok();
}

Status Upkeep::round(const std::stop_token& stop) {
  Task task;
  task.stop = stop;
  {
    // Who waits gives all threads; else edits keep theirs.
    std::scoped_lock lock(mutex_);
    if (asked_ <= done_) task.executor = options_.executor != nullptr ? options_.executor : &here_;
  }
  TERRANE_TRY(pool_edits(state_, task));
  if (first_) {
    TERRANE_TRY(fold_edits(state_, options_.fold_at, task));
    first_ = false;
    return ok();
  }
  std::vector<std::pair<int, Position>> bricks;
  {
    std::scoped_lock lock(state_.write_mutex);
    bricks = state_.delta_numbers.take_long();
  }
  if (!bricks.empty()) TERRANE_TRY(fold_bricks(state_, std::move(bricks), task));
  return ok();
}

void Upkeep::work(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    lock.unlock();
    const auto begun = steady_clock::now();
    Status status = round(stop);
    const auto took = steady_clock::now() - begun;
    lock.lock();
    ++done_;
    if (!status && !stop.stop_requested()) error_ = status.error();
    moved_.notify_all();
    if (error_) break;
    const auto rest = std::max<steady_clock::duration>(options_.rest, 3 * took);
    moved_.wait_for(lock, stop, rest, [&] { return asked_ > done_ || state_.edits.crowded(); });
  }
  // Nothing makes room any more.
  state_.edits.limit(0);
}

}  // namespace terrane

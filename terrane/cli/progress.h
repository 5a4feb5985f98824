#pragma once

#include <chrono>
#include <string>

#include "terrane/base/task.h"

namespace terrane::cli {

// One line on stderr that says how far a long call has come, drawn at most ten times a second; nothing at all
// where stderr is not a terminal. The destructor wipes it. Called from one thread at a time.
class ProgressBar {
 public:
  explicit ProgressBar(std::string what);
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  void show(const Progress& progress);
  // A task with this bar as its ear. The bar must outlive the call.
  Task task(std::stop_token stop);

 private:
  using Clock = std::chrono::steady_clock;
  std::string what_;
  bool terminal_;
  bool drawn_ = false;
  Clock::time_point begin_ = Clock::now(), last_ = {};
};

// The line itself: "ingest  [#####-----]  50 %  5/10 bricks, 3 s left". For tests, too.
std::string progress_line(const std::string& what, const Progress& progress, double seconds);

}  // namespace terrane::cli

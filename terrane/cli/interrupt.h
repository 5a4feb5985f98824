#pragma once

#include <stop_token>
#include <thread>

namespace terrane::cli {

// Turns the first SIGINT or SIGTERM into a request to stop, so that long work ends in good order; the second
// ends the process at once, as the user then wants. Make one, first in main: threads begun later inherit the
// blocked signals. Its thread is joined by the destructor.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;
  std::stop_token token() const { return stop_.get_token(); }

 private:
  std::stop_source stop_;
  std::thread listener_;
};

}  // namespace terrane::cli

#pragma once

#include <unistd.h>

namespace terrane::python {

// Tells the process that made it from those forked off it, without asking the system each time: it owns a
// page that a fork wipes. Where the system has no such pages it compares process ids. Thread-safe.
class ForkMark {
 public:
  ForkMark();
  ~ForkMark();
  ForkMark(const ForkMark&) = delete;
  ForkMark& operator=(const ForkMark&) = delete;

  // False in a process that was forked since.
  bool here() const { return page_ != nullptr ? *page_ != 0 : ::getpid() == process_; }

 private:
  char* page_ = nullptr;
  ::pid_t process_ = ::getpid();
};

}  // namespace terrane::python

#include "terrane/cli/interrupt.h"

#include <csignal>
#include <utility>

#include <pthread.h>
#include <unistd.h>

namespace terrane::cli {

namespace {

// SIGUSR1 is how the destructor says that there is nothing left to interrupt.
sigset_t signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGUSR1}) sigaddset(&set, signal);
  return set;
}

void listen(std::stop_source stop) {
  const sigset_t set = signals();
  for (;;) {
    int signal = 0;
    if (sigwait(&set, &signal) != 0 || signal == SIGUSR1) return;
    if (!stop.request_stop()) ::_exit(1);
  }
}

}  // namespace

Interrupt::Interrupt() {
  const sigset_t set = signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  listener_ = std::thread(listen, stop_);
}

Interrupt::~Interrupt() {
  pthread_kill(listener_.native_handle(), SIGUSR1);
  listener_.join();
}

}  // namespace terrane::cli

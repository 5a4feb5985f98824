#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "terrane/base/status.h"

namespace terrane {

// Where parallel work runs. An application may lend its own.
class Executor {
 public:
  virtual ~Executor() = default;
  // Threads that work at once, the caller's own included. At least 1.
  virtual std::size_t concurrency() const = 0;
  // Runs `job` soon on some other thread, or at once on this one. `job` does not throw.
  virtual void post(std::function<void()> job) = 0;
};

// No threads: all work is the caller's.
class InlineExecutor final : public Executor {
 public:
  std::size_t concurrency() const override { return 1; }
  void post(std::function<void()> job) override { job(); }
};

// A fixed number of threads. Destruction runs what was posted, then joins. Thread-safe.
class ThreadPool final : public Executor {
 public:
  // `concurrency` counts the caller: a pool of 1 has no thread of its own.
  explicit ThreadPool(std::size_t concurrency);
  ~ThreadPool() override;
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;
  std::size_t concurrency() const override { return concurrency_; }
  void post(std::function<void()> job) override;

 private:
  struct State;
  std::size_t concurrency_;
  std::unique_ptr<State> state_;
};

// Calls body(i) for each i in [0, n), on the executor's threads and this one; returns when all are done.
// After an error no further i is begun, and the error of the lowest failed index is returned. Calls may
// nest: the caller always works itself, so a full pool cannot deadlock. An exception of `body` ends as
// kInternal.
Status parallel_for(Executor& executor, std::size_t n, const std::function<Status(std::size_t)>& body);

}  // namespace terrane

#include "terrane/base/executor.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace terrane {

struct ThreadPool::State {
  std::mutex mutex;
  std::condition_variable wake;
  std::deque<std::function<void()>> jobs;
  bool closing = false;
  std::vector<std::thread> threads;

  void work() {
    for (;;) {
      std::function<void()> job;
      {
        std::unique_lock lock(mutex);
        wake.wait(lock, [&] { return closing || !jobs.empty(); });
        if (jobs.empty()) return;
        job = std::move(jobs.front());
        jobs.pop_front();
      }
      job();
    }
  }
};

ThreadPool::ThreadPool(std::size_t concurrency)
    : concurrency_(std::max<std::size_t>(1, concurrency)), state_(std::make_unique<State>()) {
  for (std::size_t i = 1; i < concurrency_; ++i) state_->threads.emplace_back([this] { state_->work(); });
}

ThreadPool::~ThreadPool() {
  {
    std::scoped_lock lock(state_->mutex);
    state_->closing = true;
  }
  state_->wake.notify_all();
  for (auto& thread : state_->threads) thread.join();
}

void ThreadPool::post(std::function<void()> job) {
  if (state_->threads.empty()) return job();
  {
    std::scoped_lock lock(state_->mutex);
    state_->jobs.push_back(std::move(job));
  }
  state_->wake.notify_one();
}

namespace {

struct Loop {
  std::size_t n;
  const std::function<Status(std::size_t)>* body;
  std::atomic<std::size_t> next{0};
  std::atomic<bool> failed{false};
  std::mutex mutex;
  std::condition_variable idle;
  std::size_t working = 0;
  std::size_t failed_at = SIZE_MAX;
  Error error;

  Status call(std::size_t i) const {
    try {
      return (*body)(i);
    } catch (const std::bad_alloc&) {
      return Error{ErrorCode::kExhausted, "out of memory; lower the cache or the size of the request"};
    } catch (const std::exception& e) {
      return internal(std::string("an exception escaped parallel work: ") + e.what());
    }
  }

  void work() {
    for (;;) {
      const std::size_t i = next.fetch_add(1);
      if (i >= n || failed.load()) return;
      Status status = call(i);
      if (status) continue;
      std::scoped_lock lock(mutex);
      failed = true;
      if (i < failed_at) {
        failed_at = i;
        error = std::move(status).error();
      }
    }
  }
};

}  // namespace

Status parallel_for(Executor& executor, std::size_t n, const std::function<Status(std::size_t)>& body) {
  if (n == 0) return ok();
  auto loop = std::make_shared<Loop>();
  loop->n = n;
  loop->body = &body;
  const std::size_t others = std::min(executor.concurrency(), n) - 1;
  for (std::size_t t = 0; t < others; ++t) {
    // A job that starts after the loop has ended finds no index left and never touches `body`.
    executor.post([loop] {
      {
        std::scoped_lock lock(loop->mutex);
        if (loop->next.load() >= loop->n || loop->failed.load()) return;
        ++loop->working;
      }
      loop->work();
      std::scoped_lock lock(loop->mutex);
      if (--loop->working == 0) loop->idle.notify_all();
    });
  }
  loop->work();
  std::unique_lock lock(loop->mutex);
  loop->next = n;
  loop->idle.wait(lock, [&] { return loop->working == 0; });
  if (loop->failed) return loop->error;
  return ok();
}

}  // namespace terrane

#include "terrane/python/watch.h"

#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>

namespace py = pybind11;

namespace terrane::python {
namespace {

constexpr auto kSignalsEvery = std::chrono::milliseconds(50);
constexpr double kLarge = 16777216;  // 256^3 voxels, 32 MiB

// Between the thread that works and the one that listens.
class Mailbox {
 public:
  // By the worker: returns when the listener has dealt with it.
  void tell(const Progress& progress) {
    std::unique_lock lock(mutex_);
    news_ = progress;
    to_listener_.notify_one();
    to_worker_.wait(lock, [&] { return !news_; });
  }
  void finish() {
    std::scoped_lock lock(mutex_);
    done_ = true;
    to_listener_.notify_one();
  }
  // By the listener: news if there are any, before the time for signals has come.
  std::optional<Progress> listen(bool& done) {
    std::unique_lock lock(mutex_);
    to_listener_.wait_for(lock, kSignalsEvery, [&] { return news_ || done_; });
    done = done_;
    return news_;
  }
  void answer() {
    std::scoped_lock lock(mutex_);
    news_.reset();
    to_worker_.notify_one();
  }

 private:
  std::mutex mutex_;
  std::condition_variable to_listener_, to_worker_;
  std::optional<Progress> news_;
  bool done_ = false;
};

void call_back(Handle& handle, const py::object& progress, const Progress& news) {
  const Handle::Listening here(handle);
  progress(news.done, news.total, news.unit);
}

void check_signals() {
  if (PyErr_CheckSignals() != 0) throw py::error_already_set();
}

}  // namespace

void watch(Handle& handle, const py::object& progress, const std::function<Status(const Task&)>& work) {
  if (!progress.is_none() && PyCallable_Check(progress.ptr()) == 0) {
    throw py::type_error("progress must be callable, as progress(done, total, unit)");
  }
  Mailbox mailbox;
  std::stop_source stop;
  Task task;
  task.stop = stop.get_token();
  if (!progress.is_none()) task.progress = [&](const Progress& p) { mailbox.tell(p); };
  Status status;
  std::exception_ptr failed_work, failed_callback;
  std::thread worker([&] {
    try {
      status = work(task);
    } catch (...) {
      failed_work = std::current_exception();
    }
    mailbox.finish();
  });
  for (bool done = false; !done;) {
    std::optional<Progress> news;
    {
      const py::gil_scoped_release release;
      news = mailbox.listen(done);
    }
    try {
      if (news && !failed_callback) call_back(handle, progress, *news);
      if (!failed_callback) check_signals();
    } catch (...) {
      failed_callback = std::current_exception();
      stop.request_stop();
    }
    if (news) mailbox.answer();
  }
  {
    const py::gil_scoped_release release;
    worker.join();
  }
  if (failed_callback) std::rethrow_exception(failed_callback);
  if (failed_work) std::rethrow_exception(failed_work);
  status.value();
}

void watch_if_large(Handle& handle, double voxels, const std::function<Status(const Task&)>& work) {
  if (voxels > kLarge) return watch(handle, py::none(), work);
  const py::gil_scoped_release release;
  work({}).value();
}

}  // namespace terrane::python

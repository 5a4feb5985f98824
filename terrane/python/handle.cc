#include "terrane/python/handle.h"

#include <algorithm>

#include "terrane/python/errors.h"

namespace terrane::python {
namespace {

std::shared_ptr<Volume> shared(Volume volume) {
  const ::pid_t process = ::getpid();
  // A forked process leaves it: destroying it would wait for threads that it does not have.
  return {new Volume(std::move(volume)), [process](Volume* v) {
            if (::getpid() == process) delete v;
          }};
}

}  // namespace

Handle::Handle(Volume volume, Origin origin)
    : origin_(std::move(origin)),
      world_(volume.world()),
      catalogue_(volume.catalogue()),
      fill_(volume.fill()),
      volume_(shared(std::move(volume))) {}

std::shared_ptr<Volume> Handle::reader() const {
  if (!process_.here()) {
    throw BadResult(invalid("the volume `" + origin_.where +
                            "` was opened before this process was forked; open it again in this process"));
  }
  std::scoped_lock lock(mutex_);
  if (!volume_) throw Closed();
  return volume_;
}

std::shared_ptr<Volume> Handle::writer() const {
  std::shared_ptr<Volume> volume = reader();
  std::scoped_lock lock(mutex_);
  if (std::find(listening_.begin(), listening_.end(), std::this_thread::get_id()) != listening_.end()) {
    throw BadResult(invalid(
        "a progress callback may read the volume but not change it; do that when the call it tells of "
        "has returned"));
  }
  return volume;
}

void Handle::close() {
  if (!process_.here()) return;
  std::shared_ptr<Volume> last;
  std::scoped_lock lock(mutex_);
  last.swap(volume_);
}

bool Handle::closed() const {
  if (!process_.here()) return true;
  std::scoped_lock lock(mutex_);
  return volume_ == nullptr;
}

Handle::Listening::Listening(Handle& handle) : handle_(handle) {
  std::scoped_lock lock(handle_.mutex_);
  handle_.listening_.push_back(std::this_thread::get_id());
}

Handle::Listening::~Listening() {
  std::scoped_lock lock(handle_.mutex_);
  auto& all = handle_.listening_;
  all.erase(std::find(all.begin(), all.end(), std::this_thread::get_id()));
}

}  // namespace terrane::python

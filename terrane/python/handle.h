#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "terrane/python/buffers.h"
#include "terrane/python/fork_mark.h"
#include "terrane/volume/volume.h"

namespace terrane::python {

// What a Python volume and its views at coarser levels share: the volume until it is closed, and what can be
// said about it afterwards. Thread-safe, with or without the GIL.
//
// A call holds the volume while it works, so close() in one thread lets the calls of others end; the store is
// closed by the last of them. A process that was forked from the one that opened the store may neither use
// nor destroy it: its threads are not there.
class Handle {
 public:
  struct Origin {
    std::string where;  // as given
    Access access = Access::kRead;
    std::size_t threads = 0;
    std::uint64_t cache_bytes = 0;
  };
  Handle(Volume volume, Origin origin);

  // For a call that reads. Throws Closed, or BadResult in a process that was forked.
  std::shared_ptr<Volume> reader() const;
  // For a call that changes the store: the same, and BadResult (kInvalid) inside a progress callback, which
  // runs while the volume is locked for the work it tells of.
  std::shared_ptr<Volume> writer() const;
  void close();
  bool closed() const;

  const Origin& origin() const { return origin_; }
  const World& world() const { return world_; }
  const Catalogue& catalogue() const { return catalogue_; }
  MaterialId fill() const { return fill_; }
  ArrayBuffers& buffers() const { return *buffers_; }

  // This thread is inside a progress callback as long as it lives.
  class Listening {
   public:
    explicit Listening(Handle& handle);
    ~Listening();
    Listening(const Listening&) = delete;
    Listening& operator=(const Listening&) = delete;

   private:
    Handle& handle_;
  };

 private:
  const Origin origin_;
  const World world_;
  const Catalogue catalogue_;
  const MaterialId fill_;
  const ForkMark process_;
  const std::shared_ptr<ArrayBuffers> buffers_ = std::make_shared<ArrayBuffers>();
  mutable std::mutex mutex_;
  std::shared_ptr<Volume> volume_;
  std::vector<std::thread::id> listening_;
};

}  // namespace terrane::python

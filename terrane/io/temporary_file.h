#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "terrane/base/status.h"

namespace terrane {

// A file that appears complete or not at all: it is written under another name beside `path`, and takes the
// place of `path` at finish(). Destroyed before that, it leaves nothing behind, and what stood there stays.
// For one thread; movable.
class TemporaryFile {
 public:
  // Through a symbolic link to its target; kInvalid where something stands there that is no regular file.
  static Result<TemporaryFile> create(const std::string& path);
  TemporaryFile() = default;
  TemporaryFile(TemporaryFile&& other) noexcept;
  TemporaryFile& operator=(TemporaryFile&& other) noexcept;
  ~TemporaryFile();

  const std::string& path() const { return path_; }            // where it shall stand
  const std::string& temporary() const { return temporary_; }  // for libraries that write by name
  bool is_open() const { return fd_ >= 0; }
  int fd() const { return fd_; }
  // The temporary file's descriptor anew, once a library has put a file of its own there.
  Status reopen();
  // Syncs, renames, and syncs the directory.
  Status finish();

 private:
  std::string path_, temporary_;
  int fd_ = -1;
};

// "cannot write the file: No space left on device; path=`...`"
Error write_error(const std::string& path, int error);
Status write_all(int fd, const void* data, std::size_t n, std::uint64_t at, const std::string& path);

}  // namespace terrane

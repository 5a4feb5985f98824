#include "terrane/volume/epoch_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>

#include "terrane/base/hash.h"

namespace terrane {
namespace {

Error failed(const std::string& path, const char* what) {
  return {ErrorCode::kIo, fmt::format("cannot {} {}: {}; check permissions and free space", what, path,
                                      std::strerror(errno))};
}

// The number, and its hash in hexadecimal.
std::string text_of(std::uint64_t epoch) {
  const std::string digits = fmt::format("{}", epoch);
  return fmt::format("{} {:016x}\n", digits, hash64(as_bytes(digits)));
}

}  // namespace

Status write_epoch_file(const std::string& store, std::uint64_t epoch) {
  const std::string path = store + "/epoch";
  const std::string fresh = path + ".new";
  const std::string line = text_of(epoch);
  const int fd = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) return failed(fresh, "make");
  const bool written =
      ::write(fd, line.data(), line.size()) == static_cast<ssize_t>(line.size()) && ::fsync(fd) == 0;
  const int error = errno;
  ::close(fd);
  if (!written) {
    errno = error;
    return failed(fresh, "write");
  }
  if (std::rename(fresh.c_str(), path.c_str()) != 0) return failed(path, "replace");
  return ok();
}

Result<std::optional<std::uint64_t>> read_epoch_file(const std::string& store) {
  const std::string path = store + "/epoch";
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  if (!in && errno == ENOENT) return std::optional<std::uint64_t>();
  const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (!in.is_open() || in.bad()) return failed(path, "read");
  std::uint64_t epoch = 0;
  std::from_chars(text.data(), text.data() + text.size(), epoch);
  if (text == text_of(epoch)) return std::optional<std::uint64_t>(epoch);
  return corrupt(fmt::format(
      "{} does not hold a number and its hash: it was damaged. If {}/db is the newest copy of the "
      "store, remove this file; opening the store for writing makes it anew",
      path, store));
}

}  // namespace terrane

#include "terrane/volume/epoch_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <fstream>

namespace terrane {
namespace {

Error failed(const std::string& path, const char* what) {
  return {ErrorCode::kIo, fmt::format("cannot {} {}: {}; check permissions and free space", what, path,
                                      std::strerror(errno))};
}

}  // namespace

Status write_epoch_file(const std::string& store, std::uint64_t epoch) {
  const std::string path = store + "/epoch";
  const std::string fresh = path + ".new";
  const std::string line = fmt::format("{}\n", epoch);
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
  std::ifstream in(path);
  if (!in) return std::optional<std::uint64_t>();
  std::string line;
  std::getline(in, line);
  std::uint64_t epoch = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), epoch);
  if (error != std::errc() || end != line.data() + line.size()) {
    return corrupt(
        fmt::format("{} does not hold a number; the store was damaged. Run `terrane verify`", path));
  }
  return std::optional<std::uint64_t>(epoch);
}

}  // namespace terrane

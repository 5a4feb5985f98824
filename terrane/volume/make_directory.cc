#include "terrane/volume/make_directory.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <vector>

namespace terrane {
namespace {

namespace fs = std::filesystem;

Status sync_directory(const fs::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = fd >= 0 && ::fsync(fd) == 0;
  const int cause = errno;
  if (fd >= 0) ::close(fd);
  if (synced) return ok();
  return Error{ErrorCode::kIo, fmt::format("cannot bring the directory `{}` to disk: {}", path.string(),
                                           std::strerror(cause))};
}

}  // namespace

Status make_directory(const std::string& path) {
  std::error_code error;
  fs::path at = fs::absolute(path, error).lexically_normal();
  if (!at.has_filename()) at = at.parent_path();  // a trailing slash
  std::vector<fs::path> parents;                  // of what is new, the lowest first
  for (fs::path p = at; !error && !fs::exists(p, error) && p.has_relative_path(); p = p.parent_path())
    parents.push_back(p.parent_path());
  error.clear();
  fs::create_directories(at, error);
  if (error)
    return Error{ErrorCode::kIo, fmt::format("cannot make the directory `{}`: {}", path, error.message())};
  for (const fs::path& parent : parents) TERRANE_TRY(sync_directory(parent));
  return ok();
}

}  // namespace terrane

#include "terrane/io/exported.h"

#include <sys/stat.h>

#include <charconv>
#include <climits>
#include <cstdlib>

#include "fmt/format.h"

namespace terrane {

std::optional<int> ExportFrame::epsg() const {
  constexpr std::string_view kPrefix = "EPSG:";
  if (!crs.starts_with(kPrefix)) return std::nullopt;
  int number = 0;
  const auto [end, error] = std::from_chars(crs.data() + kPrefix.size(), crs.data() + crs.size(), number);
  if (error != std::errc{} || end != crs.data() + crs.size()) return std::nullopt;
  return number;
}

Status for_each_block(Coord size, Coord step, const Task& task,
                      const std::function<Status(const Box&)>& visit) {
  const Box all = {{0, 0, 0}, size};
  Progress progress{0, 0, "voxels"};
  progress.total = static_cast<std::uint64_t>(all.volume());
  for (std::int64_t z = 0; z < size.z; z += step.z) {
    for (std::int64_t y = 0; y < size.y; y += step.y) {
      for (std::int64_t x = 0; x < size.x; x += step.x) {
        TERRANE_TRY(task.check());
        const Box block = Box::of_size({x, y, z}, step).intersect(all);
        TERRANE_TRY(visit(block));
        progress.done += static_cast<std::uint64_t>(block.volume());
        if (task.progress) task.progress(progress);
      }
    }
  }
  return ok();
}

Status check_read(const Box& box, Coord size, const VoxelView& out) {
  if (!box.empty() && Box{{0, 0, 0}, size}.contains(box) && out.size == box.size()) return ok();
  return invalid(
      fmt::format("the box is not within the source, or the output has another size; box=`{}` size=`{}`",
                  to_string(box), to_string(size)));
}

Error no_material(std::int64_t value, Coord at, const std::string& path) {
  return invalid(
      fmt::format("a value is no material id, which is 0 to 65535: renumber the labels; "
                  "value=`{}` at=`{}` path=`{}`",
                  value, to_string(at), path));
}

Result<std::string> file_identity(const std::string& path) {
  struct stat s {};
  if (::stat(path.c_str(), &s) != 0)
    return Error{ErrorCode::kNotFound, fmt::format("there is no such file; path=`{}`", path)};
  char resolved[PATH_MAX];
  const char* canonical = ::realpath(path.c_str(), resolved) != nullptr ? resolved : path.c_str();
  return fmt::format("path={} bytes={} changed_ns={}", canonical, s.st_size,
                     static_cast<std::int64_t>(s.st_mtim.tv_sec) * 1'000'000'000 + s.st_mtim.tv_nsec);
}

Status still_same(const std::string& path, const std::string& identity) {
  TERRANE_ASSIGN(const std::string now, file_identity(path));
  if (now == identity) return ok();
  return Error{ErrorCode::kConflict,
               fmt::format("the file was changed while it was being read, so what was read so far may not "
                           "belong together. Start again; path=`{}`",
                           path)};
}

}  // namespace terrane

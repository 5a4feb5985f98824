#include "terrane/soak/disk.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstdarg>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "terrane/base/hash.h"

namespace terrane::soak {
namespace {

namespace fs = std::filesystem;

// The calls themselves.
long raw_rename(const char* from, const char* to) {
  return ::syscall(SYS_rename, from, to);
}
long raw_unlink(const char* path) {
  return ::syscall(SYS_unlink, path);
}

using FileId = std::pair<dev_t, ino_t>;

// A name that came, went or moved, and how to undo it.
struct NameChange {
  enum class Kind { kMade, kMadeDirectory, kMoved, kGone };
  Kind kind;
  std::string path;   // the name now, or that went
  std::string from;   // kMoved: its name before
  std::string saved;  // kGone, kMoved: what the name stood for, kept aside; may be empty
};

class Disk {
 public:
  explicit Disk(DiskPlan plan) : plan_(std::move(plan)) {}

  bool below(const char* path) const {
    return path != nullptr && std::string_view(path).starts_with(plan_.root);
  }
  // The file that `fd` is, where it is one of ours.
  bool mine(int fd) {
    const std::scoped_lock lock(mutex_);
    return open_.contains(fd);
  }

  // A change is about to happen. False: it must fail, and errno says how. Does not return once the power is
  // gone.
  bool change() {
    const std::uint64_t now = ++changes_;
    if (plan_.cut_at != 0 && now >= plan_.cut_at) cut();
    if (plan_.fail_at == 0 || now < plan_.fail_at || (now > plan_.fail_at && !plan_.sticky)) return true;
    failed_ = true;
    errno = plan_.error;
    return false;
  }
  // Held through each change: the power goes between them.
  std::shared_lock<std::shared_mutex> current() { return std::shared_lock(power_); }

  void opened(int fd, const char* path, bool made, bool emptied) {
    const std::scoped_lock lock(mutex_);
    struct stat at = {};
    if (::fstat(fd, &at) != 0) return;
    const FileId id = {at.st_dev, at.st_ino};
    open_[fd] = {id, path, S_ISDIR(at.st_mode)};
    if (made) names_.push_back({NameChange::Kind::kMade, path, {}, {}});
    if (made || emptied) synced_[id] = 0;
  }
  void closed(int fd) {
    const std::scoped_lock lock(mutex_);
    open_.erase(fd);
  }
  void made_directory(const char* path) {
    const std::scoped_lock lock(mutex_);
    names_.push_back({NameChange::Kind::kMadeDirectory, path, {}, {}});
  }
  // Keeps what a name stands for, before the name goes; gives where.
  std::string keep(const char* path) {
    if (plan_.cut_at == 0) return {};
    std::string saved = plan_.attic + "/" + std::to_string(++kept_);
    return ::syscall(SYS_link, path, saved.c_str()) == 0 ? saved : std::string();
  }
  void gone(const char* path, std::string saved) {
    const std::scoped_lock lock(mutex_);
    names_.push_back({NameChange::Kind::kGone, path, {}, std::move(saved)});
  }
  void moved(const char* from, const char* to, std::string saved) {
    const std::scoped_lock lock(mutex_);
    names_.push_back({NameChange::Kind::kMoved, to, from, std::move(saved)});
  }
  void linked(const char* path) {
    const std::scoped_lock lock(mutex_);
    names_.push_back({NameChange::Kind::kMade, path, {}, {}});
  }

  // What the file holds is on stable storage, as of now, once sync() has ended well. With a power cut to come
  // the disk itself need not do it.
  long sync(int fd, long call) {
    struct stat at = {};
    Open file;
    {
      const std::scoped_lock lock(mutex_);
      file = open_[fd];
      if (plan_.ignore_log_syncs && file.path.ends_with(".log")) return 0;
      if (::fstat(fd, &at) != 0) return -1;
    }
    if (plan_.cut_at == 0) return ::syscall(call, fd);
    std::this_thread::sleep_for(std::chrono::microseconds(100));  // others queue up meanwhile, as for a disk
    const std::scoped_lock lock(mutex_);
    if (!file.directory) {
      off_t& synced = synced_[file.id];
      synced = std::max(synced, at.st_size);
    }
    if (!plan_.strict_names) {
      settle_names([](const NameChange&) { return true; });
    } else if (file.directory) {
      const fs::path directory = fs::path(file.path).lexically_normal();
      settle_names(
          [&](const NameChange& name) { return directory / fs::path(name.path).filename() == name.path; });
    }
    return 0;
  }

  std::uint64_t changes() const { return changes_; }
  bool failed() const { return failed_; }

 private:
  struct Open {
    FileId id;
    std::string path;
    bool directory = false;
  };

  template <class Which>
  void settle_names(const Which& which) {
    std::erase_if(names_, [&](const NameChange& name) {
      if (!which(name)) return false;
      if (!name.saved.empty()) raw_unlink(name.saved.c_str());
      return true;
    });
  }

  [[noreturn]] void cut() {
    power_.lock();  // for ever: who comes next waits here
    const std::scoped_lock lock(mutex_);
    Random random(plan_.seed);
    const std::uint64_t survive = random.below(names_.size() + 1);
    while (names_.size() > survive) {
      undo(names_.back());
      names_.pop_back();
    }
    std::error_code error;
    for (const auto& entry : fs::recursive_directory_iterator(plan_.root, error)) tear(entry.path(), random);
    ::_exit(kPowerCut);
  }

  static void undo(const NameChange& name) {
    switch (name.kind) {
      case NameChange::Kind::kMade:
        raw_unlink(name.path.c_str());
        break;
      case NameChange::Kind::kMadeDirectory: {
        // What was synced in it goes with it.
        std::vector<fs::path> inside;
        std::error_code error;
        for (const auto& entry : fs::recursive_directory_iterator(name.path, error))
          inside.push_back(entry.path());
        for (std::size_t i = inside.size(); i-- > 0;)
          if (raw_unlink(inside[i].c_str()) != 0) ::syscall(SYS_rmdir, inside[i].c_str());
        ::syscall(SYS_rmdir, name.path.c_str());
        break;
      }
      case NameChange::Kind::kMoved:
        raw_rename(name.path.c_str(), name.from.c_str());
        if (!name.saved.empty()) raw_rename(name.saved.c_str(), name.path.c_str());
        break;
      case NameChange::Kind::kGone:
        if (!name.saved.empty()) raw_rename(name.saved.c_str(), name.path.c_str());
        break;
    }
  }

  // Of what was not synced of a file nothing stays, or a part, or all, or the room without the content.
  void tear(const fs::path& path, Random& random) {
    struct stat at = {};
    if (::stat(path.c_str(), &at) != 0 || !S_ISREG(at.st_mode)) return;
    const auto found = synced_.find({at.st_dev, at.st_ino});
    if (found == synced_.end() || at.st_size <= found->second) return;
    const std::uint64_t how = random.below(8);
    if (how == 0) return;
    const auto unsynced = static_cast<std::uint64_t>(at.st_size - found->second);
    const off_t part = how < 4 || how == 7 ? 0 : static_cast<off_t>(random.below(unsynced));
    ::syscall(SYS_truncate, path.c_str(), found->second + part);
    if (how == 7) ::syscall(SYS_truncate, path.c_str(), at.st_size);
  }

  const DiskPlan plan_;
  std::atomic<std::uint64_t> changes_{0}, kept_{0};
  std::atomic<bool> failed_{false};
  std::shared_mutex power_;
  std::mutex mutex_;
  // Under mutex_:
  std::unordered_map<int, Open> open_;
  std::map<FileId, off_t> synced_;  // bytes, of files that were made since the start
  std::vector<NameChange> names_;   // that no sync has settled, in their order
};

// What the C library is has no object that could carry it.
std::unique_ptr<Disk> owned;
std::atomic<Disk*> the_disk{nullptr};

Disk* disk() {
  return the_disk.load(std::memory_order_acquire);
}

long write_some(Disk& at, int fd, const void* data, std::size_t n, const off64_t* offset) {
  const auto raw = [&](std::size_t bytes) {
    return offset == nullptr ? ::syscall(SYS_write, fd, data, bytes)
                             : ::syscall(SYS_pwrite64, fd, data, bytes, *offset);
  };
  if (!at.mine(fd)) return raw(n);
  if (!at.change()) {
    const int error = errno;
    (void)raw(n / 2);  // a disk may take a part before it fails
    errno = error;
    return -1;
  }
  const auto current = at.current();
  return raw(n);
}

int sync_file(int fd, long call) {
  Disk* const at = disk();
  if (at == nullptr || !at->mine(fd)) return static_cast<int>(::syscall(call, fd));
  if (!at->change()) return -1;
  const auto current = at->current();
  return static_cast<int>(at->sync(fd, call));
}

// A change to an open file that no power cut has to undo.
template <class Call>
int change_file(int fd, const Call& call) {
  Disk* const at = disk();
  if (at == nullptr || !at->mine(fd)) return static_cast<int>(call());
  if (!at->change()) return -1;
  const auto current = at->current();
  return static_cast<int>(call());
}

int open_file(const char* path, int flags, mode_t mode) {
  const auto raw = [&] { return static_cast<int>(::syscall(SYS_openat, AT_FDCWD, path, flags, mode)); };
  Disk* const at = disk();
  if (at == nullptr || !at->below(path)) return raw();
  struct stat before = {};
  const bool made = (flags & O_CREAT) != 0 && ::stat(path, &before) != 0;
  const bool emptied = (flags & O_TRUNC) != 0;
  if ((made || emptied) && !at->change()) return -1;
  const auto current = at->current();
  const int fd = raw();
  if (fd >= 0) at->opened(fd, path, made, emptied);
  return fd;
}

}  // namespace

void start_disk(const DiskPlan& plan) {
  owned = std::make_unique<Disk>(plan);
  the_disk.store(owned.get(), std::memory_order_release);
}
std::uint64_t disk_changes() {
  return disk() == nullptr ? 0 : disk()->changes();
}
bool disk_failed() {
  return disk() != nullptr && disk()->failed();
}

}  // namespace terrane::soak

using terrane::soak::disk;

extern "C" {

int open(const char* path, int flags, ...) {
  mode_t mode = 0;
  if ((flags & O_CREAT) != 0) {
    va_list more;
    va_start(more, flags);
    mode = va_arg(more, mode_t);
    va_end(more);
  }
  return terrane::soak::open_file(path, flags, mode);
}

int close(int fd) {
  if (auto* at = disk(); at != nullptr) at->closed(fd);
  return static_cast<int>(::syscall(SYS_close, fd));
}

ssize_t write(int fd, const void* data, size_t n) {
  if (auto* at = disk(); at != nullptr) return terrane::soak::write_some(*at, fd, data, n, nullptr);
  return ::syscall(SYS_write, fd, data, n);
}

ssize_t pwrite(int fd, const void* data, size_t n, off_t offset) {
  if (auto* at = disk(); at != nullptr) return terrane::soak::write_some(*at, fd, data, n, &offset);
  return ::syscall(SYS_pwrite64, fd, data, n, offset);
}

int fsync(int fd) {
  return terrane::soak::sync_file(fd, SYS_fsync);
}

int fdatasync(int fd) {
  return terrane::soak::sync_file(fd, SYS_fdatasync);
}

// Begins to write, and promises nothing.
int sync_file_range(int fd, off64_t offset, off64_t n, unsigned flags) {
  return terrane::soak::change_file(fd, [&] { return ::syscall(SYS_sync_file_range, fd, offset, n, flags); });
}

int ftruncate(int fd, off_t length) noexcept {
  return terrane::soak::change_file(fd, [&] { return ::syscall(SYS_ftruncate, fd, length); });
}

int fallocate(int fd, int mode, off_t offset, off_t length) {
  return terrane::soak::change_file(fd, [&] { return ::syscall(SYS_fallocate, fd, mode, offset, length); });
}

int rename(const char* from, const char* to) noexcept {
  auto* const at = disk();
  if (at == nullptr || !at->below(to)) return static_cast<int>(::syscall(SYS_rename, from, to));
  if (!at->change()) return -1;
  const auto current = at->current();
  std::string saved = at->keep(to);
  const long result = ::syscall(SYS_rename, from, to);
  if (result == 0) at->moved(from, to, std::move(saved));
  return static_cast<int>(result);
}

int unlink(const char* path) noexcept {
  auto* const at = disk();
  if (at == nullptr || !at->below(path)) return static_cast<int>(::syscall(SYS_unlink, path));
  if (!at->change()) return -1;
  const auto current = at->current();
  std::string saved = at->keep(path);
  const long result = ::syscall(SYS_unlink, path);
  if (result == 0) at->gone(path, std::move(saved));
  return static_cast<int>(result);
}

int link(const char* from, const char* to) noexcept {
  auto* const at = disk();
  if (at == nullptr || !at->below(to)) return static_cast<int>(::syscall(SYS_link, from, to));
  if (!at->change()) return -1;
  const auto current = at->current();
  const long result = ::syscall(SYS_link, from, to);
  if (result == 0) at->linked(to);
  return static_cast<int>(result);
}

int mkdir(const char* path, mode_t mode) noexcept {
  auto* const at = disk();
  if (at == nullptr || !at->below(path)) return static_cast<int>(::syscall(SYS_mkdir, path, mode));
  if (!at->change()) return -1;
  const auto current = at->current();
  const long result = ::syscall(SYS_mkdir, path, mode);
  if (result == 0) at->made_directory(path);
  return static_cast<int>(result);
}

}  // extern "C"

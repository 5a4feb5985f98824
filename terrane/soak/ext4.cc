#include <fmt/format.h>

#include <filesystem>
#include <thread>

#include "terrane/soak/lives.h"

namespace terrane::soak {
namespace {

namespace fs = std::filesystem;

bool shell(const std::string& command) {
  Spawned process({"/bin/sh", "-c", command + " 2>/dev/null"});
  char byte = 0;
  while (process.hear(byte) == Spawned::Heard::kWord) {
  }
  return ended_well(process.wait());
}

// A file system of its own on a loop device, which is shut down as if the power went.
class LoopDisk {
 public:
  explicit LoopDisk(const std::string& directory)
      : image_(directory + "/image"), mount_(directory + "/mounted") {
    fs::create_directories(mount_);
    made_ = shell("truncate -s 512M " + image_) && shell("mkfs.ext4 -q -F " + image_) && mount() &&
            shell("command -v xfs_io");
  }
  ~LoopDisk() {
    if (mounted_) unmount();
  }
  LoopDisk(const LoopDisk&) = delete;
  LoopDisk& operator=(const LoopDisk&) = delete;

  bool made() const { return made_; }
  const std::string& path() const { return mount_; }
  // Nothing that is not on stable storage survives.
  bool shut_down() { return shell("xfs_io -x -c shutdown " + mount_); }
  bool unmount() {
    mounted_ = !shell("umount " + mount_);
    return !mounted_;
  }
  bool mount() {
    mounted_ = shell("mount -o loop " + image_ + " " + mount_);
    return mounted_;
  }

 private:
  std::string image_, mount_;
  bool made_ = false, mounted_ = false;
};

class Shutdown final : public Death {
 public:
  Shutdown(LoopDisk& disk, const Settings& settings) : disk_(disk), plant_(settings.plant) {}
  std::string store() const override { return disk_.path() + "/store"; }
  Survival survival() const override { return Survival::kSynced; }
  std::vector<std::string> words(Random&) override {
    if (plant_.empty()) return {};
    return {"root=" + disk_.path(), "plant=" + plant_};
  }

  std::string come(Spawned& process, const Hear& hear, Random& random) override {
    const bool early = random.below(10) == 0;
    const bool lives = early || hear(random.below(250));
    std::this_thread::sleep_for(std::chrono::microseconds(random.below(early ? 80'000 : 8'000)));
    // Stopped a moment before: a sync that is under way while the file system dies may say that all is well.
    process.signal(SIGSTOP);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    const bool shut = disk_.shut_down();
    const int status = process.kill();
    if (!shut || !disk_.unmount() || !disk_.mount())
      return "the file system cannot be shut down and mounted anew";
    return lives && was_killed(status) ? "" : "it ended by itself";
  }

 private:
  LoopDisk& disk_;
  std::string plant_;
};

}  // namespace

Outcome check_ext4(const Settings& settings) {
  Outcome outcome("ext4");
  LoopDisk disk(settings.directory);
  if (!disk.made()) {
    outcome.skip(
        "an ext4 file system on a loop device cannot be made and shut down here: that needs root, loop "
        "devices, "
        "e2fsprogs and xfsprogs");
    return outcome;
  }
  Shutdown shutdown(disk, settings);
  live(settings, "ext4", shutdown, outcome);
  return outcome;
}

}  // namespace terrane::soak

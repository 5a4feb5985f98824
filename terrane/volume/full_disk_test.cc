// A disk that is full: what was acknowledged stays, and with room again so does the store.

#include <gtest/gtest.h>

#include <sched.h>
#include <sys/mount.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "terrane/volume/sample_store_testing.h"

namespace terrane {
namespace {

// A file system of a few megabytes that only this process and the threads it starts from now on can see, and
// that goes with the process however it ends. Make it before any thread of an engine exists: threads that are
// already there would go on in the folder below the mount.
class SmallDisk {
 public:
  explicit SmallDisk(const char* size) : path_(testing::TempDir() + "terrane_small_disk_XXXXXX") {
    if (::mkdtemp(path_.data()) == nullptr) {
      why_ = std::string("mkdtemp: ") + std::strerror(errno);
      return;
    }
    mounted_ = ::unshare(CLONE_NEWNS) == 0 &&
               ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
               ::mount("terrane", path_.c_str(), "tmpfs", 0, (std::string("size=") + size).c_str()) == 0;
    if (!mounted_) why_ = std::strerror(errno);
  }
  ~SmallDisk() {
    if (mounted_) ::umount2(path_.c_str(), MNT_DETACH);
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  bool mounted() const { return mounted_; }
  const std::string& why() const { return why_; }
  std::string store() const { return path_ + "/store"; }
  void resize(const char* size) {
    ASSERT_EQ(::mount("terrane", path_.c_str(), "tmpfs", MS_REMOUNT, (std::string("size=") + size).c_str()),
              0);
  }

 private:
  std::string path_, why_;
  bool mounted_ = false;
};

constexpr Coord kExtent = {4096, 64, 128};

Box part(std::int64_t n) {
  return Box::of_size({64 * n, 0, 0}, {64, 64, 128});
}

OpenOptions opening(Access access) {
  OpenOptions open;
  open.access = access;
  open.cache_bytes = 0;
  open.threads = 1;
  return open;
}

// Which parts a store holds; each is there wholly or not at all, at level 0 and at the others.
std::int64_t parts_in(const Volume& volume) {
  std::int64_t n = 0;
  for (; part(n).hi.x <= kExtent.x; ++n) {
    const VoxelArray now = volume.read({part(n), 0, {}}).value();
    const VoxelArray expected = sample::noise(part(n).size(), static_cast<std::uint64_t>(n));
    if (now.voxels != expected.voxels) break;
  }
  for (std::int64_t rest = n; part(rest).hi.x <= kExtent.x; ++rest) {
    EXPECT_EQ(volume.read({part(rest), 0, {}}).value().voxels, VoxelArray(part(rest).size(), 0).voxels);
  }
  return n;
}

TEST(FullDisk, LosesNothingAcknowledgedAndGoesOnWithMoreRoom) {
  SmallDisk disk("5m");
  if (!disk.mounted()) GTEST_SKIP() << "a small file system cannot be mounted here: " << disk.why();
  CreateOptions create = sample::create_options();
  create.world.extent = kExtent;
  std::int64_t acknowledged = 0;
  {
    Volume volume = Volume::create(disk.store(), create, opening(Access::kWrite)).value();
    Status status;
    for (; part(acknowledged).hi.x <= kExtent.x; ++acknowledged) {
      const auto seed = static_cast<std::uint64_t>(acknowledged);
      status = volume.write(part(acknowledged), sample::noise(part(0).size(), seed).view());
      if (!status) break;
    }
    ASSERT_FALSE(status) << "the disk never filled up";
    EXPECT_EQ(status.error().code, ErrorCode::kIo) << status.error().message;
    EXPECT_GT(acknowledged, 2);
    const std::int64_t held = parts_in(volume);
    EXPECT_TRUE(held == acknowledged || held == acknowledged + 1) << held;
    EXPECT_EQ(volume.write(part(0), sample::noise(part(0).size(), 0).view()).error().code, ErrorCode::kIo)
        << "what is on disk is unknown until it is opened again";
  }
  {
    const auto full = Volume::open(disk.store(), opening(Access::kWrite));
    if (!full) {
      EXPECT_EQ(full.error().code, ErrorCode::kIo) << full.error().message;
    }
  }
  {
    const auto reader = Volume::open(disk.store(), opening(Access::kRead));
    ASSERT_TRUE(reader) << reader.error().message;
    EXPECT_GE(parts_in(*reader), acknowledged);
  }
  disk.resize("64m");
  Volume volume = Volume::open(disk.store(), opening(Access::kWrite)).value();
  sample::expect_clean(volume);
  const std::int64_t held = parts_in(volume);
  EXPECT_TRUE(held == acknowledged || held == acknowledged + 1) << held;
  ASSERT_TRUE(
      volume.write(part(held), sample::noise(part(0).size(), static_cast<std::uint64_t>(held)).view()));
  EXPECT_EQ(parts_in(volume), held + 1);
  sample::expect_clean(volume);
}

}  // namespace
}  // namespace terrane

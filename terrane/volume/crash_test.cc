// Kills the process that writes, at any moment: what it had acknowledged is there, and nothing is half done.

#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <thread>

#include "terrane/volume/sample_store_testing.h"

namespace terrane {
namespace {

constexpr int kKills = 15;
constexpr std::uint64_t kSeed = 31337;

OpenOptions for_writing() {
  OpenOptions open;
  open.access = Access::kWrite;
  open.threads = 2;
  return open;
}

// Another process, which runs `work` and tells numbers to this one.
class Child {
 public:
  using Tell = std::function<void(int)>;

  explicit Child(const std::function<bool(const Tell&)>& work) {
    int ends[2];
    EXPECT_EQ(::pipe(ends), 0);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::close(ends[0]);
      const bool done = work([&](int n) { EXPECT_EQ(::write(ends[1], &n, sizeof(n)), ssize_t{sizeof(n)}); });
      ::_exit(done ? 0 : 1);
    }
    ::close(ends[1]);
    heard_ = ends[0];
  }
  ~Child() {
    if (pid_ > 0) end();
    ::close(heard_);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // The next number it tells, waiting for it; nullopt once it is gone.
  std::optional<int> hear() {
    int n = 0;
    if (::read(heard_, &n, sizeof(n)) != ssize_t{sizeof(n)}) return std::nullopt;
    return n;
  }
  // Kills it. True where it had ended by itself, and well.
  bool end() {
    ::kill(pid_, SIGKILL);
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = 0;
    const bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    EXPECT_TRUE(killed || (WIFEXITED(status) && WEXITSTATUS(status) == 0)) << "it failed by itself";
    return !killed;
  }

 private:
  pid_t pid_ = 0;
  int heard_ = -1;
};

double seconds_of(const std::function<void()>& work) {
  const auto begun = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
}

// Anywhere within `seconds`.
void sleep_within(Random& random, double seconds) {
  const auto most = static_cast<std::uint64_t>(seconds * 1e6) + 1;
  std::this_thread::sleep_for(std::chrono::microseconds(random.below(most)));
}

sample::Step numbered_step(int n) {
  Random random(kSeed + static_cast<std::uint64_t>(n));
  const auto axis = [&](std::int64_t size, std::int64_t& lo, std::int64_t& hi) {
    lo = random.between(0, size);
    hi = lo + 1 + random.between(0, std::min<std::int64_t>(size - lo, 200));
  };
  Box box;
  axis(sample::kExtent.x, box.lo.x, box.hi.x);
  axis(sample::kExtent.y, box.lo.y, box.hi.y);
  axis(sample::kExtent.z, box.lo.z, box.hi.z);
  switch (n % 3) {
    case 0:
      return {box, VoxelArray(box.size(), static_cast<MaterialId>(random.below(4)))};
    case 1:
      return {box, sample::layers(box.size(), 3)};
    default:
      return {box, sample::noise(box.size(), random.next())};
  }
}

void lay(const sample::Step& step, VoxelArray& over) {
  copy(step.voxels.view(), over.view().sub(step.box));
}

TEST(Crash, AcknowledgedWritesSurviveAKill) {
  RecordProperty("seed", std::to_string(kSeed));
  Random random(kSeed);
  const std::string path = sample::fresh_path("crash_writes");
  VoxelArray truth(sample::kExtent, 0);
  int next = 0;  // the number of the first write that is not in `truth`
  double write_seconds = 0;
  {
    Volume volume = Volume::create(path, sample::create_options(), for_writing()).value();
    write_seconds = seconds_of([&] {
      for (; next < 5; ++next) {
        const sample::Step step = numbered_step(next);
        volume.write(step.box, step.voxels.view()).value();
        lay(step, truth);
      }
    });
    write_seconds /= next;
  }
  for (int kill = 0; kill < kKills; ++kill) {
    SCOPED_TRACE("kill " + std::to_string(kill) + " after write " + std::to_string(next));
    Child child([&](const Child::Tell& tell) {
      Volume volume = Volume::open(path, for_writing()).value();
      for (int n = next;; ++n) {
        const sample::Step step = numbered_step(n);
        if (!volume.write(step.box, step.voxels.view())) return false;
        tell(n);
      }
    });
    int acknowledged = next - 1;
    for (std::uint64_t some = random.below(4); some > 0; --some) acknowledged = child.hear().value();
    sleep_within(random, 2 * write_seconds);
    EXPECT_FALSE(child.end());
    while (const auto n = child.hear()) acknowledged = *n;
    for (; next <= acknowledged; ++next) lay(numbered_step(next), truth);

    const Volume volume = Volume::open(path, for_writing()).value();
    sample::expect_clean(volume);
    EXPECT_TRUE(volume.info().value().unfinished.empty());
    const std::vector<VoxelArray> now = sample::all_levels(volume);
    if (now[0].voxels != truth.voxels) lay(numbered_step(next++), truth);  // it was under way
    const std::vector<VoxelArray> expected = sample::levels_of(truth);
    for (std::size_t l = 0; l < now.size(); ++l)
      ASSERT_EQ(now[l].voxels, expected[l].voxels) << "level " << l;
  }
  EXPECT_GT(next, kKills / 2) << "the kills came before anything happened";
}

// Larger than a block in every direction, and made on demand.
class Rock final : public VoxelSource {
 public:
  Coord size() const override { return {700, 530, 270}; }
  std::string identity() const override { return "rock"; }
  Status read(const Box& box, VoxelView out) const override {
    for (std::int64_t x = box.lo.x; x < box.hi.x; ++x) {
      for (std::int64_t y = box.lo.y; y < box.hi.y; ++y) {
        MaterialId* row = out.row(x - box.lo.x, y - box.lo.y);
        for (std::int64_t z = box.lo.z; z < box.hi.z; ++z) row[z - box.lo.z] = at({x, y, z});
      }
    }
    return ok();
  }
  static MaterialId at(Coord c) { return static_cast<MaterialId>((c.z + (c.x ^ c.y) % 37) / 30); }
};

constexpr Coord kRockAt = {31, 9, 5};

CreateOptions around_rock() {
  CreateOptions create = sample::create_options();
  create.world.extent = {760, 545, 290};
  return create;
}

bool ingest_rock(Volume& volume) {
  IngestOptions options;
  options.at = kRockAt;
  return volume.ingest(Rock(), options).has_value();
}

// What a store holds, small enough to keep: its size, and the hash of each level.
struct Fingerprint {
  std::uint64_t stored_bytes = 0, level0_bytes = 0, epoch = 0;
  std::vector<std::uint64_t> levels;
  friend bool operator==(const Fingerprint&, const Fingerprint&) = default;
};

Fingerprint fingerprint(const Volume& volume) {
  const VolumeInfo info = volume.info().value();
  Fingerprint out{info.stored_bytes, info.level0_bytes, info.epoch, {}};
  for (const VoxelArray& level : sample::all_levels(volume)) {
    out.levels.push_back(hash64(std::as_bytes(std::span(level.voxels))));
  }
  return out;
}

TEST(Crash, AKilledIngestContinuesToTheSameStore) {
  RecordProperty("seed", std::to_string(kSeed));
  Random random(kSeed);
  Fingerprint undisturbed;
  double ingest_seconds = 0;
  {
    Volume volume = Volume::create(sample::fresh_path("crash_calm"), around_rock(), for_writing()).value();
    ingest_seconds = seconds_of([&] { ASSERT_TRUE(ingest_rock(volume)); });
    undisturbed = fingerprint(volume);
  }
  const std::string path = sample::fresh_path("crash_ingest");
  const Box box = Box::of_size(kRockAt, Rock().size());
  int finished = 0;
  for (int kill = 0; kill < kKills || finished == 0;) {
    SCOPED_TRACE("kill " + std::to_string(kill));
    std::filesystem::remove_all(path);
    { Volume::create(path, around_rock(), for_writing()).value(); }
    for (bool done = false; !done;) {
      Child child([&](const Child::Tell& tell) {
        Volume volume = Volume::open(path, for_writing()).value();
        tell(0);
        return ingest_rock(volume);
      });
      ASSERT_TRUE(child.hear());
      // The last ones are left to end, so that there is something to compare.
      const bool last = kill >= kKills;
      if (last) {
        EXPECT_FALSE(child.hear());
      } else {
        sleep_within(random, ingest_seconds / 2);
      }
      const bool ended = child.end();
      kill += ended ? 0 : 1;
      const Volume volume = Volume::open(path, for_writing()).value();
      sample::expect_clean(volume);
      const auto unfinished = volume.info().value().unfinished;
      if (!unfinished.empty()) {
        EXPECT_EQ(unfinished[0].box, box);
      }
      done = unfinished.empty() && volume.info().value().ingested_bytes > 0;
      EXPECT_TRUE(done || !ended);
      if (!done) continue;
      ++finished;
      EXPECT_EQ(fingerprint(volume), undisturbed);
    }
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace terrane

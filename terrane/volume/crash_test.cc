// Kills the process that writes, at any moment: what it had acknowledged is there, and nothing is half done.
// That process is a program of its own, crash_writer_testing.cc: a fork of this one would have RocksDB's pool
// of threads without its threads, and whatever waits for them would wait forever.

#include <gtest/gtest.h>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <thread>

#include "terrane/base/rounds_testing.h"
#include "terrane/volume/crash_work_testing.h"

namespace terrane {
namespace {

constexpr int kKills = rounds(15);

// The process that writes, and the numbers that it tells.
class Child {
 public:
  explicit Child(std::vector<std::string> arguments) {
    int ends[2];
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    heard_ = ends[0];
    posix_spawn_file_actions_t files;
    EXPECT_EQ(::posix_spawn_file_actions_init(&files), 0);
    EXPECT_EQ(::posix_spawn_file_actions_adddup2(&files, ends[1], STDOUT_FILENO), 0);
    arguments.insert(arguments.begin(), TERRANE_CRASH_WRITER);
    std::vector<char*> words;
    words.reserve(arguments.size() + 1);
    for (std::string& argument : arguments) words.push_back(argument.data());
    words.push_back(nullptr);
    EXPECT_EQ(::posix_spawn(&pid_, words[0], &files, nullptr, words.data(), environ), 0) << words[0];
    ::posix_spawn_file_actions_destroy(&files);
    ::close(ends[1]);
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

void lay(const sample::Step& step, VoxelArray& over) {
  copy(step.voxels.view(), over.view().sub(step.box));
}

TEST(Crash, AcknowledgedWritesSurviveAKill) {
  RecordProperty("seed", std::to_string(crash::kSeed));
  Random random(crash::kSeed);
  const std::string path = sample::fresh_path("crash_writes");
  VoxelArray truth(sample::kExtent, 0);
  int next = 0;  // the number of the first write that is not in `truth`
  double write_seconds = 0;
  {
    Volume volume = Volume::create(path, sample::create_options(), crash::for_writing()).value();
    write_seconds = seconds_of([&] {
      for (; next < 5; ++next) {
        const sample::Step step = crash::numbered_step(next);
        volume.write(step.box, step.voxels.view()).value();
        lay(step, truth);
      }
    });
    write_seconds /= next;
  }
  for (int kill = 0; kill < kKills; ++kill) {
    SCOPED_TRACE("kill " + std::to_string(kill) + " after write " + std::to_string(next));
    Child child({"write", path, std::to_string(next)});
    int acknowledged = next - 1;
    for (std::uint64_t some = random.below(4); some > 0; --some) acknowledged = child.hear().value();
    sleep_within(random, 2 * write_seconds);
    EXPECT_FALSE(child.end());
    while (const auto n = child.hear()) acknowledged = *n;
    for (; next <= acknowledged; ++next) lay(crash::numbered_step(next), truth);

    const Volume volume = Volume::open(path, crash::for_writing()).value();
    sample::expect_clean(volume);
    EXPECT_TRUE(volume.info().value().unfinished.empty());
    const std::vector<VoxelArray> now = sample::all_levels(volume);
    if (now[0].voxels != truth.voxels) lay(crash::numbered_step(next++), truth);  // it was under way
    const std::vector<VoxelArray> expected = sample::levels_of(truth);
    for (std::size_t l = 0; l < now.size(); ++l)
      ASSERT_EQ(now[l].voxels, expected[l].voxels) << "level " << l;
  }
  EXPECT_GT(next, kKills / 2) << "the kills came before anything happened";
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
  RecordProperty("seed", std::to_string(crash::kSeed));
  Random random(crash::kSeed);
  Fingerprint undisturbed;
  double ingest_seconds = 0;
  {
    Volume volume =
        Volume::create(sample::fresh_path("crash_calm"), crash::around_rock(), crash::for_writing()).value();
    ingest_seconds = seconds_of([&] { ASSERT_TRUE(crash::ingest_rock(volume)); });
    undisturbed = fingerprint(volume);
  }
  const std::string path = sample::fresh_path("crash_ingest");
  const Box box = Box::of_size(crash::kRockAt, crash::Rock().size());
  int finished = 0;
  for (int kill = 0; kill < kKills || finished == 0;) {
    SCOPED_TRACE("kill " + std::to_string(kill));
    std::filesystem::remove_all(path);
    { Volume::create(path, crash::around_rock(), crash::for_writing()).value(); }
    for (bool done = false; !done;) {
      Child child({"ingest", path});
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
      const Volume volume = Volume::open(path, crash::for_writing()).value();
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

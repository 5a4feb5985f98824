// Kills the process that writes, at any moment: what it had acknowledged is there, and nothing is half done.
// That process is a program of its own, crash_writer_testing.cc. What edits promise is in terrane/soak.

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "terrane/base/rounds_testing.h"
#include "terrane/base/spawned_testing.h"
#include "terrane/volume/crash_work_testing.h"

namespace terrane {
namespace {

constexpr int kKills = rounds(15);

// The process that writes, and the numbers that it tells.
class Child {
 public:
  explicit Child(std::vector<std::string> arguments) : process_(program(std::move(arguments))) {
    EXPECT_TRUE(process_.started());
  }
  // The next number it tells, waiting for it; nullopt once it is gone.
  std::optional<int> hear() {
    int n = 0;
    if (process_.hear(n) != Spawned::Heard::kWord) return std::nullopt;
    return n;
  }
  // Kills it. True where it had ended by itself, and well.
  bool end() {
    const int status = process_.kill();
    EXPECT_TRUE(was_killed(status) || ended_well(status)) << "it failed by itself";
    return !was_killed(status);
  }

 private:
  static std::vector<std::string> program(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), TERRANE_CRASH_WRITER);
    return arguments;
  }
  Spawned process_;
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

}  // namespace
}  // namespace terrane

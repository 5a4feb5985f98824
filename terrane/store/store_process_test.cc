#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <iterator>

#include "terrane/store/conformance.h"
#include "terrane/store/engines.h"
#include "terrane/store/per_unit_engine_testing.h"
#include "terrane/store/staged_engine.h"
#include "terrane/store/units_model_testing.h"

// Several processes: locks, readers, and writers killed in the middle of their work.
//
// This process itself never opens RocksDB: a child of a process with its threads could not use it.

namespace terrane {

namespace {

constexpr RocksEngineOptions kSmall{.block_cache_bytes = 64 << 10, .write_buffer_bytes = 64 << 10};

Result<std::unique_ptr<Engine>> open_plain(const std::string& path, EngineMode mode) {
  return open_rocks_engine(path, mode, kSmall);
}
// The same held to its units, with batches over several staged in small chunks.
Result<std::unique_ptr<Engine>> open_staged(const std::string& path, EngineMode mode) {
  TERRANE_ASSIGN(std::shared_ptr<Engine> engine, open_plain(path, mode));
  return open_staged_engine(std::make_unique<PerUnitEngine>(std::move(engine)), mode, {.chunk_bytes = 2000});
}
using Open = Result<std::unique_ptr<Engine>> (*)(const std::string& path, EngineMode mode);

// Runs `work` in a child; gives what it returned, or -1 where it died.
int in_child(const std::function<int()>& work) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(work());
  int status = 0;
  if (::waitpid(child, &status, 0) != child || !WIFEXITED(status)) return -1;
  return WEXITSTATUS(status);
}

int complain(const std::string& what) {
  std::fprintf(stderr, "child: %s\n", what.c_str());
  return 1;
}

class Pipe {
 public:
  Pipe() { EXPECT_EQ(::pipe(ends_), 0); }
  ~Pipe() {
    close_read();
    close_write();
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  void send(std::uint64_t word) const {
    if (::write(ends_[1], &word, sizeof word) != sizeof word) ::_exit(1);
  }
  // False once the writers are gone.
  bool receive(std::uint64_t& word) const { return ::read(ends_[0], &word, sizeof word) == sizeof word; }
  void close_read() { close(ends_[0]); }
  void close_write() { close(ends_[1]); }

 private:
  static void close(int& fd) {
    if (fd >= 0) ::close(fd);
    fd = -1;
  }
  int ends_[2] = {-1, -1};
};

// Batch number n of the run `seed`; the same in every process. Each holds its number, so that the state says
// which batches it consists of.
Batch batch_of(std::uint64_t seed, std::uint64_t n, Content& model) {
  Random random(seed * 1'000'003 + n);
  Batch batch;
  if (n % 5 == 0) {
    const std::uint64_t from = random.below(60);
    const std::string begin = test_key(from), end = test_key(from + random.below(60));
    batch.erase_range(kUnitA, begin, end);
    model.erase(model.lower_bound(begin), model.lower_bound(end));
  }
  for (std::uint64_t i = 1 + random.below(12); i > 0; --i) {
    const std::uint64_t number = random.below(100);
    const std::string key = test_key(number);
    const std::string value = test_value(random.next(), random.below(1500));
    batch.put(unit_of(number), key, value);
    model[key] = value;
  }
  batch.put(kUnitA, "number", std::to_string(n));
  model["number"] = std::to_string(n);
  return batch;
}

// Writes batches `from`, from + 1, ... until killed: announces each, writes it, and says that it is done.
int write_until_killed(Open open, const std::string& path, std::uint64_t seed, std::uint64_t from,
                       const Pipe& announced, const Pipe& acknowledged) {
  auto engine = open(path, from == 1 ? EngineMode::kCreate : EngineMode::kWrite);
  if (!engine) return complain(engine.error().message);
  Content ignored;
  for (std::uint64_t n = from;; ++n) {
    announced.send(n);
    const Durability durability = n / 64 % 2 == 0 ? Durability::kBuffered : Durability::kFsync;
    const Status status = (*engine)->write(batch_of(seed, n, ignored), durability);
    if (!status) return complain(status.error().message);
    acknowledged.send(n);
  }
}

// The state must be that of the batches 1..n, none torn, for an n that is at least the last acknowledged.
int check_state(Open open, const std::string& path, std::uint64_t seed, std::uint64_t acknowledged,
                std::uint64_t announced, const Pipe& result) {
  auto engine = open(path, EngineMode::kReadOnly);
  if (!engine) return complain(engine.error().message);
  const Content found = content(**engine);
  const auto number = found.find("number");
  const std::uint64_t n = number == found.end() ? 0 : std::stoull(number->second);
  if (n < acknowledged) return complain("lost: " + std::to_string(n) + " of " + std::to_string(acknowledged));
  if (n > announced) return complain("a batch that was never written: " + std::to_string(n));
  Content expected;
  for (std::uint64_t i = 1; i <= n; ++i) batch_of(seed, i, expected);
  if (found != expected) return complain("a torn or lost batch among " + std::to_string(n));
  result.send(n);
  return 0;
}

}  // namespace

struct Engines {
  const char* name;
  Open open;
};
class KilledWriter : public testing::TestWithParam<Engines> {};

TEST_P(KilledWriter, LosesNoAcknowledgedBatchAndTearsNone) {
  const Open open = GetParam().open;
  const char* wish = std::getenv("TERRANE_CRASH_CYCLES");
  const int cycles = wish != nullptr ? std::atoi(wish) : 20;
  const std::uint64_t seed = 77;
  SCOPED_TRACE("seed " + std::to_string(seed));
  const ScratchDirectory scratch;
  const std::string path = scratch.path("s");
  Random random(seed);
  std::uint64_t last = 0, acknowledged = 0;
  for (int cycle = 0; cycle < cycles; ++cycle) {
    SCOPED_TRACE("cycle " + std::to_string(cycle));
    Pipe announced_pipe, acknowledged_pipe;
    const pid_t child = ::fork();
    if (child == 0) {
      announced_pipe.close_read();
      acknowledged_pipe.close_read();
      ::_exit(write_until_killed(open, path, seed, last + 1, announced_pipe, acknowledged_pipe));
    }
    announced_pipe.close_write();
    acknowledged_pipe.close_write();
    // Killed at once or some time after some number of batches, so that it has done some whatever the
    // machine's speed.
    const std::uint64_t until = last + 1 + random.below(100);
    std::uint64_t word = 0;
    while (word < until && acknowledged_pipe.receive(word)) acknowledged = word;
    if (cycle % 2 == 0) ::usleep(static_cast<useconds_t>(random.below(5000)));
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the writer ended by itself";
    while (acknowledged_pipe.receive(word)) acknowledged = word;
    std::uint64_t announced = acknowledged;
    while (announced_pipe.receive(word)) announced = word;

    Pipe result;
    ASSERT_EQ(in_child([&] { return check_state(open, path, seed, acknowledged, announced, result); }), 0);
    ASSERT_TRUE(result.receive(last));
  }
  RecordProperty("batches", static_cast<int>(last));
  EXPECT_GT(last, static_cast<std::uint64_t>(cycles));
}

INSTANTIATE_TEST_SUITE_P(Engines, KilledWriter,
                         testing::Values(Engines{"RocksDB", open_plain}, Engines{"Staged", open_staged}),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(StoreProcesses, ASecondWriterIsRefusedAndReadersAreNot) {
  const ScratchDirectory scratch;
  const std::string path = scratch.path("s");
  Pipe ready, release;
  const pid_t writer = ::fork();
  if (writer == 0) {
    release.close_write();
    auto engine = open_rocks_engine(path, EngineMode::kCreate);
    Batch batch;
    batch.put(kUnitA, "a", "1");
    if (!engine || !(*engine)->write(std::move(batch), Durability::kBuffered)) ::_exit(1);
    ready.send(1);
    std::uint64_t word = 0;
    ::_exit(release.receive(word) ? 1 : 0);
  }
  std::uint64_t word = 0;
  ASSERT_TRUE(ready.receive(word));
  EXPECT_EQ(in_child([&] {
              const auto second = open_rocks_engine(path, EngineMode::kWrite);
              if (second || second.error().code != ErrorCode::kLocked) return complain("not refused");
              const std::string wanted = "is open for writing in another process; close it or open read-only";
              if (second.error().message.find(wanted) == std::string::npos)
                return complain(second.error().message);
              return 0;
            }),
            0);
  EXPECT_EQ(in_child([&] {
              const auto reader = open_rocks_engine(path, EngineMode::kReadOnly);
              if (!reader) return complain(reader.error().message);
              return content(**reader) == Content{{"a", "1"}} ? 0 : complain("another content");
            }),
            0);
  release.close_write();
  int status = 0;
  EXPECT_EQ(::waitpid(writer, &status, 0), writer);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(in_child([&] {
              const auto next = open_rocks_engine(path, EngineMode::kWrite);
              return next ? 0 : complain(next.error().message);
            }),
            0);
}

}  // namespace terrane

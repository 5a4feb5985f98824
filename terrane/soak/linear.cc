#include <fmt/format.h>

#include <atomic>
#include <filesystem>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "terrane/base/spawned_testing.h"
#include "terrane/soak/bricks.h"
#include "terrane/soak/lives.h"
#include "terrane/soak/oracle.h"
#include "terrane/soak/register_history.h"
#include "terrane/soak/said.h"

namespace terrane::soak {
namespace {

constexpr std::uint32_t kReaders = 2;

// Hears all processes, and keeps what they say by brick. Thread-safe.
class Histories {
 public:
  explicit Histories(std::size_t bricks) : bricks_(bricks) {}

  void add(std::size_t brick, const RegisterOp& op) {
    const std::scoped_lock lock(mutex_);
    bricks_[brick].push_back(op);
    ++ops_;
    most_ = std::max(most_, op.value);
  }
  std::uint64_t ops() const { return ops_; }
  // The greatest value of all.
  std::uint32_t most() const {
    const std::scoped_lock lock(mutex_);
    return most_;
  }
  const std::vector<std::vector<RegisterOp>>& bricks() const { return bricks_; }

 private:
  mutable std::mutex mutex_;
  std::vector<std::vector<RegisterOp>> bricks_;
  std::atomic<std::uint64_t> ops_{0};
  std::uint32_t most_ = 0;
};

class Linear {
 public:
  Linear(const Settings& settings, Outcome& outcome)
      : settings_(settings),
        outcome_(outcome),
        store_(settings.directory + "/store"),
        bricks_(brick_registers(wide_plan(0))),
        histories_(bricks_.size()),
        where_(fmt::format("linear [again: {} linear --seed {} --cycles {}]", settings.command, settings.seed,
                           settings.cycles)) {}

  void run() {
    Random random(mix(settings_.seed, 1));
    for (std::uint64_t life = 0; histories_.ops() < settings_.cycles && outcome_.failures() == 0; ++life) {
      serve_and_kill(life, random);
      outcome_.add("kills");
    }
    for (Reader& reader : readers_) reader.process->signal(SIGKILL);
    for (Reader& reader : readers_) {
      reader.thread.join();
      if (!was_killed(reader.process->wait())) outcome_.fail(where_ + ": a reading process ended by itself");
    }
    outcome_.add("by reading processes", by_readers_);
    if (torn_) outcome_.fail(where_ + ": a brick held parts of two edits");
    if (outcome_.failures() == 0) look_at_the_end();
    outcome_.add("operations", histories_.ops());
    for (std::size_t b = 0; b < bricks_.size(); ++b) {
      outcome_.add("histories");
      if (const auto wrong = find_violation(histories_.bricks()[b], 0))
        outcome_.fail(fmt::format("{}: brick {}: {}", where_, terrane::to_string(bricks_[b].box), *wrong));
    }
  }

 private:
  struct Reader {
    std::unique_ptr<Spawned> process;
    std::thread thread;
  };

  std::vector<std::string> words(const std::string& what, std::uint64_t life) const {
    return {settings_.program,
            what,
            "store=" + store_,
            "seed=" + std::to_string(settings_.seed),
            "life=" + std::to_string(life),
            "value=" + std::to_string(histories_.most() + 1),
            "plant=" + settings_.plant};
  }

  void serve_and_kill(std::uint64_t life, Random& random) {
    Spawned process(words("serve", life));
    const std::uint64_t until = histories_.ops() + 200 + random.below(4000);
    begun_.clear();
    bool lives = true;
    while (lives && histories_.ops() < until) lives = hear(process);
    if (!lives) return outcome_.fail(where_ + ": the process ended by itself, or hangs");
    std::this_thread::sleep_for(std::chrono::microseconds(random.below(3000)));
    process.kill();
    while (hear(process)) {
    }
    // Under way when it died: for all we know they happen at some time.
    for (const auto& [client, ops] : begun_) {
      for (const auto& [brick, op] : ops) histories_.add(brick, op);
      outcome_.add("outcome unknown", ops.size());
    }
  }

  // One word of the process that serves; false where there is none any more.
  bool hear(Spawned& process) {
    Said said;
    if (process.hear(said, kPatienceMs) != Spawned::Heard::kWord) return false;
    switch (said.what) {
      case Said::What::kOpened:
        if (readers_.empty()) start_readers();
        break;
      case Said::What::kBegun:
        begun_[said.thread].push_back(
            {said.index, {true, static_cast<std::uint32_t>(said.number), said.from, RegisterOp::kNever}});
        break;
      case Said::What::kAcknowledged:
        if (said.flag != 0)
          begun_[said.thread].remove_if([&](const auto& op) { return op.first == said.index; });
        histories_.add(said.index,
                       {said.flag != 0, static_cast<std::uint32_t>(said.number), said.from, said.to});
        break;
      case Said::What::kWrong:
        torn_ = true;
        break;
      default:
        outcome_.fail(where_ + ": a call failed");
    }
    return true;
  }

  void start_readers() {
    for (std::uint32_t i = 0; i < kReaders; ++i) {
      std::vector<std::string> to_look = words("look", i);
      to_look.push_back("client=" + std::to_string(100 + i));
      Reader& reader = readers_.emplace_back();
      reader.process = std::make_unique<Spawned>(std::move(to_look));
      reader.thread = std::thread([this, process = reader.process.get()] {
        Said said;
        while (process->hear(said) == Spawned::Heard::kWord) {
          if (said.what == Said::What::kWrong) torn_ = true;
          if (said.what != Said::What::kAcknowledged) continue;
          histories_.add(said.index, {false, static_cast<std::uint32_t>(said.number), said.from, said.to});
          ++by_readers_;
        }
      });
    }
  }

  void look_at_the_end() {
    OpenOptions open;
    open.access = Access::kWrite;
    const auto volume = Volume::open(store_, open);
    if (!volume) return outcome_.fail(where_ + ": cannot open: " + volume.error().message);
    expect_clean(*volume, where_, outcome_);
    for (std::size_t b = 0; b < bricks_.size(); ++b) {
      const std::uint64_t from = shared_time();
      const auto value = volume->at(bricks_[b].places[0]);
      if (!value) return outcome_.fail(where_ + ": cannot read: " + value.error().message);
      histories_.add(b, {false, *value, from, shared_time()});
    }
  }

  const Settings& settings_;
  Outcome& outcome_;
  const std::string store_;
  const std::vector<BrickRegister> bricks_;
  Histories histories_;
  const std::string where_;
  std::map<std::uint32_t, std::list<std::pair<std::size_t, RegisterOp>>> begun_;  // by client, not ended
  std::list<Reader> readers_;
  std::atomic<std::uint64_t> by_readers_{0};
  std::atomic<bool> torn_{false};
};

}  // namespace

Outcome check_linear(const Settings& settings) {
  Outcome outcome("linear");
  Linear(settings, outcome).run();
  return outcome;
}

}  // namespace terrane::soak

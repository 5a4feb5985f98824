#include <thread>

#include "terrane/soak/lives.h"

namespace terrane::soak {
namespace {

class Kill final : public Death {
 public:
  explicit Kill(std::string store) : store_(std::move(store)) {}
  std::string store() const override { return store_; }
  std::vector<std::string> words(Random&) override { return {}; }
  Survival survival() const override { return Survival::kAll; }

  std::string come(Spawned& process, const Hear& hear, Random& random) override {
    // While it opens the store, or after it has done something, whatever the machine's speed.
    const bool early = random.below(10) == 0;
    const bool lives = early || hear(60 + random.below(160));
    std::this_thread::sleep_for(std::chrono::microseconds(random.below(early ? 60'000 : 4'000)));
    const int status = process.kill();
    return lives && was_killed(status) ? "" : "it ended by itself";
  }

 private:
  std::string store_;
};

}  // namespace

Outcome check_kill(const Settings& settings) {
  Outcome outcome("kill");
  Kill kill(settings.directory + "/store");
  live(settings, "kill", kill, outcome);
  return outcome;
}

}  // namespace terrane::soak

#include <filesystem>

#include "terrane/soak/disk.h"
#include "terrane/soak/lives.h"

namespace terrane::soak {
namespace {

namespace fs = std::filesystem;

// The disk within the process loses its power at some change.
class Cut final : public Death {
 public:
  explicit Cut(const Settings& settings)
      : root_(settings.directory + "/disk"), attic_(settings.directory + "/attic"), plant_(settings.plant) {
    fs::create_directories(root_);
  }
  std::string store() const override { return root_ + "/store"; }
  Survival survival() const override { return Survival::kSynced; }

  std::vector<std::string> words(Random& random) override {
    fs::remove_all(attic_);
    fs::create_directories(attic_);
    const std::uint64_t cut = 1 + random.below(random.below(5) == 0 ? 80 : 900);
    return {"root=" + root_,
            "attic=" + attic_,
            "cut=" + std::to_string(cut),
            "strict=" + std::to_string(random.below(2)),
            "tear=" + std::to_string(random.next()),
            "plant=" + plant_};
  }
  std::string come(Spawned& process, const Hear& hear, Random&) override {
    while (hear(~std::uint64_t{0})) {
    }
    const int status = process.wait();
    return WIFEXITED(status) && WEXITSTATUS(status) == kPowerCut ? "" : "it ended before the power did";
  }

 private:
  std::string root_, attic_, plant_;
};

}  // namespace

Outcome check_power(const Settings& settings) {
  Outcome outcome("power");
  Cut cut(settings);
  live(settings, "power", cut, outcome);
  return outcome;
}

}  // namespace terrane::soak

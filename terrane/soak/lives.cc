#include "terrane/soak/lives.h"

#include <fmt/format.h>

#include <limits>

#include "terrane/soak/said.h"

namespace terrane::soak {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kExamineEvery = 8;
constexpr std::uint64_t kToItsEnd = std::numeric_limits<std::uint64_t>::max();

class Lives {
 public:
  Lives(const Settings& settings, const std::string& check, Death& death, Outcome& outcome)
      : settings_(settings),
        check_(check),
        death_(death),
        outcome_(outcome),
        plan_(wide_plan(settings.seed)),
        oracle_(plan_),
        store_(death.store()),
        before_(settings.directory + "/before") {}

  void run() {
    if (!settings_.store.empty() && !go_on_with(settings_.store)) return;
    for (std::uint64_t i = 0; i < settings_.cycles; ++i) {
      life_ = settings_.first + i;
      keep_before();
      const std::uint64_t failures = outcome_.failures();
      one_life();
      settle(i % kExamineEvery == kExamineEvery - 1 || i + 1 == settings_.cycles);
      outcome_.add("cycles");
      if (outcome_.failures() == failures) continue;
      if (settings_.plant.empty() || outcome_.count("lost") > 0) return;
      start_anew();
    }
  }

 private:
  std::string where() const {
    std::string again = fmt::format("{} {} --seed {} --first {} --cycles 1", settings_.command, check_,
                                    settings_.seed, life_);
    if (fs::exists(before_)) again += " --store " + before_;
    return fmt::format("life {} [again: {}]", life_, again);
  }

  bool go_on_with(const std::string& store) {
    copy_store(store, store_);
    const auto volume = Volume::open(store_);
    const Status known = volume ? oracle_.recall(*volume) : volume.error();
    if (!known) outcome_.fail("cannot go on with " + store + ": " + known.error().message);
    opened_ = true;
    return known.has_value();
  }

  void start_anew() {
    fs::remove_all(store_);
    oracle_ = Oracle(plan_);
    opened_ = false;
  }

  void keep_before() const {
    fs::remove_all(before_);
    if (fs::exists(store_)) copy_store(store_, before_);
  }

  void one_life() {
    Random random(mix(settings_.seed, life_) + 1);
    oracle_.begin(life_);
    std::vector<std::string> words = {settings_.program, "edits", "store=" + store_,
                                      "seed=" + std::to_string(settings_.seed),
                                      "life=" + std::to_string(life_)};
    for (std::string& word : death_.words(random)) words.push_back(std::move(word));
    Spawned process(std::move(words));
    const std::string wrong = death_.come(
        process, [&](std::uint64_t until) { return hear(process, until); }, random);
    if (!wrong.empty()) outcome_.fail(where() + ": " + wrong);
    hear(process, kToItsEnd);
  }

  // Until so many acknowledgements are there; false where it is gone.
  bool hear(Spawned& process, std::uint64_t until) {
    Said said;
    while (oracle_.acknowledged() < until) {
      const Spawned::Heard heard = process.hear(said, kPatienceMs);
      if (heard == Spawned::Heard::kSilence) {
        outcome_.fail(where() + ": it hangs");
        process.kill();
      }
      if (heard != Spawned::Heard::kWord) return false;
      if (said.what == Said::What::kOpened) opened_ = true;
      if (said.what == Said::What::kAcknowledged)
        oracle_.acknowledged(said.thread, said.index, said.number, said.flag != 0);
      if (said.what == Said::What::kRefused) outcome_.fail(where() + ": an edit was refused");
    }
    return true;
  }

  void settle(bool thoroughly) {
    OpenOptions open;
    open.threads = 2;
    open.access = thoroughly || life_ % 2 == 0 ? Access::kWrite : Access::kRead;
    auto volume = Volume::open(store_, open);
    if (!volume && !opened_) {
      // It was never said that there is a store.
      outcome_.add("never made");
      return start_anew();
    }
    if (!volume) {
      if (volume.error().code == ErrorCode::kMissing) outcome_.add("lost", oracle_.acknowledged());
      return outcome_.fail(where() + ": cannot open: " + volume.error().message);
    }
    opened_ = true;
    oracle_.settle(*volume, death_.survival(), where(), outcome_);
    if (thoroughly) oracle_.examine(*volume, where(), outcome_);
  }

  const Settings& settings_;
  const std::string& check_;
  Death& death_;
  Outcome& outcome_;
  const Plan plan_;
  Oracle oracle_;
  const std::string store_, before_;
  std::uint64_t life_ = 0;
  bool opened_ = false;  // it was said that there is a store
};

}  // namespace

void live(const Settings& settings, const std::string& check, Death& death, Outcome& outcome) {
  Lives(settings, check, death, outcome).run();
}

void copy_store(const fs::path& from, const fs::path& to) {
  fs::remove_all(to);
  fs::create_directories(to);
  for (const auto& entry : fs::recursive_directory_iterator(from)) {
    const fs::path target = to / fs::relative(entry.path(), from);
    std::error_code error;
    if (entry.is_directory()) {
      fs::create_directories(target);
    } else if (entry.path().extension() == ".sst") {
      fs::create_hard_link(entry.path(), target, error);
      if (error) fs::copy_file(entry.path(), target);
    } else {
      fs::copy_file(entry.path(), target);
    }
  }
}

}  // namespace terrane::soak

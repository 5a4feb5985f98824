#include <fmt/format.h>

#include <string_view>

#include "terrane/soak/outcome.h"
#include "terrane/soak/sample_store.h"
#include "terrane/store/engines.h"
#include "terrane/volume/raw_store_testing.h"

namespace terrane::soak {
namespace {

// What a key holds, by docs/FORMAT.md.
std::string_view kind_of(std::string_view key) {
  switch (static_cast<unsigned char>(key[0])) {
    case 0x01:
      return "of meta";
    case 0x10:
      return key.back() == 2 ? "of own entries" : "of ranges";
    case 0x20:
      return "of records";
    case 0x30:
      return "of deltas";
    case 0x31:
      return "of delta records";
    case 0x40:
      return "of events";
    case 0x41:
      return "of folded history";
    case 0x42:
      return "of replaced history";
    default:
      return "of other kinds";
  }
}

// The level of a key that has one, otherwise 0.
int level_of(std::string_view key) {
  const auto space = static_cast<unsigned char>(key[0]);
  return space >= 0x10 && space < 0x40 ? static_cast<unsigned char>(key[1]) : 0;
}

class Flips {
 public:
  Flips(const Settings& settings, Outcome& outcome) : settings_(settings), outcome_(outcome) {
    open_.executor = &here_;
    open_.cache_bytes = 0;
  }

  // Flips each bit of values of the sample store `seed`, of at most `most`; gives how many values that were.
  std::uint64_t run(std::uint64_t seed, std::uint64_t most) {
    RawStore store(make_memory_engine());
    auto made = Volume::create_on(store.lend(), create_options(sample_plan(seed)), open_);
    if (!made) return give_up(seed, made.error().message);
    if (const Status filled = fill_sample(*made, sample_plan(seed), 1, [] { return ok(); }); !filled)
      return give_up(seed, filled.error().message);
    const auto answers = Answers::of(*made);
    if (!answers) return give_up(seed, answers.error().message);
    Random random(seed);
    std::uint64_t values = 0;
    for (const auto& [at, value] : store.values()) {
      // Levels that hold next to nothing are all alike: some of them.
      if (level_of(at.second) > 3 && random.below(8) != 0) continue;
      if (values == most || outcome_.failures() > 0) break;
      ++values;
      outcome_.add("values");
      outcome_.add(kind_of(at.second));
      for (std::size_t bit = 0; bit < 8 * value.size(); ++bit) {
        std::string damaged = value;
        damaged[bit / 8] = static_cast<char>(static_cast<unsigned char>(damaged[bit / 8]) ^ (1u << bit % 8));
        store.put(at, damaged);
        look(store, *answers, at.second, bit, seed);
      }
      store.put(at, value);
    }
    return values;
  }

 private:
  std::uint64_t give_up(std::uint64_t seed, const std::string& why) {
    outcome_.fail(fmt::format("sample store {}: {}", seed, why));
    return 0;
  }

  void look(RawStore& store, const Answers& answers, std::string_view key, std::size_t bit,
            std::uint64_t seed) {
    outcome_.add("flips");
    auto volume = Volume::open_on(store.lend(), open_);
    if (!volume) return outcome_.add("found by open");
    const int level = level_of(key);
    const Answers::Verdict verdict = answers.ask(*volume, level, level + 1);
    if (verdict.wrong) {
      return outcome_.fail(
          fmt::format("{} bit {} {}: a read gave another answer", where(seed), bit, kind_of(key)));
    }
    if (verdict.refused) return outcome_.add("found by reads");
    const auto report = volume->verify();
    if (!report || report->corrupt + report->missing > 0) return outcome_.add("found by verify only");
    outcome_.fail(fmt::format("{} bit {} {}: nobody saw it", where(seed), bit, kind_of(key)));
  }
  std::string where(std::uint64_t seed) const {
    return fmt::format("[again: {} value-flips --seed {}]", settings_.command, seed);
  }

  const Settings& settings_;
  Outcome& outcome_;
  InlineExecutor here_;
  OpenOptions open_;
};

}  // namespace

Outcome check_value_flips(const Settings& settings) {
  Outcome outcome("value-flips");
  Flips flips(settings, outcome);
  for (std::uint64_t seed = settings.seed, done = 0; done < settings.cycles && outcome.failures() == 0;
       ++seed)
    done += flips.run(seed, settings.cycles - done);
  return outcome;
}

}  // namespace terrane::soak

#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <thread>

#include "terrane/base/spawned_testing.h"
#include "terrane/soak/lives.h"
#include "terrane/soak/oracle.h"
#include "terrane/soak/rock.h"
#include "terrane/soak/said.h"
#include "terrane/store/engines.h"

namespace terrane::soak {
namespace {

namespace fs = std::filesystem;

struct Stored {
  std::uint64_t keys = 0, hash = 0;
  friend bool operator==(const Stored&, const Stored&) = default;
};

// Every key and value of a store that is closed.
Result<Stored> stored_bytes(const std::string& store) {
  TERRANE_ASSIGN(const auto engine, open_rocks_engine(store + "/db", EngineMode::kReadOnly));
  TERRANE_ASSIGN(const auto snapshot, engine->snapshot());
  const auto cursor = snapshot->scan({}, std::string(1, '\0'), std::string(32, '\xff'));
  Stored out;
  for (cursor->seek(std::string(1, '\0')); cursor->valid(); cursor->next()) {
    ++out.keys;
    out.hash = hash64(as_bytes(cursor->key()), out.hash);
    out.hash = hash64(as_bytes(cursor->value()), out.hash);
  }
  TERRANE_TRY(cursor->status());
  return out;
}

class KilledIngest {
 public:
  KilledIngest(const Settings& settings, Outcome& outcome)
      : settings_(settings),
        outcome_(outcome),
        store_(settings.directory + "/store"),
        random_(settings.seed),
        where_(fmt::format("ingest [again: {} ingest --seed {} --cycles {}]", settings.command, settings.seed,
                           settings.cycles)) {}

  void run() {
    const std::string calm = settings_.directory + "/calm";
    const auto begun = std::chrono::steady_clock::now();
    {
      auto volume = Volume::create(calm, around_rock(), to_ingest());
      if (!volume || !ingest_rock(*volume)) return fail("the undisturbed ingest failed");
    }
    seconds_ = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
    const auto undisturbed = stored_bytes(calm);
    if (!undisturbed) return fail(undisturbed.error().message);
    while ((kills_ < settings_.cycles || outcome_.count("ingests finished") == 0) &&
           outcome_.failures() == 0) {
      fs::remove_all(store_);
      if (const auto made = Volume::create(store_, around_rock(), to_ingest()); !made)
        return fail(made.error().message);
      while (outcome_.failures() == 0 && !one_life()) {
      }
      if (outcome_.failures() > 0) return;
      outcome_.add("ingests finished");
      const auto stored = stored_bytes(store_);
      if (!stored) return fail(stored.error().message);
      if (*stored != *undisturbed) {
        fail(fmt::format("the store has {} keys of hash {:x}, the undisturbed one {} of {:x}", stored->keys,
                         stored->hash, undisturbed->keys, undisturbed->hash));
      }
    }
  }

 private:
  void fail(const std::string& what) { outcome_.fail(where_ + ": " + what); }

  // Begins or goes on, and is killed; true once the ingest has come to its end.
  bool one_life() {
    Spawned process({settings_.program, "ingest", "store=" + store_});
    Said said;
    if (process.hear(said, kPatienceMs) != Spawned::Heard::kWord) {
      fail("it does not open the store");
      return false;
    }
    // The last ones are left to end, so that there is something to compare.
    const bool to_the_end = kills_ >= settings_.cycles;
    if (to_the_end) {
      while (process.hear(said, kPatienceMs) == Spawned::Heard::kWord) {
      }
    } else {
      const auto most = static_cast<std::uint64_t>(seconds_ / 2 * 1e6) + 1;
      std::this_thread::sleep_for(std::chrono::microseconds(random_.below(most)));
    }
    const int status = process.kill();
    if (was_killed(status)) {
      ++kills_;
      outcome_.add("kills");
    }
    if (!was_killed(status) && !ended_well(status)) {
      fail("it failed");
      return false;
    }
    const auto volume = Volume::open(store_, to_ingest());
    if (!volume) {
      fail("cannot open: " + volume.error().message);
      return false;
    }
    expect_clean(*volume, where_, outcome_);
    const auto info = volume->info();
    return info && info->unfinished.empty() && info->ingested_bytes > 0;
  }

  const Settings& settings_;
  Outcome& outcome_;
  const std::string store_;
  Random random_;
  const std::string where_;
  double seconds_ = 0;
  std::uint64_t kills_ = 0;
};

}  // namespace

Outcome check_ingest(const Settings& settings) {
  Outcome outcome("ingest");
  KilledIngest(settings, outcome).run();
  return outcome;
}

}  // namespace terrane::soak

#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "terrane/base/spawned_testing.h"
#include "terrane/soak/oracle.h"
#include "terrane/soak/outcome.h"

namespace terrane::soak {

inline constexpr int kPatienceMs = 120'000;  // a process that says nothing for so long hangs

// How a process that edits a store comes to its end. One object for all lives of a store.
class Death {
 public:
  virtual ~Death() = default;
  // Where the store is to stand.
  virtual std::string store() const = 0;
  // Words for the process beside those that say what to edit.
  virtual std::vector<std::string> words(Random& random) = 0;
  // It has begun. Hears it with `hear(acknowledgements)`, which waits for so many of them and tells whether
  // it still lives, and ends it; what it said before its end is heard afterwards. The text says what went
  // wrong.
  using Hear = std::function<bool(std::uint64_t)>;
  virtual std::string come(Spawned& process, const Hear& hear, Random& random) = 0;
  virtual Survival survival() const = 0;
};

// One life after another of a process that edits a store: it starts, it dies, and the oracle looks what is
// left. settings.cycles lives, or until one has gone wrong.
void live(const Settings& settings, const std::string& check, Death& death, Outcome& outcome);

// A copy of a store that is not open; tables are linked, as they never change.
void copy_store(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace terrane::soak

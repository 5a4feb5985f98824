// terrane_soak CHECK --dir D --child PROGRAM [--seed S] [--cycles N] [--first N] ...
//
// Runs one check, and writes what it reached as one line of JSON. Exit status 0 where nothing failed (or the
// planted fault was found), 1 where something did, 77 where it cannot run here, another for a bad call.
// docs/TESTING.md says what the checks are;
// ./soak runs them all.

#include <malloc.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <map>

#include "terrane/soak/outcome.h"

namespace terrane::soak {
namespace {

namespace fs = std::filesystem;

using Check = std::function<Outcome(const Settings&)>;

const std::map<std::string, Check>& checks() {
  static const std::map<std::string, Check> all = {{"kill", check_kill},
                                                   {"power", check_power},
                                                   {"ext4", check_ext4},
                                                   {"faults", check_faults},
                                                   {"value-flips", check_value_flips},
                                                   {"file-flips", check_file_flips},
                                                   {"linear", check_linear},
                                                   {"threads", check_threads},
                                                   {"ingest", check_ingest}};
  return all;
}

// With a fault planted, a check that finds nothing is one that fails.
Outcome judge(const std::string& name, const Settings& settings, const Outcome& found) {
  if (settings.plant.empty() || found.skipped()) return found;
  Outcome outcome(name + ", planted " + settings.plant);
  outcome.add("caught", found.failures() > 0 ? 1 : 0);
  if (found.failures() == 0) outcome.fail("the planted fault was not found");
  return outcome;
}

int run(const std::string& name, Settings settings) {
  // Arrays of a megabyte that come and go by the million are not to go through the kernel each time.
  ::mallopt(M_MMAP_THRESHOLD, 1 << 28);
  ::mallopt(M_TRIM_THRESHOLD, 1 << 28);
  fs::remove_all(settings.directory);
  fs::create_directories(settings.directory);
  settings.directory = fs::canonical(settings.directory);
  settings.program = fs::canonical(settings.program);
  const Outcome found = checks().at(name)(settings);
  const Outcome outcome = judge(name, settings, found);
  if (!settings.plant.empty()) std::fprintf(stderr, "found: %s\n", found.first_message().c_str());
  std::printf("%s\n", outcome.json().c_str());
  if (outcome.failures() == 0) fs::remove_all(settings.directory);
  return outcome.exit_code();
}

}  // namespace
}  // namespace terrane::soak

int main(int count, char** words) {
  using namespace terrane::soak;
  CLI::App app("One check of what a store promises.");
  Settings settings;
  std::string name;
  std::vector<std::string> names;
  for (const auto& [check, run] : checks()) names.push_back(check);
  app.add_option("check", name)->required()->check(CLI::IsMember(names));
  app.add_option("--dir", settings.directory, "for all that it writes; emptied before")->required();
  app.add_option("--child", settings.program, "terrane_soak_child")->required();
  app.add_option("--seed", settings.seed);
  app.add_option("--cycles", settings.cycles, "lives, points, values, flips, operations, kills or seconds");
  app.add_option("--first", settings.first);
  app.add_option("--stride", settings.stride)->check(CLI::PositiveNumber);
  app.add_option("--store", settings.store, "kill, power, ext4: goes on with a copy of it");
  app.add_option("--variant", settings.variant, "faults: eio-once...; threads: memory or rocks");
  app.add_option("--plant", settings.plant, "power, ext4: no-sync; linear: stale");
  CLI11_PARSE(app, count, words);
  settings.command =
      std::string(words[0]) + " --dir " + settings.directory + "-again --child " + settings.program;
  try {
    return run(name, std::move(settings));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "terrane_soak: %s\n", error.what());
    return 1;
  }
}

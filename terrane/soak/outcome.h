#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace terrane::soak {

// What a check has reached, and what it found. A value; not thread-safe.
class Outcome {
 public:
  static constexpr int kSkipped = 77;  // what exit_code() says of a check that cannot run
  explicit Outcome(std::string check) : check_(std::move(check)) {}

  void add(std::string_view count, std::uint64_t n = 1);
  std::uint64_t count(std::string_view count) const;
  // Something that must not be. The message says what and where, and how to see it again.
  void fail(std::string message);
  // The check cannot run here. It has neither passed nor failed.
  void skip(std::string why) { skipped_ = std::move(why); }
  std::uint64_t failures() const { return failures_; }
  bool skipped() const { return !skipped_.empty(); }

  std::string json() const;
  std::string first_message() const { return messages_.empty() ? std::string() : messages_.front(); }
  int exit_code() const { return failures_ > 0 ? 1 : skipped() ? kSkipped : 0; }

 private:
  std::string check_, skipped_;
  std::vector<std::pair<std::string, std::uint64_t>> counts_;  // in the order of their first use
  std::vector<std::string> messages_;                          // the first of them
  std::uint64_t failures_ = 0;
};

// How a check is asked for; what it does not know it leaves alone.
struct Settings {
  std::string directory;  // its own, for all that it writes; made, and removed where nothing failed
  std::string program;    // terrane_soak_child
  std::string command;    // what begins a command that shows a failure again: `COMMAND CHECK --seed...`
  std::uint64_t seed = 1;
  std::uint64_t cycles = 10;  // or points, values, flips, operations, seconds: what the check counts
  std::uint64_t first = 0;    // the first of them
  std::uint64_t stride = 1;   // from one of them to the next
  std::string store;          // goes on with a copy of this one
  std::string plant;          // the fault to plant in the harness, which must be found
  std::string variant;        // of the check, where it has several; all of them where it is empty
};

// Each writes below settings.directory only, and prints nothing.
Outcome check_kill(const Settings& settings);         // kill -9
Outcome check_power(const Settings& settings);        // power cuts on a disk that the process sees
Outcome check_ext4(const Settings& settings);         // power cuts of a file system on a loop device
Outcome check_faults(const Settings& settings);       // a disk that fails at each change
Outcome check_value_flips(const Settings& settings);  // bits of stored values
Outcome check_file_flips(const Settings& settings);   // bits of the engine's files
Outcome check_linear(const Settings& settings);       // linearizability per brick
Outcome check_threads(const Settings& settings);      // everything at once, for ThreadSanitizer
Outcome check_ingest(const Settings& settings);       // an ingest that is killed

}  // namespace terrane::soak

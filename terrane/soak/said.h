#pragma once

#include <unistd.h>

#include <cstdint>

namespace terrane::soak {

// What a writing process tells the one that watches it, on its output: words of one size, which a pipe takes
// whole or not at all, so that threads need no lock. What is in the pipe survives the process.
struct Said {
  enum class What : std::uint32_t { kOpened = 1, kAcknowledged, kRefused, kChecked, kWrong, kBegun, kEnded };
  What what = What::kOpened;
  std::uint32_t thread = 0;
  std::uint32_t index = 0;
  std::uint32_t flag = 0;    // kAcknowledged: 1 where it was to be on stable storage
  std::uint64_t number = 0;  // of the batch; of what the check says
  std::uint64_t from = 0, to = 0;
};
static_assert(sizeof(Said) == 40);

// False where nobody listens any more.
inline bool say(const Said& said) {
  return ::write(STDOUT_FILENO, &said, sizeof(said)) == ssize_t{sizeof(said)};
}

}  // namespace terrane::soak

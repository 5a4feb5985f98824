#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace terrane::soak {

// One access to a register by one client, in nanoseconds of a clock that all clients share.
struct RegisterOp {
  bool write = false;
  std::uint32_t value = 0;  // written, or read
  std::uint64_t begun = 0;  // before the call
  std::uint64_t ended =
      0;  // after it; kNever where the client died first: it may take effect at any time, or never
  static constexpr std::uint64_t kNever = ~std::uint64_t{0};
};

// Whether there is an order of these accesses that keeps to their times and in which each read gives what was
// written last, `initial` before all. Every written value is another. nullopt where there is one; otherwise
// where the search ended.
//
// Wing and Gong's search, which remembers where it has been (Lowe). Its time grows with the accesses that
// overlap, not with their number.
std::optional<std::string> find_violation(std::vector<RegisterOp> history, std::uint32_t initial);

}  // namespace terrane::soak

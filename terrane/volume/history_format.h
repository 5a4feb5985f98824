#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "terrane/space/lattice.h"
#include "terrane/volume/format.h"

// What edits replaced, kept when the deltas or ranges that it came from go: keys and values as docs/FORMAT.md
// tells them. Nothing else knows their bytes.
namespace terrane::format {

constexpr Unit history_unit() {
  return {5, 0, 0};
}

// --- folded deltas ------------------------------------------------------------------------------------

// 0x41 | position, big endian | epoch of the batch that folded, big endian.
std::string folded_key(Position position, std::uint64_t epoch);
std::string folded_begin(Position position);
std::string folded_end(Position last);

// For each delta that a fold took away, in its order: the batch, and what its places held before it.
struct Folded {
  struct Old {
    std::uint64_t batch = 0;
    std::string patch;  // docs/format/patch.md
    friend bool operator==(const Old&, const Old&) = default;
  };
  Position position = 0;
  std::uint64_t epoch = 0;
  std::vector<Old> deltas;
  friend bool operator==(const Folded&, const Folded&) = default;
};
std::string folded_value(std::string_view key, const Folded& folded, std::uint64_t model);
Result<Folded> parse_folded(std::string_view key, std::string_view value, std::uint64_t model);

// --- replaced ranges ----------------------------------------------------------------------------------

// 0x42 | batch, big endian | last position, big endian.
std::string replaced_key(std::uint64_t batch, Position last);
std::string replaced_begin(std::uint64_t batch);
// Before and after all keys of history.
std::string history_begin();
std::string history_end();
// Which of the two a key is.
bool is_folded_key(std::string_view key);

// What an edit of whole bricks took away: a range, cut to the edit, and the deltas that lay over it.
struct Replaced {
  struct Delta {
    std::uint64_t batch = 0;
    std::string patch;
    friend bool operator==(const Delta&, const Delta&) = default;
  };
  std::uint64_t batch = 0;  // that took it away
  Run run;
  Content content;
  std::string frame;  // of a brick
  std::vector<Delta> deltas;
  friend bool operator==(const Replaced&, const Replaced&) = default;
};
std::string replaced_value(std::string_view key, const Replaced& replaced, std::uint64_t model);
Result<Replaced> parse_replaced(std::string_view key, std::string_view value, std::uint64_t model);

}  // namespace terrane::format

#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "terrane/store/engine.h"

// The log of a staged engine, as docs/format/staged.md tells its bytes. It is empty unless a batch over
// several units is on its way.
namespace terrane::staged {

// The unit of the log, and what all its keys begin with. Nobody else may use either.
constexpr Unit log_unit() {
  return {0xff, 0xff, ~std::uint64_t{0}};
}
inline constexpr std::string_view kLogBegin = "\xffstaged/";
inline constexpr std::string_view kLogEnd = "\xffstaged0";  // not in
bool is_of_log(Unit unit, std::string_view key);

// What a batch changes: puts, erases and erase_ranges in their order, no conditions.
using Changes = std::vector<Batch::Op>;

// Writes changes into the log under `id`, which must be larger than that of any batch in it: gives `write`
// one batch of the log's unit after another, each with one chunk, and the last with the commit record too.
// Gives the keys.
struct LogBatch {
  Batch batch;
  bool commits = false;
};
Result<std::vector<std::string>> write_log(std::uint64_t id, const Changes& changes, std::size_t chunk_bytes,
                                           const std::function<Status(LogBatch)>& write);

// What the log holds in one state of the engine.
struct Log {
  std::vector<Changes> committed;  // in the order in which they were written
  std::vector<std::string> keys;   // all, those of batches that were not committed too
};
// kCorrupt where anything in it is not as it was written.
Result<Log> read_log(const Snapshot& snapshot);

}  // namespace terrane::staged

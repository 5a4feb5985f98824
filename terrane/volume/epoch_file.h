#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "terrane/base/status.h"

namespace terrane {

// STORE/epoch: one line, the epoch of a batch that is on stable storage and its hash. An engine that knows no
// such epoch was put back from an older copy.
Status write_epoch_file(const std::string& store, std::uint64_t epoch);
// nullopt where there is no such file; kCorrupt where it is damaged.
Result<std::optional<std::uint64_t>> read_epoch_file(const std::string& store);

}  // namespace terrane

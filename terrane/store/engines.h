#pragma once

#include <memory>
#include <string>

#include "terrane/store/engine.h"

namespace terrane {

// In memory, gone with the process: one ordered map per unit, so that it promises no more than the interface
// does (no shared keyspace). `atomic_across_units = false` makes it refuse batches over several units.
struct MemoryEngineOptions {
  bool atomic_across_units = true;
};
std::unique_ptr<Engine> make_memory_engine(MemoryEngineOptions options = {});
// Opens what a memory engine's checkpoint() wrote.
Result<std::unique_ptr<Engine>> open_memory_checkpoint(const std::string& path);

enum class EngineMode : std::uint8_t {
  kCreate,    // the directory must not hold a database yet
  kWrite,     // one process at a time; a second one gets kLocked
  kReadOnly,  // beside a writer or alone; sees the state at open, and newer ones after refresh()
};
struct RocksEngineOptions {
  std::uint64_t block_cache_bytes = 64ull << 20;
  std::uint64_t write_buffer_bytes = 32ull << 20;
  bool paranoid_file_checks = false;  // re-reads each file it writes
};
// RocksDB in the directory `path`. Errors: kNotFound, kLocked, kCorrupt (a file damaged or gone), kIo.
Result<std::unique_ptr<Engine>> open_rocks_engine(const std::string& path, EngineMode mode,
                                                  RocksEngineOptions options = {});

}  // namespace terrane

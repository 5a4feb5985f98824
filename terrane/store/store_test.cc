#include "terrane/store/conformance.h"
#include "terrane/store/engines.h"
#include "terrane/store/fault_engine.h"
#include "terrane/store/per_unit_engine_testing.h"
#include "terrane/store/staged_engine.h"

// The engines that pass the one suite.

namespace terrane {

namespace {

EngineUnderTest memory(std::string name, MemoryEngineOptions options) {
  return {
      .name = std::move(name),
      .create = [options](const std::string&) -> Result<std::unique_ptr<Engine>> {
        return make_memory_engine(options);
      },
      .reopen = {},
      .open_checkpoint = open_memory_checkpoint,
  };
}

EngineUnderTest rocks(std::string name, RocksEngineOptions options) {
  const auto open = [options](EngineMode mode) {
    return [options, mode](const std::string& path) { return open_rocks_engine(path, mode, options); };
  };
  return {
      .name = std::move(name),
      .create = open(EngineMode::kCreate),
      .reopen = open(EngineMode::kWrite),
      .open_checkpoint = open(EngineMode::kWrite),
  };
}

// The same engine under a wrapper that could fail and does not.
EngineUnderTest wrapped(EngineUnderTest inner) {
  const auto wrap = [](EngineUnderTest::Open open) -> EngineUnderTest::Open {
    if (!open) return {};
    return [open = std::move(open)](const std::string& path) -> Result<std::unique_ptr<Engine>> {
      TERRANE_ASSIGN(std::unique_ptr<Engine> engine, open(path));
      return std::unique_ptr<Engine>(std::make_unique<FaultEngine>(std::move(engine)));
    };
  };
  return {
      .name = inner.name + "UnderFaults",
      .create = wrap(std::move(inner.create)),
      .reopen = wrap(std::move(inner.reopen)),
      .open_checkpoint = wrap(std::move(inner.open_checkpoint)),
  };
}

using Shared = std::shared_ptr<Engine>;
// Gives what is to be staged, at a path; it may stay after it was closed.
using OpenShared = std::function<Result<Shared>(const std::string& path)>;

// Any engine as if it were atomic per unit only, with batches over several units staged.
EngineUnderTest::Open staged(OpenShared open, EngineMode mode, bool one_keyspace, std::size_t chunk_bytes) {
  return [=](const std::string& path) -> Result<std::unique_ptr<Engine>> {
    TERRANE_ASSIGN(Shared engine, open(path));
    return open_staged_engine(std::make_unique<PerUnitEngine>(std::move(engine), one_keyspace), mode,
                              {.chunk_bytes = chunk_bytes});
  };
}

EngineUnderTest staged_memory(std::string name, bool one_keyspace, std::size_t chunk_bytes) {
  const auto last = std::make_shared<Shared>();  // what was created, to be opened again
  const OpenShared create = [last](const std::string&) -> Result<Shared> {
    return *last = make_memory_engine();
  };
  const OpenShared reopen = [last](const std::string&) -> Result<Shared> { return *last; };
  const OpenShared copy = [](const std::string& path) -> Result<Shared> {
    TERRANE_ASSIGN(Shared engine, open_memory_checkpoint(path));
    return engine;
  };
  return {
      .name = std::move(name),
      .create = staged(create, EngineMode::kCreate, one_keyspace, chunk_bytes),
      .reopen = staged(reopen, EngineMode::kWrite, one_keyspace, chunk_bytes),
      .open_checkpoint = staged(copy, EngineMode::kWrite, one_keyspace, chunk_bytes),
  };
}

EngineUnderTest staged_rocks(std::string name) {
  const auto open = [](EngineMode mode) {
    const OpenShared inner = [mode](const std::string& path) -> Result<Shared> {
      TERRANE_ASSIGN(Shared engine, open_rocks_engine(path, mode));
      return engine;
    };
    return staged(inner, mode, true, StagedEngineOptions().chunk_bytes);
  };
  return {
      .name = std::move(name),
      .create = open(EngineMode::kCreate),
      .reopen = open(EngineMode::kWrite),
      .open_checkpoint = open(EngineMode::kWrite),
  };
}

std::vector<EngineUnderTest> all_staged() {
  return {
      staged_memory("StagedMemory", false, StagedEngineOptions().chunk_bytes),
      // So small that every batch has many chunks.
      staged_memory("StagedMemoryInChunks", false, 400),
      staged_memory("StagedMemoryInOneKeyspace", true, 4000),
      staged_rocks("StagedRocksDB"),
  };
}

std::vector<EngineUnderTest> plain() {
  return {
      memory("Memory", {}),
      memory("MemoryPerUnit", {.atomic_across_units = false}),
      rocks("RocksDB", {}),
      // So small that flushes and compactions happen in every test.
      rocks("RocksDBSmall",
            {.block_cache_bytes = 64 << 10, .write_buffer_bytes = 64 << 10, .paranoid_file_checks = true}),
  };
}

std::vector<EngineUnderTest> all() {
  std::vector<EngineUnderTest> out = plain();
  for (EngineUnderTest& engine : plain()) out.push_back(wrapped(std::move(engine)));
  for (EngineUnderTest& engine : all_staged()) out.push_back(std::move(engine));
  return out;
}

std::vector<EngineUnderTest> to_be_failed() {
  std::vector<EngineUnderTest> out = plain();
  for (EngineUnderTest& engine : all_staged()) out.push_back(std::move(engine));
  return out;
}

std::string name_of(const testing::TestParamInfo<EngineUnderTest>& info) {
  return info.param.name;
}

}  // namespace

INSTANTIATE_TEST_SUITE_P(All, EngineConformance, testing::ValuesIn(all()), name_of);
INSTANTIATE_TEST_SUITE_P(All, EngineThreads, testing::ValuesIn(all()), name_of);
INSTANTIATE_TEST_SUITE_P(All, EngineFaults, testing::ValuesIn(to_be_failed()), name_of);

}  // namespace terrane

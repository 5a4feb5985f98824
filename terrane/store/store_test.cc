#include "terrane/store/conformance.h"
#include "terrane/store/engines.h"
#include "terrane/store/fault_engine.h"

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
  return out;
}

std::string name_of(const testing::TestParamInfo<EngineUnderTest>& info) {
  return info.param.name;
}

}  // namespace

INSTANTIATE_TEST_SUITE_P(All, EngineConformance, testing::ValuesIn(all()), name_of);
INSTANTIATE_TEST_SUITE_P(All, EngineThreads, testing::ValuesIn(all()), name_of);
INSTANTIATE_TEST_SUITE_P(All, EngineFaults, testing::ValuesIn(plain()), name_of);

}  // namespace terrane

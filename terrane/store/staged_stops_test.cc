#include <gtest/gtest.h>

#include "terrane/store/fault_engine.h"
#include "terrane/store/per_unit_engine_testing.h"
#include "terrane/store/staged_engine.h"
#include "terrane/store/staged_log.h"
#include "terrane/store/units_model_testing.h"

// Stops at every call of the engine within, and power cuts after every write of it.

namespace terrane {
namespace {

using Op = FaultEngine::Op;
using Shared = std::shared_ptr<Engine>;

std::unique_ptr<Engine> staged(std::unique_ptr<Engine> per_unit, std::size_t chunk_bytes = 100,
                               EngineMode mode = EngineMode::kWrite) {
  auto engine = open_staged_engine(std::move(per_unit), mode, {.chunk_bytes = chunk_bytes});
  EXPECT_TRUE(is_ok(engine));
  return *std::move(engine);
}

struct Write {
  Batch batch;
  Durability durability = Durability::kBuffered;
};

// Batches of every kind that staging treats differently; each follows from those before it.
std::vector<Write> workload(bool one_keyspace) {
  std::vector<Write> out;
  UnitsModel model(one_keyspace);
  const auto add = [&](Batch batch, Durability durability) {
    model.apply(batch);
    out.push_back({std::move(batch), durability});
  };
  const auto across = [&](std::uint64_t seed, std::size_t bytes) {
    Batch batch;
    for (std::uint64_t i = 0; i < 6; ++i) {
      batch.put(unit_of(i), test_key(i), test_value(seed + i, bytes));
      batch.put(unit_of(i), test_key(100 * seed + i), "new");
    }
    return batch;
  };
  const auto alone = [&](std::uint64_t i, const std::string& value) {
    Batch batch;
    batch.put(unit_of(i), test_key(i), value);
    return batch;
  };
  add(alone(1, "first"), Durability::kBuffered);
  add(across(1, 5), Durability::kBuffered);
  add(alone(2, "over a staged one"), Durability::kBuffered);
  add(across(2, 5), Durability::kFsync);
  Batch everything;  // in one keyspace the range reaches over the log
  everything.put(unit_of(1), test_key(5), "to be taken or not");
  everything.erase_range(unit_of(0), kFirst, kLast);
  everything.put(unit_of(1), test_key(1), "after it");
  everything.put(unit_of(3), test_key(3), "after it");
  add(std::move(everything), Durability::kFsync);
  add(across(3, 90), Durability::kBuffered);  // in many chunks
  add(alone(0, "synced"), Durability::kFsync);
  Batch conditional;
  conditional.require(unit_of(0), test_key(0), "synced");
  conditional.require(unit_of(3), test_key(3), model.find(test_key(3)));
  conditional.erase(unit_of(1), test_key(1));
  conditional.put(unit_of(2), test_key(2), "1");
  add(conditional, Durability::kBuffered);
  Batch elsewhere;  // a condition of another unit
  elsewhere.require(unit_of(1), test_key(1), std::nullopt);
  elsewhere.put(unit_of(3), test_key(7), "2");
  add(std::move(elsewhere), Durability::kBuffered);
  add(across(4, 20), Durability::kFsync);
  return out;
}

struct Stop {
  const char* name;
  Op op;
  bool sticky, after_effect;
  bool one_keyspace;
};

class StagedStops : public testing::TestWithParam<Stop> {
 protected:
  std::unique_ptr<Engine> per_unit(Shared engine) const {
    return std::make_unique<PerUnitEngine>(std::move(engine), GetParam().one_keyspace);
  }
  // What the engine within now stands for, without the one that failed.
  bool holds(const Shared& engine, const UnitsModel& model) const {
    return agrees(*staged(per_unit(engine), 100, EngineMode::kReadOnly), model);
  }
  bool log_is_empty(const Shared& engine) const {
    const auto snapshot = per_unit(engine)->snapshot().value();
    return content(*snapshot, staged::log_unit(), std::string(staged::kLogBegin),
                   std::string(staged::kLogEnd))
        .empty();
  }
  // Opens what a stop left, with a fault at the first call, the second..., until it outlives them all.
  void open_with_stops(const Shared& inner, const UnitsModel& model) const {
    for (std::uint64_t nth = 1;; ++nth) {
      auto fault = std::make_unique<FaultEngine>(per_unit(inner));
      fault->arm({.op = GetParam().op, .nth = nth, .sticky = true, .after_effect = GetParam().after_effect});
      const auto engine = open_staged_engine(std::move(fault), EngineMode::kWrite);
      EXPECT_TRUE(holds(inner, model)) << "opened with a stop at call " << nth;
      if (engine) return;
      EXPECT_TRUE(fails_with(engine, ErrorCode::kIo));
    }
  }
  // Writes the batches with a fault at the `nth` call of the engine within. False where that was never made.
  bool run(std::uint64_t nth);

  const std::vector<Write> writes_ = workload(GetParam().one_keyspace);
};

bool StagedStops::run(std::uint64_t nth) {
  const Stop& stop = GetParam();
  const Shared inner = make_memory_engine();
  UnitsModel model(stop.one_keyspace);
  bool hit = false, refused = false;
  std::vector<Batch> left;
  {
    auto faults = std::make_unique<FaultEngine>(per_unit(inner));
    FaultEngine& fault = *faults;
    const auto engine = staged(std::move(faults));
    fault.arm({.op = stop.op, .nth = nth, .sticky = stop.sticky, .after_effect = stop.after_effect});
    for (const Write& write : writes_) {
      const Status status = engine->write(write.batch, write.durability);
      UnitsModel after = model;
      after.apply(write.batch);
      if (status) {
        EXPECT_FALSE(refused) << "it went on after a write whose fate was unknown";
        model = std::move(after);
      } else if (!refused && !model.allows(write.batch)) {
        EXPECT_TRUE(fails_with(status, ErrorCode::kConflict)) << "for want of one that failed";
        left.push_back(write.batch);
      } else {
        EXPECT_TRUE(refused || fails_with(status, ErrorCode::kIo));
        // Only where the call took effect may the batch be there, and then whole.
        if (stop.after_effect && !refused && !(after == model) && holds(inner, after)) {
          model = std::move(after);
        } else {
          left.push_back(write.batch);
        }
        refused = stop.sticky || stop.after_effect;
      }
      EXPECT_TRUE(holds(inner, model));
    }
    hit = fault.failures() > 0;
    fault.disarm();
    EXPECT_TRUE(agrees(*engine, model)) << "reads go on";
  }
  open_with_stops(inner, model);
  const auto reopened = staged(per_unit(inner));
  EXPECT_TRUE(agrees(*reopened, model));
  EXPECT_TRUE(log_is_empty(inner));
  for (Batch& batch : left) {
    Batch changes;
    for (Batch::Op& op : batch.take()) {
      if (op.kind != Batch::Kind::kRequire) changes.add(std::move(op));
    }
    model.apply(changes);
    EXPECT_TRUE(is_ok(reopened->write(std::move(changes), Durability::kBuffered)));
  }
  EXPECT_TRUE(agrees(*reopened, model));
  EXPECT_TRUE(log_is_empty(inner));
  return hit;
}

TEST_P(StagedStops, LeaveEachBatchWholeOrNotThere) {
  std::uint64_t nth = 1;
  for (; run(nth); ++nth) {
    ASSERT_FALSE(HasFailure()) << "at call " << nth;
    ASSERT_LT(nth, 1000u);
  }
  EXPECT_GT(nth, 50u);
}

std::vector<Stop> stops() {
  std::vector<Stop> out;
  for (const bool one : {false, true}) {
    out.push_back({one ? "once_in_one_keyspace" : "once", Op::kAny, false, false, one});
    out.push_back({one ? "for_good_in_one_keyspace" : "for_good", Op::kAny, true, false, one});
    out.push_back({one ? "unknown_in_one_keyspace" : "unknown", Op::kWrite, false, true, one});
    out.push_back(
        {one ? "unknown_for_good_in_one_keyspace" : "unknown_for_good", Op::kWrite, true, true, one});
  }
  return out;
}
INSTANTIATE_TEST_SUITE_P(Modes, StagedStops, testing::ValuesIn(stops()),
                         [](const auto& info) { return std::string(info.param.name); });

// Keeps what was written, so that any beginning of it can be made again: what a power cut leaves.
class Recorder final : public Engine {
 public:
  struct Record {
    Batch batch;
    bool synced;
  };
  Recorder(std::unique_ptr<Engine> engine, std::shared_ptr<std::vector<Record>> records)
      : engine_(std::move(engine)), records_(std::move(records)) {}
  Traits traits() const override { return engine_->traits(); }
  Status write(Batch batch, Durability durability) override {
    records_->push_back({batch, durability == Durability::kFsync});
    return engine_->write(std::move(batch), durability);
  }
  Result<std::shared_ptr<const Snapshot>> snapshot() const override { return engine_->snapshot(); }
  Status flush() override { return engine_->flush(); }
  Status compact() override { return engine_->compact(); }
  Status checkpoint(const std::string& path) const override { return engine_->checkpoint(path); }
  Status refresh() override { return engine_->refresh(); }
  Result<std::uint64_t> disk_bytes() const override { return engine_->disk_bytes(); }

 private:
  std::unique_ptr<Engine> engine_;
  std::shared_ptr<std::vector<Record>> records_;
};

class StagedPowerCuts : public testing::TestWithParam<bool> {};

TEST_P(StagedPowerCuts, LeaveABeginningWithAllThatWasSynced) {
  const bool one_keyspace = GetParam();
  const auto records = std::make_shared<std::vector<Recorder::Record>>();
  const auto per_unit = [&](Shared engine) {
    return std::make_unique<PerUnitEngine>(std::move(engine), one_keyspace);
  };
  const std::vector<Write> writes = workload(one_keyspace);
  std::vector<std::size_t> ends;  // of each write, among the records
  {
    const auto engine = staged(std::make_unique<Recorder>(per_unit(make_memory_engine()), records));
    for (const Write& write : writes) {
      ASSERT_TRUE(is_ok(engine->write(write.batch, write.durability)));
      ends.push_back(records->size());
    }
  }
  // How many of the batches are there when so many records are.
  std::vector<std::size_t> there;
  for (std::size_t n = 0; n <= records->size(); ++n) {
    SCOPED_TRACE("cut after " + std::to_string(n));
    const Shared inner = make_memory_engine();
    for (std::size_t i = 0; i < n; ++i) {
      ASSERT_TRUE(is_ok(per_unit(inner)->write((*records)[i].batch, Durability::kBuffered)));
    }
    const auto engine = staged(per_unit(inner));
    std::size_t m = 0;
    UnitsModel model(one_keyspace);
    while (m < writes.size() && ends[m] <= n) model.apply(writes[m++].batch);
    if (!agrees(*engine, model)) {
      ASSERT_LT(m, writes.size());
      model.apply(writes[m++].batch);
      ASSERT_TRUE(agrees(*engine, model)) << "neither with nor without the batch on its way";
    }
    there.push_back(m);
  }
  // The power may go at any time; then what was synced last is there, and some of what came after it.
  std::size_t synced = 0, acknowledged = 0;
  for (std::size_t now = 0; now <= records->size(); ++now) {
    if (now > 0 && (*records)[now - 1].synced) synced = now;
    for (std::size_t i = 0; i < writes.size() && ends[i] <= now; ++i) {
      if (writes[i].durability == Durability::kFsync) acknowledged = i + 1;
    }
    EXPECT_GE(there[synced], acknowledged) << "at record " << now;
  }
  EXPECT_EQ(acknowledged, writes.size());
}

INSTANTIATE_TEST_SUITE_P(Keyspaces, StagedPowerCuts, testing::Bool(),
                         [](const auto& info) { return std::string(info.param ? "one" : "many"); });

}  // namespace
}  // namespace terrane

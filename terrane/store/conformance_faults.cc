#include "terrane/store/conformance.h"
#include "terrane/store/fault_engine.h"

// Every call fails once in its turn, and no failure may look like an answer.

namespace terrane {

namespace {

using Op = FaultEngine::Op;

constexpr std::uint64_t kKeys = 12;

void fill(Engine& engine) {
  Batch batch;
  for (std::uint64_t i = 0; i < kKeys; ++i) batch.put(kUnitA, test_key(i), test_value(i));
  ASSERT_TRUE(is_ok(engine.write(std::move(batch), Durability::kBuffered)));
}

// Reads in every way there is. Each answer is right or an error; gives the first error.
Status read_all(const Engine& engine) {
  TERRANE_ASSIGN(const auto snapshot, engine.snapshot());
  for (std::uint64_t i = 0; i < kKeys; ++i) {
    TERRANE_ASSIGN(const auto value, snapshot->get(kUnitA, test_key(i)));
    EXPECT_EQ(value, test_value(i));
  }
  const auto cursor = snapshot->scan(kUnitA, kFirst, kLast);
  std::uint64_t seen = 0;
  for (cursor->seek(kFirst); cursor->valid(); cursor->next()) EXPECT_EQ(cursor->key(), test_key(seen++));
  TERRANE_TRY(cursor->status());
  EXPECT_EQ(seen, kKeys);
  std::vector<Snapshot::Seek> seeks;
  for (std::uint64_t i = 0; i < kKeys; ++i) seeks.push_back({kUnitA, test_key(i), test_key(i + 1)});
  return snapshot->seek_many(seeks, [&](std::size_t i, const Snapshot::Entry& entry) -> Status {
    EXPECT_TRUE(entry.found);
    EXPECT_EQ(entry.key, test_key(i));
    return ok();
  });
}

}  // namespace

TEST_P(EngineFaults, NoFailedReadLooksLikeAnAnswer) {
  fill(*engine_);
  FaultEngine engine(std::move(engine_));
  ASSERT_TRUE(is_ok(read_all(engine)));
  const std::uint64_t calls = engine.count(Op::kAny);
  ASSERT_GT(calls, 3 * kKeys);
  for (const bool sticky : {false, true}) {
    for (std::uint64_t nth = 1; nth <= calls; ++nth) {
      SCOPED_TRACE("call " + std::to_string(nth) + (sticky ? " and all later" : ""));
      engine.arm({.nth = nth, .sticky = sticky});
      EXPECT_TRUE(fails_with(read_all(engine), ErrorCode::kIo));
      engine.disarm();
      EXPECT_TRUE(is_ok(read_all(engine)));
    }
  }
}

TEST_P(EngineFaults, AFailedBatchLeavesNothing) {
  fill(*engine_);
  FaultEngine engine(std::move(engine_));
  const Content before = content(engine);
  Batch batch;
  batch.put(kUnitA, "new", "1");
  batch.erase_range(kUnitA, test_key(2), test_key(5));
  engine.arm({.op = Op::kWrite, .nth = 1});
  EXPECT_TRUE(fails_with(engine.write(batch, Durability::kFsync), ErrorCode::kIo));
  EXPECT_EQ(content(engine), before);
  ASSERT_TRUE(is_ok(engine.write(batch, Durability::kFsync)));
  EXPECT_EQ(content(engine).size(), before.size() + 1 - 3);
}

TEST_P(EngineFaults, TheNthCallOfAKindFails) {
  FaultEngine engine(std::move(engine_));
  engine.arm({.op = Op::kWrite, .nth = 3, .code = ErrorCode::kExhausted});
  for (int i = 1; i <= 5; ++i) {
    Batch batch;
    batch.put(kUnitA, test_key(static_cast<std::uint64_t>(i)), "1");
    const Status status = engine.write(std::move(batch), Durability::kBuffered);
    EXPECT_TRUE(i == 3 ? fails_with(status, ErrorCode::kExhausted) : is_ok(status)) << i;
    EXPECT_TRUE(is_ok(engine.flush()));
  }
  EXPECT_EQ(content(engine).size(), 4u);
  EXPECT_EQ(engine.count(Op::kWrite), 5u);
  EXPECT_EQ(engine.failures(), 1u);
}

TEST_P(EngineFaults, AfterAStickyWriteFailureWritesStayRefusedAndReadsGoOn) {
  fill(*engine_);
  FaultEngine engine(std::move(engine_));
  engine.arm({.op = Op::kWrite, .nth = 1, .sticky = true});
  Batch batch;
  batch.put(kUnitA, "new", "1");
  const Status first = engine.write(batch, Durability::kFsync);
  ASSERT_TRUE(fails_with(first, ErrorCode::kIo));
  engine.disarm();
  for (int i = 0; i < 3; ++i) {
    const Status again = engine.write(batch, Durability::kFsync);
    ASSERT_TRUE(fails_with(again, ErrorCode::kIo));
    EXPECT_EQ(again.error().message, first.error().message);
  }
  EXPECT_TRUE(fails_with(engine.flush(), ErrorCode::kIo));
  EXPECT_TRUE(is_ok(read_all(engine)));
}

TEST_P(EngineFaults, AFailureAfterTheEffectLeavesAllOfTheBatch) {
  fill(*engine_);
  FaultEngine engine(std::move(engine_));
  Content expected = content(engine);
  engine.arm({.op = Op::kWrite, .nth = 1, .after_effect = true});
  Batch batch;
  batch.put(kUnitA, "new 1", "1");
  batch.put(kUnitA, "new 2", "2");
  EXPECT_TRUE(fails_with(engine.write(batch, Durability::kFsync), ErrorCode::kIo));
  engine.disarm();
  EXPECT_TRUE(fails_with(engine.write(batch, Durability::kFsync), ErrorCode::kIo));
  expected["new 1"] = "1";
  expected["new 2"] = "2";
  EXPECT_EQ(content(engine), expected);
}

TEST_P(EngineFaults, UpkeepFailsAndLosesNothing) {
  fill(*engine_);
  FaultEngine engine(std::move(engine_));
  const Content before = content(engine);
  engine.arm({.op = Op::kMaintain, .sticky = true});
  EXPECT_TRUE(fails_with(engine.compact(), ErrorCode::kIo));
  EXPECT_TRUE(fails_with(engine.checkpoint(scratch_.path("copy")), ErrorCode::kIo));
  EXPECT_TRUE(fails_with(engine.disk_bytes(), ErrorCode::kIo));
  EXPECT_EQ(content(engine), before);
}

}  // namespace terrane

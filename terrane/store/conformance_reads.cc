#include <filesystem>

#include "terrane/store/conformance.h"

// What snapshots, cursors and the upkeep of an engine do.

namespace terrane {

TEST_P(EngineConformance, ASnapshotKeepsItsState) {
  Batch fill;
  for (std::uint64_t i = 0; i < 100; ++i) fill.put(kUnitA, test_key(i), "old");
  ASSERT_TRUE(is_ok(engine_->write(std::move(fill), Durability::kBuffered)));
  const auto old = engine_->snapshot().value();
  const Content before = content(*old);
  const auto cursor = old->scan(kUnitA, kFirst, kLast);
  cursor->seek(test_key(10));

  Batch batch;
  batch.put(kUnitA, test_key(5), "new");
  batch.erase(kUnitA, test_key(6));
  batch.erase_range(kUnitA, test_key(10), test_key(90));
  batch.put(kUnitA, test_key(200), "new");
  ASSERT_TRUE(is_ok(engine_->write(std::move(batch), Durability::kBuffered)));
  ASSERT_TRUE(is_ok(engine_->compact()));

  EXPECT_EQ(content(*old), before);
  EXPECT_EQ(old->get(kUnitA, test_key(6)).value(), "old");
  EXPECT_EQ(old->get(kUnitA, test_key(200)).value(), std::nullopt);
  std::size_t left = 0;
  for (; cursor->valid(); cursor->next()) ++left;
  EXPECT_TRUE(is_ok(cursor->status()));
  EXPECT_EQ(left, 90u);
  EXPECT_EQ(content(*engine_).size(), 100u - 1 - 80 + 1);
}

TEST_P(EngineConformance, VersionsGrowWithEveryBatch) {
  std::uint64_t last = engine_->snapshot().value()->version();
  for (int i = 0; i < 20; ++i) {
    Batch batch;
    if (i % 2 == 0) batch.put(kUnitA, "a", "1");
    if (i % 2 == 1) batch.erase_range(kUnitA, "a", "b");
    ASSERT_TRUE(is_ok(engine_->write(std::move(batch), Durability::kBuffered)));
    const auto snapshot = engine_->snapshot().value();
    EXPECT_GT(snapshot->version(), last);
    last = snapshot->version();
    EXPECT_EQ(engine_->snapshot().value()->version(), last);
  }
  ASSERT_TRUE(is_ok(engine_->flush()));
  ASSERT_TRUE(is_ok(engine_->compact()));
  EXPECT_EQ(engine_->snapshot().value()->version(), last);
}

TEST_P(EngineConformance, ACursorStaysWithinItsBounds) {
  for (const char* key : {"a", "b", "c", "d", "e"}) put(key, key);
  const auto snapshot = engine_->snapshot().value();
  const auto cursor = snapshot->scan(kUnitA, "b", "d");
  EXPECT_FALSE(cursor->valid());
  const auto at = [&](const std::string& key) {
    cursor->seek(key);
    EXPECT_TRUE(is_ok(cursor->status()));
    return cursor->valid() ? std::string(cursor->key()) : "nothing";
  };
  EXPECT_EQ(at("c"), "c");
  EXPECT_EQ(at(""), "b");
  EXPECT_EQ(at("a"), "b");
  EXPECT_EQ(at("d"), "nothing");
  EXPECT_EQ(at("b"), "b");
  EXPECT_EQ(at("b1"), "c");
  EXPECT_EQ(at("c1"), "nothing");
  EXPECT_EQ(at("zz"), "nothing");
  EXPECT_EQ(at("b"), "b");
  cursor->next();
  ASSERT_TRUE(cursor->valid());
  EXPECT_EQ(cursor->value(), "c");
  cursor->next();
  EXPECT_FALSE(cursor->valid());
  EXPECT_TRUE(is_ok(cursor->status()));
}

TEST_P(EngineConformance, AScanOfNothingFindsNothing) {
  for (const char* key : {"a", "b", "c"}) put(key, key);
  const auto snapshot = engine_->snapshot().value();
  EXPECT_EQ(content(*snapshot, kUnitA, "b", "b"), Content{});
  EXPECT_EQ(content(*snapshot, kUnitA, "c", "a"), Content{});
  EXPECT_EQ(content(*snapshot, kUnitA, "", ""), Content{});
  EXPECT_EQ(content(*snapshot, kUnitA, "b1", "b2"), Content{});
}

TEST_P(EngineConformance, SeeksManyInTheOrderGiven) {
  for (const char* key : {"b", "d", "f", "h"}) put(key, std::string("value of ") + key);
  const auto snapshot = engine_->snapshot().value();
  const std::vector<std::pair<Snapshot::Seek, std::string>> cases = {
      {{kUnitA, "e", "z"}, "f"},  {{kUnitA, "a", "c"}, "b"}, {{kUnitA, "b", "c"}, "b"},
      {{kUnitA, "a", "z"}, "b"},  {{kUnitA, "c", "d"}, ""},  {{kUnitA, "c", "e"}, "d"},
      {{kUnitA, "h1", "z"}, ""},  {{kUnitA, "h2", "z"}, ""}, {{kUnitA, "g", "h"}, ""},
      {{kUnitA, "g", "h1"}, "h"}, {{kUnitA, "d", "b"}, ""},  {{kUnitA, "a", "z"}, "b"},
  };
  std::vector<Snapshot::Seek> seeks;
  for (const auto& c : cases) seeks.push_back(c.first);
  std::size_t next = 0;
  const Status status =
      snapshot->seek_many(seeks, [&](std::size_t i, const Snapshot::Entry& entry) -> Status {
        EXPECT_EQ(i, next++);
        const std::string& expected = cases[i].second;
        EXPECT_EQ(entry.found, !expected.empty()) << i;
        if (entry.found) {
          EXPECT_EQ(entry.key, expected) << i;
          EXPECT_EQ(entry.value, "value of " + expected) << i;
        }
        return ok();
      });
  EXPECT_TRUE(is_ok(status));
  EXPECT_EQ(next, cases.size());
  EXPECT_TRUE(is_ok(snapshot->seek_many({}, [](std::size_t, const Snapshot::Entry&) { return ok(); })));
}

TEST_P(EngineConformance, SeekManyStopsAtTheVisitorsError) {
  put("a", "1");
  const auto snapshot = engine_->snapshot().value();
  const std::vector<Snapshot::Seek> seeks(5, {kUnitA, "a", "b"});
  std::size_t visits = 0;
  const Status status = snapshot->seek_many(seeks, [&](std::size_t i, const Snapshot::Entry&) -> Status {
    ++visits;
    return i == 2 ? Status(missing("stop here")) : ok();
  });
  EXPECT_TRUE(fails_with(status, ErrorCode::kMissing));
  EXPECT_EQ(visits, 3u);
}

TEST_P(EngineConformance, SeeksAcrossManyReplacedKeys) {
  constexpr std::uint64_t kKeys = 20000;
  for (int round = 0; round < 3; ++round) {
    SCOPED_TRACE(round);
    Batch fill;
    for (std::uint64_t i = 0; i < kKeys; ++i) fill.put(kUnitA, test_key(i), test_value(i, 24));
    ASSERT_TRUE(is_ok(engine_->write(std::move(fill), Durability::kBuffered)));
    if (round == 1) {
      ASSERT_TRUE(is_ok(engine_->compact()));
    }
    Batch batch;
    batch.erase_range(kUnitA, test_key(0), test_key(kKeys));
    batch.put(kUnitA, test_key(kKeys - 1), "one");
    ASSERT_TRUE(is_ok(engine_->write(std::move(batch), Durability::kBuffered)));
    const auto snapshot = engine_->snapshot().value();
    const auto cursor = snapshot->scan(kUnitA, kFirst, kLast);
    for (std::uint64_t i = 0; i < kKeys; i += 997) {
      cursor->seek(test_key(i));
      ASSERT_TRUE(cursor->valid());
      EXPECT_EQ(cursor->key(), test_key(kKeys - 1));
    }
  }
}

TEST_P(EngineConformance, CompactGivesBackTheSpaceOfReplacedKeys) {
  constexpr std::uint64_t kKeys = 2000;
  constexpr std::size_t kBytes = 2000;
  std::shared_ptr<const Snapshot> old;
  for (std::uint64_t round = 0; round < 3; ++round) {
    Batch batch;
    for (std::uint64_t i = 0; i < kKeys; ++i) {
      batch.put(kUnitA, test_key(i), test_value(i + round * kKeys, kBytes));
    }
    ASSERT_TRUE(is_ok(engine_->write(std::move(batch), Durability::kFsync)));
    if (round == 1) old = engine_->snapshot().value();
  }
  Batch batch;
  batch.erase_range(kUnitA, test_key(kKeys / 4), test_key(kKeys));
  ASSERT_TRUE(is_ok(engine_->write(std::move(batch), Durability::kFsync)));
  const Content expected = content(*engine_);
  const auto compacted_bytes = [&] {
    EXPECT_TRUE(is_ok(engine_->compact()));
    EXPECT_EQ(content(*engine_), expected);
    const auto bytes = engine_->disk_bytes();
    EXPECT_TRUE(is_ok(bytes));
    return bytes ? *bytes : 0;
  };
  const std::uint64_t held = compacted_bytes();
  EXPECT_EQ(content(*old).size(), kKeys);
  old.reset();
  const std::uint64_t after = compacted_bytes();
  if (held == 0) GTEST_SKIP() << "holds nothing on disk";
  const std::uint64_t live = (kKeys / 4) * (kBytes + test_key(0).size());
  EXPECT_GT(held, 4 * live);  // what the snapshot sees is still there
  EXPECT_LT(after, live + live / 20 + (1 << 20));
}

TEST_P(EngineConformance, ACheckpointOpensAsAnEngineOfItsOwn) {
  Batch batch;
  for (std::uint64_t i = 0; i < 500; ++i) batch.put(kUnitA, test_key(i), test_value(i));
  ASSERT_TRUE(is_ok(engine_->write(std::move(batch), Durability::kBuffered)));
  put("last", "before", Durability::kBuffered);
  const Content expected = content(*engine_);
  const std::uint64_t version = engine_->snapshot().value()->version();
  ASSERT_TRUE(is_ok(engine_->checkpoint(scratch_.path("copy"))));
  put("last", "after");
  ASSERT_TRUE(is_ok(engine_->compact()));

  auto copy = GetParam().open_checkpoint(scratch_.path("copy"));
  ASSERT_TRUE(is_ok(copy));
  EXPECT_EQ(content(**copy), expected);
  EXPECT_EQ((*copy)->snapshot().value()->version(), version);
  EXPECT_EQ((*copy)->traits().atomic_across_units, engine_->traits().atomic_across_units);
  Batch more;
  more.put(kUnitA, "of the copy", "1");
  ASSERT_TRUE(is_ok((*copy)->write(std::move(more), Durability::kFsync)));
  EXPECT_EQ(get("of the copy"), std::nullopt);
  EXPECT_EQ(get("last"), "after");
}

TEST_P(EngineConformance, ACheckpointNeedsAPathThatDoesNotExist) {
  put("a", "1");
  const std::string path = scratch_.path("taken");
  std::filesystem::create_directory(path);
  EXPECT_TRUE(fails_with(engine_->checkpoint(path), ErrorCode::kInvalid));
  EXPECT_TRUE(std::filesystem::is_empty(path));
  put("b", "2");
}

TEST_P(EngineConformance, AWriterHasNothingToRefresh) {
  EXPECT_TRUE(fails_with(engine_->refresh(), ErrorCode::kInvalid));
}

TEST_P(EngineConformance, ReopensWithAllThatWasAcknowledged) {
  if (!can_reopen()) GTEST_SKIP() << "dies with the process";
  Content expected;
  std::uint64_t version = 0;
  for (std::uint64_t round = 0; round < 6; ++round) {
    for (std::uint64_t i = 0; i < 40; ++i) {
      Batch batch;
      batch.put(kUnitA, test_key(i * 7 + round), test_value(round + i));
      expected[test_key(i * 7 + round)] = test_value(round + i);
      batch.erase(kUnitA, test_key(i));
      expected.erase(test_key(i));
      const bool sync = (i + round) % 5 == 0;
      ASSERT_TRUE(is_ok(engine_->write(std::move(batch), sync ? Durability::kFsync : Durability::kBuffered)));
    }
    if (round == 2) {
      ASSERT_TRUE(is_ok(engine_->flush()));
    }
    if (round == 3) {
      ASSERT_TRUE(is_ok(engine_->compact()));
    }
    EXPECT_GE(engine_->snapshot().value()->version(), version);
    version = engine_->snapshot().value()->version();
    ASSERT_NO_FATAL_FAILURE(reopen());
    EXPECT_EQ(content(*engine_), expected);
    EXPECT_EQ(engine_->snapshot().value()->version(), version);
  }
}

// Random batches against a map, with snapshots that stay, flushes, compactions and reopening between.
TEST_P(EngineConformance, AgreesWithAMapOverRandomBatches) {
  const std::uint64_t seed = 20240;
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  Content model;
  std::vector<std::pair<std::shared_ptr<const Snapshot>, Content>> old;
  const auto any_key = [&] { return test_key(random.below(200)); };
  for (int step = 0; step < 600; ++step) {
    SCOPED_TRACE("step " + std::to_string(step));
    Batch batch;
    Content next = model;
    bool conflict = false;
    for (std::uint64_t n = random.below(12); n-- > 0;) {
      const std::string key = any_key();
      const std::string value = test_value(random.next(), random.below(30));
      const std::uint64_t kind = random.below(10);
      if (kind < 5) {
        batch.put(kUnitA, key, value);
        next[key] = value;
      } else if (kind < 7) {
        batch.erase(kUnitA, key);
        next.erase(key);
      } else if (kind < 9) {
        std::string end = any_key();
        if (end < key) end = key;
        batch.erase_range(kUnitA, key, end);
        next.erase(next.lower_bound(key), next.lower_bound(end));
      } else {
        const auto now = model.find(key);
        const bool wrong = random.below(4) == 0;
        conflict = conflict || wrong;
        if (wrong) batch.require(kUnitA, key, "certainly not this one");
        if (!wrong && now == model.end()) batch.require(kUnitA, key, std::nullopt);
        if (!wrong && now != model.end()) batch.require(kUnitA, key, now->second);
      }
    }
    const Status status = engine_->write(std::move(batch), Durability::kBuffered);
    if (conflict) {
      ASSERT_TRUE(fails_with(status, ErrorCode::kConflict));
    }
    if (!conflict) {
      ASSERT_TRUE(is_ok(status));
    }
    if (!conflict) model = std::move(next);
    if (step % 10 == 0) {
      ASSERT_EQ(content(*engine_), model);
    }
    if (step % 23 == 0) old.emplace_back(engine_->snapshot().value(), model);
    if (step % 97 == 96) {
      ASSERT_TRUE(is_ok(engine_->compact()));
    }
    if (step % 151 != 150) continue;
    for (const auto& [snapshot, then] : old) ASSERT_EQ(content(*snapshot), then);
    old.clear();
    if (can_reopen()) {
      ASSERT_NO_FATAL_FAILURE(reopen());
    }
  }
  EXPECT_EQ(content(*engine_), model);
}

}  // namespace terrane

#include "terrane/store/conformance.h"

// What a batch does: all or none, in order, on conditions.

namespace terrane {

TEST_P(EngineConformance, ANewEngineHoldsNothing) {
  EXPECT_EQ(content(*engine_), Content{});
  EXPECT_EQ(get("any"), std::nullopt);
  EXPECT_FALSE(engine_->traits().read_only);
}

TEST_P(EngineConformance, GivesBackWhatWasPut) {
  put("a", "1");
  put("b", std::string("\0\xff\0", 3));
  put("b2", "", Durability::kFsync);
  put("a", "2", Durability::kFsync);
  EXPECT_EQ(content(*engine_), (Content{{"a", "2"}, {"b", std::string("\0\xff\0", 3)}, {"b2", ""}}));
}

TEST_P(EngineConformance, AnEmptyValueIsNotAnAbsentKey) {
  put("empty", "");
  EXPECT_EQ(get("empty"), std::optional<std::string>(""));
  EXPECT_EQ(get("absent"), std::nullopt);
}

TEST_P(EngineConformance, HoldsValuesOfMegabytes) {
  const std::string large = test_value(1, 5 << 20);
  put("large", large);
  EXPECT_EQ(get("large"), large);
}

TEST_P(EngineConformance, AnEmptyBatchIsFine) {
  EXPECT_TRUE(is_ok(engine_->write({}, Durability::kFsync)));
}

TEST_P(EngineConformance, KeysOrderAsUnsignedBytes) {
  Batch batch;
  Content expected;
  for (int byte = 255; byte >= 0; byte -= 3) {
    const std::string key(1, static_cast<char>(byte));
    for (const std::string& k : {key, key + '\0', key + '\xff'}) {
      batch.put(kUnitA, k, "v" + k);
      expected[k] = "v" + k;
    }
  }
  ASSERT_TRUE(is_ok(engine_->write(std::move(batch), Durability::kBuffered)));
  const auto snapshot = engine_->snapshot().value();
  const auto cursor = snapshot->scan(kUnitA, kFirst, kLast);
  auto next = expected.begin();
  for (cursor->seek(kFirst); cursor->valid(); cursor->next(), ++next) {
    ASSERT_NE(next, expected.end());
    ASSERT_EQ(cursor->key(), next->first);
  }
  EXPECT_EQ(next, expected.end());
}

TEST_P(EngineConformance, AppliesTheChangesOfABatchInOrder) {
  put("before", "1");
  Batch batch;
  batch.put(kUnitA, "erased", "1");
  batch.erase(kUnitA, "erased");
  batch.erase(kUnitA, "put again");
  batch.put(kUnitA, "put again", "1");
  batch.put(kUnitA, "put again", "2");
  batch.put(kUnitA, "range 1", "1");
  batch.erase_range(kUnitA, "before", "range 3");
  batch.put(kUnitA, "range 2", "2");
  batch.put(kUnitA, "range 3", "3");
  ASSERT_TRUE(is_ok(engine_->write(std::move(batch), Durability::kBuffered)));
  EXPECT_EQ(content(*engine_), (Content{{"range 2", "2"}, {"range 3", "3"}}));
}

TEST_P(EngineConformance, ErasesWhatIsNotThere) {
  Batch batch;
  batch.erase(kUnitA, "never");
  batch.erase_range(kUnitA, "m", "n");
  ASSERT_TRUE(is_ok(engine_->write(std::move(batch), Durability::kBuffered)));
  EXPECT_EQ(content(*engine_), Content{});
}

TEST_P(EngineConformance, ErasesARangeUpToButNotIncludingItsEnd) {
  for (const char* key : {"a", "b", "b\x01", "c", "d"}) put(key, key);
  Batch batch;
  batch.erase_range(kUnitA, "b", "d");
  batch.erase_range(kUnitA, "a", "a");  // holds nothing
  ASSERT_TRUE(is_ok(engine_->write(std::move(batch), Durability::kBuffered)));
  EXPECT_EQ(content(*engine_), (Content{{"a", "a"}, {"d", "d"}}));
}

TEST_P(EngineConformance, ErasesRangesOfAnySize) {
  // Engines treat small and large ranges differently.
  for (const std::uint64_t size : {1u, 2u, 15u, 16u, 17u, 18u, 1000u, 20000u}) {
    SCOPED_TRACE(size);
    Batch fill;
    for (std::uint64_t i = 0; i < size + 2; ++i) fill.put(kUnitA, test_key(i), test_value(i, 8));
    ASSERT_TRUE(is_ok(engine_->write(std::move(fill), Durability::kBuffered)));
    Batch batch;
    batch.put(kUnitA, test_key(1) + "new", "of this batch");
    batch.erase_range(kUnitA, test_key(1), test_key(size + 1));
    ASSERT_TRUE(is_ok(engine_->write(std::move(batch), Durability::kBuffered)));
    const Content expected{{test_key(0), test_value(0, 8)}, {test_key(size + 1), test_value(size + 1, 8)}};
    EXPECT_EQ(content(*engine_), expected);
    ASSERT_TRUE(is_ok(engine_->flush()));
    EXPECT_EQ(content(*engine_), expected);
  }
}

TEST_P(EngineConformance, AFailedConditionAppliesNothing) {
  put("a", "1");
  put("empty", "");
  const auto refused = [&](const char* key, std::optional<std::string_view> value) {
    Batch batch;
    batch.put(kUnitA, "b", "2");
    batch.erase(kUnitA, "a");
    batch.erase_range(kUnitA, "a", "z");
    batch.require(kUnitA, key, value);
    return fails_with(engine_->write(std::move(batch), Durability::kBuffered), ErrorCode::kConflict);
  };
  EXPECT_TRUE(refused("a", std::nullopt));
  EXPECT_TRUE(refused("a", "2"));
  EXPECT_TRUE(refused("a", ""));
  EXPECT_TRUE(refused("a", "10"));
  EXPECT_TRUE(refused("absent", "1"));
  EXPECT_TRUE(refused("absent", ""));
  EXPECT_TRUE(refused("empty", std::nullopt));
  EXPECT_EQ(content(*engine_), (Content{{"a", "1"}, {"empty", ""}}));
  put("c", "3");  // a conflict is no failure: writes go on
  EXPECT_EQ(get("c"), "3");
}

TEST_P(EngineConformance, ConditionsSeeTheStateBeforeTheBatch) {
  put("a", "1");
  put("empty", "");
  Batch batch;
  batch.put(kUnitA, "a", "2");
  batch.erase(kUnitA, "empty");
  batch.put(kUnitA, "absent", "now there");
  batch.require(kUnitA, "a", "1");
  batch.require(kUnitA, "empty", "");
  batch.require(kUnitA, "absent", std::nullopt);
  ASSERT_TRUE(is_ok(engine_->write(std::move(batch), Durability::kFsync)));
  EXPECT_EQ(content(*engine_), (Content{{"a", "2"}, {"absent", "now there"}}));
}

TEST_P(EngineConformance, RefusesKeysThatAreTooLong) {
  const std::string longest(Batch::kMaxKeyBytes, 'x');
  const std::string longer = longest + 'x';
  put(longest, "fits");
  for (int kind = 0; kind < 4; ++kind) {
    Batch batch;
    batch.put(kUnitA, "beside it", "1");
    if (kind == 0) batch.put(kUnitA, longer, "1");
    if (kind == 1) batch.erase(kUnitA, longer);
    if (kind == 2) batch.require(kUnitA, longer, std::nullopt);
    if (kind == 3) batch.erase_range(kUnitA, longest, longer + 'x');
    EXPECT_TRUE(fails_with(engine_->write(std::move(batch), Durability::kBuffered), ErrorCode::kInvalid));
  }
  EXPECT_EQ(content(*engine_), (Content{{longest, "fits"}}));
  Batch batch;
  batch.erase_range(kUnitA, longest, longer);  // up to the successor of the longest key
  ASSERT_TRUE(is_ok(engine_->write(std::move(batch), Durability::kBuffered)));
  EXPECT_EQ(content(*engine_), Content{});
}

TEST_P(EngineConformance, RefusesARangeTurnedAround) {
  put("b", "1");
  Batch batch;
  batch.erase_range(kUnitA, "c", "a");
  EXPECT_TRUE(fails_with(engine_->write(std::move(batch), Durability::kBuffered), ErrorCode::kInvalid));
  EXPECT_EQ(get("b"), "1");
}

TEST_P(EngineConformance, ABatchOverSeveralUnitsIsAtomicOrRefused) {
  Batch batch;
  batch.put(kUnitA, "a", "1");
  batch.put(kUnitB, "b", "2");
  const Status status = engine_->write(std::move(batch), Durability::kBuffered);
  if (engine_->traits().atomic_across_units) {
    ASSERT_TRUE(is_ok(status));
    EXPECT_EQ(get("a", kUnitA), "1");
    EXPECT_EQ(get("b", kUnitB), "2");
  } else {
    EXPECT_TRUE(fails_with(status, ErrorCode::kInvalid));
    EXPECT_EQ(get("a", kUnitA), std::nullopt);
    EXPECT_EQ(get("b", kUnitB), std::nullopt);
  }
}

TEST_P(EngineConformance, UnitsAreApartOrInOneKeyspace) {
  for (const Unit unit : {kUnitA, kUnitB}) {
    Batch batch;
    batch.put(unit, unit == kUnitA ? "a" : "b", "1");
    ASSERT_TRUE(is_ok(engine_->write(std::move(batch), Durability::kBuffered)));
  }
  const Content all{{"a", "1"}, {"b", "1"}};
  const bool one = engine_->traits().one_keyspace;
  EXPECT_EQ(content(*engine_, kUnitA), one ? all : (Content{{"a", "1"}}));
  EXPECT_EQ(content(*engine_, kUnitB), one ? all : (Content{{"b", "1"}}));
  EXPECT_EQ(content(*engine_, Unit{1, 0, 8}), one ? all : Content{});

  Batch batch;
  batch.erase_range(kUnitA, kFirst, kLast);
  ASSERT_TRUE(is_ok(engine_->write(std::move(batch), Durability::kBuffered)));
  EXPECT_EQ(content(*engine_, kUnitA), Content{});
  EXPECT_EQ(content(*engine_, kUnitB), one ? Content{} : (Content{{"b", "1"}}));
}

}  // namespace terrane

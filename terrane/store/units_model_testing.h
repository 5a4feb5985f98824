#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "terrane/base/hash.h"
#include "terrane/store/conformance.h"

// What batches over several units make of an engine, in a plain map.

namespace terrane {

inline constexpr std::array<Unit, 4> kUnits = {kUnitA, kUnitB, Unit{2, 0, 1}, Unit{2, 0, ~std::uint64_t{0}}};

// Keys of all units lie between one another.
inline Unit unit_of(std::uint64_t i) {
  return kUnits[i % kUnits.size()];
}

// All that the units hold, by key; each key has its unit.
class UnitsModel {
 public:
  explicit UnitsModel(bool one_keyspace) : one_keyspace_(one_keyspace) {}

  void apply(const Batch& batch) {
    for (const Batch::Op& op : batch.ops()) {
      if (op.kind == Batch::Kind::kPut) all_[op.key] = {op.unit, op.value};
      if (op.kind == Batch::Kind::kErase) all_.erase(op.key);
      if (op.kind != Batch::Kind::kEraseRange) continue;
      std::erase_if(all_, [&](const auto& entry) {
        return op.key <= entry.first && entry.first < op.value &&
               (one_keyspace_ || entry.second.first == op.unit);
      });
    }
  }
  // Whether the conditions of a batch hold.
  bool allows(const Batch& batch) const {
    return std::all_of(batch.ops().begin(), batch.ops().end(), [&](const Batch::Op& op) {
      return op.kind != Batch::Kind::kRequire ||
             find(op.key) == (op.present ? std::optional(op.value) : std::nullopt);
    });
  }
  std::optional<std::string> find(const std::string& key) const {
    const auto found = all_.find(key);
    return found == all_.end() ? std::nullopt : std::optional(found->second.second);
  }
  // As content() of one unit gives it.
  Content of(Unit unit) const {
    Content out;
    for (const auto& [key, at] : all_) {
      if (one_keyspace_ || at.first == unit) out[key] = at.second;
    }
    return out;
  }
  friend bool operator==(const UnitsModel& a, const UnitsModel& b) { return a.all_ == b.all_; }

 private:
  bool one_keyspace_;
  std::map<std::string, std::pair<Unit, std::string>> all_;
};

inline bool agrees(const Snapshot& snapshot, const UnitsModel& model) {
  for (const Unit unit : kUnits) {
    if (content(snapshot, unit) != model.of(unit)) return false;
  }
  return true;
}
inline bool agrees(const Engine& engine, const UnitsModel& model) {
  const auto snapshot = engine.snapshot();
  EXPECT_TRUE(is_ok(snapshot));
  return snapshot && agrees(**snapshot, model);
}

struct RandomBatch {
  Batch batch;
  bool conflict = false;  // with the model that it was made for
};
// Up to `most` changes and conditions, of one unit or of several.
inline RandomBatch random_batch(Random& random, const UnitsModel& now, std::uint64_t most = 12) {
  constexpr std::uint64_t kKeys = 120;
  RandomBatch out;
  const std::uint64_t only = random.below(kUnits.size());
  const bool one_unit = random.below(3) == 0;
  for (std::uint64_t n = 1 + random.below(most); n > 0; --n) {
    std::uint64_t i = random.below(kKeys);
    if (one_unit) i = i / kUnits.size() * kUnits.size() + only;
    const std::string key = test_key(i);
    const std::uint64_t kind = random.below(10);
    if (kind < 6) {
      out.batch.put(unit_of(i), key, test_value(random.next(), random.below(60)));
    } else if (kind < 7) {
      out.batch.erase(unit_of(i), key);
    } else if (kind < 8) {
      // Sometimes everything, as far as bounds reach.
      const bool all = random.below(8) == 0;
      const std::string end = test_key(i + random.below(kKeys / 4));
      out.batch.erase_range(unit_of(i), all ? kFirst : key, all ? kLast : end);
    } else {
      const bool wrong = random.below(8) == 0;
      out.conflict = out.conflict || wrong;
      if (wrong) out.batch.require(unit_of(i), key, "certainly not this one");
      if (!wrong) out.batch.require(unit_of(i), key, now.find(key));
    }
  }
  return out;
}

}  // namespace terrane

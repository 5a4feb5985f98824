#include <iterator>
#include <utility>

#include "terrane/store/engine.h"

namespace terrane {

namespace {

// A bound may be the successor of the longest key.
std::size_t longest_allowed(Batch::Kind kind) {
  return Batch::kMaxKeyBytes + (kind == Batch::Kind::kEraseRange ? 1 : 0);
}

Error key_too_long(std::size_t bytes, std::size_t limit) {
  return invalid("a key of " + std::to_string(bytes) + " bytes is too long for the engine; limit=`" +
                 std::to_string(limit) + "`");
}

}  // namespace

void Batch::put(Unit unit, std::string_view key, std::string_view value) {
  bytes_ += key.size() + value.size();
  ops_.push_back({Kind::kPut, true, unit, std::string(key), std::string(value)});
}

void Batch::erase(Unit unit, std::string_view key) {
  bytes_ += key.size();
  ops_.push_back({Kind::kErase, true, unit, std::string(key), {}});
}

void Batch::erase_range(Unit unit, std::string_view begin, std::string_view end) {
  bytes_ += begin.size() + end.size();
  ops_.push_back({Kind::kEraseRange, true, unit, std::string(begin), std::string(end)});
}

void Batch::require(Unit unit, std::string_view key, std::optional<std::string_view> value) {
  const std::string_view expected = value.value_or(std::string_view{});
  bytes_ += key.size() + expected.size();
  ops_.push_back({Kind::kRequire, value.has_value(), unit, std::string(key), std::string(expected)});
}

void Batch::add(Op op) {
  bytes_ += op.key.size() + op.value.size();
  ops_.push_back(std::move(op));
}

void Batch::append(Batch&& other) {
  if (ops_.empty()) {
    ops_ = std::move(other.ops_);
  } else {
    ops_.insert(ops_.end(), std::make_move_iterator(other.ops_.begin()),
                std::make_move_iterator(other.ops_.end()));
  }
  bytes_ += other.bytes_;
  other.ops_.clear();
  other.bytes_ = 0;
}

std::vector<Batch::Op> Batch::take() {
  bytes_ = 0;
  return std::exchange(ops_, {});
}

Status check_batch(const Batch& batch, const Engine::Traits& traits) {
  if (traits.read_only) return invalid("the store is open read-only; open it for writing to change it");
  if (batch.bytes() > Batch::kMaxBytes) {
    return invalid("a batch of " + std::to_string(batch.bytes()) + " bytes is too large; split it, limit=`" +
                   std::to_string(Batch::kMaxBytes) + "`");
  }
  for (const Batch::Op& op : batch.ops()) {
    const std::size_t limit = longest_allowed(op.kind);
    if (op.key.size() > limit) return key_too_long(op.key.size(), limit);
    if (op.kind == Batch::Kind::kEraseRange) {
      if (op.value.size() > limit) return key_too_long(op.value.size(), limit);
      if (op.value < op.key) return invalid("erase_range ends before it begins; swap its bounds");
    }
    if (!traits.atomic_across_units && op.unit != batch.ops().front().unit) {
      return invalid("this engine is atomic within a unit only; write one batch per unit, engine=`" +
                     std::string(traits.name) + "`");
    }
  }
  return ok();
}

}  // namespace terrane

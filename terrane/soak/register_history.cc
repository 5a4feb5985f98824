#include "terrane/soak/register_history.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <unordered_set>

#include "terrane/base/hash.h"

namespace terrane::soak {
namespace {

// A write whose client died and that no read has seen may as well never have happened; a read whose client
// died says nothing.
void drop_what_says_nothing(std::vector<RegisterOp>& history) {
  std::set<std::uint32_t> seen;
  for (const RegisterOp& op : history) {
    if (!op.write && op.ended != RegisterOp::kNever) seen.insert(op.value);
  }
  std::erase_if(history, [&](const RegisterOp& op) {
    return op.ended == RegisterOp::kNever && !(op.write && seen.contains(op.value));
  });
}

// Ops by when they begin; one after the other is taken into the order, and taken back where that led nowhere.
class Search {
 public:
  Search(std::vector<RegisterOp> ops, std::uint32_t initial)
      : ops_(std::move(ops)), value_(initial), done_(ops_.size(), false) {}

  std::optional<std::string> run() {
    std::size_t from = 0;  // where to look for the next
    while (low_ < ops_.size()) {
      if (take_one(from)) {
        from = 0;
        continue;
      }
      if (low_ >= furthest_) furthest_ = low_, stuck_value_ = value_;
      if (taken_.empty()) return complaint();
      from = take_back() + 1;
    }
    return std::nullopt;
  }

 private:
  struct Taken {
    std::size_t op;
    std::uint32_t value_before;
  };

  // Takes the first op at or after `from` that may come next and leads to a place not yet seen.
  bool take_one(std::size_t from) {
    // Nothing comes next that began after another ended.
    std::uint64_t first_end = RegisterOp::kNever;
    for (std::size_t i = low_; i < ops_.size() && ops_[i].begun <= first_end; ++i) {
      if (!done_[i]) first_end = std::min(first_end, ops_[i].ended);
    }
    for (std::size_t i = std::max(low_, from); i < ops_.size() && ops_[i].begun <= first_end; ++i) {
      const RegisterOp& op = ops_[i];
      if (done_[i] || (!op.write && op.value != value_)) continue;
      const std::uint64_t set = set_ ^ Random(i).next();
      const std::uint32_t value = op.write ? op.value : value_;
      // A set and a value are told by 64 bits: enough for the few places of a search.
      if (!seen_.insert(set ^ Random(~std::uint64_t{value}).next()).second) continue;
      taken_.push_back({i, value_});
      done_[i] = true;
      set_ = set;
      value_ = value;
      while (low_ < ops_.size() && done_[low_]) ++low_;
      return true;
    }
    return false;
  }

  std::size_t take_back() {
    const Taken last = taken_.back();
    taken_.pop_back();
    done_[last.op] = false;
    set_ ^= Random(last.op).next();
    value_ = last.value_before;
    low_ = std::min(low_, last.op);
    return last.op;
  }

  std::string complaint() const {
    const RegisterOp& op = ops_[std::min(furthest_, ops_.size() - 1)];
    return fmt::format("no order explains the {} of {} at {} to {} ns, with {} before it",
                       op.write ? "write" : "read", op.value, op.begun, op.ended, stuck_value_);
  }

  const std::vector<RegisterOp> ops_;
  std::uint32_t value_;
  std::vector<bool> done_;
  std::uint64_t set_ = 0;  // a hash of those that are done
  std::size_t low_ = 0;    // the first that is not
  std::vector<Taken> taken_;
  std::unordered_set<std::uint64_t> seen_;
  std::size_t furthest_ = 0;
  std::uint32_t stuck_value_ = 0;
};

}  // namespace

std::optional<std::string> find_violation(std::vector<RegisterOp> history, std::uint32_t initial) {
  drop_what_says_nothing(history);
  if (history.empty()) return std::nullopt;
  std::sort(history.begin(), history.end(),
            [](const RegisterOp& a, const RegisterOp& b) { return a.begun < b.begun; });
  return Search(std::move(history), initial).run();
}

}  // namespace terrane::soak

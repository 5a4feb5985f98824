#include "terrane/store/staged_engine.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <utility>
#include <vector>

#include "terrane/store/overlay.h"
#include "terrane/store/staged_log.h"

namespace terrane {

namespace {

using staged::Changes;
using Kind = Batch::Kind;

Status check_units(const Batch& batch) {
  for (const Batch::Op& op : batch.ops()) {
    const bool of_log =
        op.kind == Kind::kEraseRange ? op.unit == staged::log_unit() : staged::is_of_log(op.unit, op.key);
    if (of_log) return invalid("keys that begin with ff \"staged/\" belong to the engine; use another name");
  }
  return ok();
}

bool in_one_unit(const std::vector<Batch::Op>& ops) {
  return std::all_of(ops.begin(), ops.end(),
                     [&](const Batch::Op& op) { return op.unit == ops.front().unit; });
}

Status check_conditions(const Snapshot& now, const Batch& batch) {
  for (const Batch::Op& op : batch.ops()) {
    if (op.kind != Kind::kRequire) continue;
    TERRANE_ASSIGN(const auto value, now.get(op.unit, op.key));
    if (value.has_value() != op.present || (value && *value != op.value)) {
      return Error{ErrorCode::kConflict, "a key changed since it was read; read again and retry"};
    }
  }
  return ok();
}

Changes changes_of(Batch batch) {
  Changes changes = batch.take();
  std::erase_if(changes, [](const Batch::Op& op) { return op.kind == Kind::kRequire; });
  return changes;
}

// A range of a keyspace that the log is in too, without the keys of the log.
void add_beside_log(Batch::Op range, Batch& batch) {
  Batch::Op behind = range;
  range.value = std::min(range.value, std::string(staged::kLogBegin));
  behind.key = std::max(behind.key, std::string(staged::kLogEnd));
  if (range.key < range.value) batch.add(std::move(range));
  if (behind.key < behind.value) batch.add(std::move(behind));
}

// Changes as one batch per unit. In one keyspace a range takes keys of all units, so where there is one the
// order of the changes stays, and a unit may come more than once.
std::vector<Batch> parts_of(Changes changes, bool one_keyspace) {
  const bool ordered = one_keyspace && std::any_of(changes.begin(), changes.end(), [](const Batch::Op& op) {
                         return op.kind == Kind::kEraseRange;
                       });
  std::vector<Batch> parts;
  std::map<Unit, std::size_t> part_of;
  Unit last;
  for (Batch::Op& op : changes) {
    if (ordered && op.unit != last) part_of.clear();
    last = op.unit;
    const auto [part, is_new] = part_of.try_emplace(op.unit, parts.size());
    if (is_new) parts.emplace_back();
    if (one_keyspace && op.kind == Kind::kEraseRange) {
      add_beside_log(std::move(op), parts[part->second]);
    } else {
      parts[part->second].add(std::move(op));
    }
  }
  return parts;
}

class StagedEngine final : public Engine {
 public:
  StagedEngine(std::unique_ptr<Engine> engine, bool read_only, StagedEngineOptions options)
      : engine_(std::move(engine)),
        one_keyspace_(engine_->traits().one_keyspace),
        read_only_(read_only),
        options_(options) {}

  Traits traits() const override {
    return {.name = "staged",
            .one_keyspace = one_keyspace_,
            .atomic_across_units = true,
            .read_only = read_only_};
  }
  Status write(Batch batch, Durability durability) override;
  Result<std::shared_ptr<const Snapshot>> snapshot() const override;
  Status flush() override { return engine_->flush(); }
  Status compact() override { return engine_->compact(); }
  // With what is in the log at that moment.
  Status checkpoint(const std::string& path) const override { return engine_->checkpoint(path); }
  Status refresh() override { return engine_->refresh(); }
  Result<std::uint64_t> disk_bytes() const override { return engine_->disk_bytes(); }

  // Makes the changes of what was committed, and empties the log. Nobody else writes.
  Status finish_log();

 private:
  // While it lives the log is in use, and readers see the state before. Afterwards they look into the log,
  // unless done() was called.
  class Staging {
   public:
    Staging(StagedEngine& engine, std::shared_ptr<const Snapshot> before) : engine_(engine) {
      set(std::move(before), false);
    }
    ~Staging() { set(nullptr, done_); }
    Staging(const Staging&) = delete;
    Staging& operator=(const Staging&) = delete;
    void done() { done_ = true; }

   private:
    void set(std::shared_ptr<const Snapshot> before, bool at_rest) {
      const std::lock_guard lock(engine_.view_mutex_);
      std::swap(engine_.before_, before);
      engine_.at_rest_ = at_rest;
    }
    StagedEngine& engine_;
    bool done_ = false;
  };

  Status write_alone(Batch batch, Durability durability);
  Status stage(std::shared_ptr<const Snapshot> before, Changes changes, Durability durability);
  Status make(Changes changes);
  Status empty_log(const std::vector<std::string>& keys);

  const std::unique_ptr<Engine> engine_;
  const bool one_keyspace_, read_only_;
  const StagedEngineOptions options_;
  // Batches within one unit go together while the log is empty, all else alone. Whoever waits holds the
  // turnstile, so neither kind starves.
  std::mutex turnstile_;
  std::shared_mutex gate_;
  // What readers see. Changed by who is alone behind the gate and holds this; readers hold it until they have
  // their snapshot, writers need one of both.
  mutable std::mutex view_mutex_;
  std::shared_ptr<const Snapshot> before_;  // while a batch is staged
  bool at_rest_ = false;                    // the log is known to be empty
};

Status StagedEngine::write(Batch batch, Durability durability) {
  TERRANE_TRY(check_batch(batch, traits()));
  TERRANE_TRY(check_units(batch));
  if (batch.empty()) return ok();
  std::unique_lock turn(turnstile_);
  if (in_one_unit(batch.ops())) {
    const std::shared_lock together(gate_);
    if (at_rest_) {
      turn.unlock();
      return engine_->write(std::move(batch), durability);
    }
  }
  const std::unique_lock alone(gate_);
  turn.unlock();
  return write_alone(std::move(batch), durability);
}

Status StagedEngine::write_alone(Batch batch, Durability durability) {
  if (!at_rest_) TERRANE_TRY(finish_log());
  if (in_one_unit(batch.ops())) return engine_->write(std::move(batch), durability);
  TERRANE_ASSIGN(auto before, engine_->snapshot());
  TERRANE_TRY(check_conditions(*before, batch));
  Changes changes = changes_of(std::move(batch));
  if (!in_one_unit(changes)) return stage(std::move(before), std::move(changes), durability);
  Batch left;
  for (Batch::Op& op : changes) left.add(std::move(op));
  return engine_->write(std::move(left), durability);
}

Status StagedEngine::stage(std::shared_ptr<const Snapshot> before, Changes changes, Durability durability) {
  // Versions grow with each write, so no other batch had this one over which this one is written.
  const std::uint64_t id = before->version();
  Staging staging(*this, std::move(before));
  TERRANE_ASSIGN(
      const auto keys, staged::write_log(id, changes, options_.chunk_bytes, [&](staged::LogBatch log) {
        return engine_->write(std::move(log.batch), log.commits ? durability : Durability::kBuffered);
      }));
  // It counts from here on. The log is emptied after its changes are made, and becomes durable after them.
  if (make(std::move(changes)) && empty_log(keys)) staging.done();
  return ok();
}

Status StagedEngine::make(Changes changes) {
  for (Batch& part : parts_of(std::move(changes), one_keyspace_)) {
    TERRANE_TRY(engine_->write(std::move(part), Durability::kBuffered));
  }
  return ok();
}

Status StagedEngine::empty_log(const std::vector<std::string>& keys) {
  Batch batch;
  for (const std::string& key : keys) batch.erase(staged::log_unit(), key);
  return engine_->write(std::move(batch), Durability::kBuffered);
}

Status StagedEngine::finish_log() {
  TERRANE_ASSIGN(const auto now, engine_->snapshot());
  TERRANE_ASSIGN(staged::Log log, staged::read_log(*now));
  for (Changes& changes : log.committed) TERRANE_TRY(make(std::move(changes)));
  if (!log.keys.empty()) TERRANE_TRY(empty_log(log.keys));
  const std::lock_guard lock(view_mutex_);
  at_rest_ = true;
  return ok();
}

Result<std::shared_ptr<const Snapshot>> StagedEngine::snapshot() const {
  std::unique_lock lock(view_mutex_);
  if (before_ != nullptr) return before_;
  TERRANE_ASSIGN(auto now, engine_->snapshot());
  if (at_rest_) return now;
  lock.unlock();
  // Whatever is going on, a state of the engine within tells by its log what it stands for.
  TERRANE_ASSIGN(const staged::Log log, staged::read_log(*now));
  if (log.keys.empty()) return now;
  auto overlay = std::make_shared<Overlay>(one_keyspace_);
  overlay->apply({Kind::kEraseRange, true, staged::log_unit(), std::string(staged::kLogBegin),
                  std::string(staged::kLogEnd)});
  for (const Changes& changes : log.committed) {
    for (const Batch::Op& op : changes) overlay->apply(op);
  }
  return lay_over(std::move(now), std::move(overlay));
}

}  // namespace

Result<std::unique_ptr<Engine>> open_staged_engine(std::unique_ptr<Engine> engine, EngineMode mode,
                                                   StagedEngineOptions options) {
  const bool read_only = mode == EngineMode::kReadOnly || engine->traits().read_only;
  auto staged = std::make_unique<StagedEngine>(std::move(engine), read_only, options);
  if (!read_only) TERRANE_TRY(staged->finish_log());
  return std::unique_ptr<Engine>(std::move(staged));
}

}  // namespace terrane

#include "terrane/store/fault_engine.h"

#include <array>
#include <mutex>
#include <string>
#include <utility>

namespace terrane {

using Op = FaultEngine::Op;

// What fails when. Each call goes through pass() once.
class FaultEngine::Plan {
 public:
  void arm(const Fault& fault) {
    const std::lock_guard lock(mutex_);
    fault_ = fault;
    seen_ = 0;
  }
  void disarm() {
    const std::lock_guard lock(mutex_);
    fault_.reset();
  }
  std::uint64_t count(Op op) const {
    const std::lock_guard lock(mutex_);
    return counts_[static_cast<std::size_t>(op)];
  }
  std::uint64_t failures() const {
    const std::lock_guard lock(mutex_);
    return failures_;
  }

  // The fault that hits this call, if one does.
  std::optional<Fault> hit(Op op) {
    const std::lock_guard lock(mutex_);
    ++counts_[static_cast<std::size_t>(Op::kAny)];
    ++counts_[static_cast<std::size_t>(op)];
    if (!fault_ || (fault_->op != Op::kAny && fault_->op != op)) return std::nullopt;
    ++seen_;
    if (seen_ != fault_->nth && !(fault_->sticky && seen_ > fault_->nth)) return std::nullopt;
    ++failures_;
    return fault_;
  }
  Status pass(Op op) {
    if (const std::optional<Fault> fault = hit(op)) return error(*fault);
    return ok();
  }
  static Error error(const Fault& fault) {
    return {fault.code, "a fault was injected; op=`" + std::to_string(static_cast<int>(fault.op)) +
                            "`, nth=`" + std::to_string(fault.nth) + "`"};
  }

  // The error of the write or flush after which durability is unknown.
  std::optional<Error> failed() const {
    const std::lock_guard lock(mutex_);
    return failed_;
  }
  void fail(const Error& error) {
    const std::lock_guard lock(mutex_);
    if (!failed_) failed_ = error;
  }

 private:
  mutable std::mutex mutex_;
  std::optional<Fault> fault_;
  std::uint64_t seen_ = 0;  // calls of the armed kind since arm()
  std::array<std::uint64_t, 8> counts_{};
  std::uint64_t failures_ = 0;
  std::optional<Error> failed_;
};

namespace {

using Plan = FaultEngine::Plan;

class FaultCursor final : public Cursor {
 public:
  FaultCursor(std::unique_ptr<Cursor> cursor, std::shared_ptr<Plan> plan)
      : cursor_(std::move(cursor)), plan_(std::move(plan)) {}

  void seek(std::string_view key) override {
    status_ = plan_->pass(Op::kSeek);
    if (status_) cursor_->seek(key);
  }
  void next() override {
    status_ = plan_->pass(Op::kNext);
    if (status_) cursor_->next();
  }
  bool valid() const override { return status_ && cursor_->valid(); }
  std::string_view key() const override { return cursor_->key(); }
  std::string_view value() const override { return cursor_->value(); }
  Status status() const override { return status_ ? cursor_->status() : status_; }

 private:
  std::unique_ptr<Cursor> cursor_;
  std::shared_ptr<Plan> plan_;
  Status status_;
};

class FaultSnapshot final : public Snapshot {
 public:
  FaultSnapshot(std::shared_ptr<const Snapshot> snapshot, std::shared_ptr<Plan> plan)
      : snapshot_(std::move(snapshot)), plan_(std::move(plan)) {}

  std::uint64_t version() const override { return snapshot_->version(); }
  Result<std::optional<std::string>> get(Unit unit, std::string_view key) const override {
    TERRANE_TRY(plan_->pass(Op::kGet));
    return snapshot_->get(unit, key);
  }
  std::unique_ptr<Cursor> scan(Unit unit, std::string_view begin, std::string_view end) const override {
    return std::make_unique<FaultCursor>(snapshot_->scan(unit, begin, end), plan_);
  }
  Status seek_many(std::span<const Seek> seeks,
                   const std::function<Status(std::size_t, const Entry&)>& visit) const override {
    Status fault;
    for (std::size_t i = 0; i < seeks.size() && fault; ++i) fault = plan_->pass(Op::kSeek);
    TERRANE_TRY(fault);
    return snapshot_->seek_many(seeks, visit);
  }

 private:
  std::shared_ptr<const Snapshot> snapshot_;
  std::shared_ptr<Plan> plan_;
};

}  // namespace

FaultEngine::FaultEngine(std::unique_ptr<Engine> engine)
    : engine_(std::move(engine)), plan_(std::make_shared<Plan>()) {}
FaultEngine::~FaultEngine() = default;

void FaultEngine::arm(const Fault& fault) {
  plan_->arm(fault);
}
void FaultEngine::disarm() {
  plan_->disarm();
}
std::uint64_t FaultEngine::count(Op op) const {
  return plan_->count(op);
}
std::uint64_t FaultEngine::failures() const {
  return plan_->failures();
}
std::unique_ptr<Engine> FaultEngine::release() {
  return std::move(engine_);
}

Engine::Traits FaultEngine::traits() const {
  return engine_->traits();
}

Status FaultEngine::durable(Op op, const std::function<Status()>& call) {
  const std::optional<Fault> fault = plan_->hit(op);
  if (auto failed = plan_->failed()) return *failed;
  if (!fault) return call();
  const Error error = Plan::error(*fault);
  if (fault->after_effect) TERRANE_TRY(call());
  if (fault->sticky || fault->after_effect) plan_->fail(error);
  return error;
}

Status FaultEngine::write(Batch batch, Durability durability) {
  return durable(Op::kWrite, [&] { return engine_->write(std::move(batch), durability); });
}

Status FaultEngine::flush() {
  return durable(Op::kFlush, [&] { return engine_->flush(); });
}

Result<std::shared_ptr<const Snapshot>> FaultEngine::snapshot() const {
  TERRANE_TRY(plan_->pass(Op::kSnapshot));
  TERRANE_ASSIGN(auto inner, engine_->snapshot());
  return std::shared_ptr<const Snapshot>(std::make_shared<FaultSnapshot>(std::move(inner), plan_));
}

Status FaultEngine::compact() {
  TERRANE_TRY(plan_->pass(Op::kMaintain));
  return engine_->compact();
}

Status FaultEngine::checkpoint(const std::string& path) const {
  TERRANE_TRY(plan_->pass(Op::kMaintain));
  return engine_->checkpoint(path);
}

Status FaultEngine::refresh() {
  TERRANE_TRY(plan_->pass(Op::kMaintain));
  return engine_->refresh();
}

Result<std::uint64_t> FaultEngine::disk_bytes() const {
  TERRANE_TRY(plan_->pass(Op::kMaintain));
  return engine_->disk_bytes();
}

}  // namespace terrane

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "terrane/store/engine.h"

namespace terrane {

// An engine around an engine that fails on demand: for tests of everything that stands on engines.
//
// Calls are counted by kind; an armed fault makes one of them fail, or that one and all after it. A test that
// fails every call in turn: run once unarmed and take count(kAny), then arm nth = 1, 2, ... up to it.
// A failed cursor stays failed until it seeks again. Thread-safe.
class FaultEngine final : public Engine {
 public:
  enum class Op : std::uint8_t { kAny, kWrite, kFlush, kSnapshot, kGet, kSeek, kNext, kMaintain };
  struct Fault {
    Op op = Op::kAny;       // kSeek counts each of seek_many, kMaintain compact, checkpoint and refresh
    std::uint64_t nth = 1;  // from arm(): 1 is the next
    // All later calls of the kind fail too. A write that failed so is refused for ever, with its error, as
    // engines must; so is each later write and flush, whatever is armed afterwards.
    bool sticky = false;
    bool after_effect = false;  // kWrite, kFlush: the call takes effect and still says that it failed
    ErrorCode code = ErrorCode::kIo;
  };

  explicit FaultEngine(std::unique_ptr<Engine> engine);
  ~FaultEngine() override;

  void arm(const Fault& fault);
  void disarm();
  std::uint64_t count(Op op) const;   // calls so far, failed ones included
  std::uint64_t failures() const;     // calls failed so far
  std::unique_ptr<Engine> release();  // the engine within; the wrapper is of no use afterwards

  Traits traits() const override;
  Status write(Batch batch, Durability durability) override;
  Result<std::shared_ptr<const Snapshot>> snapshot() const override;
  Status flush() override;
  Status compact() override;
  Status checkpoint(const std::string& path) const override;
  Status refresh() override;
  Result<std::uint64_t> disk_bytes() const override;

  class Plan;

 private:
  Status durable(Op op, const std::function<Status()>& call);

  std::unique_ptr<Engine> engine_;
  std::shared_ptr<Plan> plan_;  // shared with snapshots and cursors
};

}  // namespace terrane

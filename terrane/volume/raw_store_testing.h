#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>

#include "terrane/store/engine.h"

namespace terrane {

// A key beneath the volume, with its unit.
using StoredKey = std::pair<Unit, std::string>;
using StoredValues = std::map<StoredKey, std::string>;

// One engine that volumes use one after another, with every key of it laid open: for tests that damage a
// store and look what comes of it. Thread-safe as the engine is.
class RawStore {
 public:
  explicit RawStore(std::unique_ptr<Engine> engine) : shared_(std::make_shared<Shared>()) {
    shared_->engine = std::move(engine);
  }

  // An engine that forwards to the one within, and may be given to a volume.
  std::unique_ptr<Engine> lend() { return std::make_unique<Lent>(shared_); }

  // All that is stored now.
  StoredValues values() const {
    const auto snapshot = shared_->engine->snapshot().value();
    const std::scoped_lock lock(shared_->mutex);
    StoredValues out;
    for (const auto& [unit, key] : shared_->seen) {
      if (auto value = snapshot->get(unit, key).value()) out[{unit, key}] = *std::move(value);
    }
    return out;
  }
  void put(const StoredKey& at, std::string_view value) {
    Batch batch;
    batch.put(at.first, at.second, value);
    shared_->engine->write(std::move(batch), Durability::kBuffered).value();
  }
  void erase(const StoredKey& at) {
    Batch batch;
    batch.erase(at.first, at.second);
    shared_->engine->write(std::move(batch), Durability::kBuffered).value();
  }
  // Everything as it was, and nothing else.
  void restore(const StoredValues& all) {
    for (const auto& [at, value] : values()) {
      if (!all.contains(at)) erase(at);
    }
    const StoredValues now = values();
    for (const auto& [at, value] : all) {
      if (const auto found = now.find(at); found == now.end() || found->second != value) put(at, value);
    }
  }

 private:
  struct Shared {
    std::unique_ptr<Engine> engine;
    mutable std::mutex mutex;
    std::set<StoredKey> seen;  // every key that was ever put
  };

  class Lent final : public Engine {
   public:
    explicit Lent(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}
    Traits traits() const override { return shared_->engine->traits(); }
    Status write(Batch batch, Durability durability) override {
      {
        const std::scoped_lock lock(shared_->mutex);
        for (const Batch::Op& op : batch.ops()) {
          if (op.kind == Batch::Kind::kPut) shared_->seen.insert({op.unit, op.key});
        }
      }
      return shared_->engine->write(std::move(batch), durability);
    }
    Result<std::shared_ptr<const Snapshot>> snapshot() const override { return shared_->engine->snapshot(); }
    Status flush() override { return shared_->engine->flush(); }
    Status compact() override { return shared_->engine->compact(); }
    Status checkpoint(const std::string& path) const override { return shared_->engine->checkpoint(path); }
    Status refresh() override { return shared_->engine->refresh(); }
    Result<std::uint64_t> disk_bytes() const override { return shared_->engine->disk_bytes(); }

   private:
    std::shared_ptr<Shared> shared_;
  };

  std::shared_ptr<Shared> shared_;
};

}  // namespace terrane

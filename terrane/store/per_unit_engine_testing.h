#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "terrane/store/engine.h"

namespace terrane {

// An engine that is atomic per unit only, whatever the one within can do. That one is shared: it outlives
// this, so that a test can look into it, and open it again. `one_keyspace`: one that has a keyspace for each
// unit is used as if it had one for all.
class PerUnitEngine final : public Engine {
 public:
  explicit PerUnitEngine(std::shared_ptr<Engine> engine, bool one_keyspace = false)
      : engine_(std::move(engine)), joined_(one_keyspace && !engine_->traits().one_keyspace) {}

  Traits traits() const override {
    Traits traits = engine_->traits();
    traits.one_keyspace = traits.one_keyspace || joined_;
    traits.atomic_across_units = false;
    return traits;
  }
  Status write(Batch batch, Durability durability) override {
    TERRANE_TRY(check_batch(batch, traits()));
    Batch joined;
    for (Batch::Op& op : batch.take()) {
      op.unit = unit(op.unit);
      joined.add(std::move(op));
    }
    return engine_->write(std::move(joined), durability);
  }
  Result<std::shared_ptr<const Snapshot>> snapshot() const override {
    TERRANE_ASSIGN(auto inner, engine_->snapshot());
    if (!joined_) return inner;
    return std::shared_ptr<const Snapshot>(std::make_shared<Joined>(std::move(inner)));
  }
  Status flush() override { return engine_->flush(); }
  Status compact() override { return engine_->compact(); }
  Status checkpoint(const std::string& path) const override { return engine_->checkpoint(path); }
  Status refresh() override { return engine_->refresh(); }
  Result<std::uint64_t> disk_bytes() const override { return engine_->disk_bytes(); }

 private:
  // All units as one.
  class Joined final : public Snapshot {
   public:
    explicit Joined(std::shared_ptr<const Snapshot> snapshot) : snapshot_(std::move(snapshot)) {}
    std::uint64_t version() const override { return snapshot_->version(); }
    Result<std::optional<std::string>> get(Unit, std::string_view key) const override {
      return snapshot_->get(Unit{}, key);
    }
    std::unique_ptr<Cursor> scan(Unit, std::string_view begin, std::string_view end) const override {
      return snapshot_->scan(Unit{}, begin, end);
    }
    Status seek_many(std::span<const Seek> seeks,
                     const std::function<Status(std::size_t, const Entry&)>& visit) const override {
      std::vector<Seek> joined(seeks.begin(), seeks.end());
      for (Seek& seek : joined) seek.unit = Unit{};
      return snapshot_->seek_many(joined, visit);
    }

   private:
    std::shared_ptr<const Snapshot> snapshot_;
  };

  Unit unit(Unit unit) const { return joined_ ? Unit{} : unit; }

  std::shared_ptr<Engine> engine_;
  bool joined_;
};

}  // namespace terrane

// Readers that hold an older state while it changes: what they load must never be given to a newer reader.

#include <gtest/gtest.h>

#include <functional>
#include <latch>
#include <mutex>
#include <thread>

#include "terrane/store/engines.h"
#include "terrane/volume/raw_store_testing.h"
#include "terrane/volume/sample_store_testing.h"

namespace terrane {
namespace {

using Hook = std::function<void()>;

class HookedSnapshot final : public Snapshot {
 public:
  HookedSnapshot(std::shared_ptr<const Snapshot> snapshot, std::shared_ptr<Hook> hook)
      : snapshot_(std::move(snapshot)), hook_(std::move(hook)) {}
  std::uint64_t version() const override { return snapshot_->version(); }
  Result<std::optional<std::string>> get(Unit unit, std::string_view key) const override {
    return snapshot_->get(unit, key);
  }
  std::unique_ptr<Cursor> scan(Unit unit, std::string_view begin, std::string_view end) const override {
    if (const Hook hook = std::exchange(*hook_, {})) hook();
    return snapshot_->scan(unit, begin, end);
  }
  Status seek_many(std::span<const Seek> seeks,
                   const std::function<Status(std::size_t, const Entry&)>& visit) const override {
    return snapshot_->seek_many(seeks, visit);
  }

 private:
  std::shared_ptr<const Snapshot> snapshot_;
  std::shared_ptr<Hook> hook_;
};

// An engine that calls back once between the moment a reader has taken its snapshot and its first look into
// it. As a reader beside a writer it sees only what was there at its last refresh.
class HookedEngine final : public Engine {
 public:
  HookedEngine(std::unique_ptr<Engine> engine, bool pinned, std::shared_ptr<Hook> hook)
      : engine_(std::move(engine)), hook_(std::move(hook)) {
    if (pinned) pinned_ = engine_->snapshot().value();
  }
  Traits traits() const override { return engine_->traits(); }
  Status write(Batch batch, Durability durability) override {
    return engine_->write(std::move(batch), durability);
  }
  Result<std::shared_ptr<const Snapshot>> snapshot() const override {
    const auto inner = pinned_ ? pinned_ : engine_->snapshot().value();
    return std::shared_ptr<const Snapshot>(std::make_shared<HookedSnapshot>(inner, hook_));
  }
  Status flush() override { return engine_->flush(); }
  Status compact() override { return engine_->compact(); }
  Status checkpoint(const std::string& path) const override { return engine_->checkpoint(path); }
  Status refresh() override {
    pinned_ = engine_->snapshot().value();
    return ok();
  }
  Result<std::uint64_t> disk_bytes() const override { return engine_->disk_bytes(); }

 private:
  std::unique_ptr<Engine> engine_;
  std::shared_ptr<const Snapshot> pinned_;
  std::shared_ptr<Hook> hook_;
};

class StaleRead : public testing::Test {
 protected:
  static constexpr Coord kWhere = {30, 5, 9};
  static constexpr Box kBox = {{0, 0, 0}, {200, 10, 70}};

  StaleRead() : store_(make_memory_engine()), hook_(std::make_shared<Hook>()) {
    options_.executor = &here_;
    { Volume::create_on(store_.lend(), sample::create_options(), options_).value(); }
    old_ = sample::noise(kBox.size(), 1);
    new_ = sample::noise(kBox.size(), 2);
    new_.at(kWhere) = static_cast<MaterialId>(old_.at(kWhere) + 1);
  }

  Volume open(bool pinned, Access access) {
    OpenOptions options = options_;
    options.access = access;
    return Volume::open_on(std::make_unique<HookedEngine>(store_.lend(), pinned, hook_), options).value();
  }

  InlineExecutor here_;
  OpenOptions options_;
  RawStore store_;
  std::shared_ptr<Hook> hook_;
  VoxelArray old_, new_;
};

TEST_F(StaleRead, AReadThatBeganBeforeAWriteLeavesNothingBehind) {
  Volume volume = open(false, Access::kWrite);
  ASSERT_TRUE(volume.write(kBox, old_.view()));
  volume.drop_cache();
  *hook_ = [&] { volume.write(kBox, new_.view()).value(); };
  EXPECT_EQ(volume.read({kBox, 0, {}}).value().voxels, old_.voxels) << "the state when it began";
  EXPECT_EQ(volume.at(kWhere).value(), new_.at(kWhere));
  EXPECT_EQ(volume.read({kBox, 0, {}}).value().voxels, new_.voxels);
}

TEST_F(StaleRead, APointReadThatBeganBeforeAWriteLeavesNothingBehind) {
  Volume volume = open(false, Access::kWrite);
  ASSERT_TRUE(volume.write(kBox, old_.view()));
  volume.drop_cache();
  *hook_ = [&] { volume.write(kBox, new_.view()).value(); };
  EXPECT_EQ(volume.at(kWhere).value(), old_.at(kWhere));
  EXPECT_EQ(volume.at(kWhere).value(), new_.at(kWhere));
}

TEST_F(StaleRead, AReadThatBeganBeforeARefreshLeavesNothingBehind) {
  Volume writer = open(false, Access::kWrite);
  ASSERT_TRUE(writer.write(kBox, old_.view()));
  Volume reader = open(true, Access::kRead);
  ASSERT_TRUE(writer.write(kBox, new_.view()));
  *hook_ = [&] { reader.refresh().value(); };
  EXPECT_EQ(reader.read({kBox, 0, {}}).value().voxels, old_.voxels) << "the state when it began";
  EXPECT_EQ(reader.at(kWhere).value(), new_.at(kWhere));
  EXPECT_EQ(reader.read({kBox, 0, {}}).value().voxels, new_.voxels);
}

TEST_F(StaleRead, ARebuildTakesCoarserCellsOutOfTheCache) {
  Volume volume = open(false, Access::kWrite);
  ASSERT_TRUE(volume.write(kBox, old_.view()));
  const VoxelArray level2 = volume.read({kBox, 2, {}}).value();
  ASSERT_TRUE(volume.rebuild_levels());
  EXPECT_EQ(volume.read({kBox, 2, {}}).value().voxels, level2.voxels);
}

}  // namespace
}  // namespace terrane

// Lets the engine fail at every call of every operation, once and for good: the answer is an I/O error, never
// voxels and never a loss, and afterwards the store holds what it held before or all that was written.

#include <gtest/gtest.h>

#include "terrane/base/rounds_testing.h"
#include "terrane/store/engines.h"
#include "terrane/store/fault_engine.h"
#include "terrane/volume/raw_store_testing.h"
#include "terrane/volume/sample_store_testing.h"

namespace terrane {
namespace {

using Op = FaultEngine::Op;

enum class On : std::uint8_t { kMemory, kRocks, kStaged };  // staged: on memory that is atomic per unit only

struct Mode {
  const char* name;
  Op op;
  bool sticky;
  bool after_effect;
  On on;
  std::uint64_t stride;  // from one call that fails to the next
};

class Source final : public VoxelSource {
 public:
  explicit Source(VoxelArray voxels) : voxels_(std::move(voxels)) {}
  Coord size() const override { return voxels_.size; }
  std::string identity() const override { return "array"; }
  Status read(const Box& box, VoxelView out) const override {
    copy(voxels_.view().sub(box), out);
    return ok();
  }

 private:
  VoxelArray voxels_;
};

using Levels = std::vector<VoxelArray>;

class Faults : public testing::TestWithParam<Mode> {
 protected:
  Faults() : store_(make_engine()) {
    open_.executor = &here_;
    Volume volume = Volume::create_on(store_.lend(), sample::create_options(), open_).value();
    for (const sample::Step& step : sample::steps()) volume.write(step.box, step.voxels.view()).value();
    before_ = sample::all_levels(volume);
    sound_ = store_.values();
  }

  static std::unique_ptr<Engine> make_engine() {
    if (GetParam().on != On::kRocks) return make_memory_engine({GetParam().on == On::kMemory});
    return open_rocks_engine(sample::fresh_path("faults"), EngineMode::kCreate).value();
  }

  // A volume on an engine that is to fail at its `nth` call from now on.
  struct Failing {
    FaultEngine* engine = nullptr;  // the volume's
    std::optional<Volume> volume;
    void arm(const Mode& mode, std::uint64_t nth) const {
      engine->arm({mode.op, nth, mode.sticky, mode.after_effect});
    }
    bool was_hit() const { return engine->failures() > 0; }
  };
  Failing open_failing(Access access) {
    auto engine = std::make_unique<FaultEngine>(store_.lend());
    Failing out;
    out.engine = engine.get();
    OpenOptions options = open_;
    options.access = access;
    out.volume.emplace(Volume::open_on(std::move(engine), options).value());
    return out;
  }

  // Calls `attempt` with a fault at the first call, the second..., until it outlives all calls. False: no
  // fault was met.
  template <class Attempt>
  void at_every_call(const Attempt& attempt) {
    std::uint64_t nth = 1;
    for (; attempt(nth); nth += stride(GetParam().stride)) {
      store_.restore(sound_);
      if (HasFailure()) FAIL() << "at call " << nth;
      ASSERT_LT(nth, 5000u);
    }
    EXPECT_GT(nth, 1u) << "no fault was ever met";
  }

  template <class R>
  static void expect_io(const R& result, ErrorCode code = ErrorCode::kIo) {
    if (!result) {
      EXPECT_EQ(result.error().code, code) << result.error().message;
    }
  }

  // While the volume is still open: each level is as before or as after, and no level is behind level 0
  // unless it says so.
  static void expect_in_step(const Volume& volume, const Levels& before, const Levels& after) {
    const auto level0 = volume.read({volume.world().bounds(), 0, {}});
    expect_io(level0, ErrorCode::kIncomplete);  // an ingest that is unfinished
    const bool is_new = level0 && level0->voxels == after[0].voxels;
    if (level0 && !is_new) {
      EXPECT_EQ(level0->voxels, before[0].voxels);
    }
    for (int level = 1; level <= kMaxLevel; ++level) {
      const auto l = static_cast<std::size_t>(level);
      const auto read = volume.read({volume.world().bounds(), level, {}});
      expect_io(read, ErrorCode::kIncomplete);
      if (read) {
        EXPECT_EQ(read->voxels, (is_new ? after : before)[l].voxels) << "level " << level;
      }
    }
  }

  // Opened anew for writing, the store is whole, and all its levels are those before or those after.
  void expect_whole(bool must_be_new, const Levels& before, const Levels& after) {
    OpenOptions options = open_;
    options.access = Access::kWrite;
    const Volume volume = Volume::open_on(store_.lend(), options).value();
    sample::expect_clean(volume);
    const Levels now = sample::all_levels(volume);
    const bool is_new = now[0].voxels == after[0].voxels;
    EXPECT_TRUE(is_new || !must_be_new);
    for (std::size_t l = 0; l < now.size(); ++l) {
      EXPECT_EQ(now[l].voxels, (is_new ? after : before)[l].voxels) << "level " << l;
    }
  }

  InlineExecutor here_;
  OpenOptions open_;
  RawStore store_;
  StoredValues sound_;
  Levels before_;
};

class ReadFaults : public Faults {};

TEST_P(ReadFaults, AReadGivesTheTruthOrAnIoError) {
  at_every_call([&](std::uint64_t nth) {
    Failing failing = open_failing(Access::kRead);
    failing.arm(GetParam(), nth);
    const Volume& volume = *failing.volume;
    for (const int level : {0, 1, 3}) {
      const auto read = volume.read({volume.world().bounds(), level, {}});
      expect_io(read);
      if (read) {
        EXPECT_EQ(read->voxels, before_[static_cast<std::size_t>(level)].voxels);
      }
    }
    for (const Coord p : {Coord{3, 3, 3}, Coord{600, 3, 3}, Coord{1030, 8, 69}, Coord{300, 9, 1}}) {
      volume.drop_cache();
      const auto found = volume.locate(p);
      expect_io(found);
      if (found) {
        EXPECT_EQ(found->material, before_[0].at(p));
      }
    }
    const auto visit = [](const RangeInfo&) { return ok(); };
    expect_io(volume.visit(volume.world().bounds(), 0, visit));
    const bool hit = failing.was_hit();
    failing.engine->disarm();
    EXPECT_EQ(volume.read({volume.world().bounds(), 0, {}}).value().voxels, before_[0].voxels);
    return hit;
  });
}

TEST_P(ReadFaults, VerifyDoesNotTakeAFaultForDamage) {
  at_every_call([&](std::uint64_t nth) {
    Failing failing = open_failing(Access::kRead);
    failing.arm(GetParam(), nth);
    const auto report = failing.volume->verify();
    expect_io(report);
    if (report) {
      EXPECT_EQ(report->corrupt + report->missing, 0u) << report->findings.front().message;
      EXPECT_FALSE(failing.was_hit());
    }
    return failing.was_hit();
  });
}

TEST_P(ReadFaults, AStoreThatCannotBeOpenedSaysWhy) {
  at_every_call([&](std::uint64_t nth) {
    auto engine = std::make_unique<FaultEngine>(store_.lend());
    FaultEngine& faults = *engine;
    faults.arm({GetParam().op, nth, GetParam().sticky, GetParam().after_effect});
    const auto volume = Volume::open_on(std::move(engine), open_);
    if (volume) return false;
    EXPECT_EQ(volume.error().code, ErrorCode::kIo);
    return true;
  });
}

TEST_P(Faults, AWriteHappensOrDoesNot) {
  VoxelArray changed = before_[0];
  const Box box = {{40, 2, 3}, {270, 9, 66}};
  const VoxelArray voxels = sample::layers(box.size(), 9);
  copy(voxels.view(), changed.view().sub(box));
  const Levels after = sample::levels_of(changed);
  at_every_call([&](std::uint64_t nth) {
    bool hit = false, written = false;
    {
      Failing failing = open_failing(Access::kWrite);
      failing.arm(GetParam(), nth);
      const Status status = failing.volume->write(box, voxels.view());
      expect_io(status);
      hit = failing.was_hit();
      written = status.has_value();
      failing.engine->disarm();
      expect_in_step(*failing.volume, before_, after);
    }
    expect_whole(written, before_, after);
    return hit;
  });
}

TEST_P(Faults, AnIngestContinuesWhereItStopped) {
  VoxelArray changed = before_[0];
  const Box box = {{500, 1, 2}, {900, 9, 69}};
  const VoxelArray voxels = sample::layers(box.size(), 4);
  copy(voxels.view(), changed.view().sub(box));
  const Levels after = sample::levels_of(changed);
  const Source source(voxels);
  IngestOptions options;
  options.at = box.lo;
  at_every_call([&](std::uint64_t nth) {
    bool hit = false;
    {
      Failing failing = open_failing(Access::kWrite);
      failing.arm(GetParam(), nth);
      const auto report = failing.volume->ingest(source, options);
      expect_io(report);
      hit = failing.was_hit();
      failing.engine->disarm();
      expect_in_step(*failing.volume, before_, after);
    }
    OpenOptions open = open_;
    open.access = Access::kWrite;
    Volume volume = Volume::open_on(store_.lend(), open).value();
    sample::expect_clean(volume);
    const bool unfinished = !volume.info().value().unfinished.empty();
    const auto report = volume.ingest(source, options);
    EXPECT_TRUE(report) << report.error().message;
    if (!report) return false;
    EXPECT_EQ(report->resumed, unfinished);
    sample::expect_clean(volume);
    const Levels now = sample::all_levels(volume);
    for (std::size_t l = 0; l < now.size(); ++l) EXPECT_EQ(now[l].voxels, after[l].voxels) << "level " << l;
    return hit;
  });
}

TEST_P(Faults, ARebuildCanBeDoneAgain) {
  at_every_call([&](std::uint64_t nth) {
    bool hit = false;
    {
      Failing failing = open_failing(Access::kWrite);
      failing.arm(GetParam(), nth);
      expect_io(failing.volume->rebuild_levels());
      hit = failing.was_hit();
      failing.engine->disarm();
      expect_in_step(*failing.volume, before_, before_);
    }
    expect_whole(true, before_, before_);
    return hit;
  });
}

std::string name_of(const testing::TestParamInfo<Mode>& info) {
  return info.param.name;
}
INSTANTIATE_TEST_SUITE_P(Modes, ReadFaults,
                         testing::Values(Mode{"once", Op::kAny, false, false, On::kMemory, 1},
                                         Mode{"for_good", Op::kAny, true, false, On::kMemory, 1},
                                         Mode{"rocks", Op::kAny, false, false, On::kRocks, 3},
                                         Mode{"staged", Op::kAny, false, false, On::kStaged, 3}),
                         name_of);
INSTANTIATE_TEST_SUITE_P(
    Modes, Faults,
    testing::Values(Mode{"once", Op::kAny, false, false, On::kMemory, 1},
                    Mode{"for_good", Op::kAny, true, false, On::kMemory, 7},
                    Mode{"write_unknown", Op::kWrite, false, true, On::kMemory, 1},
                    Mode{"rocks", Op::kAny, false, false, On::kRocks, 11},
                    Mode{"rocks_for_good", Op::kAny, true, false, On::kRocks, 13},
                    Mode{"rocks_write_unknown", Op::kWrite, false, true, On::kRocks, 3},
                    Mode{"staged", Op::kAny, false, false, On::kStaged, 11},
                    Mode{"staged_writes", Op::kWrite, false, false, On::kStaged, 2},
                    Mode{"staged_writes_for_good", Op::kWrite, true, false, On::kStaged, 3},
                    Mode{"staged_write_unknown", Op::kWrite, false, true, On::kStaged, 3}),
    name_of);

TEST(Create, ThatFailsLeavesNothingOrAStore) {
  for (const auto& [after_effect, staged] :
       {std::pair(false, false), std::pair(true, false), std::pair(false, true), std::pair(true, true)}) {
    for (std::uint64_t nth = 1;; ++nth) {
      SCOPED_TRACE("call " + std::to_string(nth) + (staged ? ", staged" : ""));
      RawStore store(make_memory_engine({!staged}));
      auto engine = std::make_unique<FaultEngine>(store.lend());
      FaultEngine& faults = *engine;
      faults.arm({after_effect ? Op::kWrite : Op::kAny, nth, false, after_effect});
      const auto made = Volume::create_on(std::move(engine), sample::create_options());
      if (made && faults.failures() == 0) break;
      if (!made) {
        EXPECT_EQ(made.error().code, ErrorCode::kIo);
      }
      const auto opened = Volume::open_on(store.lend());
      if (opened) {
        sample::expect_clean(*opened);
      } else {
        EXPECT_FALSE(made);
        EXPECT_EQ(opened.error().code, ErrorCode::kMissing) << opened.error().message;
      }
      ASSERT_LT(nth, 100u);
    }
  }
}

}  // namespace
}  // namespace terrane

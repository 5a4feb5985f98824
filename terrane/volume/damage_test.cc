// Damages a store beneath the volume, key by key, and looks what comes of it: the truth or an error, never
// other voxels.

#include <gtest/gtest.h>

#include <set>

#include "terrane/base/rounds_testing.h"
#include "terrane/store/engines.h"
#include "terrane/volume/format.h"
#include "terrane/volume/raw_store_testing.h"
#include "terrane/volume/sample_store_testing.h"

namespace terrane {
namespace {

constexpr std::uint64_t kSeed = 4711;

// What a store says of itself when it is opened, read throughout and verified.
struct Verdict {
  std::optional<Error> open_error, verify_error;
  std::set<ErrorCode> read_errors;
  std::uint64_t corrupt = 0, missing = 0;

  bool refused(ErrorCode code) const {
    return (open_error && open_error->code == code) || (verify_error && verify_error->code == code);
  }
  bool detected() const {
    return refused(ErrorCode::kCorrupt) || refused(ErrorCode::kMissing) || corrupt + missing > 0;
  }
};

class Damage : public testing::TestWithParam<const char*> {
 protected:
  Damage() : store_(make_engine()), random_(kSeed) {
    RecordProperty("seed", std::to_string(kSeed));
    open_.executor = &here_;
    open_.cache_bytes = 0;
    Volume volume = Volume::create_on(store_.lend(), sample::create_options(), open_).value();
    for (const sample::Step& step : sample::steps()) {
      history_.push_back(store_.values());
      volume.write(step.box, step.voxels.view()).value();
    }
    whole_ = store_.values();
    truth_ = sample::all_levels(volume);
  }

  static std::unique_ptr<Engine> make_engine() {
    if (GetParam() == std::string_view("memory")) return make_memory_engine();
    return open_rocks_engine(sample::fresh_path("damage"), EngineMode::kCreate).value();
  }

  // Keys of levels that differ in kind; those of the store as a whole; no others, for the sake of time.
  static bool chosen(const StoredKey& at) {
    const int level = at.first.level;
    return level <= 2 || level == kMaxLevel;
  }
  static bool is_range(const StoredKey& at) {
    const auto key = format::parse_map_key(at.second);
    return key && key->tag != format::MapTag::kOwn;
  }

  Verdict look(int level) {
    Verdict verdict;
    auto volume = Volume::open_on(store_.lend(), open_);
    if (!volume) {
      verdict.open_error = volume.error();
      return verdict;
    }
    for (const int l : {level, std::min(level + 1, kMaxLevel)}) read_all(*volume, l, verdict);
    for (int i = 0; i < 8; ++i) read_one(*volume, verdict);
    const auto report = volume->verify();
    if (!report) {
      verdict.verify_error = report.error();
    } else {
      verdict.corrupt = report->corrupt;
      verdict.missing = report->missing;
    }
    return verdict;
  }

  void read_all(const Volume& volume, int level, Verdict& verdict) {
    const auto read = volume.read({volume.world().bounds(), level, {}});
    if (!read) {
      verdict.read_errors.insert(read.error().code);
    } else {
      EXPECT_EQ(read->voxels, truth_[static_cast<std::size_t>(level)].voxels) << "wrong voxels at " << level;
    }
  }

  void read_one(const Volume& volume, Verdict& verdict) {
    const int level = static_cast<int>(random_.below(3));
    const Coord p = {random_.between(0, sample::kExtent.x), random_.between(0, sample::kExtent.y),
                     random_.between(0, sample::kExtent.z)};
    const auto found = volume.at(p, level);
    if (!found) {
      verdict.read_errors.insert(found.error().code);
      return;
    }
    const Coord c = {p.x >> level, p.y >> level, p.z >> level};
    EXPECT_EQ(*found, truth_[static_cast<std::size_t>(level)].at(c)) << to_string(p) << " at " << level;
  }

  static std::string name_of(const StoredKey& at) {
    std::string out = "unit " + std::to_string(at.first.kind) + "/" + std::to_string(at.first.level) + "/" +
                      std::to_string(at.first.index) + " key ";
    constexpr char kDigits[] = "0123456789abcdef";
    for (const char c : at.second) {
      out += kDigits[static_cast<unsigned char>(c) >> 4];
      out += kDigits[static_cast<unsigned char>(c) & 15];
    }
    return out;
  }

  InlineExecutor here_;
  OpenOptions open_;
  RawStore store_;
  StoredValues whole_;
  std::vector<StoredValues> history_;  // before each step
  std::vector<VoxelArray> truth_;
  Random random_;
};

TEST_P(Damage, TheSampleHoldsEveryKindOfKey) {
  std::set<RangeKind> in_region, in_directory;
  int own = 0;
  for (const auto& [at, value] : whole_) {
    const auto key = format::parse_map_key(at.second);
    if (!key || key->level != 0) continue;
    own += key->tag == format::MapTag::kOwn ? 1 : 0;
    if (key->tag == format::MapTag::kOwn) continue;
    const auto range =
        format::parse_range(at.second, value, format::constant_model(sample::create_options().fill)).value();
    (key->tag == format::MapTag::kRange ? in_region : in_directory).insert(range.content.kind);
  }
  EXPECT_EQ(own, 1);
  EXPECT_EQ(in_region, (std::set<RangeKind>{RangeKind::kUniform, RangeKind::kPredicted, RangeKind::kBrick}));
  EXPECT_TRUE(in_directory.contains(RangeKind::kUniform));
  const Verdict verdict = look(0);
  EXPECT_FALSE(verdict.detected());
  EXPECT_TRUE(verdict.read_errors.empty());
}

TEST_P(Damage, AFlippedBitIsCorruptAndNeverOtherVoxels) {
  for (const auto& [at, value] : whole_) {
    if (!chosen(at)) continue;
    const std::size_t step = stride(std::max<std::size_t>(1, value.size() / 64));
    for (std::size_t i = 0; i < value.size(); i += step) {
      const unsigned bit = static_cast<unsigned>(random_.below(8));
      SCOPED_TRACE(name_of(at) + " byte " + std::to_string(i) + " bit " + std::to_string(bit));
      std::string damaged = value;
      damaged[i] = static_cast<char>(static_cast<unsigned char>(damaged[i]) ^ (1u << bit));
      store_.put(at, damaged);
      const Verdict verdict = look(at.first.level);
      EXPECT_TRUE(verdict.refused(ErrorCode::kCorrupt) || verdict.corrupt > 0);
      for (const ErrorCode code : verdict.read_errors) EXPECT_EQ(code, ErrorCode::kCorrupt);
      store_.put(at, value);
      if (HasFailure()) return;
    }
  }
}

TEST_P(Damage, AShortenedOrLengthenedValueIsCorrupt) {
  for (const auto& [at, value] : whole_) {
    if (!chosen(at)) continue;
    const std::string longer = value + '\0';
    for (const std::string_view damaged :
         {std::string_view(), std::string_view(value).substr(0, value.size() / 2),
          std::string_view(value).substr(0, value.size() - 1), std::string_view(value).substr(1),
          std::string_view(longer)}) {
      SCOPED_TRACE(name_of(at) + " cut to " + std::to_string(damaged.size()));
      store_.put(at, damaged);
      const Verdict verdict = look(at.first.level);
      EXPECT_TRUE(verdict.refused(ErrorCode::kCorrupt) || verdict.corrupt > 0);
      for (const ErrorCode code : verdict.read_errors) EXPECT_EQ(code, ErrorCode::kCorrupt);
      if (HasFailure()) return;
    }
    store_.put(at, value);
  }
}

TEST_P(Damage, ALostKeyIsMissing) {
  for (const auto& [at, value] : whole_) {
    if (!chosen(at)) continue;
    SCOPED_TRACE(name_of(at));
    store_.erase(at);
    const Verdict verdict = look(at.first.level);
    EXPECT_TRUE(verdict.detected());
    EXPECT_TRUE(verdict.refused(ErrorCode::kMissing) || verdict.missing > 0);
    for (const ErrorCode code : verdict.read_errors) EXPECT_EQ(code, ErrorCode::kMissing);
    if (is_range(at) && !verdict.open_error) {
      const Lattice lattice(sample::kExtent, at.first.level);
      const auto range =
          format::parse_range(at.second, value, format::constant_model(sample::create_options().fill))
              .value();
      const bool needed = lattice.next_inside(range.run.first, range.run.last).has_value();
      EXPECT_EQ(verdict.read_errors.contains(ErrorCode::kMissing), needed);
    }
    store_.put(at, value);
    if (HasFailure()) return;
  }
}

TEST_P(Damage, AValueUnderAnotherKeyIsCorrupt) {
  std::vector<StoredKey> keys;
  for (const auto& [at, value] : whole_) {
    if (chosen(at)) keys.push_back(at);
  }
  std::vector<std::pair<std::size_t, std::size_t>> pairs;
  for (std::size_t i = 0; i + 1 < keys.size(); ++i) pairs.push_back({i, i + 1});
  for (int i = 0; i < 60; ++i) pairs.push_back({random_.below(keys.size()), random_.below(keys.size())});
  for (const auto& [i, j] : pairs) {
    if (i == j) continue;
    SCOPED_TRACE(name_of(keys[i]) + " and " + name_of(keys[j]));
    store_.put(keys[i], whole_[keys[j]]);
    store_.put(keys[j], whole_[keys[i]]);
    const Verdict verdict = look(keys[i].first.level);
    EXPECT_TRUE(verdict.refused(ErrorCode::kCorrupt) || verdict.corrupt > 0);
    for (const ErrorCode code : verdict.read_errors) EXPECT_EQ(code, ErrorCode::kCorrupt);
    store_.put(keys[i], whole_[keys[i]]);
    store_.put(keys[j], whole_[keys[j]]);
    if (HasFailure()) return;
  }
}

// An older value has a good hash: only the records show it.
TEST_P(Damage, AnOlderVersionOfAKeyIsDetected) {
  for (std::size_t then = 0; then < history_.size(); ++then) {
    for (const auto& [at, value] : history_[then]) {
      const auto now = whole_.find(at);
      if (!chosen(at) || (now != whole_.end() && now->second == value)) continue;
      SCOPED_TRACE(name_of(at) + " as before step " + std::to_string(then));
      store_.put(at, value);
      const auto volume = Volume::open_on(store_.lend(), open_);
      if (volume) {
        const auto report = volume->verify();
        EXPECT_TRUE(!report || report->corrupt + report->missing > 0);
      } else {
        EXPECT_TRUE(volume.error().code == ErrorCode::kCorrupt || volume.error().code == ErrorCode::kMissing);
      }
      store_.restore(whole_);
      if (HasFailure()) return;
    }
  }
}

// A region, or a whole level, that is older than the rest and yet agrees with itself.
TEST_P(Damage, AnOlderVersionOfAUnitIsDetected) {
  for (std::size_t then = 0; then < history_.size(); ++then) {
    std::set<Unit> units;
    for (const auto& [at, value] : whole_) units.insert(at.first);
    for (const auto& [at, value] : history_[then]) units.insert(at.first);
    for (const Unit unit : units) {
      StoredValues mixed;
      for (const auto& [at, value] : whole_) {
        if (at.first != unit) mixed[at] = value;
      }
      for (const auto& [at, value] : history_[then]) {
        if (at.first == unit) mixed[at] = value;
      }
      if (mixed == whole_ || unit.level > 2) continue;
      SCOPED_TRACE("unit " + std::to_string(unit.kind) + "/" + std::to_string(unit.level) + "/" +
                   std::to_string(unit.index) + " as before step " + std::to_string(then));
      store_.restore(mixed);
      const auto volume = Volume::open_on(store_.lend(), open_);
      if (volume) {
        const auto report = volume->verify();
        EXPECT_TRUE(!report || report->corrupt + report->missing > 0);
      }
      store_.restore(whole_);
    }
  }
}

TEST_P(Damage, CoarserLevelsAreMadeAnewWhateverBecameOfThem) {
  for (const auto& [at, value] : whole_) {
    if (!chosen(at) || at.first.level == 0) continue;
    for (const bool lost : {true, false}) {
      SCOPED_TRACE(name_of(at) + (lost ? " lost" : " damaged"));
      if (lost) {
        store_.erase(at);
      } else {
        store_.put(at, value.substr(1));
      }
      OpenOptions options = open_;
      options.access = Access::kWrite;
      Volume volume = Volume::open_on(store_.lend(), options).value();
      const Status status = volume.rebuild_levels();
      EXPECT_TRUE(status) << status.error().message;
      sample::expect_clean(volume);
      for (std::size_t l = 0; l < truth_.size(); ++l) {
        EXPECT_EQ(volume.read({volume.world().bounds(), static_cast<int>(l), {}}).value().voxels,
                  truth_[l].voxels);
      }
      store_.restore(whole_);
      if (HasFailure()) return;
    }
  }
}

// The levels of the write cannot be made, and that must not bar the way to making all of them anew.
TEST_P(Damage, AWriteOverDamagedLevelsIsFinishedByARebuild) {
  const Box box = {{30, 2, 2}, {400, 9, 68}};
  const VoxelArray voxels = sample::layers(box.size(), 2);
  VoxelArray changed = truth_[0];
  copy(voxels.view(), changed.view().sub(box));
  const std::vector<VoxelArray> after = sample::levels_of(changed);
  OpenOptions options = open_;
  options.access = Access::kWrite;
  for (const auto& [at, value] : whole_) {
    if (at.first.level == 0 || at.first.level > 2) continue;
    SCOPED_TRACE(name_of(at));
    store_.erase(at);
    {
      Volume volume = Volume::open_on(store_.lend(), options).value();
      const Status status = volume.write(box, voxels.view());
      if (!status) {
        EXPECT_EQ(status.error().code, ErrorCode::kMissing) << status.error().message;
      }
      EXPECT_EQ(volume.read({volume.world().bounds(), 0, {}}).value().voxels, after[0].voxels);
    }
    auto volume = Volume::open_on(store_.lend(), options);
    ASSERT_TRUE(volume) << volume.error().message;
    const Status status = volume->rebuild_levels();
    EXPECT_TRUE(status) << status.error().message;
    EXPECT_TRUE(volume->info().value().unfinished.empty());
    sample::expect_clean(*volume);
    for (std::size_t l = 0; l < after.size(); ++l) {
      EXPECT_EQ(volume->read({volume->world().bounds(), static_cast<int>(l), {}}).value().voxels,
                after[l].voxels);
    }
    store_.restore(whole_);
    if (HasFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(Engines, Damage, testing::Values("memory", "rocks"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace terrane

#include <gtest/gtest.h>

#include <map>

#include "terrane/base/hash.h"
#include "terrane/codec/frame.h"
#include "terrane/store/engines.h"
#include "terrane/volume/map_cursor.h"
#include "terrane/volume/map_writer.h"
#include "terrane/volume/partition.h"

namespace terrane {
namespace {

constexpr std::uint64_t kModel = 42;

// What one brick position holds, as the plain array sees it. `brick` 0: not a brick.
struct Held {
  format::Content content;
  std::string frame;
  friend bool operator==(const Held&, const Held&) = default;
};

std::string frame_of(std::uint64_t n) {
  std::string frame(kFrameHeaderBytes, '\x02');
  ByteWriter(frame).fixed(n);
  return frame;
}

// A map of one level on an engine, beside a plain array of what each inside position holds.
class MapModel {
 public:
  MapModel(Coord extent, std::unique_ptr<Engine> engine)
      : lattice_(extent, 0), engine_(std::move(engine)), one_keyspace_(engine_->traits().one_keyspace) {
    Batch batch;
    delta_ = create_map(0, kModel, batch);
    EXPECT_TRUE(engine_->write(std::move(batch), Durability::kBuffered));
    for (auto p = lattice_.next_inside(0, ~Position{0}); p;) {
      inside_.push_back(*p);
      p = lattice_.next_inside(*p + 1, ~Position{0});
    }
    held_.resize(inside_.size());
  }

  const Lattice& lattice() const { return lattice_; }
  Engine& engine() { return *engine_; }
  const std::vector<Position>& inside() const { return inside_; }
  Held& held(std::size_t i) { return held_[i]; }

  void apply(const std::vector<Edit>& edits) {
    auto snapshot = engine_->snapshot().value();
    Batch batch;
    const MapState state{*snapshot, one_keyspace_, lattice_, kModel, ++epoch_};
    auto delta = edit_map(state, edits, batch);
    ASSERT_TRUE(delta) << delta.error().message;
    delta_.counters.add(delta->counters, 1);
    delta_.bytes += delta->bytes;
    ASSERT_TRUE(engine_->write(std::move(batch), Durability::kBuffered));
    for (const Edit& edit : edits) {
      for (std::size_t i = 0; i < inside_.size(); ++i) {
        if (inside_[i] < edit.run.first || inside_[i] > edit.run.last) continue;
        held_[i] = {edit.content, edit.frame};
      }
    }
  }

  // Every position reads as the array says, and the ranges are exactly those the content stands for.
  void check() {
    auto snapshot = engine_->snapshot().value();
    MapCursor cursor(*snapshot, one_keyspace_, 0, kModel);
    format::Counters counted;
    std::uint64_t written = 0;
    std::vector<std::pair<Run, format::Content>> ranges;
    for (Position p = 0;;) {
      auto range = cursor.find(p);
      ASSERT_TRUE(range) << range.error().message;
      ASSERT_EQ(range->run.first, p);
      ranges.push_back({range->run, range->content});
      counted.add(*range, 1);
      if (range->run.last == ~Position{0}) break;
      p = range->run.last + 1;
    }
    for (std::size_t i = 0; i < inside_.size(); ++i) {
      MapCursor fresh(*snapshot, one_keyspace_, 0, kModel);
      auto range = fresh.find(inside_[i]);
      ASSERT_TRUE(range);
      ASSERT_EQ(range->content, held_[i].content) << i;
      ASSERT_EQ(range->frame, held_[i].frame);
      if (held_[i].content.written)
        written += static_cast<std::uint64_t>(lattice_.brick_box(inside_[i]).volume());
    }
    EXPECT_EQ(ranges, expected_ranges());
    EXPECT_EQ(counted.uniform, delta_.counters.uniform);
    EXPECT_EQ(counted.predicted, delta_.counters.predicted);
    EXPECT_EQ(counted.bricks, delta_.counters.bricks);
    EXPECT_EQ(counted.codecs, delta_.counters.codecs);
    EXPECT_EQ(written, delta_.counters.written_voxels);
    EXPECT_EQ(stored_bytes(*snapshot), delta_.bytes);
  }

 private:
  static bool absorbs(const Held& h) { return h.content.kind != RangeKind::kBrick; }

  // The rule of the format, straight from its words, on runs of inside positions.
  std::vector<std::pair<Run, format::Content>> expected_ranges() {
    // Regions first: a region that is one range lies in the directory, and the gap rule holds there for
    // regions.
    std::map<RegionId, std::vector<std::pair<Run, format::Content>>> own;
    std::map<RegionId, Held> whole;
    for (std::size_t i = 0; i < inside_.size();) {
      const RegionId r = region_of(inside_[i]);
      std::size_t j = i;
      bool same = absorbs(held_[i]);
      for (; j < inside_.size() && region_of(inside_[j]) == r; ++j) same = same && held_[j] == held_[i];
      if (same) {
        whole[r] = held_[i];
      } else {
        own[r] = line({region_first(r), region_last(r)}, i, j);
      }
      i = j;
    }
    // The directory's line: whole regions, own ones as bricks do.
    std::vector<std::pair<Run, Held>> pieces;
    Held own_mark;
    own_mark.content.kind = RangeKind::kBrick;
    for (const auto& [r, h] : whole) pieces.push_back({{region_first(r), region_last(r)}, h});
    for (const auto& [r, list] : own) pieces.push_back({{region_first(r), region_last(r)}, own_mark});
    std::sort(pieces.begin(), pieces.end(), [](auto& a, auto& b) { return a.first.first < b.first.first; });
    std::vector<std::pair<Run, format::Content>> out;
    for (auto& [run, content] : fill_gaps({0, ~Position{0}}, pieces)) {
      if (content.kind == RangeKind::kBrick) {
        const auto& list = own[region_of(run.first)];
        out.insert(out.end(), list.begin(), list.end());
      } else {
        out.push_back({run, content});
      }
    }
    return out;
  }

  std::vector<std::pair<Run, format::Content>> line(Run whole, std::size_t from, std::size_t to) {
    std::vector<std::pair<Run, Held>> pieces;
    for (std::size_t i = from; i < to; ++i) pieces.push_back({{inside_[i], inside_[i]}, held_[i]});
    return fill_gaps(whole, pieces);
  }

  static std::vector<std::pair<Run, format::Content>> fill_gaps(
      Run whole, const std::vector<std::pair<Run, Held>>& pieces) {
    std::vector<std::pair<Run, format::Content>> out;
    const auto add = [&](Run run, const format::Content& content) {
      if (!out.empty() && content.kind != RangeKind::kBrick && out.back().second == content) {
        out.back().first.last = run.last;
      } else {
        out.push_back({run, content});
      }
    };
    Position next = whole.first;
    for (std::size_t i = 0; i <= pieces.size(); ++i) {
      const Position end = i < pieces.size() ? pieces[i].first.first - 1 : whole.last;
      const bool gap = i < pieces.size() ? next < pieces[i].first.first : (next != 0 && next <= whole.last);
      if (gap) {
        if (i > 0 && absorbs(pieces[i - 1].second)) {
          add({next, end}, pieces[i - 1].second.content);
        } else if (i < pieces.size() && absorbs(pieces[i].second)) {
          add({next, end}, pieces[i].second.content);
        } else {
          out.push_back({{next, end}, {}});
        }
      }
      if (i < pieces.size()) {
        add(pieces[i].first, pieces[i].second.content);
        next = pieces[i].first.last + 1;
      }
    }
    return out;
  }

  std::uint64_t stored_bytes(const Snapshot& snapshot) {
    std::uint64_t sum = 0;
    const auto count = [&](Unit unit, const std::string& begin, const std::string& end) {
      const auto cursor = snapshot.scan(unit, begin, end);
      for (cursor->seek(begin); cursor->valid(); cursor->next())
        sum += cursor->key().size() + cursor->value().size();
    };
    const auto both = [&](Unit unit) {
      count(unit, format::map_key(0, 0), format::map_end(0));
      count(unit, format::record_begin(0), format::record_end(0));
    };
    both(format::directory_unit(0));
    if (one_keyspace_) return sum;
    std::optional<RegionId> last;
    for (const Position p : inside_) {
      if (last == region_of(p)) continue;
      last = region_of(p);
      both(format::region_unit(0, *last));
    }
    return sum;
  }

  Lattice lattice_;
  std::unique_ptr<Engine> engine_;
  bool one_keyspace_;
  std::vector<Position> inside_;
  std::vector<Held> held_;
  MapDelta delta_;
  std::uint64_t epoch_ = 0;
};

std::vector<Edit> random_edits(Random& random, MapModel& model) {
  std::vector<Edit> edits;
  const std::size_t n = model.inside().size();
  std::size_t at = random.below(n);
  const std::uint64_t count = 1 + random.below(4);
  for (std::uint64_t k = 0; k < count && at < n; ++k) {
    Edit edit;
    const std::uint64_t what = random.below(4);
    edit.content.written = random.below(4) != 0;
    std::size_t length = 1;
    if (what == 0) {
      edit.content.kind = RangeKind::kBrick;
      edit.frame = frame_of(random.next());
    } else {
      edit.content.kind = what == 1 ? RangeKind::kPredicted : RangeKind::kUniform;
      if (what > 1) edit.content.material = static_cast<MaterialId>(random.below(2));
      length += random.below(random.below(3) == 0 ? n : 8);
    }
    const std::size_t last = std::min(n - 1, at + length - 1);
    edit.run = {model.inside()[at], model.inside()[last]};
    if (random.below(3) == 0 && edit.content.kind != RangeKind::kBrick && last + 1 < n) {
      edit.run.last = model.inside()[last + 1] - 1;  // with the positions outside behind it
    }
    if (random.below(8) == 0 && last == n - 1 && edit.content.kind != RangeKind::kBrick)
      edit.run.last = ~Position{0};
    edits.push_back(edit);
    at = last + 1 + random.below(6);
  }
  return edits;
}

struct Case {
  const char* name;
  Coord extent;
  int operations;
  bool one_keyspace;
};

class MapProperty : public testing::TestWithParam<Case> {};

TEST_P(MapProperty, ReadsAsAPlainArrayAndStaysCanonical) {
  const std::uint64_t seed = 20261;
  RecordProperty("seed", std::to_string(seed));
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  std::unique_ptr<Engine> engine;
  std::string path;
  if (GetParam().one_keyspace) {
    path = testing::TempDir() + "terrane_map_" + GetParam().name;
    std::system(("rm -rf '" + path + "'").c_str());
    engine = open_rocks_engine(path, EngineMode::kCreate).value();
  } else {
    engine = make_memory_engine();
  }
  MapModel model(GetParam().extent, std::move(engine));
  for (int i = 0; i < GetParam().operations; ++i) {
    model.apply(random_edits(random, model));
    if (i % 25 == 0 || i < 50) model.check();
    if (HasFatalFailure() || HasNonfatalFailure()) {
      FAIL() << "at operation " << i;
    }
  }
  model.check();
}

INSTANTIATE_TEST_SUITE_P(Extents, MapProperty,
                         testing::Values(Case{"one_brick", {64, 64, 64}, 200, false},
                                         Case{"slab", {300, 200, 500}, 4000, false},
                                         Case{"regions", {3000, 1100, 130}, 3000, false},
                                         Case{"tall", {130, 70, 5000}, 2000, false},
                                         Case{"flat", {4096, 4096, 1}, 500, false},
                                         Case{"rocks", {3000, 1100, 130}, 500, true}),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(Map, ALostKeyIsMissingForEveryReadThatNeedsIt) {
  for (const bool rocks : {false, true}) {
    std::unique_ptr<Engine> engine;
    if (rocks) {
      const std::string path = testing::TempDir() + "terrane_map_lost";
      std::system(("rm -rf '" + path + "'").c_str());
      engine = open_rocks_engine(path, EngineMode::kCreate).value();
    } else {
      engine = make_memory_engine();
    }
    const bool one_keyspace = engine->traits().one_keyspace;
    MapModel model({2500, 1100, 200}, std::move(engine));
    Random random(7);
    for (int i = 0; i < 30; ++i) model.apply(random_edits(random, model));
    const auto before = model.engine().snapshot().value();
    MapCursor walk(*before, one_keyspace, 0, kModel);
    for (Position p = 0;;) {
      const format::Range range = walk.find(p).value();
      const bool whole = walk.in_directory();
      const Unit unit = whole ? format::directory_unit(0) : format::region_unit(0, region_of(range.run.last));
      const std::string key =
          format::map_key(0, range.run.last, whole ? format::MapTag::kDirectory : format::MapTag::kRange);
      const std::string value = before->get(unit, key).value().value();
      Batch erase;
      erase.erase(unit, key);
      ASSERT_TRUE(model.engine().write(std::move(erase), Durability::kBuffered));
      const auto snapshot = model.engine().snapshot().value();
      for (const Position q :
           {range.run.first, range.run.first + (range.run.last - range.run.first) / 2, range.run.last}) {
        MapCursor cursor(*snapshot, one_keyspace, 0, kModel);
        const auto found = cursor.find(q);
        ASSERT_FALSE(found);
        EXPECT_EQ(found.error().code, ErrorCode::kMissing);
      }
      Batch restore;
      restore.put(unit, key, value);
      ASSERT_TRUE(model.engine().write(std::move(restore), Durability::kBuffered));
      if (range.run.last == ~Position{0}) break;
      p = range.run.last + 1;
    }
  }
}

TEST(Partition, VoxelsInARunAreCountedWithoutAWalk) {
  const Lattice lattice({1500, 1100, 700}, 0);
  std::uint64_t all = 0;
  for (auto p = lattice.next_inside(0, ~Position{0}); p; p = lattice.next_inside(*p + 1, ~Position{0})) {
    const auto volume = static_cast<std::uint64_t>(lattice.brick_box(*p).volume());
    EXPECT_EQ(voxels_in({*p, *p}, lattice), volume);
    all += volume;
  }
  EXPECT_EQ(voxels_in({0, ~Position{0}}, lattice), all);
  EXPECT_EQ(all, std::uint64_t{1500} * 1100 * 700);
}

}  // namespace
}  // namespace terrane

#include <algorithm>
#include <chrono>
#include <cmath>

#include "terrane/base/hash.h"
#include "terrane/render/composition.h"
#include "terrane/render/look.h"
#include "terrane/render/pictures.h"
#include "terrane/render/plan.h"
#include "terrane/render/scale.h"
#include "terrane/report/report.h"

namespace terrane {

namespace {

constexpr std::size_t kSampledBricks = 4096;
constexpr int kPictureWidth = 1180, kPictureHeight = 700;

// A fair sample of what comes by, of bounded size.
class Reservoir {
 public:
  explicit Reservoir(std::uint64_t seed) : random_(seed) {}
  void add(Position p) {
    ++seen_;
    if (sample_.size() < kSampledBricks) {
      sample_.push_back(p);
    } else if (const std::uint64_t at = random_.below(seen_); at < kSampledBricks) {
      sample_[at] = p;
    }
  }
  const std::vector<Position>& sample() const { return sample_; }

 private:
  Random random_;
  std::uint64_t seen_ = 0;
  std::vector<Position> sample_;
};

// One store being read for its report.
class Gathering {
 public:
  Gathering(const Volume& volume, const Clock& clock, const ReportOptions& options)
      : volume_(volume),
        clock_(clock),
        options_(options),
        read_{.task = options.latency.task, .allow_incomplete = true},
        bricks_(options.latency.seed) {}

  Result<StoreReport> run() {
    TERRANE_TRY(facts());
    TERRANE_TRY(verify());
    if (out_.integrity.corrupt + out_.integrity.missing == 0) {
      TERRANE_TRY(survey());
      TERRANE_TRY(materials());
      TERRANE_ASSIGN(out_.latency, measure_latency(volume_, bricks_.sample(), clock_, options_.latency));
    }
    out_.targets = targets_of(out_);
    return std::move(out_);
  }

 private:
  Status facts() {
    TERRANE_ASSIGN(out_.info, volume_.info());
    const Scale scale(volume_.world());
    out_.fill = volume_.catalogue().name_of(volume_.fill());
    out_.named_materials = volume_.catalogue().all().size();
    out_.voxel_text = scale.voxel_text(0);
    out_.metric = scale.z(0, 1).title.find("(m)") != std::string::npos;
    out_.threads = volume_.executor().concurrency();
    out_.seed = options_.latency.seed;
    return ok();
  }

  Status verify() {
    Task task = options_.latency.task;
    task.clock = &clock_;
    task.deadline = clock_.now() + std::chrono::duration_cast<Clock::Instant::duration>(
                                       std::chrono::duration<double>(options_.verify_seconds));
    const Result<VerifyReport> all = volume_.verify(task);
    if (all) {
      out_.integrity = {true, all->checked, all->corrupt, all->missing};
      return ok();
    }
    if (all.error().code != ErrorCode::kCancelled) return all.error();
    return options_.latency.task.check();  // asked to stop, or only out of time
  }

  // Level 0 as a map, all levels as sums. Each range was compared with its hash on the way.
  Status survey() {
    TERRANE_ASSIGN(out_.map_level, ColumnMap::affordable_level(volume_));
    const Box all = volume_.world().bounds();
    std::uint64_t checked = 0;
    for (int level = out_.map_level; level <= kMaxLevel; ++level) {
      LevelSize sum{.level = level, .extent = level_extent(all.hi, level)};
      const auto add = [&](const RangeInfo& range) {
        ++checked;
        sum.uniform += range.kind == RangeKind::kUniform;
        sum.predicted += range.kind == RangeKind::kPredicted;
        sum.bricks += range.kind == RangeKind::kBrick;
        sum.bytes += static_cast<double>(range.stored_bytes);
        if (level == 0 && range.kind == RangeKind::kBrick) bricks_.add(range.run.last);
      };
      if (level == out_.map_level) {
        TERRANE_ASSIGN(const ColumnMap map, ColumnMap::survey(volume_, all, level, read_, add));
        TERRANE_TRY(use(map));
      } else {
        const auto visit = [&](const RangeInfo& range) -> Status {
          add(range);
          return ok();
        };
        TERRANE_TRY(volume_.visit(all, level, visit, read_));
      }
      out_.levels.push_back(sum);
    }
    if (!out_.integrity.full) out_.integrity.checked = checked;
    return ok();
  }

  Status use(const ColumnMap& map) {
    out_.use = map.total();
    out_.square_bricks = map.cell_bricks();
    const Box all = volume_.world().bounds();
    TERRANE_ASSIGN(const GroundView ground, look_down(volume_, all, look_level(all), read_));
    TERRANE_ASSIGN(out_.regions, region_types(volume_, map, ground, read_));
    if (!options_.pictures) return ok();
    TERRANE_TRY(add_picture("The surface",
                            "The ground from above, hill-shaded; liquids tinted by their depth.",
                            picture_of_surface(volume_, ground, how())));
    TERRANE_TRY(upright(ground));
    TERRANE_TRY(
        add_picture("Strategy",
                    "What holds most of the bytes of each square: a codec, or a range that says all of it "
                    "is one thing.",
                    picture_of_strategy(volume_, map, ground, how())));
    TERRANE_TRY(add_picture("Ratio", "How many raw bytes one stored byte stands for.",
                            picture_of_ratio(volume_, map, ground, how())));
    return add_picture(
        "Homogeneity",
        "How much of each column, sky apart, is its commonest material: the more, the less there "
        "is to store.",
        picture_of_homogeneity(volume_, ground, how()));
  }

  PictureOptions how() const {
    PictureOptions how;
    how.title = options_.title;
    how.max_width = kPictureWidth, how.max_height = kPictureHeight;
    how.read = read_;
    return how;
  }

  Status add_picture(const char* title, const char* caption, const Result<Canvas>& canvas) {
    if (!canvas) return canvas.error();
    TERRANE_ASSIGN(std::string png, canvas->png());
    out_.pictures.push_back({title, caption, std::move(png)});
    return ok();
  }

  // An upright cut through the highest ground, from west to east.
  Status upright(const GroundView& ground) {
    const Box all = volume_.world().bounds();
    if (all.hi.z < 2) return ok();
    const int level = ground.level;
    std::int64_t row = ground.map.height() / 2;
    std::int32_t top = GroundColumn::kNone;
    for (std::int64_t y = 0; y < ground.map.height(); ++y) {
      for (std::int64_t x = 0; x < ground.map.width(); ++x) {
        if (ground.map.at(x, y).ground_z > top) top = ground.map.at(x, y).ground_z, row = y;
      }
    }
    const std::int64_t at = std::min(all.hi.y - 1, (row << level) + ((std::int64_t{1} << level) >> 1));
    return add_picture("A slice", "From west to east through the highest ground, stretched in height.",
                       picture_of_slice(volume_, SliceAxis::kY, at, how()));
  }

  // Voxels as they are; how large one of a material is on average, at a coarse level.
  Status materials() {
    const Box all = volume_.world().bounds();
    TERRANE_ASSIGN(const Kinds kinds, kinds_of(volume_, all, read_));
    const int coarse = composition_level(all, static_cast<double>(all.hi.x), static_cast<double>(all.hi.y));
    TERRANE_ASSIGN(const Composition made, composition_of(volume_, all, coarse, kinds, read_));
    TERRANE_ASSIGN(out_.materials_level, countable_level(volume_));
    TERRANE_ASSIGN(const MaterialCounts counts, volume_.histogram(all, out_.materials_level, read_));
    MaterialAmount any;
    for (const auto& [id, amount] : made.materials) {
      any.voxels += amount.voxels;
      any.volume += amount.volume;
    }
    for (const auto& [id, n] : counts.sorted()) {
      const auto known = made.materials.find(id);
      const MaterialAmount& like = known != made.materials.end() ? known->second : any;
      const double one = std::ldexp(like.volume / like.voxels, 3 * (out_.materials_level - coarse));
      const auto voxels = static_cast<double>(n);
      out_.materials.push_back({id, volume_.catalogue().name_of(id), material_color(volume_.catalogue(), id),
                                voxels / static_cast<double>(counts.total()), voxels * one});
    }
    std::stable_sort(out_.materials.begin(), out_.materials.end(),
                     [](const MaterialRow& a, const MaterialRow& b) { return a.share > b.share; });
    return ok();
  }

  const Volume& volume_;
  const Clock& clock_;
  const ReportOptions& options_;
  ReadOptions read_;
  Reservoir bricks_;
  StoreReport out_;
};

}  // namespace

Result<StoreReport> gather_report(const Volume& volume, const Clock& clock, const ReportOptions& options) {
  return Gathering(volume, clock, options).run();
}

}  // namespace terrane

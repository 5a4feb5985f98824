#include "terrane/soak/sample_store.h"

#include <algorithm>

namespace terrane::soak {
namespace {

// Ends before it has given anything.
class Broken final : public VoxelSource {
 public:
  Coord size() const override { return {5, 3, 3}; }
  std::string identity() const override { return "broken"; }
  Status read(const Box&, VoxelView) const override { return Error{ErrorCode::kIo, "the source broke"}; }
};

Status edit_some(Volume& volume, const Plan& plan, std::uint32_t from, std::uint32_t to) {
  for (std::uint32_t i = from; i < to; ++i) {
    Op op = make_op(plan, {0, 0, i});
    if (op.voxels.size() > 12) op.voxels.resize(12);
    TERRANE_ASSIGN(const auto report, run(volume, op));
    (void)report;
  }
  return ok();
}

ReadRequest level_request(const Volume& volume, int level) {
  ReadRequest request{volume.world().bounds(), level, {}};
  request.options.allow_incomplete = true;
  return request;
}

bool same(const EventInfo& a, const EventInfo& b) {
  return a.batch == b.batch && a.time_us == b.time_us && a.process == b.process && a.author == b.author &&
         a.note == b.note && a.box == b.box && a.voxels == b.voxels;
}

}  // namespace

Plan sample_plan(std::uint64_t seed) {
  if (seed % 2 == 0) return {seed, {66, 6, 5}, false};
  return {seed, {1030, 4, 3}, true};
}

Status fill_sample(Volume& volume, const Plan& plan, std::uint32_t times,
                   const std::function<Status()>& half_way) {
  const Box bounds = volume.world().bounds();
  const Box first = Box{{3, 0, 0}, {66, 64, 64}}.intersect(bounds);
  TERRANE_TRY(volume.write(first, layers(first.size(), plan.seed).view()));
  TERRANE_TRY(edit_some(volume, plan, 0, 5 * times));
  TERRANE_ASSIGN(const auto folded, volume.fold());
  (void)folded;
  TERRANE_TRY(edit_some(volume, plan, 5 * times, 8 * times));
  TERRANE_TRY(half_way());
  // A whole brick with deltas over it, and then some more deltas.
  TERRANE_ASSIGN(const auto replaced, volume.edit(Box{{0, 0, 0}, {64, 64, 64}}.intersect(bounds), 5));
  (void)replaced;
  TERRANE_TRY(volume.write(first, layers(first.size(), plan.seed + 1).view()));
  TERRANE_TRY(volume.flush_levels());
  const std::vector<VoxelEdit> block = {{{2, 0, 0}, 9}, {{2, 1, 0}, 9}, {{2, 0, 1}, 9}, {{2, 1, 1}, 9},
                                        {{3, 0, 0}, 9}, {{3, 1, 0}, 9}, {{3, 0, 1}, 9}, {{3, 1, 1}, 9}};
  TERRANE_ASSIGN(const auto seen_above, volume.edit(block));
  (void)seen_above;
  TERRANE_TRY(volume.flush_levels());
  TERRANE_TRY(edit_some(volume, plan, 8 * times, 12 * times));
  if (plan.seed % 3 == 0) {
    IngestOptions options;
    options.at = {10, 0, 0};
    if (volume.ingest(Broken(), options)) return internal("a broken source was ingested");
  }
  return ok();
}

Result<Answers> Answers::of(const Volume& volume) {
  Answers answers;
  for (int level = 0; level < kLevels; ++level) {
    TERRANE_ASSIGN(VoxelArray voxels, volume.read(level_request(volume, level)));
    answers.levels_.push_back(std::move(voxels));
  }
  TERRANE_TRY(volume.events(0, [&](const EventInfo& event) -> Status {
    answers.events_.push_back(event);
    return ok();
  }));
  return answers;
}

Answers::Verdict Answers::ask(const Volume& volume, int first_level, int last_level) const {
  Verdict verdict;
  for (int level = first_level; level <= std::min(last_level, kLevels - 1); ++level) {
    const auto read = volume.read(level_request(volume, level));
    if (!read) {
      verdict.refused = true;
    } else {
      verdict.wrong = verdict.wrong || read->voxels != levels_[static_cast<std::size_t>(level)].voxels;
    }
  }
  std::size_t n = 0;
  const Status events = volume.events(0, [&](const EventInfo& event) -> Status {
    verdict.wrong = verdict.wrong || n >= events_.size() || !same(event, events_[n]);
    ++n;
    return ok();
  });
  if (!events) verdict.refused = true;
  if (events && n != events_.size()) verdict.wrong = true;
  return verdict;
}

}  // namespace terrane::soak

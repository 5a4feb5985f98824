#include "terrane/soak/oracle.h"

#include <fmt/format.h>

#include <utility>

namespace terrane::soak {
namespace {

// All levels of a dense array, by a store that nothing happened to.
Result<std::vector<VoxelArray>> levels_of(const Plan& plan, const VoxelArray& truth) {
  OpenOptions open;
  open.threads = 2;
  TERRANE_ASSIGN(Volume volume, Volume::create("memory:", create_options(plan), open));
  WriteOptions fast;
  fast.encoding.policy = Policy::kFast;
  TERRANE_TRY(volume.write(volume.world().bounds(), truth.view(), fast));
  std::vector<VoxelArray> out;
  for (int level = 0; level <= kMaxLevel; ++level) {
    TERRANE_ASSIGN(VoxelArray voxels, volume.read({volume.world().bounds(), level, {}}));
    out.push_back(std::move(voxels));
  }
  return out;
}

Coord coord_of(std::size_t i, Coord size) {
  const auto n = static_cast<std::int64_t>(i);
  return {n / (size.y * size.z), n / size.z % size.y, n % size.z};
}

}  // namespace

void expect_clean(const Volume& volume, const std::string& where, Outcome& outcome) {
  const auto report = volume.verify();
  outcome.add("verified");
  if (!report) return outcome.fail(where + ": verify: " + report.error().message);
  for (const Finding& finding : report->findings)
    outcome.fail(fmt::format("{}: verify found, at level {} in {}: {}", where, finding.level,
                             terrane::to_string(finding.box), finding.message));
}

void expect_levels(const Volume& volume, const Plan& plan, const VoxelArray& truth, const std::string& where,
                   Outcome& outcome) {
  const auto expected = levels_of(plan, truth);
  if (!expected) return outcome.fail(where + ": " + expected.error().message);
  for (int level = 0; level <= kMaxLevel; ++level) {
    const auto now = volume.read({volume.world().bounds(), level, {}});
    if (!now)
      return outcome.fail(fmt::format("{}: cannot read level {}: {}", where, level, now.error().message));
    if (now->voxels != (*expected)[static_cast<std::size_t>(level)].voxels)
      outcome.fail(fmt::format("{}: level {} is not what level 0 pools to", where, level));
  }
}

Status Oracle::recall(const Volume& volume) {
  return volume.events(1, [&](const EventInfo& event) -> Status {
    const auto id = parse_op_id(event.note);
    if (!id || event.batch != settled_ + 1) return corrupt("the store is not one of this check");
    apply(make_op(plan_, *id), truth_);
    settled_ = event.batch;
    return ok();
  });
}

void Oracle::begin(std::uint64_t life) {
  life_ = life;
  acks_.clear();
  told_.clear();
  found_.clear();
}

void Oracle::acknowledged(std::uint32_t thread, std::uint32_t index, std::uint64_t batch, bool synced) {
  acks_.push_back({{life_, thread, index}, batch, synced});
  told_[thread] = index + 1;
}

std::string Oracle::take(const EventInfo& event, std::map<std::uint64_t, OpId>& found) {
  if (event.batch != settled_ + 1) return fmt::format("it follows batch {}: some are lost", settled_);
  const auto id = parse_op_id(event.note);
  if (!id) return fmt::format("its note is `{}`, of no edit of this run", event.note);
  if (id->life != life_) return fmt::format("it is edit {}, of another life", to_string(*id));
  std::uint32_t& next = found_[id->thread];
  if (id->index != next) return fmt::format("edit {} comes where {} is next", to_string(*id), next);
  if (id->index > told_[id->thread])
    return fmt::format("edit {} was not begun before {} was acknowledged", to_string(*id), id->index - 1);
  const Op op = make_op(plan_, *id);
  if (std::string wrong = compare(event, op); !wrong.empty()) return wrong;
  ++next;
  ++settled_;
  apply(op, truth_);
  found[event.batch] = *id;
  return {};
}

void Oracle::settle(const Volume& volume, Survival survival, const std::string& where, Outcome& outcome) {
  const std::uint64_t before = settled_;
  std::map<std::uint64_t, OpId> found;
  const Status read = volume.events(before + 1, [&](const EventInfo& event) -> Status {
    std::string wrong = take(event, found);
    if (wrong.empty()) return ok();
    outcome.add("torn");
    return corrupt(fmt::format("the event of batch {} is wrong: {}", event.batch, wrong));
  });
  if (!read) outcome.fail(where + ": " + read.error().message);
  outcome.add("acknowledged", acks_.size());
  for (const Ack& ack : acks_) {
    const auto there = found.find(ack.batch);
    if (there != found.end() && there->second == ack.id) continue;
    if (survival == Survival::kSynced && !ack.synced && ack.batch > settled_) {
      outcome.add("unsynced ones lost");
      continue;
    }
    outcome.add("lost");
    outcome.fail(fmt::format("{}: edit {} was acknowledged as batch {}, and is lost: the last batch is {}",
                             where, to_string(ack.id), ack.batch, settled_));
  }
  outcome.add("batches", settled_ - before);
  compare_voxels(volume, where, outcome);
  acks_.clear();
}

void Oracle::compare_voxels(const Volume& volume, const std::string& where, Outcome& outcome) {
  const auto now = volume.read({volume.world().bounds(), 0, {}});
  if (!now) return outcome.fail(where + ": cannot read: " + now.error().message);
  if (now->voxels == truth_.voxels) return;
  std::size_t wrong = 0, first = 0;
  for (std::size_t i = truth_.voxels.size(); i-- > 0;) {
    if (now->voxels[i] == truth_.voxels[i]) continue;
    ++wrong;
    first = i;
  }
  outcome.add("torn");
  outcome.fail(fmt::format(
      "{}: {} voxels are not what the batches up to {} make; the first is {}: {} and not {}", where, wrong,
      settled_, terrane::to_string(coord_of(first, truth_.size)), now->voxels[first], truth_.voxels[first]));
  truth_ = *now;  // the next cycle is to find what is new
}

void Oracle::examine(Volume& volume, const std::string& where, Outcome& outcome) const {
  expect_clean(volume, where, outcome);
  std::uint64_t next = 1;
  const Status read = volume.events(0, [&](const EventInfo& event) -> Status {
    return event.batch == next++ ? ok() : corrupt(fmt::format("batch {} has no event", next - 1));
  });
  if (!read || next != settled_ + 1)
    outcome.fail(where + ": events: " + (read ? "some are lost" : read.error().message));
  if (const Status flushed = volume.flush_levels(); !flushed)
    return outcome.fail(where + ": flush of levels: " + flushed.error().message);
  expect_levels(volume, plan_, truth_, where, outcome);
  expect_clean(volume, where + ", levels flushed", outcome);
}

}  // namespace terrane::soak

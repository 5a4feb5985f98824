#include "terrane/volume/pending.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace terrane {

using format::Pending;

namespace {

constexpr std::int64_t kEdge = kBrickEdge;
constexpr Coord kBlock = {8 * kEdge, 8 * kEdge, 4 * kEdge};  // voxels

Coord block_of(Coord c) {
  return {c.x / kBlock.x, c.y / kBlock.y, c.z / kBlock.z};
}

}  // namespace

BlockPlan::BlockPlan(const Box& box) : box_(box), first_(block_of(box.lo)) {
  const Coord last = block_of(box.hi - Coord{1, 1, 1});
  blocks_ = last - first_ + Coord{1, 1, 1};
}

std::uint64_t BlockPlan::count() const {
  return static_cast<std::uint64_t>(blocks_.x) * static_cast<std::uint64_t>(blocks_.y) *
         static_cast<std::uint64_t>(blocks_.z);
}

Box BlockPlan::block(std::uint64_t index) const {
  const auto i = static_cast<std::int64_t>(index);
  const Coord b = first_ + Coord{i / (blocks_.z * blocks_.y), i / blocks_.z % blocks_.y, i % blocks_.z};
  const Coord lo = {b.x * kBlock.x, b.y * kBlock.y, b.z * kBlock.z};
  return Box::of_size(lo, kBlock).intersect(box_);
}

std::uint64_t BlockPlan::last_of(const Box& box) const {
  const Coord last = block_of(box.intersect(box_).hi - Coord{1, 1, 1}) - first_;
  return static_cast<std::uint64_t>((last.x * blocks_.y + last.y) * blocks_.z + last.z);
}

void PendingWork::reset(std::vector<Pending> all) {
  std::scoped_lock lock(mutex_);
  all_ = std::move(all);
  ++generation_;
  count_ = all_.size();
  changed_.notify_all();
}

void PendingWork::put(const Pending& pending) {
  std::scoped_lock lock(mutex_);
  for (Pending& known : all_) {
    if (known.id == pending.id) {
      known = pending;
      return;
    }
  }
  all_.push_back(pending);
  ++generation_;
  count_ = all_.size();
}

void PendingWork::remove(std::uint64_t id) {
  std::scoped_lock lock(mutex_);
  std::erase_if(all_, [&](const Pending& p) { return p.id == id; });
  ++generation_;
  count_ = all_.size();
  changed_.notify_all();
}

void PendingWork::set_running(std::uint64_t id, bool running) {
  std::scoped_lock lock(mutex_);
  if (running) {
    running_.insert(id);
  } else {
    running_.erase(id);
    changed_.notify_all();
  }
}

std::optional<Pending> PendingWork::claim(std::uint64_t id) {
  std::scoped_lock lock(mutex_);
  const auto found = std::find_if(all_.begin(), all_.end(), [&](const Pending& p) { return p.id == id; });
  if (found == all_.end() || !running_.insert(id).second) return std::nullopt;
  return *found;
}

std::vector<Pending> PendingWork::all() const {
  std::scoped_lock lock(mutex_);
  return all_;
}

std::uint64_t PendingWork::generation() const {
  std::scoped_lock lock(mutex_);
  return generation_;
}

bool PendingWork::blocks(const Pending& pending, int level, const Box& box) const {
  if (level < pending.level) return false;
  const auto pieces = world_.pieces(pending.box);
  if (!pieces) return true;
  for (std::uint32_t i = 0; i < pieces->size(); ++i) {
    const Box part =
        level_box((*pieces)[i], level).intersect(lattices_[static_cast<std::size_t>(level)].bounds());
    if (!part.overlaps(box)) continue;
    if (level > pending.level || i > pending.piece) return true;
    if (i == pending.piece && BlockPlan(part).last_of(box) >= pending.block) return true;
  }
  return false;
}

Status PendingWork::check(int level, const Box& box, const Task& task) const {
  std::unique_lock lock(mutex_);
  for (;;) {
    const Pending* in_the_way = nullptr;
    for (const Pending& pending : all_) {
      if (!blocks(pending, level, box)) continue;
      in_the_way = &pending;
      if (pending.kind == Pending::Kind::kIngest) break;
    }
    if (in_the_way == nullptr) return ok();
    const bool ingest = in_the_way->kind == Pending::Kind::kIngest;
    if (ingest || !running_.contains(in_the_way->id)) {
      return Error{
          ErrorCode::kIncomplete,
          fmt::format(
              "box {} of level {} is not finished: {} box {}. {}, or allow incomplete reads", to_string(box),
              level,
              ingest ? "an ingest is under way or was stopped in" : "coarser levels are still being made in",
              to_string(in_the_way->box),
              ingest ? "Give the same ingest again to continue it" : "Open the store for writing once")};
    }
    TERRANE_TRY(task.check());
    changed_.wait_for(lock, std::chrono::milliseconds(20));
  }
}

}  // namespace terrane

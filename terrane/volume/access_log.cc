#include "terrane/volume/access_log.h"

#include <functional>
#include <thread>

namespace terrane {

namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;
constexpr std::uint64_t kNobody = ~std::uint64_t{0};

std::uint64_t key_of(int level, RegionId region) {
  return static_cast<std::uint64_t>(level) << 35 | region;
}

}  // namespace

struct alignas(64) AccessLog::Slot {
  std::atomic<std::uint64_t> key{kNobody};
  std::atomic<std::uint64_t> point_reads{0}, brick_reads{0}, brick_writes{0}, local_reads{0};
  std::atomic<Position> last{kNobody};

  void read(std::atomic<std::uint64_t>& reads, std::uint64_t n, Position first, Position newest) {
    reads.fetch_add(n, kRelaxed);
    if (last.load(kRelaxed) == first) local_reads.fetch_add(1, kRelaxed);
    if (last.load(kRelaxed) != newest) last.store(newest, kRelaxed);
  }
};

AccessLog::AccessLog() : slots_(std::make_unique<Slot[]>(kStripes * kSlots)) {}
AccessLog::~AccessLog() = default;

std::size_t AccessLog::stripe_of_thread() {
  const auto id = static_cast<std::uint64_t>(std::hash<std::thread::id>()(std::this_thread::get_id()));
  return (id * 0x9e3779b97f4a7c15ULL >> 32) % kStripes;
}

AccessLog::Slot* AccessLog::find(std::size_t stripe, int level, RegionId region, bool make) const {
  const std::uint64_t key = key_of(level, region);
  const std::uint64_t hash = key * 0x9e3779b97f4a7c15ULL >> 40;
  for (std::size_t probe = 0; probe < kProbes; ++probe) {
    Slot& slot = slots_[stripe * kSlots + (hash + probe) % kSlots];
    std::uint64_t found = slot.key.load(kRelaxed);
    if (found == key) return &slot;
    if (found != kNobody) continue;
    if (!make) return nullptr;
    if (slot.key.compare_exchange_strong(found, key, kRelaxed) || found == key) return &slot;
  }
  return nullptr;
}

void AccessLog::point(int level, Position brick) const {
  if (Slot* slot = find(stripe_of_thread(), level, region_of(brick), true))
    slot->read(slot->point_reads, 1, brick, brick);
}

void AccessLog::box(int level, Position first, Position last, std::uint64_t bricks) const {
  if (Slot* slot = find(stripe_of_thread(), level, region_of(first), true))
    slot->read(slot->brick_reads, bricks, first, last);
}

void AccessLog::written(int level, RegionId region, std::uint64_t bricks) const {
  if (Slot* slot = find(stripe_of_thread(), level, region, true))
    slot->brick_writes.fetch_add(bricks, kRelaxed);
}

AccessPattern AccessLog::of(int level, RegionId region) const {
  AccessPattern sum;
  for (std::size_t stripe = 0; stripe < kStripes; ++stripe) {
    const Slot* slot = find(stripe, level, region, false);
    if (slot == nullptr) continue;
    sum.point_reads += slot->point_reads.load(kRelaxed);
    sum.brick_reads += slot->brick_reads.load(kRelaxed);
    sum.brick_writes += slot->brick_writes.load(kRelaxed);
    sum.local_reads += slot->local_reads.load(kRelaxed);
  }
  return sum;
}

// Keys stay: a thread that found its slot may be about to count in it.
void AccessLog::clear() {
  for (std::size_t i = 0; i < kStripes * kSlots; ++i) {
    Slot& slot = slots_[i];
    for (auto* count : {&slot.point_reads, &slot.brick_reads, &slot.brick_writes, &slot.local_reads})
      count->store(0, kRelaxed);
    slot.last.store(kNobody, kRelaxed);
  }
}

}  // namespace terrane

#include <atomic>
#include <map>
#include <mutex>
#include <thread>

#include "terrane/soak/bricks.h"
#include "terrane/soak/children.h"
#include "terrane/soak/said.h"

namespace terrane::soak {
namespace {

constexpr std::uint32_t kClients = 4;
constexpr std::uint32_t kMostValue = 65'000;

// What a brick holds; kInternal where it is more than one value.
Result<MaterialId> read_brick(const Volume& volume, const BrickRegister& brick, Random& random) {
  switch (random.below(4)) {
    case 0: {
      TERRANE_ASSIGN(const auto info, volume.locate(brick.places[random.below(kPlaces)]));
      return info.material;
    }
    case 1:
    case 2: {
      const Box one = Box::of_size(brick.places[random.below(kPlaces)], {1, 1, 1});
      TERRANE_ASSIGN(const VoxelArray voxel, volume.read({one}));
      if (random.below(2) == 0) return voxel.voxels[0];
      return volume.at(brick.places[random.below(kPlaces)]);
    }
    default: {
      TERRANE_ASSIGN(const VoxelArray all, volume.read({brick.box}));
      const MaterialId value = all.at(brick.places[0] - brick.box.lo);
      for (const Coord place : brick.places) {
        if (all.at(place - brick.box.lo) != value)
          return internal("a brick holds parts of two edits: " + terrane::to_string(brick.box));
      }
      return value;
    }
  }
}

// Clients of one volume. Each access is told before it begins (kBegun, with the brick in `index` and the
// value of an edit in `number`) and after (kAcknowledged, with times).
class Clients {
 public:
  Clients(Volume& volume, const Words& words)
      : volume_(volume),
        bricks_(brick_registers(wide_plan(0))),
        seed_(mix(words.number("seed"), words.number("life"))),
        stale_(words.text("plant") == "stale"),
        next_(bricks_.size()) {
    for (auto& next : next_) next = words.number("value");
  }

  void work(std::uint32_t client) {
    Random random(mix(seed_, client));
    while (!over_) {
      if (random.below(2) == 0) {
        edit(client, random);
      } else {
        read(client, random);
      }
    }
  }

  void keep_up() {
    Random random(mix(seed_, 98));
    while (!over_) {
      std::this_thread::sleep_for(std::chrono::milliseconds(random.below(10)));
      if (random.below(3) == 0) volume_.drop_cache();
      const std::uint64_t what = random.below(8);
      Status status;
      if (what == 0) status = volume_.compact();
      if (what == 1) status = volume_.flush_levels();
      if (what > 4) {
        if (const auto folded = volume_.fold(); !folded) status = folded.error();
      }
      if (!status) fail(status.error());
    }
  }

 private:
  void fail(const Error& error) {
    over_ = true;
    (void)say({.what = error.code == ErrorCode::kInternal ? Said::What::kWrong : Said::What::kRefused});
    complain(error.message);
  }

  void begin(std::uint32_t client, std::size_t brick, std::uint64_t value, std::uint64_t now) {
    if (!say({.what = Said::What::kBegun,
              .thread = client,
              .index = static_cast<std::uint32_t>(brick),
              .number = value,
              .from = now}))
      over_ = true;
  }
  void end(std::uint32_t client, std::size_t brick, bool write, std::uint64_t value, std::uint64_t from,
           std::uint64_t to) {
    if (!say({.what = Said::What::kAcknowledged,
              .thread = client,
              .index = static_cast<std::uint32_t>(brick),
              .flag = write ? 1u : 0u,
              .number = value,
              .from = from,
              .to = to}))
      over_ = true;
  }

  // One brick or two, by voxels or the whole of it.
  void edit(std::uint32_t client, Random& random) {
    const std::size_t first = random.below(bricks_.size());
    const bool whole = random.below(4) == 0;
    std::vector<std::size_t> chosen = {first};
    if (!whole && random.below(3) == 0 && first + 1 < bricks_.size()) chosen.push_back(first + 1);
    EditOptions options;
    options.durability = random.below(2) == 0 ? EditDurability::kSync : EditDurability::kBatch;
    std::vector<VoxelEdit> voxels;
    std::vector<MaterialId> values;
    for (const std::size_t brick : chosen) {
      const std::uint64_t value = next_[brick]++;
      if (value >= kMostValue) return fail(invalid("there are no more values"));
      values.push_back(static_cast<MaterialId>(value));
      for (const Coord place : bricks_[brick].places) voxels.push_back({place, values.back()});
    }
    const std::uint64_t from = shared_time();
    for (std::size_t i = 0; i < chosen.size(); ++i) begin(client, chosen[i], values[i], from);
    const auto report =
        whole ? volume_.edit(bricks_[first].box, values[0], options) : volume_.edit(voxels, options);
    if (!report) return fail(report.error());
    const std::uint64_t to = shared_time();
    for (std::size_t i = 0; i < chosen.size(); ++i) end(client, chosen[i], true, values[i], from, to);
  }

  void read(std::uint32_t client, Random& random) {
    const std::size_t brick = random.below(bricks_.size());
    const std::uint64_t from = shared_time();
    const auto value = read_brick(volume_, bricks_[brick], random);
    if (!value) return fail(value.error());
    const std::uint64_t to = shared_time();
    end(client, brick, false, stale_ ? answer_of(brick, *value, random) : *value, from, to);
  }

  // The planted fault: at times what was read before is given for what is read now.
  MaterialId answer_of(std::size_t brick, MaterialId value, Random& random) {
    const std::scoped_lock lock(mutex_);
    MaterialId& known = cached_.try_emplace(brick, value).first->second;
    if (random.below(20) == 0) return known;
    return known = value;
  }

  Volume& volume_;
  const std::vector<BrickRegister> bricks_;
  const std::uint64_t seed_;
  const bool stale_;
  std::vector<std::atomic<std::uint64_t>> next_;  // value of each brick
  std::atomic<bool> over_{false};
  std::mutex mutex_;
  std::map<std::size_t, MaterialId> cached_;
};

}  // namespace

int serve(const Words& words) {
  const Plan plan = wide_plan(0);
  Random random(mix(words.number("seed"), words.number("life")));
  OpenOptions open;
  open.threads = 1;
  open.cache_bytes = random.below(3) * (std::uint64_t{8} << 20);
  auto volume = open_or_create(words.text("store"), create_options(plan), open, random.below(2) == 0);
  if (!volume) return complain(volume.error().message);
  if (!say({.what = Said::What::kOpened})) return complain("nobody listens");
  Clients clients(*volume, words);
  std::vector<std::thread> threads;
  for (std::uint32_t i = 0; i < kClients; ++i) threads.emplace_back([&clients, i] { clients.work(i); });
  threads.emplace_back([&clients] { clients.keep_up(); });
  for (std::thread& thread : threads) thread.join();
  return 1;
}

// A writer that opens the store changes its files faster than they can be read.
static bool busy(const Error& error) {
  return error.code == ErrorCode::kConflict;
}

// What it reads is as new as its refresh, which belongs to the access.
int look_on(const Words& words) {
  const std::vector<BrickRegister> bricks = brick_registers(wide_plan(0));
  const auto client = static_cast<std::uint32_t>(words.number("client"));
  Random random(mix(words.number("seed"), 1000 + client));
  OpenOptions open;
  open.threads = 1;
  open.cache_bytes = 8 << 20;
  auto volume = Volume::open(words.text("store"), open);
  while (!volume && busy(volume.error())) volume = Volume::open(words.text("store"), open);
  if (!volume) return complain(volume.error().message);
  for (;;) {
    std::this_thread::sleep_for(std::chrono::milliseconds(random.below(20)));  // leaves most to the others
    const std::uint64_t from = shared_time();
    if (const Status status = volume->refresh(); !status) {
      if (busy(status.error())) continue;
      return complain(status.error().message);
    }
    for (std::uint64_t n = 1 + random.below(8); n > 0; --n) {
      const std::size_t brick = random.below(bricks.size());
      const auto value = read_brick(*volume, bricks[brick], random);
      if (!value) {
        (void)say({.what = Said::What::kWrong});
        return complain(value.error().message);
      }
      if (!say({.what = Said::What::kAcknowledged,
                .thread = client,
                .index = static_cast<std::uint32_t>(brick),
                .number = *value,
                .from = from,
                .to = shared_time()}))
        return 1;
    }
  }
}

}  // namespace terrane::soak

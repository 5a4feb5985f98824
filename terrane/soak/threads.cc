#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <thread>
#include <vector>

#include "terrane/soak/ops.h"
#include "terrane/soak/oracle.h"
#include "terrane/soak/outcome.h"

namespace terrane::soak {
namespace {

constexpr int kWriters = 4, kReaders = 4;
constexpr std::size_t kCounters = 64;

// Each writer counts up voxels of its own, so that a reader knows what it may see; boxes and bricks of the
// rest of the world change beside them.
class Crowd {
 public:
  Crowd(Volume& volume, const Plan& plan) : volume_(volume), plan_(plan) {
    Random random(plan.seed);
    for (auto& writer : voxels_) {
      for (Coord& voxel : writer)
        voxel = {random.between(0, plan.extent.x), random.between(0, plan.extent.y),
                 random.between(0, kFloor)};
    }
  }

  void write(std::size_t writer) {
    Random random(mix(plan_.seed, writer));
    for (std::uint64_t n = 1; !over; ++n) {
      std::vector<VoxelEdit> voxels;
      for (const Coord voxel : voxels_[writer]) voxels.push_back({voxel, static_cast<MaterialId>(n % kTurn)});
      EditOptions options;
      options.durability = random.below(2) == 0 ? EditDurability::kSync : EditDurability::kBatch;
      begun_[writer] = n;
      expect(volume_.edit(voxels, options).has_value(), "an edit failed");
      ended_[writer] = n;
      ++edits;
      if (n % 8 != 0) continue;
      Box box = {{random.between(0, plan_.extent.x / 2), 0, kFloor}, plan_.extent};
      box.hi.x = box.lo.x + 1 + random.between(0, plan_.extent.x / 2);
      expect(volume_.edit(box, static_cast<MaterialId>(random.below(6)), options).has_value(),
             "a box failed");
    }
  }

  void read(std::size_t reader) {
    Random random(mix(plan_.seed, 100 + reader));
    while (!over) {
      const std::size_t writer = random.below(kWriters);
      const Coord voxel = voxels_[writer][random.below(kCounters)];
      const std::uint64_t least = ended_[writer];
      const auto found = random.below(2) == 0 ? volume_.at(voxel) : through_box(voxel);
      const std::uint64_t most = begun_[writer];
      expect(found && (shared(voxel) || (*found + kTurn - least % kTurn) % kTurn <= most - least),
             "a read gave what cannot be");
      ++reads;
      switch (random.below(60)) {
        case 0:
          expect(volume_.read({volume_.world().bounds(), static_cast<int>(random.below(4))}).has_value(),
                 "a read of a level failed");
          break;
        case 1:
          expect(volume_.histogram(volume_.world().bounds()).has_value(), "a histogram failed");
          break;
        case 2:
          volume_.drop_cache();
          break;
        case 3:
          expect(volume_.events(1, [](const EventInfo&) { return ok(); }).has_value(), "events failed");
          break;
        default:
          break;
      }
    }
  }

  void keep_up() {
    Random random(mix(plan_.seed, 200));
    while (!over) {
      switch (random.below(6)) {
        case 0:
          expect(volume_.flush_levels().has_value(), "a flush failed");
          break;
        case 1:
          expect(volume_.compact().has_value(), "a compaction failed");
          break;
        case 2: {
          const auto report = volume_.verify();
          expect(report && report->corrupt + report->missing == 0, "verify found something");
          break;
        }
        default:
          expect(volume_.fold().has_value(), "a fold failed");
      }
      ++upkeep;
    }
  }

  std::atomic<bool> over{false};
  std::atomic<std::uint64_t> edits{0}, reads{0}, upkeep{0}, wrong{0};
  std::atomic<const char*> first_wrong{nullptr};

 private:
  static constexpr std::int64_t kFloor = 40;      // counters are below it
  static constexpr std::uint64_t kTurn = 50'000;  // and begin anew there

  void expect(bool right, const char* what) {
    if (right) return;
    ++wrong;
    const char* none = nullptr;
    first_wrong.compare_exchange_strong(none, what);
  }
  Result<MaterialId> through_box(Coord voxel) const {
    TERRANE_ASSIGN(const VoxelArray one, volume_.read({Box::of_size(voxel, {1, 1, 1})}));
    return one.voxels[0];
  }
  // Whether two writers have drawn the same voxel.
  bool shared(Coord voxel) const {
    int writers = 0;
    for (const auto& writer : voxels_)
      writers += std::find(writer.begin(), writer.end(), voxel) != writer.end();
    return writers > 1;
  }

  Volume& volume_;
  const Plan plan_;
  std::array<std::array<Coord, kCounters>, kWriters> voxels_;
  std::array<std::atomic<std::uint64_t>, kWriters> begun_{}, ended_{};
};

void run_for(const Settings& settings, const std::string& engine, Outcome& outcome) {
  const Plan plan = small_plan(settings.seed);
  OpenOptions open;
  open.threads = 3;
  open.cache_bytes = 2 << 20;
  auto volume = Volume::create(engine == "memory" ? "memory:" : settings.directory + "/store",
                               create_options(plan), open);
  if (!volume) return outcome.fail(volume.error().message);
  Crowd crowd(*volume, plan);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < kWriters; ++i) threads.emplace_back([&crowd, i] { crowd.write(i); });
  for (std::size_t i = 0; i < kReaders; ++i) threads.emplace_back([&crowd, i] { crowd.read(i); });
  threads.emplace_back([&crowd] { crowd.keep_up(); });
  std::this_thread::sleep_for(std::chrono::seconds(settings.cycles));
  crowd.over = true;
  for (std::thread& thread : threads) thread.join();
  const std::string where = fmt::format("{} [again: {} threads --seed {} --variant {} --cycles {}]", engine,
                                        settings.command, settings.seed, engine, settings.cycles);
  outcome.add("seconds", settings.cycles);
  outcome.add("edits", crowd.edits);
  outcome.add("reads", crowd.reads);
  outcome.add("upkeep", crowd.upkeep);
  if (crowd.wrong > 0) outcome.fail(fmt::format("{}: {} times: {}", where, crowd.wrong, crowd.first_wrong));
  if (crowd.edits == 0 || crowd.reads == 0 || crowd.upkeep == 0)
    outcome.fail(where + ": somebody did nothing");
  expect_clean(*volume, where, outcome);
}

}  // namespace

Outcome check_threads(const Settings& settings) {
  Outcome outcome("threads");
  for (const char* engine : {"memory", "rocks"}) {
    if (settings.variant.empty() || settings.variant == engine) run_for(settings, engine, outcome);
  }
  return outcome;
}

}  // namespace terrane::soak

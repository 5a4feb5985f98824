#include <atomic>
#include <thread>

#include "terrane/soak/children.h"
#include "terrane/soak/ops.h"
#include "terrane/soak/said.h"

namespace terrane::soak {
namespace {

constexpr std::uint32_t kWriters = 4;

class Writers {
 public:
  Writers(Volume& volume, const Plan& plan, std::uint64_t life) : volume_(volume), plan_(plan), life_(life) {}

  void write(std::uint32_t thread) {
    for (std::uint32_t index = 0; !failed_; ++index) {
      const Op op = make_op(plan_, {life_, thread, index});
      const auto report = run(volume_, op);
      if (!report) return fail(report.error().message);
      const bool synced = op.options.durability == EditDurability::kSync;
      ++done_;
      if (!say({.what = Said::What::kAcknowledged,
                .thread = thread,
                .index = index,
                .flag = synced ? 1u : 0u,
                .number = report->batch})) {
        fail("nobody listens");
      }
    }
  }

  // What else a store goes through, every now and then.
  void keep_up() {
    Random random(mix(mix(plan_.seed, life_), 99));
    while (!failed_) {
      const std::uint64_t until = done_ + 10 + random.below(60);
      while (done_ < until && !failed_) std::this_thread::sleep_for(std::chrono::microseconds(200));
      Status status;
      switch (random.below(8)) {
        case 0:
          status = volume_.compact();
          break;
        case 1:
        case 2:
          status = volume_.flush_levels();
          break;
        case 3:
          volume_.drop_cache();
          break;
        default:
          if (const auto folded = volume_.fold(static_cast<std::uint32_t>(1 + random.below(4))); !folded)
            status = folded.error();
      }
      if (!status) fail(status.error().message);
    }
  }
  bool failed() const { return failed_; }

 private:
  void fail(const std::string& why) {
    failed_ = true;
    (void)say({.what = Said::What::kRefused});
    complain(why);
  }

  Volume& volume_;
  const Plan& plan_;
  const std::uint64_t life_;
  std::atomic<std::uint64_t> done_{0};
  std::atomic<bool> failed_{false};
};

}  // namespace

int edit_for_ever(const Words& words) {
  const Plan plan = wide_plan(words.number("seed"));
  const std::uint64_t life = words.number("life");
  Random random(mix(plan.seed, life));
  OpenOptions open;
  open.threads = 2;
  open.cache_bytes = random.below(3) * (std::uint64_t{8} << 20);
  auto volume = open_or_create(words.text("store"), create_options(plan), open, random.below(2) == 0);
  if (!volume) return complain(volume.error().message);
  if (!say({.what = Said::What::kOpened})) return complain("nobody listens");
  Writers writers(*volume, plan, life);
  std::vector<std::thread> threads;
  for (std::uint32_t i = 0; i < kWriters; ++i) threads.emplace_back([&writers, i] { writers.write(i); });
  threads.emplace_back([&writers] { writers.keep_up(); });
  for (std::thread& thread : threads) thread.join();
  return 1;
}

}  // namespace terrane::soak

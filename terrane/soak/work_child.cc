#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

#include "terrane/soak/children.h"
#include "terrane/soak/disk.h"
#include "terrane/soak/fault_work.h"
#include "terrane/soak/said.h"

namespace terrane::soak {
namespace {

// Does the work step by step, and tells of each: kBegun, then kAcknowledged or kRefused, with its number
// (and, of edits, each one's in `index`); `flag` of kRefused is the code of the error.
class Worker {
 public:
  Worker(const Words& words, const Plan& plan)
      : plan_(plan),
        path_(words.text("store")),
        copy_(words.text("copy")),
        truth_(plan.extent, 0),
        random_(words.number("fail")) {}

  int work() {
    const std::vector<WorkStep> steps = work_steps();
    for (step_ = 0; step_ < steps.size(); ++step_) {
      tell({.what = Said::What::kBegun});
      Status status = run_step(steps[step_]);
      tell_result(status, 0);
      if (!status) {
        if (steps[step_].kind == WorkStep::Kind::kOpen || steps[step_].kind == WorkStep::Kind::kCreate) break;
        check_reads();
        if (!probe()) break;
      }
      check_reads();
    }
    volume_.reset();
    tell({.what = Said::What::kEnded, .flag = disk_failed() ? 1u : 0u, .number = disk_changes()});
    return 0;
  }

 private:
  void tell(Said said) {
    said.thread = static_cast<std::uint32_t>(step_);
    (void)say(said);
  }
  void tell_result(const Status& status, std::uint32_t index) {
    if (status) return tell({.what = Said::What::kAcknowledged, .index = index});
    if (status.error().code != ErrorCode::kIo)
      complain(fmt::format("step {}: {}", step_, status.error().message));
    tell({.what = Said::What::kRefused,
          .index = index,
          .flag = static_cast<std::uint32_t>(status.error().code)});
  }

  OpenOptions for_writing() const {
    OpenOptions open;
    open.access = Access::kWrite;
    open.threads = 1;
    open.cache_bytes = 1 << 20;
    return open;
  }

  Status run_step(const WorkStep& step) {
    using Kind = WorkStep::Kind;
    switch (step.kind) {
      case Kind::kCreate: {
        TERRANE_ASSIGN(volume_, Volume::create(path_, create_options(plan_), for_writing()));
        return ok();
      }
      case Kind::kOpen: {
        volume_.reset();
        auto opened = Volume::open(path_, for_writing());
        // What failed once is well again by now.
        if (!opened) opened = Volume::open(path_, for_writing());
        TERRANE_ASSIGN(volume_, std::move(opened));
        return ok();
      }
      case Kind::kWrite: {
        WriteOptions fast;
        fast.encoding.policy = Policy::kFast;
        return lay(kWritten, written_voxels(plan_),
                   [&](const VoxelArray& voxels) { return volume_->write(kWritten, voxels.view(), fast); });
      }
      case Kind::kIngest:
        return lay(kIngested, ingested_voxels(plan_), [&](const VoxelArray&) -> Status {
          TERRANE_ASSIGN(const auto report, ingest_work(*volume_, plan_));
          (void)report;
          return ok();
        });
      case Kind::kEdits:
        for (std::uint32_t n = step.from; n < step.to; ++n) TERRANE_TRY(edit(n));
        return ok();
      case Kind::kTogether:
        return edit_together(step.from, step.to);
      case Kind::kFold: {
        TERRANE_ASSIGN(const auto report, volume_->fold());
        (void)report;
        return ok();
      }
      case Kind::kLevels:
        return volume_->flush_levels();
      case Kind::kCompact:
        return volume_->compact();
      case Kind::kCheckpoint:
        return volume_->checkpoint(copy_);
    }
    return ok();
  }

  template <class Write>
  Status lay(const Box& box, const VoxelArray& voxels, const Write& write) {
    Status status = write(voxels);
    if (status) {
      copy(voxels.view(), truth_.view().sub(box));
    } else {
      doubtful_boxes_.push_back(box);
    }
    return status;
  }

  Status edit(std::uint32_t n) {
    const Op op = make_op(plan_, work_op(n));
    const auto report = soak::run(*volume_, op);
    tell_result(report ? ok() : Status(report.error()), n + 1);
    if (report) {
      apply(op, truth_);
      return ok();
    }
    doubtful_.push_back(op);
    return report.error();
  }

  Status edit_together(std::uint32_t from, std::uint32_t to) {
    struct Done {
      Op op;
      std::optional<Result<EditReport>> report;
    };
    std::vector<Done> all;
    for (std::uint32_t n = from; n < to; ++n) all.push_back({make_op(plan_, work_op(n)), {}});
    std::vector<std::thread> threads;
    threads.reserve(all.size());
    for (Done& one : all) threads.emplace_back([this, &one] { one.report = soak::run(*volume_, one.op); });
    for (std::thread& thread : threads) thread.join();
    std::sort(all.begin(), all.end(), [](const Done& a, const Done& b) {
      return (*a.report ? (**a.report).batch : ~0ull) < (*b.report ? (**b.report).batch : ~0ull);
    });
    Status status;
    for (Done& one : all) {
      const bool done = one.report->has_value();
      tell_result(done ? ok() : Status(one.report->error()), one.op.id.thread + 1);
      if (done) {
        apply(one.op, truth_);
      } else {
        doubtful_.push_back(one.op);
        status = one.report->error();
      }
    }
    return status;
  }

  // Some edits after a failure. True where the store takes them.
  bool probe() {
    bool taken = true;
    for (std::uint32_t n = kProbe; n < kProbe + kProbes && taken; ++n) {
      if (tried_.insert(n).second) taken = edit(n).has_value();
    }
    return taken;
  }

  // Voxels are what they must be, or what something made of them that failed, or an error.
  void check_reads() {
    for (int i = 0; i < 40; ++i) {
      const Coord c = {random_.between(0, plan_.extent.x), random_.between(0, plan_.extent.y),
                       random_.between(0, plan_.extent.z)};
      if (i % 4 == 0) volume_->drop_cache();
      const auto found = volume_->at(c);
      if (!found || *found == truth_.at(c)) continue;
      const bool doubtful = std::any_of(doubtful_.begin(), doubtful_.end(), [&](const Op& op) {
        return material_at(plan_, op, c) == std::optional<MaterialId>(*found);
      });
      if (doubtful || std::any_of(doubtful_boxes_.begin(), doubtful_boxes_.end(),
                                  [&](const Box& box) { return box.contains(c); })) {
        continue;
      }
      complain(fmt::format("voxel {} is {} and not {}", terrane::to_string(c), *found, truth_.at(c)));
      tell({.what = Said::What::kWrong});
    }
    tell({.what = Said::What::kChecked, .number = 40});
  }

  const Plan plan_;
  const std::string path_, copy_;
  VoxelArray truth_;
  std::vector<Op> doubtful_;         // failed: there or not
  std::vector<Box> doubtful_boxes_;  // the same of writes and ingests
  std::set<std::uint32_t> tried_;
  std::optional<Volume> volume_;
  Random random_;
  std::size_t step_ = 0;
};

}  // namespace

int work_once(const Words& words) {
  return Worker(words, small_plan(words.number("seed"))).work();
}

}  // namespace terrane::soak

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <set>

#include "terrane/base/spawned_testing.h"
#include "terrane/soak/fault_work.h"
#include "terrane/soak/lives.h"
#include "terrane/soak/said.h"

namespace terrane::soak {
namespace {

namespace fs = std::filesystem;

struct Mode {
  const char* name;
  int error;
  bool sticky;
};
constexpr Mode kModes[] = {{"eio-once", EIO, false},
                           {"eio-sticky", EIO, true},
                           {"enospc-once", ENOSPC, false},
                           {"enospc-sticky", ENOSPC, true}};

// What the process said of its work.
struct Account {
  enum class State : std::uint8_t { kNotBegun, kBegun, kDone, kRefused };
  std::vector<State> steps;
  std::map<std::uint32_t, State> edits;                // that came to an end
  std::map<std::uint32_t, std::uint32_t> probe_steps;  // after which step a probe was made
  std::optional<std::uint32_t> first_refusal;          // the code of its error
  bool edit_refused = false;                           // the first refusal was that of an edit
  std::uint64_t changes = 0, wrong = 0, checked = 0;
  std::uint32_t last_step = 0;
  bool hit = false, ended = false, aborted = false, hangs = false;
};

Account listen(Spawned& process) {
  Account account;
  account.steps.resize(work_steps().size());
  Said said;
  Spawned::Heard heard;
  while ((heard = process.hear(said, kPatienceMs)) == Spawned::Heard::kWord) {
    using State = Account::State;
    account.last_step = said.thread;
    switch (said.what) {
      case Said::What::kBegun:
        account.steps[said.thread] = State::kBegun;
        break;
      case Said::What::kAcknowledged:
      case Said::What::kRefused: {
        const State state = said.what == Said::What::kRefused ? State::kRefused : State::kDone;
        if (state == State::kRefused && !account.first_refusal) {
          account.first_refusal = said.flag;
          account.edit_refused = said.index != 0;
        }
        if (said.index == 0) {
          account.steps[said.thread] = state;
        } else {
          account.edits[said.index - 1] = state;
          if (said.index > kProbe) account.probe_steps[said.index - 1] = said.thread;
        }
        break;
      }
      case Said::What::kWrong:
        ++account.wrong;
        break;
      case Said::What::kChecked:
        account.checked += said.number;
        break;
      case Said::What::kEnded:
        account.ended = true;
        account.hit = said.flag != 0;
        account.changes = said.number;
        break;
      default:
        break;
    }
  }
  account.hangs = heard == Spawned::Heard::kSilence;
  const int status = account.hangs ? process.kill() : process.wait();
  account.aborted = WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
  if (account.aborted) account.hit = true;
  return account;
}

// Looks at the store that one failure has left.
class Aftermath {
 public:
  Aftermath(const Plan& plan, const Account& account, std::string where, Outcome& outcome)
      : plan_(plan), account_(account), steps_(work_steps()), where_(std::move(where)), outcome_(outcome) {}

  void look(const std::string& store, const std::string& copy) {
    OpenOptions open;
    open.access = Access::kWrite;
    open.threads = 1;
    auto volume = Volume::open(store, open);
    if (!volume) {
      if (account_.steps[0] == State::kDone) fail("cannot open again: " + volume.error().message);
      return;
    }
    if (const Status read = read_events(*volume); !read) return fail(read.error().message);
    for (const auto& [edit, state] : account_.edits) {
      if (state != State::kDone || batch_of_.contains(edit)) continue;
      outcome_.add("lost");
      fail(fmt::format("edit {} was acknowledged and is lost", edit));
    }
    std::uint64_t acknowledged = 0;
    for (const auto& [edit, state] : account_.edits) acknowledged += state == State::kDone ? 1 : 0;
    outcome_.add("acknowledged", acknowledged);
    compare(*volume);
    look_at_copy(copy);
  }

 private:
  using State = Account::State;
  using Kind = WorkStep::Kind;

  void fail(const std::string& what) { outcome_.fail(where_ + ": " + what); }

  State state_of(Kind kind) const {
    for (std::size_t i = 0; i < steps_.size(); ++i) {
      if (steps_[i].kind == kind) return account_.steps[i];
    }
    return State::kNotBegun;
  }

  // The step that an edit belongs to, or after which it was tried.
  std::uint32_t step_of(std::uint32_t edit) const {
    if (edit >= kProbe) {
      const auto known = account_.probe_steps.find(edit);
      return known == account_.probe_steps.end() ? account_.last_step : known->second;
    }
    for (std::uint32_t i = 0; i < steps_.size(); ++i) {
      if (edit >= steps_[i].from && edit < steps_[i].to) return i;
    }
    return 0;
  }

  Status read_events(const Volume& volume) {
    return volume.events(1, [&](const EventInfo& event) -> Status {
      const auto id = parse_op_id(event.note);
      if (!id || event.batch != order_.size() + 1 || id->life != 0 || id->index != 0)
        return corrupt(fmt::format("batch {} with note `{}` cannot be", event.batch, event.note));
      if (account_.steps[step_of(id->thread)] == State::kNotBegun || batch_of_.contains(id->thread))
        return corrupt(fmt::format("edit {} was never made, or twice", id->thread));
      if (const std::string wrong = soak::compare(event, make_op(plan_, *id)); !wrong.empty())
        return corrupt(fmt::format("the event of batch {} is wrong: {}", event.batch, wrong));
      batch_of_[id->thread] = event.batch;
      order_.push_back(id->thread);
      return ok();
    });
  }

  // What the store may hold: all edits that have an event, in their order, and where a write or an ingest
  // came to no end, both with it and without it.
  std::vector<VoxelArray> possible(bool with_ingest_in_place, std::size_t batches) const {
    std::vector<VoxelArray> worlds = {VoxelArray(plan_.extent, 0)};
    lay(state_of(Kind::kWrite), kWritten, written_voxels(plan_), worlds);
    bool ingested = !with_ingest_in_place;
    const auto ingest_step =
        static_cast<std::uint32_t>(std::find_if(steps_.begin(), steps_.end(),
                                                [](const WorkStep& s) { return s.kind == Kind::kIngest; }) -
                                   steps_.begin());
    const auto ingest = [&] {
      if (!ingested) lay(state_of(Kind::kIngest), kIngested, ingested_voxels(plan_), worlds);
      ingested = true;
    };
    for (std::size_t i = 0; i < batches; ++i) {
      const std::uint32_t edit = order_[i];
      if (edit >= kProbe ? step_of(edit) >= ingest_step : step_of(edit) > ingest_step) ingest();
      const Op op = make_op(plan_, work_op(edit));
      for (VoxelArray& world : worlds) apply(op, world);
    }
    ingest();
    return worlds;
  }

  static void lay(State state, const Box& box, const VoxelArray& voxels, std::vector<VoxelArray>& worlds) {
    if (state == State::kNotBegun) return;
    std::vector<VoxelArray> without;
    if (state != State::kDone) without = worlds;
    for (VoxelArray& world : worlds) copy(voxels.view(), world.view().sub(box));
    for (VoxelArray& world : without) worlds.push_back(std::move(world));
  }

  void compare(Volume& volume) {
    const auto info = volume.info();
    if (!info) return fail(info.error().message);
    const bool unfinished = !info->unfinished.empty();
    std::vector<VoxelArray> worlds = possible(!unfinished, order_.size());
    if (unfinished) {
      const auto report = ingest_work(volume, plan_);
      if (!report) return fail("the ingest does not go on: " + report.error().message);
      outcome_.add("ingests continued");
      for (VoxelArray& world : worlds) copy(ingested_voxels(plan_).view(), world.view().sub(kIngested));
    }
    const auto now = volume.read({volume.world().bounds(), 0, {}});
    if (!now) return fail("cannot read: " + now.error().message);
    if (std::none_of(worlds.begin(), worlds.end(),
                     [&](const VoxelArray& world) { return world.voxels == now->voxels; })) {
      outcome_.add("torn");
      return fail("the voxels are not what the acknowledged changes make");
    }
    expect_clean(volume, where_, outcome_);
    VoxelArray truth = *now;
    const Op more = make_op(plan_, work_op(2 * kProbe));
    if (const auto report = run(volume, more); !report)
      return fail("takes no edits: " + report.error().message);
    apply(more, truth);
    if (const Status flushed = volume.flush_levels(); !flushed) return fail(flushed.error().message);
    expect_levels(volume, plan_, truth, where_, outcome_);
  }

  // A checkpoint that was acknowledged is a whole store of that time.
  void look_at_copy(const std::string& copy) {
    if (state_of(Kind::kCheckpoint) != State::kDone) return;
    const auto volume = Volume::open(copy);
    if (!volume) return fail("the checkpoint cannot be opened: " + volume.error().message);
    expect_clean(*volume, where_ + ", the checkpoint", outcome_);
    std::size_t batches = 0;
    const Status read = volume->events(1, [&](const EventInfo& event) -> Status {
      batches = event.batch;
      return ok();
    });
    const auto now = volume->read({volume->world().bounds(), 0, {}});
    if (!read || !now || batches > order_.size()) return fail("the checkpoint cannot be read");
    std::vector<VoxelArray> worlds = possible(true, batches);
    if (std::none_of(worlds.begin(), worlds.end(),
                     [&](const VoxelArray& world) { return world.voxels == now->voxels; }))
      fail("the checkpoint is not the store of that time");
  }

  const Plan& plan_;
  const Account& account_;
  const std::vector<WorkStep> steps_;
  const std::string where_;
  Outcome& outcome_;
  std::map<std::uint32_t, std::uint64_t> batch_of_;
  std::vector<std::uint32_t> order_;  // edits, by batch
};

// One point: true where the work met the failure.
bool fail_at(const Settings& settings, const Mode& mode, std::uint64_t point, Outcome& outcome) {
  const std::string where =
      fmt::format("{} at change {} [again: {} faults --seed {} --variant {} --first {} --cycles 1]",
                  mode.name, point, settings.command, settings.seed, mode.name, point);
  const Plan plan = small_plan(settings.seed);
  const std::string root = settings.directory + "/disk";
  fs::remove_all(root);
  fs::create_directories(root);
  const std::string store = root + "/store", copy = root + "/copy";
  Spawned process({settings.program, "work", "store=" + store, "copy=" + copy,
                   "seed=" + std::to_string(settings.seed), "root=" + root, "fail=" + std::to_string(point),
                   "error=" + std::to_string(mode.error), mode.sticky ? "sticky=1" : "sticky=0"});
  const Account account = listen(process);
  outcome.add("points", account.hit ? 1 : 0);
  outcome.add("reads", account.checked);
  if (account.aborted) outcome.add("aborts of the engine");
  if (account.first_refusal) outcome.add("refusals");
  if (account.wrong > 0) outcome.fail(fmt::format("{}: {} reads gave other voxels", where, account.wrong));
  if (account.hangs) outcome.fail(where + ": it hangs");
  if (!account.ended && !account.aborted && !account.hangs) outcome.fail(where + ": it died otherwise");
  if (account.first_refusal && *account.first_refusal != static_cast<std::uint32_t>(ErrorCode::kIo))
    outcome.fail(
        fmt::format("{}: the first refusal was of code {}, not of io", where, *account.first_refusal));
  const auto probe = account.edits.find(kProbe);
  const bool taken = probe != account.edits.end() && probe->second == Account::State::kDone;
  if (taken && account.edit_refused) outcome.fail(where + ": after a failed edit the store took another");
  if (taken) outcome.add("went on");
  Aftermath(plan, account, where, outcome).look(store, copy);
  return account.hit;
}

}  // namespace

Outcome check_faults(const Settings& settings) {
  Outcome outcome("faults");
  std::uint64_t first = std::max<std::uint64_t>(settings.first, 1);
  for (const Mode& mode : kModes) {
    if (!settings.variant.empty() && settings.variant != mode.name) continue;
    for (std::uint64_t i = 0; i < settings.cycles; ++i) {
      const bool hit = fail_at(settings, mode, first + i * settings.stride, outcome);
      if (outcome.failures() > 0) return outcome;
      if (!hit) break;
      outcome.add(mode.name);
    }
    ++first;  // another set of points
  }
  if (settings.stride > 1 && outcome.count("points") == 0) outcome.fail("no failure was ever met");
  return outcome;
}

}  // namespace terrane::soak

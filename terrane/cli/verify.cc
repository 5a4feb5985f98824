#include <fmt/format.h>

#include <memory>

#include "terrane/cli/progress.h"
#include "terrane/cli/text.h"
#include "terrane/cli/verb.h"

namespace terrane::cli {

namespace {

constexpr std::size_t kShown = 20;  // findings; JSON has all that verify keeps

struct Arguments {
  StoreArguments store;
  bool rebuild = false, json = false;
};

void print_as_json(const VerifyReport& report) {
  Json out = {{"checked", report.checked}, {"corrupt", report.corrupt}, {"missing", report.missing}};
  out["findings"] = Json::array();
  for (const Finding& f : report.findings) {
    out["findings"].push_back(
        {{"kind", name(f.kind)}, {"level", f.level}, {"box", to_string(f.box)}, {"message", f.message}});
  }
  print_json(out);
}

void print_as_text(const VerifyReport& report) {
  fmt::print("checked  {}\ncorrupt  {}\nmissing  {}\n", count_text(report.checked),
             count_text(report.corrupt), count_text(report.missing));
  for (std::size_t i = 0; i < std::min(kShown, report.findings.size()); ++i) {
    const Finding& f = report.findings[i];
    fmt::print("{}: level {}, box {}: {}\n", name(f.kind), f.level, to_string(f.box), f.message);
  }
  if (report.findings.size() > kShown) fmt::print("and more; --json lists up to 1,000\n");
}

Status run(const Arguments& a, const std::stop_token& stop) {
  TERRANE_ASSIGN(Volume volume, a.store.open(a.rebuild ? Access::kWrite : Access::kRead));
  if (a.rebuild) {
    ProgressBar bar("rebuild");
    TERRANE_TRY(volume.rebuild_levels(bar.task(stop)));
  }
  Result<VerifyReport> verified = internal("not verified");
  {
    ProgressBar bar("verify");
    verified = volume.verify(bar.task(stop));
  }
  TERRANE_ASSIGN(const VerifyReport report, std::move(verified));
  a.json ? print_as_json(report) : print_as_text(report);
  if (report.corrupt == 0 && report.missing == 0) return ok();
  return corrupt(
      fmt::format("the store is damaged: {} corrupt, {} missing; what does not read is listed: store=`{}`",
                  count_text(report.corrupt), count_text(report.missing), a.store.store));
}

}  // namespace

Verb verify_verb(CLI::App& app) {
  auto a = std::make_shared<Arguments>();
  CLI::App* verb =
      app.add_subcommand("verify", "Read and decode everything; fails where anything is corrupt or missing");
  a->store.add_to(*verb);
  verb->add_flag("--rebuild", a->rebuild, "First make all coarser levels anew from level 0");
  verb->add_flag("--json", a->json, "As JSON");
  verb->footer("Example\n  terrane verify earth.terrane --json");
  return {verb, [a](const std::stop_token& stop) { return run(*a, stop); }};
}

}  // namespace terrane::cli

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>

#include <unistd.h>

#include "terrane/cli/machine.h"
#include "terrane/cli/verb.h"
#include "terrane/report/report.h"

namespace terrane::cli {

namespace {

constexpr double kMostSeconds = 1e9;

struct Arguments {
  StoreArguments store;
  std::string out, title;
  std::uint64_t points = 2000, boxes = 200, seed = 1;
  double verify_seconds = 60;
  bool json = false;
};

Json samples_json(const Samples& s) {
  return {{"p50_us", s.percentile(50)}, {"p99_us", s.percentile(99)}};
}

Json latency_json(const Latency& l) {
  return {{"shape", coord_json(l.shape)},
          {"count", l.cold.count()},
          {"cold", samples_json(l.cold)},
          {"hot", samples_json(l.hot)},
          {"added", samples_json(l.added)}};
}

Json uses_json(const ColumnUse& use) {
  Json out = Json::object();
  for (const StrategyUse& u : use.uses) {
    out[name_of(u.strategy)] = {{"bricks", u.bricks}, {"bytes", u.bytes}};
  }
  return out;
}

Json targets_json(const StoreReport& report) {
  Json out = Json::array();
  for (const Target& t : report.targets) {
    out.push_back({{"id", t.id},
                   {"limit", t.limit},
                   {"value", t.value ? Json(*t.value) : Json()},
                   {"met", t.value ? Json(t.met) : Json()}});
  }
  return out;
}

Json tables_json(const StoreReport& report) {
  Json out;
  out["regions"] = Json::array();
  for (const RegionSum& r : report.regions.rows) {
    out["regions"].push_back({{"type", name(r.type)},
                              {"columns", r.squares},
                              {"raw_bytes", number_json(r.use.raw_bytes)},
                              {"stored_bytes", r.use.stored_bytes()},
                              {"reduction", r.reduction()},
                              {"strategies", uses_json(r.use)}});
  }
  out["strategies"] = uses_json(report.use);
  out["levels"] = Json::array();
  for (const LevelSize& l : report.levels) {
    out["levels"].push_back(
        {{"level", l.level},
         {"extent", coord_json(l.extent)},
         {"ranges", {{"uniform", l.uniform}, {"predicted", l.predicted}, {"brick", l.bricks}}},
         {"bytes", number_json(l.bytes)}});
  }
  out["materials"] = Json::array();
  for (const MaterialRow& m : report.materials) {
    out["materials"].push_back(
        {{"id", m.id}, {"name", m.name}, {"share", m.share}, {report.metric ? "m3" : "voxels", m.volume}});
  }
  return out;
}

Json report_json(const StoreReport& report, const Arguments& a, const Machine& machine) {
  Json out;
  out["version"] = TERRANE_VERSION;
  out["revision"] = git_revision();
  out["machine"] = machine_json(machine);
  out["store"] = {{"path", a.store.store},
                  {"extent", coord_json(report.info.world.extent)},
                  {"logical_bytes", number_json(report.info.logical_bytes)},
                  {"ingested_bytes", report.info.ingested_bytes},
                  {"stored_bytes", report.info.stored_bytes},
                  {"level0_bytes", report.info.level0_bytes},
                  {"disk_bytes", report.info.disk_bytes},
                  {"reduction", report.info.reduction()}};
  out["threads"] = report.threads;
  out["seed"] = a.seed;
  out["targets"] = targets_json(report);
  out["integrity"] = {{"full", report.integrity.full},
                      {"checked", report.integrity.checked},
                      {"corrupt", report.integrity.corrupt},
                      {"missing", report.integrity.missing}};
  out["map_level"] = report.map_level;
  out["column_bricks"] = report.square_bricks;
  out["materials_level"] = report.materials_level;
  out.update(tables_json(report));
  out["latency"] = {{"points", latency_json(report.latency.points)},
                    {"boxes", latency_json(report.latency.boxes)},
                    {"bricks", latency_json(report.latency.bricks)}};
  return out;
}

// The file appears complete or not at all.
Status write_page(const std::string& path, const std::string& html) {
  const std::string partial = path + "." + std::to_string(::getpid()) + ".part";
  std::ofstream file(partial, std::ios::binary | std::ios::trunc);
  file.write(html.data(), static_cast<std::streamsize>(html.size()));
  file.close();
  if (file && std::rename(partial.c_str(), path.c_str()) == 0) return ok();
  const int code = errno;
  std::remove(partial.c_str());
  return Error{ErrorCode::kIo, "cannot write the report: --output=`" + path + "`: " + std::strerror(code)};
}

// A word that a shell takes as it is.
std::string shell_word(const std::string& word) {
  const auto plain =
      word.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./,:@%");
  if (!word.empty() && plain == std::string::npos) return word;
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

ReportFrame frame_of(const Arguments& a, const Machine& machine) {
  ReportFrame frame;
  frame.title = a.title.empty() ? store_name(a.store.store) : a.title;
  frame.store = a.store.store;
  frame.version = version_text();
  frame.machine = fmt::format("{}, {} cores, load {:.2f}", machine.cpu, machine.cores, machine.load);
  frame.date = machine.date;
  frame.command = fmt::format("terrane report {} -o {} --points {} --boxes {} --seed {}",
                              shell_word(a.store.store), shell_word(a.out), a.points, a.boxes, a.seed);
  return frame;
}

Status run(const Arguments& a, std::stop_token stop) {
  if (!(a.verify_seconds >= 0 && a.verify_seconds <= kMostSeconds))
    return invalid("--verify-seconds is a time from 0 to 1000000000 s");
  if (a.out.empty() && !a.json)
    return invalid("say where the report goes: -o OUT.html, or --json for figures alone");
  const Machine machine = this_machine();
  const ReportFrame frame = frame_of(a, machine);
  const SteadyClock clock;
  ReportOptions options;
  options.latency.points = a.points;
  options.latency.boxes = a.boxes;
  options.latency.bricks = a.boxes;
  options.latency.seed = a.seed;
  options.latency.task.stop = std::move(stop);
  options.verify_seconds = a.verify_seconds;
  options.pictures = !a.out.empty();
  options.title = frame.title;
  TERRANE_ASSIGN(const Volume volume, a.store.open(Access::kRead));
  TERRANE_ASSIGN(const StoreReport report, gather_report(volume, clock, options));
  if (!a.out.empty()) TERRANE_TRY(write_page(a.out, html_page(report, frame)));
  if (a.json) print_json(report_json(report, a, machine));
  return ok();
}

}  // namespace

Verb report_verb(CLI::App& app) {
  auto a = std::make_shared<Arguments>();
  CLI::App* verb = app.add_subcommand(
      "report", "Write a page about a store: sizes, targets, regions, pictures, latency, integrity");
  a->store.add_to(*verb);
  verb->add_option("-o,--output", a->out, "The page: one file of HTML that needs no network")
      ->type_name("OUT.html");
  verb->add_option("--points", a->points, "Random points to time; 2000")
      ->type_name("N")
      ->check(whole_number(kMostTimed));
  verb->add_option("--boxes", a->boxes, "Random boxes of 64 x 64 x 64, and stored bricks, to time; 200")
      ->type_name("N")
      ->check(whole_number(kMostTimed));
  verb->add_option("--seed", a->seed, "Of the places; 1")
      ->type_name("N")
      ->check(whole_number(~std::uint64_t{0}));
  verb->add_option("--verify-seconds", a->verify_seconds,
                   "How long to verify before what was read counts as a sample; 60")
      ->type_name("S");
  verb->add_option("--title", a->title, "Of the page; the name of the store by default")->type_name("TEXT");
  verb->add_flag("--json", a->json, "Also print the figures as JSON");
  verb->footer(
      "Examples\n"
      "  terrane report earth.terrane -o report.html\n"
      "  terrane report earth.terrane --json --points 500");
  return {verb, [a](std::stop_token stop) { return run(*a, std::move(stop)); }};
}

}  // namespace terrane::cli

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <cctype>
#include <chrono>
#include <ctime>
#include <fstream>
#include <memory>
#include <vector>

#include "terrane/cli/parse.h"
#include "terrane/cli/progress.h"
#include "terrane/cli/text.h"
#include "terrane/cli/verb.h"

namespace terrane::cli {
namespace {

struct EditArguments {
  StoreArguments store;
  std::string process, voxel, box, csv, material, author, note;
  bool json = false;
};

Result<MaterialId> parse_material(const Catalogue& catalogue, std::string_view where, std::string_view text) {
  auto material = catalogue.parse_material(text);
  if (material) return *material;
  Error error = material.error();
  error.message = fmt::format("{}: {}", where, error.message);
  return error;
}

// Lines of X,Y,Z,MATERIAL; or X,Y,Z where --material is given. Empty lines and lines that begin with # are
// passed over, and a first line that begins with a letter.
Result<std::vector<VoxelEdit>> read_csv(const EditArguments& a, const Catalogue& catalogue) {
  std::ifstream in(a.csv);
  if (!in) return Error{ErrorCode::kIo, fmt::format("cannot read `{}`", a.csv)};
  std::vector<VoxelEdit> voxels;
  std::string line;
  for (std::uint64_t number = 1; std::getline(in, line); ++number) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.empty() || line[0] == '#' ||
        (number == 1 && std::isalpha(static_cast<unsigned char>(line[0])) != 0))
      continue;
    const std::string where = fmt::format("{} line {}", a.csv, number);
    std::size_t third = line.find(',');
    for (int i = 0; i < 2 && third != std::string::npos; ++i) third = line.find(',', third + 1);
    VoxelEdit edit;
    TERRANE_ASSIGN(edit.voxel, parse_point(where, std::string_view(line).substr(0, third)));
    if (third == std::string::npos && a.material.empty())
      return invalid(where + ": there is no material; write X,Y,Z,MATERIAL or give --material");
    const std::string_view material =
        third == std::string::npos ? std::string_view(a.material) : std::string_view(line).substr(third + 1);
    TERRANE_ASSIGN(edit.material, parse_material(catalogue, where, material));
    voxels.push_back(edit);
  }
  if (voxels.empty()) return invalid(fmt::format("there is no voxel in `{}`", a.csv));
  return voxels;
}

Status check(const EditArguments& a) {
  const int places = (a.voxel.empty() ? 0 : 1) + (a.box.empty() ? 0 : 1) + (a.csv.empty() ? 0 : 1);
  if (places != 1) return invalid("give one of --voxel, --box and --csv");
  if (a.material.empty() && a.csv.empty()) return invalid("--material is wanted: a name or a number");
  if (!a.voxel.empty()) TERRANE_TRY(parse_point("--voxel", a.voxel));
  if (!a.box.empty()) TERRANE_TRY(parse_box("--box", a.box));
  return ok();
}

Status run_edit(const EditArguments& a, std::stop_token stop) {
  TERRANE_TRY(check(a));
  EditOptions options;
  TERRANE_ASSIGN(options.process, parse_process(a.process));
  TERRANE_ASSIGN(Volume volume, a.store.open(Access::kWrite));
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  options.time_us = std::chrono::duration_cast<std::chrono::microseconds>(now).count();
  options.author = a.author;
  options.note = a.note;
  options.task.stop = stop;
  EditReport report;
  if (!a.csv.empty()) {
    TERRANE_ASSIGN(const std::vector<VoxelEdit> voxels, read_csv(a, volume.catalogue()));
    TERRANE_ASSIGN(report, volume.edit(voxels, options));
  } else {
    TERRANE_ASSIGN(const MaterialId material, parse_material(volume.catalogue(), "--material", a.material));
    if (!a.voxel.empty()) {
      TERRANE_ASSIGN(const Coord voxel, parse_point("--voxel", a.voxel));
      const VoxelEdit edit{voxel, material};
      TERRANE_ASSIGN(report, volume.edit({&edit, 1}, options));
    } else {
      TERRANE_ASSIGN(const Box box, parse_box("--box", a.box));
      TERRANE_ASSIGN(report, volume.edit(box, material, options));
    }
  }
  ProgressBar bar("levels");
  TERRANE_TRY(volume.flush_levels(bar.task(std::move(stop))));
  if (a.json) {
    print_json({{"batch", report.batch}, {"voxels", report.voxels}, {"bricks", report.bricks}});
  } else {
    fmt::print("batch {}: {} voxels in {} bricks\n", report.batch, count_text(report.voxels),
               count_text(report.bricks));
  }
  return ok();
}

struct FoldArguments {
  StoreArguments store;
  std::uint32_t least = 1;
  bool json = false;
};

Status run_fold(const FoldArguments& a, std::stop_token stop) {
  TERRANE_ASSIGN(Volume volume, a.store.open(Access::kWrite));
  TERRANE_ASSIGN(const VolumeInfo before, volume.info());
  ProgressBar bar("fold");
  TERRANE_TRY(volume.flush_levels(bar.task(stop)));
  TERRANE_ASSIGN(const FoldReport report, volume.fold(a.least, bar.task(std::move(stop))));
  TERRANE_ASSIGN(const VolumeInfo after, volume.info());
  if (a.json) {
    print_json({{"bricks", report.bricks},
                {"deltas", report.deltas},
                {"stored_bytes_before", before.stored_bytes},
                {"stored_bytes", after.stored_bytes}});
  } else {
    fmt::print("{} edits folded into {} bricks; stored {} -> {}\n", count_text(report.deltas),
               count_text(report.bricks), bytes_text(static_cast<double>(before.stored_bytes)),
               bytes_text(static_cast<double>(after.stored_bytes)));
  }
  return ok();
}

struct EventArguments {
  StoreArguments store;
  std::uint64_t since = 0;
  std::string box;
  bool json = false;
};

std::string time_text(std::int64_t time_us) {
  const std::time_t seconds =
      static_cast<std::time_t>(time_us / 1'000'000 - (time_us % 1'000'000 < 0 ? 1 : 0));
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(seconds));
}

Status run_events(const EventArguments& a, const std::stop_token& stop) {
  Box box;
  if (!a.box.empty()) {
    TERRANE_ASSIGN(box, parse_box("--box", a.box));
  }
  TERRANE_ASSIGN(const Volume volume, a.store.open(Access::kRead));
  if (!a.box.empty()) TERRANE_TRY(volume.world().pieces(box));
  Json all = Json::array();
  const auto visit = [&](const EventInfo& event) -> Status {
    if (stop.stop_requested()) return Error{ErrorCode::kCancelled, "stopped"};
    if (!a.box.empty() && !volume.world().overlap(event.box, box)) return ok();
    if (a.json) {
      all.push_back({{"batch", event.batch},
                     {"time", time_text(event.time_us)},
                     {"time_us", event.time_us},
                     {"process", to_string(event.process)},
                     {"author", event.author},
                     {"note", event.note},
                     {"box", to_string(event.box)},
                     {"voxels", event.voxels}});
    } else {
      fmt::print("{:>8}  {}  {:<12} {:>15} voxels in {}{}{}\n", event.batch, time_text(event.time_us),
                 to_string(event.process), count_text(event.voxels), to_string(event.box),
                 event.author.empty() ? "" : "  " + event.author,
                 event.note.empty() ? "" : ": " + event.note);
    }
    return ok();
  };
  TERRANE_TRY(volume.events(a.since, visit));
  if (a.json) print_json(all);
  return ok();
}

}  // namespace

Verb edit_verb(CLI::App& app) {
  auto a = std::make_shared<EditArguments>();
  CLI::App* verb = app.add_subcommand("edit", "Change voxels as a process does, durably and with a record");
  a->store.add_to(*verb);
  verb->add_option(
          "--process", a->process,
          "erosion, deposition, volcanism, tectonics, weathering, glaciation, sea-level-change; several "
          "with commas")
      ->type_name("NAME")
      ->required();
  verb->add_option("--voxel", a->voxel, "One voxel")->type_name("X,Y,Z");
  verb->add_option("--box", a->box, "All voxels of a box; it may cross the seam")
      ->type_name("X0:X1,Y0:Y1,Z0:Z1");
  verb->add_option("--csv", a->csv, "Lines of X,Y,Z,MATERIAL, or of X,Y,Z with --material")
      ->type_name("FILE");
  verb->add_option("--material", a->material, "What they become: a name of the catalogue, or a number")
      ->type_name("NAME|ID");
  verb->add_option("--author", a->author, "Who did it")->type_name("NAME");
  verb->add_option("--note", a->note, "What to remember of it")->type_name("TEXT");
  verb->add_flag("--json", a->json, "The report as JSON");
  verb->footer(
      "Examples\n"
      "  terrane edit earth.terrane --process erosion --voxel 480,1080,70 --material water\n"
      "  terrane edit earth.terrane --process volcanism --box 480:490,1080:1090,60:80 --material basalt "
      "--note Etna\n"
      "  terrane edit earth.terrane --process deposition --csv sediment.csv");
  return {verb, [a](std::stop_token stop) { return run_edit(*a, std::move(stop)); }};
}

Verb fold_verb(CLI::App& app) {
  auto a = std::make_shared<FoldArguments>();
  CLI::App* verb =
      app.add_subcommand("fold", "Make bricks anew that edits lie over; what they replaced is kept");
  a->store.add_to(*verb);
  verb->add_option("--least", a->least, "Only bricks with at least so many edits; 1")->type_name("N");
  verb->add_flag("--json", a->json, "The report as JSON");
  verb->footer("Example\n  terrane fold earth.terrane");
  return {verb, [a](std::stop_token stop) { return run_fold(*a, std::move(stop)); }};
}

Verb events_verb(CLI::App& app) {
  auto a = std::make_shared<EventArguments>();
  CLI::App* verb = app.add_subcommand("events", "List what edits changed, when and why");
  a->store.add_to(*verb);
  verb->add_option("--since", a->since, "From this batch on")->type_name("BATCH");
  verb->add_option("--box", a->box, "Only those that may have changed something in it")
      ->type_name("X0:X1,Y0:Y1,Z0:Z1");
  verb->add_flag("--json", a->json, "As JSON");
  verb->footer("Example\n  terrane events earth.terrane --box 480:600,1080:1200,0:256 --json");
  return {verb, [a](const std::stop_token& stop) { return run_events(*a, stop); }};
}

}  // namespace terrane::cli

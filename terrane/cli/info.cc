#include <fmt/format.h>

#include <memory>

#include "terrane/cli/parse.h"
#include "terrane/cli/text.h"
#include "terrane/cli/verb.h"

namespace terrane::cli {

namespace {

struct Arguments {
  StoreArguments store;
  std::string box;
  bool json = false;
};

// What the level-0 ranges that meet a box cost. A range that reaches out of it counts whole: an upper bound.
struct BoxUse {
  std::uint64_t raw_bytes = 0, stored_bytes = 0, uniform = 0, predicted = 0, bricks = 0;
  double reduction() const {
    return 1.0 - static_cast<double>(stored_bytes) / static_cast<double>(raw_bytes);
  }
};

Result<BoxUse> use_of(const Volume& volume, const Box& box) {
  BoxUse use;
  use.raw_bytes = static_cast<std::uint64_t>(2 * box.volume());
  TERRANE_TRY(volume.visit(box, 0, [&](const RangeInfo& range) {
    use.stored_bytes += range.stored_bytes;
    use.uniform += range.kind == RangeKind::kUniform ? 1 : 0;
    use.predicted += range.kind == RangeKind::kPredicted ? 1 : 0;
    use.bricks += range.kind == RangeKind::kBrick ? 1 : 0;
    return ok();
  }));
  return use;
}

Status print_use(const Volume& volume, const Box& box, bool json) {
  TERRANE_ASSIGN(const BoxUse use, use_of(volume, box));
  if (json) {
    Json out;
    out["box"] = to_string(box);
    out["raw_bytes"] = use.raw_bytes;
    out["stored_bytes"] = use.stored_bytes;
    out["reduction"] = use.reduction();
    out["ranges"] = {{"uniform", use.uniform}, {"predicted", use.predicted}, {"brick", use.bricks}};
    print_json(out);
    return ok();
  }
  fmt::print("box         {}\n", to_string(box));
  fmt::print("raw         {}\n", bytes_text(static_cast<double>(use.raw_bytes)));
  fmt::print("stored      {} (reduction {})\n", bytes_text(static_cast<double>(use.stored_bytes)),
             percent_text(use.reduction()));
  fmt::print("ranges      {} uniform, {} predicted, {} brick\n", count_text(use.uniform),
             count_text(use.predicted), count_text(use.bricks));
  return ok();
}

Json triple(const double (&v)[3]) {
  return {number_json(v[0]), number_json(v[1]), number_json(v[2])};
}

void print_as_json(const VolumeInfo& info, const Volume& volume) {
  Json out;
  out["format"] = info.format;
  out["extent"] = coord_json(info.world.extent);
  out["voxel_size"] = triple(info.world.voxel_size);
  out["origin"] = triple(info.world.origin);
  out["crs"] = info.world.crs;
  out["wrap_x"] = info.world.wrap_x;
  out["fill"] = info.fill;
  out["materials"] = volume.catalogue().all().size();
  out["epoch"] = info.epoch;
  out["logical_bytes"] = number_json(info.logical_bytes);
  out["ingested_bytes"] = info.ingested_bytes;
  out["disk_bytes"] = info.disk_bytes;
  out["stored_bytes"] = info.stored_bytes;
  out["level0_bytes"] = info.level0_bytes;
  out["reduction"] = info.reduction();
  out["ranges"] = {{"uniform", info.uniform}, {"predicted", info.predicted}, {"brick", info.bricks}};
  out["codecs"] = Json::object();
  for (const auto& [codec, use] : info.codecs)
    out["codecs"][codec] = {{"bricks", use.bricks}, {"bytes", use.bytes}};
  out["unfinished"] = Json::array();
  for (const UnfinishedIngest& u : info.unfinished) {
    out["unfinished"].push_back({{"box", to_string(u.box)}, {"source", u.source}});
  }
  print_json(out);
}

std::string triple_text(const double (&v)[3]) {
  return decimal_text(v[0]) + " x " + decimal_text(v[1]) + " x " + decimal_text(v[2]);
}

void print_as_text(const VolumeInfo& info, const Volume& volume) {
  const World::Settings& w = info.world;
  const std::string crs = w.crs.empty() ? "local metres" : w.crs;
  const std::size_t named = volume.catalogue().all().size();
  fmt::print("extent      {} x {} x {} voxels of {} ({}{})\n", w.extent.x, w.extent.y, w.extent.z,
             triple_text(w.voxel_size), crs, w.wrap_x ? ", wraps in x" : "");
  fmt::print("origin      {}, {}, {}\n", decimal_text(w.origin[0]), decimal_text(w.origin[1]),
             decimal_text(w.origin[2]));
  fmt::print("materials   {}, fill {}\n", named == 0 ? "no catalogue" : count_text(named) + " named",
             volume.catalogue().name_of(info.fill));
  fmt::print("logical     {}\n", bytes_text(info.logical_bytes));
  fmt::print("ingested    {}\n", bytes_text(static_cast<double>(info.ingested_bytes)));
  fmt::print("stored      {}, level 0 {}", bytes_text(static_cast<double>(info.stored_bytes)),
             bytes_text(static_cast<double>(info.level0_bytes)));
  if (info.ingested_bytes > 0) fmt::print(" (reduction {})", percent_text(info.reduction()));
  fmt::print("\non disk     {}\n", bytes_text(static_cast<double>(info.disk_bytes)));
  fmt::print("ranges      {} uniform, {} predicted, {} brick\n", count_text(info.uniform),
             count_text(info.predicted), count_text(info.bricks));
  for (const auto& [codec, use] : info.codecs) {
    fmt::print("  {:<10}{:>14} bricks  {:>12}\n", codec, count_text(use.bricks),
               bytes_text(static_cast<double>(use.bytes)));
  }
  fmt::print("format      {}, epoch {}\n", info.format, info.epoch);
  for (const UnfinishedIngest& u : info.unfinished) {
    fmt::print("unfinished  box {} from {}\n", to_string(u.box), u.source);
  }
}

Status run(const Arguments& a) {
  TERRANE_ASSIGN(const Volume volume, a.store.open(Access::kRead));
  if (!a.box.empty()) {
    TERRANE_ASSIGN(const Box box, parse_box("--box", a.box));
    return print_use(volume, box, a.json);
  }
  TERRANE_ASSIGN(const VolumeInfo info, volume.info());
  a.json ? print_as_json(info, volume) : print_as_text(info, volume);
  return ok();
}

}  // namespace

Verb info_verb(CLI::App& app) {
  auto a = std::make_shared<Arguments>();
  CLI::App* verb =
      app.add_subcommand("info", "Say what a store is, what it holds and how small; without a scan");
  a->store.add_to(*verb);
  verb->add_option("--box", a->box, "What level 0 of this box costs: X0:X1,Y0:Y1,Z0:Z1");
  verb->add_flag("--json", a->json, "As JSON");
  verb->footer("Example\n  terrane info earth.terrane --json");
  return {verb, [a](const std::stop_token&) { return run(*a); }};
}

}  // namespace terrane::cli

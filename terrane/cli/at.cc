#include <fmt/format.h>

#include <memory>

#include "terrane/cli/parse.h"
#include "terrane/cli/verb.h"

namespace terrane::cli {

namespace {

struct Arguments {
  StoreArguments store;
  PlaceArguments place;
  int lod = 0;
  bool allow_incomplete = false, json = false;
};

void print(const PointInfo& info, Coord voxel, const Volume& volume, bool json) {
  const std::string material = volume.catalogue().name_of(info.material);
  const std::string source(name(info.range.kind));
  const Codec* codec = info.range.kind == RangeKind::kBrick ? find_codec(info.range.codec) : nullptr;
  const auto geo = volume.world().to_geo(voxel);
  if (json) {
    Json out = {
        {"material_id", info.material}, {"material", material}, {"level", info.level}, {"source", source}};
    out["voxel"] = coord_json(voxel);
    if (codec != nullptr) out["codec"] = codec->name();
    if (geo) out["lonlat"] = {geo->longitude_deg, geo->latitude_deg, geo->elevation_m};
    print_json(out);
    return;
  }
  const bool named = volume.catalogue().find(info.material) != nullptr;
  fmt::print("{}{}, voxel {}, level {}, {}{}", material, named ? fmt::format(" ({})", info.material) : "",
             to_string(voxel), info.level, source,
             codec != nullptr ? fmt::format(" ({})", codec->name()) : "");
  if (geo) {
    fmt::print(", longitude {:.6f}, latitude {:.6f}, elevation {:.2f} m", geo->longitude_deg,
               geo->latitude_deg, geo->elevation_m);
  }
  fmt::print("\n");
}

Status run(const Arguments& a, std::stop_token stop) {
  TERRANE_TRY(a.place.check());
  TERRANE_ASSIGN(const Volume volume, a.store.open(Access::kRead));
  TERRANE_ASSIGN(const Coord voxel, a.place.in(volume.world()));
  ReadOptions options{.task = {}, .allow_incomplete = a.allow_incomplete};
  options.task.stop = std::move(stop);
  TERRANE_ASSIGN(const PointInfo info, volume.locate(voxel, a.lod, options));
  print(info, voxel, volume, a.json);
  return ok();
}

}  // namespace

Verb at_verb(CLI::App& app) {
  auto a = std::make_shared<Arguments>();
  CLI::App* verb = app.add_subcommand("at", "Say what fills one voxel, and what holds it");
  a->store.add_to(*verb);
  a->place.add_to(*verb, "A level-0 voxel");
  verb->add_option("--lod", a->lod, "Level of detail, 0 to 21: its voxel that holds the point")
      ->type_name("L");
  verb->add_flag("--allow-incomplete", a->allow_incomplete,
                 "Read an unfinished voxel as what was there before");
  verb->add_flag("--json", a->json, "As JSON");
  verb->footer(
      "Examples\n"
      "  terrane at world.terrane 10,20,30\n"
      "  terrane at earth.terrane --lonlat 147.7,-18.3,-20 --json");
  return {verb, [a](std::stop_token stop) { return run(*a, std::move(stop)); }};
}

}  // namespace terrane::cli

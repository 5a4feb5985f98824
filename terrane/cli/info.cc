#include <fmt/format.h>

#include <map>
#include <memory>
#include <optional>
#include <vector>

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

using CodecUses = std::map<std::string, CodecUse>;

// What a part of level 0 takes: the bricks that a box touches, raw and stored. A range of more than one brick
// that reaches beyond the box counts as a whole; it is a few bytes.
struct Part {
  Box box;
  double raw_bytes = 0;
  std::uint64_t stored_bytes = 0, uniform = 0, predicted = 0, bricks = 0;
  CodecUses codecs;
  double reduction() const { return 1 - static_cast<double>(stored_bytes) / raw_bytes; }
};

Box widened_to_bricks(const World& world, const Box& box) {
  const auto down = [](Coord c) {
    return Coord{c.x / kBrickEdge * kBrickEdge, c.y / kBrickEdge * kBrickEdge, c.z / kBrickEdge * kBrickEdge};
  };
  constexpr Coord kLast = {kBrickEdge - 1, kBrickEdge - 1, kBrickEdge - 1};
  return Box{down(box.lo), down(box.hi + kLast)}.intersect(world.bounds());
}

Result<Part> part_of(const Volume& volume, const Box& box) {
  Part part{.box = box, .codecs = {}};
  const auto add = [&](const RangeInfo& range) -> Status {
    part.stored_bytes += range.stored_bytes;
    part.uniform += range.kind == RangeKind::kUniform;
    part.predicted += range.kind == RangeKind::kPredicted;
    part.bricks += range.kind == RangeKind::kBrick;
    if (range.kind != RangeKind::kBrick) return ok();
    const Codec* codec = find_codec(range.codec);
    CodecUse& use = part.codecs[codec != nullptr ? std::string(codec->name()) : "unknown"];
    use.bricks += 1;
    use.bytes += range.stored_bytes;
    return ok();
  };
  TERRANE_ASSIGN(const std::vector<Box> pieces, volume.world().pieces(box));
  for (const Box& piece : pieces) {
    const Box whole = widened_to_bricks(volume.world(), piece);
    part.raw_bytes += 2 * whole.volume();
    TERRANE_TRY(volume.visit(whole, 0, add));
  }
  return part;
}

Json triple_json(const double (&v)[3]) {
  return {number_json(v[0]), number_json(v[1]), number_json(v[2])};
}

Json codecs_json(const CodecUses& codecs) {
  Json out = Json::object();
  for (const auto& [codec, use] : codecs) out[codec] = {{"bricks", use.bricks}, {"bytes", use.bytes}};
  return out;
}

void print_as_json(const VolumeInfo& info, const Volume& volume) {
  Json out;
  out["format"] = info.format;
  out["extent"] = coord_json(info.world.extent);
  out["voxel_size"] = triple_json(info.world.voxel_size);
  out["origin"] = triple_json(info.world.origin);
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
  out["codecs"] = codecs_json(info.codecs);
  out["private_codecs"] = Json::array();
  for (const PrivateCodec& p : info.private_codecs) {
    out["private_codecs"].push_back(
        {{"id", static_cast<int>(p.id)}, {"name", p.name}, {"version", p.version}, {"here", p.here}});
  }
  out["unfinished"] = Json::array();
  for (const UnfinishedIngest& u : info.unfinished) {
    out["unfinished"].push_back({{"box", to_string(u.box)}, {"source", u.source}});
  }
  print_json(out);
}

void print_as_json(const Part& part) {
  print_json({{"box", to_string(part.box)},
              {"raw_bytes", number_json(part.raw_bytes)},
              {"stored_bytes", part.stored_bytes},
              {"reduction", part.reduction()},
              {"ranges", {{"uniform", part.uniform}, {"predicted", part.predicted}, {"brick", part.bricks}}},
              {"codecs", codecs_json(part.codecs)}});
}

std::string triple_text(const double (&v)[3]) {
  return decimal_text(v[0]) + " x " + decimal_text(v[1]) + " x " + decimal_text(v[2]);
}

void print_ranges(std::uint64_t uniform, std::uint64_t predicted, std::uint64_t bricks,
                  const CodecUses& codecs) {
  fmt::print("ranges      {} uniform, {} predicted, {} brick\n", count_text(uniform), count_text(predicted),
             count_text(bricks));
  for (const auto& [codec, use] : codecs) {
    fmt::print("  {:<10}{} bricks, {}\n", codec, count_text(use.bricks),
               bytes_text(static_cast<double>(use.bytes)));
  }
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
  print_ranges(info.uniform, info.predicted, info.bricks, info.codecs);
  for (const PrivateCodec& p : info.private_codecs) {
    fmt::print("strategy    `{}` (codec {}, version {}) of an application, {}\n", p.name,
               static_cast<int>(p.id), p.version,
               p.here ? "registered here" : "not in this program: its bricks cannot be read here");
  }
  fmt::print("format      {}, epoch {}\n", info.format, info.epoch);
  for (const UnfinishedIngest& u : info.unfinished) {
    fmt::print("unfinished  box {} from {}\n", to_string(u.box), u.source);
  }
}

void print_as_text(const Part& part) {
  fmt::print("box         {}, level 0\nraw         {}\nstored      {} (reduction {})\n", to_string(part.box),
             bytes_text(part.raw_bytes), bytes_text(static_cast<double>(part.stored_bytes)),
             percent_text(part.reduction()));
  print_ranges(part.uniform, part.predicted, part.bricks, part.codecs);
}

Status run(const Arguments& a) {
  std::optional<Box> box;
  if (!a.box.empty()) {
    TERRANE_ASSIGN(box, parse_box("--box", a.box));
  }
  TERRANE_ASSIGN(const Volume volume, a.store.open(Access::kRead));
  if (box) {
    TERRANE_ASSIGN(const Part part, part_of(volume, *box));
    a.json ? print_as_json(part) : print_as_text(part);
    return ok();
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
  verb->add_option("--box", a->box,
                   "Instead, what the bricks of this box take at level 0; from its ranges, undecoded")
      ->type_name("X0:X1,Y0:Y1,Z0:Z1");
  verb->add_flag("--json", a->json, "As JSON");
  verb->footer(
      "Examples\n"
      "  terrane info earth.terrane --json\n"
      "  terrane info earth.terrane --box 0:512,0:512,0:256");
  return {verb, [a](const std::stop_token&) { return run(*a); }};
}

}  // namespace terrane::cli

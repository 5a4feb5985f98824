#include <fmt/format.h>

#include <cmath>
#include <memory>

#include "terrane/cli/analysis_json.h"
#include "terrane/cli/parse.h"
#include "terrane/cli/text.h"
#include "terrane/cli/verb.h"
#include "terrane/volume/explain.h"

namespace terrane::cli {
namespace {

struct Arguments {
  StoreArguments store;
  EncodingArguments encoding;
  PlaceArguments place;
  std::optional<std::uint64_t> points, bricks, writes;
  double locality = 0;
  int lod = 0;
  bool measure = false, allow_incomplete = false, json = false;
};

std::optional<AccessPattern> access_by_hand(const Arguments& a) {
  if (!a.points && !a.bricks && !a.writes) return std::nullopt;
  AccessPattern access;
  access.point_reads = a.points.value_or(0);
  access.brick_reads = a.bricks.value_or(0);
  access.brick_writes = a.writes.value_or(1);
  access.local_reads = static_cast<std::uint64_t>(a.locality * static_cast<double>(access.reads()));
  return access;
}

const MeasuredCodec* measured_of(const Explanation& e, const Codec* codec) {
  for (const MeasuredCodec& m : e.measured) {
    if (m.codec == codec) return &m;
  }
  return nullptr;
}

std::string stored_text(const Explanation& e, const Volume& volume) {
  const std::string bytes = bytes_text(static_cast<double>(e.stored.stored_bytes));
  if (e.stored.kind != RangeKind::kBrick) {
    return fmt::format("{} ({}), {} for the whole range", name(e.stored.kind),
                       volume.catalogue().name_of(e.stored.material), bytes);
  }
  const Codec* codec = e.codecs->find(e.stored.codec);
  return fmt::format("{}, {} with its key", codec != nullptr ? codec->name() : "a strategy that is not here",
                     bytes);
}

void print_table(const Explanation& e) {
  fmt::print("\n  {:<12}{:>12}{:>12}{:>12}{:>12}{:>12}{:>14}", "strategy", "bytes", "encode us", "read us",
             "voxel us", "memory kB", "cost");
  if (!e.measured.empty())
    fmt::print("{:>14}{:>12}{:>12}{:>12}", "true bytes", "encode us", "read us", "voxel us");
  fmt::print("\n");
  for (const Candidate& c : e.decision->candidates) {
    fmt::print("  {:<12}{:>12.0f}{:>12.1f}{:>12.1f}{:>12.2f}{:>12.0f}{:>14.0f}", c.codec->name(),
               c.estimate.bytes, c.estimate.encode_us, c.estimate.decode_us, c.estimate.read_us,
               c.estimate.memory_bytes / 1000, c.cost);
    if (const MeasuredCodec* m = measured_of(e, c.codec)) {
      fmt::print("{:>14}{:>12.1f}{:>12.1f}{:>12.2f}", m->bytes, m->encode_us, m->decode_us, m->read_us);
    }
    if (c.excluded != Excluded::kNo) fmt::print("  {}", name(c.excluded));
    fmt::print("\n");
  }
}

void print_as_text(const Explanation& e, const Volume& volume) {
  fmt::print("brick       {} of level {}\nstored      {}\n", to_string(e.brick), e.level,
             stored_text(e, volume));
  fmt::print("materials   {}", e.stats.distinct());
  std::size_t shown = 0;
  for (const auto& [material, share] : e.report.distribution) {
    if (++shown > 4) break;
    fmt::print("{} {} {}", shown == 1 ? ":" : ",", volume.catalogue().name_of(material), percent_text(share));
  }
  fmt::print("\nhomogeneity {}, best direction {}\n", percent_text(e.report.overall_homogeneity),
             name(e.report.optimal_order));
  if (e.decision) {
    const Decision& d = *e.decision;
    fmt::print("choice      {}", d.primary().codec->name());
    if (d.runner_up() != nullptr) fmt::print(", then {}", d.runner_up()->codec->name());
    fmt::print(", confidence {:.2f}\n", d.confidence);
  }
  fmt::print("reason      {}\n", e.reason);
  if (e.guide) fmt::print("the guide   {}\n", e.codecs->find(e.guide->codec)->name());
  if (e.decision) print_table(e);
}

Json candidate_json(const Explanation& e, const Candidate& c) {
  Json out = {{"strategy", c.codec->name()},
              {"bytes", c.estimate.bytes},
              {"upper_bytes", c.estimate.upper_bytes()},
              {"encode_us", c.estimate.encode_us},
              {"decode_us", c.estimate.decode_us},
              {"read_us", c.estimate.read_us},
              {"memory_bytes", c.estimate.memory_bytes},
              {"cost", c.cost},
              {"excluded", c.excluded == Excluded::kNo ? Json(nullptr) : Json(name(c.excluded))}};
  if (const MeasuredCodec* m = measured_of(e, c.codec)) {
    out["measured"] = {{"bytes", m->bytes},
                       {"encode_us", m->encode_us},
                       {"decode_us", m->decode_us},
                       {"read_us", m->read_us}};
  }
  return out;
}

void print_as_json(const Explanation& e, const Volume& volume) {
  const Codec* codec = e.stored.kind == RangeKind::kBrick ? e.codecs->find(e.stored.codec) : nullptr;
  Json out;
  out["brick"] = to_string(e.brick);
  out["level"] = e.level;
  out["stored"] = {{"source", name(e.stored.kind)},
                   {"strategy", codec != nullptr ? Json(codec->name()) : Json(nullptr)},
                   {"bytes", e.stored.stored_bytes}};
  out["report"] = report_json(e.report, volume.catalogue());
  out["statistics"] = stats_json(e.stats);
  out["access"] = {{"point_reads", e.access.point_reads},
                   {"brick_reads", e.access.brick_reads},
                   {"brick_writes", e.access.brick_writes},
                   {"locality", e.access.locality()}};
  out["cost_model"] = e.decision ? Json(e.cost_model) : Json(nullptr);
  out["primary"] = e.decision ? Json(e.decision->primary().codec->name()) : Json(nullptr);
  const Candidate* second = e.decision ? e.decision->runner_up() : nullptr;
  out["runner_up"] = second != nullptr ? Json(second->codec->name()) : Json(nullptr);
  out["confidence"] = e.decision ? Json(e.decision->confidence) : Json(nullptr);
  out["reason"] = e.reason;
  out["guide"] = e.guide ? Json(e.codecs->find(e.guide->codec)->name()) : Json(nullptr);
  out["candidates"] = Json::array();
  if (e.decision) {
    for (const Candidate& c : e.decision->candidates) out["candidates"].push_back(candidate_json(e, c));
  }
  print_json(out);
}

Status run(const Arguments& a, std::stop_token stop) {
  TERRANE_TRY(a.place.check());
  if (std::isnan(a.locality)) return invalid("--locality is a share, 0 to 1; got nan");
  ExplainOptions options;
  TERRANE_ASSIGN(options.encoding, a.encoding.encoding());
  options.access = access_by_hand(a);
  options.measure = a.measure;
  options.level = a.lod;
  options.read.allow_incomplete = a.allow_incomplete;
  options.read.task.stop = std::move(stop);
  TERRANE_ASSIGN(const Volume volume, a.store.open(Access::kRead));
  TERRANE_ASSIGN(const Coord voxel, a.place.in(volume.world()));
  TERRANE_ASSIGN(const Explanation explanation, volume.explain(voxel, options));
  if (a.json) {
    print_as_json(explanation, volume);
  } else {
    print_as_text(explanation, volume);
  }
  return ok();
}

}  // namespace

Verb explain_verb(CLI::App& app) {
  auto a = std::make_shared<Arguments>();
  CLI::App* verb = app.add_subcommand("explain", "Say why a brick is coded as it is, and what else could be");
  a->store.add_to(*verb);
  a->encoding.add_to(*verb);
  a->place.add_to(*verb, "A level-0 voxel of the brick");
  verb->add_option("--lod", a->lod, "Level of detail, 0 to 21")->type_name("L");
  verb->add_option("--points", a->points,
                   "Voxels read one by one, for the writes below; by default what was seen")
      ->type_name("N")
      ->check(whole_number(kMostCounted));
  verb->add_option("--bricks", a->bricks, "Bricks read in boxes, for the writes below")
      ->type_name("N")
      ->check(whole_number(kMostCounted));
  verb->add_option("--writes", a->writes, "Times that the brick is written; 1")
      ->type_name("N")
      ->check(whole_number(kMostCounted));
  verb->add_option("--locality", a->locality, "Share of reads, 0 to 1, that find the brick read before")
      ->type_name("P")
      ->check(CLI::Range(0.0, 1.0));
  verb->add_flag("--measure", a->measure, "Try every strategy on the brick, too");
  verb->add_flag("--allow-incomplete", a->allow_incomplete,
                 "Read an unfinished voxel as what was there before");
  verb->add_flag("--json", a->json, "As JSON");
  verb->footer(
      "Examples\n"
      "  terrane explain earth.terrane --lonlat 86.92,27.99,5000 --measure\n"
      "  terrane explain world.terrane 10,20,30 --points 1000000 --max-read-ms 0.01");
  return {verb, [a](std::stop_token stop) { return run(*a, std::move(stop)); }};
}

}  // namespace terrane::cli

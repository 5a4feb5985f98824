#include <fmt/format.h>

#include <fstream>
#include <memory>

#include "terrane/analyze/analyze_brick.h"
#include "terrane/cli/codec_trial.h"
#include "terrane/cli/machine.h"
#include "terrane/cli/verb.h"
#include "terrane/decide/encode_cheapest.h"
#include "terrane/decide/prices.h"
#include "terrane/io/npy.h"
#include "terrane/peers/peers.h"

namespace terrane::cli {
namespace {

constexpr std::uint64_t kMostWindow = 1 << 20;

struct Arguments {
  std::string file, json;
  std::uint64_t window = 256;
  TrialSettings settings;
};

// What the contenders of a run work in; outlives them.
struct Workshop {
  CodecScratch codec;
  AnalyzeScratch analyze;
  BrickStats stats;
  Decision decision;
  CodecTable table;
  AnalyticPrices prices;
  std::string spare;
  MaterialId predicted = 0;  // by the model of a store of this window: its commonest material
};

// One of terrane's codecs; the palette stands in where it declines, as in a store.
Contender codec_contender(const Codec& codec, Workshop& shop) {
  const auto context = [&shop](const TrialBrick& brick) { return BrickContext(brick.shape, shop.predicted); };
  const Codec& palette = *find_codec(CodecId::kPalette);
  const auto which = [&codec, &palette](Bytes& bytes) -> const Codec& {
    const bool own = bytes[0] == std::byte{0};
    bytes = bytes.subspan(1);
    return own ? codec : palette;
  };
  Contender out{std::string(codec.name()), "terrane", {}, {}, {}, {}};
  out.encode = [&codec, &palette, &shop, context](const TrialBrick& brick, std::string& bytes) {
    bytes.assign(1, '\0');
    if (codec.encode(brick.voxels, context(brick), {.policy = Policy::kArchive}, shop.codec, bytes)) return;
    bytes.assign(1, '\1');
    palette.encode(brick.voxels, context(brick), {}, shop.codec, bytes);
  };
  out.decode = [&shop, context, which](Bytes bytes, const TrialBrick& brick, std::span<MaterialId> voxels) {
    const Codec& by = which(bytes);
    return by.decode(bytes, by.version(), context(brick), shop.codec, voxels);
  };
  out.decode_part = [&shop, context, which](Bytes bytes, const TrialBrick& brick, const Box& part,
                                            VoxelView to) {
    const Codec& by = which(bytes);
    return by.decode_part(bytes, by.version(), context(brick), part, shop.codec, to);
  };
  out.at = [&shop, context, which](Bytes bytes, const TrialBrick& brick, Coord c) {
    const Codec& by = which(bytes);
    return by.at(bytes, by.version(), context(brick), c, shop.codec);
  };
  return out;
}

// What a store of this policy writes, without what a frame has before its payload but for the codec.
Contender policy_contender(Policy policy, Workshop& shop) {
  const auto context = [&shop](const TrialBrick& brick) { return BrickContext(brick.shape, shop.predicted); };
  Contender out{std::string(name(policy)), "policy", {}, {}, {}, {}};
  out.encode = [policy, &shop, context](const TrialBrick& brick, std::string& bytes) {
    bytes.clear();
    if (policy == Policy::kFast) {
      encode_frame(policy, brick.voxels, context(brick), shop.codec, bytes);
      return;
    }
    const BrickContext told = context(brick);
    FrameAttempt attempt(brick.voxels, told, shop.codec, shop.spare, bytes);
    analyze_brick(brick.voxels, brick.shape, shop.predicted, shop.analyze, shop.stats, Detail::kChoice);
    encode_cheapest(shop.stats, {}, Requirements::of(policy), shop.prices, policy, shop.table, shop.decision,
                    attempt);
  };
  out.decode = [&shop, context](Bytes bytes, const TrialBrick& brick, std::span<MaterialId> voxels) {
    return decode_frame(bytes, context(brick), CheckVoxels::kNo, shop.codec, voxels);
  };
  out.decode_part = [&shop, context](Bytes bytes, const TrialBrick& brick, const Box& part, VoxelView to) {
    return decode_frame_part(bytes, context(brick), part, shop.codec, to);
  };
  out.at = [&shop, context](Bytes bytes, const TrialBrick& brick, Coord c) {
    return frame_at(bytes, context(brick), c, shop.codec);
  };
  return out;
}

Contender peer_contender(Peer& peer) {
  Contender out{std::string(peer.name()), "peer", {}, {}, {}, {}};
  out.encode = [&peer](const TrialBrick& brick, std::string& bytes) {
    if (!peer.encode(std::as_bytes(std::span(brick.voxels)), bytes)) bytes.clear();
  };
  out.decode = [&peer](Bytes bytes, const TrialBrick&, std::span<MaterialId> voxels) -> Status {
    if (peer.decode(bytes, std::as_writable_bytes(voxels))) return ok();
    return Error{ErrorCode::kInternal, fmt::format("{} does not give its bytes back", peer.name())};
  };
  return out;
}

// What the bytes of a row have that nobody is charged for.
double uncharged(const std::string& kind) {
  if (kind == "policy") return kFrameHeaderBytes;
  return kind == "terrane" ? 1 : 0;  // whether the palette stands in
}

void print_row(const TrialResult& r) {
  fmt::print("{:<24}{:<8}{:>12.0f}{:>9.4f}{:>9.0f}{:>9.0f}{:>10.0f}{:>10.0f}{:>11.0f}{:>11.0f}\n", r.name,
             r.kind, r.bytes, r.bits_per_voxel, r.encode_mb_s, r.decode_mb_s, r.box32_us_p50, r.box32_us_p99,
             r.voxel_ns_p50, r.voxel_ns_p99);
}

Json row_json(const TrialResult& r) {
  return {{"codec", r.name},
          {"kind", r.kind},
          {"bytes", number_json(r.bytes)},
          {"bits_per_voxel", r.bits_per_voxel},
          {"encode_mb_s", r.encode_mb_s},
          {"decode_mb_s", r.decode_mb_s},
          {"box32_us_p50", r.box32_us_p50},
          {"box32_us_p99", r.box32_us_p99},
          {"voxel_ns_p50", r.voxel_ns_p50},
          {"voxel_ns_p99", r.voxel_ns_p99}};
}

Status write_report(const Arguments& a, const TrialWindow& window, const Machine& machine,
                    const std::vector<TrialResult>& rows) {
  Json out;
  out["volume"] = a.file;
  out["window"] = a.window;
  out["raw_bytes"] = number_json(window.raw_bytes());
  out["version"] = TERRANE_VERSION;
  out["revision"] = git_revision();
  out["machine"] = machine_json(machine);
  out["box"] = {coord_json(window.box.lo), coord_json(window.box.hi)};
  out["bricks"] = window.all.size();
  out["mixed_bricks"] = window.mixed;
  out["frame_header_bytes"] = kFrameHeaderBytes;
  out["rows"] = Json::array();
  for (const TrialResult& row : rows) out["rows"].push_back(row_json(row));
  std::ofstream file(a.json, std::ios::trunc);
  file << out.dump(2) << '\n';
  file.close();
  if (!file) return Error{ErrorCode::kIo, "cannot write the report: --json=`" + a.json + "`"};
  return ok();
}

void print_head(const Arguments& a, const TrialWindow& window, const Machine& machine) {
  fmt::print("terrane {}, {}, {} cores, load {:.2f}, {}\n", version_text(), machine.cpu, machine.cores,
             machine.load, machine.date);
  fmt::print(
      "{}: voxels {}, {} bricks, {} of more than one material; one of one material is 2 bytes for all, and a "
      "frame's {} bytes of header are left out\n\n",
      a.file, to_string(window.box), window.all.size(), window.mixed, kFrameHeaderBytes);
  fmt::print("{:<24}{:<8}{:>12}{:>9}{:>9}{:>9}{:>10}{:>10}{:>11}{:>11}\n", "", "", "", "bits a", "encode",
             "decode", "box32 us", "box32 us", "voxel ns", "voxel ns");
  fmt::print("{:<24}{:<8}{:>12}{:>9}{:>9}{:>9}{:>10}{:>10}{:>11}{:>11}\n", "codec", "kind", "bytes", "voxel",
             "MB/s", "MB/s", "p50", "p99", "p50", "p99");
  std::fflush(stdout);
}

Status run(const Arguments& a, const std::stop_token& stop) {
  if (a.window % kBrickEdge != 0) {
    return invalid(fmt::format(
        "a window is a multiple of 64 voxels, or 0 for the whole volume, --window=`{}`", a.window));
  }
  TERRANE_ASSIGN(const std::unique_ptr<VoxelSource> source, open_npy(a.file));
  const Machine machine = this_machine();
  TERRANE_ASSIGN(const TrialWindow window,
                 hardest_window(*source, static_cast<std::int64_t>(a.window), stop));
  Workshop shop;
  shop.predicted = window.commonest;
  const auto peers = all_peers();
  std::vector<Contender> contenders;
  for (const Codec* codec : all_codecs()) {
    if (codec->id() != CodecId::kUniform) contenders.push_back(codec_contender(*codec, shop));
  }
  for (const Policy policy : {Policy::kFast, Policy::kBalanced, Policy::kArchive})
    contenders.push_back(policy_contender(policy, shop));
  for (const auto& peer : peers) contenders.push_back(peer_contender(*peer));
  print_head(a, window, machine);
  std::vector<TrialResult> rows;
  for (const Contender& contender : contenders) {
    TERRANE_ASSIGN(TrialResult row, try_contender(contender, window, a.settings, stop));
    row.bytes -= uncharged(row.kind) * static_cast<double>(window.mixed);
    row.bits_per_voxel = 16 * row.bytes / window.raw_bytes();
    print_row(row);
    std::fflush(stdout);
    rows.push_back(std::move(row));
  }
  for (const std::string_view package : missing_peers())
    fmt::print("left out, as this program was built without it: what {} has\n", package);
  return a.json.empty() ? ok() : write_report(a, window, machine, rows);
}

}  // namespace

Verb bench_codecs_verb(CLI::App& app) {
  auto a = std::make_shared<Arguments>();
  CLI::App* verb =
      app.add_subcommand("codecs", "Size and speed of each codec and of others on a volume's bricks");
  verb->add_option("FILE", a->file, "A .npy of integers, [x, y, z]")->required();
  verb->add_option("--window", a->window, "Edge of the part that is tried, a multiple of 64; 0: all; 256")
      ->type_name("N")
      ->check(whole_number(kMostWindow));
  verb->add_option("--json", a->json, "Also write the figures as JSON")->type_name("OUT");
  verb->add_option("--repeats", a->settings.repeats,
                   "Of encoding and decoding, of which the median counts; 3")
      ->type_name("N")
      ->check(CLI::Range(1, 1000));
  verb->add_option("--seed", a->settings.seed, "Of the boxes and voxels that are asked for; 1")
      ->type_name("N")
      ->check(whole_number(~std::uint64_t{0}));
  verb->footer(
      "The part is the one with the most bricks of more than one material. Each brick is coded alone, by one "
      "thread;\nspeeds are MB of raw uint16 by the thread's CPU time. All that is decoded is compared.\n"
      "Example\n  terrane bench codecs volume.npy --json figures.json");
  return {verb, [a](const std::stop_token& stop) { return run(*a, stop); }};
}

}  // namespace terrane::cli

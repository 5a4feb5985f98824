#include "terrane/cli/analysis_json.h"

#include <fmt/format.h>

namespace terrane::cli {
namespace {

Json axes_json(const BrickStats::Axes& axes) {
  return {axes[0], axes[1], axes[2]};
}

}  // namespace

Json report_json(const HomogeneityReport& report, const Catalogue& catalogue) {
  Json distribution = Json::array();
  for (const auto& [material, share] : report.distribution) {
    distribution.push_back(
        {{"material_id", material}, {"material", catalogue.name_of(material)}, {"share", share}});
  }
  return {{"homogeneity", report.overall_homogeneity},
          {"dominant_material_id", report.dominant_material},
          {"dominant_material", catalogue.name_of(report.dominant_material)},
          {"distribution", std::move(distribution)},
          {"best_order", name(report.optimal_order)},
          {"best_direction", report.optimal_direction},
          {"recommended_strategy", name(report.recommended_strategy)},
          {"estimated_ratio", report.estimated_ratio}};
}

Json stats_json(const BrickStats& s) {
  return {{"bricks", s.bricks},
          {"uniform_bricks", s.uniform_bricks},
          {"voxels", s.voxels},
          {"materials", s.distinct()},
          {"entropy_bits", s.entropy_bits()},
          {"top_two_share", s.top_two_share()},
          {"faces", axes_json(s.faces)},
          {"equal_faces", axes_json(s.equal_faces)},
          {"scan_runs", axes_json(s.scan_runs)},
          {"morton_runs", s.morton_runs},
          {"octree_nodes", s.octree_nodes},
          {"uniform_cubes", s.uniform_cubes},
          {"columns", s.columns},
          {"mono_columns", s.mono_columns},
          {"same_sequence_columns", s.same_sequence_columns},
          {"rows_new", s.rows_new},
          {"runs_new", s.runs_new},
          {"roughness", s.roughness},
          {"differing_voxels", s.differing_voxels}};
}

void EncodingArguments::add_to(CLI::App& verb) {
  verb.add_option("--policy", policy, "How much time goes into size: fast, balanced (the default) or archive")
      ->type_name("POLICY");
  verb.add_option("--profile", profile,
                  "Who chooses the strategy: prices (the default) or the BlueMarble guide's tree")
      ->type_name("prices|guide");
  verb.add_option("--strategy", strategy,
                  "This strategy for every brick: palette, rows, rle, octree, delta, hybrid, context, tree "
                  "or archive")
      ->type_name("NAME");
  verb.add_option("--max-read-ms", max_read_ms, "Leave out strategies that may take longer for one voxel")
      ->type_name("MS");
  verb.add_option("--max-brick-read-ms", max_brick_read_ms, "... or for a whole brick")->type_name("MS");
  verb.add_option("--min-encode", min_encode, "... or that encode more slowly than this, in MB/s of uint16")
      ->type_name("MB/S");
  verb.add_option("--max-memory-mb", max_memory_mb, "... or that work in more memory")->type_name("MB");
  verb.add_option("--max-share", max_share, "... or that may take more than this share of the raw bytes")
      ->type_name("P");
}

Result<Encoding> EncodingArguments::encoding() const {
  Encoding out;
  TERRANE_ASSIGN(out.policy, parse_policy(policy));
  TERRANE_ASSIGN(out.profile, parse_profile(profile));
  if (!strategy.empty()) {
    const Codec* codec = find_codec(strategy);
    if (codec == nullptr) {
      return invalid(
          fmt::format("there is no strategy `{}`; use palette, rows, rle, octree, delta, hybrid, context, "
                      "tree or archive",
                      strategy));
    }
    out.codec = codec->id();
  }
  for (const std::optional<double>& limit :
       {max_read_ms, max_brick_read_ms, min_encode, max_memory_mb, max_share}) {
    if (limit && !(*limit > 0)) return invalid("a limit must be above 0");
  }
  Requirements r = Requirements::of(out.policy);
  r.max_read_ms = max_read_ms;
  r.max_brick_read_ms = max_brick_read_ms;
  r.min_encode_mb_per_s = min_encode;
  r.max_memory_mb = max_memory_mb;
  r.max_share = max_share;
  if (r.limited()) out.requirements = r;
  return out;
}

}  // namespace terrane::cli

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "terrane/cli/analysis_json.h"
#include "terrane/cli/parse.h"
#include "terrane/cli/progress.h"
#include "terrane/cli/text.h"
#include "terrane/cli/verb.h"
#include "terrane/volume/explain.h"

namespace terrane::cli {
namespace {

struct Arguments {
  StoreArguments store;
  std::string box;
  int lod = 0;
  bool allow_incomplete = false, json = false;

  Result<Box> box_of(const Volume& volume) const {
    if (box.empty()) return volume.world().bounds();
    return parse_box("--box", box);
  }
  Result<Volume> open() const {
    if (!box.empty()) TERRANE_TRY(parse_box("--box", box));
    return store.open(Access::kRead);
  }
};

using Shared = std::shared_ptr<Arguments>;

Shared add_arguments(CLI::App& verb) {
  auto a = std::make_shared<Arguments>();
  a->store.add_to(verb);
  verb.add_option("--box", a->box, "In level-0 voxels; all of the store by default")
      ->type_name("X0:X1,Y0:Y1,Z0:Z1");
  verb.add_option("--lod", a->lod, "Level of detail, 0 to 21")->type_name("L");
  verb.add_flag("--allow-incomplete", a->allow_incomplete, "Read unfinished voxels as what was there before");
  verb.add_flag("--json", a->json, "As JSON");
  return a;
}

ReadOptions options_of(const Arguments& a, ProgressBar& bar, std::stop_token stop) {
  ReadOptions options{.task = bar.task(std::move(stop)), .allow_incomplete = a.allow_incomplete};
  return options;
}

Status run_histogram(const Arguments& a, std::stop_token stop) {
  TERRANE_ASSIGN(const Volume volume, a.open());
  TERRANE_ASSIGN(const Box box, a.box_of(volume));
  ProgressBar bar("histogram");
  TERRANE_ASSIGN(const MaterialCounts counts,
                 volume.histogram(box, a.lod, options_of(a, bar, std::move(stop))));
  auto sorted = counts.sorted();
  const double total = static_cast<double>(counts.total());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& x, const auto& y) { return x.second > y.second; });
  const Catalogue& names = volume.catalogue();
  if (a.json) {
    Json materials = Json::array();
    for (const auto& [material, n] : sorted) {
      materials.push_back({{"material_id", material},
                           {"material", names.name_of(material)},
                           {"voxels", n},
                           {"share", static_cast<double>(n) / total}});
    }
    print_json(
        {{"box", to_string(box)}, {"level", a.lod}, {"voxels", counts.total()}, {"materials", materials}});
    return ok();
  }
  for (const auto& [material, n] : sorted) {
    fmt::print("{:>22}  {:>9}  {}\n", count_text(n), percent_text(static_cast<double>(n) / total),
               names.name_of(material));
  }
  return ok();
}

void print_analysis(const BoxAnalysis& analysis, const Catalogue& names) {
  const BrickStats& s = analysis.stats;
  fmt::print("box         {}, level {}\n", to_string(analysis.box), analysis.level);
  fmt::print("bricks      {}, of one material {}\n", count_text(s.bricks), count_text(s.uniform_bricks));
  fmt::print("homogeneity {} {}, entropy {:.3f} bits a voxel\n",
             percent_text(analysis.report.overall_homogeneity),
             names.name_of(analysis.report.dominant_material), s.entropy_bits());
  fmt::print("materials   {}\n", s.distinct());
  for (const auto& [material, share] : analysis.report.distribution)
    fmt::print("  {:>9}  {}\n", percent_text(share), names.name_of(material));
  fmt::print("runs        {} along x, {} y, {} z, {} Morton; best direction {}\n", count_text(s.scan_runs[0]),
             count_text(s.scan_runs[1]), count_text(s.scan_runs[2]), count_text(s.morton_runs),
             name(analysis.report.optimal_order));
  fmt::print("faces equal {} x, {} y, {} z\n", percent_text(s.equal_face_share(Axis::kX)),
             percent_text(s.equal_face_share(Axis::kY)), percent_text(s.equal_face_share(Axis::kZ)));
  fmt::print("columns     {}, without a recurring material {}, in the order of their neighbour {}\n",
             count_text(s.columns), count_text(s.mono_columns), count_text(s.same_sequence_columns));
  fmt::print("octree      {} nodes\n", count_text(s.total_octree_nodes()));
  fmt::print("the guide   {}, estimated ratio {:.1f} : 1\n", name(analysis.report.recommended_strategy),
             analysis.report.estimated_ratio);
}

Status run_analyze(const Arguments& a, std::stop_token stop) {
  TERRANE_ASSIGN(const Volume volume, a.open());
  TERRANE_ASSIGN(const Box box, a.box_of(volume));
  ProgressBar bar("analyze");
  TERRANE_ASSIGN(const BoxAnalysis analysis, volume.analyze(box, a.lod, options_of(a, bar, std::move(stop))));
  if (!a.json) {
    print_analysis(analysis, volume.catalogue());
    return ok();
  }
  print_json({{"box", to_string(box)},
              {"level", a.lod},
              {"report", report_json(analysis.report, volume.catalogue())},
              {"statistics", stats_json(analysis.stats)}});
  return ok();
}

}  // namespace

Verb histogram_verb(CLI::App& app) {
  CLI::App* verb =
      app.add_subcommand("histogram", "Count the voxels of each material, without expanding bricks");
  const Shared a = add_arguments(*verb);
  verb->footer(
      "Examples\n"
      "  terrane histogram earth.terrane\n"
      "  terrane histogram earth.terrane --box 480:600,1080:1200,0:256 --lod 2 --json");
  return {verb, [a](std::stop_token stop) { return run_histogram(*a, std::move(stop)); }};
}

Verb analyze_verb(CLI::App& app) {
  CLI::App* verb =
      app.add_subcommand("analyze", "Say how homogeneous a box is, and what that means for its coding");
  const Shared a = add_arguments(*verb);
  verb->footer(
      "Example\n"
      "  terrane analyze earth.terrane --box 480:600,1080:1200,0:256 --json");
  return {verb, [a](std::stop_token stop) { return run_analyze(*a, std::move(stop)); }};
}

}  // namespace terrane::cli

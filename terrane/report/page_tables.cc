#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "terrane/render/figure.h"
#include "terrane/render/ramp.h"
#include "terrane/report/html.h"
#include "terrane/report/page.h"
#include "terrane/report/text.h"

namespace terrane {

namespace {

constexpr std::size_t kMostMaterials = 30;

std::string coord_text(Coord c) {
  return fmt::format("{} × {} × {}", number_text(static_cast<double>(c.x), 0),
                     number_text(static_cast<double>(c.y), 0), number_text(static_cast<double>(c.z), 0));
}

std::string ratio_text(double raw, double stored) {
  return stored > 0 ? short_count(raw / stored) + " : 1" : "";
}

std::string share_text(double share) {
  return share > 0 && share < 0.00005 ? "< 0.01 %" : fmt::format("{:.2f} %", share * 100);
}

std::string volume_text(double volume, bool metric) {
  if (!metric) return short_count(volume) + " voxels";
  const char* unit = volume >= 1e6 ? " km³" : " m³";
  if (volume >= 1e6) volume /= 1e9;
  if (volume >= 1e9) return fmt::format("{:.3g} billion{}", volume / 1e9, unit);
  if (volume >= 1e6) return fmt::format("{:.3g} million{}", volume / 1e6, unit);
  return volume >= 100 ? number_text(volume, 0) + unit : fmt::format("{:.2g}{}", volume, unit);
}

double max_bytes(const ColumnUse& use) {
  double most = 1;
  for (const StrategyUse& u : use.uses) most = std::max(most, u.bytes);
  return most;
}

// The strategies of some columns as one bar, by bytes, each part with its name for who points at it.
TableCell mix_cell(const ColumnUse& use) {
  std::string out = "<span class=\"mix\">";
  const double all = std::max(1.0, use.stored_bytes());
  std::string words;
  for (const StrategyUse& u : use.uses) {
    const std::string name = html_escape(name_of(u.strategy));
    out += fmt::format("<i style=\"width:{:.2f}%;background:{}\" title=\"{} {}\"></i>", 100 * u.bytes / all,
                       css_color(strategy_color(u.strategy)), name, share_text(u.bytes / all));
    if (u.bytes / all < 0.005) continue;
    words += fmt::format("{}{} {:.0f} %", words.empty() ? "" : ", ", name, 100 * u.bytes / all);
  }
  return {out + "</span><span class=\"words\">" + words + "</span>", false};
}

}  // namespace

std::string targets_table(const StoreReport& report) {
  HtmlTable table("targets", "The guide's targets", {"target", "goal", "measured", "verdict", "how"});
  for (const Target& t : report.targets) {
    const char* verdict = !t.value ? "none" : t.met ? "met" : "missed";
    table.row(
        {text_cell(t.name),
         text_cell(t.goal),
         number_cell(t.measured),
         {fmt::format("<b class=\"verdict {}\">{}</b>", verdict, !t.value ? "not measured" : verdict), false},
         text_cell(t.how)});
  }
  return table.html();
}

std::string facts_table(const StoreReport& report, const ReportFrame& frame) {
  HtmlTable table("facts", "What it is", {"", ""});
  const World::Settings& w = report.info.world;
  table.row({text_cell("store"), text_cell(frame.store)});
  table.row({text_cell("extent"), text_cell(coord_text(w.extent) + " voxels")});
  table.row({text_cell("one voxel"), text_cell(report.voxel_text)});
  table.row({text_cell("low corner"),
             text_cell(fmt::format("{}, {}, {}", decimal_text(w.origin[0]), decimal_text(w.origin[1]),
                                   decimal_text(w.origin[2])))});
  table.row({text_cell("coordinates"), text_cell((w.crs.empty() ? std::string("local, no CRS") : w.crs) +
                                                 (w.wrap_x ? ", goes round the globe" : ""))});
  table.row({text_cell("materials"),
             text_cell(report.named_materials == 0 ? std::string("no catalogue")
                                                   : count_text(report.named_materials) + " named")});
  table.row({text_cell("until written"), text_cell(report.fill)});
  table.row({text_cell("format"),
             text_cell(report.info.format + ", " + count_text(report.info.epoch) + " writes")});
  for (const UnfinishedIngest& u : report.info.unfinished) {
    table.row({text_cell("unfinished"), text_cell("box " + to_string(u.box) + " from " + u.source)});
  }
  return table.html();
}

std::string sizes_table(const StoreReport& report) {
  HtmlTable table("sizes", "Size", {"", "bytes", "logical per byte"});
  const VolumeInfo& i = report.info;
  const auto row = [&](const char* what, double bytes) {
    table.row(
        {text_cell(what), number_cell(bytes_text(bytes)), number_cell(ratio_text(i.logical_bytes, bytes))});
  };
  row("logical: 2 bytes a voxel of the extent", i.logical_bytes);
  row("ingested: 2 bytes a voxel of what was written", static_cast<double>(i.ingested_bytes));
  row("stored: keys and values of all levels", static_cast<double>(i.stored_bytes));
  row("of these, level 0", static_cast<double>(i.level0_bytes));
  row("on disk, what was replaced included", static_cast<double>(i.disk_bytes));
  return table.html();
}

std::string strategies_table(const StoreReport& report) {
  HtmlTable table("strategies", fmt::format("What holds it, level {}", report.map_level),
                  {"strategy", "bricks", "share of bricks", "bytes", "share of bytes", "raw / stored"});
  const ColumnUse& use = report.use;
  const double bricks = std::max(1.0, use.bricks()), bytes = std::max(1.0, use.stored_bytes());
  for (const StrategyUse& u : use.uses) {
    const double raw = use.raw_bytes * u.bricks / bricks;
    table.row({swatch_cell(strategy_color(u.strategy), name_of(u.strategy)),
               number_cell(number_text(u.bricks, 0)),
               share_cell(share_text(u.bricks / bricks), u.bricks / bricks), number_cell(bytes_text(u.bytes)),
               share_cell(share_text(u.bytes / bytes), u.bytes / max_bytes(use)),
               number_cell(ratio_text(raw, u.bytes))});
  }
  return table.empty() ? "" : table.html();
}

std::string levels_table(const StoreReport& report) {
  HtmlTable table("levels", "Levels of detail",
                  {"level", "voxels", "uniform", "predicted", "bricks", "bytes"});
  const auto point = [](const LevelSize& l) { return l.extent == Coord{1, 1, 1}; };
  for (std::size_t i = 0; i < report.levels.size(); ++i) {
    // The coarsest levels are one voxel, all alike.
    LevelSize l = report.levels[i];
    std::string level = std::to_string(l.level);
    if (point(l) && l.level > 0 && l.level < kMaxLevel) {
      level += " to " + std::to_string(kMaxLevel);
      for (++i; i < report.levels.size(); ++i) {
        l.uniform += report.levels[i].uniform;
        l.predicted += report.levels[i].predicted;
        l.bricks += report.levels[i].bricks;
        l.bytes += report.levels[i].bytes;
      }
    }
    table.row({number_cell(level), number_cell(coord_text(l.extent)), number_cell(count_text(l.uniform)),
               number_cell(count_text(l.predicted)), number_cell(count_text(l.bricks)),
               number_cell(bytes_text(l.bytes))});
  }
  return table.empty() ? "" : table.html();
}

std::string regions_table(const StoreReport& report) {
  HtmlTable table(
      "regions", "Reduction by region type",
      {"type", "columns", "raw", "stored", "reduction", "raw / stored", "what holds it, by bytes"});
  for (const RegionSum& r : report.regions.rows) {
    table.row({text_cell(name(r.type)), number_cell(count_text(r.squares)),
               number_cell(bytes_text(r.use.raw_bytes)), number_cell(bytes_text(r.use.stored_bytes())),
               number_cell(percent_text(r.reduction())),
               number_cell(ratio_text(r.use.raw_bytes, r.use.stored_bytes())), mix_cell(r.use)});
  }
  return table.empty() ? "" : table.html();
}

std::string materials_table(const StoreReport& report) {
  HtmlTable table("materials", "Materials", {"material", "id", "share", "volume"});
  const std::size_t n = std::min(kMostMaterials, report.materials.size());
  for (std::size_t i = 0; i < n; ++i) {
    const MaterialRow& m = report.materials[i];
    table.row({swatch_cell(m.color, m.name), number_cell(std::to_string(m.id)),
               share_cell(share_text(m.share), m.share / report.materials[0].share),
               number_cell(volume_text(m.volume, report.metric))});
  }
  double share = 0, volume = 0;
  for (std::size_t i = n; i < report.materials.size(); ++i) {
    share += report.materials[i].share;
    volume += report.materials[i].volume;
  }
  if (n < report.materials.size()) {
    table.row({text_cell(fmt::format("{} more", report.materials.size() - n)), number_cell(""),
               share_cell(share_text(share), share), number_cell(volume_text(volume, report.metric))});
  }
  return table.empty() ? "" : table.html();
}

std::string latency_table(const StoreReport& report) {
  HtmlTable table("latency", "Latency",
                  {"read", "count", "cold p50", "cold p99", "hot p50", "hot p99", "added p50", "added p99"});
  const auto row = [&](const std::string& what, const Latency& l) {
    if (l.cold.count() == 0) return;
    std::vector<TableCell> cells = {text_cell(what), number_cell(count_text(l.cold.count()))};
    for (const Samples* s : {&l.cold, &l.hot, &l.added}) {
      for (const double p : {50.0, 99.0}) cells.push_back(number_cell(micro_text(s->percentile(p))));
    }
    table.row(std::move(cells));
  };
  row("point", report.latency.points);
  row("box of " + coord_text(report.latency.boxes.shape), report.latency.boxes);
  row("stored brick", report.latency.bricks);
  return table.empty() ? "" : table.html();
}

std::string measured_table(const StoreReport& report, const ReportFrame& frame) {
  HtmlTable table("measured", "Measured", {"", ""});
  table.row({text_cell("by"), text_cell("terrane " + frame.version)});
  table.row({text_cell("on"), text_cell(frame.machine)});
  table.row({text_cell("at"), text_cell(frame.date)});
  table.row({text_cell("threads"), text_cell(std::to_string(report.threads))});
  table.row({text_cell("seed of the places"), text_cell(std::to_string(report.seed))});
  table.row({text_cell("again with"), {"<code>" + html_escape(frame.command) + "</code>", false}});
  return table.html();
}

}  // namespace terrane

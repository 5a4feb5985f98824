#include "terrane/report/page.h"

#include <fmt/format.h>

#include <algorithm>

#include "terrane/render/ramp.h"
#include "terrane/report/html.h"
#include "terrane/report/text.h"
#include "terrane/report/time_chart.h"

namespace terrane {

const char* const kPageStyle = R"(
:root { color-scheme: light dark; --ink: #1c2126; --pale: #5d6770; --paper: #fff; --card: #f5f6f8; --rule: #dfe3e7;
  --cold: #0072b2; --hot: #e07b00; --good: #00694e; --bad: #b3261e; --goal: #8a8f94; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8eaec; --pale: #a3acb5; --paper: #15181b; --card: #1f2327;
  --rule: #353b41; --cold: #58aee6; --hot: #f2a54a; --good: #4cc79c; --bad: #ff8a80; --goal: #8a9299; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2.2rem 1.5rem 4rem; max-width: 76rem; background: var(--paper); color: var(--ink);
  font: 15px/1.55 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
h1 { margin: 0; font-size: 1.9rem; line-height: 1.2; overflow-wrap: anywhere; }
h2 { margin: 2.8rem 0 .8rem; font-size: 1.25rem; }
p, figcaption { max-width: 72ch; }
.lead, figcaption, .note { color: var(--pale); }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(10.5rem, 1fr)); gap: .8rem; margin: 1.6rem 0; }
.cards div { background: var(--card); border-radius: .5rem; padding: .8rem 1rem; }
.cards b { display: block; font-size: 1.45rem; line-height: 1.3; font-variant-numeric: tabular-nums; }
.cards span { color: var(--pale); font-size: .86rem; }
.table { overflow-x: auto; margin: 0 0 1.4rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; padding: .2rem 0 .5rem; white-space: nowrap; }
th, td { padding: .38rem .8rem .38rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--rule); }
th { color: var(--pale); font-weight: 500; font-size: .86rem; white-space: nowrap; }
thead tr:has(th:only-child), #facts thead, #measured thead { display: none; }
#facts td:first-child, #measured td:first-child { color: var(--pale); white-space: nowrap; width: 9.5rem; }
#facts td, #measured td { overflow-wrap: anywhere; }
.number { text-align: right; white-space: nowrap; }
td:last-child, th:last-child { padding-right: 0; }
.two { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 27rem), 1fr)); gap: 0 2.6rem; }
.two > * { min-width: 0; }
.verdict { white-space: nowrap; } .met { color: var(--good); } .missed { color: var(--bad); }
.verdict.none { color: var(--pale); font-weight: 400; }
.met::before { content: "✓ "; } .missed::before { content: "✗ "; }
.swatch { display: inline-block; width: .85em; height: .85em; margin-right: .55em; border-radius: .15em;
  border: 1px solid rgb(128 128 128 / .5); vertical-align: -.06em; print-color-adjust: exact; }
.bar { display: inline-block; width: 5.5rem; height: .55em; background: var(--card); vertical-align: .08em; }
.bar i { display: block; height: 100%; background: var(--cold); print-color-adjust: exact; }
.n { display: inline-block; min-width: 4.6em; }
.mix { display: flex; height: .7em; min-width: 9rem; margin-top: .45em; background: var(--card); }
.mix i { print-color-adjust: exact; } .words { font-size: .82rem; color: var(--pale); }
#targets caption, #regions caption, #latency caption, #measured caption { display: none; }
#latency td:first-child { white-space: nowrap; }
figure { margin: 0 0 2.2rem; }
figure img { display: block; max-width: 100%; height: auto; background: #fff; border-radius: .4rem; }
figcaption { margin-bottom: .5rem; } figcaption b { color: var(--ink); }
svg { display: block; width: 100%; height: auto; } svg text { font-size: 12.5px; fill: var(--ink); }
svg .tick, svg .goal-text { fill: var(--pale); } .grid { stroke: var(--rule); } .axis { stroke: var(--pale); }
.goal { stroke: var(--goal); stroke-dasharray: 4 4; }
.cold { fill: var(--cold); } .hot { fill: var(--hot); } g.cold, g.hot { fill-opacity: .72; }
.mark line { stroke-width: 1.5; } .mark.cold line { stroke: var(--cold); } .mark.hot line { stroke: var(--hot); }
.mark { fill-opacity: 1 !important; }
code { font: .9em ui-monospace, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; }
dl { margin: 0 0 1.4rem; } dt { font-weight: 600; } dd { margin: 0 0 .5rem; color: var(--pale); }
@media (max-width: 40rem) { body { padding: 1.2rem 1rem 3rem; } h1 { font-size: 1.5rem; } .bar { width: 3rem; }
  #targets thead { display: none; } #targets tr { display: grid; grid-template-columns: 1fr auto auto; gap: 0 1rem;
    padding: .5rem 0; border-bottom: 1px solid var(--rule); } #targets td { border: 0; padding: 0; }
  #targets td:first-child { font-weight: 600; } #targets td:first-child, #targets td:last-child { grid-column: 1 / -1; }
  #targets td:last-child { color: var(--pale); font-size: .9rem; } }
@media print { :root { color-scheme: light; --ink: #000; --pale: #444; --paper: #fff; --card: #f1f1f1; --rule: #ccc;
  --cold: #0072b2; --hot: #e07b00; --good: #00694e; --bad: #b3261e; } body { max-width: none; padding: 0; font-size: 10pt; }
  figure, tr, .cards div, svg { break-inside: avoid; } h2 { break-after: avoid; } .table { overflow: visible; } }
)";

namespace {

std::string card(const std::string& value, std::string_view what) {
  return fmt::format("<div><b>{}</b><span>{}</span></div>\n", html_escape(value), html_escape(what));
}

std::string paragraph(std::string_view text, std::string_view kind = "note") {
  return fmt::format("<p class=\"{}\">{}</p>\n", kind, html_escape(text));
}

std::string header(const StoreReport& report, const ReportFrame& frame) {
  const VolumeInfo& i = report.info;
  std::string out = fmt::format("<header>\n<h1>{}</h1>\n", html_escape(frame.title));
  out += paragraph(fmt::format("A store of voxels, as terrane {} found it on {}.", frame.version, frame.date),
                   "lead");
  out += "<div class=\"cards\">\n";
  if (i.ingested_bytes > 0) out += card(percent_text(i.reduction()), "smaller than what was ingested");
  out += card(bytes_text(static_cast<double>(i.stored_bytes)), "stored, all levels of detail");
  out += card(bytes_text(i.logical_bytes), "at two bytes a voxel");
  if (report.latency.points.cold.count() > 0) {
    out += card(micro_text(report.latency.points.cold.percentile(99)), "a cold point, 99 of 100");
  }
  std::size_t met = 0, measured = 0;
  for (const Target& t : report.targets) {
    met += t.met;
    measured += t.value.has_value();
  }
  out += card(fmt::format("{} of {}", met, measured), "of the guide's targets met");
  return out + "</div>\n</header>\n";
}

std::string damage(const StoreReport& report) {
  const Integrity& i = report.integrity;
  if (i.corrupt + i.missing == 0) return "";
  return paragraph(
      fmt::format("This store is damaged: {} corrupt and {} missing of {} values. What follows is what "
                  "could be told without them; terrane verify names the places.",
                  count_text(i.corrupt), count_text(i.missing), count_text(i.checked)),
      "missed");
}

std::string regions(const StoreReport& report) {
  const std::string table = regions_table(report);
  if (table.empty()) return "";
  std::string out = "<section>\n<h2>Reduction by region type</h2>\n" + table;
  const std::int64_t n = report.square_bricks;
  const std::string square =
      n == 1 ? "A column is a column of bricks, 64 × 64 voxels wide"
             : fmt::format("A column here is a square of {} × {} columns of bricks", n, n);
  out += paragraph(fmt::format(
      "{} and as high as the store, at level {}. Its type was told from level {}. Raw: two bytes a "
      "voxel.",
      square, report.map_level, report.regions.level));
  out += "<dl>\n";
  for (const RegionSum& r : report.regions.rows) {
    out +=
        fmt::format("<dt>{}</dt><dd>{}</dd>\n", html_escape(name(r.type)), html_escape(definition(r.type)));
  }
  return out + "</dl>\n</section>\n";
}

std::string pictures(const StoreReport& report) {
  if (report.pictures.empty()) return "";
  std::string out = "<section>\n<h2>Pictures</h2>\n";
  for (const ReportPicture& p : report.pictures) {
    out += fmt::format(
        "<figure>\n<figcaption><b>{}.</b> {}</figcaption>\n<img alt=\"{}\" "
        "src=\"data:image/png;base64,{}\">\n</figure>\n",
        html_escape(p.title), html_escape(p.caption), html_escape(p.title), base64(p.png));
  }
  return out + "</section>\n";
}

std::string latency(const StoreReport& report) {
  const std::string table = latency_table(report);
  if (table.empty()) return "";
  std::string out = "<section>\n<h2>Latency</h2>\n" + table + "<div class=\"two\">\n";
  const auto chart = [&](const std::string& title, const Latency& l) {
    if (l.cold.count() == 0) return;
    out += fmt::format("<figure><figcaption><b>{}</b></figcaption>\n{}</figure>\n", html_escape(title),
                       time_chart(l, title));
  };
  const Coord n = report.latency.boxes.shape;
  chart("Points, anywhere", report.latency.points);
  chart(fmt::format("Boxes of {} × {} × {}, unaligned, anywhere", n.x, n.y, n.z), report.latency.boxes);
  chart("Bricks that are stored", report.latency.bricks);
  out += "<div>";
  out += paragraph(
      "Level 0, one read at a time. Cold: terrane's cache was emptied before each read; the operating "
      "system's was not. "
      "Hot: the same read again, from voxels that lie decoded in memory. Added: cold less hot, read by read: "
      "what it "
      "costs that the store is compressed. Circles are medians, squares 99th percentiles; each histogram is "
      "as high as "
      "its fullest step. Dashed: the guide's 10 ms for what compression adds, and 50 ms for a query.");
  return out + "</div>\n</div>\n</section>\n";
}

std::string materials(const StoreReport& report) {
  const std::string table = materials_table(report);
  if (table.empty()) return "";
  std::string note = fmt::format("Counted at level {}", report.materials_level);
  note += report.materials_level == 0 ? ": every voxel."
                                      : ", whose voxels are pooled from eight each time: an estimate.";
  return table + paragraph(note);
}

}  // namespace

std::string html_page(const StoreReport& report, const ReportFrame& frame) {
  std::string out = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n";
  out += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";
  // Nothing is fetched and nothing runs, whatever a store is called.
  out +=
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src "
      "'unsafe-inline'\">\n";
  out += "<link rel=\"icon\" href=\"data:,\">\n";
  out += fmt::format("<title>{}: a report</title>\n<style>{}</style>\n</head>\n<body>\n",
                     html_escape(frame.title), kPageStyle);
  out += header(report, frame) + damage(report);
  out += "<section>\n<h2>Targets</h2>\n" + targets_table(report) + "</section>\n";
  out += regions(report) + pictures(report) + latency(report);
  out += "<section>\n<h2>The store</h2>\n<div class=\"two\">\n<div>" + facts_table(report, frame) +
         "</div>\n<div>" + sizes_table(report) + "</div>\n</div>\n";
  out += strategies_table(report) + "<div class=\"two\">\n<div>" + materials(report) + "</div>\n<div>" +
         levels_table(report) + "</div>\n</div>\n</section>\n";
  out += "<section>\n<h2>How this was measured</h2>\n" + measured_table(report, frame) + "</section>\n";
  return out + "</body>\n</html>\n";
}

}  // namespace terrane

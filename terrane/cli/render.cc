#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>

#include "terrane/cli/parse.h"
#include "terrane/cli/text.h"
#include "terrane/cli/verb.h"
#include "terrane/render/pictures.h"

namespace terrane::cli {

namespace {

struct Arguments {
  StoreArguments store;
  std::string slice, section, map, box, vertical, max_size = "1600,1000", out, title;
  std::optional<int> lod;
  bool allow_incomplete = false;
};

Result<PictureOptions> picture_options(const Arguments& a, std::stop_token stop) {
  PictureOptions options;
  options.title = a.title.empty() ? store_name(a.store.store) : a.title;
  if (!a.box.empty()) {
    TERRANE_ASSIGN(options.box, parse_box("--box", a.box));
  }
  options.level = a.lod;
  TERRANE_ASSIGN(const auto size, parse_size("--max-size", a.max_size));
  options.max_width = size.first, options.max_height = size.second;
  options.read.allow_incomplete = a.allow_incomplete;
  options.read.task.stop = std::move(stop);
  return options;
}

// The layers whose centres lie between two heights, of the box or of all the store.
Result<Box> between_heights(const World& world, const std::optional<Box>& box,
                            std::pair<double, double> metres) {
  const World::Settings& s = world.settings();
  const auto layer = [&](double z) {
    const double k = std::ceil((z - s.origin[2]) / s.voxel_size[2] - 0.5);
    return static_cast<std::int64_t>(std::clamp(k, 0.0, static_cast<double>(s.extent.z)));
  };
  Box out = box.value_or(world.bounds());
  out.lo.z = std::max(out.lo.z, layer(metres.first));
  out.hi.z = std::min(out.hi.z, layer(metres.second));
  if (out.lo.z < out.hi.z) return out;
  return invalid("no layer of the store lies between these heights: --vertical=`" +
                 decimal_text(metres.first) + ":" + decimal_text(metres.second) + "`");
}

Result<Canvas> map_picture(const Volume& volume, const std::string& map, const PictureOptions& options) {
  return map == "strategy"      ? picture_of_strategy(volume, options)
         : map == "ratio"       ? picture_of_ratio(volume, options)
         : map == "homogeneity" ? picture_of_homogeneity(volume, options)
                                : picture_of_surface(volume, options);
}

Status run(const Arguments& a, std::stop_token stop) {
  if ((a.slice.empty() ? 0 : 1) + (a.section.empty() ? 0 : 1) + (a.map.empty() ? 0 : 1) != 1) {
    return invalid("say what to draw: one of --slice, --section and --map");
  }
  TERRANE_ASSIGN(PictureOptions options, picture_options(a, std::move(stop)));
  Plane plane;
  std::pair<GeoPoint, GeoPoint> way;
  if (!a.slice.empty()) {
    TERRANE_ASSIGN(plane, parse_plane("--slice", a.slice));
  }
  if (!a.section.empty()) {
    TERRANE_ASSIGN(way, parse_way("--section", a.section));
  }
  std::pair<double, double> heights;
  if (!a.vertical.empty()) {
    TERRANE_ASSIGN(heights, parse_range("--vertical", a.vertical));
  }
  TERRANE_ASSIGN(const Volume volume, a.store.open(Access::kRead));
  if (!a.vertical.empty()) {
    TERRANE_ASSIGN(options.box, between_heights(volume.world(), options.box, heights));
  }
  const SliceAxis axis = plane.axis == 'x'   ? SliceAxis::kX
                         : plane.axis == 'y' ? SliceAxis::kY
                                             : SliceAxis::kZ;
  TERRANE_ASSIGN(const Canvas picture, !a.slice.empty() ? picture_of_slice(volume, axis, plane.at, options)
                                       : !a.section.empty()
                                           ? picture_of_section(volume, way.first, way.second, options)
                                           : map_picture(volume, a.map, options));
  return picture.write_png(a.out);
}

}  // namespace

Verb render_verb(CLI::App& app) {
  auto a = std::make_shared<Arguments>();
  CLI::App* verb = app.add_subcommand("render", "Draw a slice, a section or the surface of a store as PNG");
  a->store.add_to(*verb);
  verb->add_option("--slice", a->slice, "A plane of the lattice")->type_name("x=K|y=K|z=K");
  verb->add_option("--section", a->section, "Upright along the great circle between two places, in degrees")
      ->type_name("LON,LAT:LON,LAT");
  verb->add_option(
          "--map", a->map,
          "From above. surface: the ground, hill-shaded, water tinted by depth; strategy: what holds most "
          "bytes of each brick column; ratio: its raw over its stored bytes; homogeneity: the share of the "
          "commonest material")
      ->type_name("surface|strategy|ratio|homogeneity")
      ->check(CLI::IsMember({"surface", "strategy", "ratio", "homogeneity"}));
  verb->add_option("--box", a->box,
                   "The part to draw, in level-0 voxels (of a section: its heights); all by default")
      ->type_name("X0:X1,Y0:Y1,Z0:Z1");
  verb->add_option("--vertical", a->vertical, "The heights to draw, in metres")->type_name("Z0:Z1");
  verb->add_option("--lod", a->lod, "Level of detail; the finest that fits the picture by default")
      ->type_name("L");
  verb->add_option("--max-size", a->max_size, "Of the picture in pixels; 1600,1000")->type_name("W,H");
  verb->add_option("--title", a->title, "Above the picture; the name of the store by default")
      ->type_name("TEXT");
  verb->add_option("-o,--output", a->out, "The picture")->type_name("OUT.png")->required();
  verb->add_flag("--allow-incomplete", a->allow_incomplete,
                 "Draw unfinished voxels as what was there before");
  verb->footer(
      "Examples\n"
      "  terrane render earth.terrane --map surface -o world.png\n"
      "  terrane render earth.terrane --map ratio -o ratio.png\n"
      "  terrane render earth.terrane --section 138,11.3:147,11.3 --vertical -14000:3000 -o trench.png\n"
      "  terrane render world.terrane --slice z=30 --box 0:512,0:512,0:64 -o slice.png");
  return {verb, [a](std::stop_token stop) { return run(*a, std::move(stop)); }};
}

}  // namespace terrane::cli

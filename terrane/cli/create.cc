#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>

#include "terrane/cli/parse.h"
#include "terrane/cli/verb.h"

namespace terrane::cli {

namespace {

struct Arguments {
  StoreArguments store;
  std::string extent, voxel_size, origin, crs, preset, fill, catalogue;
  bool wrap_x = false;
};

Result<World::Settings> settings(const Arguments& a) {
  if (!a.preset.empty()) return World::bluemarble().settings();
  if (a.extent.empty())
    return invalid("give the size of the store: --extent NX,NY,NZ, or --preset bluemarble");
  World::Settings out;
  TERRANE_ASSIGN(out.extent, parse_shape("--extent", a.extent));
  if (!a.voxel_size.empty()) {
    TERRANE_ASSIGN(const auto size, parse_triple("--voxel-size", a.voxel_size));
    std::copy(size.begin(), size.end(), out.voxel_size);
  }
  if (!a.origin.empty()) {
    TERRANE_ASSIGN(const auto origin, parse_triple("--origin", a.origin));
    std::copy(origin.begin(), origin.end(), out.origin);
  }
  out.crs = a.crs;
  out.wrap_x = a.wrap_x;
  return out;
}

Result<Catalogue> catalogue(const std::string& name) {
  if (name.empty()) return Catalogue();
  if (name == "earth") return Catalogue::earth();
  std::ifstream file(name, std::ios::binary);
  if (!file) {
    return Error{ErrorCode::kNotFound,
                 "cannot read the catalogue; give a JSON file, or earth: --catalogue=`" + name +
                     "`: " + std::strerror(errno)};
  }
  const std::string json{std::istreambuf_iterator<char>(file), {}};
  auto parsed = Catalogue::parse_json(json);
  if (!parsed) return Error{parsed.error().code, parsed.error().message + ": --catalogue=`" + name + "`"};
  return parsed;
}

Status run(const Arguments& a) {
  CreateOptions create;
  TERRANE_ASSIGN(create.world, settings(a));
  TERRANE_ASSIGN(create.catalogue, catalogue(a.catalogue));
  if (!a.fill.empty()) {
    TERRANE_ASSIGN(create.fill, create.catalogue.parse_material(a.fill));
  }
  TERRANE_ASSIGN(OpenOptions open, a.store.open_options(Access::kWrite));
  if (auto volume = Volume::create(a.store.store, std::move(create), open); !volume) return volume.error();
  return ok();
}

}  // namespace

Verb create_verb(CLI::App& app) {
  auto a = std::make_shared<Arguments>();
  CLI::App* verb = app.add_subcommand("create", "Make an empty store");
  a->store.add_to(*verb);
  auto* preset =
      verb->add_option("--preset", a->preset, "bluemarble: all of Earth in cubes of 0.25 m, +-10,000 km")
          ->type_name("NAME")
          ->check(CLI::IsMember({"bluemarble"}));
  const auto own = [&](CLI::Option* option, const char* type) { option->type_name(type)->excludes(preset); };
  own(verb->add_option("--extent", a->extent, "Size in voxels: x east, y north, z up"), "NX,NY,NZ");
  own(verb->add_option("--voxel-size", a->voxel_size,
                       "Of one voxel, in the units of the CRS and metres; 1,1,1"),
      "DX,DY,DZ");
  own(verb->add_option("--origin", a->origin, "CRS coordinates of the low corner; 0,0,0"), "X,Y,Z");
  own(verb->add_option("--crs", a->crs,
                       "EPSG:4326 (degrees), EPSG:4087 (metres)...; local metres by default"),
      "EPSG:N");
  verb->add_flag("--wrap-x", a->wrap_x, "x goes round the globe: boxes may cross the seam")->excludes(preset);
  verb->add_option("--fill", a->fill,
                   "Material of all voxels until they are written; unknown (65535) by default")
      ->type_name("ID");
  verb->add_option("--catalogue", a->catalogue,
                   "Names, colours and fluids of the ids; earth: the built-in one")
      ->type_name("FILE.json");
  verb->footer(
      "Example: the world in cells of 5 arc minutes and 100 m\n"
      "  terrane create earth.terrane --extent 4320,2160,256 --voxel-size "
      "0.0833333333333333,0.0833333333333333,100 "
      "\\\n    --origin -180,-90,-16000 --crs EPSG:4326 --wrap-x --catalogue earth");
  return {verb, [a](const std::stop_token&) { return run(*a); }};
}

}  // namespace terrane::cli

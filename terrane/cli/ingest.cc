#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include "terrane/cli/analysis_json.h"
#include "terrane/cli/parse.h"
#include "terrane/cli/progress.h"
#include "terrane/cli/text.h"
#include "terrane/cli/verb.h"
#include "terrane/io/geotiff.h"
#include "terrane/io/netcdf.h"
#include "terrane/io/npy.h"
#include "terrane/io/raw.h"
#include "terrane/io/relief.h"
#include "terrane/io/vdb.h"

namespace terrane::cli {

namespace {

struct Arguments {
  StoreArguments store;
  EncodingArguments encoding;
  std::string file, variable, grid, shape, dtype, at, earth, region, vertical;
  bool restart = false, json = false;
};

// What goes in, and where its low corner comes to lie.
struct Input {
  std::unique_ptr<VoxelSource> source;
  Coord at;
};

using Source = Result<std::unique_ptr<VoxelSource>>;

Source open_raw_input(const Arguments& a) {
  if (a.shape.empty() || a.dtype.empty())
    return invalid("a raw file needs both --shape NX,NY,NZ and --dtype u8|u16|...");
  TERRANE_ASSIGN(const Coord shape, parse_shape("--shape", a.shape));
  TERRANE_ASSIGN(const Dtype dtype, parse_dtype(a.dtype));
  return open_raw(a.file, shape, dtype);
}

// By the end of the name. Without one that is known it is a .npy, or raw where a shape or a type is given.
Source open_input(const Arguments& a) {
  const std::string kind = std::filesystem::path(a.file).extension();
  const bool tiff = kind == ".tif" || kind == ".tiff";
  const bool says_itself = tiff || kind == ".nc" || kind == ".vdb" || kind == ".npy";
  if (kind != ".nc" && !a.variable.empty()) return invalid("--variable goes with a NetCDF file (.nc)");
  if (kind != ".vdb" && !a.grid.empty()) return invalid("--grid goes with an OpenVDB file (.vdb)");
  if (says_itself && (!a.shape.empty() || !a.dtype.empty()))
    return invalid("a " + kind + " file says its own shape and dtype; drop --shape and --dtype");
  if (tiff) return open_geotiff(a.file);
  if (kind == ".nc") return open_netcdf(a.file, a.variable);
  if (kind == ".vdb") return open_vdb(a.file, a.grid);
  if (kind == ".raw" || !a.shape.empty() || !a.dtype.empty()) return open_raw_input(a);
  Source array = open_npy(a.file);
  if (!array && kind != ".npy" && array.error().code == ErrorCode::kInvalid) {
    return invalid(array.error().message +
                   "; files of other kinds are known by their names: .raw, .tif, .tiff, .nc, .vdb");
  }
  return array;
}

Result<Input> array_input(const Arguments& a) {
  if (!a.region.empty() || !a.vertical.empty()) {
    return invalid("--region and --vertical choose a part of a relief; they go with --earth");
  }
  Input input;
  if (!a.at.empty()) {
    TERRANE_ASSIGN(input.at, parse_point("--at", a.at));
  }
  TERRANE_ASSIGN(input.source, open_input(a));
  return input;
}

// The Earth builder's ids mean something only with the Earth's catalogue.
Status refuse_other_catalogue(const Volume& volume) {
  if (volume.catalogue().empty() || volume.catalogue() == Catalogue::earth()) return ok();
  return Error{
      ErrorCode::kConflict,
      "--earth fills a store with the materials of the Earth's catalogue, and this store has others; make "
      "one with: terrane create STORE ... --catalogue earth"};
}

Status adopt_earth(Volume& volume) {
  Status adopted = volume.adopt_catalogue(Catalogue::earth());
  if (adopted || adopted.error().code != ErrorCode::kConflict) return adopted;
  return Error{ErrorCode::kConflict,
               adopted.error().message +
                   "; --earth needs the Earth's catalogue from the start: terrane create STORE "
                   "... --catalogue earth"};
}

Result<Input> earth_input(const Arguments& a, Volume& volume) {
  if (!a.at.empty() || !a.shape.empty() || !a.dtype.empty() || !a.variable.empty() || !a.grid.empty()) {
    return invalid(
        "--at, --shape, --dtype, --variable and --grid go with a file of voxels; choose the part of a relief "
        "with --region and "
        "--vertical");
  }
  TERRANE_TRY(refuse_other_catalogue(volume));
  EarthRegion region;
  if (!a.region.empty()) {
    TERRANE_ASSIGN(const Region r, parse_region("--region", a.region));
    region.longitude = {r.longitude.first, r.longitude.second};
    region.latitude = {r.latitude.first, r.latitude.second};
  }
  if (!a.vertical.empty()) {
    TERRANE_ASSIGN(const auto r, parse_range("--vertical", a.vertical));
    region.vertical_m = {r.first, r.second};
  }
  TERRANE_ASSIGN(EarthInput earth, open_earth(a.earth, volume.world(), region));
  TERRANE_TRY(adopt_earth(volume));
  return Input{std::move(earth.source), earth.box.lo};
}

void print(const IngestReport& report, bool json) {
  if (json) {
    print_json({{"box", to_string(report.box)},
                {"voxels", report.voxels},
                {"seconds", report.seconds},
                {"mb_per_s", report.mb_per_s},
                {"resumed", report.resumed}});
    return;
  }
  fmt::print("{} voxels in {}, {:.0f} MB/s, box {}{}\n", count_text(report.voxels),
             duration_text(report.seconds), report.mb_per_s, to_string(report.box),
             report.resumed ? " (continued)" : "");
}

Status run(const Arguments& a, std::stop_token stop) {
  if (a.file.empty() == a.earth.empty()) return invalid("give either a FILE of voxels or --earth RELIEF");
  IngestOptions options;
  TERRANE_ASSIGN(options.encoding, a.encoding.encoding());
  Input input;
  if (a.earth.empty()) {
    TERRANE_ASSIGN(input, array_input(a));
  }
  TERRANE_ASSIGN(Volume volume, a.store.open(Access::kWrite));
  if (!a.earth.empty()) {
    TERRANE_ASSIGN(input, earth_input(a, volume));
  }
  ProgressBar bar("ingest");
  options.task = bar.task(std::move(stop));
  options.at = input.at;
  options.restart = a.restart;
  Result<IngestReport> ingested = volume.ingest(*input.source, options);
  if (!ingested && ingested.error().code == ErrorCode::kConflict) {
    return Error{ErrorCode::kConflict, ingested.error().message + " (--restart)"};
  }
  TERRANE_ASSIGN(const IngestReport report, std::move(ingested));
  print(report, a.json);
  return ok();
}

}  // namespace

Verb ingest_verb(CLI::App& app) {
  auto a = std::make_shared<Arguments>();
  CLI::App* verb = app.add_subcommand(
      "ingest", "Bring voxels into a store; the same call again continues one that was stopped");
  a->store.add_to(*verb);
  verb->add_option(
      "FILE", a->file,
      "Integers from 0 to 65535: .npy, .tif (bands are z), .nc, .vdb, or raw with --shape and --dtype");
  verb->add_option("--variable", a->variable, "Of a NetCDF file; the one that fits by default")
      ->type_name("NAME");
  verb->add_option("--grid", a->grid, "Of an OpenVDB file; the one of 32-bit integers by default")
      ->type_name("NAME");
  verb->add_option("--shape", a->shape, "Of a raw file, z fastest")->type_name("NX,NY,NZ");
  verb->add_option("--dtype", a->dtype,
                   "Of a raw file: u8, i8, u16, i16, u32, i32, u64, i64 (little endian) or bool")
      ->type_name("TYPE");
  verb->add_option("--at", a->at, "Where the file's first voxel goes; 0,0,0. The box may cross the seam")
      ->type_name("X,Y,Z");
  verb->add_option("--earth", a->earth, "Build the Earth from a relief: any raster that GDAL reads")
      ->type_name("RELIEF");
  verb->add_option("--region", a->region,
                   "The part of the relief, in degrees; all that meets the store by default")
      ->type_name("LON0:LON1,LAT0:LAT1");
  verb->add_option("--vertical", a->vertical, "The heights to fill, in metres; all by default")
      ->type_name("Z0:Z1");
  a->encoding.add_to(*verb);
  verb->add_flag("--restart", a->restart, "Forget an unfinished ingest that this one overlaps");
  verb->add_flag("--json", a->json, "The report as JSON");
  verb->footer(
      "Examples\n"
      "  terrane ingest world.terrane labels.npy --at 0,0,128\n"
      "  terrane ingest world.terrane labels.raw --shape 512,512,256 --dtype u8\n"
      "  terrane ingest world.terrane landcover.nc --variable class\n"
      "  terrane ingest earth.terrane --earth /usr/share/ferret-vis/data/etopo5.cdf --region 140:150,10:15");
  return {verb, [a](std::stop_token stop) { return run(*a, std::move(stop)); }};
}

}  // namespace terrane::cli

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "terrane/cli/parse.h"
#include "terrane/cli/progress.h"
#include "terrane/cli/text.h"
#include "terrane/cli/verb.h"
#include "terrane/cli/volume_source.h"
#include "terrane/io/geotiff.h"
#include "terrane/io/netcdf.h"
#include "terrane/io/npy.h"
#include "terrane/io/raw.h"
#include "terrane/io/vdb.h"
#include "terrane/io/vti.h"
#include "terrane/space/position.h"

namespace terrane::cli {

namespace {

struct Arguments {
  StoreArguments store;
  std::string box, out;
  int lod = 0;
  bool allow_incomplete = false, json = false;
};

using Export = Status (*)(const std::string&, const VoxelSource&, const ExportFrame&, const Task&);

// Parts that are long in z, then in y: the order of an array file.
Coord array_step(Coord size) {
  constexpr std::int64_t kPartVoxels = std::int64_t{1} << 27;
  const auto bricks = [](std::int64_t n) { return std::max<std::int64_t>(1, n / kBrickEdge) * kBrickEdge; };
  constexpr std::int64_t kEdge = kBrickEdge;
  Coord step;
  step.z = std::min(size.z, bricks(kPartVoxels / (kEdge * kEdge)));
  step.y = std::min(size.y, bricks(kPartVoxels / (kBrickEdge * step.z)));
  step.x = std::min(size.x, bricks(kPartVoxels / (step.y * step.z)));
  return step;
}

Status write_array(ArrayFileWriter file, const VoxelSource& voxels, const Task& task) {
  std::vector<MaterialId> buffer;
  TERRANE_TRY(for_each_block(voxels.size(), array_step(voxels.size()), task, [&](const Box& box) -> Status {
    buffer.resize(static_cast<std::size_t>(box.volume()));
    const VoxelView view = VoxelView::dense(buffer.data(), box.size());
    TERRANE_TRY(voxels.read(box, view));
    return file.write(box, view);
  }));
  return file.finish();
}

Status export_npy(const std::string& path, const VoxelSource& voxels, const ExportFrame& /*frame*/,
                  const Task& task) {
  TERRANE_ASSIGN(ArrayFileWriter file, create_npy(path, voxels.size()));
  return write_array(std::move(file), voxels, task);
}

Status export_raw(const std::string& path, const VoxelSource& voxels, const ExportFrame& /*frame*/,
                  const Task& task) {
  TERRANE_ASSIGN(ArrayFileWriter file, create_raw(path, voxels.size()));
  return write_array(std::move(file), voxels, task);
}

struct Kind {
  std::string_view extension;
  Export write;
  bool room;  // two bytes a voxel, whatever the voxels
};
constexpr Kind kKinds[] = {{".tif", export_geotiff, false}, {".tiff", export_geotiff, false},
                           {".nc", export_netcdf, false},   {".vdb", export_vdb, false},
                           {".vti", export_vti, false},     {".npy", export_npy, true},
                           {".raw", export_raw, true}};

Result<Kind> kind_of(const std::string& path) {
  const std::string extension = std::filesystem::path(path).extension();
  for (const Kind& kind : kKinds) {
    if (kind.extension == extension) return kind;
  }
  return invalid(
      "the name of the output says its kind, and must end in .tif, .nc, .vdb, .vti, .npy or .raw: "
      "--output=`" +
      path + "`");
}

Status run(const Arguments& a, std::stop_token stop) {
  TERRANE_ASSIGN(const Kind kind, kind_of(a.out));
  std::optional<Box> asked;
  if (!a.box.empty()) {
    TERRANE_ASSIGN(asked, parse_box("--box", a.box));
  }
  const auto begun = std::chrono::steady_clock::now();
  TERRANE_ASSIGN(const Volume volume, a.store.open(Access::kRead));
  const Box box = asked.value_or(volume.world().bounds());
  TERRANE_ASSIGN(const Coord shape, checked_shape(volume, box, a.lod, a.out, kind.room));
  ReadOptions options{.task = {}, .allow_incomplete = a.allow_incomplete};
  options.task.stop = stop;
  TERRANE_ASSIGN(const VolumeSource voxels, VolumeSource::create(volume, box, a.lod, std::move(options)));
  {
    ProgressBar bar("export");
    Task task = bar.task(std::move(stop));
    task.executor = &volume.executor();
    TERRANE_TRY(kind.write(a.out, voxels, voxels.frame(), task));
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  std::error_code error;
  const std::uintmax_t bytes = std::filesystem::file_size(a.out, error);
  if (a.json) {
    print_json({{"box", to_string(box)},
                {"lod", a.lod},
                {"shape", coord_json(shape)},
                {"voxels", number_json(Box{{}, shape}.volume())},
                {"bytes", error ? 0 : bytes},
                {"seconds", seconds}});
    return ok();
  }
  fmt::print("{} x {} x {} voxels in {}, {}\n", shape.x, shape.y, shape.z, duration_text(seconds),
             bytes_text(error ? 0.0 : static_cast<double>(bytes)));
  return ok();
}

}  // namespace

Verb export_verb(CLI::App& app) {
  auto a = std::make_shared<Arguments>();
  CLI::App* verb = app.add_subcommand(
      "export", "Write a box of a store in the format of another program, in any level of detail");
  a->store.add_to(*verb);
  verb->add_option("--box", a->box, "Level-0 voxels, the ends not included; all of the store by default")
      ->type_name("X0:X1,Y0:Y1,Z0:Z1");
  verb->add_option("--lod", a->lod, "Level of detail, 0 to 21: the level's voxels that the box touches")
      ->type_name("L");
  verb->add_option("-o,--output", a->out,
                   "GeoTIFF (bands are z), NetCDF, OpenVDB, VTK image data, or an array; by the name's end")
      ->type_name("OUT.tif|nc|vdb|vti|npy|raw")
      ->required();
  verb->add_flag("--allow-incomplete", a->allow_incomplete,
                 "Read unfinished voxels as what was there before");
  verb->add_flag("--json", a->json, "The report as JSON");
  verb->footer(
      "Examples\n"
      "  terrane export earth.terrane --lod 2 -o earth.nc\n"
      "  terrane export earth.terrane --box 0:512,0:512,0:256 -o corner.vti");
  return {verb, [a](std::stop_token stop) { return run(*a, std::move(stop)); }};
}

}  // namespace terrane::cli

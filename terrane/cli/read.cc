#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <optional>

#include "terrane/cli/parse.h"
#include "terrane/cli/progress.h"
#include "terrane/cli/verb.h"
#include "terrane/cli/volume_source.h"
#include "terrane/io/npy.h"
#include "terrane/io/raw.h"
#include "terrane/render/chunks.h"

namespace terrane::cli {

namespace {

constexpr std::int64_t kSlabVoxels = std::int64_t{1} << 27;  // 256 MiB

struct Arguments {
  StoreArguments store;
  std::string box, out;
  int lod = 0;
  bool allow_incomplete = false;
};

Result<ArrayFileWriter> open_output(const std::string& path, Coord shape) {
  return std::filesystem::path(path).extension() == ".npy" ? create_npy(path, shape)
                                                           : create_raw(path, shape);
}

Status run(const Arguments& a, std::stop_token stop) {
  if (const auto kind = std::filesystem::path(a.out).extension(); kind != ".npy" && kind != ".raw") {
    return invalid("the output is a .npy or a .raw file: --output=`" + a.out + "`");
  }
  std::optional<Box> asked;
  if (!a.box.empty()) {
    TERRANE_ASSIGN(asked, parse_box("--box", a.box));
  }
  TERRANE_ASSIGN(const Volume volume, a.store.open(Access::kRead));
  const Box box = asked.value_or(volume.world().bounds());
  TERRANE_ASSIGN(const Coord shape, checked_shape(volume, box, a.lod, a.out, true));
  TERRANE_ASSIGN(const std::vector<Chunk> chunks, chunks_of(volume.world(), box, a.lod, kSlabVoxels));
  TERRANE_ASSIGN(ArrayFileWriter output, open_output(a.out, shape));
  ProgressBar bar("read");
  ReadOptions options{.task = {}, .allow_incomplete = a.allow_incomplete};
  options.task.stop = std::move(stop);
  std::vector<MaterialId> voxels;
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    TERRANE_TRY(options.task.check());
    const Coord size = chunks[i].to.size();
    voxels.resize(static_cast<std::size_t>(size.x * size.y * size.z));
    const VoxelView view = VoxelView::dense(voxels.data(), size);
    TERRANE_TRY(volume.read(chunks[i].from, a.lod, view, options));
    TERRANE_TRY(output.write(chunks[i].to, view));
    bar.show({i + 1, chunks.size(), "parts"});
  }
  return output.finish();
}

}  // namespace

Verb read_verb(CLI::App& app) {
  auto a = std::make_shared<Arguments>();
  CLI::App* verb = app.add_subcommand("read", "Write a box of a store to a file, in any level of detail");
  a->store.add_to(*verb);
  verb->add_option("--box", a->box, "Level-0 voxels, the ends not included; all of the store by default")
      ->type_name("X0:X1,Y0:Y1,Z0:Z1");
  verb->add_option("--lod", a->lod, "Level of detail, 0 to 21: the level's voxels that the box touches")
      ->type_name("L");
  verb->add_option("-o,--output", a->out, "An array [x, y, z] of uint16, z fastest")
      ->type_name("OUT.npy|OUT.raw")
      ->required();
  verb->add_flag("--allow-incomplete", a->allow_incomplete,
                 "Read unfinished voxels as what was there before");
  verb->footer(
      "Example: a quarter of the resolution\n"
      "  terrane read world.terrane --box 0:512,0:512,0:256 --lod 2 -o coarse.npy");
  return {verb, [a](std::stop_token stop) { return run(*a, std::move(stop)); }};
}

}  // namespace terrane::cli

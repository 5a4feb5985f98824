#include "terrane/io/exported.h"

#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "terrane/base/executor.h"
#include "terrane/io/geotiff.h"
#include "terrane/io/netcdf.h"
#include "terrane/io/scratch_dir.h"
#include "terrane/io/vti.h"

namespace terrane {
namespace {

using testing::ScratchDir;

// The material of a voxel is told by its place; one place may fail.
class Checkered final : public VoxelSource {
 public:
  explicit Checkered(Coord size, std::optional<Coord> broken = {}) : size_(size), broken_(broken) {}
  Coord size() const override { return size_; }
  std::string identity() const override { return "checkered"; }
  Status read(const Box& box, VoxelView out) const override {
    TERRANE_TRY(check_read(box, size_, out));
    if (broken_ && box.contains(*broken_)) return corrupt("a voxel is broken");
    for (std::int64_t x = 0; x < out.size.x; ++x) {
      for (std::int64_t y = 0; y < out.size.y; ++y) {
        for (std::int64_t z = 0; z < out.size.z; ++z) out.at({x, y, z}) = at(box.lo + Coord{x, y, z});
      }
    }
    return ok();
  }
  static MaterialId at(Coord c) {
    return static_cast<MaterialId>(c.x * 31 + c.y * 1009 + c.z * 7 + (c.x & c.z));
  }

 private:
  Coord size_;
  std::optional<Coord> broken_;
};

TEST(ForEachBlock, CoversEverythingOnceAndTellsHowFar) {
  const Coord size = {10, 7, 5}, step = {4, 3, 5};
  std::set<std::tuple<std::int64_t, std::int64_t, std::int64_t>> seen;
  std::uint64_t last = 0;
  Task task;
  task.progress = [&](const Progress& p) {
    EXPECT_GT(p.done, last);
    EXPECT_EQ(p.total, 350U);
    last = p.done;
  };
  ASSERT_TRUE(for_each_block(size, step, task, [&](const Box& box) -> Status {
    for (std::int64_t x = box.lo.x; x < box.hi.x; ++x) {
      for (std::int64_t y = box.lo.y; y < box.hi.y; ++y) {
        for (std::int64_t z = box.lo.z; z < box.hi.z; ++z) EXPECT_TRUE(seen.insert({x, y, z}).second);
      }
    }
    return ok();
  }));
  EXPECT_EQ(seen.size(), 350U);
  EXPECT_EQ(last, 350U);
}

TEST(ExportFrame, KnowsItsNumberAndItsCentres) {
  const ExportFrame frame = {
      .origin = {10, 0, -3}, .spacing = {2, 1, 0.5}, .crs = "EPSG:4326", .catalogue = {}};
  EXPECT_EQ(frame.epsg(), 4326);
  EXPECT_EQ(frame.centre(0, 0), 11);
  EXPECT_EQ(frame.centre(2, 3), -1.25);
  EXPECT_EQ(ExportFrame{}.epsg(), std::nullopt);
}

TEST(Material, OfANumber) {
  EXPECT_EQ(material_of(0, {}), 0);
  EXPECT_EQ(material_of(65535, {}), kUnknown);
  EXPECT_EQ(material_of(65536, {}), std::nullopt);
  EXPECT_EQ(material_of(-1, {}), std::nullopt);
  EXPECT_EQ(material_of(-1, -1), kUnknown);
  EXPECT_EQ(material_of(0, 0), kUnknown);
}

using Export = Status (*)(const std::string&, const VoxelSource&, const ExportFrame&, const Task&);
using Open = std::unique_ptr<VoxelSource> (*)(const std::string&);

struct Format {
  const char* file;
  Export write;
  Open open;  // none: tests of the command line ask the real library
};

void PrintTo(const Format& format, std::ostream* out) {
  *out << format.file;
}

class Exporters : public ::testing::TestWithParam<Format> {};

TEST_P(Exporters, ReadsBackWhole) {
  if (GetParam().open == nullptr) return;
  ScratchDir dir;
  const std::string path = dir.file(GetParam().file);
  // Beyond a tile, a chunk and a part on some axes, and below them on others.
  for (const Coord size : {Coord{1, 1, 1}, Coord{300, 270, 3}, Coord{5, 7, 200}, Coord{130, 65, 70}}) {
    ASSERT_TRUE(GetParam().write(path, Checkered(size), {}, {}));
    const auto back = GetParam().open(path);
    ASSERT_EQ(back->size(), size);
    for (const Box& box : {Box{{0, 0, 0}, size}, Box{{size.x / 2, size.y / 3, size.z / 4}, size}}) {
      VoxelArray voxels(box.size()), want(box.size());
      ASSERT_TRUE(back->read(box, voxels.view()));
      ASSERT_TRUE(Checkered(size).read(box, want.view()));
      ASSERT_EQ(voxels.voxels, want.voxels) << to_string(box);
    }
  }
  EXPECT_EQ(dir.entries(), 1U);
}

TEST_P(Exporters, AFailedOrStoppedExportLeavesNothingAndKeepsTheOldFile) {
  ScratchDir dir;
  const std::string path = dir.write(GetParam().file, "old");
  const Status broken = GetParam().write(path, Checkered({40, 30, 20}, Coord{39, 29, 19}), {}, {});
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().code, ErrorCode::kCorrupt) << broken.error().message;
  std::stop_source stop;
  stop.request_stop();
  const Status stopped = GetParam().write(path, Checkered({40, 30, 20}), {}, {.stop = stop.get_token()});
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, ErrorCode::kCancelled) << stopped.error().message;
  EXPECT_EQ(ScratchDir::slurp(path), "old");
  EXPECT_EQ(dir.entries(), 1U);
  EXPECT_FALSE(GetParam().write(dir.file("none/a"), Checkered({4, 4, 4}), {}, {}));
  EXPECT_FALSE(GetParam().write("/dev/null", Checkered({4, 4, 4}), {}, {}));
}

TEST_P(Exporters, TheSameVoxelsGiveTheSameFileWithAnyNumberOfThreads) {
  ScratchDir dir;
  const Checkered voxels({200, 150, 90});
  ASSERT_TRUE(GetParam().write(dir.file("one"), voxels, {}, {}));
  ThreadPool pool(4);
  ASSERT_TRUE(GetParam().write(dir.file("many"), voxels, {}, {.executor = &pool}));
  EXPECT_TRUE(ScratchDir::slurp(dir.file("one")) == ScratchDir::slurp(dir.file("many")));
}

INSTANTIATE_TEST_SUITE_P(
    Formats, Exporters,
    ::testing::Values(
        Format{"a.tif", export_geotiff, [](const std::string& path) { return open_geotiff(path).value(); }},
        Format{"a.nc", export_netcdf, [](const std::string& path) { return open_netcdf(path).value(); }},
        Format{"a.vti", export_vti, nullptr}));

TEST(Exporters, SayWhatIsTooLargeBeforeTheyReadAVoxel) {
  class Endless final : public VoxelSource {
   public:
    explicit Endless(Coord size) : size_(size) {}
    Coord size() const override { return size_; }
    std::string identity() const override { return ""; }
    Status read(const Box&, VoxelView) const override { return internal("asked for a voxel"); }

   private:
    Coord size_;
  };
  ScratchDir dir;
  const Status bands = export_geotiff(dir.file("a"), Endless({10, 10, 65536}), {});
  EXPECT_NE(bands.error().message.find("65,535"), std::string::npos) << bands.error().message;
  const Status layer = export_vti(dir.file("a"), Endless({1 << 20, 1 << 10, 5}), {});
  EXPECT_EQ(layer.error().code, ErrorCode::kExhausted);
  EXPECT_NE(layer.error().message.find("2^28"), std::string::npos) << layer.error().message;
  EXPECT_EQ(dir.entries(), 0U);
}

}  // namespace
}  // namespace terrane

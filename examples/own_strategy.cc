// A strategy of the application's own, beside those that terrane has: bricks of two materials as one bit a
// voxel. A store that holds it can be opened without it, and says what is missing.
//
//   own_strategy DIRECTORY     the store is made there; it must not exist yet

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "terrane/codec/codec.h"
#include "terrane/volume/volume.h"

using namespace terrane;

namespace {

// Payload: two ids (uint16, little-endian), then bit i % 8 of byte i / 8 for voxel i: whether it is the
// second.
class TwoMaterials final : public Codec {
 public:
  // Ids 128 to 255 are the application's, and are on disk for ever. The version is that of the bytes.
  CodecId id() const override { return static_cast<CodecId>(200); }
  std::string_view name() const override { return "two-materials"; }
  std::uint8_t version() const override { return 1; }
  std::uint8_t min_version() const override { return 1; }
  std::size_t bound(BrickShape shape) const override { return size_of(shape); }

  // False, and nothing appended, for other bricks: another strategy takes them.
  bool encode(std::span<const MaterialId> voxels, const BrickContext& brick, const EncodeParameters&,
              CodecScratch&, std::string& out) const override {
    const MaterialId first = voxels[0];
    const auto other = std::find_if(voxels.begin(), voxels.end(), [&](MaterialId m) { return m != first; });
    const MaterialId second = other == voxels.end() ? first : *other;
    if (std::any_of(voxels.begin(), voxels.end(), [&](MaterialId m) { return m != first && m != second; }))
      return false;
    const std::size_t start = out.size();
    out.append(size_of(brick.shape), '\0');
    char* bytes = out.data() + start;
    put(bytes, first);
    put(bytes + 2, second);
    for (std::size_t i = 0; i < voxels.size(); ++i) {
      const int bit = voxels[i] == second ? 1 << i % 8 : 0;
      bytes[4 + i / 8] = static_cast<char>(bytes[4 + i / 8] | bit);
    }
    return true;
  }

  // Bytes may be damaged, or made by an enemy: a wrong length is an error, and nothing else can go wrong
  // here.
  Status decode(Bytes bytes, std::uint8_t, const BrickContext& brick, CodecScratch&,
                std::span<MaterialId> voxels) const override {
    if (bytes.size() != size_of(brick.shape)) return corrupt("a brick of two materials has another length");
    for (std::size_t i = 0; i < voxels.size(); ++i) voxels[i] = voxel(bytes, i);
    return ok();
  }

  // In place: one voxel is found without decoding the others.
  Result<MaterialId> at(Bytes bytes, std::uint8_t, const BrickContext& brick, Coord c,
                        CodecScratch&) const override {
    if (bytes.size() != size_of(brick.shape)) return corrupt("a brick of two materials has another length");
    return voxel(bytes, voxel_index(brick.shape, c));
  }
  bool in_place() const override { return true; }

 private:
  static std::size_t size_of(BrickShape shape) { return 4 + (shape.voxels() + 7) / 8; }
  static void put(char* at, MaterialId m) {
    at[0] = static_cast<char>(m & 0xff);
    at[1] = static_cast<char>(m >> 8);
  }
  static MaterialId voxel(Bytes bytes, std::size_t i) {
    const auto byte = [&](std::size_t n) { return std::to_integer<unsigned>(bytes[n]); };
    const std::size_t at = (byte(4 + i / 8) >> i % 8 & 1) != 0 ? 2 : 0;
    return static_cast<MaterialId>(byte(at) | byte(at + 1) << 8);
  }
};

void run(const std::string& where) {
  auto strategies = std::make_shared<CodecTable>();
  strategies->add(std::make_shared<TwoMaterials>()).value();

  // A ramp of rock under air, and a lump of ore in its low corner.
  VoxelArray voxels({128, 128, 64}, 0);
  for (std::int64_t x = 0; x < 128; ++x) {
    for (std::int64_t y = 0; y < 128; ++y) {
      for (std::int64_t z = 0; z < x / 2; ++z) voxels.at({x, y, z}) = 1;
    }
  }
  fill(voxels.view().sub({{5, 5, 0}, {25, 25, 5}}), 2);
  {
    CreateOptions create;
    create.world.extent = voxels.size;
    create.fill = 0;
    Volume volume = Volume::create(where, create, {.access = Access::kWrite, .codecs = strategies}).value();
    WriteOptions options;
    options.encoding.codec = strategies->find("two-materials")->id();
    volume.write(volume.world().bounds(), voxels.view(), options).value();
    for (const auto& [name, use] : volume.info().value().codecs)
      std::printf("%s: %d bricks\n", name.c_str(), static_cast<int>(use.bricks));
  }

  const Volume with = Volume::open(where, {.codecs = strategies}).value();
  const bool same = with.read({.box = with.world().bounds()}).value().voxels == voxels.voxels;
  std::printf("With the strategy: %s.\n", same ? "every voxel is there" : "voxels are wrong");

  const Volume without = Volume::open(where).value();
  const auto voxel = without.at({100, 100, 10});
  std::printf("Without it: %s\n", voxel ? "a voxel out of nowhere" : voxel.error().message.c_str());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: own_strategy DIRECTORY\n");
    return 2;
  }
  try {
    run(argv[1]);
  } catch (const BadResult& e) {
    std::fprintf(stderr, "own_strategy: %s\n", e.what());
    return 1;
  }
  return 0;
}

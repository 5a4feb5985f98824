// libFuzzer target for one decoder, named by TERRANE_FUZZ_CODEC. The input is a shape (3 bytes) and a
// payload. What decodes must be asked for voxel by voxel with the same result, and come back from encode and
// decode.
#include <cstdlib>

#include "terrane/base/hash.h"
#include "terrane/codec/codec.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace terrane;
  if (size < 3) return 0;
  const auto edge = [](std::uint8_t byte) { return byte % 64 + 1; };
  const BrickShape shape{edge(data[0]), edge(data[1]), edge(data[2])};
  const Bytes payload = std::as_bytes(std::span(data + 3, size - 3));
  const Codec& codec = *find_codec(TERRANE_FUZZ_CODEC);
  static CodecScratch scratch;
  std::vector<MaterialId> voxels(shape.voxels()), again(shape.voxels());
  const Status status = codec.decode(payload, codec.version(), shape, scratch, voxels);
  if (!status && status.error().code != ErrorCode::kCorrupt) std::abort();

  Random random(hash64(payload));
  const auto view = ConstVoxelView::dense(voxels.data(), shape.size());
  for (int i = 0; i < 3; ++i) {
    const Coord c = {random.between(0, shape.nx), random.between(0, shape.ny), random.between(0, shape.nz)};
    const Result<MaterialId> material = codec.at(payload, codec.version(), shape, c, scratch);
    if (status && (!material || *material != view.at(c))) std::abort();
  }
  if (!status) return 0;
  std::string encoded;
  if (!codec.encode(voxels, shape, {}, scratch, encoded)) return 0;
  if (encoded.size() > codec.bound(shape)) std::abort();
  if (!codec.decode(as_bytes(encoded), codec.version(), shape, scratch, again) || again != voxels)
    std::abort();
  return 0;
}

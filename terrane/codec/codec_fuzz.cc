// libFuzzer target for one decoder, named by TERRANE_FUZZ_CODEC. The input is a shape (3 bytes, whose upper
// two bits choose a prediction) and a payload, which is given the hash of the prediction where the codec
// begins with one. What decodes must be asked for voxel by voxel and counted with the same result, and come
// back from encode and decode.
#include <cstdlib>

#include "terrane/base/hash.h"
#include "terrane/codec/codec.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace terrane;
  if (size < 3) return 0;
  const auto edge = [](std::uint8_t byte) { return byte % 64 + 1; };
  const BrickShape shape{edge(data[0]), edge(data[1]), edge(data[2])};
  const Codec& codec = *find_codec(TERRANE_FUZZ_CODEC);
  static CodecScratch scratch;
  std::vector<MaterialId> voxels(shape.voxels()), again(shape.voxels()), predicted(shape.voxels());
  for (std::size_t i = 0; i < predicted.size(); ++i) predicted[i] = static_cast<MaterialId>(i / 7 % 3);
  const int choice = data[0] >> 6;
  const BrickContext brick(shape, choice == 0   ? Prediction()
                                  : choice == 1 ? Prediction(MaterialId{1})
                                                : Prediction(predicted));
  std::string bytes;
  if (codec.id() == CodecId::kDelta) ByteWriter(bytes).fixed(brick.prediction.hash());
  bytes.append(reinterpret_cast<const char*>(data) + 3, size - 3);
  const Bytes payload = as_bytes(bytes);
  const Status status = codec.decode(payload, codec.version(), brick, scratch, voxels);
  if (!status && status.error().code != ErrorCode::kCorrupt) std::abort();

  Random random(hash64(payload));
  const auto view = ConstVoxelView::dense(voxels.data(), shape.size());
  for (int i = 0; i < 3; ++i) {
    const Coord c = {random.between(0, shape.nx), random.between(0, shape.ny), random.between(0, shape.nz)};
    const Result<MaterialId> material = codec.at(payload, codec.version(), brick, c, scratch);
    if (status && (!material || *material != view.at(c))) std::abort();
  }
  const Box part{{0, shape.ny / 2, shape.nz / 3}, shape.size()};
  for (const Box& box : {Box::of_size({}, shape.size()), part}) {
    static MaterialCounts counts, truth;  // large: cleared, not made anew
    counts.clear();
    truth.clear();
    const Status counted = codec.histogram(payload, codec.version(), brick, box, scratch, counts);
    if (!counted && counted.error().code != ErrorCode::kCorrupt) std::abort();
    truth.add(view.sub(box));
    if (status && (!counted || counts.sorted() != truth.sorted())) std::abort();
  }
  if (!status) return 0;
  std::string encoded;
  if (!codec.encode(voxels, brick, {}, scratch, encoded)) return 0;
  if (encoded.size() > codec.bound(shape)) std::abort();
  if (!codec.decode(as_bytes(encoded), codec.version(), brick, scratch, again) || again != voxels)
    std::abort();
  return 0;
}

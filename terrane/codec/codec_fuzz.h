#pragma once

#include <cstdlib>

#include "terrane/base/hash.h"
#include "terrane/codec/codec.h"

namespace terrane::testing {

// Tries one decoder on bytes of any kind; aborts where it does what it must not. The input is a shape (3
// bytes, whose upper two bits choose a prediction) and a payload, which is given the hash of the prediction
// where the codec begins with one. What decodes must be asked for voxel by voxel, in parts, and counted with
// the same result, and come back from encode and decode.
inline void try_decoder(const Codec& codec, const std::uint8_t* data, std::size_t size) {
  if (size < 3) return;
  const auto edge = [](std::uint8_t byte) { return byte % 64 + 1; };
  const BrickShape shape{edge(data[0]), edge(data[1]), edge(data[2])};
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
    VoxelArray room(box.size());
    const Status partly = codec.decode_part(payload, codec.version(), brick, box, scratch, room.view());
    if (!partly && partly.error().code != ErrorCode::kCorrupt) std::abort();
    if (!status) continue;
    VoxelArray expected(box.size());
    copy(view.sub(box), expected.view());
    if (!partly || room.voxels != expected.voxels) std::abort();
    if (status && (!counted || counts.sorted() != truth.sorted())) std::abort();
  }
  if (!status) return;
  std::string encoded;
  if (!codec.encode(voxels, brick, {}, scratch, encoded)) return;
  if (encoded.size() > codec.bound(shape)) std::abort();
  if (!codec.decode(as_bytes(encoded), codec.version(), brick, scratch, again) || again != voxels)
    std::abort();
}

}  // namespace terrane::testing

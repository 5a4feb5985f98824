#include "terrane/codec/codec.h"

#include <gtest/gtest.h>

#include "terrane/base/hash.h"
#include "terrane/codec/frame.h"

namespace terrane {
namespace {

TEST(Frame, GivesBackEveryVoxel) {
  Random random(7);
  CodecScratch scratch;
  for (const BrickShape shape : {BrickShape{1, 1, 1}, BrickShape{7, 5, 3}, BrickShape{64, 64, 64}}) {
    for (const std::uint64_t materials : {1u, 2u, 5u, 17u, 300u, 65536u}) {
      for (const Policy policy : {Policy::kFast, Policy::kBalanced}) {
        std::vector<MaterialId> voxels(shape.voxels());
        for (MaterialId& v : voxels) v = static_cast<MaterialId>(random.below(materials));
        std::string frame;
        encode_frame(policy, voxels, shape, scratch, frame);
        std::vector<MaterialId> decoded(shape.voxels());
        decode_frame(as_bytes(frame), shape, CheckVoxels::kYes, scratch, decoded).value();
        ASSERT_EQ(decoded, voxels);
        const Coord last = {shape.nx - 1, shape.ny - 1, shape.nz - 1};
        ASSERT_EQ(frame_at(as_bytes(frame), shape, last, scratch).value(), voxels.back());
      }
    }
  }
}

}  // namespace
}  // namespace terrane

#include <gtest/gtest.h>

#include "terrane/base/hash.h"
#include "terrane/codec/archive_model.h"
#include "terrane/codec/codec.h"

namespace terrane {
namespace {

using namespace detail;

TEST(ArchiveModel, MixesAsItsPortableTwin) {
  Random random(5);
  const auto lane = [&random](int most) {
    return static_cast<std::int16_t>(random.between(-most, most + 1));
  };
  for (int round = 0; round < 2000; ++round) {
    Lanes<16> stretched, weights;
    for (std::int16_t& s : stretched.of) s = lane(2047);
    for (std::int16_t& w : weights.of) w = lane(round % 2 == 0 ? 32767 : 2000);
    ASSERT_EQ(dot(stretched, weights), dot_portable(stretched, weights));
    Lanes<16> twin = weights;
    const int error = lane(18500);
    adjust(weights, stretched, error);
    adjust_portable(twin, stretched, error);
    ASSERT_EQ(weights.of, twin.of);
  }
}

// archive_learn has no bounds of its own.
TEST(ArchiveModel, ChancesNeverPassTheirEnds) {
  Random random(6);
  for (int round = 0; round < 300; ++round) {
    Chance chance = kEvenChance;
    const auto ones = random.between(0, 1001);
    for (int i = 0; i < 3000; ++i) {
      const bool bit = round % 3 == 0 ? i < ones : random.between(0, 1000) < ones;
      const std::uint32_t before = chance >> 10;
      archive_learn(chance, archive_goal(bit));
      ASSERT_TRUE(bit ? chance >> 10 >= before : chance >> 10 <= before);
      ASSERT_LE(chance & 1023, kMostArchiveUpdates);
    }
  }
}

// Ground of two materials under air, whose height runs along one axis.
std::vector<MaterialId> ground_along(int axis) {
  std::vector<MaterialId> out(std::size_t{64} * 64 * 64);
  for (int x = 0; x < 64; ++x) {
    for (int y = 0; y < 64; ++y) {
      const int top = 20 + (x * x / 90 + y * (64 - y) / 70 + (x * 31 + y * 17) % 3);
      for (int z = 0; z < 64; ++z) {
        const auto material = static_cast<MaterialId>(z < top - 3 ? 1 : z < top ? 2 : 0);
        const int at[3][3] = {{z, x, y}, {x, z, y}, {x, y, z}};
        const int place = (at[axis][0] * 64 + at[axis][1]) * 64 + at[axis][2];
        out[static_cast<std::size_t>(place)] = material;
      }
    }
  }
  return out;
}

TEST(Archive, TakesTheAxisOfTheFewestBytes) {
  const Codec& codec = *find_codec(CodecId::kArchive);
  const BrickContext brick(BrickShape{64, 64, 64});
  CodecScratch scratch;
  std::array<std::string, 3> bytes;
  for (int axis = 0; axis < 3; ++axis) {
    auto& out = bytes[static_cast<std::size_t>(axis)];
    ASSERT_TRUE(codec.encode(ground_along(axis), brick, {}, scratch, out));
  }
  EXPECT_EQ(bytes[0][0], 3);
  EXPECT_EQ(bytes[1][0], 2);
  EXPECT_EQ(bytes[2][0], 1);
  EXPECT_NEAR(static_cast<double>(bytes[0].size()), static_cast<double>(bytes[2].size()),
              static_cast<double>(bytes[2].size()) / 10);
  EXPECT_NEAR(static_cast<double>(bytes[1].size()), static_cast<double>(bytes[2].size()),
              static_cast<double>(bytes[2].size()) / 10);
}

}  // namespace
}  // namespace terrane

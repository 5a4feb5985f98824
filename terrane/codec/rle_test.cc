#include <gtest/gtest.h>

#include <set>

#include "terrane/base/hash.h"
#include "terrane/codec/codecs.h"
#include "terrane/codec/scan.h"
#include "terrane/codec/test_bricks.h"

namespace terrane::detail {
namespace {

using terrane::testing::test_bricks;
using terrane::testing::TestBrick;

constexpr Scan kAllScans[] = {Scan::kZ, Scan::kX, Scan::kY, Scan::kMorton, Scan::kDiagonal};
constexpr BrickShape kShapes[] = {{64, 64, 64}, {1, 1, 1},  {7, 5, 3},    {64, 64, 1}, {64, 1, 64},
                                  {1, 64, 64},  {5, 2, 33}, {64, 64, 63}, {3, 64, 17}, {33, 16, 40}};

template <class Body>
void for_each_voxel(BrickShape shape, Body body) {
  for (int x = 0; x < shape.nx; ++x) {
    for (int y = 0; y < shape.ny; ++y) {
      for (int z = 0; z < shape.nz; ++z) body(Coord{x, y, z});
    }
  }
}

TEST(Scans, VisitEveryVoxelOnceAtItsRank) {
  for (const BrickShape shape : kShapes) {
    for (const Scan scan : kAllScans) {
      SCOPED_TRACE(to_string(shape.size()) + " " + std::string(name(scan)));
      // Two materials each, as 64^3 voxels are more than there are ids.
      std::vector<MaterialId> low(shape.voxels()), high(low), scanned_low(low), scanned_high(low), back(low);
      for (std::size_t i = 0; i < low.size(); ++i) {
        low[i] = static_cast<MaterialId>(i);
        high[i] = static_cast<MaterialId>(i >> 16);
      }
      to_scan(scan, shape, low.data(), scanned_low.data());
      to_scan(scan, shape, high.data(), scanned_high.data());
      std::vector<bool> seen(shape.voxels());
      for_each_voxel(shape, [&](Coord c) {
        const std::size_t rank = scan_rank(scan, shape, c);
        ASSERT_LT(rank, seen.size());
        EXPECT_FALSE(seen[rank]);
        seen[rank] = true;
        ASSERT_EQ(scanned_low[rank] | std::size_t{scanned_high[rank]} << 16, voxel_index(shape, c))
            << to_string(c);
      });
      from_scan(scan, shape, scanned_low.data(), back.data());
      EXPECT_EQ(back, low);
    }
  }
}

// What the orders mean, apart from the code that goes through them.
TEST(Scans, GoThroughABrickAsTheySay) {
  const BrickShape shape{4, 5, 6};
  for_each_voxel(shape, [&](Coord c) {
    const auto next = [&](Scan scan, Coord d) {
      return scan_rank(scan, shape, d) - scan_rank(scan, shape, c);
    };
    if (c.x + 1 < shape.nx) {
      EXPECT_EQ(next(Scan::kX, {c.x + 1, c.y, c.z}), 1u);
    }
    if (c.y + 1 < shape.ny) {
      EXPECT_EQ(next(Scan::kX, {c.x, c.y + 1, c.z}), 4u);
    }
    if (c.z + 1 < shape.nz) {
      EXPECT_EQ(next(Scan::kX, {c.x, c.y, c.z + 1}), 20u);
    }
    if (c.y + 1 < shape.ny) {
      EXPECT_EQ(next(Scan::kY, {c.x, c.y + 1, c.z}), 1u);
    }
    if (c.x + 1 < shape.nx) {
      EXPECT_EQ(next(Scan::kY, {c.x + 1, c.y, c.z}), 5u);
    }
    if (c.x + 1 < shape.nx) {
      EXPECT_EQ(next(Scan::kDiagonal, {c.x + 1, (c.y + 1) % shape.ny, (c.z + 1) % shape.nz}), 1u);
    }
  });
  for_each_voxel(BrickShape{2, 2, 2}, [&](Coord c) {
    EXPECT_EQ(scan_rank(Scan::kMorton, {2, 2, 2}, c), static_cast<std::size_t>(c.x + 2 * c.y + 4 * c.z));
    EXPECT_EQ(scan_rank(Scan::kMorton, {}, {c.x * 32, c.y * 32, c.z * 32}),
              static_cast<std::size_t>(c.x + 2 * c.y + 4 * c.z) << 15);
  });
}

TEST(Scans, CountRunsAsALoopDoes) {
  const std::uint64_t seed = 17;
  SCOPED_TRACE(seed);
  Random random(seed);
  for (int round = 0; round < 500; ++round) {
    std::vector<MaterialId> voxels(1 + random.below(200));
    for (MaterialId& m : voxels) m = static_cast<MaterialId>(random.below(4) == 0);
    std::size_t runs = 1, seen = 0;
    for (std::size_t i = 1; i < voxels.size(); ++i) runs += voxels[i] != voxels[i - 1];
    EXPECT_EQ(count_runs(voxels), runs);
    for_each_run(voxels, [&](std::size_t begin, std::size_t length) {
      EXPECT_EQ(begin, seen);
      for (std::size_t i = begin; i < begin + length; ++i) ASSERT_EQ(voxels[i], voxels[begin]);
      if (begin > 0) {
        EXPECT_NE(voxels[begin], voxels[begin - 1]);
      }
      seen += length;
      --runs;
    });
    EXPECT_EQ(seen, voxels.size());
    EXPECT_EQ(runs, 0u);
  }
}

std::string encode(const std::vector<MaterialId>& voxels, BrickShape shape, const EncodeParameters& how) {
  CodecScratch scratch;
  std::string out;
  EXPECT_TRUE(rle_codec().encode(voxels, shape, how, scratch, out));
  std::vector<MaterialId> again(voxels.size());
  EXPECT_TRUE(rle_codec().decode(as_bytes(out), 1, shape, scratch, again));
  EXPECT_EQ(again, voxels);
  return out;
}

std::string hex(const std::string& bytes) {
  std::string text;
  for (const char c : bytes) {
    constexpr char kDigits[] = "0123456789abcdef";
    text += kDigits[static_cast<unsigned char>(c) >> 4];
    text += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return text;
}

TEST(Rle, CutsRunsAtTheLongestSegment) {
  const std::vector<MaterialId> solid(BrickShape{}.voxels(), 7);
  // z, one material 7, four runs of 65,535 and one of 4.
  EXPECT_EQ(hex(encode(solid, {}, {.scan = Scan::kZ})),
            "00010700"
            "fcff07"
            "fcff07"
            "fcff07"
            "fcff07"
            "06");
  const std::vector<MaterialId> line(64, 7);
  // 25 + 25 + 14, though the last is below the shortest run: it is the end of one.
  EXPECT_EQ(hex(encode(line, {1, 1, 64}, {.scan = Scan::kZ, .min_run = 20, .max_segment = 25})),
            "00010700"
            "30"
            "30"
            "1a");
}

TEST(Rle, ListsRunsShorterThanTheShortest) {
  // Runs of 7, 8 and 49.
  std::vector<MaterialId> voxels(64, 3);
  std::fill_n(voxels.begin(), 7, MaterialId{1});
  std::fill_n(voxels.begin() + 7, 8, MaterialId{2});
  // Three materials take 2 bits; 7 are listed, then a run of 8 and one of 49.
  EXPECT_EQ(hex(encode(voxels, {1, 1, 64}, {.scan = Scan::kZ})),
            "0003010002000300"
            "0d0000"
            "3a"
            "8403");
  // In ocean nothing here is a run: 64 are listed.
  EXPECT_EQ(hex(encode(voxels, {1, 1, 64}, {.scan = Scan::kZ, .min_run = 64})),
            "00030100020003007f00405595" + std::string(24, 'a'));
}

TEST(Rle, TakesOceanAlongXThenY) {
  // Water over a floor at z = 20 that a seamount rises from: level by level along x then y.
  const BrickShape shape;
  std::vector<MaterialId> voxels(shape.voxels());
  for_each_voxel(shape, [&](Coord c) {
    const bool mount = c.x >= 20 && c.x < 30 && c.y == 40 && c.z < 25;
    voxels[voxel_index(shape, c)] = c.z < 20 || mount ? 34 : 1;
  });
  const EncodeParameters ocean{.scan = Scan::kX, .min_run = 64};
  const std::string bytes = encode(voxels, shape, ocean);
  // Floor; five levels of water with ten voxels of the mount, which are below 64; water.
  EXPECT_LT(bytes.size(), 64u);
  EXPECT_EQ(bytes[0], static_cast<char>(Scan::kX));
  // Left free, the encoder finds that order itself.
  EXPECT_EQ(encode(voxels, shape, {})[0], static_cast<char>(Scan::kX));
  EXPECT_LT(bytes.size(), encode(voxels, shape, {.scan = Scan::kZ}).size() / 100);
}

TEST(Rle, TakesTheScanWithTheFewestRuns) {
  CodecScratch scratch;
  for (const TestBrick& brick : test_bricks()) {
    SCOPED_TRACE(brick.name);
    std::vector<MaterialId> scanned(brick.voxels.size());
    std::size_t fewest = ~std::size_t{0};
    Scan best = Scan::kZ;
    for (const Scan scan : kAllScans) {
      to_scan(scan, brick.shape, brick.voxels.data(), scanned.data());
      const std::size_t runs = count_runs(scanned);
      if (runs < fewest) best = scan;
      fewest = std::min(fewest, runs);
      if (brick.voxels.size() > 20000) continue;
      encode(brick.voxels, brick.shape, {.scan = scan});
      encode(brick.voxels, brick.shape, {.scan = scan, .min_run = 1});
      encode(brick.voxels, brick.shape, {.scan = scan, .min_run = 64, .max_segment = 100});
    }
    std::string chosen, told;
    ASSERT_TRUE(rle_codec().encode(brick.voxels, brick.shape, {}, scratch, chosen));
    ASSERT_TRUE(rle_codec().encode(brick.voxels, brick.shape, {.scan = best}, scratch, told));
    EXPECT_EQ(chosen, told);
  }
}

TEST(Rle, RefusesWhatNoEncoderWrites) {
  CodecScratch scratch;
  std::vector<MaterialId> voxels(8);
  const auto refused = [&](std::string_view bytes) {
    const Status status = rle_codec().decode(as_bytes(bytes), 1, BrickShape{1, 1, 8}, scratch, voxels);
    return !status && status.error().code == ErrorCode::kCorrupt;
  };
  using std::string_view_literals::operator""sv;
  EXPECT_FALSE(refused("\0\1\7\0\x0e"sv));                 // one run of 8
  EXPECT_TRUE(refused("\5\1\7\0\x0e"sv));                  // no such scan
  EXPECT_TRUE(refused("\0\1\7\0\x10"sv));                  // a run of 9
  EXPECT_TRUE(refused("\0\1\7\0\x0c"sv));                  // a run of 7
  EXPECT_TRUE(refused("\0\2\7\0\7\0\x1c"sv));              // the same material twice
  EXPECT_TRUE(refused("\0\3\7\0\x8\0\x9\0\x3e"sv));        // a run of the fourth of three
  EXPECT_TRUE(refused("\0\3\7\0\x8\0\x9\0\x0f\xff\0"sv));  // listed: the fourth of three
  EXPECT_TRUE(refused("\0\2\7\0\x8\0\x0d\x80\x02"sv));     // a bit after the seventh of seven
  EXPECT_FALSE(refused("\0\2\7\0\x8\0\x0d\x40\x02"sv));
}

}  // namespace
}  // namespace terrane::detail

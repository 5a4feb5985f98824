#include "terrane/codec/rows.h"

#include <gtest/gtest.h>
#include <zstd.h>

#include "terrane/base/hash.h"
#include "terrane/base/rounds_testing.h"
#include "terrane/codec/codecs.h"
#include "terrane/codec/row_masks.h"
#include "terrane/codec/scratch.h"
#include "terrane/codec/test_bricks.h"

namespace terrane::detail {
namespace {

using terrane::testing::test_bricks;
using terrane::testing::TestBrick;

constexpr MaterialId kUntouched = 54321;

TEST(RowMasks, AreThoseOfThePortableTwin) {
  const std::uint64_t seed = 3;
  SCOPED_TRACE(seed);
  Random random(seed);
  for (int round = 0; round < 2000; ++round) {
    const int n = static_cast<int>(random.below(65));
    std::vector<MaterialId> a(static_cast<std::size_t>(n)), b(a);
    for (MaterialId& m : a) m = static_cast<MaterialId>(random.below(3) * 32767);
    for (std::size_t i = 0; i < b.size(); ++i) b[i] = random.below(8) == 0 ? MaterialId{1} : a[i];
    ASSERT_EQ(equal_mask(a.data(), b.data(), n), equal_mask_portable(a.data(), b.data(), n)) << n;
    if (n == 0) continue;
    ASSERT_EQ(equal_mask_to(a.data(), b[0], n), equal_mask_to_portable(a.data(), b[0], n)) << n;
    std::vector<std::uint8_t> bytes(a.size());
    for (std::size_t i = 0; i < a.size(); ++i) bytes[i] = static_cast<std::uint8_t>(a[i]);
    ASSERT_EQ(equal_mask_to(bytes.data(), bytes[0], n), equal_mask_to_portable(bytes.data(), bytes[0], n))
        << n;
    Changes changes, twin;
    changes = count_changes(a.data(), b.data(), a.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
      twin.up += a[i] < b[i] ? 1 : 0;
      twin.down += a[i] > b[i] ? 1 : 0;
    }
    ASSERT_EQ(changes.up, twin.up);
    ASSERT_EQ(changes.down, twin.down);
    std::uint64_t starts = 1;
    for (std::size_t i = 1; i < a.size(); ++i) starts |= static_cast<std::uint64_t>(a[i] != a[i - 1]) << i;
    ASSERT_EQ(run_starts(a.data(), n), starts) << n;
  }
}

// Streams as write_rows gives them, with the materials put in.
struct Streams {
  std::array<std::vector<std::uint8_t>, kRowStreams> bytes;
  std::vector<MaterialId> palette;

  RowsParts parts() const {
    RowsParts p{.streams = {}, .palette = palette};
    for (std::size_t s = 0; s < kRowStreams; ++s) p.streams[s] = bytes[s];
    return p;
  }
};

Streams streams_of(const TestBrick& brick) {
  CodecScratch scratch;
  CodecScratch::State& state = scratch.state();
  write_rows(brick.voxels.data(), row_grid(brick.shape), state.seen, state.rows);
  list_seen(state);
  Streams streams{state.rows.streams, {}};
  const bool indexed = state.palette.size() <= 256;
  if (indexed) streams.palette = state.palette;
  for (const MaterialId m : state.rows.materials) {
    streams.bytes[kMaterialStream].push_back(indexed ? state.index_of[m] : static_cast<std::uint8_t>(m));
    if (!indexed) streams.bytes[kMaterialStream].push_back(static_cast<std::uint8_t>(m >> 8));
  }
  return streams;
}

// True where the streams are good; what they decode to then stands in `voxels`. Watches both its ends.
bool read(const Streams& streams, RowGrid grid, std::vector<MaterialId>& voxels) {
  std::vector<MaterialId> room(grid.voxels() + 64, kUntouched);
  RowsScratch scratch;
  const RowsParts parts = streams.parts();
  bool good = read_kinds(parts, grid, scratch).has_value();
  if (good) good = read_rows(parts, grid, scratch.kinds, grid.rows, room.data() + 32).has_value();
  for (std::size_t i = 0; i < 32; ++i) {
    EXPECT_EQ(room[i], kUntouched);
    EXPECT_EQ(room[room.size() - 1 - i], kUntouched);
  }
  voxels.assign(room.begin() + 32, room.end() - 32);
  std::vector<MaterialId> origins(room.size(), kUntouched);
  if (read_kinds(parts, grid, scratch)) {
    EXPECT_EQ(read_origins(parts, grid, scratch, grid.rows, origins.data() + 32).has_value(), good);
    for (int row = 0; good && row < grid.rows; ++row) {
      const auto from =
          origins.begin() + 32 + static_cast<std::ptrdiff_t>(grid.offset(scratch.origins.of(row)));
      EXPECT_TRUE(std::equal(from, from + grid.length,
                             voxels.begin() + static_cast<std::ptrdiff_t>(grid.offset(row))));
    }
  }
  for (std::size_t i = 0; i < 32; ++i) {
    EXPECT_EQ(origins[i], kUntouched);
    EXPECT_EQ(origins[origins.size() - 1 - i], kUntouched);
  }
  return good;
}

TEST(Rows, ComeBackFromTheirStreams) {
  for (const TestBrick& brick : test_bricks()) {
    std::vector<MaterialId> voxels;
    ASSERT_TRUE(read(streams_of(brick), row_grid(brick.shape), voxels)) << brick.name;
    ASSERT_EQ(voxels, brick.voxels) << brick.name;
  }
}

// Compression hides the streams from most mutations of a payload, so they are mutated here themselves.
TEST(Rows, SurviveAnyStreams) {
  const std::uint64_t seed = 8;
  SCOPED_TRACE(seed);
  Random random(seed);
  std::vector<MaterialId> voxels;
  int good = 0;
  for (const TestBrick& brick : test_bricks()) {
    const Streams streams = streams_of(brick);
    const int most = rounds(brick.voxels.size() > 100000 ? 60 : 200);
    for (int round = 0; round < most; ++round) {
      Streams mutated = streams;
      for (std::uint64_t edits = 1 + random.below(3); edits > 0; --edits) {
        std::vector<std::uint8_t>& s = mutated.bytes[random.below(kRowStreams)];
        const std::size_t at = random.below(s.size() + 1);
        const auto byte = static_cast<std::uint8_t>(random.below(random.below(2) == 0 ? 8 : 256));
        switch (random.below(4)) {
          case 0:
            s.insert(s.begin() + static_cast<std::ptrdiff_t>(at), byte);
            break;
          case 1:
            s.resize(at);
            break;
          default:
            if (at < s.size()) s[at] = byte;
        }
      }
      if (random.below(8) == 0 && !mutated.palette.empty()) mutated.palette.pop_back();
      good += read(mutated, row_grid(brick.shape), voxels) ? 1 : 0;
    }
  }
  EXPECT_GT(good, rounds(100)) << "the mutations are too coarse to get past the first checks";
}

TEST(Rows, AreReadNoFurtherThanAskedFor) {
  for (const TestBrick& brick : test_bricks()) {
    const RowGrid grid = row_grid(brick.shape);
    const Streams streams = streams_of(brick);
    const RowsParts parts = streams.parts();
    RowsScratch scratch;
    ASSERT_TRUE(read_kinds(parts, grid, scratch)) << brick.name;
    for (const int rows : {1, (grid.rows + 1) / 2, grid.rows - 1}) {
      if (rows < 1) continue;
      std::vector<MaterialId> voxels(grid.voxels());
      ASSERT_TRUE(read_rows(parts, grid, scratch.kinds, rows, voxels.data())) << brick.name;
      const auto end = static_cast<std::ptrdiff_t>(grid.offset(rows));
      ASSERT_TRUE(std::equal(voxels.begin(), voxels.begin() + end, brick.voxels.begin())) << brick.name;
      std::vector<MaterialId> origins(grid.voxels(), kUntouched);
      ASSERT_TRUE(read_origins(parts, grid, scratch, rows, origins.data())) << brick.name;
      for (int row = 0; row < rows; ++row) {
        const auto from = origins.begin() + static_cast<std::ptrdiff_t>(grid.offset(scratch.origins.of(row)));
        const auto truth = brick.voxels.begin() + static_cast<std::ptrdiff_t>(grid.offset(row));
        ASSERT_TRUE(std::equal(from, from + grid.length, truth)) << brick.name << " row " << row;
      }
    }
  }
}

// What each way of writing a row is for.
Streams streams_of(BrickShape shape, MaterialId (*rule)(int x, int y, int z)) {
  TestBrick brick{"", shape, {}};
  for (int x = 0; x < shape.nx; ++x) {
    for (int y = 0; y < shape.ny; ++y) {
      for (int z = 0; z < shape.nz; ++z) brick.voxels.push_back(rule(x, y, z));
    }
  }
  return streams_of(brick);
}

TEST(Rows, ThatRepeatCostNothing) {
  const Streams s = streams_of({}, [](int, int, int z) { return static_cast<MaterialId>(z / 10); });
  EXPECT_EQ(s.bytes[kSegmentStream].size(), 7u);  // of the first row
  EXPECT_EQ(s.bytes[kFlatStream].size(), 0u);
  EXPECT_EQ(s.bytes[kKindStream].size(), (64u + 63u + 2u) / 3u);  // of the first plane and the first column
}

TEST(Rows, OfTiltedLayersAreShifts) {
  const Streams s = streams_of({}, [](int x, int y, int z) {
    return static_cast<MaterialId>((z > 10 + (x + y) / 8) + (z > 40 + x / 4));
  });
  EXPECT_EQ(s.bytes[kSegmentStream].size(), 3u);  // of the first row
  EXPECT_GT(s.bytes[kShiftStream].size(), 100u);
}

TEST(Rows, OfAMapAreItsLastAxisLongerThanOne) {
  EXPECT_EQ(row_grid({64, 32, 1}).rows, 64);
  EXPECT_EQ(row_grid({64, 32, 1}).length, 32);
  EXPECT_EQ(row_grid({64, 1, 1}).rows, 1);
  EXPECT_EQ(row_grid({64, 1, 1}).length, 64);
  EXPECT_EQ(row_grid({3, 5, 7}).rows, 15);
  EXPECT_EQ(row_grid({3, 5, 7}).per_plane, 5);
}

TEST(Rows, AreShorterThanZstdAloneOnLayersAndCaves) {
  CodecScratch scratch;
  for (const TestBrick& brick : test_bricks()) {
    if (brick.name != "layers" && brick.name != "caves" && brick.name != "speckle") continue;
    std::string zstd(ZSTD_compressBound(brick.voxels.size() * 2), '\0');
    zstd.resize(ZSTD_compress(zstd.data(), zstd.size(), brick.voxels.data(), brick.voxels.size() * 2, 19));
    std::string rows;
    encode_rows(Policy::kFast, brick.voxels, brick.shape, scratch, rows);
    EXPECT_LT(rows.size(), zstd.size()) << brick.name;
  }
}

// Payloads made by hand. Form 3 holds all streams in one blob, here as they are: flats, kinds, segments,
// materials, lengths, shifts.
Status decode(const std::string& payload, BrickShape shape) {
  CodecScratch scratch;
  std::vector<MaterialId> voxels(shape.voxels());
  return rows_codec().decode(as_bytes(payload), 1, shape, scratch, voxels);
}

void expect_corrupt(const std::string& payload, BrickShape shape, std::string_view why) {
  const Status status = decode(payload, shape);
  ASSERT_FALSE(status) << why;
  EXPECT_EQ(status.error().code, ErrorCode::kCorrupt);
  EXPECT_NE(status.error().message.find(why), std::string::npos) << status.error().message;
}

// Palette of the materials 5 and 9; one row of segments; `streams` is sizes and bytes.
std::string joined(const std::vector<std::uint8_t>& sizes, const std::vector<std::uint8_t>& bytes) {
  std::string payload = {3, 2, 5, 3};
  for (const std::uint8_t s : sizes) payload += static_cast<char>(s);
  for (const std::uint8_t b : bytes) payload += static_cast<char>(b);
  return payload;
}

constexpr std::uint8_t segment(int kind, int length) {
  return static_cast<std::uint8_t>(kind | (length - 1) << 2);
}

TEST(Rows, RejectEachThingThatAWriterNeverWrites) {
  const BrickShape row{1, 1, 4}, two{1, 2, 4};
  const std::uint8_t all = 4;  // one row of segments
  EXPECT_TRUE(decode(joined({0, 1, 2, 2, 0, 0}, {all, segment(3, 1), segment(3, 3), 0, 1}), row));
  expect_corrupt({}, row, "raw");
  expect_corrupt("\x04", row, "form");
  expect_corrupt(std::string("\x00\x01\x02", 3), row, "length of its voxels");
  expect_corrupt(std::string("\x03\x81\x02", 3), row, "more than 256");
  expect_corrupt(std::string("\x03\x02\xff\xff\x03\x00", 6), row, "beyond the id 65535");
  expect_corrupt(joined({0, 1, 2, 2, 0}, {}), row, "before its streams");
  expect_corrupt(joined({0, 3, 1, 1, 0, 0}, {all, 0, 0, segment(3, 4), 0}), row, "longer than its voxels");
  expect_corrupt(joined({0, 1, 1, 1, 0, 0}, {125 + all, segment(3, 4), 0}), row, "kinds");
  expect_corrupt(joined({0, 0, 1, 1, 0, 0}, {segment(3, 4), 0}), row, "outside the brick");
  expect_corrupt(joined({0, 1, 1, 1, 0, 0}, {0, segment(3, 4), 0}), row, "outside the brick");
  expect_corrupt(joined({0, 1, 1, 1, 0, 0}, {all + 5, segment(3, 4), 0}), row, "kinds");
  expect_corrupt(joined({1, 1, 1, 1, 0, 0}, {0, all, segment(3, 4), 0}), row, "kinds");
  expect_corrupt(joined({0, 1, 1, 1, 0, 0}, {all, segment(3, 5), 0}), row, "longer than their rows");
  expect_corrupt(joined({0, 1, 1, 1, 0, 0}, {all, segment(3, 3), 0}), row, "longer than their rows");
  expect_corrupt(joined({0, 1, 1, 0, 0, 0}, {all, segment(2, 4)}), row, "before its first");
  expect_corrupt(joined({0, 1, 1, 0, 0, 0}, {all, segment(0, 4)}), row, "before its first");
  expect_corrupt(joined({0, 1, 1, 0, 0, 0}, {all, segment(1, 4)}), row, "before its first");
  expect_corrupt(joined({0, 1, 1, 1, 0, 0}, {all, segment(3, 4), 2}), row, "palette has not");
  expect_corrupt(joined({0, 1, 1, 0, 0, 0}, {all, segment(3, 4)}), row, "palette has not");
  expect_corrupt(joined({0, 1, 1, 1, 0, 1}, {all, segment(3, 4), 0, 0}), row, "left over");
  expect_corrupt(joined({0, 1, 1, 2, 0, 0}, {all, segment(3, 4), 0, 0}), row, "left over");
  expect_corrupt(joined({0, 1, 1, 1, 0, 0}, {all, segment(3, 4)}), row, "decompress");
  // The second row shifts the first: its run of three begins one voxel later, or at none.
  const auto shifted = [&](std::uint8_t move) {
    return joined({0, 1, 2, 2, 0, 1}, {4 + 2 * 5, segment(3, 1), segment(3, 3), 0, 1, move});
  };
  EXPECT_TRUE(decode(shifted(2), two));
  expect_corrupt(shifted(1), two, "out of its row");
  expect_corrupt(shifted(6), two, "out of its row");
  expect_corrupt(joined({0, 1, 2, 2, 0, 0}, {4 + 2 * 5, segment(3, 1), segment(3, 3), 0, 1}), two,
                 "shifted row");
}

}  // namespace
}  // namespace terrane::detail

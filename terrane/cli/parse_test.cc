#include "terrane/cli/parse.h"

#include <gtest/gtest.h>

#include "terrane/cli/machine.h"
#include "terrane/cli/progress.h"
#include "terrane/cli/text.h"
#include "terrane/report/samples.h"

namespace terrane::cli {
namespace {

template <class T>
std::string why(const Result<T>& result) {
  if (result) return "accepted";
  EXPECT_EQ(result.error().code, ErrorCode::kInvalid);
  return result.error().message;
}

::testing::AssertionResult says(const std::string& message, std::initializer_list<const char*> parts) {
  for (const char* part : parts) {
    if (message.find(part) == std::string::npos) {
      return ::testing::AssertionFailure() << "`" << part << "` is not in: " << message;
    }
  }
  return ::testing::AssertionSuccess();
}

TEST(ParseBox, ReadsThreeRanges) {
  EXPECT_EQ(*parse_box("--box", "0:64,10:20,5:6"), (Box{{0, 10, 5}, {64, 20, 6}}));
  EXPECT_EQ(*parse_box("--box", " 0 : 64, 10:20 ,5:6"), (Box{{0, 10, 5}, {64, 20, 6}}));
  EXPECT_EQ(*parse_box("--box", "0:1152921504606846976,0:1,0:1"),
            (Box{{0, 0, 0}, {std::int64_t{1} << 60, 1, 1}}));
}

TEST(ParseBox, ReadsWhatToStringWrites) {
  const Box box = {{1, 2, 3}, {400, 500, 600}};
  EXPECT_EQ(*parse_box("--box", to_string(box)), box);
}

TEST(ParseBox, NamesThePartThatIsWrong) {
  EXPECT_TRUE(says(why(parse_box("--box", "0:4,-1:4,0:4")), {"--box", "y is `-1:4`", "begins at 0"}));
  EXPECT_TRUE(says(why(parse_box("--box", "0:4,0:4,7:7")), {"z is `7:7`", "empty"}));
  EXPECT_TRUE(says(why(parse_box("--box", "9:4,0:4,0:4")), {"x is `9:4`", "inverted"}));
  EXPECT_TRUE(says(why(parse_box("--box", "0:4,0:4")), {"2 given", "X0:X1,Y0:Y1,Z0:Z1"}));
  EXPECT_TRUE(says(why(parse_box("--box", "0:4,0:4,4")), {"z is `4`", "colon"}));
  EXPECT_TRUE(says(why(parse_box("--box", "0:4,0:4:5,0:1")), {"y is `0:4:5`"}));
  EXPECT_TRUE(says(why(parse_box("--box", "0:4,0:b,0:1")), {"y", "whole number", "`b`"}));
  EXPECT_TRUE(says(why(parse_box("--box", "0:4.5,0:1,0:1")), {"x", "`4.5`"}));
  EXPECT_TRUE(says(why(parse_box("--box", "0:99999999999999999999,0:1,0:1")), {"x", "whole number"}));
  EXPECT_TRUE(says(why(parse_box("--box", "")), {"three ranges"}));
}

TEST(ParsePoint, TakesCoordinatesFromZero) {
  EXPECT_EQ(*parse_point("--at", "0,5,+7"), (Coord{0, 5, 7}));
  EXPECT_TRUE(says(why(parse_point("--at", "0,-5,7")), {"y is -5", "below 0", "--at"}));
  EXPECT_TRUE(says(why(parse_point("--at", "1,2")), {"2 given"}));
  EXPECT_TRUE(says(why(parse_point("--at", "1,,2")), {"y", "``"}));
}

TEST(ParseShape, TakesSizesFromOne) {
  EXPECT_EQ(*parse_shape("--shape", "4096,4096,1"), (Coord{4096, 4096, 1}));
  EXPECT_TRUE(says(why(parse_shape("--shape", "4,0,1")), {"y is 0", "below 1"}));
}

TEST(ParseTriple, TakesFiniteNumbers) {
  EXPECT_EQ(*parse_triple("--origin", "-180,-90,-16000.5"), (std::array<double, 3>{-180, -90, -16000.5}));
  EXPECT_FALSE(parse_triple("--origin", "nan,0,0"));
  EXPECT_FALSE(parse_triple("--origin", "inf,0,0"));
  EXPECT_FALSE(parse_triple("--origin", "1e999,0,0"));
}

TEST(ParseGeo, TakesDegreesOnTheGlobe) {
  const auto p = parse_geo_point("--lonlat", "147.7,-18.3,-20");
  ASSERT_TRUE(p);
  EXPECT_EQ(p->longitude_deg, 147.7);
  EXPECT_EQ(p->latitude_deg, -18.3);
  EXPECT_EQ(p->elevation_m, -20);
  EXPECT_TRUE(says(why(parse_geo_point("--lonlat", "0,91,0")), {"latitude", "90"}));
  EXPECT_TRUE(says(why(parse_geo_point("--lonlat", "800,0,0")), {"longitude", "720"}));
  EXPECT_TRUE(says(why(parse_geo_point("--lonlat", "0,0")), {"LON,LAT,ELEV"}));
}

TEST(ParseGeo, ReadsWaysAndRegions) {
  const auto way = parse_way("--section", "140,12:150,11");
  ASSERT_TRUE(way);
  EXPECT_EQ(way->second.longitude_deg, 150);
  EXPECT_EQ(way->second.latitude_deg, 11);
  EXPECT_TRUE(says(why(parse_way("--section", "140,12")), {"two points"}));
  EXPECT_TRUE(says(why(parse_way("--section", "1,2:3,4:5,6")), {"two points"}));
  const auto region = parse_region("--region", "-80:-60,-40:10.5");
  ASSERT_TRUE(region);
  EXPECT_EQ(region->longitude.first, -80);
  EXPECT_EQ(region->latitude.second, 10.5);
  EXPECT_TRUE(says(why(parse_region("--region", "10:0,0:5")), {"longitude", "rise"}));
  EXPECT_TRUE(says(why(parse_region("--region", "0:10,-95:5")), {"latitude", "90"}));
  EXPECT_EQ(parse_range("--vertical", "-8000:4000")->second, 4000);
}

TEST(ParsePlane, TakesOneAxisAndAPlace) {
  EXPECT_EQ(parse_plane("--slice", "y=12")->axis, 'y');
  EXPECT_EQ(parse_plane("--slice", "y=12")->at, 12);
  EXPECT_TRUE(says(why(parse_plane("--slice", "w=12")), {"x=K, y=K or z=K"}));
  EXPECT_FALSE(parse_plane("--slice", "x"));
  EXPECT_FALSE(parse_plane("--slice", "x=1=2"));
}

TEST(ParseBytes, TakesPowersOf1024) {
  EXPECT_EQ(*parse_bytes("--cache-bytes", "4096"), 4096u);
  EXPECT_EQ(*parse_bytes("--cache-bytes", "256M"), 256u << 20);
  EXPECT_EQ(*parse_bytes("--cache-bytes", "1.5k"), 1536u);
  EXPECT_EQ(*parse_bytes("--cache-bytes", "2G"), std::uint64_t{2} << 30);
  EXPECT_FALSE(parse_bytes("--cache-bytes", "M"));
  EXPECT_FALSE(parse_bytes("--cache-bytes", "-1"));
  EXPECT_FALSE(parse_bytes("--cache-bytes", "1MB"));
  EXPECT_FALSE(parse_bytes("--cache-bytes", "9999999T"));
}

TEST(ParseSize, TakesPixels) {
  EXPECT_EQ(*parse_size("--max-size", "1600,1000"), std::pair(1600, 1000));
  EXPECT_TRUE(says(why(parse_size("--max-size", "1600")), {"W,H"}));
}

TEST(ExitCode, TellsABadCallFromAFailure) {
  EXPECT_EQ(exit_code(ErrorCode::kInvalid), 2);
  EXPECT_EQ(exit_code(ErrorCode::kNotFound), 2);
  for (const ErrorCode code : {ErrorCode::kMissing, ErrorCode::kCorrupt, ErrorCode::kIo, ErrorCode::kLocked,
                               ErrorCode::kConflict, ErrorCode::kIncomplete, ErrorCode::kUnsupported,
                               ErrorCode::kExhausted, ErrorCode::kCancelled, ErrorCode::kInternal}) {
    EXPECT_EQ(exit_code(code), 1) << name(code);
  }
}

TEST(Text, IsShortAndRound) {
  EXPECT_EQ(count_text(0), "0");
  EXPECT_EQ(count_text(999), "999");
  EXPECT_EQ(count_text(1234567), "1,234,567");
  EXPECT_EQ(bytes_text(512), "512 bytes");
  EXPECT_EQ(bytes_text(1234567), "1.23 MB");
  EXPECT_EQ(bytes_text(2.05e24), "2.05 YB");
  EXPECT_EQ(duration_text(185), "3 min 05 s");
  EXPECT_EQ(duration_text(7800), "2 h 10 min");
  EXPECT_EQ(percent_text(0.99621), "99.621 %");
}

TEST(ProgressLine, SaysHowFarAndHowLong) {
  const std::string line = progress_line("ingest", {5000, 10000, "bricks"}, 4);
  EXPECT_TRUE(says(line, {"ingest", "###############-", " 50 %", "5,000/10,000 bricks", "4.0 s left"}));
  EXPECT_EQ(progress_line("ingest", {0, 0, "bricks"}, 4).find("left"), std::string::npos);
}

TEST(Samples, GiveNearestRankPercentiles) {
  Samples samples;
  EXPECT_EQ(samples.percentile(50), 0);
  for (int i = 100; i >= 1; --i) samples.add(i);
  EXPECT_EQ(samples.percentile(50), 50);
  EXPECT_EQ(samples.percentile(99), 99);
  EXPECT_EQ(samples.percentile(100), 100);
  EXPECT_EQ(samples.sum(), 5050);
}

}  // namespace
}  // namespace terrane::cli

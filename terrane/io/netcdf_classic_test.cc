#include "terrane/io/netcdf_classic.h"

#include <gtest/gtest.h>

#include <string>

#include "terrane/base/hash.h"

namespace terrane {
namespace {

std::string be32(std::uint32_t v) {
  return {static_cast<char>(v >> 24), static_cast<char>(v >> 16), static_cast<char>(v >> 8),
          static_cast<char>(v)};
}
std::string name(const std::string& text) {
  return be32(static_cast<std::uint32_t>(text.size())) + text + std::string((4 - text.size() % 4) % 4, '\0');
}

// Two dimensions, t of records and x of 5; an attribute; "a" (x) of int16, and "b" (t, x) of bytes, both at
// 1000.
std::string header(std::uint32_t records) {
  std::string out = std::string("CDF\1", 4) + be32(records);
  out += be32(10) + be32(2) + name("t") + be32(0) + name("x") + be32(5);
  out += be32(12) + be32(1) + name("title") + be32(2) + be32(3) + std::string("abc\0", 4);
  out += be32(11) + be32(2);
  out += name("a") + be32(1) + be32(1) + be32(0) + be32(0) + be32(3) + be32(12) + be32(1000);
  out += name("b") + be32(2) + be32(0) + be32(1) + be32(0) + be32(0) + be32(1) + be32(8) + be32(1000);
  return out;
}

TEST(NetcdfClassic, TheLengthIsThatOfTheLastVariable) {
  EXPECT_EQ(classic_length(as_bytes(header(0))).value(), 1010U);
  EXPECT_EQ(classic_length(as_bytes(header(1))).value(), 1010U);
  EXPECT_EQ(classic_length(as_bytes(header(4))).value(), 1020U);  // the only one with records: not padded
  EXPECT_EQ(classic_length(as_bytes(header(0xffffffff))).value(), 1010U);
}

TEST(NetcdfClassic, OtherFilesAreNoneOfItsBusiness) {
  for (const std::string& text : {std::string(), std::string("CD"), std::string("\x89HDF\r\n\x1a\n"),
                                  std::string("CDF\5 and more"), std::string("anything else")})
    EXPECT_EQ(classic_length(as_bytes(text)).value(), 0U);
}

TEST(NetcdfClassic, AHeaderThatBreaksOffIsAnError) {
  const std::string whole = header(3);
  for (std::size_t n = 4; n < whole.size(); ++n)
    EXPECT_FALSE(classic_length(as_bytes(whole.substr(0, n)))) << n;
}

TEST(NetcdfClassic, HostileHeadersNeverHurt) {
  const std::uint64_t seed = 7;
  Random random(seed);
  int accepted = 0;
  for (int round = 0; round < 100'000; ++round) {
    std::string bytes = header(3);
    for (std::uint64_t e = 1 + random.below(4); e > 0; --e)
      bytes[4 + static_cast<std::size_t>(random.below(bytes.size() - 4))] =
          static_cast<char>(random.below(256));
    accepted += classic_length(as_bytes(bytes)) ? 1 : 0;
  }
  EXPECT_GT(accepted, 1000) << "seed " << seed;
}

}  // namespace
}  // namespace terrane

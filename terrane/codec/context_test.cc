#include <gtest/gtest.h>

#include "terrane/base/hash.h"
#include "terrane/codec/context_model.h"
#include "terrane/codec/range_coder.h"
#include "terrane/codec/row_agreement.h"
#include "terrane/codec/row_masks.h"
#include "terrane/codec/test_bricks.h"

namespace terrane::detail {
namespace {

// Codes `bits` bits and values with one coder, and reads them back.
void expect_read_back(std::uint64_t seed, int bits, std::uint32_t least_p, std::uint32_t span_p) {
  SCOPED_TRACE(seed);
  std::string out = "before";
  Random random(seed), again(seed);
  const auto p_of = [&](Random& r) { return least_p + static_cast<std::uint32_t>(r.below(span_p)); };
  RangeEncoder encoder(out);
  for (int i = 0; i < bits; ++i) {
    const std::uint32_t p = p_of(random);
    encoder.bit(p, random.below(65536) < p);
    const auto count = 1 + static_cast<std::uint32_t>(random.below(i % 50 == 0 ? 65536 : 3));
    encoder.even(count, static_cast<std::uint32_t>(random.below(count)));
  }
  encoder.finish();
  ASSERT_EQ(out.substr(0, 6), "before");
  RangeDecoder decoder(as_bytes(out).subspan(6));
  for (int i = 0; i < bits; ++i) {
    const std::uint32_t p = p_of(again);
    ASSERT_EQ(decoder.bit(p, false), again.below(65536) < p) << i;
    const auto count = 1 + static_cast<std::uint32_t>(again.below(i % 50 == 0 ? 65536 : 3));
    ASSERT_EQ(decoder.even(count, 0), again.below(count)) << i;
  }
  EXPECT_TRUE(decoder.finished());
}

TEST(RangeCoder, ReadsWhatItWrote) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    const int bits = static_cast<int>(seed % 150) * 5;
    expect_read_back(seed, bits, 1, 65535);
    expect_read_back(seed, bits, 65400, 136);
    expect_read_back(seed, bits, 1, 30);
  }
}

// Ones where they are all but impossible raise the low end of the range to just below a carry, and over it.
TEST(RangeCoder, CarriesThroughManyBytes) {
  std::string out;
  RangeEncoder encoder(out);
  for (int i = 0; i < 400; ++i) encoder.bit(1, false);
  encoder.bit(65535, false);
  for (int i = 0; i < 400; ++i) encoder.bit(65535, i % 3 != 0);
  encoder.finish();
  RangeDecoder decoder(as_bytes(out));
  for (int i = 0; i < 400; ++i) ASSERT_FALSE(decoder.bit(1, false));
  ASSERT_FALSE(decoder.bit(65535, false));
  for (int i = 0; i < 400; ++i) ASSERT_EQ(decoder.bit(65535, false), i % 3 != 0);
  EXPECT_TRUE(decoder.finished());
}

TEST(ContextModel, LearnsAsItsPortableTwin) {
  const std::uint64_t seed = 7;
  Random random(seed);
  for (int round = 0; round < 20000; ++round) {
    Four chances, twin;
    Weights weights, twin_weights;
    for (std::size_t i = 0; i < 4; ++i) {
      const auto rate = kLeastRate + static_cast<std::uint32_t>(random.below(32768 - kLeastRate));
      chances[i] = static_cast<std::uint32_t>(random.below(65536)) << 16 | rate;
      weights[i] = static_cast<std::int16_t>(static_cast<int>(random.below(65536)) - 32768);
    }
    twin = chances;
    twin_weights = weights;
    const bool bit = random.below(2) == 0;
    const int p = static_cast<int>(kLeastP + random.below(65536 - 2 * kLeastP));
    const int error = ((bit ? 65535 : 0) - p) >> 1;
    learn_four(chances, weights, error, bit);
    learn_four_portable(twin, twin_weights, error, bit);
    ASSERT_EQ(chances, twin) << "seed " << seed << ", round " << round;
    ASSERT_EQ(weights, twin_weights) << "seed " << seed << ", round " << round;
  }
}

template <class Cell>
void expect_twins(const char* name, FindAgreement<Cell> find) {
  SCOPED_TRACE(name);
  const std::uint64_t seed = 11;
  Random random(seed);
  for (int round = 0; round < 2000; ++round) {
    std::array<std::array<Cell, kRowCells>, 6> rows;
    const std::uint64_t kinds = 1 + random.below(3);
    for (auto& row : rows) {
      for (Cell& cell : row)
        cell = static_cast<Cell>(random.below(40) < kinds ? 255 : 77 * random.below(kinds));
    }
    const RowNeighbours<Cell> near{rows[0].data(), rows[1].data(), rows[2].data(),
                                   rows[3].data(), rows[4].data(), rows[5].data()};
    RowAgreement found, twin;
    const auto value = static_cast<Cell>(round % 2 == 0 ? 0 : rows[0][5]);
    find(near, value, found);
    find_agreement_portable(near, value, twin);
    ASSERT_EQ(found.flat(), twin.flat()) << "seed " << seed << ", round " << round;
    for (int i = 0; i < kRowCells; ++i) ASSERT_EQ(found.around(i), twin.around(i)) << "round " << round;
    std::uint64_t equal = 0;
    for (std::size_t i = 0; i < 64; ++i) equal |= std::uint64_t{rows[0][i] == value} << i;
    ASSERT_EQ(equal_mask_to(rows[0].data(), value, 64), equal);
  }
}

TEST(RowAgreement, IsThatOfThePortableTwin) {
  expect_twins<std::uint8_t>("best, bytes", best_find_agreement<std::uint8_t>());
  expect_twins<std::uint16_t>("best, two bytes", best_find_agreement<std::uint16_t>());
#if defined(__x86_64__)
  expect_twins<std::uint8_t>("SSE2, bytes", find_agreement_sse2<std::uint8_t>);
  expect_twins<std::uint16_t>("SSE2, two bytes", find_agreement_sse2<std::uint16_t>);
#endif
}

}  // namespace
}  // namespace terrane::detail

#include "terrane/soak/register_history.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "terrane/base/hash.h"

namespace terrane::soak {
namespace {

constexpr std::uint64_t kNever = RegisterOp::kNever;

RegisterOp write(std::uint32_t value, std::uint64_t begun, std::uint64_t ended) {
  return {true, value, begun, ended};
}
RegisterOp read(std::uint32_t value, std::uint64_t begun, std::uint64_t ended) {
  return {false, value, begun, ended};
}
bool fine(std::vector<RegisterOp> history) {
  return !find_violation(std::move(history), 0);
}

TEST(RegisterHistory, OneAfterTheOtherReadsSeeTheLastWrite) {
  EXPECT_TRUE(fine({}));
  EXPECT_TRUE(fine({read(0, 1, 2), write(7, 3, 4), read(7, 5, 6), write(8, 7, 8), read(8, 9, 10)}));
  EXPECT_FALSE(fine({write(7, 1, 2), read(0, 3, 4)})) << "stale";
  EXPECT_FALSE(fine({write(7, 1, 2), write(8, 3, 4), read(7, 5, 6)})) << "older";
  EXPECT_FALSE(fine({read(7, 1, 2), write(7, 3, 4)})) << "from the future";
  EXPECT_FALSE(fine({read(9, 1, 2)})) << "never written";
}

TEST(RegisterHistory, WhatOverlapsMayComeInAnyOrderButInOne) {
  EXPECT_TRUE(fine({write(7, 1, 10), read(0, 2, 3), read(7, 4, 5)}));
  EXPECT_FALSE(fine({write(7, 1, 10), read(7, 2, 3), read(0, 4, 5)})) << "there and gone again";
  EXPECT_TRUE(fine({write(7, 1, 10), write(8, 2, 9), read(8, 11, 12)}));
  EXPECT_FALSE(fine({write(7, 1, 10), write(8, 2, 9), read(8, 11, 12), read(7, 13, 14)}));
  EXPECT_TRUE(fine({write(7, 1, 10), write(8, 2, 9), read(7, 3, 5), read(8, 4, 6), read(8, 11, 12)}));
}

TEST(RegisterHistory, AWriteWhoseClientDiedHappensAtAnyTimeOrNever) {
  EXPECT_TRUE(fine({write(7, 1, kNever), read(0, 2, 3)}));
  EXPECT_TRUE(fine({write(7, 1, kNever), read(0, 2, 3), read(7, 100, 101)}));
  EXPECT_FALSE(fine({write(7, 1, kNever), read(7, 2, 3), read(0, 100, 101)}));
  EXPECT_TRUE(fine({write(7, 1, kNever), write(8, 2, 3), read(8, 4, 5), read(7, 6, 7)}));
  EXPECT_FALSE(fine({read(7, 1, 2), write(7, 3, kNever)})) << "read before it began";
  EXPECT_TRUE(fine({read(5, 1, kNever)})) << "a read whose client died";
}

// Clients that really use one register: a history of such times has an order; with one read changed to an
// older value, mostly none.
TEST(RegisterHistory, TellsTrueHistoriesFromFalseOnes) {
  constexpr std::uint64_t kSeed = 5;
  Random random(kSeed);
  int caught = 0;
  for (int round = 0; round < 60; ++round) {
    std::vector<RegisterOp> history;
    std::vector<std::uint64_t> free(6, 0);
    std::uint32_t value = 0, written = 0;
    for (std::uint64_t now = 10; history.size() < 400; now += 10) {
      const std::size_t client = random.below(free.size());
      if (free[client] >= now) continue;
      // It takes effect at `now`, somewhere between its begin and its end.
      const std::uint64_t begun =
          std::max(free[client] + 1, now - std::min<std::uint64_t>(now, random.below(60)));
      const bool died = random.below(60) == 0;
      const std::uint64_t ended = now + random.below(60);
      free[client] = ended;
      if (random.below(2) == 0) {
        value = ++written;
        history.push_back(write(value, begun, died ? kNever : ended));
      } else if (!died) {
        history.push_back(read(value, begun, ended));
      }
    }
    ASSERT_TRUE(fine(history)) << "seed " << kSeed << " round " << round;
    std::vector<std::size_t> reads;
    for (std::size_t i = 100; i < history.size(); ++i) {
      if (!history[i].write && history[i].value > 12) reads.push_back(i);
    }
    history[reads[random.below(reads.size())]].value -= 12;
    caught += fine(history) ? 0 : 1;
  }
  EXPECT_GT(caught, 55);
}

}  // namespace
}  // namespace terrane::soak

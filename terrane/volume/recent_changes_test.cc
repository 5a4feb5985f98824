#include "terrane/volume/recent_changes.h"

#include <gtest/gtest.h>

#include <array>

namespace terrane {
namespace {

using Stretch = Run;  // in a test Run is googletest's

constexpr std::array<Stretch, 2> kBricks = {Stretch{10, 12}, Stretch{20, 20}};

bool hit(const RecentChanges& changes, std::uint64_t begun, Stretch changed) {
  RecentChanges copy = changes;
  copy.add({{changed}});
  return copy.any(begun, kBricks);
}

TEST(RecentChanges, OnlyWhatOverlapsCounts) {
  RecentChanges changes;
  const std::uint64_t begun = changes.begin();
  EXPECT_FALSE(changes.any(begun, kBricks));
  for (const Stretch run : {Stretch{9, 9}, Stretch{13, 19}, Stretch{21, 99}})
    EXPECT_FALSE(hit(changes, begun, run));
  for (const Stretch run : {Stretch{9, 10}, Stretch{12, 12}, Stretch{11, 11}, Stretch{12, 30},
                            Stretch{20, 20}, Stretch{0, ~Position{0}}})
    EXPECT_TRUE(hit(changes, begun, run));
}

TEST(RecentChanges, OnlyWhatCameAfterTheReaderBeganCounts) {
  RecentChanges changes;
  const std::uint64_t first = changes.begin();
  changes.add({{{11, 11}}});
  const std::uint64_t second = changes.begin();
  EXPECT_TRUE(changes.any(first, kBricks));
  EXPECT_FALSE(changes.any(second, kBricks));
  changes.end(first);
  EXPECT_FALSE(changes.any(second, kBricks));
  changes.add({{{20, 20}}});
  EXPECT_TRUE(changes.any(second, kBricks));
}

TEST(RecentChanges, WhoWaitedTooLongIsToldThatEverythingChanged) {
  RecentChanges changes(3);
  const std::uint64_t early = changes.begin();
  for (Position p = 100; p < 104; ++p) changes.add({{{p, p}}});
  EXPECT_TRUE(changes.any(early, kBricks));
  const std::uint64_t late = changes.begin();
  EXPECT_FALSE(changes.any(late, kBricks));
  changes.end(early);
  EXPECT_FALSE(changes.any(late, kBricks));
}

}  // namespace
}  // namespace terrane

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <stdexcept>
#include <thread>

#include "terrane/base/hash.h"
#include "terrane/volume/cell_cache.h"

namespace terrane {
namespace {

constexpr std::uint64_t kNewest = ~std::uint64_t{0};
constexpr std::uint64_t kMiB = 1 << 20;

CellPtr cell_of(MaterialId material, std::size_t voxels = 0) {
  auto cell = std::make_shared<Cell>();
  cell->kind = RangeKind::kUniform;
  cell->material = material;
  cell->count = voxels;  // what it costs; no voxels are looked at here
  return cell;
}

CellCache::Loader gives(MaterialId material) {
  return [material]() -> Result<CellPtr> { return cell_of(material); };
}

// The material that the cache holds for a version; nullopt where it holds none.
std::optional<MaterialId> held(const CellCache& cache, Position position, std::uint64_t version) {
  const CellPtr cell = cache.find(0, position, version);
  if (!cell) return std::nullopt;
  return cell->material;
}

// --- the bound ----------------------------------------------------------------------------------------

TEST(CellCache, NeverHoldsMoreThanItsBytes) {
  Random random(1);
  CellCache cache(4 * kMiB);
  for (int i = 0; i < 3000; ++i) {
    cache.insert(0, random.below(5000), 1, cell_of(1, random.below(70'000)));
    ASSERT_LE(cache.bytes(), 4 * kMiB);
  }
  EXPECT_GT(cache.bytes(), kMiB);
  cache.clear();
  EXPECT_EQ(cache.bytes(), 0u);
  EXPECT_EQ(held(cache, 1, kNewest), std::nullopt);
}

TEST(CellCache, WithoutRoomHoldsNothingAndStillAnswers) {
  CellCache cache(0);
  cache.insert(0, 7, 1, cell_of(3));
  EXPECT_EQ(held(cache, 7, 1), std::nullopt);
  EXPECT_EQ(cache.find_or_load(0, 7, 1, gives(3)).value()->material, 3);
  EXPECT_EQ(cache.bytes(), 0u);
}

TEST(CellCache, ACellTooLargeIsNotKeptAndPushesNothingOut) {
  CellCache cache(kMiB);
  cache.insert(0, 1, 1, cell_of(1));
  cache.insert(0, 2, 1, cell_of(2, kMiB));
  EXPECT_EQ(held(cache, 1, 1), 1);
  EXPECT_EQ(held(cache, 2, 1), std::nullopt);
}

// A cell that is used again and again outlives any number of others that are used once.
TEST(CellCache, LeastRecentlyUsedGoesFirst) {
  CellCache cache(8 * kMiB);
  cache.insert(0, 0, 1, cell_of(9, 10'000));
  for (Position p = 1; p < 5000; ++p) {
    cache.insert(0, p, 1, cell_of(1, 10'000));
    ASSERT_EQ(held(cache, 0, 1), 9) << p;
  }
  EXPECT_EQ(held(cache, 1, 1), std::nullopt);
  EXPECT_EQ(held(cache, 4999, 1), 1);
}

TEST(CellCache, TellsLevelsAndPositionsApart) {
  CellCache cache(kMiB);
  for (int level = 0; level < 3; ++level) {
    for (Position p : {Position{0}, Position{1}, Position{32}, ~Position{0}}) {
      cache.insert(level, p, 1, cell_of(static_cast<MaterialId>(level * 100 + static_cast<int>(p & 63))));
    }
  }
  EXPECT_EQ(cache.find(2, 32, 1)->material, 232);
  EXPECT_EQ(cache.find(1, ~Position{0}, 1)->material, 163);
  EXPECT_EQ(cache.find(0, 0, 1)->material, 0);
  EXPECT_EQ(cache.find(3, 0, 1), nullptr);
  const auto counts = cache.counts();
  EXPECT_EQ(counts.hits, 3u);
  EXPECT_EQ(counts.misses, 1u);
}

TEST(CellCache, RemembersWhichBricksWereAskedFor) {
  CellCache cache(kMiB);
  EXPECT_FALSE(cache.asked_before(0, 7));
  EXPECT_FALSE(cache.asked_before(1, 7)) << "another level";
  EXPECT_TRUE(cache.asked_before(0, 7));
  EXPECT_FALSE(cache.asked_before(0, 7)) << "once: it is in the cache now";
  int known = 0;
  for (Position p = 100; p < 1100; ++p) known += cache.asked_before(0, p) ? 1 : 0;
  EXPECT_EQ(known, 0);
  for (Position p = 100; p < 1100; ++p) known += cache.asked_before(0, p) ? 1 : 0;
  EXPECT_GT(known, 990) << "few have to make way";
  cache.clear();
  EXPECT_FALSE(cache.asked_before(0, 7));
}

// --- buffers ------------------------------------------------------------------------------------------

TEST(VoxelBuffers, AreReusedAndNeverSharedOrTooSmall) {
  constexpr std::size_t kWhole = VoxelBuffers::kWhole;
  struct Lent {
    VoxelBuffers::Buffer voxels;
    std::size_t count;
    MaterialId filled;
  };
  VoxelBuffers buffers;
  Random random(5);
  std::vector<Lent> lent;
  for (int round = 0; round < 200; ++round) {
    const std::size_t count = 1 + random.below(kWhole >> random.below(6));
    EXPECT_GE(VoxelBuffers::bytes_for(count), count * sizeof(MaterialId));
    EXPECT_LE(VoxelBuffers::bytes_for(count), 2 * count * sizeof(MaterialId) + 2);
    const auto material = static_cast<MaterialId>(round);
    lent.push_back({buffers.lend(count), count, material});
    std::fill_n(lent.back().voxels.get(), count, material);
    for (const Lent& one : lent) {
      EXPECT_EQ(one.voxels[0], one.filled);
      EXPECT_EQ(one.voxels[one.count - 1], one.filled);
    }
    if (lent.size() > 20) lent.erase(lent.begin() + static_cast<std::ptrdiff_t>(random.below(lent.size())));
  }
  lent.clear();
  for (const std::size_t count : {kWhole, kWhole * 2 / 3}) {
    const MaterialId* first = buffers.lend(count).get();
    EXPECT_EQ(buffers.lend(count).get(), first) << count;
  }
}

// --- exactness ----------------------------------------------------------------------------------------

TEST(CellCache, AnOlderReaderDoesNotGetANewerCell) {
  CellCache cache(kMiB);
  cache.insert(0, 7, 5, cell_of(1));
  EXPECT_EQ(held(cache, 7, 4), std::nullopt);
  EXPECT_EQ(held(cache, 7, 5), 1);
  EXPECT_EQ(held(cache, 7, 6), 1) << "nothing changed since";
}

TEST(CellCache, AChangeTakesCellsOutBeforeItIsWritten) {
  CellCache cache(kMiB);
  for (Position p = 10; p < 20; ++p) cache.insert(0, p, 1, cell_of(1));
  cache.insert(1, 12, 1, cell_of(1));
  const CellCache::Changed change{0, {12, 14}};
  cache.begin_change({&change, 1}, 1);
  for (Position p = 10; p < 20; ++p) EXPECT_EQ(held(cache, p, kNewest).has_value(), p < 12 || p > 14) << p;
  EXPECT_NE(cache.find(1, 12, kNewest), nullptr) << "another level";
  cache.end_change({&change, 1}, 2, true);
  EXPECT_EQ(held(cache, 13, kNewest), std::nullopt);
  EXPECT_EQ(held(cache, 15, kNewest), 1);
}

TEST(CellCache, AChangeOfTheWholeLineTakesOutAllOfALevel) {
  CellCache cache(kMiB);
  for (Position p = 0; p < 100; ++p) cache.insert(0, p << 57, 1, cell_of(1));
  const CellCache::Changed change{0, {0, ~Position{0}}};
  cache.begin_change({&change, 1}, 1);
  cache.end_change({&change, 1}, 2, true);
  EXPECT_EQ(cache.bytes(), 0u);
}

TEST(CellCache, WhatIsChangingDoesNotEnter) {
  CellCache cache(kMiB);
  const std::vector<CellCache::Changed> changes = {{0, {7, 7}}, {0, {20, 25}}};
  cache.begin_change(changes, 1);
  cache.insert(0, 7, 1, cell_of(1));
  EXPECT_EQ(cache.find_or_load(0, 21, 1, gives(2)).value()->material, 2) << "the reader gets what it loaded";
  cache.insert(0, 8, 1, cell_of(3));
  EXPECT_EQ(held(cache, 7, kNewest), std::nullopt);
  EXPECT_EQ(held(cache, 21, kNewest), std::nullopt);
  EXPECT_EQ(held(cache, 8, kNewest), 3) << "another brick";
  cache.end_change(changes, 2, true);
  cache.insert(0, 7, 2, cell_of(4));
  cache.insert(0, 22, 2, cell_of(5));
  EXPECT_EQ(held(cache, 7, kNewest), 4);
  EXPECT_EQ(held(cache, 22, kNewest), 5);
}

TEST(CellCache, WhatIsForgottenOfChangesCountsAsChanged) {
  CellCache cache(kMiB);
  std::uint64_t version = 1;
  for (Position p = 100; p < 300'000; ++p) {
    const CellCache::Changed change{0, {p, p}};
    cache.begin_change({&change, 1}, version);
    cache.end_change({&change, 1}, ++version, true);
  }
  cache.insert(0, 100, 1, cell_of(1));
  EXPECT_EQ(held(cache, 100, kNewest), std::nullopt);
  cache.insert(0, 100, version, cell_of(2));
  EXPECT_EQ(held(cache, 100, kNewest), 2);
}

TEST(CellCache, ARefreshGivesNewReadersNothingOld) {
  CellCache cache(kMiB);
  cache.insert(0, 7, 1, cell_of(1));
  cache.begin_refresh(1);
  EXPECT_EQ(held(cache, 7, 1), 1);
  EXPECT_EQ(held(cache, 7, 5), std::nullopt) << "of a state that the refresh may have brought";
  cache.insert(0, 8, 5, cell_of(2));
  EXPECT_EQ(held(cache, 8, 5), std::nullopt);
  cache.end_refresh(5);
  cache.insert(0, 7, 1, cell_of(1));
  EXPECT_EQ(held(cache, 7, 5), std::nullopt);
  cache.insert(0, 7, 5, cell_of(3));
  EXPECT_EQ(held(cache, 7, kNewest), 3);
}

TEST(CellCache, WhatWasReadBeforeAChangeDoesNotEnterAfterIt) {
  CellCache cache(kMiB);
  const CellCache::Changed change{0, {7, 7}};
  cache.begin_change({&change, 1}, 1);
  cache.end_change({&change, 1}, 2, true);
  cache.insert(0, 7, 1, cell_of(1));
  EXPECT_EQ(cache.find_or_load(0, 7, 1, gives(1)).value()->material, 1);
  EXPECT_EQ(held(cache, 7, kNewest), std::nullopt);
  EXPECT_EQ(held(cache, 7, 1), std::nullopt);
}

// One writer and readers of random states against a model that is exact by construction: what a position
// holds at version v is a function of the two. A single stale cell fails it.
TEST(CellCache, GivesEachReaderWhatItsStateHolds) {
  CellCache cache(kMiB);
  constexpr Position kPositions = 50;
  constexpr std::uint64_t kVersions = 400;
  // changed[p][v]: the last version <= v at which p changed.
  std::vector<std::vector<MaterialId>> model(kPositions, std::vector<MaterialId>(kVersions + 1, 0));
  std::vector<terrane::Run> runs(kVersions + 1);
  Random plan(3);
  for (std::uint64_t v = 1; v <= kVersions; ++v) {
    const Position first = plan.below(kPositions);
    runs[v] = {first, std::min(kPositions - 1, first + plan.below(8))};
    for (Position p = 0; p < kPositions; ++p) {
      const bool changed = p >= runs[v].first && p <= runs[v].last;
      model[p][v] = changed ? static_cast<MaterialId>(v) : model[p][v - 1];
    }
  }
  std::atomic<std::uint64_t> version = 0;
  std::atomic<int> wrong = 0, reads = 0;
  std::atomic<bool> done = false;
  std::vector<std::thread> readers;
  readers.reserve(3);
  for (std::uint64_t t = 0; t < 3; ++t) {
    readers.emplace_back([&, t] {
      Random random(100 + t);
      while (!done) {
        const std::uint64_t mine = version;  // a snapshot, kept for a while
        for (int i = 0; i < 20; ++i) {
          const Position p = random.below(kPositions);
          const MaterialId expected = model[p][mine];
          auto got = cache.find_or_load(0, p, mine, gives(expected));
          wrong += got.value()->material == expected ? 0 : 1;
          ++reads;
        }
      }
    });
  }
  for (std::uint64_t v = 1; v <= kVersions; ++v) {
    while (reads < static_cast<int>(v) * 10) std::this_thread::yield();
    const CellCache::Changed change{0, runs[v]};
    cache.begin_change({&change, 1}, v - 1);
    version = v;
    cache.end_change({&change, 1}, v, true);
  }
  done = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(wrong, 0);
}

// --- single flight ------------------------------------------------------------------------------------

TEST(CellCache, ManyReadersOfOneStateLoadACellOnce) {
  CellCache cache(kMiB);
  constexpr int kThreads = 8;
  std::latch together(kThreads);
  std::atomic<int> loads = 0, right = 0;
  std::vector<std::thread> readers;
  readers.reserve(kThreads);
  for (int t = 0; t < kThreads; ++t) {
    readers.emplace_back([&] {
      together.arrive_and_wait();
      const auto cell = cache.find_or_load(0, 7, 1, [&]() -> Result<CellPtr> {
        ++loads;
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        return cell_of(5);
      });
      right += cell && (*cell)->material == 5 ? 1 : 0;
    });
  }
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(loads, 1);
  EXPECT_EQ(right, kThreads);
}

TEST(CellCache, AReaderOfAnotherStateDoesNotWaitForTheLoad) {
  CellCache cache(kMiB);
  auto outer = cache.find_or_load(0, 7, 1, [&]() -> Result<CellPtr> {
    // Were it to wait, this would never return.
    std::thread other([&] { EXPECT_EQ(cache.find_or_load(0, 7, 2, gives(2)).value()->material, 2); });
    other.join();
    return cell_of(1);
  });
  EXPECT_EQ(outer.value()->material, 1);
}

TEST(CellCache, AFailedLoadIsToldToAllAndTriedAgain) {
  CellCache cache(kMiB);
  const auto failed = cache.find_or_load(0, 7, 1, []() -> Result<CellPtr> {
    return Error{ErrorCode::kIo, "no"};
  });
  EXPECT_EQ(failed.error().code, ErrorCode::kIo);
  EXPECT_EQ(cache.find_or_load(0, 7, 1, gives(4)).value()->material, 4);
}

TEST(CellCache, ALoadThatThrowsLeavesNobodyWaiting) {
  CellCache cache(kMiB);
  const auto exhausted = cache.find_or_load(0, 7, 1, []() -> Result<CellPtr> { throw std::bad_alloc(); });
  EXPECT_EQ(exhausted.error().code, ErrorCode::kExhausted);
  const auto broken =
      cache.find_or_load(0, 7, 1, []() -> Result<CellPtr> { throw std::runtime_error("broken"); });
  EXPECT_EQ(broken.error().code, ErrorCode::kInternal);
  EXPECT_EQ(cache.find_or_load(0, 7, 1, gives(4)).value()->material, 4);
}

}  // namespace
}  // namespace terrane

// How long a seek takes across keys that one range delete replaced: the first one after it, and the median.
// Usage: seek_across_deleted DIRECTORY [KEYS]

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "terrane/base/hash.h"
#include "terrane/store/engines.h"

namespace {

using terrane::Batch;
using terrane::Durability;
using terrane::Engine;
using terrane::Unit;

constexpr Unit kUnit{1, 0, 0};

std::string key(std::uint64_t i) {
  std::string out(1, 'm');
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<char>(i >> shift));
  return out;
}

std::string value(std::uint64_t i) {
  std::string out;
  terrane::Random random(i);
  for (int n = 0; n < 3; ++n) {
    const std::uint64_t word = random.next();
    out.append(reinterpret_cast<const char*>(&word), sizeof word);
  }
  return out;
}

double microseconds(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count();
}

// Keys 8 apart, so that there is room between them.
void fill(Engine& engine, std::uint64_t from, std::uint64_t to, std::uint64_t version) {
  Batch batch;
  for (std::uint64_t i = from; i < to; ++i) {
    batch.put(kUnit, key(8 * i), value(i + version));
    if (batch.ops().size() == 4096 || i + 1 == to) {
      engine.write(std::move(batch), Durability::kBuffered).value();
      batch = {};
    }
  }
}

// Replaces keys [from, to) by one key at the end, in `pieces` batches of one range each.
void replace(Engine& engine, std::uint64_t from, std::uint64_t to, std::uint64_t pieces) {
  for (std::uint64_t p = 0; p < pieces; ++p) {
    Batch batch;
    batch.erase_range(kUnit, key(8 * (from + (to - from) * p / pieces)),
                      key(8 * (from + (to - from) * (p + 1) / pieces)));
    if (p + 1 == pieces) batch.put(kUnit, key(8 * to - 1), "one range");
    engine.write(std::move(batch), Durability::kBuffered).value();
  }
}

void report(const char* name, Engine& engine, std::uint64_t keys) {
  terrane::Random random(7);
  std::vector<double> times;
  for (int i = 0; i < 1000; ++i) {
    const std::string begin = key(random.below(7 * keys) + 1);
    times.push_back(microseconds([&] {
      const auto snapshot = engine.snapshot().value();
      const auto cursor = snapshot->scan(kUnit, key(0), key(~0ull));
      cursor->seek(begin);
      if (!cursor->valid() || cursor->value() != "one range") std::abort();
    }));
    if (i == 20 && times[0] > 50000) break;  // slow: enough is known
  }
  const double first = times[0];
  std::sort(times.begin(), times.end());
  std::printf("%-64s first %10.1f us   p50 %10.1f us   max %10.1f us\n", name, first, times[times.size() / 2],
              times.back());
  std::fflush(stdout);
}

// Makes stores under one directory, gone with it.
class Stores {
 public:
  explicit Stores(std::filesystem::path root) : root_(std::move(root) / "seek_across_deleted") {
    std::filesystem::remove_all(root_);
    std::filesystem::create_directories(root_);
  }
  ~Stores() { std::filesystem::remove_all(root_); }
  Stores(const Stores&) = delete;
  Stores& operator=(const Stores&) = delete;
  std::unique_ptr<Engine> fresh(std::uint64_t buffer_mib = 32) {
    terrane::RocksEngineOptions options;
    options.write_buffer_bytes = buffer_mib << 20;
    const std::string path = (root_ / std::to_string(count_++)).string();
    return terrane::open_rocks_engine(path, terrane::EngineMode::kCreate, options).value();
  }

 private:
  std::filesystem::path root_;
  int count_ = 0;
};

void replaced_once(Stores& stores, std::uint64_t keys) {
  auto engine = stores.fresh();
  fill(*engine, 0, keys, 0);
  replace(*engine, 0, keys, 1);
  report("as written, 32 MiB buffer", *engine, keys);
  engine->compact().value();
  report("  compacted", *engine, keys);

  engine = stores.fresh(512);
  fill(*engine, 0, keys, 0);
  replace(*engine, 0, keys, 1);
  report("all in one memtable of 512 MiB", *engine, keys);

  engine = stores.fresh();
  fill(*engine, 0, keys, 0);
  engine->compact().value();
  replace(*engine, 0, keys, 1);
  report("keys compacted, then replaced", *engine, keys);
  fill(*engine, keys * 2, keys * 3, 1);
  report("  and as many written behind them", *engine, keys);
}

void under_a_snapshot(Stores& stores, std::uint64_t keys) {
  auto engine = stores.fresh();
  fill(*engine, 0, keys, 0);
  const auto old = engine->snapshot().value();
  replace(*engine, 0, keys, 1);
  report("an old snapshot still holds them", *engine, keys);
  fill(*engine, keys * 2, keys * 3, 1);
  report("  and as many written behind them", *engine, keys);
}

void replaced_often(Stores& stores, std::uint64_t keys) {
  auto engine = stores.fresh();
  for (std::uint64_t round = 0; round < 4; ++round) {
    fill(*engine, 0, keys, round);
    replace(*engine, 0, keys, 1);
  }
  report("written and replaced four times", *engine, keys);

  for (const std::uint64_t pieces : {1000u, 30000u}) {
    engine = stores.fresh();
    fill(*engine, 0, keys, 0);
    engine->compact().value();
    replace(*engine, 0, keys, pieces);
    const std::string name = "replaced by " + std::to_string(pieces) + " ranges";
    report(name.c_str(), *engine, keys);
  }

  engine = stores.fresh();
  for (std::uint64_t p = 0; p < 1000; ++p) {
    fill(*engine, keys * p / 1000, keys * (p + 1) / 1000, 0);
    replace(*engine, keys * p / 1000, keys * (p + 1) / 1000, 1);
  }
  replace(*engine, 0, keys, 1);
  report("1,000 times 1,000 keys written and replaced at once, then all", *engine, keys);
}

// One brick after the other joins the range before it: each batch removes a key and puts the next.
void moved_end(Stores& stores, std::uint64_t keys) {
  auto engine = stores.fresh();
  for (std::uint64_t i = 0; i < keys; ++i) {
    Batch batch;
    batch.erase_range(kUnit, key(8 * i), key(8 * i + 8));
    batch.put(kUnit, key(8 * (i + 1)), i + 1 == keys ? "one range" : "the range so far");
    engine->write(std::move(batch), Durability::kBuffered).value();
  }
  report("the end of one range moved up key by key", *engine, keys);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: seek_across_deleted DIRECTORY [KEYS]\n");
    return 2;
  }
  const std::uint64_t keys = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1'000'000;
  Stores stores(argv[1]);
  replaced_once(stores, keys);
  under_a_snapshot(stores, keys);
  replaced_often(stores, keys);
  moved_end(stores, keys);
}

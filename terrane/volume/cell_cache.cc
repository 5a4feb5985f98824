#include "terrane/volume/cell_cache.h"

#include <atomic>
#include <condition_variable>
#include <exception>
#include <list>
#include <mutex>
#include <new>
#include <string>
#include <unordered_map>

#include "terrane/base/hash.h"

namespace terrane {
namespace {

struct Key {
  int level;
  Position position;
  friend bool operator==(const Key&, const Key&) = default;
};

std::uint64_t mix(const Key& key) {
  return Random(key.position * 32 + static_cast<std::uint64_t>(key.level)).next();
}

struct KeyHash {
  std::size_t operator()(const Key& key) const { return mix(key); }
};

// A load under way. Waiters hold it by shared pointer.
struct Flight {
  std::uint64_t version = 0;
  bool done = false;
  CellPtr cell;
  std::optional<Error> error;
};

// Beside its cell an entry costs about this: list node, hash node, control block.
constexpr std::size_t kEntryBytes = 160;

}  // namespace

struct CellCache::Shard {
  struct Entry {
    Key key;
    std::uint64_t version;
    CellPtr cell;
  };
  using Lru = std::list<Entry>;

  mutable std::mutex mutex;
  std::condition_variable landed;
  Lru lru;  // most recent first
  std::unordered_map<Key, Lru::iterator, KeyHash> entries;
  std::unordered_map<Key, std::shared_ptr<Flight>, KeyHash> flights;
  std::uint64_t capacity = 0;
  std::uint64_t bytes = 0;
  std::uint64_t hits = 0, misses = 0;
  // Cells read from a state older than this may be stale: the shard's last change.
  std::uint64_t changed_at = 0;
  int changing = 0;

  CellPtr find(const Key& key, std::uint64_t version) {
    const auto found = entries.find(key);
    if (found == entries.end() || found->second->version > version) {
      ++misses;
      return nullptr;
    }
    ++hits;
    lru.splice(lru.begin(), lru, found->second);
    return found->second->cell;
  }

  void erase(std::unordered_map<Key, Lru::iterator, KeyHash>::iterator entry) {
    bytes -= entry->second->cell->bytes() + kEntryBytes;
    lru.erase(entry->second);
    entries.erase(entry);
  }

  void insert(const Key& key, std::uint64_t version, CellPtr cell) {
    if (changing > 0 || version < changed_at) return;
    const std::size_t size = cell->bytes() + kEntryBytes;
    if (size > capacity) return;
    if (const auto found = entries.find(key); found != entries.end()) {
      if (found->second->version <= version) return;  // holds for older readers too
      erase(found);
    }
    while (bytes + size > capacity) erase(entries.find(lru.back().key));
    lru.push_front({key, version, std::move(cell)});
    entries.emplace(key, lru.begin());
    bytes += size;
  }

  void drop(int level, const Run& run) {
    if (run.last - run.first < entries.size()) {
      for (Position p = run.first;; ++p) {
        if (const auto found = entries.find({level, p}); found != entries.end()) erase(found);
        if (p == run.last) return;
      }
    }
    for (auto it = entries.begin(); it != entries.end();) {
      const Key& key = it->first;
      const auto entry = it++;
      if (key.level == level && key.position >= run.first && key.position <= run.last) erase(entry);
    }
  }
};

void VoxelBuffers::Return::operator()(MaterialId* voxels) const {
  if (home != nullptr) {
    std::scoped_lock lock(home->mutex_);
    if (home->idle_.size() < kIdle) {
      home->idle_.push_back(voxels);
      return;
    }
  }
  delete[] voxels;
}

VoxelBuffers::Buffer VoxelBuffers::lend(std::size_t count) {
  if (count != kWhole) return Buffer(new MaterialId[count], Return{});
  {
    std::scoped_lock lock(mutex_);
    if (!idle_.empty()) {
      MaterialId* voxels = idle_.back();
      idle_.pop_back();
      return Buffer(voxels, Return{this});
    }
  }
  return Buffer(new MaterialId[kWhole], Return{this});
}

VoxelBuffers::~VoxelBuffers() {
  for (MaterialId* voxels : idle_) delete[] voxels;
}

CellCache::CellCache(std::uint64_t capacity_bytes) : shards_(new Shard[kShards]) {
  for (std::size_t i = 0; i < kShards; ++i) shards_[i].capacity = capacity_bytes / kShards;
}

CellCache::~CellCache() = default;

CellCache::Shard& CellCache::shard(int level, Position position) const {
  return shards_[mix({level, position}) >> 60];
}

CellPtr CellCache::find(int level, Position position, std::uint64_t version) const {
  Shard& s = shard(level, position);
  std::scoped_lock lock(s.mutex);
  return s.find({level, position}, version);
}

void CellCache::insert(int level, Position position, std::uint64_t version, CellPtr cell) {
  Shard& s = shard(level, position);
  std::scoped_lock lock(s.mutex);
  s.insert({level, position}, version, std::move(cell));
}

Result<CellPtr> CellCache::find_or_load(int level, Position position, std::uint64_t version,
                                        const Loader& load) {
  const Key key{level, position};
  Shard& s = shard(level, position);
  std::shared_ptr<Flight> flight;
  {
    std::unique_lock lock(s.mutex);
    if (CellPtr cell = s.find(key, version)) return cell;
    if (const auto found = s.flights.find(key); found != s.flights.end()) {
      // Another state's cell may differ from ours: only a flight of our own version is waited for.
      if (found->second->version == version) {
        flight = found->second;
        s.landed.wait(lock, [&] { return flight->done; });
        if (flight->error) return *flight->error;
        return flight->cell;
      }
    } else {
      flight = std::make_shared<Flight>();
      flight->version = version;
      s.flights.emplace(key, flight);
    }
  }
  // A loader that throws (no memory) must not leave others waiting.
  Result<CellPtr> loaded = [&]() -> Result<CellPtr> {
    try {
      return load();
    } catch (const std::bad_alloc&) {
      return Error{ErrorCode::kExhausted, "out of memory; lower the cache or the size of the request"};
    } catch (const std::exception& e) {
      return internal(std::string("an exception escaped the load of a brick: ") + e.what());
    }
  }();
  std::scoped_lock lock(s.mutex);
  if (loaded) s.insert(key, version, *loaded);
  if (flight) {
    flight->done = true;
    if (loaded) {
      flight->cell = *loaded;
    } else {
      flight->error = loaded.error();
    }
    s.flights.erase(key);
    s.landed.notify_all();
  }
  return loaded;
}

void CellCache::begin_change(std::span<const Changed> runs) {
  for (std::size_t i = 0; i < kShards; ++i) {
    Shard& s = shards_[i];
    std::scoped_lock lock(s.mutex);
    ++s.changing;
    for (const Changed& change : runs) s.drop(change.level, change.run);
  }
}

void CellCache::end_change(std::uint64_t version) {
  for (std::size_t i = 0; i < kShards; ++i) {
    Shard& s = shards_[i];
    std::scoped_lock lock(s.mutex);
    --s.changing;
    s.changed_at = std::max(s.changed_at, version);
  }
}

void CellCache::clear() {
  for (std::size_t i = 0; i < kShards; ++i) {
    Shard& s = shards_[i];
    std::scoped_lock lock(s.mutex);
    s.entries.clear();
    s.lru.clear();
    s.bytes = 0;
  }
}

std::uint64_t CellCache::bytes() const {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < kShards; ++i) {
    std::scoped_lock lock(shards_[i].mutex);
    sum += shards_[i].bytes;
  }
  return sum;
}

CellCache::Counts CellCache::counts() const {
  Counts sum;
  for (std::size_t i = 0; i < kShards; ++i) {
    std::scoped_lock lock(shards_[i].mutex);
    sum.hits += shards_[i].hits;
    sum.misses += shards_[i].misses;
  }
  return sum;
}

}  // namespace terrane

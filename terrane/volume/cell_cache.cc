#include "terrane/volume/cell_cache.h"

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cassert>
#include <condition_variable>
#include <cstdlib>
#include <exception>
#include <list>
#include <mutex>
#include <new>
#include <string>
#include <unordered_map>
#include <vector>

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
constexpr std::uint64_t kLeastSets = 256;  // of each shard

}  // namespace

struct CellCache::Shard {
  // All that a hit reads lies in one node. A hit leaves the queue alone, it only sets `used`: moving it to
  // the front would touch its neighbours' memory too.
  struct Entry {
    std::uint64_t version = 0;
    CellPtr cell;
    const MaterialId* voxels = nullptr;  // of the cell
    MaterialId material = 0;             // of the cell
    bool used = false;                   // since it last came to the end of the queue
    std::list<Key>::iterator place;
  };
  using Entries = std::unordered_map<Key, Entry, KeyHash>;

  mutable std::mutex mutex;
  std::condition_variable landed;
  std::list<Key> queue;  // the next to go at the back
  Entries entries;
  std::unordered_map<Key, std::shared_ptr<Flight>, KeyHash> flights;
  std::uint64_t capacity = 0;
  std::uint64_t bytes = 0;
  std::uint64_t hits = 0, misses = 0;
  // Cells read from a state older than this may be stale: the shard's last change.
  std::uint64_t changed_at = 0;
  // Bricks that were asked for of late, by their hash, in sets: in each the newest first.
  using AskedSet = std::array<std::uint32_t, 4>;
  std::vector<AskedSet> asked;
  int changing = 0;

  const Entry* look(const Key& key, std::uint64_t version) {
    const auto found = entries.find(key);
    if (found == entries.end() || found->second.version > version) {
      ++misses;
      return nullptr;
    }
    ++hits;
    Entry& entry = found->second;
    if (!entry.used) entry.used = true;
    return &entry;
  }
  CellPtr find(const Key& key, std::uint64_t version) {
    const Entry* entry = look(key, version);
    return entry == nullptr ? nullptr : entry->cell;
  }

  void erase(Entries::iterator entry) {
    bytes -= entry->second.cell->bytes() + kEntryBytes;
    queue.erase(entry->second.place);
    entries.erase(entry);
  }

  // What was used gets another round; what was not goes.
  void evict_one() {
    const auto entry = entries.find(queue.back());
    if (!entry->second.used) return erase(entry);
    entry->second.used = false;
    queue.splice(queue.begin(), queue, entry->second.place);
  }

  void insert(const Key& key, std::uint64_t version, CellPtr cell) {
    if (changing > 0 || version < changed_at) return;
    const std::size_t size = cell->bytes() + kEntryBytes;
    if (size > capacity) return;
    if (const auto found = entries.find(key); found != entries.end()) {
      if (found->second.version <= version) return;  // holds for older readers too
      erase(found);
    }
    while (bytes + size > capacity) evict_one();
    queue.push_front(key);
    const MaterialId* voxels = cell->voxels.get();
    const MaterialId material = cell->material;
    entries.emplace(key, Entry{version, std::move(cell), voxels, material, false, queue.begin()});
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
  if (home == nullptr) {
    delete[] voxels;
    return;
  }
  std::scoped_lock lock(home->mutex_);
  home->idle_.push_back(voxels);
}

std::size_t VoxelBuffers::bytes_for(std::size_t count) {
  return (is_pooled(count) ? kWhole : count) * sizeof(MaterialId);
}

VoxelBuffers::Buffer VoxelBuffers::lend(std::size_t count) {
  assert(count <= kWhole);
  if (!is_pooled(count)) return Buffer(new MaterialId[count], Return{});
  std::scoped_lock lock(mutex_);
  if (idle_.empty()) {
    constexpr std::size_t kSlabBytes = std::size_t{2} << 20;
    constexpr std::size_t kPerSlab = kSlabBytes / (kWhole * sizeof(MaterialId));
    slabs_.reserve(slabs_.size() + 1);
    idle_.reserve((slabs_.size() + 1) * kPerSlab);
    void* slab = std::aligned_alloc(kSlabBytes, kSlabBytes);
    if (slab == nullptr) throw std::bad_alloc();
    slabs_.push_back(slab);
    (void)::madvise(slab, kSlabBytes, MADV_HUGEPAGE);  // refused where the system has none: then small pages
    for (std::size_t i = 0; i < kPerSlab; ++i) idle_.push_back(static_cast<MaterialId*>(slab) + i * kWhole);
  }
  MaterialId* voxels = idle_.back();
  idle_.pop_back();
  return Buffer(voxels, Return{this});
}

VoxelBuffers::~VoxelBuffers() {
  for (void* slab : slabs_) std::free(slab);
}

CellCache::CellCache(std::uint64_t capacity_bytes) : shards_(new Shard[kShards]) {
  // A set of four for each whole brick that the cache may hold.
  const std::uint64_t cells = capacity_bytes / kShards / VoxelBuffers::bytes_for(VoxelBuffers::kWhole);
  const std::size_t sets = std::bit_ceil(std::max<std::uint64_t>(cells, kLeastSets));
  for (std::size_t i = 0; i < kShards; ++i) {
    shards_[i].capacity = capacity_bytes / kShards;
    shards_[i].asked.resize(sets);
  }
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

std::optional<MaterialId> CellCache::voxel(int level, Position position, std::uint64_t version,
                                           std::size_t index) const {
  Shard& s = shard(level, position);
  std::scoped_lock lock(s.mutex);
  const Shard::Entry* entry = s.look({level, position}, version);
  if (entry == nullptr) return std::nullopt;
  return entry->voxels == nullptr ? entry->material : entry->voxels[index];
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

bool CellCache::asked_before(int level, Position position) {
  const std::uint64_t hash = mix({level, position});
  Shard& s = shards_[hash >> 60];
  const std::uint32_t mark = static_cast<std::uint32_t>(hash) | 1;
  std::scoped_lock lock(s.mutex);
  Shard::AskedSet& set = s.asked[(hash >> 32) & (s.asked.size() - 1)];
  const auto found = std::find(set.begin(), set.end(), mark);
  const bool known = found != set.end();
  if (known) {
    *found = 0;
  } else {
    std::move_backward(set.begin(), set.end() - 1, set.end());
    set[0] = mark;
  }
  return known;
}

bool CellCache::has_room_for(std::size_t count) const {
  return sizeof(Cell) + VoxelBuffers::bytes_for(count) + kEntryBytes <= shards_[0].capacity;
}

void CellCache::begin_change(std::span<const Changed> runs) {
  for (std::size_t i = 0; i < kShards; ++i) {
    Shard& s = shards_[i];
    std::scoped_lock lock(s.mutex);
    ++s.changing;
    for (const Changed& change : runs) {
      if (change.run.first != change.run.last) s.drop(change.level, change.run);
    }
  }
  for (const Changed& change : runs) {
    if (change.run.first != change.run.last) continue;
    Shard& s = shard(change.level, change.run.first);
    std::scoped_lock lock(s.mutex);
    s.drop(change.level, change.run);
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
    s.queue.clear();
    std::fill(s.asked.begin(), s.asked.end(), Shard::AskedSet{});
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

std::uint64_t CellCache::capacity() const {
  return shards_[0].capacity * kShards;
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

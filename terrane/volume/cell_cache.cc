#include "terrane/volume/cell_cache.h"

#include <algorithm>
#include <bit>
#include <exception>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "terrane/volume/cell_cache_shard.h"

namespace terrane {

using cell_cache::Flight;
using cell_cache::Key;
using cell_cache::kForEver;
using cell_cache::mix;

MaterialId Cell::at(std::size_t place) const {
  if (const PatchVoxel* v = cell_cache::find_place(edited, place)) return v->material;
  return count == 0 ? material : voxels.get()[place];
}

CellCache::CellCache(std::uint64_t capacity_bytes) : shards_(new Shard[kShards]) {
  // A set of four for each whole brick that the cache may hold.
  const std::uint64_t cells = capacity_bytes / kShards / VoxelBuffers::bytes_for(VoxelBuffers::kWhole);
  const std::size_t sets = std::bit_ceil(std::max<std::uint64_t>(cells, cell_cache::kLeastSets));
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
  if (entry->edited) return entry->cell->at(index);
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
  return sizeof(Cell) + VoxelBuffers::bytes_for(count) + cell_cache::kEntryBytes <= shards_[0].capacity;
}

void CellCache::begin_change(std::span<const Changed> changes, std::uint64_t version) {
  for (const Changed& change : changes) {
    if (change.run.first != change.run.last) {
      for (std::size_t i = 0; i < kShards; ++i) {
        Shard& s = shards_[i];
        std::scoped_lock lock(s.mutex);
        s.remember(change.level, change.run, kForEver);
        s.drop(change.level, change.run);
      }
      continue;
    }
    const Key key{change.level, change.run.first};
    Shard& s = shard(key.level, key.position);
    std::scoped_lock lock(s.mutex);
    s.remember(key, kForEver);
    const auto found = s.entries.find(key);
    if (found == s.entries.end()) continue;
    if (change.patch == nullptr) {
      s.erase(found);
    } else {
      found->second.until = std::min(found->second.until, version);
    }
  }
}

void CellCache::end_change(std::span<const Changed> changes, std::uint64_t version, bool applied) {
  std::vector<const Changed*> single;
  for (const Changed& change : changes) {
    if (change.run.first == change.run.last) {
      single.push_back(&change);
      continue;
    }
    for (std::size_t i = 0; i < kShards; ++i) {
      Shard& s = shards_[i];
      std::scoped_lock lock(s.mutex);
      s.remember(change.level, change.run, version);
    }
  }
  const auto key_of = [](const Changed* change) { return std::pair(change->level, change->run.first); };
  std::stable_sort(single.begin(), single.end(),
                   [&](const Changed* a, const Changed* b) { return key_of(a) < key_of(b); });
  for (auto begun = single.begin(); begun != single.end();) {
    // All that changed of a brick at once: nobody may see a part of it.
    const auto end =
        std::find_if(begun, single.end(), [&](const Changed* c) { return key_of(c) != key_of(*begun); });
    const Key key{(*begun)->level, (*begun)->run.first};
    const bool patched = std::all_of(begun, end, [](const Changed* c) { return c->patch != nullptr; });
    Shard& s = shard(key.level, key.position);
    std::scoped_lock lock(s.mutex);
    s.remember(key, version);
    if (patched && applied) {
      s.patch(key, {begun, end}, version);
    } else {
      s.drop(key.level, (*begun)->run);
    }
    begun = end;
  }
}

void CellCache::begin_refresh(std::uint64_t version) {
  for (std::size_t i = 0; i < kShards; ++i) {
    std::scoped_lock lock(shards_[i].mutex);
    shards_[i].ceiling = version;
  }
}

void CellCache::end_refresh(std::uint64_t version) {
  clear();
  for (std::size_t i = 0; i < kShards; ++i) {
    Shard& s = shards_[i];
    std::scoped_lock lock(s.mutex);
    // What a reader of an older state loaded meanwhile.
    s.drop_all();
    s.floor = std::max(s.floor, version);
    s.ceiling = kForEver;
  }
}

void CellCache::clear() {
  for (std::size_t i = 0; i < kShards; ++i) {
    Shard& s = shards_[i];
    std::scoped_lock lock(s.mutex);
    s.drop_all();
    std::fill(s.asked.begin(), s.asked.end(), Shard::AskedSet{});
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

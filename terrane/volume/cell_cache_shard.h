#pragma once

#include <algorithm>
#include <array>
#include <condition_variable>
#include <list>
#include <memory>
#include <mutex>
#include <span>
#include <unordered_map>
#include <vector>

#include "terrane/base/hash.h"
#include "terrane/volume/cell_cache.h"

namespace terrane {
namespace cell_cache {

struct Key {
  int level;
  Position position;
  friend bool operator==(const Key&, const Key&) = default;
};

inline std::uint64_t mix(const Key& key) {
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
inline constexpr std::size_t kEntryBytes = 160;
inline constexpr std::uint64_t kLeastSets = 256;  // of each shard
inline constexpr std::uint64_t kForEver = ~std::uint64_t{0};
inline constexpr std::size_t kMostChanges = 8192, kMostChangedRuns = 64;  // that a shard remembers
inline constexpr std::size_t kMostEdited = 512;                           // voxels over a cell

// One list of voxels over another, both ascending by place.
inline std::vector<PatchVoxel> laid_over(const std::vector<PatchVoxel>& under,
                                         const std::vector<PatchVoxel>& over) {
  std::vector<PatchVoxel> out;
  out.reserve(under.size() + over.size());
  auto u = under.begin();
  for (const PatchVoxel& v : over) {
    while (u != under.end() && u->place < v.place) out.push_back(*u++);
    if (u != under.end() && u->place == v.place) ++u;
    out.push_back(v);
  }
  out.insert(out.end(), u, under.end());
  return out;
}

inline const PatchVoxel* find_place(const std::vector<PatchVoxel>& voxels, std::size_t place) {
  const auto found = std::lower_bound(voxels.begin(), voxels.end(), place,
                                      [](const PatchVoxel& v, std::size_t p) { return v.place < p; });
  return found != voxels.end() && found->place == place ? &*found : nullptr;
}

}  // namespace cell_cache

// The cells of some bricks, under a lock of their own that the caller holds.
struct CellCache::Shard {
  using Key = cell_cache::Key;
  using KeyHash = cell_cache::KeyHash;
  using Flight = cell_cache::Flight;
  static constexpr std::uint64_t kForEver = cell_cache::kForEver;

  // All that a hit reads lies in one node. A hit leaves the queue alone, it only sets `used`: moving it to
  // the front would touch its neighbours' memory too.
  struct Entry {
    std::uint64_t version = 0;
    std::uint64_t until = kForEver;  // the last version known to hold it
    CellPtr cell;
    const MaterialId* voxels = nullptr;  // of the cell
    MaterialId material = 0;             // of the cell
    bool edited = false;                 // the cell has voxels of its own over those
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
  // When bricks changed: cells read from an older state are stale. Of what is forgotten only that it was not
  // after `floor`.
  std::uint64_t floor = 0;
  std::uint64_t ceiling = kForEver;  // states after it are not known yet
  std::unordered_map<Key, std::uint64_t, KeyHash> changed_at;
  struct ChangedRun {
    int level;
    Run run;
    std::uint64_t version;
  };
  std::vector<ChangedRun> changed_runs;
  // Bricks that were asked for of late, by their hash, in sets: in each the newest first.
  using AskedSet = std::array<std::uint32_t, 4>;
  std::vector<AskedSet> asked;

  const Entry* look(const Key& key, std::uint64_t version) {
    const auto found = entries.find(key);
    if (found == entries.end() || found->second.version > version ||
        std::min(found->second.until, ceiling) < version) {
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
    bytes -= entry->second.cell->bytes() + cell_cache::kEntryBytes;
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

  bool stale(const Key& key, std::uint64_t version) const {
    if (version < floor || version > ceiling) return true;
    const auto changed = changed_at.find(key);
    if (changed != changed_at.end() && changed->second > version) return true;
    return std::any_of(changed_runs.begin(), changed_runs.end(), [&](const ChangedRun& c) {
      return c.version > version && c.level == key.level && c.run.first <= key.position &&
             key.position <= c.run.last;
    });
  }

  // A change is of `version`; kForEver: it is under way.
  void remember(const Key& key, std::uint64_t version) {
    if (changed_at.size() >= cell_cache::kMostChanges) forget();
    changed_at[key] = version;
  }
  void remember(int level, const Run& run, std::uint64_t version) {
    if (version != kForEver) {
      for (ChangedRun& changed : changed_runs) {
        if (changed.version == kForEver && changed.level == level && changed.run == run) {
          changed.version = version;
          return;
        }
      }
    }
    if (changed_runs.size() >= cell_cache::kMostChangedRuns) forget();
    changed_runs.push_back({level, run, version});
  }
  void forget() {
    const auto drop = [&](auto& changes, const auto& version_of) {
      std::erase_if(changes, [&](const auto& change) {
        const std::uint64_t version = version_of(change);
        if (version == kForEver) return false;
        floor = std::max(floor, version);
        return true;
      });
    };
    drop(changed_at, [](const auto& change) { return change.second; });
    drop(changed_runs, [](const ChangedRun& change) { return change.version; });
  }

  // The cell is what the patches make of it, as of `version`.
  void patch(const Key& key, std::span<const CellCache::Changed* const> changes, std::uint64_t version) {
    const auto found = entries.find(key);
    if (found == entries.end()) return;
    Entry& entry = found->second;
    std::vector<PatchVoxel> edited = entry.cell->edited, voxels;
    CodecScratch scratch;
    for (const CellCache::Changed* change : changes) {
      const bool fits = change->patch->size() <= 8 * cell_cache::kMostEdited &&
                        read_patch(as_bytes(*change->patch), change->shape, scratch, voxels).has_value() &&
                        voxels.size() + edited.size() <= cell_cache::kMostEdited;
      if (!fits) return erase(found);
      edited = cell_cache::laid_over(edited, voxels);
    }
    auto cell = std::make_shared<Cell>();
    cell->kind = entry.cell->kind;
    cell->material = entry.cell->material;
    cell->count = entry.cell->count;
    cell->voxels = entry.cell->voxels;
    cell->edited = std::move(edited);
    bytes += cell->bytes() - entry.cell->bytes();
    entry.cell = std::move(cell);
    entry.edited = true;
    entry.version = version;
    entry.until = kForEver;
    while (bytes > capacity && !queue.empty()) evict_one();
  }

  void insert(const Key& key, std::uint64_t version, CellPtr cell) {
    if (stale(key, version)) return;
    const std::size_t size = cell->bytes() + cell_cache::kEntryBytes;
    if (size > capacity) return;
    if (const auto found = entries.find(key); found != entries.end()) {
      if (found->second.version <= version) return;  // holds for older readers too
      erase(found);
    }
    while (bytes + size > capacity) evict_one();
    queue.push_front(key);
    const MaterialId* voxels = cell->voxels.get();
    const MaterialId material = cell->material;
    const bool edited = !cell->edited.empty();
    entries.emplace(
        key, Entry{version, kForEver, std::move(cell), voxels, material, edited, false, queue.begin()});
    bytes += size;
  }

  void drop_all() {
    entries.clear();
    queue.clear();
    bytes = 0;
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

}  // namespace terrane

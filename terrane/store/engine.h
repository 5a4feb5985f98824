#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "terrane/base/status.h"

namespace terrane {

// The unit of atomicity: the name of one object of the engine. Opaque to it. Each key belongs to one unit
// for ever, and the caller names it with every access.
struct Unit {
  std::uint8_t kind = 0;
  std::uint8_t level = 0;
  std::uint64_t index = 0;
  friend constexpr auto operator<=>(const Unit&, const Unit&) = default;  // NOLINT(modernize-use-nullptr)
};

// Changes that are applied all or none, in the order given. Keys are at most kMaxKeyBytes, a batch at most
// kMaxBytes; a value may be empty.
class Batch {
 public:
  static constexpr std::size_t kMaxKeyBytes = 64;
  static constexpr std::size_t kMaxBytes = std::size_t{1} << 30;
  enum class Kind : std::uint8_t { kPut, kErase, kEraseRange, kRequire };
  struct Op {
    Kind kind;
    bool present = true;  // kRequire: whether the key must be there
    Unit unit;
    std::string key;    // kEraseRange: the first key
    std::string value;  // kPut: the value; kRequire: the value expected; kEraseRange: the end, not in
  };

  void put(Unit unit, std::string_view key, std::string_view value);
  void erase(Unit unit, std::string_view key);
  // All keys of `unit` in [begin, end); nothing where they are equal. No other unit may hold keys between
  // them that should stay: an engine with one keyspace removes those too.
  void erase_range(Unit unit, std::string_view begin, std::string_view end);
  // The whole batch fails with kConflict unless `key` has this value (absent: nullopt) when it is applied.
  // Conditions see the state before the batch.
  void require(Unit unit, std::string_view key, std::optional<std::string_view> value);
  // One that was taken from another batch.
  void add(Op op);

  const std::vector<Op>& ops() const { return ops_; }
  bool empty() const { return ops_.empty(); }
  std::size_t bytes() const { return bytes_; }  // of keys and values, roughly what the batch holds in memory
  void append(Batch&& other);
  std::vector<Op> take();  // leaves it empty

 private:
  std::vector<Op> ops_;
  std::size_t bytes_ = 0;
};

// kFsync: on stable storage before the call returns. kBuffered: survives the process, not a power cut,
// until a later kFsync write or flush(). Either way batches become durable in order.
enum class Durability : std::uint8_t { kFsync, kBuffered };

// Walks keys upward. Not valid before the first seek. Not thread-safe. Views are valid until the cursor
// moves. Outlives neither its snapshot nor its engine.
class Cursor {
 public:
  virtual ~Cursor() = default;
  virtual void seek(std::string_view key) = 0;  // to the first key at or after `key` within the bounds
  virtual void next() = 0;                      // valid() holds
  virtual bool valid() const = 0;
  virtual std::string_view key() const = 0;
  virtual std::string_view value() const = 0;
  // Not ok once anything failed: !valid() then says nothing about what is stored. Ask it after the last step.
  virtual Status status() const = 0;
};

// A state of the whole engine between two batches. Thread-safe. Does not outlive its engine, but outlives
// its refresh().
class Snapshot {
 public:
  virtual ~Snapshot() = default;
  // Grows with every batch applied. Equal versions see equal states.
  virtual std::uint64_t version() const = 0;
  // nullopt only where the key is known not to be there.
  virtual Result<std::optional<std::string>> get(Unit unit, std::string_view key) const = 0;
  // Over the keys of `unit` in [begin, end); an engine with one keyspace gives those of all its units.
  virtual std::unique_ptr<Cursor> scan(Unit unit, std::string_view begin, std::string_view end) const = 0;

  struct Seek {
    Unit unit;
    std::string key;
    std::string end;  // not in
  };
  // For each seek, in the order given, the first entry in [key, end), or nullptr views where there is none
  // (entry.found false). One round trip where the engine is remote.
  struct Entry {
    bool found = false;
    std::string_view key, value;  // valid during the visit
  };
  virtual Status seek_many(std::span<const Seek> seeks,
                           const std::function<Status(std::size_t, const Entry&)>& visit) const = 0;
};

// Ordered opaque bytes under opaque keys: what terrane needs of storage. Knows no brick, no codec, no hash.
//
// Contract, which one suite tests on every engine (store/conformance.h):
//  - write() applies a batch atomically and in order; two batches never mix in a snapshot. Engines whose
//    traits say `atomic_across_units == false` promise that per unit only, and refuse a batch over several.
//  - Keys order as unsigned bytes.
//  - An error is never "not found". After a write that failed in a way that leaves durability unknown the
//    engine refuses every further write with that error until it is opened again; reads go on.
//  - Thread-safe. Snapshots and cursors may be used while writes go on.
class Engine {
 public:
  struct Traits {
    std::string_view name;
    bool one_keyspace = false;  // all units share one ordered keyspace: one seek answers for several
    bool atomic_across_units = true;
    bool read_only = false;
  };
  virtual ~Engine() = default;
  virtual Traits traits() const = 0;
  virtual Status write(Batch batch, Durability durability) = 0;
  virtual Result<std::shared_ptr<const Snapshot>> snapshot() const = 0;
  // All that was written is on stable storage when this returns.
  virtual Status flush() = 0;
  // Gives back the space of replaced and removed keys.
  virtual Status compact() = 0;
  // A consistent copy that can be opened as an engine of its own, made at `path`, which must not exist.
  virtual Status checkpoint(const std::string& path) const = 0;
  // An engine opened read-only sees what was written since. kInvalid otherwise.
  virtual Status refresh() = 0;
  // Bytes that the engine occupies now, as du counts; 0 in memory.
  virtual Result<std::uint64_t> disk_bytes() const = 0;
};

// kInvalid for a batch that no engine with these traits takes: one too large, with a key too long or a
// range turned around, over several units where that is not atomic, or any at all when read-only.
Status check_batch(const Batch& batch, const Engine::Traits& traits);

}  // namespace terrane

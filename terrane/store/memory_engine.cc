#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <mutex>
#include <utility>

#include "terrane/base/bytes.h"
#include "terrane/base/hash.h"
#include "terrane/store/engines.h"
#include "terrane/store/ordered_tree.h"

namespace terrane {

namespace {

// One tree holds all units, apart from each other: each is a stretch of the tree of its own.
std::string unit_prefix(Unit unit) {
  std::string out;
  out.push_back(static_cast<char>(unit.kind));
  out.push_back(static_cast<char>(unit.level));
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<char>(unit.index >> shift));
  return out;
}
constexpr std::size_t kPrefixBytes = 10;

std::string tree_key(Unit unit, std::string_view key) {
  return unit_prefix(unit).append(key);
}

struct State {
  OrderedTree tree;
  std::uint64_t version = 0;
};

class MemoryCursor final : public Cursor {
 public:
  MemoryCursor(const OrderedTree& tree, Unit unit, std::string_view begin, std::string_view end)
      : iterator_(tree),
        prefix_(unit_prefix(unit)),
        begin_(prefix_ + std::string(begin)),
        end_(prefix_ + std::string(end)) {}

  void seek(std::string_view key) override { iterator_.seek(std::max(begin_, prefix_ + std::string(key))); }
  void next() override { iterator_.next(); }
  bool valid() const override {
    const OrderedTree::Entry* entry = iterator_.entry();
    return entry != nullptr && entry->key < end_;
  }
  std::string_view key() const override {
    return std::string_view(iterator_.entry()->key).substr(kPrefixBytes);
  }
  std::string_view value() const override { return iterator_.entry()->value; }
  Status status() const override { return ok(); }

 private:
  OrderedTree::Iterator iterator_;
  std::string prefix_, begin_, end_;
};

class MemorySnapshot final : public Snapshot {
 public:
  explicit MemorySnapshot(State state) : state_(std::move(state)) {}

  std::uint64_t version() const override { return state_.version; }
  Result<std::optional<std::string>> get(Unit unit, std::string_view key) const override {
    const OrderedTree::Entry* entry = state_.tree.find(tree_key(unit, key));
    if (entry == nullptr) return std::optional<std::string>();
    return std::optional<std::string>(entry->value);
  }
  std::unique_ptr<Cursor> scan(Unit unit, std::string_view begin, std::string_view end) const override {
    return std::make_unique<MemoryCursor>(state_.tree, unit, begin, end);
  }
  Status seek_many(std::span<const Seek> seeks,
                   const std::function<Status(std::size_t, const Entry&)>& visit) const override {
    for (std::size_t i = 0; i < seeks.size(); ++i) {
      MemoryCursor cursor(state_.tree, seeks[i].unit, seeks[i].key, seeks[i].end);
      cursor.seek(seeks[i].key);
      Entry entry;
      if (cursor.valid()) entry = {true, cursor.key(), cursor.value()};
      TERRANE_TRY(visit(i, entry));
    }
    return ok();
  }

 private:
  State state_;
};

// A checkpoint file: magic, options, count, (key, value)..., hash of all before it.
constexpr std::string_view kMagic = "terrane memory checkpoint 1\n";

Error os_error(const char* what, const std::string& path) {
  return {ErrorCode::kIo, std::string(what) + ": " + std::strerror(errno) + "; path=`" + path + "`"};
}

Status write_new_file(const std::string& path, std::string_view content) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (fd < 0) {
    if (errno == EEXIST) return invalid("a checkpoint needs a path that does not exist; path=`" + path + "`");
    return os_error("cannot create the checkpoint", path);
  }
  while (!content.empty()) {
    const ssize_t n = ::write(fd, content.data(), content.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) break;
    content.remove_prefix(static_cast<std::size_t>(n));
  }
  const bool written = content.empty() && ::fsync(fd) == 0;
  Status status = written ? ok() : Status(os_error("cannot write the checkpoint", path));
  if (::close(fd) != 0 && status) status = os_error("cannot write the checkpoint", path);
  if (!status) ::unlink(path.c_str());
  return status;
}

class MemoryEngine final : public Engine {
 public:
  explicit MemoryEngine(MemoryEngineOptions options, State state = {})
      : options_(options), state_(std::move(state)) {}

  Traits traits() const override {
    return {.name = "memory", .one_keyspace = false, .atomic_across_units = options_.atomic_across_units};
  }
  Status write(Batch batch, Durability durability) override;
  Result<std::shared_ptr<const Snapshot>> snapshot() const override {
    return std::shared_ptr<const Snapshot>(std::make_shared<MemorySnapshot>(state()));
  }
  Status flush() override { return ok(); }
  Status compact() override { return ok(); }
  Status checkpoint(const std::string& path) const override;
  Status refresh() override { return invalid("only an engine opened read-only can be refreshed"); }
  Result<std::uint64_t> disk_bytes() const override { return std::uint64_t{0}; }

 private:
  State state() const {
    const std::lock_guard lock(state_mutex_);
    return state_;
  }

  const MemoryEngineOptions options_;
  std::mutex write_mutex_;          // one writer at a time; taken before state_mutex_
  mutable std::mutex state_mutex_;  // guards state_, for as long as copying it takes
  State state_;
};

Status MemoryEngine::write(Batch batch, Durability) {
  TERRANE_TRY(check_batch(batch, traits()));
  if (batch.empty()) return ok();
  const std::lock_guard one_writer(write_mutex_);
  State next = state();
  for (const Batch::Op& op : batch.ops()) {
    if (op.kind != Batch::Kind::kRequire) continue;
    const OrderedTree::Entry* entry = next.tree.find(tree_key(op.unit, op.key));
    if ((entry != nullptr) != op.present || (entry != nullptr && entry->value != op.value)) {
      return Error{ErrorCode::kConflict, "a key changed since it was read; read again and retry"};
    }
  }
  for (const Batch::Op& op : batch.ops()) {
    const std::string key = tree_key(op.unit, op.key);
    switch (op.kind) {
      case Batch::Kind::kPut:
        next.tree = next.tree.put(key, op.value);
        break;
      case Batch::Kind::kErase:
        next.tree = next.tree.erase(key);
        break;
      case Batch::Kind::kEraseRange:
        next.tree = next.tree.erase_range(key, tree_key(op.unit, op.value));
        break;
      case Batch::Kind::kRequire:
        break;
    }
  }
  ++next.version;
  {
    const std::lock_guard lock(state_mutex_);
    std::swap(state_, next);
  }
  return ok();  // the replaced state is freed here, outside the lock that readers take
}

Status MemoryEngine::checkpoint(const std::string& path) const {
  const State now = state();
  std::string out(kMagic);
  ByteWriter w(out);
  w.fixed<std::uint8_t>(options_.atomic_across_units ? 1 : 0);
  w.fixed(now.version);
  OrderedTree::Iterator it(now.tree);
  for (it.seek({}); it.entry() != nullptr; it.next()) {
    w.fixed<std::uint8_t>(1);
    w.string(it.entry()->key);
    w.string(it.entry()->value);
  }
  w.fixed<std::uint8_t>(0);
  w.fixed(hash64(as_bytes(out)));
  return write_new_file(path, out);
}

}  // namespace

std::unique_ptr<Engine> make_memory_engine(MemoryEngineOptions options) {
  return std::make_unique<MemoryEngine>(options);
}

Result<std::unique_ptr<Engine>> open_memory_checkpoint(const std::string& path) {
  struct ::stat info {};
  if (::stat(path.c_str(), &info) != 0 && errno == ENOENT) {
    return Error{ErrorCode::kNotFound, "no checkpoint is there; path=`" + path + "`"};
  }
  std::ifstream file(path, std::ios::binary);
  std::string in((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (!file.good() && !file.eof()) return os_error("cannot read the checkpoint", path);

  const Error damaged = corrupt("the checkpoint is damaged; take another one; path=`" + path + "`");
  if (in.size() < kMagic.size() + sizeof(std::uint64_t) || !in.starts_with(kMagic)) return damaged;
  const std::string_view body = std::string_view(in).substr(0, in.size() - sizeof(std::uint64_t));
  ByteReader trailer(std::string_view(in).substr(body.size()));
  if (trailer.fixed<std::uint64_t>() != hash64(as_bytes(body))) return damaged;

  ByteReader r(body.substr(kMagic.size()));
  const MemoryEngineOptions options{.atomic_across_units = r.fixed<std::uint8_t>() != 0};
  State state;
  state.version = r.fixed<std::uint64_t>();
  while (r.fixed<std::uint8_t>() == 1) {
    const std::string_view key = r.string();
    const std::string_view value = r.string();
    if (r.failed() || key.size() < kPrefixBytes) return damaged;
    state.tree = state.tree.put(key, value);
  }
  if (!r.finished()) return damaged;
  return std::unique_ptr<Engine>(std::make_unique<MemoryEngine>(options, std::move(state)));
}

}  // namespace terrane

#include "terrane/store/staged_log.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "terrane/base/bytes.h"
#include "terrane/base/hash.h"

namespace terrane::staged {

namespace {

constexpr std::uint32_t kCommit =
    ~std::uint32_t{0};  // the number that the commit record has among the chunks
constexpr std::size_t kSealBytes = sizeof(std::uint64_t);

struct LogKey {
  std::uint64_t id = 0;
  std::uint32_t number = 0;
};

template <class T>
void append_big_endian(std::string& out, T value) {
  for (int shift = 8 * (static_cast<int>(sizeof(T)) - 1); shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>(value >> shift));
  }
}

template <class T>
T big_endian(std::string_view in) {
  T value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) value = (value << 8) | static_cast<unsigned char>(in[i]);
  return value;
}

std::string log_key(std::uint64_t id, std::uint32_t number) {
  std::string key(kLogBegin);
  append_big_endian(key, id);
  append_big_endian(key, number);
  return key;
}

Error damaged(const std::string& what) {
  return corrupt("the log of staged batches is damaged: " + what +
                 "; acknowledged changes may be lost, restore the store from a copy");
}

Result<LogKey> parse_log_key(std::string_view key) {
  if (key.size() != kLogBegin.size() + sizeof(std::uint64_t) + sizeof(std::uint32_t)) {
    return damaged("a key of " + std::to_string(key.size()) + " bytes");
  }
  key.remove_prefix(kLogBegin.size());
  return LogKey{big_endian<std::uint64_t>(key), big_endian<std::uint32_t>(key.substr(sizeof(std::uint64_t)))};
}

std::uint64_t seal_of(std::string_view payload, std::string_view key) {
  return hash64(as_bytes(payload), hash64(as_bytes(key)));
}

// Appends the seal to a payload, and the seal to `seals` too.
std::string sealed(std::string payload, std::string_view key, std::string* seals) {
  const std::uint64_t seal = seal_of(payload, key);
  ByteWriter(payload).fixed(seal);
  if (seals != nullptr) ByteWriter(*seals).fixed(seal);
  return payload;
}

std::optional<std::string_view> unsealed(std::string_view value, std::string_view key) {
  if (value.size() < kSealBytes) return std::nullopt;
  const std::string_view payload = value.substr(0, value.size() - kSealBytes);
  ByteReader seal(value.substr(payload.size()));
  if (seal.fixed<std::uint64_t>() != seal_of(payload, key)) return std::nullopt;
  return payload;
}

// Cuts the bytes of changes into chunks.
class ChunkWriter {
 public:
  ChunkWriter(std::uint64_t id, std::size_t chunk_bytes, const std::function<Status(LogBatch)>& write)
      : id_(id), chunk_bytes_(chunk_bytes), write_(write) {}

  Status add(const Batch::Op& op) {
    std::string head;
    ByteWriter w(head);
    w.fixed(static_cast<std::uint8_t>(static_cast<int>(op.kind) + 1));
    w.fixed(op.unit.kind);
    w.fixed(op.unit.level);
    w.varint(op.unit.index);
    w.string(op.key);
    if (op.kind == Batch::Kind::kErase) return bytes(head);
    w.varint(op.value.size());
    TERRANE_TRY(bytes(head));
    return bytes(op.value);
  }

  Result<std::vector<std::string>> commit() {
    LogBatch last{take_chunk(), true};
    std::string payload;
    ByteWriter w(payload);
    w.varint(keys_.size());
    w.fixed(hash64(as_bytes(seals_)));
    std::string key = log_key(id_, kCommit);
    last.batch.put(log_unit(), key, sealed(std::move(payload), key, nullptr));
    TERRANE_TRY(write_(std::move(last)));
    keys_.push_back(std::move(key));
    return std::move(keys_);
  }

 private:
  Status bytes(std::string_view more) {
    while (!more.empty()) {
      if (chunk_.size() >= chunk_bytes_) TERRANE_TRY(write_({take_chunk(), false}));
      const std::size_t n = std::min(more.size(), chunk_bytes_ - chunk_.size());
      chunk_.append(more.substr(0, n));
      more.remove_prefix(n);
    }
    return ok();
  }
  Batch take_chunk() {
    std::string key = log_key(id_, static_cast<std::uint32_t>(keys_.size()));
    Batch batch;
    batch.put(log_unit(), key, sealed(std::exchange(chunk_, {}), key, &seals_));
    keys_.push_back(std::move(key));
    return batch;
  }

  const std::uint64_t id_;
  const std::size_t chunk_bytes_;
  const std::function<Status(LogBatch)>& write_;
  std::string chunk_, seals_;
  std::vector<std::string> keys_;
};

Result<Changes> parse_changes(std::string_view payload) {
  Changes changes;
  ByteReader r(payload);
  while (r.remaining() > 0) {
    Batch::Op op{};
    const auto kind = r.fixed<std::uint8_t>();
    if (kind < 1 || kind > 3) return damaged("a change of kind " + std::to_string(kind));
    op.kind = static_cast<Batch::Kind>(kind - 1);
    op.unit.kind = r.fixed<std::uint8_t>();
    op.unit.level = r.fixed<std::uint8_t>();
    op.unit.index = r.varint();
    op.key = r.string();
    if (op.kind != Batch::Kind::kErase) op.value = r.string();
    if (r.failed()) return damaged("a change is cut off");
    changes.push_back(std::move(op));
  }
  return changes;
}

// Puts together what the log has of one batch after the other.
class LogReader {
 public:
  Status add(std::string_view key, std::string_view value) {
    TERRANE_ASSIGN(const LogKey at, parse_log_key(key));
    const auto payload = unsealed(value, key);
    if (!payload) return damaged("a value does not match its seal");
    log_.keys.emplace_back(key);
    if (at.id != id_) begin(at.id);
    if (at.number == kCommit) return commit(*payload);
    ++chunks_;
    payload_.append(*payload);
    seals_.append(value.substr(payload->size()));
    return ok();
  }
  Log take() { return std::move(log_); }

 private:
  void begin(std::uint64_t id) {
    id_ = id;
    chunks_ = 0;
    payload_.clear();
    seals_.clear();
  }
  Status commit(std::string_view payload) {
    ByteReader r(payload);
    const std::uint64_t chunks = r.varint();
    const auto hash = r.fixed<std::uint64_t>();
    if (!r.finished()) return damaged("a commit record is not as long as it should be");
    if (chunks != chunks_ || hash != hash64(as_bytes(seals_))) {
      return damaged("a committed batch of " + std::to_string(chunks) + " chunks is not whole");
    }
    TERRANE_ASSIGN(Changes changes, parse_changes(payload_));
    log_.committed.push_back(std::move(changes));
    return ok();
  }

  Log log_;
  std::uint64_t id_ = 0;
  std::uint32_t chunks_ = 0;
  std::string payload_, seals_;
};

}  // namespace

bool is_of_log(Unit unit, std::string_view key) {
  return unit == log_unit() || key.starts_with(kLogBegin);
}

Result<std::vector<std::string>> write_log(std::uint64_t id, const Changes& changes, std::size_t chunk_bytes,
                                           const std::function<Status(LogBatch)>& write) {
  ChunkWriter writer(id, chunk_bytes, write);
  for (const Batch::Op& op : changes) TERRANE_TRY(writer.add(op));
  return writer.commit();
}

Result<Log> read_log(const Snapshot& snapshot) {
  LogReader reader;
  const auto cursor = snapshot.scan(log_unit(), kLogBegin, kLogEnd);
  for (cursor->seek(kLogBegin); cursor->valid(); cursor->next()) {
    TERRANE_TRY(reader.add(cursor->key(), cursor->value()));
  }
  TERRANE_TRY(cursor->status());
  return reader.take();
}

}  // namespace terrane::staged

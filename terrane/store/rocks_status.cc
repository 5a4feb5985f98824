#include "terrane/store/rocks_status.h"

namespace terrane {

namespace {

bool says(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

// Both of RocksDB's ways to find the LOCK file taken: by fcntl, and by its own table of this process.
bool is_lock_held(const rocksdb::Status& status, const std::string& text) {
  return status.IsIOError() && (says(text, "lock hold by current process") ||
                                (says(text, "While lock file") && says(text, "temporarily unavailable")));
}

struct Meaning {
  ErrorCode code;
  std::string_view what;
  std::string_view advice;
};

Meaning meaning(const rocksdb::Status& status, const std::string& text) {
  if (is_lock_held(status, text)) {
    return {ErrorCode::kLocked, "the store is open for writing",
            says(text, "current process") ? "in this process already; close it or open read-only"
                                          : "in another process; close it or open read-only"};
  }
  if (says(text, "No such file")) {
    return {ErrorCode::kCorrupt, "a file of the store is gone", "restore it or the store from a backup"};
  }
  if (status.IsCorruption() || status.IsInvalidArgument() || status.IsNotFound()) {
    return {ErrorCode::kCorrupt, "stored bytes are damaged", "verify, then repair or restore from a backup"};
  }
  if (status.IsNotSupported()) {
    return {ErrorCode::kUnsupported, "the store was written by a newer engine", "update terrane"};
  }
  if (status.IsNoSpace()) {
    return {ErrorCode::kIo, "the disk is full", "free some space, then open the store again"};
  }
  return {ErrorCode::kIo, "the disk or the operating system failed",
          "check the disk, then open the store again"};
}

// Where a table is gone, RocksDB tells of the name that its ancestor would have given it.
std::string text_of(const rocksdb::Status& status) {
  std::string text = status.ToString();
  for (auto at = text.find(".ldb"); at != std::string::npos; at = text.find(".ldb", at)) {
    text.replace(at, 4, ".sst");
  }
  return text;
}

}  // namespace

Error rocks_error(const rocksdb::Status& status, std::string_view doing, const std::string& path) {
  const std::string text = text_of(status);
  const Meaning m = meaning(status, text);
  std::string message(doing);
  message.append(": ").append(m.what);
  message.append(m.code == ErrorCode::kLocked ? " " : "; ").append(m.advice);
  message.append("; path=`").append(path).append("`");
  if (m.code != ErrorCode::kLocked) message.append(", engine=`").append(text).append("`");
  return {m.code, std::move(message)};
}

}  // namespace terrane

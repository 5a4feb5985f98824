#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

namespace terrane {

// A file system whose changes fail on demand: for tests of what an engine on RocksDB does when the disk
// fails. Counts creating, appending, syncing, renaming, linking and removing.
class FaultyFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  FaultyFileSystem() : rocksdb::FileSystemWrapper(rocksdb::FileSystem::Default()) {}
  const char* Name() const override { return "FaultyFileSystem"; }

  // The change number `nth` from now fails (1 is the next), or it and all after it. Only files whose name
  // ends so count.
  void fail(std::uint64_t nth, bool sticky, bool no_space, std::string suffix = "") {
    suffix_ = std::move(suffix);
    no_space_ = no_space;
    sticky_ = sticky;
    nth_ = seen_ + nth;
  }
  void heal() {
    nth_ = 0;
    nth_read_ = 0;
  }
  // The read number `nth` of a table from now fails.
  void fail_read(std::uint64_t nth) { nth_read_ = reads_ + nth; }
  std::uint64_t reads_failed() const { return reads_failed_; }
  std::uint64_t changes() const { return seen_; }

  rocksdb::IOStatus change(const std::string& file) {
    if (!file.ends_with(suffix_)) return rocksdb::IOStatus::OK();
    const std::uint64_t now = ++seen_;
    const std::uint64_t nth = nth_;
    if (nth == 0 || now < nth || (now > nth && !sticky_)) return rocksdb::IOStatus::OK();
    return no_space_ ? rocksdb::IOStatus::NoSpace("injected") : rocksdb::IOStatus::IOError("injected");
  }

  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* out,
                                    rocksdb::IODebugContext* debug) override {
    if (rocksdb::IOStatus s = change(name); !s.ok()) return s;
    std::unique_ptr<rocksdb::FSWritableFile> file;
    rocksdb::IOStatus s = target()->NewWritableFile(name, options, &file, debug);
    if (s.ok()) *out = std::make_unique<File>(std::move(file), *this, name);
    return s;
  }
  rocksdb::IOStatus NewRandomAccessFile(const std::string& name, const rocksdb::FileOptions& options,
                                        std::unique_ptr<rocksdb::FSRandomAccessFile>* out,
                                        rocksdb::IODebugContext* debug) override {
    std::unique_ptr<rocksdb::FSRandomAccessFile> file;
    rocksdb::IOStatus s = target()->NewRandomAccessFile(name, options, &file, debug);
    if (s.ok()) *out = std::make_unique<Table>(std::move(file), *this);
    return s;
  }
  rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to,
                               const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override {
    if (rocksdb::IOStatus s = change(to); !s.ok()) return s;
    return target()->RenameFile(from, to, options, debug);
  }
  rocksdb::IOStatus LinkFile(const std::string& from, const std::string& to,
                             const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override {
    if (rocksdb::IOStatus s = change(to); !s.ok()) return s;
    return target()->LinkFile(from, to, options, debug);
  }
  rocksdb::IOStatus DeleteFile(const std::string& name, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override {
    if (rocksdb::IOStatus s = change(name); !s.ok()) return s;
    return target()->DeleteFile(name, options, debug);
  }

 private:
  class File final : public rocksdb::FSWritableFileOwnerWrapper {
   public:
    File(std::unique_ptr<rocksdb::FSWritableFile> file, FaultyFileSystem& system, std::string name)
        : FSWritableFileOwnerWrapper(std::move(file)), system_(system), name_(std::move(name)) {}
    rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* debug) override {
      if (rocksdb::IOStatus s = system_.change(name_); !s.ok()) {
        // A disk may take a part before it fails.
        const rocksdb::Slice part(data.data(), data.size() / 2);
        target()->Append(part, options, debug).PermitUncheckedError();
        return s;
      }
      return target()->Append(data, options, debug);
    }
    rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                             const rocksdb::DataVerificationInfo&, rocksdb::IODebugContext* debug) override {
      return Append(data, options, debug);
    }
    rocksdb::IOStatus Sync(const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override {
      if (rocksdb::IOStatus s = system_.change(name_); !s.ok()) return s;
      return target()->Sync(options, debug);
    }
    rocksdb::IOStatus Fsync(const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override {
      if (rocksdb::IOStatus s = system_.change(name_); !s.ok()) return s;
      return target()->Fsync(options, debug);
    }

   private:
    FaultyFileSystem& system_;
    const std::string name_;
  };

  class Table final : public rocksdb::FSRandomAccessFileOwnerWrapper {
   public:
    Table(std::unique_ptr<rocksdb::FSRandomAccessFile> file, FaultyFileSystem& system)
        : FSRandomAccessFileOwnerWrapper(std::move(file)), system_(system) {}
    rocksdb::IOStatus Read(std::uint64_t offset, std::size_t n, const rocksdb::IOOptions& options,
                           rocksdb::Slice* result, char* scratch,
                           rocksdb::IODebugContext* debug) const override {
      if (++system_.reads_ == system_.nth_read_) {
        ++system_.reads_failed_;
        return rocksdb::IOStatus::IOError("injected");
      }
      return target()->Read(offset, n, options, result, scratch, debug);
    }

   private:
    FaultyFileSystem& system_;
  };

  std::atomic<std::uint64_t> seen_{0}, nth_{0};
  std::atomic<std::uint64_t> reads_{0}, nth_read_{0}, reads_failed_{0};
  std::atomic<bool> sticky_{false}, no_space_{false};
  std::string suffix_;
};

}  // namespace terrane

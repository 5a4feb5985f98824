// What people write first: one value per brick of 64^3, compressed whole with zstd, keyed by the brick.
#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/table.h>
#include <rocksdb/version.h>
#include <zstd.h>

#include <sstream>

#include "benchmarks/compare_cpp/system.h"

namespace terrane::compare {

namespace {

constexpr std::int64_t kEdge = 64;
constexpr int kLevel = 3;

Status checked(const rocksdb::Status& status) {
  if (status.ok()) return ok();
  return Error{ErrorCode::kIo, "RocksDB: " + status.ToString()};
}

// Big endian, so that keys are in the order of x, then y, then z.
std::string key_of(Coord brick) {
  std::string key;
  for (const std::int64_t c : {brick.x, brick.y, brick.z}) {
    for (int shift = 24; shift >= 0; shift -= 8) key.push_back(static_cast<char>(c >> shift));
  }
  return key;
}

Box box_of(Coord brick, Coord extent) {
  return Box::of_size({brick.x * kEdge, brick.y * kEdge, brick.z * kEdge}, {kEdge, kEdge, kEdge})
      .intersect({{}, extent});
}

std::string text_of(Coord extent) {
  return std::to_string(extent.x) + " " + std::to_string(extent.y) + " " + std::to_string(extent.z);
}

class RocksReader final : public Reader {
 public:
  RocksReader(std::unique_ptr<rocksdb::DB> db, Coord extent)
      : db_(std::move(db)), extent_(extent), context_(ZSTD_createDCtx()) {}
  ~RocksReader() override { ZSTD_freeDCtx(context_); }
  RocksReader(const RocksReader&) = delete;
  RocksReader& operator=(const RocksReader&) = delete;

  Status forget() override { return ok(); }  // opened without a block cache, and keeps no brick

  Status read(const Box& box, int, VoxelView out) override {
    for (std::int64_t x = box.lo.x / kEdge; x * kEdge < box.hi.x; ++x) {
      for (std::int64_t y = box.lo.y / kEdge; y * kEdge < box.hi.y; ++y) {
        for (std::int64_t z = box.lo.z / kEdge; z * kEdge < box.hi.z; ++z) {
          TERRANE_TRY(load({x, y, z}));
          const Box part = box.intersect(brick_box_);
          const auto relative = [&](Coord to) { return Box{part.lo - to, part.hi - to}; };
          copy(brick_.view().sub(relative(brick_box_.lo)), out.sub(relative(box.lo)));
        }
      }
    }
    return ok();
  }

  Result<MaterialId> at(Coord voxel) override {
    TERRANE_TRY(load({voxel.x / kEdge, voxel.y / kEdge, voxel.z / kEdge}));
    return brick_.at(voxel - brick_box_.lo);
  }

 private:
  Status load(Coord brick) {
    TERRANE_TRY(checked(db_->Get({}, db_->DefaultColumnFamily(), key_of(brick), &value_)));
    brick_box_ = box_of(brick, extent_);
    if (brick_.size != brick_box_.size()) brick_ = VoxelArray(brick_box_.size());
    const std::size_t bytes = brick_.voxels.size() * sizeof(MaterialId);
    const std::size_t got =
        ZSTD_decompressDCtx(context_, brick_.voxels.data(), bytes, value_.data(), value_.size());
    value_.Reset();
    if (got == bytes) return ok();
    return corrupt("zstd gives another size than the brick has; brick=`" + to_string(brick) + "`");
  }

  std::unique_ptr<rocksdb::DB> db_;
  Coord extent_;
  ZSTD_DCtx* context_;
  rocksdb::PinnableSlice value_;
  VoxelArray brick_;
  Box brick_box_;
};

Status write_bricks(rocksdb::DB& db, const VoxelSource& source) {
  rocksdb::WriteOptions write;
  write.disableWAL = true;  // flushed at the end
  const Coord extent = source.size();
  VoxelArray brick;
  std::string packed;
  const std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context(ZSTD_createCCtx(), &ZSTD_freeCCtx);
  for (std::int64_t x = 0; x * kEdge < extent.x; ++x) {
    for (std::int64_t y = 0; y * kEdge < extent.y; ++y) {
      for (std::int64_t z = 0; z * kEdge < extent.z; ++z) {
        const Box box = box_of({x, y, z}, extent);
        if (brick.size != box.size()) brick = VoxelArray(box.size());
        TERRANE_TRY(source.read(box, brick.view()));
        const std::size_t bytes = brick.voxels.size() * sizeof(MaterialId);
        packed.resize(ZSTD_compressBound(bytes));
        packed.resize(ZSTD_compressCCtx(context.get(), packed.data(), packed.size(), brick.voxels.data(),
                                        bytes, kLevel));
        TERRANE_TRY(checked(db.Put(write, key_of({x, y, z}), packed)));
      }
    }
  }
  TERRANE_TRY(checked(db.Put(write, "extent", text_of(extent))));
  return checked(db.Flush({}));
}

class RocksSystem final : public System {
 public:
  std::string_view name() const override { return "RocksDB + zstd-3"; }
  std::string version() const override {
    return "RocksDB " + rocksdb::GetRocksVersionAsString() + ", zstd " + ZSTD_versionString();
  }

  Result<Json> ingest(const VoxelSource& source, const std::string& where) const override {
    rocksdb::Options options;
    options.create_if_missing = true;
    options.compression = rocksdb::kNoCompression;  // the values are
    rocksdb::DB* raw = nullptr;
    TERRANE_TRY(checked(rocksdb::DB::Open(options, where + "/db", &raw)));
    const std::unique_ptr<rocksdb::DB> db(raw);
    TERRANE_TRY(write_bricks(*db, source));
    TERRANE_TRY(checked(db->Close()));
    return Json::object();
  }

  Result<std::unique_ptr<Reader>> open(const std::string& where, const std::string&, Heat heat,
                                       std::uint64_t cache_bytes) const override {
    rocksdb::BlockBasedTableOptions table;
    if (heat == Heat::kCold) {
      table.no_block_cache = true;
    } else {
      table.block_cache = rocksdb::NewLRUCache(cache_bytes);
    }
    rocksdb::Options options;
    options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
    rocksdb::DB* raw = nullptr;
    TERRANE_TRY(checked(rocksdb::DB::OpenForReadOnly(options, where + "/db", &raw)));
    std::unique_ptr<rocksdb::DB> db(raw);
    std::string text;
    TERRANE_TRY(checked(db->Get({}, "extent", &text)));
    std::istringstream numbers(text);
    Coord extent;
    numbers >> extent.x >> extent.y >> extent.z;
    return std::unique_ptr<Reader>(std::make_unique<RocksReader>(std::move(db), extent));
  }
};

}  // namespace

std::unique_ptr<System> rocksdb_system() {
  return std::make_unique<RocksSystem>();
}

}  // namespace terrane::compare

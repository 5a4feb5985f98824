// An engine that was put back from an older copy, and the file beside it that shows it.

#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <iterator>
#include <thread>

#include "terrane/volume/epoch_file.h"
#include "terrane/volume/sample_store_testing.h"

namespace terrane {
namespace {

namespace fs = std::filesystem;

OpenOptions for_writing() {
  OpenOptions open;
  open.access = Access::kWrite;
  open.threads = 1;
  return open;
}

void write_steps(Volume& volume, std::size_t from, std::size_t to) {
  const std::vector<sample::Step> steps = sample::steps();
  for (std::size_t i = from; i < to; ++i) volume.write(steps[i].box, steps[i].voxels.view()).value();
}

void put_back(const std::string& store, const std::string& copy) {
  fs::remove_all(store + "/db");
  fs::copy(copy + "/db", store + "/db", fs::copy_options::recursive);
}

std::string content_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// Breaks after some reads.
class Source final : public VoxelSource {
 public:
  Source(std::string identity, int reads) : identity_(std::move(identity)), reads_(reads) {}
  Coord size() const override { return {530, 10, 70}; }
  std::string identity() const override { return identity_; }
  Status read(const Box&, VoxelView out) const override {
    if (reads_-- <= 0) return Error{ErrorCode::kIo, "the source broke"};
    fill(out, 2);
    return ok();
  }

 private:
  std::string identity_;
  mutable std::atomic<int> reads_;
};

TEST(Rollback, AnOlderCopyOfTheEngineIsRefused) {
  const std::string path = sample::fresh_path("rollback"), copy = sample::fresh_path("rollback_copy");
  {
    Volume volume = Volume::create(path, sample::create_options(), for_writing()).value();
    write_steps(volume, 0, 3);
    ASSERT_TRUE(volume.checkpoint(copy));
    write_steps(volume, 3, 4);
  }
  { sample::expect_clean(Volume::open(copy).value()); }
  const std::string epoch = content_of(path + "/epoch");
  put_back(path, copy);
  for (const Access access : {Access::kRead, Access::kWrite}) {
    OpenOptions options = for_writing();
    options.access = access;
    const auto opened = Volume::open(path, options);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ErrorCode::kCorrupt);
    EXPECT_NE(opened.error().message.find("back in time"), std::string::npos) << opened.error().message;
  }
  EXPECT_EQ(content_of(path + "/epoch"), epoch);
}

// The copy has work to finish, in more batches than it is behind: they must not be written before the check.
TEST(Rollback, AnOlderCopyThatHasWorkToFinishIsRefusedToo) {
  const std::string path = sample::fresh_path("rollback"), copy = sample::fresh_path("rollback_copy");
  {
    Volume volume = Volume::create(path, sample::create_options(), for_writing()).value();
    ASSERT_FALSE(volume.ingest(Source("first", 5)));
    IngestOptions restart;
    restart.restart = true;
    ASSERT_FALSE(volume.ingest(Source("second", 0), restart));
    EXPECT_EQ(volume.info().value().unfinished.size(), 2u) << "the levels of the first are due";
    ASSERT_TRUE(volume.checkpoint(copy));
    IngestOptions elsewhere;
    elsewhere.at = {530, 0, 0};
    ASSERT_FALSE(volume.ingest(Source("third", 0), elsewhere));
    EXPECT_EQ(volume.info().value().unfinished.size(), 3u);
  }
  put_back(path, copy);
  const auto opened = Volume::open(path, for_writing());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kCorrupt);
}

TEST(Rollback, ADamagedEpochFileIsCorruptAndALostOneIsFound) {
  const std::string path = sample::fresh_path("rollback");
  {
    Volume volume = Volume::create(path, sample::create_options(), for_writing()).value();
    write_steps(volume, 0, 2);
  }
  const std::string file = path + "/epoch";
  const std::string sound = content_of(file);
  ASSERT_GT(sound.size(), 17u);
  for (std::size_t i = 0; i <= sound.size(); ++i) {
    std::vector<std::string> damaged = {sound.substr(0, i) + "1" + sound.substr(i)};
    if (i < sound.size()) {
      damaged.push_back(sound.substr(0, i));
      for (unsigned bit = 0; bit < 8; ++bit) {
        damaged.push_back(sound);
        damaged.back()[i] = static_cast<char>(static_cast<unsigned char>(sound[i]) ^ (1u << bit));
      }
    }
    for (const std::string& text : damaged) {
      std::ofstream(file, std::ios::binary | std::ios::trunc) << text;
      const auto epoch = read_epoch_file(path);
      ASSERT_FALSE(epoch) << i << ": " << text;
      EXPECT_EQ(epoch.error().code, ErrorCode::kCorrupt);
    }
  }
  EXPECT_EQ(Volume::open(path).error().code, ErrorCode::kCorrupt);
  fs::remove(file);
  EXPECT_EQ(Volume::open(path).value().verify().value().missing, 1u);
  { ASSERT_TRUE(Volume::open(path, for_writing())); }
  sample::expect_clean(Volume::open(path).value());
}

// The file must not be newer than what a reader that opens at that moment finds in the engine.
TEST(Rollback, AReaderBesideAWriterIsNeverToldThatTheStoreWentBack) {
  const std::string path = sample::fresh_path("rollback");
  Volume writer = Volume::create(path, sample::create_options(), for_writing()).value();
  std::atomic<bool> done = false;
  std::thread writing([&] {
    const VoxelArray voxels({8, 8, 8}, 1);
    for (int i = 0; i < 40; ++i) {
      writer.write({{i, 0, 0}, {i + 8, 8, 8}}, voxels.view()).value();
      writer.compact().value();  // dates the file
    }
    done = true;
  });
  while (!done) {
    const auto reader = Volume::open(path);
    // Files that change too fast are a conflict: try again.
    if (!reader) {
      EXPECT_EQ(reader.error().code, ErrorCode::kConflict) << reader.error().message;
    }
  }
  writing.join();
}

}  // namespace
}  // namespace terrane

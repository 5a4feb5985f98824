#include "terrane/store/staged_log.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <sstream>

#include "terrane/base/hash.h"
#include "terrane/store/engines.h"
#include "terrane/store/units_model_testing.h"

// docs/format/staged.md as a test, and logs that are damaged.

namespace terrane {
namespace {

using staged::Changes;
using staged::Log;
using Kind = Batch::Kind;

// The bytes of the block that begins with "```hex NAME".
std::string bytes_of(const std::string& name) {
  std::ifstream in(TERRANE_DOCS "/format/staged.md");
  std::string line, bytes;
  bool inside = false, found = false;
  while (std::getline(in, line)) {
    if (line.starts_with("```")) {
      inside = line == "```hex " + name;
      found = found || inside;
      continue;
    }
    if (!inside) continue;
    std::istringstream words(line.substr(0, line.find('#')));
    for (std::string word; words >> word;) bytes += static_cast<char>(std::stoi(word, nullptr, 16));
  }
  EXPECT_TRUE(found) << "docs/format/staged.md has no block `hex " << name << "`";
  return bytes;
}

constexpr std::uint64_t kId = 41;

Changes example() {
  return {{Kind::kPut, true, {1, 0, 0}, "key", "value"},
          {Kind::kEraseRange, true, {2, 0, 300}, "a", "b"},
          {Kind::kErase, true, {0, 0, 0}, "old", {}}};
}

// What a chunk size of 20 makes of it: two chunks and the record.
const std::vector<std::pair<std::string, std::string>> kNames = {
    {"chunk-0-key", "chunk-0-value"}, {"chunk-1-key", "chunk-1-value"}, {"commit-key", "commit-value"}};

Result<Log> read_back(const Content& entries) {
  const auto engine = make_memory_engine();
  Batch batch;
  for (const auto& [key, value] : entries) batch.put(staged::log_unit(), key, value);
  EXPECT_TRUE(is_ok(engine->write(std::move(batch), Durability::kBuffered)));
  return staged::read_log(*engine->snapshot().value());
}

Content on_the_page() {
  Content out;
  for (const auto& [key, value] : kNames) out[bytes_of(key)] = bytes_of(value);
  return out;
}

bool same(const Changes& a, const Changes& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Batch::Op& x, const Batch::Op& y) {
    return x.kind == y.kind && x.unit == y.unit && x.key == y.key && x.value == y.value;
  });
}

TEST(StagedLog, IsWrittenAsOnThePage) {
  Content written;
  std::vector<bool> commits;
  const auto keys = staged::write_log(kId, example(), 20, [&](const staged::LogBatch& log) {
    for (const Batch::Op& op : log.batch.ops()) {
      EXPECT_EQ(op.unit, staged::log_unit());
      written[op.key] = op.value;
    }
    commits.push_back(log.commits);
    return ok();
  });
  ASSERT_TRUE(is_ok(keys));
  EXPECT_EQ(commits, (std::vector<bool>{false, true}));
  EXPECT_EQ(keys->size(), kNames.size());
  EXPECT_EQ(written, on_the_page());
}

TEST(StagedLog, IsReadAsOnThePage) {
  const auto log = read_back(on_the_page());
  ASSERT_TRUE(is_ok(log));
  ASSERT_EQ(log->committed.size(), 1u);
  EXPECT_TRUE(same(log->committed[0], example()));
  EXPECT_EQ(log->keys.size(), 3u);
}

TEST(StagedLog, ABatchWithoutItsCommitRecordIsDropped) {
  Content entries = on_the_page();
  entries.erase(bytes_of("commit-key"));
  const auto log = read_back(entries);
  ASSERT_TRUE(is_ok(log));
  EXPECT_TRUE(log->committed.empty());
  EXPECT_EQ(log->keys.size(), 2u);
  // The next batch is not touched by it.
  EXPECT_TRUE(is_ok(staged::write_log(kId + 1, example(), 1000, [&](const staged::LogBatch& next) {
    for (const Batch::Op& op : next.batch.ops()) entries[op.key] = op.value;
    return ok();
  })));
  const auto both = read_back(entries);
  ASSERT_TRUE(is_ok(both));
  ASSERT_EQ(both->committed.size(), 1u);
  EXPECT_TRUE(same(both->committed[0], example()));
  EXPECT_EQ(both->keys.size(), 4u);
}

TEST(StagedLog, EveryBitThatIsTurnedIsFound) {
  for (const auto& [key_name, value_name] : kNames) {
    for (const bool in_key : {false, true}) {
      const std::string key = bytes_of(key_name), value = bytes_of(value_name);
      const std::size_t first = in_key ? staged::kLogBegin.size() : 0;
      for (std::size_t bit = 8 * first; bit < 8 * (in_key ? key : value).size(); ++bit) {
        Content entries = on_the_page();
        entries.erase(key);
        std::string turned = in_key ? key : value;
        turned[bit / 8] = static_cast<char>(static_cast<unsigned char>(turned[bit / 8]) ^ (1u << bit % 8));
        entries[in_key ? turned : key] = in_key ? value : turned;
        EXPECT_TRUE(fails_with(read_back(entries), ErrorCode::kCorrupt))
            << (in_key ? key_name : value_name) << ", bit " << bit;
      }
    }
  }
}

TEST(StagedLog, ALostChunkAndACutValueAreFound) {
  for (std::size_t i = 0; i < 2; ++i) {
    Content entries = on_the_page();
    entries.erase(bytes_of(kNames[i].first));
    EXPECT_TRUE(fails_with(read_back(entries), ErrorCode::kCorrupt));
  }
  for (const auto& [key, value] : kNames) {
    for (std::size_t bytes = 0; bytes < bytes_of(value).size(); ++bytes) {
      Content entries = on_the_page();
      entries[bytes_of(key)].resize(bytes);
      EXPECT_TRUE(fails_with(read_back(entries), ErrorCode::kCorrupt));
    }
  }
  Content entries = on_the_page();
  entries[bytes_of("chunk-0-key") + "x"] = "longer";
  EXPECT_TRUE(fails_with(read_back(entries), ErrorCode::kCorrupt));
}

TEST(StagedLog, AChunkOfAnotherBatchIsFound) {
  Changes other = example();
  other[0].value = "other";
  Content entries = on_the_page();
  EXPECT_TRUE(is_ok(staged::write_log(kId, other, 20, [&](const staged::LogBatch& log) {
    if (!log.commits) entries[log.batch.ops()[0].key] = log.batch.ops()[0].value;
    return ok();
  })));
  EXPECT_NE(entries, on_the_page());
  EXPECT_TRUE(fails_with(read_back(entries), ErrorCode::kCorrupt));
}

// Whatever is sealed as it should be is read or refused.
TEST(StagedLog, HostileChangesDoNoHarm) {
  const std::uint64_t seed = 5;
  SCOPED_TRACE("seed " + std::to_string(seed));
  Random random(seed);
  const auto seal = [](const std::string& key, std::string payload) {
    ByteWriter(payload).fixed(hash64(as_bytes(payload), hash64(as_bytes(key))));
    return payload;
  };
  const std::string chunk_key = bytes_of("chunk-0-key"), commit_key = bytes_of("commit-key");
  std::string sound;
  for (const char* value : {"chunk-0-value", "chunk-1-value"}) {
    const std::string bytes = bytes_of(value);
    sound += bytes.substr(0, bytes.size() - sizeof(std::uint64_t));
  }
  std::size_t read = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string payload = sound.substr(0, random.below(sound.size()));
    for (std::uint64_t n = random.below(4); n > 0 && !payload.empty(); --n) {
      payload[random.below(payload.size())] = static_cast<char>(random.next());
    }
    const std::string chunk = seal(chunk_key, payload);
    std::string commit;
    ByteWriter w(commit);
    w.varint(1);
    w.fixed(hash64(as_bytes(chunk.substr(payload.size()))));
    const auto log = read_back({{chunk_key, chunk}, {commit_key, seal(commit_key, commit)}});
    read += log ? 1u : 0u;
    if (!log) {
      EXPECT_EQ(log.error().code, ErrorCode::kCorrupt);
    }
  }
  EXPECT_GT(read, 100u);
}

}  // namespace
}  // namespace terrane

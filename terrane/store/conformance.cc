#include "terrane/store/conformance.h"

#include <sys/mount.h>

#include <cstdlib>
#include <filesystem>

namespace terrane {

ScratchDirectory::ScratchDirectory() {
  std::string pattern = (std::filesystem::temp_directory_path() / "terrane-test-XXXXXX").string();
  const char* made = ::mkdtemp(pattern.data());
  EXPECT_NE(made, nullptr) << pattern;
  root_ = pattern;
}

ScratchDirectory::~ScratchDirectory() {
  ::umount2(path("mount").c_str(), MNT_DETACH);  // where a test that mounted something there gave up
  std::error_code ignored;
  std::filesystem::remove_all(root_, ignored);
}

std::string test_key(std::uint64_t i) {
  std::string out(1, 'k');
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<char>(i >> shift));
  return out;
}

std::string test_value(std::uint64_t seed, std::size_t bytes) {
  Random random(seed);
  std::string out;
  while (out.size() < bytes) {
    const std::uint64_t word = random.next();
    out.append(reinterpret_cast<const char*>(&word), sizeof word);
  }
  out.resize(bytes);
  return out;
}

Content content(const Snapshot& snapshot, Unit unit, const std::string& begin, const std::string& end) {
  Content out;
  const std::unique_ptr<Cursor> cursor = snapshot.scan(unit, begin, end);
  for (cursor->seek(begin); cursor->valid(); cursor->next()) {
    out.emplace_hint(out.end(), cursor->key(), cursor->value());
  }
  EXPECT_TRUE(is_ok(cursor->status()));
  return out;
}

Content content(const Engine& engine, Unit unit) {
  const auto snapshot = engine.snapshot();
  EXPECT_TRUE(is_ok(snapshot));
  return snapshot ? content(**snapshot, unit) : Content{};
}

void EngineFixture::SetUp() {
  auto engine = GetParam().create(scratch_.path("store"));
  ASSERT_TRUE(is_ok(engine));
  engine_ = *std::move(engine);
}

void EngineFixture::reopen() {
  engine_.reset();
  auto engine = GetParam().reopen(scratch_.path("store"));
  ASSERT_TRUE(is_ok(engine));
  engine_ = *std::move(engine);
}

void EngineFixture::put(const std::string& key, const std::string& value, Durability durability) {
  Batch batch;
  batch.put(kUnitA, key, value);
  ASSERT_TRUE(is_ok(engine_->write(std::move(batch), durability)));
}

std::optional<std::string> EngineFixture::get(const std::string& key, Unit unit) const {
  const auto snapshot = engine_->snapshot();
  EXPECT_TRUE(is_ok(snapshot));
  if (!snapshot) return std::nullopt;
  const auto value = (*snapshot)->get(unit, key);
  EXPECT_TRUE(is_ok(value));
  return value ? *value : std::nullopt;
}

}  // namespace terrane

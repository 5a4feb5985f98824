// docs/FORMAT.md as a test: the store it tells of is made anew, and every value is compared with the bytes on
// that page, decoded, damaged.

#include "terrane/volume/format.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <sstream>

#include "terrane/base/hash.h"
#include "terrane/codec/frame.h"
#include "terrane/store/engines.h"
#include "terrane/volume/delta_format.h"
#include "terrane/volume/epoch_file.h"
#include "terrane/volume/event_format.h"
#include "terrane/volume/history_format.h"
#include "terrane/volume/manifest.h"
#include "terrane/volume/raw_store_testing.h"

namespace terrane {
namespace {

using format::MapTag;

const std::string& page() {
  static const std::string text = [] {
    std::ifstream in(TERRANE_DOCS "/FORMAT.md", std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }();
  return text;
}

// The bytes of the block that begins with "```hex NAME".
std::string bytes_of(const std::string& name) {
  std::istringstream lines(page());
  std::string line, bytes;
  bool in = false, found = false;
  while (std::getline(lines, line)) {
    if (line.starts_with("```")) {
      in = line == "```hex " + name;
      found = found || in;
      continue;
    }
    if (!in) continue;
    std::istringstream words(line.substr(0, line.find('#')));
    for (std::string word; words >> word;) bytes += static_cast<char>(std::stoi(word, nullptr, 16));
  }
  EXPECT_TRUE(found) << "docs/FORMAT.md has no block `hex " << name << "`";
  return bytes;
}

constexpr Coord kExtent = {65, 3, 4};
constexpr Position kRegionEnd = kRegionPositions - 1;
constexpr Position kLineEnd = ~Position{0};

std::uint64_t model() {
  return format::constant_model(0);
}
Manifest manifest() {
  Manifest out;
  out.world.extent = kExtent;
  out.fill = 0;
  return out;
}
format::Counters counters(std::uint64_t uniform, std::uint64_t predicted, std::uint64_t bricks,
                          std::uint64_t bytes, std::uint64_t written) {
  format::Counters out{uniform, predicted, bricks, bytes, written, {}};
  if (bricks > 0) out.codecs[CodecId::kPalette] = {bricks, 41};
  return out;
}
std::uint64_t sum_of_seals(std::initializer_list<const char*> values) {
  std::uint64_t sum = 0;
  for (const char* value : values) sum += format::seal_of(bytes_of(value));
  return sum;
}
format::Record region_record() {
  return {1, 3, sum_of_seals({"uniform-value", "brick-value", "predicted-value"}),
          counters(1, 1, 1, 89, 780)};
}
format::Record directory_record() {
  return {1, 2, sum_of_seals({"own-value", "directory-value"}), counters(0, 1, 0, 50, 0)};
}
format::Pending ingest() {
  return {2, format::Pending::Kind::kIngest, {{60, 0, 0}, {70, 3, 4}}, "a.npy", 1, 0, 3};
}

// One kind of value: how the page names it, where it stands, and how it is read.
struct Kind {
  std::string name;
  Unit unit;
  std::string key;
  std::function<Status(std::string_view key, std::string_view value)> parse;
};

template <class R>
Status status_of(const R& result) {
  return result ? ok() : Status(result.error());
}

std::vector<Kind> all_kinds() {
  const auto range = [](std::string_view key, std::string_view value) {
    return status_of(format::parse_range(key, value, model()));
  };
  const auto record = [](std::string_view key, std::string_view value) {
    return status_of(format::parse_record(key, value, model()));
  };
  const Unit region = format::region_unit(0, 0), directory = format::directory_unit(0);
  const Unit meta = format::meta_unit();
  return {
      {"manifest", meta, format::manifest_key(),
       [](std::string_view, std::string_view value) { return status_of(parse_manifest(value)); }},
      {"totals", meta, format::totals_key(),
       [](std::string_view, std::string_view value) {
         return status_of(format::parse_totals(value, model()));
       }},
      {"uniform", region, format::map_key(0, 0), range},
      {"brick", region, format::map_key(0, 1), range},
      {"predicted", region, format::map_key(0, kRegionEnd), range},
      {"own", directory, format::map_key(0, kRegionEnd, MapTag::kOwn),
       [](std::string_view key, std::string_view value) {
         return status_of(format::unseal(value, key, model(), "own entry"));
       }},
      {"directory", directory, format::map_key(0, kLineEnd, MapTag::kDirectory), range},
      {"region-record", region, format::record_key(0, 0), record},
      {"directory-record", directory, format::directory_record_key(0), record},
      {"delta", format::delta_unit(0, 0), format::delta_key(0, 1, 0),
       [](std::string_view key, std::string_view value) {
         return status_of(format::parse_delta(key, value, model()));
       }},
      {"delta-record", directory, format::delta_record_key(0, 0),
       [](std::string_view key, std::string_view value) {
         return status_of(format::parse_delta_record(key, value, model()));
       }},
      {"event", format::event_unit(1), format::event_key(1),
       [](std::string_view key, std::string_view value) {
         return status_of(format::parse_event(key, value, model()));
       }},
      {"folded", format::history_unit(), format::folded_key(1, 47),
       [](std::string_view key, std::string_view value) {
         return status_of(format::parse_folded(key, value, model()));
       }},
      {"replaced", format::history_unit(), format::replaced_key(2, 0),
       [](std::string_view key, std::string_view value) {
         return status_of(format::parse_replaced(key, value, model()));
       }},
      {"ingest", meta, format::pending_key(2),
       [](std::string_view key, std::string_view value) {
         return status_of(format::parse_pending(key, value, model()));
       }},
  };
}

bool is_of_edits(const Kind& kind) {
  return kind.unit.kind > format::region_unit(0, 0).kind || kind.name == "delta-record";
}

// The store of the page, written into `store`.
Volume page_store(RawStore& store, Executor& here) {
  OpenOptions open;
  open.executor = &here;
  CreateOptions create;
  create.world.extent = kExtent;
  create.fill = 0;
  Volume volume = Volume::create_on(store.lend(), create, open).value();
  VoxelArray voxels(kExtent, 7);
  const std::vector<MaterialId> brick = {0, 0, 0, 0, 5, 5, 5, 0, 0, 0, 5, 7};
  copy(ConstVoxelView::dense(brick.data(), {1, 3, 4}), voxels.view().sub({{64, 0, 0}, {65, 3, 4}}));
  // The policy that does not weigh strategies: the bytes do not hang on what others would cost.
  WriteOptions options;
  options.encoding.policy = Policy::kFast;
  EXPECT_TRUE(volume.write(volume.world().bounds(), voxels.view(), options));
  return volume;
}

TEST(Format, EditsOfTheStoreLeaveTheBytesOfThePage) {
  RawStore store(make_memory_engine());
  InlineExecutor here;
  Volume volume = page_store(store, here);
  std::size_t shown = 0;
  const auto expect_shown = [&](const std::string& name) {
    const std::vector<Kind> kinds = all_kinds();
    const auto kind = std::find_if(kinds.begin(), kinds.end(), [&](const Kind& k) { return k.name == name; });
    EXPECT_EQ(bytes_of(name + "-key"), kind->key) << name;
    EXPECT_EQ(bytes_of(name + "-value"), (store.values()[{kind->unit, kind->key}])) << name;
    ++shown;
  };
  EditOptions options;
  options.process = Process::kErosion;
  options.author = "river";
  options.note = "flood";
  options.time_us = 1'700'000'000'000'000;
  const VoxelEdit edit{{64, 1, 1}, 9};
  ASSERT_TRUE(volume.edit({&edit, 1}, options));
  expect_shown("delta");
  expect_shown("delta-record");
  expect_shown("event");
  ASSERT_TRUE(volume.edit({{0, 0, 0}, {64, 3, 4}}, 8, options));
  expect_shown("replaced");
  ASSERT_TRUE(volume.fold());
  expect_shown("folded");
  const std::vector<Kind> kinds = all_kinds();
  EXPECT_EQ(shown, static_cast<std::size_t>(std::count_if(kinds.begin(), kinds.end(), is_of_edits)));
}

TEST(Format, TheStoreOfThePageHoldsTheBytesOfThePage) {
  RawStore store(make_memory_engine());
  InlineExecutor here;
  const Volume volume = page_store(store, here);
  StoredValues stored = store.values();
  std::size_t of_level0 = 0;
  for (const auto& [at, value] : stored) of_level0 += at.first.level == 0 ? 1 : 0;
  std::size_t shown = 0;
  for (const Kind& kind : all_kinds()) {
    EXPECT_EQ(bytes_of(kind.name + "-key"), kind.key) << kind.name;
    if (kind.name == "ingest") continue;  // this store has nothing unfinished
    if (is_of_edits(kind)) continue;      // nor was it edited
    EXPECT_EQ(bytes_of(kind.name + "-value"), (stored[{kind.unit, kind.key}])) << kind.name;
    ++shown;
  }
  EXPECT_EQ(shown, of_level0) << "the page leaves out a key of level 0";
  EXPECT_NE(page().find("`0x30a2dbb8b16b3562`"), std::string::npos);
  EXPECT_EQ(model(), 0x30a2dbb8b16b3562u);
}

TEST(Format, RangesDecodeAsThePageSays) {
  const auto parsed = [](const std::string& name) {
    static std::string value;  // a frame is a view into it
    value = bytes_of(name + "-value");
    return format::parse_range(bytes_of(name + "-key"), value, model()).value();
  };
  const auto check = [&](const std::string& name, const terrane::Run& run, const format::Content& content) {
    const format::Range range = parsed(name);
    EXPECT_EQ(range.run, run) << name;
    EXPECT_EQ(range.content, content) << name;
    const std::string key = bytes_of(name + "-key");
    EXPECT_EQ(range.bytes, key.size() + bytes_of(name + "-value").size());
    EXPECT_EQ(format::range_value(key, run, content, range.frame, model()), bytes_of(name + "-value"));
  };
  check("uniform", {0, 0}, {RangeKind::kUniform, 7, true});
  check("predicted", {2, kRegionEnd}, {RangeKind::kPredicted, 0, false});
  check("directory", {kRegionPositions, kLineEnd}, {RangeKind::kPredicted, 0, false});
  check("brick", {1, 1}, {RangeKind::kBrick, 0, true});
  const format::Range brick = parsed("brick");
  EXPECT_EQ(brick.codec, CodecId::kPalette);
  EXPECT_EQ(brick.codec_version, 1);
  CodecScratch scratch;
  std::vector<MaterialId> voxels(12);
  ASSERT_TRUE(decode_frame(as_bytes(brick.frame), BrickShape{1, 3, 4}, CheckVoxels::kYes, scratch, voxels));
  EXPECT_EQ(voxels, (std::vector<MaterialId>{0, 0, 0, 0, 5, 5, 5, 0, 0, 0, 5, 7}));
  EXPECT_EQ(format::own_value(bytes_of("own-key"), model()), bytes_of("own-value"));
}

TEST(Format, RecordsDecodeAsThePageSays) {
  const std::string region = bytes_of("region-record-key"), directory = bytes_of("directory-record-key");
  EXPECT_EQ(format::parse_record(region, bytes_of("region-record-value"), model()).value(), region_record());
  EXPECT_EQ(format::record_value(region, region_record(), model()), bytes_of("region-record-value"));
  EXPECT_EQ(format::parse_record(directory, bytes_of("directory-record-value"), model()).value(),
            directory_record());
  EXPECT_EQ(format::record_value(directory, directory_record(), model()), bytes_of("directory-record-value"));

  const format::Totals totals = format::parse_totals(bytes_of("totals-value"), model()).value();
  format::Counters level0 = region_record().counters;
  level0.add(directory_record().counters, 1);
  const format::Totals expected{23, 2492, 2, 1,     sum_of_seals({"manifest-value"}), totals.record_sum, 0, 0,
                                0,  0,    0, level0};
  EXPECT_EQ(totals, expected);
  EXPECT_EQ(format::totals_value(expected, model()), bytes_of("totals-value"));

  const std::string key = bytes_of("ingest-key");
  EXPECT_EQ(format::parse_pending(key, bytes_of("ingest-value"), model()).value(), ingest());
  EXPECT_EQ(format::pending_value(key, ingest(), model()), bytes_of("ingest-value"));
  EXPECT_EQ(parse_manifest(bytes_of("manifest-value")).value(), manifest());
  EXPECT_EQ(manifest_value(manifest()), bytes_of("manifest-value"));
}

TEST(Format, EveryFlippedBitAndEveryCutIsCorrupt) {
  for (const Kind& kind : all_kinds()) {
    SCOPED_TRACE(kind.name);
    const std::string value = bytes_of(kind.name + "-value");
    ASSERT_TRUE(kind.parse(kind.key, value));
    const auto expect_corrupt = [&](std::string_view damaged, std::size_t where) {
      const Status status = kind.parse(kind.key, damaged);
      ASSERT_FALSE(status) << where;
      EXPECT_EQ(status.error().code, ErrorCode::kCorrupt) << where;
    };
    for (std::size_t n = 0; n < value.size(); ++n) {
      expect_corrupt(std::string_view(value).substr(0, n), n);
      if (n > 0) expect_corrupt(std::string_view(value).substr(n), n);
    }
    expect_corrupt(value + '\0', value.size());
    for (std::size_t bit = 0; bit < 8 * value.size(); ++bit) {
      std::string damaged = value;
      damaged[bit / 8] = static_cast<char>(static_cast<unsigned char>(damaged[bit / 8]) ^ (1u << bit % 8));
      expect_corrupt(damaged, bit / 8);
    }
  }
}

TEST(Format, AValueUnderAnotherKeyOrOfAnotherModelIsCorrupt) {
  for (const Kind& kind : all_kinds()) {
    const std::string value = bytes_of(kind.name + "-value");
    for (const Kind& other : all_kinds()) {
      if (other.name == kind.name) continue;
      const Status status = other.parse(other.key, value);
      ASSERT_FALSE(status) << kind.name << " under the key of " << other.name;
      EXPECT_EQ(status.error().code, ErrorCode::kCorrupt);
    }
    for (std::size_t bit = 0; bit < 8 * kind.key.size(); ++bit) {
      std::string key = kind.key;
      key[bit / 8] = static_cast<char>(static_cast<unsigned char>(key[bit / 8]) ^ (1u << bit % 8));
      EXPECT_FALSE(format::unseal(value, key, kind.name == "manifest" ? 0 : model(), "value")) << kind.name;
    }
    EXPECT_FALSE(format::unseal(value, kind.key, format::constant_model(1), "value")) << kind.name;
  }
}

// What a faulty program may write: any payload with a good seal either parses or is corrupt.
TEST(Format, SealedRubbishIsCorruptAtWorst) {
  Random random(12);
  int parsed = 0;
  for (const Kind& kind : all_kinds()) {
    for (int i = 0; i < 5000; ++i) {
      std::string payload = bytes_of(kind.name + "-value");
      payload.resize(payload.size() - 8);
      for (std::uint64_t n = 1 + random.below(4); n > 0; --n) {
        payload[random.below(payload.size())] = static_cast<char>(random.below(256));
      }
      if (random.below(4) == 0) payload.resize(random.below(payload.size()) + 1);
      format::seal(payload, kind.key, kind.name == "manifest" ? 0 : model());
      const Status status = kind.parse(kind.key, payload);
      parsed += status ? 1 : 0;
      if (status || kind.name == "manifest") continue;
      EXPECT_EQ(status.error().code, ErrorCode::kCorrupt) << status.error().message;
    }
  }
  EXPECT_GT(parsed, 0);
}

TEST(Format, ASoundManifestOfAnotherVersionIsUnsupportedAndNamed) {
  for (const std::size_t at : {std::size_t{4}, std::size_t{6}}) {
    std::string value = bytes_of("manifest-value");
    value.resize(value.size() - 8);
    value[at] = 9;
    format::seal(value, format::manifest_key(), 0);
    const auto parsed = parse_manifest(value);
    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error().code, ErrorCode::kUnsupported);
    EXPECT_NE(parsed.error().message.find(at == 4 ? "9.2" : "0.9"), std::string::npos);
    EXPECT_NE(parsed.error().message.find("0.2"), std::string::npos);
  }
}

TEST(Format, MapKeysSortByLevelPositionAndTag) {
  const Position positions[] = {0, 1, 255, 256, kRegionEnd, kRegionPositions, kLineEnd};
  std::string last;
  for (int level = 0; level <= kMaxLevel; ++level) {
    for (const Position position : positions) {
      for (const MapTag tag : {MapTag::kRange, MapTag::kDirectory, MapTag::kOwn}) {
        const std::string key = format::map_key(level, position, tag);
        EXPECT_EQ(key.size(), format::kMapKeyBytes);
        EXPECT_LT(last, key);
        last = key;
        const format::MapKey parsed = format::parse_map_key(key).value();
        EXPECT_EQ(parsed.level, level);
        EXPECT_EQ(parsed.position, position);
        EXPECT_EQ(parsed.tag, tag);
      }
    }
    EXPECT_LT(last, format::map_end(level));
    EXPECT_LE(format::map_end(level), format::map_key(level + 1, 0));
  }
  for (const std::string& bad : {std::string(), std::string(11, '\0'), format::map_key(22, 0),
                                 format::map_key(0, 0) + '\0', format::map_key(0, 0).substr(0, 10),
                                 format::map_key(0, 0, static_cast<MapTag>(3)), format::record_key(0, 0)}) {
    EXPECT_EQ(format::parse_map_key(bad).error().code, ErrorCode::kCorrupt);
  }
}

TEST(Format, TheEpochFileIsAsThePageSays) {
  const std::string store = testing::TempDir() + "terrane_format_epoch";
  std::filesystem::create_directories(store);
  ASSERT_TRUE(write_epoch_file(store, 23));
  std::ifstream in(store + "/epoch", std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  EXPECT_NE(page().find("```\n" + text + "```\n"), std::string::npos) << text;
  EXPECT_EQ(read_epoch_file(store).value(), 23u);
}

}  // namespace
}  // namespace terrane

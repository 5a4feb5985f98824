#include <gtest/gtest.h>

#include <cstring>

#include "terrane/decide/prices.h"
#include "terrane/volume/dense_truth_testing.h"
#include "terrane/volume/explain.h"

// Which strategy a brick is written with, and what becomes of a store whose strategies a program lacks.
namespace terrane {
namespace {

using namespace testing_truth;

// An application's strategy: voxels as they are, after a byte of its own.
class Plain : public Codec {
 public:
  explicit Plain(int id = 200, std::string name = "acme-plain") : id_(id), name_(std::move(name)) {}
  CodecId id() const override { return static_cast<CodecId>(id_); }
  std::string_view name() const override { return name_; }
  std::uint8_t version() const override { return 4; }
  std::uint8_t min_version() const override { return 1; }
  std::size_t bound(BrickShape shape) const override { return 1 + shape.voxels() * sizeof(MaterialId); }
  bool encode(std::span<const MaterialId> voxels, const BrickContext&, const EncodeParameters&, CodecScratch&,
              std::string& out) const override {
    out.push_back('P');
    out.append(reinterpret_cast<const char*>(voxels.data()), voxels.size_bytes());
    return true;
  }
  Status decode(Bytes bytes, std::uint8_t, const BrickContext&, CodecScratch&,
                std::span<MaterialId> voxels) const override {
    if (bytes.size() != 1 + voxels.size_bytes()) return corrupt("a plain brick has another length");
    std::memcpy(voxels.data(), bytes.data() + 1, voxels.size_bytes());
    return ok();
  }
  Result<MaterialId> at(Bytes bytes, std::uint8_t version, const BrickContext& brick, Coord c,
                        CodecScratch& scratch) const override {
    std::vector<MaterialId> voxels(brick.shape.voxels());
    TERRANE_TRY(decode(bytes, version, brick, scratch, voxels));
    return voxels[voxel_index(brick.shape, c)];
  }

 private:
  int id_;
  std::string name_;
};

// Takes no brick, and leaves bytes behind.
class Shy final : public Plain {
 public:
  Shy() : Plain(201, "acme-shy") {}
  bool encode(std::span<const MaterialId>, const BrickContext&, const EncodeParameters&, CodecScratch&,
              std::string& out) const override {
    out += "no";
    return false;
  }
};

// Believes that an application's strategies cost nothing.
class Generous final : public CostModel {
 public:
  std::string_view name() const override { return "generous"; }
  std::optional<Estimate> estimate(const Codec& codec, const EncodeParameters& how, const BrickStats& stats,
                                   BrickShape shape) const override {
    if (is_private(codec.id())) return Estimate{1, 1, 1, 1, 1, 0, 0};
    return known_.estimate(codec, how, stats, shape);
  }

 private:
  AnalyticPrices known_;
};

std::shared_ptr<const CodecTable> table_with(int id, const std::string& name) {
  auto table = std::make_shared<CodecTable>();
  table->add(std::make_shared<Plain>(id, name)).value();
  return table;
}

VoxelArray noisy(Coord size, std::uint64_t one_in, std::uint64_t seed = 1) {
  Random random(seed);
  VoxelArray out(size);
  for (MaterialId& m : out.voxels)
    m = static_cast<MaterialId>(random.below(one_in) == 0 ? 2 + random.below(6) : 1);
  return out;
}

OpenOptions with(std::shared_ptr<const CodecTable> codecs, Access access = Access::kWrite) {
  OpenOptions open;
  open.access = access;
  open.codecs = std::move(codecs);
  return open;
}

// The bricks of level 0 by strategy.
std::map<std::string, CodecUse> uses(const Volume& volume) {
  return volume.info().value().codecs;
}

TEST(Choose, WritesWithTheStrategyThatIsAskedFor) {
  for (const Codec* codec : all_codecs()) {
    if (codec->id() == CodecId::kUniform) continue;
    SCOPED_TRACE(codec->name());
    Volume volume = Volume::create("memory:", options_for({70, 66, 65})).value();
    const VoxelArray voxels = noisy({70, 66, 65}, 30);
    WriteOptions options;
    options.encoding.codec = codec->id();
    ASSERT_TRUE(volume.write(volume.world().bounds(), voxels.view(), options));
    const auto used = uses(volume);
    ASSERT_EQ(used.size(), 1u);
    EXPECT_EQ(used.begin()->first, codec->name());
    expect_levels(volume, voxels, 7);
    expect_clean(volume);
  }
}

TEST(Choose, FollowsTheGuideWhereAsked) {
  Volume volume = Volume::create("memory:", options_for({192, 64, 64}, wet())).value();
  VoxelArray voxels({192, 64, 64}, 1);
  // Nearly all water; two materials; seven.
  copy(noisy({64, 64, 64}, 50).view(), voxels.view().sub({{0, 0, 0}, {64, 64, 64}}));
  fill(voxels.view().sub({{64, 0, 0}, {128, 64, 30}}), 2);
  copy(noisy({64, 64, 64}, 2).view(), voxels.view().sub({{128, 0, 0}, {192, 64, 64}}));
  WriteOptions options;
  options.encoding.profile = Profile::kGuide;
  ASSERT_TRUE(volume.write(volume.world().bounds(), voxels.view(), options));
  const auto used = uses(volume);
  EXPECT_EQ(used.at("rle").bricks, 1u);
  EXPECT_EQ(used.at("octree").bricks, 1u);
  EXPECT_EQ(used.at("hybrid").bricks, 1u);
  expect_levels(volume, voxels, 7);
  expect_clean(volume);
}

TEST(Choose, KeepsToTheLimitsOfAWrite) {
  Volume volume = Volume::create("memory:", options_for({64, 64, 64})).value();
  WriteOptions options;
  options.encoding.requirements = Requirements{};
  options.encoding.requirements->max_memory_mb = 0.1;
  const VoxelArray voxels = noisy({64, 64, 64}, 300);
  ASSERT_TRUE(volume.write(volume.world().bounds(), voxels.view(), options));
  EXPECT_EQ(uses(volume).begin()->first, "palette");
  expect_levels(volume, voxels, 7);
}

TEST(Choose, GivesTheSameBytesTheSecondTime) {
  const VoxelArray voxels = noisy({130, 70, 70}, 40);
  std::vector<std::uint64_t> sizes;
  for (int i = 0; i < 2; ++i) {
    Volume volume = Volume::create("memory:", options_for({130, 70, 70})).value();
    // What was read meanwhile does not matter.
    for (int k = 0; k < 100 * i; ++k) ASSERT_TRUE(volume.at({k, 0, 0}));
    ASSERT_TRUE(volume.write(volume.world().bounds(), voxels.view()));
    sizes.push_back(volume.info().value().stored_bytes);
  }
  EXPECT_EQ(sizes[0], sizes[1]);
}

TEST(Choose, ReadsCountWhereAWriteIsAdaptive) {
  const VoxelArray voxels = noisy({64, 64, 64}, 300);
  const auto chosen = [&](bool adaptive) {
    Volume volume = Volume::create("memory:", options_for({64, 64, 64})).value();
    WriteOptions options;
    options.encoding.requirements = Requirements{};
    options.encoding.requirements->read_weight = 100;
    options.encoding.adaptive = adaptive;
    // Points all over the region, which is larger than the store.
    EXPECT_TRUE(volume.write(volume.world().bounds(), voxels.view(), options));
    for (int k = 0; k < 4000; ++k) EXPECT_TRUE(volume.at({k % 64, k / 64, 0}));
    EXPECT_TRUE(volume.write({{0, 0, 0}, {1, 1, 1}}, VoxelArray({1, 1, 1}, 9).view(), options));
    return uses(volume).begin()->first;
  };
  EXPECT_EQ(chosen(false), "context");
  EXPECT_NE(chosen(true), "context");
}

TEST(Choose, RefusesAStrategyThatIsNotHere) {
  Volume volume = Volume::create("memory:", options_for({64, 64, 64})).value();
  WriteOptions options;
  options.encoding.codec = static_cast<CodecId>(200);
  const Status status = volume.write(volume.world().bounds(), noisy({64, 64, 64}, 9).view(), options);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kInvalid);
  EXPECT_NE(status.error().message.find("OpenOptions::codecs"), std::string::npos);
  options.encoding.codec = CodecId::kUniform;
  EXPECT_EQ(volume.write(volume.world().bounds(), noisy({64, 64, 64}, 9).view(), options).error().code,
            ErrorCode::kInvalid);
}

TEST(Choose, TakesNoMoreBytesThanThePaletteWhereReadsDoNotCount) {
  OpenOptions open = with(table_with(130, "free-lunch"));
  open.cost_model = std::make_shared<Generous>();
  const VoxelArray voxels = noisy({64, 64, 64}, 1);
  const auto bytes_of = [&](const Encoding& encoding) {
    Volume volume = Volume::create("memory:", options_for({64, 64, 64}), open).value();
    WriteOptions options;
    options.encoding = encoding;
    EXPECT_TRUE(volume.write(volume.world().bounds(), voxels.view(), options));
    EXPECT_NE(uses(volume).begin()->first, "free-lunch");
    expect_levels(volume, voxels, 7);
    return volume.info().value().stored_bytes;
  };
  const std::uint64_t palette = bytes_of({.codec = CodecId::kPalette});
  for (const Policy policy : {Policy::kBalanced, Policy::kArchive})
    EXPECT_LE(bytes_of({.policy = policy}), palette) << name(policy);
}

TEST(Choose, TakesAnotherStrategyWhereOneDeclines) {
  auto table = std::make_shared<CodecTable>();
  table->add(std::make_shared<Shy>()).value();
  OpenOptions open = with(table);
  open.cost_model = std::make_shared<Generous>();
  const VoxelArray voxels = noisy({70, 64, 64}, 300);
  const auto used_by = [&](const Encoding& encoding) {
    Volume volume = Volume::create("memory:", options_for({70, 64, 64}), open).value();
    WriteOptions options;
    options.encoding = encoding;
    const Status status = volume.write(volume.world().bounds(), voxels.view(), options);
    EXPECT_TRUE(status) << status.error().message;
    expect_levels(volume, voxels, 7);
    expect_clean(volume);
    const auto used = uses(volume);
    EXPECT_EQ(used.size(), 1u);
    return used.begin()->first;
  };
  EXPECT_EQ(used_by({}), "context");
  EXPECT_EQ(used_by({.policy = Policy::kArchive}), "context");
  Requirements timely;
  timely.encode_weight = timely.read_weight = 1;
  EXPECT_EQ(used_by({.requirements = timely}), "context");
  EXPECT_EQ(used_by({.codec = static_cast<CodecId>(201)}), "palette");
}

TEST(PrivateStrategy, IsUsedNamedAndMissedClearly) {
  const std::string path = fresh_path("private_strategy");
  const VoxelArray voxels = noisy({64, 64, 64}, 9);
  {
    Volume volume =
        Volume::create(path, options_for({64, 64, 64}), with(table_with(200, "acme-plain"))).value();
    WriteOptions options;
    options.encoding.codec = static_cast<CodecId>(200);
    ASSERT_TRUE(volume.write(volume.world().bounds(), voxels.view(), options));
    EXPECT_EQ(uses(volume).begin()->first, "acme-plain");
    expect_levels(volume, voxels, 7);
    expect_clean(volume);
  }
  {
    // Without it: what the store is can be seen, and what is missing; nothing else is read as anything.
    const Volume volume = Volume::open(path).value();
    const VolumeInfo info = volume.info().value();
    ASSERT_EQ(info.private_codecs.size(), 1u);
    EXPECT_EQ(info.private_codecs[0].name, "acme-plain");
    EXPECT_EQ(info.private_codecs[0].version, 4);
    EXPECT_FALSE(info.private_codecs[0].here);
    EXPECT_EQ(info.codecs.begin()->first, "acme-plain");
    const auto expect_missing = [](const auto& result) {
      ASSERT_FALSE(result);
      EXPECT_EQ(result.error().code, ErrorCode::kUnsupported);
      for (const char* part : {"acme-plain", "codec 200", "version 4", "OpenOptions::codecs"}) {
        EXPECT_NE(result.error().message.find(part), std::string::npos) << result.error().message;
      }
    };
    expect_missing(volume.at({1, 2, 3}));
    expect_missing(volume.read({volume.world().bounds()}));
    expect_missing(volume.histogram(volume.world().bounds()));
    expect_missing(volume.analyze(volume.world().bounds()));
    expect_missing(volume.explain({1, 2, 3}, {}));
    expect_missing(volume.verify());
  }
  {
    const Volume volume = Volume::open(path, with(table_with(200, "acme-plain"), Access::kRead)).value();
    EXPECT_TRUE(volume.info().value().private_codecs[0].here);
    EXPECT_EQ(volume.read({volume.world().bounds()}).value().voxels, voxels.voxels);
  }
  for (const Access access : {Access::kRead, Access::kWrite}) {
    const auto other = Volume::open(path, with(table_with(200, "other-plain"), access));
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().code, ErrorCode::kConflict);
    EXPECT_NE(other.error().message.find("acme-plain"), std::string::npos);
  }
}

TEST(PrivateStrategy, IsNeverChosenWithoutAPrice) {
  Volume volume =
      Volume::create("memory:", options_for({64, 64, 64}), with(table_with(130, "free-lunch"))).value();
  ASSERT_TRUE(volume.write(volume.world().bounds(), noisy({64, 64, 64}, 9).view()));
  EXPECT_FALSE(uses(volume).contains("free-lunch"));
  const Explanation e = volume.explain({0, 0, 0}, {}).value();
  EXPECT_EQ(e.decision->candidates.back().excluded, Excluded::kUnpriced);
  EXPECT_EQ(e.decision->candidates.back().codec->name(), "free-lunch");
}

TEST(PrivateStrategy, IsChosenWhereTheApplicationsModelPricesIt) {
  OpenOptions open = with(table_with(130, "free-lunch"));
  open.cost_model = std::make_shared<Generous>();
  Volume volume = Volume::create("memory:", options_for({64, 64, 64}), open).value();
  WriteOptions options;
  options.encoding.requirements = Requirements{};
  options.encoding.requirements->read_weight = 1;
  ASSERT_TRUE(volume.write(volume.world().bounds(), noisy({64, 64, 64}, 9).view(), options));
  EXPECT_EQ(uses(volume).begin()->first, "free-lunch");
  EXPECT_EQ(volume.explain({0, 0, 0}, {}).value().cost_model, "generous");
}

}  // namespace
}  // namespace terrane

#include <gtest/gtest.h>

#include <cstring>
#include <set>

#include "terrane/codec/codec.h"

namespace terrane {
namespace {

TEST(Codecs, AreFoundByTheirIdAndName) {
  for (const Codec* codec : all_codecs()) {
    EXPECT_EQ(find_codec(codec->id()), codec);
    EXPECT_EQ(find_codec(codec->name()), codec);
    EXPECT_LE(codec->min_version(), codec->version());
    EXPECT_GE(codec->min_version(), 1);
  }
  EXPECT_EQ(find_codec(static_cast<CodecId>(200)), nullptr);
  EXPECT_EQ(find_codec("zip"), nullptr);
}

TEST(Codecs, KeepTheirIds) {
  EXPECT_EQ(find_codec("uniform")->id(), static_cast<CodecId>(0));
  EXPECT_EQ(find_codec("palette")->id(), static_cast<CodecId>(1));
  EXPECT_EQ(find_codec("rows")->id(), static_cast<CodecId>(2));
  EXPECT_EQ(find_codec("rle")->id(), static_cast<CodecId>(3));
  EXPECT_EQ(find_codec("octree")->id(), static_cast<CodecId>(4));
  EXPECT_EQ(find_codec("delta")->id(), static_cast<CodecId>(5));
  EXPECT_EQ(find_codec("hybrid")->id(), static_cast<CodecId>(6));
  EXPECT_EQ(find_codec("context")->id(), static_cast<CodecId>(7));
  EXPECT_EQ(find_codec("tree")->id(), static_cast<CodecId>(8));
  EXPECT_EQ(find_codec("archive")->id(), static_cast<CodecId>(9));
}

// The smallest strategy that an application could write: the voxels as they are.
class PlainCodec final : public Codec {
 public:
  PlainCodec(int id, std::string name, int version = 1)
      : id_(id), name_(std::move(name)), version_(version) {}
  CodecId id() const override { return static_cast<CodecId>(id_); }
  std::string_view name() const override { return name_; }
  std::uint8_t version() const override { return static_cast<std::uint8_t>(version_); }
  std::uint8_t min_version() const override { return 1; }
  std::size_t bound(BrickShape shape) const override { return shape.voxels() * sizeof(MaterialId); }
  bool encode(std::span<const MaterialId> voxels, const BrickContext&, const EncodeParameters&, CodecScratch&,
              std::string& out) const override {
    out.append(reinterpret_cast<const char*>(voxels.data()), voxels.size_bytes());
    return true;
  }
  Status decode(Bytes bytes, std::uint8_t, const BrickContext&, CodecScratch&,
                std::span<MaterialId> voxels) const override {
    if (bytes.size() != voxels.size_bytes()) return corrupt("not the length of the voxels");
    std::memcpy(voxels.data(), bytes.data(), bytes.size());
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
  int version_;
};

TEST(CodecTable, TakesAnApplicationsOwnStrategies) {
  CodecTable table;
  EXPECT_EQ(table.all().size(), all_codecs().size());
  ASSERT_TRUE(table.add(std::make_shared<PlainCodec>(128, "plain")));
  ASSERT_TRUE(table.add(std::make_shared<PlainCodec>(255, "plain-2")));
  EXPECT_EQ(table.find("plain")->id(), static_cast<CodecId>(128));
  EXPECT_EQ(table.find(static_cast<CodecId>(255))->name(), "plain-2");
  EXPECT_EQ(table.find(CodecId::kRows), find_codec(CodecId::kRows));
  EXPECT_EQ(CodecTable().find("plain"), nullptr);
}

TEST(CodecTable, RefusesIdsAndNamesThatAreNotTheApplications) {
  CodecTable table;
  ASSERT_TRUE(table.add(std::make_shared<PlainCodec>(200, "mine")));
  const auto refused = [&](std::shared_ptr<const Codec> codec, std::string_view why) {
    const Status status = table.add(std::move(codec));
    EXPECT_FALSE(status);
    if (status) return;
    EXPECT_EQ(status.error().code, ErrorCode::kInvalid);
    EXPECT_NE(status.error().message.find(why), std::string::npos) << status.error().message;
  };
  refused(std::make_shared<PlainCodec>(2, "rows2"), "128 to 255");
  refused(std::make_shared<PlainCodec>(127, "near"), "128 to 255");
  refused(std::make_shared<PlainCodec>(200, "other"), "registered already");
  refused(std::make_shared<PlainCodec>(201, "mine"), "registered already");
  refused(std::make_shared<PlainCodec>(201, "rows"), "registered already");
  refused(std::make_shared<PlainCodec>(201, ""), "1 to 32");
  refused(std::make_shared<PlainCodec>(201, "Mine"), "1 to 32");
  refused(std::make_shared<PlainCodec>(201, "none", 0), "min_version");
  refused(nullptr, "null");
  EXPECT_EQ(table.all().size(), all_codecs().size() + 1);
}

TEST(Policies, HaveNames) {
  for (const Policy policy : {Policy::kFast, Policy::kBalanced, Policy::kArchive}) {
    EXPECT_EQ(parse_policy(name(policy)).value(), policy);
  }
  const auto bad = parse_policy("best");
  ASSERT_FALSE(bad);
  EXPECT_NE(bad.error().message.find("fast, balanced or archive"), std::string::npos);
}

}  // namespace
}  // namespace terrane

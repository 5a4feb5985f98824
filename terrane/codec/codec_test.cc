#include "terrane/codec/codec.h"

#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <optional>
#include <set>

#include "terrane/base/hash.h"
#include "terrane/base/rounds_testing.h"
#include "terrane/codec/test_bricks.h"

// What holds for every codec, tried on every brick.
namespace terrane {
namespace {

using testing::test_bricks;
using testing::TestBrick;

constexpr MaterialId kUntouched = 54321;

// What the codec is told that a model says.
enum class Predicts { kNothing, kOneMaterial, kNearly };

struct Case {
  const Codec* codec;
  Predicts predicts;
};

bool listens(const Codec& codec) {
  return codec.id() == CodecId::kDelta || codec.id() == CodecId::kHybrid;
}

std::vector<Case> cases() {
  std::vector<Case> all;
  for (const Codec* codec : all_codecs()) {
    all.push_back({codec, Predicts::kNothing});
    if (!listens(*codec)) continue;
    all.push_back({codec, Predicts::kOneMaterial});
    all.push_back({codec, Predicts::kNearly});
  }
  return all;
}

class CodecConformance : public ::testing::TestWithParam<Case> {
 protected:
  const Codec& codec() const { return *GetParam().codec; }

  // A prediction for the brick; what it holds lasts until the next.
  BrickContext context(const TestBrick& brick) {
    if (GetParam().predicts == Predicts::kNothing) return brick.shape;
    if (GetParam().predicts == Predicts::kOneMaterial)
      return {brick.shape, brick.voxels[brick.voxels.size() / 2]};
    predicted_ = brick.voxels;
    Random random(brick.voxels.size());
    for (std::uint64_t edits = random.below(40); edits > 0; --edits) {
      const std::size_t at = random.below(predicted_.size());
      const std::size_t n = std::min<std::size_t>(1 + random.below(200), predicted_.size() - at);
      std::fill_n(predicted_.begin() + static_cast<std::ptrdiff_t>(at), n,
                  brick.voxels[random.below(brick.voxels.size())]);
    }
    return {brick.shape, Prediction(predicted_)};
  }

  // Calls body(brick, context, payload) for each brick that the codec takes. Encodes each once for all tests.
  template <class Body>
  void for_each(Body body) {
    static std::map<std::pair<const Codec*, Predicts>, std::map<std::string, std::string>> encoded;
    std::map<std::string, std::string>& payloads = encoded[{&codec(), GetParam().predicts}];
    for (const TestBrick& brick : test_bricks()) {
      SCOPED_TRACE(brick.name);
      const BrickContext told = context(brick);
      const auto [at, is_new] = payloads.try_emplace(brick.name);
      std::string& payload = at->second;
      if (is_new && !codec().encode(brick.voxels, told, {}, scratch_, payload)) payload.clear();
      if (payload.empty()) continue;
      body(brick, told, payload);
      if (HasFatalFailure()) return;
    }
  }

  // The voxels, or nothing where decode says that the bytes are corrupt. Fails the test where decode
  // writes around its span.
  std::optional<std::vector<MaterialId>> decode(Bytes bytes, const BrickContext& brick) {
    const BrickShape shape = brick.shape;
    std::vector<MaterialId> room(shape.voxels() + 64, kUntouched);
    const std::span<MaterialId> voxels(room.data() + 32, shape.voxels());
    const Status status = codec().decode(bytes, codec().version(), brick, scratch_, voxels);
    for (std::size_t i = 0; i < 32; ++i) {
      EXPECT_EQ(room[i], kUntouched);
      EXPECT_EQ(room[room.size() - 1 - i], kUntouched);
    }
    if (!status) {
      EXPECT_EQ(status.error().code, ErrorCode::kCorrupt) << status.error().message;
      return std::nullopt;
    }
    return std::vector<MaterialId>(voxels.begin(), voxels.end());
  }

  CodecScratch scratch_;
  std::vector<MaterialId> predicted_;
};

// Coordinates of all voxels of a small brick, of some of a large one.
std::vector<Coord> probes(BrickShape shape) {
  std::vector<Coord> all;
  if (shape.voxels() <= 4096) {
    for (int x = 0; x < shape.nx; ++x) {
      for (int y = 0; y < shape.ny; ++y) {
        for (int z = 0; z < shape.nz; ++z) all.push_back({x, y, z});
      }
    }
    if (all.size() <= 256) return all;
  }
  Random random(shape.voxels());
  std::vector<Coord> some = {{0, 0, 0}, {shape.nx - 1, shape.ny - 1, shape.nz - 1}};
  for (int i = 0; i < rounds(200); ++i) {
    some.push_back({random.between(0, shape.nx), random.between(0, shape.ny), random.between(0, shape.nz)});
  }
  return some;
}

// Every number below n, or some of them, first and last among them.
std::vector<std::size_t> sample(std::size_t n, std::size_t most) {
  std::set<std::size_t> chosen;
  Random random(n);
  if (n <= most) {
    for (std::size_t i = 0; i < n; ++i) chosen.insert(i);
  } else {
    for (std::size_t i = 0; i < most / 4; ++i) chosen.insert({i, n - 1 - i});
    while (chosen.size() < most) chosen.insert(random.below(n));
  }
  return {chosen.begin(), chosen.end()};
}

TEST_P(CodecConformance, GivesBackEveryVoxel) {
  for_each([&](const TestBrick& brick, const BrickContext& told, const std::string& payload) {
    const auto voxels = decode(as_bytes(payload), told);
    ASSERT_TRUE(voxels.has_value());
    ASSERT_EQ(*voxels, brick.voxels);
  });
}

TEST_P(CodecConformance, TakesEveryBrickUnlessItSaysUniform) {
  for (const TestBrick& brick : test_bricks()) {
    const bool uniform = std::set(brick.voxels.begin(), brick.voxels.end()).size() == 1;
    std::string out = "before";
    const bool taken = codec().encode(brick.voxels, context(brick), {}, scratch_, out);
    EXPECT_EQ(taken, uniform || codec().id() != CodecId::kUniform) << brick.name;
    if (taken) {
      EXPECT_EQ(out.substr(0, 6), "before") << brick.name;
    } else {
      EXPECT_EQ(out, "before") << brick.name;
    }
  }
}

TEST_P(CodecConformance, WritesTheSameBytesWhateverItWroteBefore) {
  for_each([&](const TestBrick& brick, const BrickContext& told, const std::string& payload) {
    CodecScratch fresh;
    std::string again;
    ASSERT_TRUE(codec().encode(brick.voxels, told, {}, fresh, again));
    EXPECT_EQ(again, payload);
  });
}

TEST_P(CodecConformance, StaysWithinItsBound) {
  for_each([&](const TestBrick& brick, const BrickContext&, const std::string& payload) {
    EXPECT_LE(payload.size(), codec().bound(brick.shape));
    EXPECT_LE(codec().bound(brick.shape), brick.voxels.size() * sizeof(MaterialId) + 16);
  });
}

TEST_P(CodecConformance, AtEqualsDecode) {
  for_each([&](const TestBrick& brick, const BrickContext& told, const std::string& payload) {
    const auto view = ConstVoxelView::dense(brick.voxels.data(), brick.shape.size());
    std::vector<Coord> asked = probes(brick.shape);
    // Where one voxel takes a millisecond, fewer of them.
    const int few = codec().id() == CodecId::kArchive ? 2 + rounds(4) : 2 + rounds(20);
    if ((codec().id() == CodecId::kContext || codec().id() == CodecId::kArchive) &&
        brick.shape.voxels() > 4096)
      asked.resize(static_cast<std::size_t>(few));
    for (const Coord c : asked) {
      const auto material = codec().at(as_bytes(payload), codec().version(), told, c, scratch_);
      ASSERT_TRUE(material) << material.error().message;
      ASSERT_EQ(*material, view.at(c)) << to_string(c);
    }
  });
}

std::vector<Box> some_parts(const TestBrick& brick) {
  std::vector<Box> parts = {Box::of_size({}, brick.shape.size())};
  Random random(brick.voxels.size());
  for (int i = 0; i < 3; ++i) {
    const auto span = [&](int n) {
      const std::int64_t lo = random.between(0, n);
      return std::pair(lo, random.between(lo + 1, n + 1));
    };
    const auto [x0, x1] = span(brick.shape.nx);
    const auto [y0, y1] = span(brick.shape.ny);
    const auto [z0, z1] = span(brick.shape.nz);
    parts.push_back({{x0, y0, z0}, {x1, y1, z1}});
  }
  return parts;
}

TEST_P(CodecConformance, HistogramOfAnyPartEqualsTheVoxels) {
  for_each([&](const TestBrick& brick, const BrickContext& told, const std::string& payload) {
    for (const Box& part : some_parts(brick)) {
      MaterialCounts truth, counts;
      truth.add(ConstVoxelView::dense(brick.voxels.data(), brick.shape.size()).sub(part));
      const Status status =
          codec().histogram(as_bytes(payload), codec().version(), told, part, scratch_, counts);
      ASSERT_TRUE(status) << status.error().message;
      ASSERT_EQ(counts.sorted(), truth.sorted()) << to_string(part);
    }
  });
}

// Into every other voxel of a larger array, of which nothing else is touched.
TEST_P(CodecConformance, DecodesAnyPartIntoAStridedView) {
  for_each([&](const TestBrick& brick, const BrickContext& told, const std::string& payload) {
    for (const Box& part : some_parts(brick)) {
      for (const std::int64_t step : {1, 2}) {
        const Coord size = part.size();
        VoxelArray room({size.x, size.y + 1, size.z * step}, 4242);
        const VoxelView out{room.voxels.data(), size, {(size.y + 1) * size.z * step, size.z * step, step}};
        const Status status =
            codec().decode_part(as_bytes(payload), codec().version(), told, part, scratch_, out);
        ASSERT_TRUE(status) << status.error().message;
        VoxelArray truth(room.size, 4242);
        copy(ConstVoxelView::dense(brick.voxels.data(), brick.shape.size()).sub(part),
             {truth.voxels.data(), size, out.stride});
        ASSERT_EQ(room.voxels, truth.voxels) << to_string(part) << " step " << step;
      }
    }
    const Coord beyond = brick.shape.size() + Coord{1, 0, 0};
    VoxelArray room(beyond);
    EXPECT_EQ(codec()
                  .decode_part(as_bytes(payload), codec().version(), told, Box::of_size({}, beyond), scratch_,
                               room.view())
                  .error()
                  .code,
              ErrorCode::kInvalid);
  });
}

TEST_P(CodecConformance, RejectsEveryTruncation) {
  for_each([&](const TestBrick&, const BrickContext& told, const std::string& payload) {
    for (const std::size_t length : sample(payload.size(), rounds(200))) {
      ASSERT_FALSE(decode(as_bytes(payload).first(length), told)) << length << " of " << payload.size();
    }
  });
}

TEST_P(CodecConformance, RejectsTrailingBytes) {
  for_each([&](const TestBrick&, const BrickContext& told, const std::string& payload) {
    for (const char last : {'\0', '\1', '\xff', '\x28'}) {
      ASSERT_FALSE(decode(as_bytes(payload + last), told)) << int{last};
    }
    ASSERT_FALSE(decode(as_bytes(payload + payload), told));
    // What zstd would read over: an empty frame, and one to be skipped.
    ASSERT_FALSE(decode(as_bytes(payload + std::string("\x28\xb5\x2f\xfd\x20\0\1\0\0", 9)), told));
    ASSERT_FALSE(decode(as_bytes(payload + std::string("\x50\x2a\x4d\x18\0\0\0\0", 8)), told));
  });
}

TEST_P(CodecConformance, EndsWellOnBytesOfAnyKind) {
  const std::uint64_t seed = 99;
  SCOPED_TRACE(seed);
  Random random(seed);
  for (int round = 0; round < rounds(3000); ++round) {
    const TestBrick& brick = test_bricks()[random.below(test_bricks().size())];
    const BrickContext told = context(brick);
    std::string bytes(random.below(64), '\0');
    for (char& b : bytes) b = static_cast<char>(random.below(random.below(2) == 0 ? 5 : 256));
    if (codec().id() == CodecId::kDelta && random.below(8) != 0) {
      std::string hash;
      ByteWriter(hash).fixed(told.prediction.hash());
      bytes.insert(0, hash);
    }
    if (decode(as_bytes(bytes), told)) {
      // What decodes whole can be asked for one voxel.
      EXPECT_TRUE(codec().at(as_bytes(bytes), codec().version(), told, {0, 0, 0}, scratch_));
    }
  }
}

// Mutates payloads as a fuzzer does: flips, overwrites, cuts, doubles, splices.
TEST_P(CodecConformance, EndsWellOnMutatedPayloads) {
  const std::uint64_t seed = 4711;
  SCOPED_TRACE(seed);
  Random random(seed);
  for_each([&](const TestBrick& brick, const BrickContext& told, const std::string& payload) {
    const int most = rounds(brick.voxels.size() > 100000 ? 20 : 60);
    for (int round = 0; round < most; ++round) {
      std::string bytes = payload;
      for (std::uint64_t edits = 1 + random.below(4); edits > 0 && !bytes.empty(); --edits) {
        // Headers are where the sizes are.
        const std::size_t reach =
            random.below(2) == 0 ? std::min<std::size_t>(bytes.size(), 24) : bytes.size();
        const std::size_t at = random.below(reach);
        switch (random.below(5)) {
          case 0:
            bytes[at] = static_cast<char>(bytes[at] ^ (1 << random.below(8)));
            break;
          case 1:
            bytes[at] = static_cast<char>(random.below(256));
            break;
          case 2:
            bytes.erase(at, 1 + random.below(8));
            break;
          case 3:
            bytes.insert(at, bytes.substr(at, 1 + random.below(16)));
            break;
          default:
            bytes[at] = random.below(2) == 0 ? '\xff' : '\0';
            break;
        }
      }
      decode(as_bytes(bytes), told);
      const Coord c = probes(brick.shape).back();
      const auto material = codec().at(as_bytes(bytes), codec().version(), told, c, scratch_);
      if (!material) {
        ASSERT_EQ(material.error().code, ErrorCode::kCorrupt) << material.error().message;
      }
    }
  });
}

TEST_P(CodecConformance, RefusesVersionsItDoesNotRead) {
  const BrickShape shape{1, 1, 1};
  std::vector<MaterialId> voxel(1, 3);
  std::string payload;
  ASSERT_TRUE(codec().encode(voxel, shape, {}, scratch_, payload));
  for (const int version : {0, codec().version() + 1, 255}) {
    const auto v = static_cast<std::uint8_t>(version);
    const Status decoded = codec().decode(as_bytes(payload), v, shape, scratch_, voxel);
    ASSERT_FALSE(decoded);
    EXPECT_EQ(decoded.error().code, ErrorCode::kUnsupported);
    EXPECT_NE(decoded.error().message.find(codec().name()), std::string::npos);
    EXPECT_FALSE(codec().at(as_bytes(payload), v, shape, {0, 0, 0}, scratch_));
  }
}

TEST_P(CodecConformance, RefusesCallsOfTheWrongShape) {
  std::vector<MaterialId> voxels(8, 3);
  std::string payload;
  ASSERT_TRUE(codec().encode(voxels, BrickShape{2, 2, 2}, {}, scratch_, payload));
  const auto decode_as = [&](BrickShape shape, std::size_t room) {
    std::vector<MaterialId> out(room);
    const Status status = codec().decode(as_bytes(payload), codec().version(), shape, scratch_, out);
    return status ? ErrorCode{} : status.error().code;
  };
  EXPECT_EQ(decode_as({2, 2, 2}, 8), ErrorCode{});
  EXPECT_EQ(decode_as({2, 2, 2}, 7), ErrorCode::kInvalid);
  EXPECT_EQ(decode_as({2, 2, 2}, 9), ErrorCode::kInvalid);
  EXPECT_EQ(decode_as({0, 2, 2}, 0), ErrorCode::kInvalid);
  EXPECT_EQ(decode_as({65, 1, 1}, 65), ErrorCode::kInvalid);
  for (const Coord outside : {Coord{2, 0, 0}, Coord{0, -1, 0}, Coord{0, 0, 64}}) {
    const auto material =
        codec().at(as_bytes(payload), codec().version(), BrickShape{2, 2, 2}, outside, scratch_);
    ASSERT_FALSE(material);
    EXPECT_EQ(material.error().code, ErrorCode::kInvalid);
  }
}

TEST_P(CodecConformance, ListensToThePredictionOnlyWhereItSaysSo) {
  if (listens(codec())) return;
  for_each([&](const TestBrick& brick, const BrickContext&, const std::string& payload) {
    std::string again;
    const BrickContext other(brick.shape, Prediction(brick.voxels));
    ASSERT_TRUE(codec().encode(brick.voxels, other, {}, scratch_, again));
    EXPECT_EQ(again, payload);
  });
}

std::string case_name(const ::testing::TestParamInfo<Case>& info) {
  constexpr const char* kPredicts[] = {"", "_under_a_constant", "_under_near_voxels"};
  return std::string(info.param.codec->name()) + kPredicts[static_cast<std::size_t>(info.param.predicts)];
}
INSTANTIATE_TEST_SUITE_P(All, CodecConformance, ::testing::ValuesIn(cases()), case_name);

}  // namespace
}  // namespace terrane

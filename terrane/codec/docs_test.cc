#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "terrane/codec/frame.h"
#include "terrane/codec/patch.h"

// The examples of docs/codecs, docs/format/frame.md and patch.md, decoded as they stand there.
namespace terrane {
namespace {

// The lines between "```name" and "```", comments taken off.
std::string block(const std::string& file, const std::string& name) {
  std::istringstream lines(file);
  std::string line, text;
  bool in = false;
  while (std::getline(lines, line)) {
    if (line == "```" + name) {
      in = true;
    } else if (line == "```") {
      in = false;
    } else if (in) {
      text += line.substr(0, line.find('#')) + "\n";
    }
  }
  return text;
}

std::string parse_hex(const std::string& text) {
  std::istringstream words(text);
  std::string word, bytes;
  while (words >> word) bytes += static_cast<char>(std::stoi(word, nullptr, 16));
  return bytes;
}

// The shape, then materials; "300 x 64" stands for 64 of them.
std::pair<BrickShape, std::vector<MaterialId>> parse_voxels(const std::string& text) {
  std::istringstream words(text);
  BrickShape shape;
  words >> shape.nx >> shape.ny >> shape.nz;
  std::vector<MaterialId> voxels;
  std::string word;
  while (words >> word) {
    if (word == "x") {
      std::size_t times = 0;
      words >> times;
      voxels.insert(voxels.end(), times - 1, voxels.back());
    } else {
      voxels.push_back(static_cast<MaterialId>(std::stoi(word)));
    }
  }
  return {shape, voxels};
}

struct Example {
  std::string bytes;
  BrickShape shape;
  std::vector<MaterialId> voxels;
  std::vector<MaterialId> predicted;  // empty where the example has no prediction

  BrickContext context() const {
    return predicted.empty() ? BrickContext(shape) : BrickContext(shape, Prediction(predicted));
  }
};

Example example_of(const std::string& document) {
  std::ifstream in(std::string(TERRANE_DOCS) + "/" + document);
  std::stringstream file;
  file << in.rdbuf();
  const auto [shape, voxels] = parse_voxels(block(file.str(), "voxels"));
  EXPECT_EQ(voxels.size(), shape.voxels()) << document;
  Example example{parse_hex(block(file.str(), "hex")), shape, voxels, {}};
  if (const std::string predicted = block(file.str(), "prediction"); !predicted.empty()) {
    example.predicted = parse_voxels(predicted).second;
    EXPECT_EQ(example.predicted.size(), shape.voxels()) << document;
  }
  return example;
}

TEST(CodecDocs, HaveExamplesThatDecodeAsTheySay) {
  CodecScratch scratch;
  for (const Codec* codec : all_codecs()) {
    SCOPED_TRACE(codec->name());
    const Example example = example_of("codecs/" + std::string(codec->name()) + ".md");
    std::vector<MaterialId> voxels(example.shape.voxels());
    ASSERT_TRUE(codec->decode(as_bytes(example.bytes), codec->version(), example.context(), scratch, voxels));
    EXPECT_EQ(voxels, example.voxels);
    std::string encoded;
    ASSERT_TRUE(codec->encode(example.voxels, example.context(), {}, scratch, encoded));
    EXPECT_EQ(encoded, example.bytes);
  }
}

TEST(FrameDocs, HaveAnExampleThatDecodesAsItSays) {
  CodecScratch scratch;
  const Example example = example_of("format/frame.md");
  std::vector<MaterialId> voxels(example.shape.voxels());
  ASSERT_TRUE(decode_frame(as_bytes(example.bytes), example.shape, CheckVoxels::kYes, scratch, voxels));
  EXPECT_EQ(voxels, example.voxels);
}

TEST(PatchDocs, HaveAnExampleThatReadsAsItSays) {
  std::ifstream in(std::string(TERRANE_DOCS) + "/format/patch.md");
  std::stringstream file;
  file << in.rdbuf();
  std::istringstream words(block(file.str(), "patch"));
  BrickShape shape;
  words >> shape.nx >> shape.ny >> shape.nz;
  std::vector<PatchVoxel> expected, voxels;
  for (PatchVoxel v; words >> v.place >> v.material;) expected.push_back(v);
  EXPECT_EQ(expected.size(), 3u);
  CodecScratch scratch;
  const std::string bytes = parse_hex(block(file.str(), "hex"));
  ASSERT_TRUE(read_patch(as_bytes(bytes), shape, scratch, voxels));
  EXPECT_EQ(voxels, expected);
  std::string written;
  write_patch(expected, scratch, written);
  EXPECT_EQ(written, bytes);
}

}  // namespace
}  // namespace terrane

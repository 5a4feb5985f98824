#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "terrane/codec/codec.h"

// The examples of docs/codecs, decoded as they stand there.
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

TEST(CodecDocs, HaveExamplesThatDecodeAsTheySay) {
  CodecScratch scratch;
  for (const Codec* codec : all_codecs()) {
    SCOPED_TRACE(codec->name());
    std::ifstream in(std::string(TERRANE_DOCS) + "/codecs/" + std::string(codec->name()) + ".md");
    std::stringstream file;
    file << in.rdbuf();
    const std::string payload = parse_hex(block(file.str(), "hex"));
    const auto [shape, expected] = parse_voxels(block(file.str(), "voxels"));
    ASSERT_FALSE(payload.empty());
    ASSERT_EQ(expected.size(), shape.voxels());
    std::vector<MaterialId> voxels(shape.voxels());
    ASSERT_TRUE(codec->decode(as_bytes(payload), codec->version(), shape, scratch, voxels));
    EXPECT_EQ(voxels, expected);
    std::string encoded;
    ASSERT_TRUE(codec->encode(expected, shape, scratch, encoded));
    EXPECT_EQ(encoded, payload);
  }
}

}  // namespace
}  // namespace terrane

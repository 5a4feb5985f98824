#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "terrane/codec/codec_fuzz.h"

// Inputs that libFuzzer kept, a line of hex each: terrane/codec/corpus/CODEC.hex. `./test --all` fuzzes on
// from them.
namespace terrane {
namespace {

std::vector<std::uint8_t> from_hex(const std::string& line) {
  std::vector<std::uint8_t> bytes;
  for (std::size_t i = 0; i + 1 < line.size(); i += 2)
    bytes.push_back(static_cast<std::uint8_t>(std::stoi(line.substr(i, 2), nullptr, 16)));
  return bytes;
}

TEST(FuzzCorpus, IsReadAsBefore) {
  for (const Codec* codec : all_codecs()) {
    const std::string path = std::string(TERRANE_CORPUS) + "/" + std::string(codec->name()) + ".hex";
    SCOPED_TRACE(path);
    std::ifstream in(path);
    ASSERT_TRUE(in) << "every codec has a corpus";
    int inputs = 0;
    for (std::string line; std::getline(in, line); ++inputs) {
      const std::vector<std::uint8_t> bytes = from_hex(line);
      testing::try_decoder(*codec, bytes.data(), bytes.size());
    }
    EXPECT_GT(inputs, 3);
  }
}

}  // namespace
}  // namespace terrane

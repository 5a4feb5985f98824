#include "terrane/peers/peers.h"

#include <gtest/gtest.h>

#include "terrane/base/hash.h"

namespace terrane {
namespace {

std::string some_voxels() {
  Random random(7);
  std::string raw(20000, '\0');
  for (std::size_t i = 0; i < raw.size(); i += 2) {
    raw[i] = i > 0 && random.below(10) != 0 ? raw[i - 2] : static_cast<char>(random.below(7));
  }
  return raw;
}

TEST(Peers, GiveBackWhatTheyWereGiven) {
  const std::string raw = some_voxels();
  for (const auto& peer : all_peers()) {
    SCOPED_TRACE(peer->name());
    std::string packed;
    ASSERT_TRUE(peer->encode(as_bytes(raw), packed));
    EXPECT_LT(packed.size(), raw.size() / 2);
    std::string again(raw.size(), '?');
    ASSERT_TRUE(peer->decode(as_bytes(packed), std::as_writable_bytes(std::span(again))));
    EXPECT_EQ(again, raw);
  }
}

TEST(Peers, SayWhereBytesAreCutOff) {
  const std::string raw = some_voxels();
  for (const auto& peer : all_peers()) {
    SCOPED_TRACE(peer->name());
    std::string packed;
    ASSERT_TRUE(peer->encode(as_bytes(raw), packed));
    std::string again(raw.size(), '?');
    EXPECT_FALSE(
        peer->decode(as_bytes(packed).first(packed.size() / 2), std::as_writable_bytes(std::span(again))));
  }
}

TEST(Peers, AreAllThereOrNamed) {
  EXPECT_EQ(all_peers().size() + missing_peers().size(), 9u);
}

}  // namespace
}  // namespace terrane

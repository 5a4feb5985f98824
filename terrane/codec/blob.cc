#include "terrane/codec/blob.h"

#include <algorithm>
#include <cstring>

namespace terrane::detail {
namespace {

constexpr std::uint8_t kZstdMagic[] = {0x28, 0xb5, 0x2f, 0xfd};
constexpr std::size_t kMagicBytes = sizeof(kZstdMagic);
// zstd gains nothing on less.
constexpr std::size_t kLeastCompressed = 12;

// On long streams, which are rugged bricks, a search for matches finds few and spoils the statistics of what
// it leaves: level 1 was seen to be shorter there than 12 or 19.
constexpr std::size_t kLongBlob = 8192;

std::span<const int> levels(Policy policy, std::size_t bytes) {
  static constexpr int kQuick[] = {1}, kCareful[] = {12}, kAll[] = {1, 12, 19};
  if (policy == Policy::kArchive) return kAll;
  if (policy == Policy::kBalanced && bytes <= kLongBlob) return kCareful;
  return kQuick;
}

}  // namespace

void put_blob(std::span<const std::uint8_t> bytes, Policy policy, CodecScratch::State& state,
              std::string& out) {
  const std::size_t start = out.size();
  out.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (bytes.size() < kLeastCompressed) return;
  std::vector<std::uint8_t>& frame = state.zstd_frame;
  frame.resize(std::max(frame.size(), ZSTD_compressBound(bytes.size())));
  for (const int level : levels(policy, bytes.size())) {
    const std::size_t n =
        ZSTD_compressCCtx(state.compressor(), frame.data(), frame.size(), bytes.data(), bytes.size(), level);
    if (ZSTD_isError(n) != 0 || n - kMagicBytes >= out.size() - start) continue;
    out.replace(start, std::string::npos, reinterpret_cast<const char*>(frame.data()) + kMagicBytes,
                n - kMagicBytes);
  }
}

Status take_blob(Bytes blob, CodecScratch::State& state, std::span<std::uint8_t> room) {
  if (blob.size() == room.size()) {
    if (!blob.empty()) std::memcpy(room.data(), blob.data(), blob.size());
    return ok();
  }
  if (blob.size() < room.size()) {
    std::vector<std::uint8_t>& frame = state.zstd_frame;
    const std::size_t size = kMagicBytes + blob.size();
    frame.resize(std::max(frame.size(), size));
    std::memcpy(frame.data(), kZstdMagic, kMagicBytes);
    if (!blob.empty()) std::memcpy(frame.data() + kMagicBytes, blob.data(), blob.size());
    // zstd would go on to a second frame, or skip one. Decoded in one call, a frame needs no window but
    // `room`, however large a one it asks for.
    if (ZSTD_findFrameCompressedSize(frame.data(), size) == size &&
        ZSTD_decompressDCtx(state.decompressor(), room.data(), room.size(), frame.data(), size) ==
            room.size()) {
      return ok();
    }
  }
  return corrupt("the bytes of a brick do not decompress to the size they say, bytes=`" +
                 std::to_string(blob.size()) + "` size=`" + std::to_string(room.size()) + "`");
}

}  // namespace terrane::detail

#include "terrane/codec/blob.h"

#include <cstring>

namespace terrane::detail {
namespace {

constexpr std::uint8_t kZstdMagic[] = {0x28, 0xb5, 0x2f, 0xfd};
constexpr std::size_t kMagicBytes = sizeof(kZstdMagic);
// zstd gains nothing on less.
constexpr std::size_t kLeastCompressed = 12;

}  // namespace

void put_blob(std::span<const std::uint8_t> bytes, int zstd_level, CodecScratch::State& state,
              std::string& out) {
  const std::size_t start = out.size();
  if (bytes.size() >= kLeastCompressed) {
    out.resize(start + ZSTD_compressBound(bytes.size()));
    const std::size_t n = ZSTD_compressCCtx(state.compressor(), out.data() + start, out.size() - start,
                                            bytes.data(), bytes.size(), zstd_level);
    if (ZSTD_isError(n) == 0 && n < bytes.size() + kMagicBytes) {
      std::memmove(out.data() + start, out.data() + start + kMagicBytes, n - kMagicBytes);
      out.resize(start + n - kMagicBytes);
      return;
    }
    out.resize(start);
  }
  out.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

Status take_blob(Bytes blob, CodecScratch::State& state, std::span<std::uint8_t> room) {
  if (blob.size() == room.size()) {
    if (!blob.empty()) std::memcpy(room.data(), blob.data(), blob.size());
    return ok();
  }
  if (blob.size() < room.size()) {
    std::vector<std::uint8_t>& frame = state.zstd_frame;
    frame.resize(kMagicBytes + blob.size());
    std::memcpy(frame.data(), kZstdMagic, kMagicBytes);
    if (!blob.empty()) std::memcpy(frame.data() + kMagicBytes, blob.data(), blob.size());
    // zstd would go on to a second frame, or skip one. Decoded in one call, a frame needs no window but
    // `room`, however large a one it asks for.
    if (ZSTD_findFrameCompressedSize(frame.data(), frame.size()) == frame.size() &&
        ZSTD_decompressDCtx(state.decompressor(), room.data(), room.size(), frame.data(), frame.size()) ==
            room.size()) {
      return ok();
    }
  }
  return corrupt("the bytes of a brick do not decompress to the size they say, bytes=`" +
                 std::to_string(blob.size()) + "` size=`" + std::to_string(room.size()) + "`");
}

}  // namespace terrane::detail

#include "terrane/codec/frame.h"

#include "terrane/base/hash.h"
#include "terrane/codec/codecs.h"

namespace terrane {
namespace {

Result<const Codec*> codec_of(const FrameInfo& info, const CodecTable* codecs) {
  const Codec* codec = codecs != nullptr ? codecs->find(info.codec) : find_codec(info.codec);
  if (codec != nullptr && info.version >= codec->min_version() && info.version <= codec->version())
    return codec;
  const std::string advice = is_private(info.codec)
                                 ? "a brick was written with an application's own strategy, which this "
                                   "program has not registered; add "
                                   "it to OpenOptions::codecs"
                                 : "this build lacks the codec of a brick; use a newer terrane";
  return Error{ErrorCode::kUnsupported, advice + ", codec=`" + std::to_string(static_cast<int>(info.codec)) +
                                            "` version=`" + std::to_string(info.version) + "`"};
}

// Sets the header of the frame that begins at `start`.
void put_header(Encoded encoded, std::span<const MaterialId> voxels, BrickShape shape, std::size_t start,
                std::string& out) {
  const std::uint64_t hash = voxel_hash(voxels, shape);
  out[start] = static_cast<char>(encoded.codec);
  out[start + 1] = static_cast<char>(encoded.version);
  std::memcpy(out.data() + start + 2, &hash, sizeof(hash));
}

}  // namespace

std::uint64_t voxel_hash(std::span<const MaterialId> voxels, BrickShape shape) {
  const auto seed = static_cast<std::uint64_t>(shape.nx | shape.ny << 8 | shape.nz << 16);
  return hash64(std::as_bytes(voxels), seed);
}

Encoded encode_frame(Policy policy, std::span<const MaterialId> voxels, const BrickContext& brick,
                     CodecScratch& scratch, std::string& out) {
  const std::size_t start = out.size();
  out.append(kFrameHeaderBytes, '\0');
  const Encoded encoded = encode_smallest(policy, voxels, brick, scratch, out);
  put_header(encoded, voxels, brick.shape, start, out);
  return encoded;
}

bool encode_frame(const Codec& codec, const EncodeParameters& how, std::span<const MaterialId> voxels,
                  const BrickContext& brick, CodecScratch& scratch, std::string& out) {
  const std::size_t start = out.size();
  out.append(kFrameHeaderBytes, '\0');
  if (!codec.encode(voxels, brick, how, scratch, out)) {
    out.resize(start);
    return false;
  }
  put_header({codec.id(), codec.version()}, voxels, brick.shape, start, out);
  return true;
}

Result<FrameInfo> parse_frame(Bytes frame) {
  ByteReader in(frame);
  const auto id = static_cast<CodecId>(in.fixed<std::uint8_t>());
  const auto version = in.fixed<std::uint8_t>();
  const auto hash = in.fixed<std::uint64_t>();
  if (in.failed()) {
    return corrupt("a brick's frame is shorter than its header of 10 bytes, bytes=`" +
                   std::to_string(frame.size()) + "`");
  }
  return FrameInfo{id, version, hash, in.take(in.remaining())};
}

Status decode_frame(Bytes frame, const BrickContext& brick, CheckVoxels check, CodecScratch& scratch,
                    std::span<MaterialId> voxels, const CodecTable* codecs) {
  TERRANE_ASSIGN(const FrameInfo info, parse_frame(frame));
  TERRANE_ASSIGN(const Codec* codec, codec_of(info, codecs));
  TERRANE_TRY(codec->decode(info.payload, info.version, brick, scratch, voxels));
  if (check == CheckVoxels::kYes && voxel_hash(voxels, brick.shape) != info.voxel_hash) {
    return corrupt("a brick decodes to other voxels than were encoded, codec=`" + std::string(codec->name()) +
                   "` version=`" + std::to_string(info.version) + "`");
  }
  return ok();
}

Status decode_frame_part(Bytes frame, const BrickContext& brick, const Box& part, CodecScratch& scratch,
                         VoxelView out, const CodecTable* codecs) {
  TERRANE_ASSIGN(const FrameInfo info, parse_frame(frame));
  TERRANE_ASSIGN(const Codec* codec, codec_of(info, codecs));
  return codec->decode_part(info.payload, info.version, brick, part, scratch, out);
}

Result<MaterialId> frame_at(Bytes frame, const BrickContext& brick, Coord c, CodecScratch& scratch,
                            const CodecTable* codecs) {
  TERRANE_ASSIGN(const FrameInfo info, parse_frame(frame));
  TERRANE_ASSIGN(const Codec* codec, codec_of(info, codecs));
  return codec->at(info.payload, info.version, brick, c, scratch);
}

Status frame_histogram(Bytes frame, const BrickContext& brick, const Box& part, CodecScratch& scratch,
                       MaterialCounts& counts, const CodecTable* codecs) {
  TERRANE_ASSIGN(const FrameInfo info, parse_frame(frame));
  TERRANE_ASSIGN(const Codec* codec, codec_of(info, codecs));
  return codec->histogram(info.payload, info.version, brick, part, scratch, counts);
}

}  // namespace terrane

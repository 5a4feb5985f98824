#include <array>

#include "terrane/codec/codecs.h"
#include "terrane/codec/scratch.h"

namespace terrane {
namespace {

constexpr std::string_view kPolicyNames[] = {"fast", "balanced", "archive"};

}  // namespace

CodecScratch::CodecScratch() : state_(std::make_unique<State>()) {}
CodecScratch::~CodecScratch() = default;
CodecScratch::CodecScratch(CodecScratch&&) noexcept = default;
CodecScratch& CodecScratch::operator=(CodecScratch&&) noexcept = default;

std::span<const Codec* const> all_codecs() {
  static const std::array<const Codec*, 3> table = {&detail::uniform_codec(), &detail::palette_codec(),
                                                    &detail::rows_codec()};
  return table;
}

const Codec* find_codec(CodecId id) {
  for (const Codec* codec : all_codecs()) {
    if (codec->id() == id) return codec;
  }
  return nullptr;
}

const Codec* find_codec(std::string_view name) {
  for (const Codec* codec : all_codecs()) {
    if (codec->name() == name) return codec;
  }
  return nullptr;
}

Result<Policy> parse_policy(std::string_view name) {
  for (std::size_t i = 0; i < std::size(kPolicyNames); ++i) {
    if (kPolicyNames[i] == name) return static_cast<Policy>(i);
  }
  return invalid("no such policy; use fast, balanced or archive, policy=`" + std::string(name) + "`");
}

std::string_view name(Policy policy) {
  return kPolicyNames[static_cast<std::size_t>(policy)];
}

Encoded encode_smallest(Policy policy, std::span<const MaterialId> voxels, BrickShape shape,
                        CodecScratch& scratch, std::string& out) {
  const auto encoded = [](const Codec& codec) { return Encoded{codec.id(), codec.version()}; };
  if (detail::uniform_codec().encode(voxels, shape, scratch, out)) return encoded(detail::uniform_codec());
  const std::size_t start = out.size();
  detail::encode_rows(policy, voxels, shape, scratch, out);
  const std::size_t distinct = scratch.state().palette.size();
  if (detail::palette_bytes(distinct, voxels.size()) > out.size() - start)
    return encoded(detail::rows_codec());
  out.resize(start);
  detail::palette_codec().encode(voxels, shape, scratch, out);
  return encoded(detail::palette_codec());
}

namespace detail {

Status check_decode_call(BrickShape shape, std::size_t voxels, std::string_view codec) {
  if (shape.valid() && voxels == shape.voxels()) return ok();
  return invalid("decode needs room for exactly the voxels of a brick of 1..64 on each axis, codec=`" +
                 std::string(codec) + "` voxels=`" + std::to_string(voxels) + "` shape=`" +
                 to_string(shape.size()) + "`");
}

Status check_at_call(BrickShape shape, Coord c, std::string_view codec) {
  if (shape.valid() && Box::of_size({}, shape.size()).contains(c)) return ok();
  return invalid("a voxel must lie within its brick of 1..64 on each axis, codec=`" + std::string(codec) +
                 "` voxel=`" + to_string(c) + "` shape=`" + to_string(shape.size()) + "`");
}

Status check_version(const Codec& codec, std::uint8_t version) {
  if (version >= codec.min_version() && version <= codec.version()) return ok();
  return Error{ErrorCode::kUnsupported,
               "this build does not read this version of the codec; use a newer terrane, codec=`" +
                   std::string(codec.name()) + "` version=`" + std::to_string(version) + "`"};
}

}  // namespace detail
}  // namespace terrane

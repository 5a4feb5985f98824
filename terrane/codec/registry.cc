#include <algorithm>
#include <array>

#include "terrane/codec/codecs.h"
#include "terrane/codec/scratch.h"

namespace terrane {
namespace {

constexpr std::string_view kPolicyNames[] = {"fast", "balanced", "archive"};
constexpr std::string_view kScanNames[] = {"z", "x", "y", "morton", "diagonal"};
constexpr std::size_t kMaxName = 32;

bool good_name(std::string_view name) {
  return !name.empty() && name.size() <= kMaxName &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_") == std::string_view::npos;
}

}  // namespace

CodecScratch::CodecScratch() : state_(std::make_unique<State>()) {}
CodecScratch::~CodecScratch() = default;
CodecScratch::CodecScratch(CodecScratch&&) noexcept = default;
CodecScratch& CodecScratch::operator=(CodecScratch&&) noexcept = default;

std::span<const Codec* const> all_codecs() {
  static const std::array<const Codec*, 10> table = {
      &detail::uniform_codec(), &detail::palette_codec(), &detail::rows_codec(),   &detail::rle_codec(),
      &detail::octree_codec(),  &detail::delta_codec(),   &detail::hybrid_codec(), &detail::context_codec(),
      &detail::tree_codec(),    &detail::archive_codec()};
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

Status Codec::decode_part(Bytes bytes, std::uint8_t version, const BrickContext& brick, const Box& part,
                          CodecScratch& scratch, VoxelView out) const {
  TERRANE_TRY(detail::check_part_call(brick.shape, part, out, name()));
  std::vector<MaterialId>& room = scratch.state().expanded;
  room.resize(std::max(room.size(), brick.shape.voxels()));
  const std::span<MaterialId> voxels(room.data(), brick.shape.voxels());
  TERRANE_TRY(decode(bytes, version, brick, scratch, voxels));
  copy(ConstVoxelView::dense(voxels.data(), brick.shape.size()).sub(part), out);
  return ok();
}

Status Codec::histogram(Bytes bytes, std::uint8_t version, const BrickContext& brick, const Box& part,
                        CodecScratch& scratch, MaterialCounts& counts) const {
  std::vector<MaterialId>& room = scratch.state().expanded;
  room.resize(std::max(room.size(), brick.shape.voxels()));
  const std::span<MaterialId> voxels(room.data(), brick.shape.voxels());
  TERRANE_TRY(decode(bytes, version, brick, scratch, voxels));
  if (part == Box::of_size({}, brick.shape.size())) {
    counts.add(voxels);
  } else {
    counts.add(ConstVoxelView::dense(voxels.data(), brick.shape.size()).sub(part));
  }
  return ok();
}

CodecTable::CodecTable() : all_(all_codecs().begin(), all_codecs().end()) {}

Status CodecTable::add(std::shared_ptr<const Codec> codec) {
  if (codec == nullptr) return invalid("a strategy to register must not be null");
  const std::string what =
      "name=`" + std::string(codec->name()) + "` id=`" + std::to_string(static_cast<int>(codec->id())) + "`";
  if (!is_private(codec->id())) {
    return invalid("an application's own strategy takes an id from 128 to 255; the others are terrane's, " +
                   what);
  }
  if (!good_name(codec->name())) {
    return invalid("a strategy's name is 1 to 32 of a-z, 0-9, `-` and `_`, " + what);
  }
  if (codec->min_version() < 1 || codec->min_version() > codec->version()) {
    return invalid("a strategy's versions must be 1 <= min_version <= version, " + what);
  }
  if (find(codec->id()) != nullptr || find(codec->name()) != nullptr) {
    return invalid("a strategy of this id or this name is registered already; choose another, " + what);
  }
  all_.push_back(codec.get());
  added_.push_back(std::move(codec));
  return ok();
}

const Codec* CodecTable::find(CodecId id) const {
  for (const Codec* codec : all_) {
    if (codec->id() == id) return codec;
  }
  return nullptr;
}

const Codec* CodecTable::find(std::string_view name) const {
  for (const Codec* codec : all_) {
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

std::string_view name(Scan scan) {
  return kScanNames[static_cast<std::size_t>(scan)];
}

Encoded encode_smallest(Policy policy, std::span<const MaterialId> voxels, const BrickContext& brick,
                        CodecScratch& scratch, std::string& out) {
  const auto encoded = [](const Codec& codec) { return Encoded{codec.id(), codec.version()}; };
  if (detail::uniform_codec().encode(voxels, brick, {.policy = policy}, scratch, out))
    return encoded(detail::uniform_codec());
  const std::size_t start = out.size();
  detail::encode_rows(policy, voxels, brick.shape, scratch, out);
  const std::size_t distinct = scratch.state().palette.size();
  if (detail::palette_bytes(distinct, voxels.size()) > out.size() - start)
    return encoded(detail::rows_codec());
  out.resize(start);
  detail::palette_codec().encode(voxels, brick, {}, scratch, out);
  return encoded(detail::palette_codec());
}

namespace detail {

Status decode_as_part(const Codec& codec, Bytes bytes, std::uint8_t version, const BrickContext& brick,
                      CodecScratch& scratch, std::span<MaterialId> voxels) {
  TERRANE_TRY(check_decode_call(brick.shape, voxels.size(), codec.name()));
  const Coord size = brick.shape.size();
  return codec.decode_part(bytes, version, brick, Box::of_size({}, size), scratch,
                           VoxelView::dense(voxels.data(), size));
}

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

Status check_part_call(BrickShape shape, const Box& part, const VoxelView& out, std::string_view codec) {
  const Box brick = Box::of_size({}, shape.size());
  if (shape.valid() && !part.empty() && part.intersect(brick) == part && out.size == part.size()) return ok();
  return invalid(
      "a part must lie within its brick of 1..64 on each axis and its view have its size, codec=`" +
      std::string(codec) + "` part=`" + to_string(part) + "` shape=`" + to_string(shape.size()) + "`");
}

Status check_version(const Codec& codec, std::uint8_t version) {
  if (version >= codec.min_version() && version <= codec.version()) return ok();
  return Error{ErrorCode::kUnsupported,
               "this build does not read this version of the codec; use a newer terrane, codec=`" +
                   std::string(codec.name()) + "` version=`" + std::to_string(version) + "`"};
}

}  // namespace detail
}  // namespace terrane

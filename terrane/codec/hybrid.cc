#include <algorithm>
#include <cassert>
#include <cstring>

#include "terrane/codec/codecs.h"
#include "terrane/codec/scratch.h"

namespace terrane::detail {
namespace {

enum Form : std::uint8_t { kRaw, kParts };

constexpr std::int64_t kCut = 32;

// The octants of a brick, as many as it has, x the lowest bit of their order.
class Octants {
 public:
  explicit Octants(BrickShape shape) {
    for (int o = 0; o < 8; ++o) {
      const Coord lo{(o & 1) * kCut, (o >> 1 & 1) * kCut, (o >> 2) * kCut};
      const Box box = Box::of_size(lo, {kCut, kCut, kCut}).intersect(Box::of_size({}, shape.size()));
      if (!box.empty()) boxes_[count_++] = box;
    }
  }
  std::span<const Box> boxes() const { return {boxes_, count_}; }

 private:
  Box boxes_[8];
  std::size_t count_ = 0;
};

BrickShape shape_of(const Box& box) {
  const Coord size = box.size();
  return {static_cast<int>(size.x), static_cast<int>(size.y), static_cast<int>(size.z)};
}

// What of a brick's dense voxels lies in a box, dense.
std::span<const MaterialId> take_part(std::span<const MaterialId> voxels, BrickShape shape, const Box& box,
                                      std::vector<MaterialId>& room) {
  const BrickShape part = shape_of(box);
  room.resize(std::max(room.size(), part.voxels()));
  copy(ConstVoxelView::dense(voxels.data(), shape.size()).sub(box),
       VoxelView::dense(room.data(), part.size()));
  return {room.data(), part.voxels()};
}

// An octant's part of the context; a dense prediction's lies in the scratch.
BrickContext part_of(const BrickContext& brick, const Box& box, CodecScratch::State& state) {
  if (brick.prediction.is_constant()) return {shape_of(box), brick.prediction};
  return {shape_of(box),
          Prediction(take_part(brick.prediction.voxels(), brick.shape, box, state.octant_predicted))};
}

// An octant as read.
struct Part {
  Box box;
  const Codec* codec = nullptr;
  std::uint8_t version = 0;
  Bytes bytes;
};

Result<Part> take_octant(ByteReader& in, const Box& box) {
  const auto id = static_cast<CodecId>(in.fixed<std::uint8_t>());
  const auto version = in.fixed<std::uint8_t>();
  const std::uint64_t length = in.varint();
  if (in.failed() || length > in.remaining()) return corrupt("a hybrid brick ends within an octant");
  if (id == CodecId::kHybrid) return corrupt("a hybrid brick has a hybrid octant; hybrids do not nest");
  const Codec* codec = find_codec(id);
  if (codec == nullptr || version < codec->min_version() || version > codec->version()) {
    return corrupt(
        "a hybrid brick has an octant of a codec or version that hybrids of its version have not, codec=`" +
        std::to_string(static_cast<int>(id)) + "` version=`" + std::to_string(version) + "`");
  }
  return Part{box, codec, version, in.take(static_cast<std::size_t>(length))};
}

// The octants of a payload, one by one.
class Parts {
 public:
  Parts(Bytes bytes, BrickShape shape) : in_(bytes), octants_(shape), raw_bytes_(shape.voxels() * 2) {}

  // kRaw: raw() is all there is.
  Result<Form> form() {
    const auto form = static_cast<Form>(in_.fixed<std::uint8_t>());
    if (form == kRaw) {
      raw_ = in_.take(raw_bytes_);
      if (in_.finished()) return form;
      return corrupt("a raw hybrid brick has not the length of its voxels");
    }
    if (in_.failed() || form != kParts) return corrupt("a hybrid brick has a form that its version has not");
    return form;
  }
  Bytes raw() const { return raw_; }

  bool more() const { return next_ < octants_.boxes().size(); }
  Result<Part> next() { return take_octant(in_, octants_.boxes()[next_++]); }
  Status finish() const {
    if (in_.finished()) return ok();
    return corrupt("a hybrid brick has bytes after its octants");
  }

 private:
  ByteReader in_;
  Octants octants_;
  std::size_t raw_bytes_, next_ = 0;
  Bytes raw_;
};

// docs/codecs/hybrid.md
class HybridCodec final : public Codec {
 public:
  CodecId id() const override { return CodecId::kHybrid; }
  std::string_view name() const override { return "hybrid"; }
  std::uint8_t version() const override { return 1; }
  std::uint8_t min_version() const override { return 1; }
  std::size_t bound(BrickShape shape) const override { return 1 + shape.voxels() * sizeof(MaterialId); }

  bool encode(std::span<const MaterialId> voxels, const BrickContext& brick, const EncodeParameters& how,
              CodecScratch& scratch, std::string& out) const override {
    assert(brick.shape.valid() && voxels.size() == brick.shape.voxels());
    CodecScratch::State& state = scratch.state();
    const std::size_t start = out.size();
    out.push_back(static_cast<char>(kParts));
    const Octants octants(brick.shape);
    for (const Box& box : octants.boxes()) {
      const std::span<const MaterialId> part = take_part(voxels, brick.shape, box, state.octant);
      put_smallest(part, part_of(brick, box, state), how, scratch, out);
    }
    if (out.size() - start <= bound(brick.shape)) return true;
    out.resize(start);
    out.push_back(static_cast<char>(kRaw));
    out.append(reinterpret_cast<const char*>(voxels.data()), voxels.size_bytes());
    return true;
  }

  Status decode(Bytes bytes, std::uint8_t version, const BrickContext& brick, CodecScratch& scratch,
                std::span<MaterialId> voxels) const override {
    TERRANE_TRY(check_decode_call(brick.shape, voxels.size(), name()));
    TERRANE_TRY(check_call(version, brick));
    CodecScratch::State& state = scratch.state();
    Parts parts(bytes, brick.shape);
    TERRANE_ASSIGN(const Form form, parts.form());
    if (form == kRaw) {
      std::memcpy(voxels.data(), parts.raw().data(), voxels.size_bytes());
      return ok();
    }
    while (parts.more()) {
      TERRANE_ASSIGN(const Part part, parts.next());
      const BrickContext context = part_of(brick, part.box, state);
      state.octant.resize(std::max(state.octant.size(), context.shape.voxels()));
      const std::span<MaterialId> room(state.octant.data(), context.shape.voxels());
      TERRANE_TRY(part.codec->decode(part.bytes, part.version, context, scratch, room));
      copy(ConstVoxelView::dense(room.data(), context.shape.size()),
           VoxelView::dense(voxels.data(), brick.shape.size()).sub(part.box));
    }
    return parts.finish();
  }

  // Reads the octant that has the voxel, as its codec does.
  Result<MaterialId> at(Bytes bytes, std::uint8_t version, const BrickContext& brick, Coord c,
                        CodecScratch& scratch) const override {
    TERRANE_TRY(check_at_call(brick.shape, c, name()));
    TERRANE_TRY(check_call(version, brick));
    Parts parts(bytes, brick.shape);
    TERRANE_ASSIGN(const Form form, parts.form());
    if (form == kRaw) {
      MaterialId m;
      std::memcpy(&m, parts.raw().data() + voxel_index(brick.shape, c) * sizeof(m), sizeof(m));
      return m;
    }
    while (parts.more()) {
      TERRANE_ASSIGN(const Part part, parts.next());
      if (!part.box.contains(c)) continue;
      const BrickContext context = part_of(brick, part.box, scratch.state());
      return part.codec->at(part.bytes, part.version, context, c - part.box.lo, scratch);
    }
    return corrupt("a hybrid brick has not all its octants");
  }

  Status histogram(Bytes bytes, std::uint8_t version, const BrickContext& brick, const Box& part_asked,
                   CodecScratch& scratch, MaterialCounts& counts) const override {
    TERRANE_TRY(check_call(version, brick));
    Parts parts(bytes, brick.shape);
    TERRANE_ASSIGN(const Form form, parts.form());
    if (form == kRaw) return Codec::histogram(bytes, version, brick, part_asked, scratch, counts);
    while (parts.more()) {
      TERRANE_ASSIGN(const Part part, parts.next());
      const Box met = part.box.intersect(part_asked);
      if (met.empty()) continue;
      const BrickContext context = part_of(brick, part.box, scratch.state());
      const Box within{met.lo - part.box.lo, met.hi - part.box.lo};
      TERRANE_TRY(part.codec->histogram(part.bytes, part.version, context, within, scratch, counts));
    }
    return parts.finish();
  }

 private:
  Status check_call(std::uint8_t version, const BrickContext& brick) const {
    TERRANE_TRY(check_version(*this, version));
    if (brick.prediction.is_constant() || brick.prediction.voxels().size() == brick.shape.voxels())
      return ok();
    return invalid("a prediction must have the voxels of its brick, shape=`" + to_string(brick.shape.size()) +
                   "`");
  }

  // The octant in whatever is smallest for it, the lowest id of those that tie.
  static void put_smallest(std::span<const MaterialId> voxels, const BrickContext& context,
                           const EncodeParameters& how, CodecScratch& scratch, std::string& out) {
    CodecScratch::State& state = scratch.state();
    const Codec* best = nullptr;
    for (const Codec* codec : all_codecs()) {
      // Octants are too small to teach a model: its whole brick is smaller (decision 009).
      if (codec->id() == CodecId::kHybrid || codec->id() == CodecId::kContext ||
          codec->id() == CodecId::kArchive)
        continue;
      state.octant_other.clear();
      if (!codec->encode(voxels, context, how, scratch, state.octant_other)) continue;
      if (best != nullptr && state.octant_other.size() >= state.octant_bytes.size()) continue;
      best = codec;
      std::swap(state.octant_bytes, state.octant_other);
      if (codec->id() == CodecId::kUniform) break;  // none is shorter
    }
    out.push_back(static_cast<char>(best->id()));
    out.push_back(static_cast<char>(best->version()));
    ByteWriter(out).varint(state.octant_bytes.size());
    out += state.octant_bytes;
  }
};

}  // namespace

const Codec& hybrid_codec() {
  static const HybridCodec codec;
  return codec;
}

}  // namespace terrane::detail

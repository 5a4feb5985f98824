#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "terrane/base/bytes.h"
#include "terrane/base/status.h"
#include "terrane/voxel/brick.h"
#include "terrane/voxel/material_counts.h"
#include "terrane/voxel/voxels.h"

namespace terrane {

// Ids are on disk for ever: never reused, never renumbered. 128..255 are the application's own.
enum class CodecId : std::uint8_t {
  kUniform = 0,
  kPalette = 1,
  kRows = 2,
  kRle = 3,
  kOctree = 4,
  kDelta = 5,
  kHybrid = 6,
  kContext = 7,
  kTree = 8,
  kArchive = 9
};
constexpr bool is_private(CodecId id) {
  return static_cast<std::uint8_t>(id) >= 128;
}

// How a scan goes through a brick: the axis that is fastest, the Morton order (x the lowest bit), or lines
// along the diagonal (1, 1, 1).
enum class Scan : std::uint8_t { kZ = 0, kX = 1, kY = 2, kMorton = 3, kDiagonal = 4 };
std::string_view name(Scan scan);

// How much time a store spends on size.
enum class Policy : std::uint8_t { kFast, kBalanced, kArchive };
Result<Policy> parse_policy(std::string_view name);
std::string_view name(Policy policy);

// What an encoder may be told. Each takes what concerns it; none of it is needed to read what it writes.
struct EncodeParameters {
  Policy policy = Policy::kBalanced;
  std::optional<Scan> scan = {};  // rle; nullopt: the one with the fewest runs
  int min_run = 8;                // rle: shorter runs are listed voxel by voxel
  int max_segment = 65535;        // rle: longer runs are cut
};

// Buffers that encode and decode reuse from call to call, so that neither touches the heap per brick once
// warm. One per thread; never shared.
class CodecScratch {
 public:
  CodecScratch();
  ~CodecScratch();
  CodecScratch(CodecScratch&&) noexcept;
  CodecScratch& operator=(CodecScratch&&) noexcept;
  struct State;
  State& state() { return *state_; }

 private:
  std::unique_ptr<State> state_;
};

// A way to write one brick down: a strategy. Stateless, deterministic, thread-safe: the same voxels give the
// same bytes on every machine, and the bytes need nothing else to be read but the context.
//
// Voxels are dense [x, y, z], z fastest. Decoding treats bytes as hostile: any input gives either exactly
// the context's voxels or kCorrupt, never reads or writes outside its spans, and never allocates by a length
// that it read. Trailing and missing bytes are rejected.
class Codec {
 public:
  virtual ~Codec() = default;
  virtual CodecId id() const = 0;
  virtual std::string_view name() const = 0;
  virtual std::uint8_t version() const = 0;      // that encode writes
  virtual std::uint8_t min_version() const = 0;  // the oldest that decode reads

  // Encoded size is never above this.
  virtual std::size_t bound(BrickShape shape) const = 0;
  // Appends to `out`; there are exactly shape.voxels() voxels. False, with `out` as it was, where the codec
  // cannot take these voxels (uniform).
  virtual bool encode(std::span<const MaterialId> voxels, const BrickContext& brick,
                      const EncodeParameters& how, CodecScratch& scratch, std::string& out) const = 0;
  virtual Status decode(Bytes bytes, std::uint8_t version, const BrickContext& brick, CodecScratch& scratch,
                        std::span<MaterialId> voxels) const = 0;
  // The voxels of `part` (within the brick, not empty) into a view of its size; no further than it must where
  // the codec can, so that what lies behind is not checked. By default decodes all and copies.
  virtual Status decode_part(Bytes bytes, std::uint8_t version, const BrickContext& brick, const Box& part,
                             CodecScratch& scratch, VoxelView out) const;
  // One voxel; without decoding the rest where the codec can (in_place()).
  virtual Result<MaterialId> at(Bytes bytes, std::uint8_t version, const BrickContext& brick, Coord c,
                                CodecScratch& scratch) const = 0;
  virtual bool in_place() const { return false; }
  // Adds the voxels of `part` (within the brick, not empty) to `counts`: from the bytes, without expanding
  // them, where the codec can. By default decodes and counts. On an error `counts` may hold some of them.
  virtual Status histogram(Bytes bytes, std::uint8_t version, const BrickContext& brick, const Box& part,
                           CodecScratch& scratch, MaterialCounts& counts) const;
};

// The strategies that a program knows: those of this build, and what the application adds. Copies are cheap.
// Filled before it is lent to a volume; const from then on.
class CodecTable {
 public:
  CodecTable();  // those of this build
  // kInvalid where the id is not in 128..255 or taken, the name is taken or is not 1..32 of a-z, 0-9, `-`
  // and `_`, or the versions are not 1 <= min_version <= version.
  Status add(std::shared_ptr<const Codec> codec);

  std::span<const Codec* const> all() const { return all_; }
  const Codec* find(CodecId id) const;
  const Codec* find(std::string_view name) const;

 private:
  std::vector<const Codec*> all_;
  std::vector<std::shared_ptr<const Codec>> added_;
};

// Those of this build, by id.
std::span<const Codec* const> all_codecs();
const Codec* find_codec(CodecId id);
const Codec* find_codec(std::string_view name);

// The smallest encoding within the policy's time class. Never fails: the palette takes any voxels.
struct Encoded {
  CodecId codec = CodecId::kPalette;
  std::uint8_t version = 0;
};
Encoded encode_smallest(Policy policy, std::span<const MaterialId> voxels, const BrickContext& brick,
                        CodecScratch& scratch, std::string& out);

}  // namespace terrane

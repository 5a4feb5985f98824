#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "terrane/base/bytes.h"
#include "terrane/base/status.h"
#include "terrane/voxel/voxels.h"

namespace terrane {

// Ids are on disk for ever: never reused, never renumbered. 128..255 are the application's own.
enum class CodecId : std::uint8_t { kUniform = 0, kPalette = 1, kRows = 2 };

// The true size of a brick: 1..64 on each axis, smaller than 64 at the upper edges of a store.
struct BrickShape {
  int nx = 64, ny = 64, nz = 64;
  constexpr std::size_t voxels() const {
    return static_cast<std::size_t>(nx) * static_cast<std::size_t>(ny) * static_cast<std::size_t>(nz);
  }
  constexpr Coord size() const { return {nx, ny, nz}; }
  constexpr bool valid() const { return nx >= 1 && nx <= 64 && ny >= 1 && ny <= 64 && nz >= 1 && nz <= 64; }
  friend constexpr bool operator==(BrickShape, BrickShape) = default;
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

// A way to write one brick down. Stateless, deterministic, thread-safe: the same voxels give the same bytes
// on every machine, and the bytes need nothing else to be read but the shape.
//
// Voxels are dense [x, y, z], z fastest. Decoding treats bytes as hostile: any input gives either exactly
// shape.voxels() voxels or kCorrupt, never reads or writes outside its spans, and never allocates by a length
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
  virtual bool encode(std::span<const MaterialId> voxels, BrickShape shape, CodecScratch& scratch,
                      std::string& out) const = 0;
  virtual Status decode(Bytes bytes, std::uint8_t version, BrickShape shape, CodecScratch& scratch,
                        std::span<MaterialId> voxels) const = 0;
  // One voxel; without decoding the rest where the codec can (in_place()).
  virtual Result<MaterialId> at(Bytes bytes, std::uint8_t version, BrickShape shape, Coord c,
                                CodecScratch& scratch) const = 0;
  virtual bool in_place() const { return false; }
};

// Every codec of this build, by id. The one table.
std::span<const Codec* const> all_codecs();
const Codec* find_codec(CodecId id);
const Codec* find_codec(std::string_view name);

// How much time a store spends on size.
enum class Policy : std::uint8_t { kFast, kBalanced, kArchive };
Result<Policy> parse_policy(std::string_view name);
std::string_view name(Policy policy);

// The smallest encoding within the policy's time class. Never fails: the palette takes any voxels.
struct Encoded {
  CodecId codec = CodecId::kPalette;
  std::uint8_t version = 0;
};
Encoded encode_smallest(Policy policy, std::span<const MaterialId> voxels, BrickShape shape,
                        CodecScratch& scratch, std::string& out);

}  // namespace terrane

#pragma once

#include <array>
#include <cstdint>

#include "terrane/codec/codec.h"

// The parts that writing and reading a rows brick share. The format is docs/codecs/rows.md.
namespace terrane::detail {

inline constexpr int kMaxRows = 64 * 64;

// A brick as rows of voxels along its fastest axis that is longer than one voxel, in planes of rows.
struct RowGrid {
  int rows = 0;
  int per_plane = 0;
  int length = 0;  // of a row

  std::size_t voxels() const { return static_cast<std::size_t>(rows) * static_cast<std::size_t>(length); }
  std::size_t offset(int row) const {
    return static_cast<std::size_t>(row) * static_cast<std::size_t>(length);
  }
};

constexpr RowGrid row_grid(BrickShape s) {
  if (s.nz > 1) return {s.nx * s.ny, s.ny, s.nz};
  if (s.ny > 1) return {s.nx, s.nx, s.ny};
  return {1, 1, s.nx};
}

// How a row is written down. "Before" is the previous row of the plane, "across" the row at the same place
// in the previous plane. A shift has the materials of the other row in the same order, with other ends.
enum RowKind : std::uint8_t { kCopyBefore, kCopyAcross, kShiftBefore, kShiftAcross, kSegments, kRowKinds };

// How a segment of voxels is written down: from one row back, from one plane back, as the voxel before it,
// or as a material named for the first time here.
enum SegmentKind : std::uint8_t { kFromRow, kFromPlane, kRepeat, kMaterial };

inline constexpr int kSegmentLengthLimit = 63;  // longer ones continue in the stream of lengths

enum RowStream : std::uint8_t {
  kFlatStream,      // how many flat rows are copies, before each that is not
  kKindStream,      // three kinds a byte
  kSegmentStream,   // kind | (length - 1) << 2
  kMaterialStream,  // one byte into the palette each, or uint16
  kLengthStream,    // varints: what a length has beyond the limit
  kShiftStream,     // zigzag: how far each end of a shifted row moved
  kRowStreams
};

// Which rows are known to be equal, by descent from the same row. This is all the context that kinds are
// coded in: it needs no voxels.
class RowOrigins {
 public:
  // For the rows of another brick.
  void start(RowGrid grid) { grid_ = grid; }

  enum class Context : std::uint8_t {
    kFlat,  // the rows before, across, and across from the one before are equal: so is this one, mostly
    kExpectBefore,  // a copy is likelier from the row before
    kExpectAcross
  };
  Context context(int row, bool has_before, bool has_across) const {
    if (!has_before) return Context::kExpectAcross;
    if (!has_across) return Context::kExpectBefore;
    const auto at = static_cast<std::size_t>(row);
    const auto plane = static_cast<std::size_t>(grid_.per_plane);
    const std::uint16_t before = origin_[at - 1], across = origin_[at - plane],
                        corner = origin_[at - plane - 1];
    if (across != corner) return Context::kExpectBefore;
    return before == corner ? Context::kFlat : Context::kExpectAcross;
  }

  void record(int row, RowKind kind) {
    const auto at = static_cast<std::size_t>(row);
    if (kind == kCopyBefore) {
      origin_[at] = origin_[at - 1];
    } else if (kind == kCopyAcross) {
      origin_[at] = origin_[at - static_cast<std::size_t>(grid_.per_plane)];
    } else {
      origin_[at] = static_cast<std::uint16_t>(row);
    }
  }

  // The row that this one is a copy of, or itself.
  int of(int row) const { return origin_[static_cast<std::size_t>(row)]; }

  // Kinds are written relative to the expected row: 0 a copy of it, 1 of the other, 2 a shift of it...
  static std::uint8_t swap_expected(std::uint8_t kind, Context context) {
    return context == Context::kExpectAcross && kind < kSegments ? kind ^ 1 : kind;
  }

 private:
  RowGrid grid_;
  std::array<std::uint16_t, kMaxRows> origin_;
};

}  // namespace terrane::detail

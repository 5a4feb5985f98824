#include "terrane/codec/scan.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace terrane::detail {
namespace {

constexpr int kBlock = 8;  // edge of a Morton block: its offsets are one small table
constexpr int kBlockVoxels = kBlock * kBlock * kBlock;

// The bits of n with two zeros between each, for n below 64.
constexpr std::size_t spread(std::size_t n) {
  n = (n | n << 8) & 0x300f;
  n = (n | n << 4) & 0x30c3;
  return (n | n << 2) & 0x9249;
}

// Every third bit of n from the lowest.
constexpr int gather(int n) {
  return (n & 1) | (n >> 2 & 2) | (n >> 4 & 4);
}

struct BlockPlace {
  std::uint8_t x, y, z;
};
constexpr auto kBlockPlaces = [] {
  std::array<BlockPlace, kBlockVoxels> places{};
  for (int i = 0; i < kBlockVoxels; ++i) {
    places[static_cast<std::size_t>(i)] = {static_cast<std::uint8_t>(gather(i)),
                                           static_cast<std::uint8_t>(gather(i >> 1)),
                                           static_cast<std::uint8_t>(gather(i >> 2))};
  }
  return places;
}();

std::size_t morton_rank(BrickShape shape, Coord c) {
  const auto x = static_cast<std::size_t>(c.x), y = static_cast<std::size_t>(c.y),
             z = static_cast<std::size_t>(c.z);
  if (shape == BrickShape{}) return spread(x) | spread(y) << 1 | spread(z) << 2;
  // From the whole cube down to the voxel: what of the octants before its own lies within the shape.
  const auto clip = [](int n, std::int64_t lo, std::int64_t edge) {
    return static_cast<std::size_t>(std::clamp<std::int64_t>(n - lo, 0, edge));
  };
  std::size_t rank = 0;
  Coord lo;
  for (std::int64_t half = 32; half > 0; half /= 2) {
    const std::size_t wx[] = {clip(shape.nx, lo.x, half), clip(shape.nx, lo.x + half, half)};
    const std::size_t wy[] = {clip(shape.ny, lo.y, half), clip(shape.ny, lo.y + half, half)};
    const std::size_t wz[] = {clip(shape.nz, lo.z, half), clip(shape.nz, lo.z + half, half)};
    const bool hx = (c.x & half) != 0, hy = (c.y & half) != 0, hz = (c.z & half) != 0;
    if (hz) rank += (wx[0] + wx[1]) * (wy[0] + wy[1]) * wz[0];
    if (hy) rank += (wx[0] + wx[1]) * wy[0] * wz[hz];
    if (hx) rank += wx[0] * wy[hy] * wz[hz];
    lo = {lo.x + (hx ? half : 0), lo.y + (hy ? half : 0), lo.z + (hz ? half : 0)};
  }
  return rank;
}

// Calls whole(offset) for each block of voxels in Morton order that lies within the shape, and one(offset)
// for each voxel of the others.
template <class Whole, class One>
void for_each_block(BrickShape s, Whole whole, One one) {
  for (int block = 0; block < kBlockVoxels; ++block) {
    const BlockPlace at = kBlockPlaces[static_cast<std::size_t>(block)];
    const int x = at.x * kBlock, y = at.y * kBlock, z = at.z * kBlock;
    if (x >= s.nx || y >= s.ny || z >= s.nz) continue;
    if (x + kBlock <= s.nx && y + kBlock <= s.ny && z + kBlock <= s.nz) {
      whole(voxel_index(s, {x, y, z}));
      continue;
    }
    for (const BlockPlace p : kBlockPlaces) {
      if (x + p.x < s.nx && y + p.y < s.ny && z + p.z < s.nz)
        one(voxel_index(s, {x + p.x, y + p.y, z + p.z}));
    }
  }
}

using BlockOffsets = std::array<std::uint16_t, kBlockVoxels>;
BlockOffsets block_offsets(BrickShape s) {
  BlockOffsets offsets;
  for (std::size_t i = 0; i < offsets.size(); ++i) {
    const BlockPlace p = kBlockPlaces[i];
    offsets[i] = static_cast<std::uint16_t>(voxel_index(s, {p.x, p.y, p.z}));
  }
  return offsets;
}

void to_morton(BrickShape shape, const MaterialId* voxels, MaterialId* scanned) {
  const BlockOffsets offsets = block_offsets(shape);
  for_each_block(
      shape,
      [&](std::size_t base) {
        for (const std::uint16_t offset : offsets) *scanned++ = voxels[base + offset];
      },
      [&](std::size_t i) { *scanned++ = voxels[i]; });
}

void from_morton(BrickShape shape, const MaterialId* scanned, MaterialId* voxels) {
  const BlockOffsets offsets = block_offsets(shape);
  for_each_block(
      shape,
      [&](std::size_t base) {
        for (const std::uint16_t offset : offsets) voxels[base + offset] = *scanned++;
      },
      [&](std::size_t i) { voxels[i] = *scanned++; });
}

#if defined(__x86_64__)
// Eight rows of eight voxels: to[k * stride + i] = from[i * step + k].
void transpose8(const MaterialId* from, std::size_t step, MaterialId* to, std::size_t stride) {
  __m128i a[8], b[8];
  for (std::size_t i = 0; i < 8; ++i)
    a[i] = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + i * step));
  for (std::size_t i = 0; i < 4; ++i) {
    b[2 * i] = _mm_unpacklo_epi16(a[i], a[i + 4]);
    b[2 * i + 1] = _mm_unpackhi_epi16(a[i], a[i + 4]);
  }
  for (std::size_t i = 0; i < 4; ++i) {
    a[2 * i] = _mm_unpacklo_epi16(b[i], b[i + 4]);
    a[2 * i + 1] = _mm_unpackhi_epi16(b[i], b[i + 4]);
  }
  for (std::size_t i = 0; i < 4; ++i) {
    b[2 * i] = _mm_unpacklo_epi16(a[i], a[i + 4]);
    b[2 * i + 1] = _mm_unpackhi_epi16(a[i], a[i + 4]);
  }
  for (std::size_t k = 0; k < 8; ++k) _mm_storeu_si128(reinterpret_cast<__m128i*>(to + k * stride), b[k]);
}
#else
void transpose8(const MaterialId* from, std::size_t step, MaterialId* to, std::size_t stride) {
  for (std::size_t k = 0; k < 8; ++k) {
    for (std::size_t i = 0; i < 8; ++i) to[k * stride + i] = from[i * step + k];
  }
}
#endif

// to[k * stride + i] = from[i * step + k], for i below `rows` and k below `length`.
void transpose(const MaterialId* from, std::size_t step, std::size_t rows, std::size_t length, MaterialId* to,
               std::size_t stride) {
  std::size_t i = 0;
  for (; i + 8 <= rows; i += 8) {
    std::size_t k = 0;
    for (; k + 8 <= length; k += 8) transpose8(from + i * step + k, step, to + k * stride + i, stride);
    for (; k < length; ++k) {
      for (std::size_t j = i; j < i + 8; ++j) to[k * stride + j] = from[j * step + k];
    }
  }
  for (; i < rows; ++i) {
    for (std::size_t k = 0; k < length; ++k) to[k * stride + i] = from[i * step + k];
  }
}

struct Edges {
  std::size_t x, y, z;
  explicit Edges(BrickShape s)
      : x(static_cast<std::size_t>(s.nx)),
        y(static_cast<std::size_t>(s.ny)),
        z(static_cast<std::size_t>(s.nz)) {}
};

// A plane of diagonal lines, those of one y0: a row of voxels for each i, turned so that line z0 is column
// z0.
using Plane = std::array<MaterialId, 4096>;

void to_diagonal(Edges n, const MaterialId* voxels, MaterialId* scanned) {
  Plane plane;
  for (std::size_t y0 = 0; y0 < n.y; ++y0) {
    for (std::size_t i = 0; i < n.x; ++i) {
      const MaterialId* row = voxels + (i * n.y + (y0 + i) % n.y) * n.z;
      std::rotate_copy(row, row + i % n.z, row + n.z, plane.data() + i * n.z);
    }
    transpose(plane.data(), n.z, n.x, n.z, scanned + y0 * n.z * n.x, n.x);
  }
}

void from_diagonal(Edges n, const MaterialId* scanned, MaterialId* voxels) {
  Plane plane;
  for (std::size_t y0 = 0; y0 < n.y; ++y0) {
    transpose(scanned + y0 * n.z * n.x, n.x, n.z, n.x, plane.data(), n.z);
    for (std::size_t i = 0; i < n.x; ++i) {
      const MaterialId* turned = plane.data() + i * n.z;
      MaterialId* row = voxels + (i * n.y + (y0 + i) % n.y) * n.z;
      std::rotate_copy(turned, turned + (n.z - i % n.z) % n.z, turned + n.z, row);
    }
  }
}

}  // namespace

std::size_t scan_rank(Scan scan, BrickShape shape, Coord c) {
  const Edges n(shape);
  const auto x = static_cast<std::size_t>(c.x), y = static_cast<std::size_t>(c.y),
             z = static_cast<std::size_t>(c.z);
  switch (scan) {
    case Scan::kX:
      return (z * n.y + y) * n.x + x;
    case Scan::kY:
      return (z * n.x + x) * n.y + y;
    case Scan::kMorton:
      return morton_rank(shape, c);
    case Scan::kDiagonal: {
      const std::size_t y0 = (y + n.y - x % n.y) % n.y, z0 = (z + n.z - x % n.z) % n.z;
      return (y0 * n.z + z0) * n.x + x;
    }
    case Scan::kZ:
      break;
  }
  return voxel_index(shape, c);
}

void to_scan(Scan scan, BrickShape shape, const MaterialId* voxels, MaterialId* scanned) {
  const Edges n(shape);
  switch (scan) {
    case Scan::kX:
      for (std::size_t y = 0; y < n.y; ++y)
        transpose(voxels + y * n.z, n.y * n.z, n.x, n.z, scanned + y * n.x, n.y * n.x);
      return;
    case Scan::kY:
      for (std::size_t x = 0; x < n.x; ++x)
        transpose(voxels + x * n.y * n.z, n.z, n.y, n.z, scanned + x * n.y, n.x * n.y);
      return;
    case Scan::kMorton:
      return to_morton(shape, voxels, scanned);
    case Scan::kDiagonal:
      return to_diagonal(n, voxels, scanned);
    case Scan::kZ:
      break;
  }
  std::memcpy(scanned, voxels, shape.voxels() * sizeof(MaterialId));
}

void from_scan(Scan scan, BrickShape shape, const MaterialId* scanned, MaterialId* voxels) {
  const Edges n(shape);
  switch (scan) {
    case Scan::kX:
      for (std::size_t y = 0; y < n.y; ++y)
        transpose(scanned + y * n.x, n.y * n.x, n.z, n.x, voxels + y * n.z, n.y * n.z);
      return;
    case Scan::kY:
      for (std::size_t x = 0; x < n.x; ++x)
        transpose(scanned + x * n.y, n.x * n.y, n.z, n.y, voxels + x * n.y * n.z, n.z);
      return;
    case Scan::kMorton:
      return from_morton(shape, scanned, voxels);
    case Scan::kDiagonal:
      return from_diagonal(n, scanned, voxels);
    case Scan::kZ:
      break;
  }
  std::memcpy(voxels, scanned, shape.voxels() * sizeof(MaterialId));
}

std::size_t count_runs(std::span<const MaterialId> voxels) {
  std::size_t runs = 1;
  const std::size_t last = voxels.size() - 1;
  for (std::size_t at = 0; at < last; at += 64) {
    const int n = static_cast<int>(std::min<std::size_t>(64, last - at));
    const std::uint64_t equal = equal_mask(voxels.data() + at, voxels.data() + at + 1, n);
    runs += static_cast<unsigned>(std::popcount(~equal & low_bits(n)));
  }
  return runs;
}

}  // namespace terrane::detail

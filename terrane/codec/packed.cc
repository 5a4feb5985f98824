#include "terrane/codec/packed.h"

#include <algorithm>

#include "terrane/codec/material_list.h"

namespace terrane::detail {
namespace {

constexpr std::uint8_t kRawBits = 16;  // no palette

bool is_raw(std::size_t materials, std::size_t voxels) {
  return materials > 32768 || 3 + 2 * materials + (voxels * place_bits(materials) + 7) / 8 > 1 + 2 * voxels;
}

}  // namespace

void find_places(CodecScratch::State& state) {
  state.wide_index_of.resize(65536);
  for (std::size_t i = 0; i < state.palette.size(); ++i)
    state.wide_index_of[state.palette[i]] = static_cast<std::uint16_t>(i);
}

std::size_t packed_bytes(std::size_t materials, std::size_t voxels) {
  if (is_raw(materials, voxels)) return 1 + 2 * voxels;
  return 3 + 2 * materials + (voxels * place_bits(materials) + 7) / 8;
}

void put_packed(std::span<const MaterialId> voxels, const CodecScratch::State& state, std::string& out) {
  const std::size_t materials = state.palette.size();
  const std::size_t start = out.size();
  out.resize(start + packed_bytes(materials, voxels.size()));
  char* at = out.data() + start;
  if (is_raw(materials, voxels.size())) {
    *at = static_cast<char>(kRawBits);
    std::memcpy(at + 1, voxels.data(), voxels.size_bytes());
    return;
  }
  const unsigned bits = place_bits(materials);
  const auto count = static_cast<std::uint16_t>(materials);
  *at++ = static_cast<char>(bits);
  std::memcpy(at, &count, sizeof(count));
  std::memcpy(at + 2, state.palette.data(), materials * sizeof(MaterialId));
  at += 2 + materials * sizeof(MaterialId);
  std::uint64_t word = 0;
  unsigned filled = 0;
  for (const MaterialId m : voxels) {
    const std::uint64_t place = state.wide_index_of[m];
    word |= place << filled;
    filled += bits;
    if (filled < 64) continue;
    std::memcpy(at, &word, sizeof(word));
    at += sizeof(word);
    filled -= 64;
    word = place >> (bits - filled);  // filled < bits <= 15
  }
  std::memcpy(at, &word, (filled + 7) / 8);
}

Status read_packed(ByteReader& in, BrickShape shape, const Box& part, std::string_view codec, VoxelView out) {
  const auto broken = [&](const char* what) {
    return corrupt("a packed brick " + std::string(what) + ", codec=`" + std::string(codec) + "`");
  };
  const auto bits = in.fixed<std::uint8_t>();
  const bool raw = bits == kRawBits;
  const std::size_t materials = raw ? 65536 : in.fixed<std::uint16_t>();
  const Bytes palette = in.take(raw ? 0 : materials * sizeof(MaterialId));
  const Bytes places = in.take((shape.voxels() * std::min<std::size_t>(bits, 16) + 7) / 8);
  if (in.failed() || in.remaining() != 0) return broken("has not the length that it says");
  if (bits > kRawBits || (!raw && (materials == 0 || bits != place_bits(materials))))
    return broken("has places of a width that its palette has not");
  for (std::int64_t x = part.lo.x; x < part.hi.x; ++x) {
    for (std::int64_t y = part.lo.y; y < part.hi.y; ++y) {
      MaterialId* to = out.row(x - part.lo.x, y - part.lo.y);
      std::size_t bit = static_cast<std::size_t>((x * shape.ny + y) * shape.nz + part.lo.z) * bits;
      for (std::int64_t z = part.lo.z; z < part.hi.z; ++z, to += out.stride.z, bit += bits) {
        const std::size_t place = bits_at(places, bit, bits);
        if (place >= materials) return broken("has a place beyond its palette");
        *to = static_cast<MaterialId>(place);
        if (!raw) std::memcpy(to, palette.data() + place * sizeof(MaterialId), sizeof(MaterialId));
      }
    }
  }
  return ok();
}

}  // namespace terrane::detail

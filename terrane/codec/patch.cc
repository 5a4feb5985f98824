#include "terrane/codec/patch.h"

#include <algorithm>
#include <cassert>

#include "terrane/codec/blob.h"
#include "terrane/codec/palette_gaps.h"

namespace terrane {
namespace {

using detail::kMostListed;

// First byte.
enum Form : std::uint8_t {
  kOne,   // varint place, u16 material
  kRuns,  // varint voxels, varint bytes of the body, the body as a blob
};

// A run of places takes two varints of at most three bytes, a material's run one and two bytes.
constexpr std::size_t kMostBytesPerVoxel = 12;
constexpr std::size_t kMostBytesOfPalette = 3 + 3 * kMostListed;

Error broken(const char* what) {
  return corrupt(std::string("a patch of a brick ") + what);
}

void put_places(std::span<const PatchVoxel> voxels, std::string& body) {
  ByteWriter out(body);
  std::uint32_t next = 0;  // the least place that the next run may begin at
  for (std::size_t i = 0; i < voxels.size();) {
    std::size_t end = i + 1;
    while (end < voxels.size() && voxels[end].place == voxels[end - 1].place + 1) ++end;
    out.varint(voxels[i].place - next);
    out.varint(end - i - 1);
    next = voxels[end - 1].place + 2;
    i = end;
  }
}

void put_materials(std::span<const PatchVoxel> voxels, std::string& body) {
  std::vector<MaterialId> palette;
  palette.reserve(voxels.size());
  for (const PatchVoxel& v : voxels) palette.push_back(v.material);
  std::sort(palette.begin(), palette.end());
  palette.erase(std::unique(palette.begin(), palette.end()), palette.end());
  detail::put_gaps(palette, body);
  if (palette.size() == 1) return;
  ByteWriter out(body);
  for (std::size_t i = 0; i < voxels.size();) {
    const MaterialId material = voxels[i].material;
    std::size_t end = i + 1;
    while (end < voxels.size() && voxels[end].material == material) ++end;
    out.varint(end - i - 1);
    if (palette.size() > kMostListed) {
      out.fixed(material);
    } else {
      const auto at = std::lower_bound(palette.begin(), palette.end(), material);
      out.fixed(static_cast<std::uint8_t>(at - palette.begin()));
    }
    i = end;
  }
}

Status take_places(ByteReader& in, std::size_t count, std::size_t limit, std::vector<PatchVoxel>& voxels) {
  std::uint64_t next = 0;
  while (voxels.size() < count) {
    const std::uint64_t gap = in.varint(), more = in.varint();
    if (in.failed()) return broken("ends within its places");
    if (gap >= limit || more >= count - voxels.size() || next + gap + more >= limit)
      return broken("has a place beyond its brick");
    for (std::uint64_t i = 0; i <= more; ++i)
      voxels.push_back({static_cast<std::uint32_t>(next + gap + i), MaterialId{0}});
    next += gap + more + 2;
  }
  return ok();
}

Status take_materials(ByteReader& in, std::vector<MaterialId>& palette, std::vector<PatchVoxel>& voxels) {
  TERRANE_TRY(detail::take_gaps(in, "patch", palette));
  if (palette.size() == 1) {
    for (PatchVoxel& v : voxels) v.material = palette[0];
    return ok();
  }
  for (std::size_t i = 0; i < voxels.size();) {
    const std::uint64_t more = in.varint();
    MaterialId material = 0;
    if (palette.empty()) {
      material = in.fixed<MaterialId>();
    } else if (const auto at = in.fixed<std::uint8_t>(); at < palette.size()) {
      material = palette[at];
    } else {
      return broken("names a material that its palette has not");
    }
    if (in.failed()) return broken("ends within its materials");
    if (more >= voxels.size() - i) return broken("has more materials than places");
    for (const std::size_t end = i + more + 1; i < end; ++i) voxels[i].material = material;
  }
  return ok();
}

}  // namespace

void write_patch(std::span<const PatchVoxel> voxels, CodecScratch& scratch, std::string& out) {
  assert(!voxels.empty());
  ByteWriter writer(out);
  if (voxels.size() == 1) {
    writer.fixed(static_cast<std::uint8_t>(kOne));
    writer.varint(voxels[0].place);
    writer.fixed(voxels[0].material);
    return;
  }
  std::string body;
  put_places(voxels, body);
  put_materials(voxels, body);
  writer.fixed(static_cast<std::uint8_t>(kRuns));
  writer.varint(voxels.size());
  writer.varint(body.size());
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(body.data());
  detail::put_blob({bytes, body.size()}, Policy::kBalanced, scratch.state(), out);
}

Status read_patch(Bytes bytes, BrickShape shape, CodecScratch& scratch, std::vector<PatchVoxel>& voxels) {
  voxels.clear();
  ByteReader in(bytes);
  const auto form = in.fixed<std::uint8_t>();
  if (form == kOne) {
    const std::uint64_t place = in.varint();
    const auto material = in.fixed<MaterialId>();
    if (!in.finished()) return broken("of one voxel has another length");
    if (place >= shape.voxels()) return broken("has a place beyond its brick");
    voxels.push_back({static_cast<std::uint32_t>(place), material});
    return ok();
  }
  const std::uint64_t count = in.varint(), size = in.varint();
  if (in.failed() || form != kRuns) return broken("has a form that its version has not");
  if (count < 2 || count > shape.voxels()) return broken("has another number of voxels than fit its brick");
  if (size > count * kMostBytesPerVoxel + kMostBytesOfPalette)
    return broken("has a body longer than its voxels can need");
  CodecScratch::State& state = scratch.state();
  std::vector<std::uint8_t>& room = state.rows.bytes;
  room.resize(std::max<std::size_t>(room.size(), size));
  TERRANE_TRY(detail::take_blob(in.take(in.remaining()), state, {room.data(), size}));
  ByteReader body(std::as_bytes(std::span(room.data(), size)));
  TERRANE_TRY(take_places(body, count, shape.voxels(), voxels));
  TERRANE_TRY(take_materials(body, state.palette, voxels));
  return body.finished() ? ok() : Status(broken("has bytes left over"));
}

}  // namespace terrane

#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "terrane/base/bytes.h"
#include "terrane/base/status.h"
#include "terrane/voxel/voxels.h"

// The materials of a brick, sorted, in few bytes: a varint count, then how far each is from the least that it
// may be. A count of 0 says that there are more than 256, and no list.
namespace terrane::detail {

inline constexpr std::size_t kMostListed = 256;

inline void put_gaps(std::span<const MaterialId> palette, std::string& out) {
  ByteWriter writer(out);
  if (palette.size() > kMostListed) {
    writer.varint(0);
    return;
  }
  writer.varint(palette.size());
  int next = 0;
  for (const MaterialId m : palette) {
    writer.varint(static_cast<std::uint64_t>(m - next));
    next = m + 1;
  }
}

// `codec` is named in the message.
inline Status take_gaps(ByteReader& in, std::string_view codec, std::vector<MaterialId>& palette) {
  const std::uint64_t count = in.varint();
  const auto broken = [&](const char* what) {
    return corrupt(std::string(what) + ", codec=`" + std::string(codec) + "`");
  };
  if (count > kMostListed) return broken("a brick has a palette of more than 256 materials");
  palette.clear();
  std::uint64_t next = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t gap = in.varint();
    if (gap > 65535 || next + gap > 65535) return broken("a brick has a palette beyond the id 65535");
    palette.push_back(static_cast<MaterialId>(next + gap));
    next += gap + 1;
  }
  return in.failed() ? Status(broken("a brick ends within its palette")) : ok();
}

}  // namespace terrane::detail

#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "terrane/base/bytes.h"

namespace terrane {

// A general compressor that others use for bricks, to measure against: never part of a store. Stateful and
// for one thread, so that it reuses what its library lets it reuse.
class Peer {
 public:
  virtual ~Peer() = default;
  virtual std::string_view name() const = 0;
  // `raw` are uint16. False where the library fails. `out` is replaced.
  virtual bool encode(Bytes raw, std::string& out) = 0;
  // False where the bytes are not exactly raw.size() bytes compressed.
  virtual bool decode(Bytes bytes, MutableBytes raw) = 0;
};

// Those of this build: zstd 1, 3, 9 and 19, lz4, xz 9, brotli 11, c-blosc (bitshuffle and zstd 5), zlib 6.
std::vector<std::unique_ptr<Peer>> all_peers();
// The Debian packages of those that this build was made without.
std::vector<std::string_view> missing_peers();

}  // namespace terrane

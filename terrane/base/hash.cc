#include "terrane/base/hash.h"

#include <xxhash.h>

namespace terrane {

std::uint64_t hash64(Bytes bytes, std::uint64_t seed) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

}  // namespace terrane

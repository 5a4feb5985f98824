#pragma once

#include <cstdint>

#include "terrane/base/bytes.h"

namespace terrane {

// XXH3, 64 bits: stable across machines and releases of the library, so it may go to disk.
std::uint64_t hash64(Bytes bytes, std::uint64_t seed = 0);

// SplitMix64 (Steele, Lea, Flood 2014): the only randomness here. The same seed gives the same sequence.
class Random {
  __extension__ using Wide = unsigned __int128;

 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }
  // Uniform in [0, n); n > 0. The bias of the product method is below 2^-64 * n.
  std::uint64_t below(std::uint64_t n) {
    return static_cast<std::uint64_t>((static_cast<Wide>(next()) * n) >> 64);
  }
  // Uniform in [lo, hi).
  std::int64_t between(std::int64_t lo, std::int64_t hi) {
    return lo + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(hi - lo)));
  }

 private:
  std::uint64_t state_;
};

}  // namespace terrane

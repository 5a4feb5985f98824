#pragma once

namespace terrane {

// How many of `n` rounds a test makes: all, or one in four where a sanitizer makes each of them dear (the
// plain build has made them all, and what a sanitizer looks for shows in a few).
template <class N>
constexpr N rounds(N n) {
#ifdef TERRANE_SANITIZED
  return (n + 3) / 4;
#else
  return n;
#endif
}

// The step between places that are tried: that many times as far where a sanitizer is in.
template <class N>
constexpr N stride(N n) {
#ifdef TERRANE_SANITIZED
  return 4 * n;
#else
  return n;
#endif
}

}  // namespace terrane

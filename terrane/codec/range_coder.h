#pragma once

#include <cstdint>
#include <string>

#include "terrane/base/bytes.h"

// A binary range coder in 32-bit integers with byte-wise renormalisation and carries, after G. N. N. Martin,
// "Range encoding" (1979), in the form that made LZMA known. Probabilities are of a 1, in 1/65536.
namespace terrane::detail {

inline constexpr std::uint32_t kLeastRange = std::uint32_t{1} << 24;
// The last bytes of a code are chosen to be zero, and not written.
inline constexpr int kImpliedZeros = 2;

// Appends a code to a string that outlives it. For one thread. Nothing is complete before finish().
class RangeEncoder {
 public:
  static constexpr bool kDecodes = false;

  explicit RangeEncoder(std::string& out) : out_(out) {}

  // Writes `bit`, which is returned; p in 1..65535.
  bool bit(std::uint32_t p, bool bit) {
    const std::uint32_t bound = (range_ >> 16) * p;
    if (bit) {
      range_ = bound;
    } else {
      low_ += bound;
      range_ -= bound;
    }
    while (range_ < kLeastRange) {
      range_ <<= 8;
      shift();
    }
    return bit;
  }
  // No bit may follow.
  void finish() {
    const std::uint64_t mask = (std::uint64_t{1} << (8 * kImpliedZeros)) - 1;
    low_ = (low_ + mask) & ~mask;  // within the range, which has at least 24 bits
    for (int i = 0; i <= 4 - kImpliedZeros; ++i) shift();
  }

 private:
  // The top byte leaves. A byte of 255 waits, as a carry may still come.
  void shift() {
    const auto carry = static_cast<std::uint8_t>(low_ >> 32);
    if (carry != 0 || static_cast<std::uint32_t>(low_) < 0xff000000u) {
      if (!first_) out_.push_back(static_cast<char>(held_ + carry));
      first_ = false;
      for (; waiting_ > 0; --waiting_) out_.push_back(static_cast<char>(0xff + carry));
      held_ = static_cast<std::uint8_t>(low_ >> 24);
    } else {
      ++waiting_;
    }
    low_ = (low_ & 0x00ffffffu) << 8;
  }

  std::string& out_;
  std::uint64_t low_ = 0;
  std::uint32_t range_ = 0xffffffffu;
  std::uint8_t held_ = 0;
  bool first_ = true;  // what is held before the first byte is always 0
  std::uint64_t waiting_ = 0;
};

// Reads any bytes as some bits, as long as they live; for one thread. Whether they were the bytes of an
// encoder is asked at the end.
class RangeDecoder {
 public:
  static constexpr bool kDecodes = true;

  explicit RangeDecoder(Bytes bytes) : at_(bytes.data()), end_(bytes.data() + bytes.size()) {
    for (int i = 0; i < 4; ++i) code_ = code_ << 8 | next();
  }

  bool bit(std::uint32_t p, bool) {
    const std::uint32_t bound = (range_ >> 16) * p;
    const bool bit = code_ < bound;
    if (bit) {
      range_ = bound;
    } else {
      code_ -= bound;
      range_ -= bound;
    }
    while (range_ < kLeastRange) {
      range_ <<= 8;
      code_ = code_ << 8 | next();
    }
    return bit;
  }
  // Bits were asked for that no encoder wrote.
  bool overran() const { return beyond_ > kImpliedZeros; }
  // Everything was used, and nothing was missing.
  bool finished() const { return at_ == end_ && beyond_ == kImpliedZeros; }

 private:
  std::uint32_t next() {
    if (at_ != end_) return static_cast<std::uint8_t>(*at_++);
    ++beyond_;
    return 0;
  }

  const std::byte* at_;
  const std::byte* end_;
  std::uint32_t range_ = 0xffffffffu, code_ = 0;
  int beyond_ = 0;
};

}  // namespace terrane::detail

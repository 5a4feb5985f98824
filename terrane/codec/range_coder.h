#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string>

#include "terrane/base/bytes.h"

// A binary range coder in 64-bit integers with carries, after G. N. N. Martin, "Range encoding" (1979). It
// shifts by 32 bits, so that hardly one bit in forty waits for it. Probabilities are of a 1, in 1/65536.
namespace terrane::detail {

// Below this a range is shifted up.
inline constexpr std::uint64_t kLeastRange = std::uint64_t{1} << 32;

// Appends a code to a string that outlives it. For one thread. Nothing is complete before finish().
class RangeEncoder {
 public:
  static constexpr bool kDecodes = false;

  explicit RangeEncoder(std::string& out) : out_(&out), start_(out.size()) {}

  // Writes `bit`, which is returned; p in 1..65535.
  [[gnu::always_inline]] bool bit(std::uint32_t p, bool bit) {
    const std::uint64_t bound = (range_ >> 16) * p;
    if (!bit) raise(bound);
    range_ = bit ? bound : range_ - bound;
    if (range_ < kLeastRange) [[unlikely]]
      shift();
    return bit;
  }
  // Writes a value below `count`, all equally likely; count in 1..65536.
  std::uint32_t even(std::uint32_t count, std::uint32_t value) {
    range_ /= count;
    raise(range_ * value);
    if (range_ < kLeastRange) shift();
    return value;
  }
  // No bit may follow. Of all codes within the range it takes one that ends with the most zeros, and leaves
  // them out.
  void finish() {
    for (int zeros = 56;; zeros -= 8) {
      const std::uint64_t mask = (std::uint64_t{1} << zeros) - 1;
      const std::uint64_t up = (~low_ + 1) & mask;
      if (up >= range_) continue;
      raise(up);
      for (int i = 0; i < 2; ++i) shift();
      break;
    }
    while (out_->size() > start_ && out_->back() == 0) out_->pop_back();
  }

 private:
  void raise(std::uint64_t by) {
    low_ += by;
    if (low_ < by) [[unlikely]] {
      for (std::size_t i = out_->size(); ++(*out_)[--i] == 0;) {
      }
    }
  }
  void shift() {
    const auto top = static_cast<std::uint32_t>(low_ >> 32);
    for (int i = 24; i >= 0; i -= 8) out_->push_back(static_cast<char>(top >> i & 0xff));
    low_ <<= 32;
    range_ <<= 32;
  }

  std::string* out_;
  std::size_t start_;
  std::uint64_t low_ = 0, range_ = ~std::uint64_t{0};
};

// Reads any bytes as some bits, as long as they live, as if zeros without end came after them; for one
// thread. Whether they were the bytes of an encoder is asked at the end.
class RangeDecoder {
 public:
  static constexpr bool kDecodes = true;

  explicit RangeDecoder(Bytes bytes) : at_(bytes.data()), end_(bytes.data() + bytes.size()) {
    code_ = std::uint64_t{word()} << 32;
    code_ |= word();
  }

  [[gnu::always_inline]] bool bit(std::uint32_t p, bool) {
    const std::uint64_t bound = (range_ >> 16) * p;
    const bool bit = code_ < bound;
    code_ = bit ? code_ : code_ - bound;
    range_ = bit ? bound : range_ - bound;
    if (range_ < kLeastRange) [[unlikely]]
      shift();
    return bit;
  }
  std::uint32_t even(std::uint32_t count, std::uint32_t) {
    range_ /= count;
    const std::uint64_t value = std::min<std::uint64_t>(code_ / range_, count - 1);
    code_ -= range_ * value;
    if (range_ < kLeastRange) shift();
    return static_cast<std::uint32_t>(value);
  }
  // Everything was used.
  bool finished() const { return at_ == end_; }

 private:
  struct Word {
    std::uint32_t value;
    const std::byte* after;
  };
  // By value, so that a decoder can live in registers.
  [[gnu::noinline]] static Word last_word(const std::byte* at, const std::byte* end) {
    std::uint32_t value = 0;
    for (int i = 0; i < 4; ++i) value = value << 8 | (at != end ? static_cast<std::uint8_t>(*at++) : 0u);
    return {value, at};
  }
  [[gnu::always_inline]] std::uint32_t word() {
    if (end_ - at_ >= 4) [[likely]] {
      std::uint32_t value;
      std::memcpy(&value, at_, sizeof(value));
      at_ += sizeof(value);
      return std::endian::native == std::endian::little ? __builtin_bswap32(value) : value;
    }
    const Word word = last_word(at_, end_);
    at_ = word.after;
    return word.value;
  }
  [[gnu::always_inline]] void shift() {
    range_ <<= 32;
    code_ = code_ << 32 | word();
  }

  const std::byte* at_;
  const std::byte* end_;
  std::uint64_t range_ = ~std::uint64_t{0}, code_ = 0;
};

}  // namespace terrane::detail

#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

namespace terrane {

static_assert(std::endian::native == std::endian::little, "stored integers are little endian");

using Bytes = std::span<const std::byte>;
using MutableBytes = std::span<std::byte>;

inline Bytes as_bytes(std::string_view s) {
  return {reinterpret_cast<const std::byte*>(s.data()), s.size()};
}
inline std::string_view as_view(Bytes b) {
  return {reinterpret_cast<const char*>(b.data()), b.size()};
}

inline constexpr std::size_t kMaxVarintBytes = 10;

// Appends to a string. Little endian; varints are LEB128.
class ByteWriter {
 public:
  explicit ByteWriter(std::string& out) : out_(out) {}

  template <class T>
  requires std::is_integral_v<T>
  void fixed(T value) {
    char raw[sizeof(T)];
    std::memcpy(raw, &value, sizeof(T));
    out_.append(raw, sizeof(T));
  }
  void varint(std::uint64_t value) {
    while (value >= 0x80) {
      out_.push_back(static_cast<char>((value & 0x7f) | 0x80));
      value >>= 7;
    }
    out_.push_back(static_cast<char>(value));
  }
  void signed_varint(std::int64_t value) {
    varint((static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63));
  }
  void bytes(Bytes b) { out_.append(reinterpret_cast<const char*>(b.data()), b.size()); }
  void string(std::string_view s) {
    varint(s.size());
    out_.append(s);
  }

 private:
  std::string& out_;
};

// Reads hostile bytes. Never reads past the end: once a read fails, failed() stays true and every later
// read gives zero, so a decoder may check once at its end.
class ByteReader {
 public:
  explicit ByteReader(Bytes in) : in_(in) {}
  explicit ByteReader(std::string_view in) : in_(as_bytes(in)) {}

  template <class T>
  requires std::is_integral_v<T> T fixed() {
    T value{};
    if (Bytes raw = take(sizeof(T)); raw.size() == sizeof(T)) std::memcpy(&value, raw.data(), sizeof(T));
    return value;
  }
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const auto b = fixed<std::uint8_t>();
      if (failed_) return 0;
      if (shift == 63 && b > 1) break;
      value |= static_cast<std::uint64_t>(b & 0x7f) << shift;
      if ((b & 0x80) == 0) return value;
    }
    failed_ = true;
    return 0;
  }
  std::int64_t signed_varint() {
    const std::uint64_t v = varint();
    return static_cast<std::int64_t>(v >> 1) ^ -static_cast<std::int64_t>(v & 1);
  }
  Bytes take(std::size_t n) {
    if (failed_ || n > in_.size() - at_) {
      failed_ = true;
      return {};
    }
    Bytes out = in_.subspan(at_, n);
    at_ += n;
    return out;
  }
  std::string_view string() {
    const std::uint64_t n = varint();
    if (n > remaining()) {
      failed_ = true;
      return {};
    }
    return as_view(take(static_cast<std::size_t>(n)));
  }
  std::size_t remaining() const { return failed_ ? 0 : in_.size() - at_; }
  bool failed() const { return failed_; }
  // Everything was read, and nothing was read past the end.
  bool finished() const { return !failed_ && at_ == in_.size(); }

 private:
  Bytes in_;
  std::size_t at_ = 0;
  bool failed_ = false;
};

}  // namespace terrane

#include "terrane/io/netcdf_classic.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <span>
#include <vector>

#include "fmt/format.h"
#include "terrane/io/mapped_array.h"

namespace terrane {
namespace {

constexpr std::uint64_t kMost = std::uint64_t{1} << 62;
constexpr std::uint32_t kDimensions = 10, kVariables = 11, kAttributes = 12;
constexpr std::uint32_t kStreaming = 0xffffffff;  // the number of records was never written

std::uint64_t product(std::uint64_t a, std::uint64_t b) {
  return b != 0 && a > kMost / b ? kMost : a * b;
}

// 0 for a type that the classic formats do not have.
std::uint64_t bytes_of_type(std::uint32_t type) {
  constexpr std::uint64_t kBytes[] = {0, 1, 1, 2, 4, 4, 8};
  return type < std::size(kBytes) ? kBytes[type] : 0;
}

// The header of a classic file, once through. What breaks off makes failed() true, and every number 0.
class Header {
 public:
  explicit Header(Bytes bytes) : in_(bytes) {}

  Result<std::uint64_t> length() {
    const auto sign = number(), cdf = 0x43444600U;  // "CDF", and a version
    if (in_.failed() || (sign != cdf + 1 && sign != cdf + 2)) return std::uint64_t{0};
    wide_ = sign == cdf + 2;
    const std::uint32_t records = number();
    for (std::uint32_t n = list(kDimensions); n > 0 && !in_.failed(); --n) {
      name();
      dimensions_.push_back(number());
    }
    attributes();
    for (std::uint32_t n = list(kVariables); n > 0 && !in_.failed(); --n) variable();
    if (in_.failed()) return invalid("its header breaks off");
    for (const Variable& v : variables_) {
      const std::uint64_t before = v.record && records != kStreaming && records > 0 ? records - 1 : 0;
      if (v.record && (records == 0 || records == kStreaming)) continue;
      const std::uint64_t end = v.begin + product(before, record_bytes()) + v.bytes;
      length_ = std::max(length_, std::min(end, kMost));
    }
    return length_;
  }

 private:
  struct Variable {
    std::uint64_t begin = 0, bytes = 0;  // of a record, where it has records
    bool record = false;
  };

  std::uint32_t number() {
    const auto raw = in_.fixed<std::uint32_t>();
    return __builtin_bswap32(raw);
  }
  void skip_padded(std::uint64_t n) { in_.take(static_cast<std::size_t>(n + (4 - n % 4) % 4)); }
  void name() { skip_padded(number()); }
  std::uint32_t list(std::uint32_t tag) {
    const std::uint32_t found = number(), n = number();
    return found == tag ? n : 0;  // absent: two zeros
  }
  void attributes() {
    for (std::uint32_t n = list(kAttributes); n > 0 && !in_.failed(); --n) {
      name();
      const std::uint64_t bytes = bytes_of_type(number());
      skip_padded(bytes * number());
    }
  }
  void variable() {
    Variable v;
    name();
    std::uint64_t elements = 1;
    const std::uint32_t n = number();
    for (std::uint32_t i = 0; i < n && !in_.failed(); ++i) {
      const std::uint32_t id = number();
      const std::uint64_t size = id < dimensions_.size() ? dimensions_[id] : 1;
      if (i == 0 && size == 0) v.record = true;
      if (!v.record || i > 0) elements = product(elements, size);
    }
    attributes();
    v.bytes = product(elements, bytes_of_type(number()));
    number();  // its length, which does not hold what is beyond 4 GiB
    v.begin = number();
    if (wide_) v.begin = std::min(v.begin << 32 | number(), kMost);
    if (!in_.failed()) variables_.push_back(v);
  }
  // Of all variables together; one that is alone is not padded.
  std::uint64_t record_bytes() const {
    std::uint64_t padded = 0, count = 0, bare = 0;
    for (const Variable& v : variables_) {
      if (!v.record) continue;
      ++count;
      bare = v.bytes;
      padded = std::min(padded + (v.bytes + 3) / 4 * 4, kMost);
    }
    return count == 1 ? bare : padded;
  }

  ByteReader in_;
  bool wide_ = false;
  std::vector<std::uint64_t> dimensions_;
  std::vector<Variable> variables_;
  std::uint64_t length_ = 0;
};

}  // namespace

Result<std::uint64_t> classic_length(Bytes file_bytes) {
  return Header(file_bytes).length();
}

Status check_classic_length(const std::string& path) {
  static_assert(std::endian::native == std::endian::little, "numbers are turned");
  TERRANE_ASSIGN(const MappedFile file, MappedFile::open(path));
  const Result<std::uint64_t> wanted =
      classic_length(std::as_bytes(std::span(file.data(), static_cast<std::size_t>(file.size()))));
  if (wanted && *wanted <= file.size()) return ok();
  const std::string why =
      wanted ? fmt::format("its header tells of {} bytes, and {} are there", *wanted, file.size())
             : wanted.error().message;
  return invalid(
      fmt::format("the NetCDF file is truncated: {}. Copy or make it again; path=`{}`", why, path));
}

}  // namespace terrane

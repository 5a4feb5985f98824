#pragma once

#include <bit>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

#include "terrane/base/bytes.h"
#include "terrane/base/status.h"
#include "terrane/voxel/voxels.h"

namespace terrane::detail {

// The materials of a brick, sorted, that an index stands for, as read in place: a varint count, then uint16
// each. A count of 0 says that there is no list, as there are more than 256: indices are materials then. A
// view of the bytes.
class MaterialList {
 public:
  static constexpr std::size_t kMost = 256;

  MaterialList() = default;
  static void put(std::span<const MaterialId> sorted, std::string& out) {
    ByteWriter writer(out);
    if (sorted.size() > kMost) {
      writer.varint(0);
      return;
    }
    writer.varint(sorted.size());
    for (const MaterialId m : sorted) writer.fixed(m);
  }
  // `codec` is named in the message. The order is left to is_sorted().
  static Result<MaterialList> take(ByteReader& in, std::string_view codec) {
    MaterialList list;
    list.count_ = in.varint();
    if (!in.failed() && list.count_ <= kMost) {
      list.bytes_ = in.take(list.count_ * sizeof(MaterialId));
      if (!in.failed()) return list;
    }
    return corrupt("a brick's list of materials is longer than 256 or ends too early, codec=`" +
                   std::string(codec) + "`");
  }

  bool has(std::size_t index) const { return index < count_ || (count_ == 0 && index <= 65535); }
  // has(index).
  MaterialId material(std::size_t index) const {
    if (count_ == 0) return static_cast<MaterialId>(index);
    MaterialId m;
    std::memcpy(&m, bytes_.data() + index * sizeof(m), sizeof(m));
    return m;
  }
  unsigned index_bits() const { return index_bits(count_ == 0 ? kMost + 1 : count_); }
  static unsigned index_bits(std::size_t distinct) {
    return distinct > kMost ? 16 : static_cast<unsigned>(std::bit_width(distinct - 1));
  }
  bool is_sorted() const {
    for (std::size_t i = 1; i < count_; ++i) {
      if (material(i - 1) >= material(i)) return false;
    }
    return true;
  }

 private:
  std::size_t count_ = 0;
  Bytes bytes_;
};

// What is asked of a few bits of bytes: width in 0..16, lowest bit of a byte first. The bits lie within
// `bytes`.
inline std::size_t bits_at(Bytes bytes, std::size_t bit, unsigned width) {
  const std::size_t at = bit / 8;
  std::uint32_t word = 0;
  if (at + sizeof(word) <= bytes.size()) {
    std::memcpy(&word, bytes.data() + at, sizeof(word));
  } else if (at < bytes.size()) {
    std::memcpy(&word, bytes.data() + at, bytes.size() - at);
  }
  return word >> (bit % 8) & ((std::uint32_t{1} << width) - 1);
}

// Appends numbers of `width` bits, 0..16 each, filled up to whole bytes with 0 by finish().
class BitWriter {
 public:
  BitWriter(unsigned width, std::string& out) : width_(width), out_(out) {}
  void put(std::size_t value) {
    word_ |= static_cast<std::uint64_t>(value) << filled_;
    for (filled_ += width_; filled_ >= 8; filled_ -= 8, word_ >>= 8) out_.push_back(static_cast<char>(word_));
  }
  void finish() {
    if (filled_ > 0) out_.push_back(static_cast<char>(word_));
    filled_ = 0;
    word_ = 0;
  }

 private:
  unsigned width_, filled_ = 0;
  std::uint64_t word_ = 0;
  std::string& out_;
};

}  // namespace terrane::detail

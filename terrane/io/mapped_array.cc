#include "terrane/io/mapped_array.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <type_traits>

#include "fmt/format.h"

namespace terrane {
namespace {

constexpr std::string_view kDtypeNames[] = {"bool", "u8", "i8", "u16", "i16", "u32", "i32", "u64", "i64"};

// Calls f with a value of the C++ type.
template <class F>
auto with_type(Dtype dtype, F&& f) {
  switch (dtype) {
    case Dtype::kBool:
      return f(bool{});
    case Dtype::kU8:
      return f(std::uint8_t{});
    case Dtype::kI8:
      return f(std::int8_t{});
    case Dtype::kU16:
      return f(std::uint16_t{});
    case Dtype::kI16:
      return f(std::int16_t{});
    case Dtype::kU32:
      return f(std::uint32_t{});
    case Dtype::kI32:
      return f(std::int32_t{});
    case Dtype::kU64:
      return f(std::uint64_t{});
    case Dtype::kI64:
      break;
  }
  return f(std::int64_t{});
}

template <class U>
U swapped(U v) {
  if constexpr (sizeof(U) == 2) return __builtin_bswap16(v);
  if constexpr (sizeof(U) == 4) return __builtin_bswap32(v);
  if constexpr (sizeof(U) == 8) return __builtin_bswap64(v);
  return v;
}

// Elements as unsigned integers of their own width; a file may place them at any address.
template <class T>
struct Element {
  using Unsigned = typename std::conditional_t<std::is_same_v<T, bool>, std::type_identity<std::uint8_t>,
                                               std::make_unsigned<T>>::type;
  static Unsigned load(const unsigned char* at, bool swap) {
    Unsigned v;
    std::memcpy(&v, at, sizeof v);
    return swap ? swapped(v) : v;
  }
  // Bits that no value in 0..65535 has set.
  static constexpr Unsigned forbidden() {
    const auto all = static_cast<Unsigned>(~Unsigned{0});
    if constexpr (sizeof(T) > 2) return static_cast<Unsigned>(all << 16);
    if constexpr (std::is_signed_v<T>) return static_cast<Unsigned>(Unsigned{1} << (sizeof(T) * 8 - 1));
    return 0;
  }
  static MaterialId material(Unsigned v) {
    if constexpr (std::is_same_v<T, bool>) return v != 0;
    return static_cast<MaterialId>(v);
  }
};

// Converts n adjacent elements. The index of the first that is no material, or n.
template <class T, bool kSwap>
std::size_t convert(const unsigned char* from, std::size_t n, MaterialId* to) {
  using E = Element<T>;
  if constexpr (std::is_same_v<T, std::uint16_t> && !kSwap) {
    std::memcpy(to, from, n * sizeof(T));
    return n;
  }
  typename E::Unsigned seen = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const auto v = E::load(from + i * sizeof(T), kSwap);
    seen = static_cast<typename E::Unsigned>(seen | v);
    to[i] = E::material(v);
  }
  if ((seen & E::forbidden()) == 0) return n;
  std::size_t i = 0;
  while ((E::load(from + i * sizeof(T), kSwap) & E::forbidden()) == 0) ++i;
  return i;
}

using Convert = std::size_t (*)(const unsigned char*, std::size_t, MaterialId*);

Convert converter(Dtype dtype, ByteOrder order) {
  return with_type(dtype, [&](auto tag) -> Convert {
    using T = decltype(tag);
    return order == ByteOrder::kBig && sizeof(T) > 1 ? &convert<T, true> : &convert<T, false>;
  });
}

std::string value_text(const unsigned char* at, Dtype dtype, ByteOrder order) {
  return with_type(dtype, [&](auto tag) {
    using T = decltype(tag);
    return fmt::format("{}", static_cast<T>(Element<T>::load(at, order == ByteOrder::kBig)));
  });
}

struct Reading {
  const unsigned char* base;  // of the array's first element
  const ArrayLayout& layout;
  const std::string& path;
  Convert convert;
  Coord step;  // bytes

  const unsigned char* at(Coord c) const { return base + c.x * step.x + c.y * step.y + c.z * step.z; }
  Error no_material(Coord c) const {
    return invalid(fmt::format(
        "a value is no material id, which is 0 to 65535: renumber the labels; "
        "value=`{}` at=`{}` dtype=`{}` path=`{}`",
        value_text(at(c), layout.dtype, layout.byte_order), to_string(c), name(layout.dtype), path));
  }
};

// z is the fastest axis of the file: row by row.
Status read_rows(const Reading& r, const Box& box, VoxelView out) {
  const Coord size = box.size();
  const auto n = static_cast<std::size_t>(size.z);
  constexpr std::size_t kChunk = 1024;
  MaterialId chunk[kChunk];
  for (std::int64_t x = 0; x < size.x; ++x) {
    for (std::int64_t y = 0; y < size.y; ++y) {
      const Coord first = {box.lo.x + x, box.lo.y + y, box.lo.z};
      MaterialId* to = out.row(x, y);
      if (out.stride.z == 1) {
        const std::size_t good = r.convert(r.at(first), n, to);
        if (good != n) return r.no_material(first + Coord{0, 0, static_cast<std::int64_t>(good)});
        continue;
      }
      for (std::size_t z = 0; z < n; z += kChunk) {
        const std::size_t m = std::min(kChunk, n - z);
        const Coord at = first + Coord{0, 0, static_cast<std::int64_t>(z)};
        const std::size_t good = r.convert(r.at(at), m, chunk);
        if (good != m) return r.no_material(at + Coord{0, 0, static_cast<std::int64_t>(good)});
        for (std::size_t i = 0; i < m; ++i) to[static_cast<std::int64_t>(z + i) * out.stride.z] = chunk[i];
      }
    }
  }
  return ok();
}

// x is the fastest axis: squares in x and z go through a small buffer, so that each cache line of the file
// and of the output is touched once however their strides collide.
constexpr std::int64_t kSquare = 32;

Status transpose_square(const Reading& r, const Box& square, VoxelView out) {
  MaterialId buffer[kSquare][kSquare];
  const Coord size = square.size();
  for (std::int64_t z = 0; z < size.z; ++z) {
    const Coord first = {square.lo.x, square.lo.y, square.lo.z + z};
    const auto n = static_cast<std::size_t>(size.x);
    const std::size_t good = r.convert(r.at(first), n, buffer[z]);
    if (good != n) return r.no_material(first + Coord{static_cast<std::int64_t>(good), 0, 0});
  }
  for (std::int64_t x = 0; x < size.x; ++x) {
    MaterialId* to = out.row(x, 0);
    for (std::int64_t z = 0; z < size.z; ++z) to[z * out.stride.z] = buffer[z][x];
  }
  return ok();
}

Status read_transposed(const Reading& r, const Box& box, VoxelView out) {
  const Coord size = box.size();
  for (std::int64_t x = 0; x < size.x; x += kSquare) {
    for (std::int64_t z = 0; z < size.z; z += kSquare) {
      for (std::int64_t y = 0; y < size.y; ++y) {
        const Box part = Box{{x, y, z}, {x + kSquare, y + 1, z + kSquare}}.intersect({{0, 0, 0}, size});
        TERRANE_TRY(transpose_square(r, {box.lo + part.lo, box.lo + part.hi}, out.sub(part)));
      }
    }
  }
  return ok();
}

}  // namespace

Result<Dtype> parse_dtype(std::string_view text) {
  for (std::size_t i = 0; i < std::size(kDtypeNames); ++i) {
    if (kDtypeNames[i] == text) return static_cast<Dtype>(i);
  }
  return invalid(fmt::format("no such element type: use one of {}; dtype=`{}`",
                             fmt::join(std::begin(kDtypeNames), std::end(kDtypeNames), ", "), text));
}

std::string_view name(Dtype dtype) {
  return kDtypeNames[static_cast<std::size_t>(dtype)];
}

Result<std::uint64_t> ArrayLayout::bytes() const {
  constexpr std::int64_t kMaxAxis = std::int64_t{1} << 40;
  constexpr std::uint64_t kMaxBytes = std::uint64_t{1} << 62;
  std::uint64_t total = static_cast<std::uint64_t>(bytes_of(dtype));
  for (const std::int64_t n : {shape.x, shape.y, shape.z}) {
    if (n < 1) {
      return invalid(fmt::format("the array is empty: every axis needs at least one element; shape=`{}`",
                                 to_string(shape)));
    }
    if (n > kMaxAxis || static_cast<std::uint64_t>(n) > kMaxBytes / total)
      return invalid(fmt::format("the array is too large for any file; shape=`{}`", to_string(shape)));
    total *= static_cast<std::uint64_t>(n);
  }
  return total;
}

Result<MappedArray> MappedArray::create(MappedFile file, const ArrayLayout& layout) {
  TERRANE_ASSIGN(const std::uint64_t bytes, layout.bytes());
  const std::uint64_t found = file.size() - std::min(file.size(), layout.offset);
  if (found < bytes) {
    return invalid(
        fmt::format("the file is truncated: its array needs {} bytes of elements, and {} are there. "
                    "Copy or save it again; shape=`{}` dtype=`{}` path=`{}`",
                    bytes, found, to_string(layout.shape), name(layout.dtype), file.path()));
  }
  return MappedArray(std::move(file), layout);
}

std::string MappedArray::identity() const {
  return fmt::format("{} offset={} shape={} dtype={}{} order={}", file_.identity(), layout_.offset,
                     to_string(layout_.shape), name(layout_.dtype),
                     layout_.byte_order == ByteOrder::kBig ? " big-endian" : "",
                     layout_.order == ArrayOrder::kC ? "C" : "F");
}

Status MappedArray::read(const Box& box, VoxelView out) const {
  const Box all = {{0, 0, 0}, layout_.shape};
  if (box.empty() || !all.contains(box) || out.size != box.size()) {
    return invalid(
        fmt::format("the box is not within the array, or the output has another size; box=`{}` shape=`{}`",
                    to_string(box), to_string(layout_.shape)));
  }
  TERRANE_TRY(file_.still_whole());
  const std::int64_t w = bytes_of(layout_.dtype);
  const Coord n = layout_.shape;
  const bool c_order = layout_.order == ArrayOrder::kC;
  const Reading reading = {file_.data() + layout_.offset, layout_, file_.path(),
                           converter(layout_.dtype, layout_.byte_order),
                           c_order ? Coord{n.y * n.z * w, n.z * w, w} : Coord{w, n.x * w, n.x * n.y * w}};
  return c_order ? read_rows(reading, box, out) : read_transposed(reading, box, out);
}

}  // namespace terrane

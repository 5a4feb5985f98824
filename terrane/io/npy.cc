#include "terrane/io/npy.h"

#include <algorithm>
#include <optional>

#include "fmt/format.h"

namespace terrane {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::size_t kMaxHeader = std::size_t{1} << 20;

class NpySource final : public VoxelSource {
 public:
  explicit NpySource(MappedArray array) : array_(std::move(array)) {}
  Coord size() const override { return array_.layout().shape; }
  std::string identity() const override { return "npy " + array_.identity(); }
  Status read(const Box& box, VoxelView out) const override { return array_.read(box, out); }

 private:
  MappedArray array_;
};

// The header is the text of a Python dict of a string, a bool and a tuple. What is not one of these is an
// error; nothing nests, so hostile text costs one walk.
class HeaderText {
 public:
  explicit HeaderText(std::string_view text) : text_(text) {}

  Status parse(ArrayLayout& layout) {
    if (!take('{')) return broken("'{'");
    bool have[3] = {};
    while (!take('}')) {
      TERRANE_ASSIGN(const std::string_view key, string());
      if (!take(':')) return broken("':'");
      if (key == "descr") {
        TERRANE_TRY(descr(layout));
        have[0] = true;
      } else if (key == "fortran_order") {
        TERRANE_ASSIGN(const bool fortran, boolean());
        layout.order = fortran ? ArrayOrder::kFortran : ArrayOrder::kC;
        have[1] = true;
      } else if (key == "shape") {
        TERRANE_TRY(shape(layout));
        have[2] = true;
      } else {
        return invalid(fmt::format("the .npy header has a key that the format does not know; key=`{}`",
                                   key.substr(0, 40)));
      }
      if (!take(',') && peek() != '}') return broken("',' or '}'");
    }
    if (!have[0] || !have[1] || !have[2])
      return invalid("the .npy header lacks one of descr, fortran_order and shape: save the array again");
    skip_space();
    return at_ == text_.size() ? ok() : Status(broken("nothing more"));
  }

 private:
  static bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }
  void skip_space() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  }
  char peek() {
    skip_space();
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool take(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  Error broken(std::string_view wanted) const {
    return invalid(
        fmt::format("the .npy header cannot be read: expected {} at byte {} of its text. Save the "
                    "array again with numpy.save",
                    wanted, at_));
  }
  Result<std::string_view> string() {
    const char quote = peek();
    if (quote != '\'' && quote != '"') return broken("a quoted string");
    const std::size_t end = text_.find(quote, at_ + 1);
    if (end == std::string_view::npos) return broken("the end of a string");
    const std::string_view body = text_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    return body;
  }
  Result<bool> boolean() {
    skip_space();
    for (const std::string_view word : {"True", "False"}) {
      if (text_.substr(at_).starts_with(word)) {
        at_ += word.size();
        return word == "True";
      }
    }
    return broken("True or False");
  }
  Result<std::int64_t> integer() {
    skip_space();
    std::int64_t value = 0;
    const std::size_t begin = at_;
    while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') {
      if (at_ - begin >= 17) return broken("a number of at most 17 digits");
      value = value * 10 + (text_[at_++] - '0');
    }
    if (at_ == begin) return broken("a number");
    if (at_ < text_.size() && text_[at_] == 'L') ++at_;  // Python 2 wrote long integers so
    return value;
  }

  Status shape(ArrayLayout& layout) {
    if (!take('(')) return broken("'('");
    std::int64_t axes[3] = {1, 1, 1};
    std::size_t n = 0;
    while (!take(')')) {
      TERRANE_ASSIGN(const std::int64_t axis, integer());
      if (n == 3)
        return invalid("the array has more than three axes: save one volume [x, y, z] of it, or squeeze it");
      axes[n++] = axis;
      if (!take(',') && peek() != ')') return broken("',' or ')'");
    }
    layout.shape = {axes[0], axes[1], axes[2]};
    return ok();
  }

  Status descr(ArrayLayout& layout) {
    if (peek() == '[' || peek() == '(')
      return invalid(
          "the array has a structured dtype: save one field of it, as in numpy.save(f, a['material'])");
    TERRANE_ASSIGN(const std::string_view d, string());
    std::string_view kind = d;
    layout.byte_order = ByteOrder::kLittle;
    if (!d.empty() && (d[0] == '<' || d[0] == '>' || d[0] == '|' || d[0] == '=')) {
      if (d[0] == '>') layout.byte_order = ByteOrder::kBig;
      kind.remove_prefix(1);
    }
    static constexpr std::pair<std::string_view, Dtype> kKinds[] = {
        {"b1", Dtype::kBool}, {"?", Dtype::kBool}, {"u1", Dtype::kU8},  {"i1", Dtype::kI8},
        {"u2", Dtype::kU16},  {"i2", Dtype::kI16}, {"u4", Dtype::kU32}, {"i4", Dtype::kI32},
        {"u8", Dtype::kU64},  {"i8", Dtype::kI64},
    };
    for (const auto& [text, dtype] : kKinds) {
      if (text == kind) {
        layout.dtype = dtype;
        return ok();
      }
    }
    const std::string_view shown = d.substr(0, 40);
    if (!kind.empty() && (kind[0] == 'f' || kind[0] == 'c')) {
      return invalid(
          fmt::format("the array holds floating-point numbers, and material ids are integers: convert it, "
                      "as in numpy.save(f, a.astype(numpy.uint16)); dtype=`{}`",
                      shown));
    }
    return invalid(
        fmt::format("the array holds no integers: convert it to integers of 1 to 8 bytes or bool; "
                    "dtype=`{}`",
                    shown));
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

Error with_path(Error error, const std::string& path) {
  error.message += fmt::format("{} path=`{}`", error.message.ends_with('`') ? "" : ";", path);
  return error;
}

}  // namespace

Result<ArrayLayout> parse_npy_header(Bytes file_bytes) {
  ByteReader reader(file_bytes);
  if (as_view(reader.take(kMagic.size())) != kMagic) {
    return invalid(
        "not a .npy file: it does not begin with \\x93NUMPY. Write it with numpy.save, or read bare "
        "elements as raw with their shape and dtype");
  }
  const auto major = reader.fixed<std::uint8_t>();
  const auto minor = reader.fixed<std::uint8_t>();
  if (!reader.failed() && (major < 1 || major > 3 || minor != 0)) {
    return Error{
        ErrorCode::kUnsupported,
        fmt::format("a .npy file of format version {}.{}, and this build reads 1.0, 2.0 and 3.0: save it "
                    "again with an older NumPy",
                    major, minor)};
  }
  const std::uint64_t length = major == 1 ? reader.fixed<std::uint16_t>() : reader.fixed<std::uint32_t>();
  if (length > kMaxHeader)
    return invalid(fmt::format("the .npy header claims {} bytes, and an array needs no more than {}", length,
                               kMaxHeader));
  const std::size_t there = reader.remaining();
  const Bytes text = reader.take(static_cast<std::size_t>(length));
  if (reader.failed()) {
    return invalid(
        fmt::format("the file is truncated: its .npy header needs {} bytes, and {} are there. Copy or "
                    "save it again",
                    length, there));
  }
  ArrayLayout layout;
  layout.offset = file_bytes.size() - reader.remaining();
  TERRANE_TRY(HeaderText(as_view(text)).parse(layout));
  TERRANE_TRY(layout.bytes());
  return layout;
}

Result<std::unique_ptr<VoxelSource>> open_npy(const std::string& path) {
  TERRANE_ASSIGN(MappedFile file, MappedFile::open(path));
  const std::size_t head = static_cast<std::size_t>(std::min<std::uint64_t>(file.size(), kMaxHeader + 64));
  auto layout = parse_npy_header({reinterpret_cast<const std::byte*>(file.data()), head});
  if (!layout) return with_path(std::move(layout).error(), path);
  TERRANE_ASSIGN(MappedArray array, MappedArray::create(std::move(file), *layout));
  return std::unique_ptr<VoxelSource>(std::make_unique<NpySource>(std::move(array)));
}

std::string npy_header(Coord shape) {
  std::string dict = fmt::format("{{'descr': '<u2', 'fortran_order': False, 'shape': ({}, {}, {}), }}",
                                 shape.x, shape.y, shape.z);
  const std::size_t before = kMagic.size() + 4;
  dict.append(63 - (before + dict.size()) % 64, ' ');
  dict.push_back('\n');
  std::string header(kMagic);
  ByteWriter writer(header);
  writer.fixed<std::uint8_t>(1);
  writer.fixed<std::uint8_t>(0);
  writer.fixed<std::uint16_t>(static_cast<std::uint16_t>(dict.size()));
  return header + dict;
}

Result<ArrayFileWriter> create_npy(const std::string& path, Coord shape) {
  return ArrayFileWriter::create(path, shape, npy_header(shape));
}

Status write_npy(const std::string& path, ConstVoxelView voxels) {
  TERRANE_ASSIGN(ArrayFileWriter writer, create_npy(path, voxels.size));
  TERRANE_TRY(writer.write({{0, 0, 0}, voxels.size}, voxels));
  return writer.finish();
}

}  // namespace terrane

#include "terrane/io/npy.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "terrane/base/hash.h"
#include "terrane/io/scratch_dir.h"

namespace terrane {
namespace {

using testing::ScratchDir;

std::string npy_file(int major, std::string_view dict, std::string_view elements) {
  std::string out = "\x93NUMPY";
  out.push_back(static_cast<char>(major));
  out.push_back('\0');
  ByteWriter writer(out);
  if (major == 1) {
    writer.fixed(static_cast<std::uint16_t>(dict.size()));
  } else {
    writer.fixed(static_cast<std::uint32_t>(dict.size()));
  }
  out += dict;
  out += elements;
  return out;
}

std::string dict_of(std::string_view descr, bool fortran, std::string_view shape) {
  return "{'descr': '" + std::string(descr) + "', 'fortran_order': " + (fortran ? "True" : "False") +
         ", 'shape': " + std::string(shape) + ", }\n";
}

void append_element(std::string& out, std::uint64_t value, int bytes, bool big) {
  for (int i = 0; i < bytes; ++i) {
    const int at = big ? bytes - 1 - i : i;
    out.push_back(static_cast<char>(value >> (8 * at)));
  }
}

// The elements of `array` in the order and byte order of a file.
std::string elements_of(const VoxelArray& array, int bytes, bool big, bool fortran) {
  std::string out;
  const Coord n = array.size;
  const Coord outer = fortran ? Coord{n.z, n.y, n.x} : n;
  for (std::int64_t a = 0; a < outer.x; ++a) {
    for (std::int64_t b = 0; b < outer.y; ++b) {
      for (std::int64_t c = 0; c < outer.z; ++c)
        append_element(out, array.at(fortran ? Coord{c, b, a} : Coord{a, b, c}), bytes, big);
    }
  }
  return out;
}

VoxelArray random_array(Coord size, std::uint64_t values, std::uint64_t seed) {
  VoxelArray array(size);
  Random random(seed);
  for (MaterialId& v : array.voxels) v = static_cast<MaterialId>(random.below(values));
  return array;
}

VoxelArray read_all(const VoxelSource& source) {
  VoxelArray out(source.size(), 4242);
  source.read({{0, 0, 0}, source.size()}, out.view()).value();
  return out;
}

std::string open_error(const std::string& path) {
  auto source = open_npy(path);
  if (source) return "opened";
  return source.error().message;
}

struct Kind {
  const char* descr;
  int bytes;
  bool big;
  std::uint64_t values;
};
constexpr Kind kKinds[] = {
    {"|b1", 1, false, 2},    {"|u1", 1, false, 256},   {"|i1", 1, false, 128},  {"<u2", 2, false, 65536},
    {">u2", 2, true, 65536}, {"<i2", 2, false, 32768}, {">i2", 2, true, 32768}, {"<u4", 4, false, 65536},
    {">u4", 4, true, 65536}, {"<i4", 4, false, 65536}, {">i4", 4, true, 65536}, {"<u8", 8, false, 65536},
    {">u8", 8, true, 65536}, {"<i8", 8, false, 65536}, {">i8", 8, true, 65536}, {"=u2", 2, false, 65536},
};

TEST(Npy, EveryIntegerTypeInBothOrdersReadsAsItsValues) {
  ScratchDir dir;
  for (const Kind& kind : kKinds) {
    for (const bool fortran : {false, true}) {
      for (const int major : {1, 2, 3}) {
        SCOPED_TRACE(std::string(kind.descr) + (fortran ? " F" : " C") + std::to_string(major));
        const VoxelArray want = random_array({37, 5, 70}, kind.values, 7);
        const std::string path =
            dir.write("a.npy", npy_file(major, dict_of(kind.descr, fortran, "(37, 5, 70)"),
                                        elements_of(want, kind.bytes, kind.big, fortran)));
        auto source = open_npy(path).value();
        ASSERT_EQ(source->size(), want.size);
        EXPECT_EQ(read_all(*source).voxels, want.voxels);
      }
    }
  }
}

TEST(Npy, AnyBoxIntoAnyStrides) {
  ScratchDir dir;
  const std::uint64_t seed = 20260101;
  Random random(seed);
  const VoxelArray want = random_array({70, 41, 1100}, 65536, seed);
  for (const bool fortran : {false, true}) {
    auto source = open_npy(dir.write("a.npy", npy_file(1, dict_of(">i4", fortran, "(70, 41, 1100)"),
                                                       elements_of(want, 4, true, fortran))))
                      .value();
    for (int round = 0; round < 60; ++round) {
      Box box;
      auto pick = [&](std::int64_t n, std::int64_t& lo, std::int64_t& hi) {
        lo = random.between(0, n);
        hi = random.between(lo + 1, n + 1);
      };
      pick(want.size.x, box.lo.x, box.hi.x);
      pick(want.size.y, box.lo.y, box.hi.y);
      pick(want.size.z, box.lo.z, box.hi.z);
      const Coord n = box.size();
      std::vector<MaterialId> held(static_cast<std::size_t>(n.x * n.y * n.z), 1);
      VoxelView out = VoxelView::dense(held.data(), n);
      if (round % 3 == 1) out.stride = {1, n.x, n.x * n.y};  // Fortran
      if (round % 3 == 2) {                                  // upside down
        out.data += n.z - 1;
        out.stride.z = -1;
      }
      ASSERT_TRUE(source->read(box, out)) << "seed " << seed;
      bool same = true;
      for (std::int64_t x = 0; x < n.x; ++x) {
        for (std::int64_t y = 0; y < n.y; ++y) {
          for (std::int64_t z = 0; z < n.z; ++z)
            same = same && out.at({x, y, z}) == want.at(box.lo + Coord{x, y, z});
        }
      }
      ASSERT_TRUE(same) << "seed " << seed << " box " << to_string(box) << " fortran " << fortran;
    }
  }
}

TEST(Npy, MissingTrailingAxesHaveSizeOne) {
  ScratchDir dir;
  const VoxelArray want = random_array({6, 1, 1}, 65536, 3);
  const std::string elements = elements_of(want, 2, false, false);
  EXPECT_EQ(open_npy(dir.write("a", npy_file(1, dict_of("<u2", false, "(6,)"), elements))).value()->size(),
            (Coord{6, 1, 1}));
  for (const bool fortran : {false, true}) {
    auto source = open_npy(dir.write("b", npy_file(1, dict_of("<u2", fortran, "(2, 3)"), elements))).value();
    EXPECT_EQ(source->size(), (Coord{2, 3, 1}));
    EXPECT_EQ(read_all(*source).at({1, 0, 0}), want.voxels[fortran ? 1 : 3]);
  }
  EXPECT_EQ(open_npy(dir.write("c", npy_file(1, dict_of("<u2", false, "()"), elements))).value()->size(),
            (Coord{1, 1, 1}));
}

TEST(Npy, HeadersOfOtherWritersAreRead) {
  ScratchDir dir;
  const std::string elements(48, '\1');
  for (const char* dict : {
           "{\"descr\": \"<u2\", \"fortran_order\": False, \"shape\": (2L, 3L, 4L)}",
           "{'shape':(2,3,4),'fortran_order':False,'descr':'<u2'}",
           " { 'descr' : '<u2' , 'fortran_order' : False , 'shape' : ( 2 , 3 , 4 , ) , }   \n",
       }) {
    EXPECT_EQ(open_npy(dir.write("a", npy_file(1, dict, elements))).value()->size(), (Coord{2, 3, 4}))
        << dict;
  }
  // Bytes after the array, and an array that begins at an odd byte.
  auto source =
      open_npy(dir.write("b", npy_file(2, dict_of("<u2", false, "(2, 3, 4)") + " ", elements + "more")));
  EXPECT_EQ(read_all(*source.value()).voxels, std::vector<MaterialId>(24, 0x0101));
}

TEST(Npy, WhatIsNoArrayIsRefusedWithAdvice) {
  ScratchDir dir;
  const std::string elements(48, '\1');
  const auto refused = [&](std::string_view bytes, std::string_view words) {
    const std::string message = open_error(dir.write("bad.npy", bytes));
    EXPECT_NE(message.find(words), std::string::npos) << message;
    EXPECT_NE(message.find("path=`"), std::string::npos) << message;
  };
  refused("", "not a .npy file");
  refused("\x93NUM", "not a .npy file");
  refused("just some text, longer than the magic", "numpy.save");
  refused(npy_file(1, dict_of("<u2", false, "(2, 3, 4)"), elements).substr(0, 40),
          "truncated: its .npy header needs");
  refused(npy_file(9, "", ""), "format version 9.0");
  refused(npy_file(1, dict_of("<f4", false, "(2, 3, 4)"), elements + elements), "astype(numpy.uint16)");
  refused(npy_file(1, dict_of("|S2", false, "(2, 3, 4)"), elements), "holds no integers");
  refused(npy_file(1, dict_of("<u3", false, "(2, 3, 4)"), elements), "holds no integers");
  refused(npy_file(1, "{'descr': [('m', '<u2')], 'fortran_order': False, 'shape': (2, 3, 4), }", elements),
          "structured dtype");
  refused(npy_file(1, dict_of("<u2", false, "(2, 0, 4)"), ""), "the array is empty");
  refused(npy_file(1, dict_of("<u2", false, "(2, 3, 2, 2)"), elements), "more than three axes");
  refused(npy_file(1, dict_of("<u2", false, "(-2, 3, 4)"), elements), "expected a number");
  refused(npy_file(1, dict_of("<u2", false, "(99999999999999999999, 3, 4)"), elements), "at most 17 digits");
  refused(npy_file(1, dict_of("<u2", false, "(99999999999, 99999999999, 99999999999)"), elements),
          "too large");
  refused(npy_file(1, "{'descr': '<u2', 'shape': (2, 3, 4), }", elements), "lacks one of");
  refused(npy_file(1, "{'descr': '<u2', 'order': 'C', }", elements), "does not know");
  refused(npy_file(1, dict_of("<u2", false, "(2, 3, 4)") + "x", elements), "expected nothing more");
}

TEST(Npy, ATruncatedFileSaysTheBytesWantedAndFound) {
  ScratchDir dir;
  const std::string path =
      dir.write("a.npy", npy_file(1, dict_of("<u2", false, "(2, 3, 4)"), std::string(47, 'x')));
  const std::string message = open_error(path);
  EXPECT_NE(message.find("needs 48 bytes of elements, and 47 are there"), std::string::npos) << message;
}

TEST(Npy, AValueThatIsNoMaterialIsNamedWithItsPlace) {
  ScratchDir dir;
  struct Bad {
    const char* descr;
    int bytes;
    bool big;
    std::uint64_t bits;
    const char* text;
  };
  for (const Bad& bad :
       {Bad{"|i1", 1, false, 0xff, "value=`-1`"}, Bad{"<i2", 2, false, 0x8000, "value=`-32768`"},
        Bad{">i2", 2, true, 0xfffe, "value=`-2`"}, Bad{"<u4", 4, false, 65536, "value=`65536`"},
        Bad{">i4", 4, true, 0xffffffff, "value=`-1`"},
        Bad{"<u8", 8, false, ~0ull, "value=`18446744073709551615`"},
        Bad{"<i8", 8, false, 1ull << 40, "value=`1099511627776`"}}) {
    for (const bool fortran : {false, true}) {
      VoxelArray array({40, 3, 50}, 9);
      std::string elements = elements_of(array, bad.bytes, bad.big, fortran);
      const Coord at = {38, 2, 44};
      const auto index =
          static_cast<std::size_t>(fortran ? at.x + 40 * (at.y + 3 * at.z) : (at.x * 3 + at.y) * 50 + at.z);
      std::string element;
      append_element(element, bad.bits, bad.bytes, bad.big);
      elements.replace(index * element.size(), element.size(), element);
      auto source =
          open_npy(dir.write("a", npy_file(1, dict_of(bad.descr, fortran, "(40, 3, 50)"), elements))).value();
      VoxelArray out(array.size);
      const Status status = source->read({{0, 0, 0}, array.size}, out.view());
      ASSERT_FALSE(status);
      EXPECT_EQ(status.error().code, ErrorCode::kInvalid);
      EXPECT_NE(status.error().message.find(bad.text), std::string::npos) << status.error().message;
      EXPECT_NE(status.error().message.find("at=`38,2,44`"), std::string::npos) << status.error().message;
      // Boxes without it can be read.
      EXPECT_TRUE(source->read({{0, 0, 0}, {38, 3, 50}}, out.view().sub({{0, 0, 0}, {38, 3, 50}})));
    }
  }
}

TEST(Npy, MissingFilesDirectoriesAndBadBoxesAreErrors) {
  ScratchDir dir;
  EXPECT_EQ(open_npy(dir.file("none.npy")).error().code, ErrorCode::kNotFound);
  EXPECT_NE(open_error(dir.file("")).find("not a regular file"), std::string::npos);
  ASSERT_TRUE(write_npy(dir.file("a.npy"), VoxelArray({4, 4, 4}).view()));
  auto source = open_npy(dir.file("a.npy")).value();
  VoxelArray out({4, 4, 5});
  EXPECT_FALSE(source->read({{0, 0, 0}, {4, 4, 5}}, out.view()));
  EXPECT_FALSE(source->read({{0, 0, 0}, {4, 4, 4}}, out.view()));
  EXPECT_FALSE(source->read({{2, 0, 0}, {2, 4, 4}}, out.view()));
}

TEST(Npy, AFileThatShrinksOrChangesWhileMappedIsAnError) {
  ScratchDir dir;
  const std::string path = dir.file("a.npy");
  ASSERT_TRUE(write_npy(path, VoxelArray({64, 64, 64}, 5).view()));
  auto source = open_npy(path).value();
  VoxelArray out({64, 64, 64});
  ASSERT_TRUE(source->read({{0, 0, 0}, out.size}, out.view()));
  ASSERT_EQ(::truncate(path.c_str(), 1000), 0);
  const Status cut = source->read({{0, 0, 0}, out.size}, out.view());
  ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error().code, ErrorCode::kConflict);
  EXPECT_NE(cut.error().message.find("now has 1000"), std::string::npos) << cut.error().message;
}

TEST(Npy, IdentityNamesTheFileAndItsState) {
  ScratchDir dir;
  const std::string path = dir.file("a.npy");
  ASSERT_TRUE(write_npy(path, VoxelArray({4, 5, 6}, 5).view()));
  const std::string first = open_npy(path).value()->identity();
  EXPECT_NE(first.find("shape=4,5,6"), std::string::npos) << first;
  EXPECT_EQ(first, open_npy(dir.file("./a.npy")).value()->identity());
  std::filesystem::last_write_time(path, std::filesystem::last_write_time(path) + std::chrono::seconds(1));
  EXPECT_NE(first, open_npy(path).value()->identity());
}

TEST(Npy, ManyThreadsReadAtOnce) {
  ScratchDir dir;
  const VoxelArray want = random_array({64, 64, 64}, 65536, 13);
  ASSERT_TRUE(write_npy(dir.file("a.npy"), want.view()));
  auto source = open_npy(dir.file("a.npy")).value();
  std::vector<int> good(4, 0);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < good.size(); ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 20; ++i) good[t] += read_all(*source).voxels == want.voxels ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, std::vector<int>(4, 20));
}

// Whatever the bytes, the parser returns; what it accepts it describes within bounds.
TEST(Npy, MutatedHeadersNeverHurt) {
  const std::uint64_t seed = 99;
  Random random(seed);
  const std::string bases[] = {
      npy_header({3, 4, 5}),
      npy_file(2, dict_of(">i8", true, "(3, 4, 5)"), "x"),
      npy_file(3, "{'descr': [('m', '<u2')], 'fortran_order': False, 'shape': (2, 3, 4), }", "x"),
  };
  int accepted = 0;
  for (int round = 0; round < 200'000; ++round) {
    std::string bytes = bases[random.below(std::size(bases))];
    const std::uint64_t edits = 1 + random.below(4);
    for (std::uint64_t e = 0; e < edits && !bytes.empty(); ++e) {
      const auto at = static_cast<std::size_t>(random.below(bytes.size()));
      switch (random.below(4)) {
        case 0:
          bytes[at] = static_cast<char>(random.below(256));
          break;
        case 1:
          bytes.erase(at, static_cast<std::size_t>(random.below(8)));
          break;
        case 2:
          bytes.insert(at, 1, "{}()[]'\",:0129LTF \n"[random.below(19)]);
          break;
        default:
          bytes.resize(at);
      }
    }
    const auto layout = parse_npy_header(as_bytes(bytes));
    if (!layout) continue;
    ++accepted;
    ASSERT_TRUE(layout->bytes()) << "seed " << seed << " round " << round;
    ASSERT_LE(layout->offset, bytes.size()) << "seed " << seed << " round " << round;
  }
  EXPECT_GT(accepted, 1000);
}

}  // namespace
}  // namespace terrane

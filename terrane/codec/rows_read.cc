#include <algorithm>
#include <bit>
#include <cstring>

#include "terrane/codec/row_masks.h"
#include "terrane/codec/rows.h"

namespace terrane::detail {
namespace {

// Bytes of one stream; next() past the end gives 0 and is remembered.
class ByteStream {
 public:
  explicit ByteStream(std::span<const std::uint8_t> bytes)
      : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  std::uint8_t next() {
    if (at_ == end_) {
      failed_ = true;
      return 0;
    }
    return *at_++;
  }
  std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }
  bool failed() const { return failed_; }
  bool finished() const { return at_ == end_ && !failed_; }

 private:
  const std::uint8_t* at_;
  const std::uint8_t* end_;
  bool failed_ = false;
};

constexpr std::size_t kKindsPerByte = 3;
constexpr std::size_t kMostPacked = kMaxRows / kKindsPerByte + 1;

// Tells the kind of one row after the other.
class KindReader {
 public:
  explicit KindReader(const RowsParts& parts) : flats_(parts.streams[kFlatStream]) {
    const std::span<const std::uint8_t> packed = parts.streams[kKindStream];
    for (const int p : packed.first(std::min(packed.size(), kMostPacked))) {
      symbols_[count_++] = static_cast<std::uint8_t>(p % kRowKinds);
      symbols_[count_++] = static_cast<std::uint8_t>(p / kRowKinds % kRowKinds);
      symbols_[count_++] = static_cast<std::uint8_t>(p / (kRowKinds * kRowKinds) % kRowKinds);
      good_ = good_ && p < kRowKinds * kRowKinds * kRowKinds;
    }
    good_ = good_ && packed.size() <= kMostPacked;
    // Whoever asks for more than there are gets zeros, and not good().
    std::fill(symbols_.begin() + static_cast<std::ptrdiff_t>(count_), symbols_.end(), std::uint8_t{0});
    read_flats();
  }

  RowKind next(RowOrigins::Context context) {
    if (context == RowOrigins::Context::kFlat) {
      if (flat_ != 0) {
        --flat_;
        return kCopyBefore;
      }
      read_flats();
    }
    return static_cast<RowKind>(RowOrigins::swap_expected(symbols_[used_++], context));
  }

  // Nothing was missing, nothing is left over.
  bool good() const {
    bool padded = true;
    for (std::size_t i = used_; i < count_; ++i) padded = padded && symbols_[i] == 0;
    return good_ && last_ && padded && (used_ + kKindsPerByte - 1) / kKindsPerByte * kKindsPerByte == count_;
  }

 private:
  void read_flats() {
    last_ = flats_.left() == 0;
    flat_ = last_ ? ~std::size_t{0} : 0;  // after the last exception all are copies
    if (last_) return;
    std::uint8_t count;
    do {
      count = flats_.next();
      flat_ += count;
    } while (count == 255 && flats_.left() > 0);
    good_ = good_ && count != 255;
  }

  ByteStream flats_;
  std::size_t flat_ = 0;  // copies before the next flat row that is none
  bool last_ = false;
  bool good_ = true;
  std::size_t used_ = 0, count_ = 0;
  std::array<std::uint8_t, kMostPacked * kKindsPerByte> symbols_;
};

// Sixteen voxels: what a copy or a fill writes at least, where there is room. It may overwrite what comes
// after, which is written later.
constexpr std::size_t kStep = 16;

// Half of them: what a register of any machine holds, where an array would go through the stack.
typedef MaterialId HalfStep __attribute__((vector_size(16)));

inline void copy_step(const MaterialId* from, MaterialId* to) {
  HalfStep low, high;
  std::memcpy(&low, from, sizeof(low));
  std::memcpy(&high, from + kStep / 2, sizeof(high));
  std::memcpy(to, &low, sizeof(low));
  std::memcpy(to + kStep / 2, &high, sizeof(high));
}

inline void fill_step(MaterialId material, MaterialId* to) {
  const HalfStep step = HalfStep{} + material;
  std::memcpy(to, &step, sizeof(step));
  std::memcpy(to + kStep / 2, &step, sizeof(step));
}

class RowReader {
 public:
  RowReader(const RowsParts& parts, RowGrid grid, const std::array<RowKind, kMaxRows>& kinds,
            MaterialId* voxels)
      : grid_(grid),
        kinds_(kinds),
        voxels_(voxels),
        total_(grid.voxels()),
        palette_(parts.palette),
        segments_(parts.streams[kSegmentStream]),
        materials_(parts.streams[kMaterialStream]),
        lengths_(parts.streams[kLengthStream]),
        shifts_(parts.streams[kShiftStream]) {}

  Status read(int rows) {
    for (int row = 0; row < rows;) {
      const RowKind kind = kinds_[static_cast<std::size_t>(row)];
      int end = row + 1;
      if (kind == kShiftBefore || kind == kShiftAcross) {
        TERRANE_TRY(read_shift(row, kind == kShiftBefore ? row - 1 : row - grid_.per_plane));
      } else {
        while (end < rows && kinds_[static_cast<std::size_t>(end)] == kind) ++end;
        if (kind == kSegments) {
          // A stretch is one even where only its begin is asked for.
          const int stretch = stretch_from(end, grid_.rows);
          TERRANE_TRY(read_segments(grid_.offset(row), grid_.offset(end), grid_.offset(stretch)));
        } else {
          copy_rows(row, end, kind);
        }
      }
      row = end;
    }
    return finish(rows);
  }

  // Copies are written only where a row that is none looks at them.
  Status read_origins(const RowOrigins& origins, int rows) {
    for (int row = 0; row < rows;) {
      const RowKind kind = kinds_[static_cast<std::size_t>(row)];
      if (kind == kShiftBefore || kind == kShiftAcross) {
        TERRANE_TRY(read_shift(row, origins.of(kind == kShiftBefore ? row - 1 : row - grid_.per_plane)));
        ++row;
      } else if (kind != kSegments) {
        ++row;
      } else {
        const int end = stretch_from(row, rows), stretch = stretch_from(end, grid_.rows);
        write_copy(origins, row - 1);
        for (int r = row; r < end; ++r) write_copy(origins, r - grid_.per_plane);
        TERRANE_TRY(read_segments(grid_.offset(row), grid_.offset(end), grid_.offset(stretch)));
        row = end;
      }
    }
    return finish(rows);
  }

 private:
  Status finish(int rows) const {
    if (shifts_.failed()) return corrupt("a rows brick ends before its last shifted row");
    if (rows < grid_.rows) return ok();
    if (segments_.finished() && materials_.finished() && lengths_.finished() && shifts_.finished())
      return ok();
    return corrupt("a rows brick has bytes left over in its streams");
  }

  // Where the segments that go on in `row` end, or `rows`.
  int stretch_from(int row, int rows) const {
    while (row < rows && kinds_[static_cast<std::size_t>(row)] == kSegments) ++row;
    return row;
  }

  void write_copy(const RowOrigins& origins, int row) {
    if (row < 0 || origins.of(row) == row) return;
    std::memcpy(voxels_ + grid_.offset(row), voxels_ + grid_.offset(origins.of(row)),
                grid_.offset(1) * sizeof(MaterialId));
  }

  void copy_rows(int row, int end, RowKind kind) {
    MaterialId* to = voxels_ + grid_.offset(row);
    const std::size_t n = grid_.offset(end - row);
    if (kind == kCopyAcross) {
      // More rows than a plane overlap with their source: plane by plane.
      const std::size_t plane = grid_.offset(grid_.per_plane);
      for (std::size_t at = 0; at < n; at += plane) {
        std::memcpy(to + at, (to + at) - plane, std::min(plane, n - at) * sizeof(MaterialId));
      }
      return;
    }
    const auto length = static_cast<std::size_t>(grid_.length);
    const MaterialId* from = to - length;
    if (length == 64) {
      MaterialId whole[64];
      std::memcpy(whole, from, sizeof(whole));
      for (std::size_t at = 0; at < n; at += 64) std::memcpy(to + at, whole, sizeof(whole));
      return;
    }
    for (std::size_t at = 0; at < n; at += length) std::memcpy(to + at, from, length * sizeof(MaterialId));
  }

  void fill(std::size_t at, std::size_t n, MaterialId material) {
    if (at + n + kStep > total_) {
      std::fill_n(voxels_ + at, n, material);
      return;
    }
    for (std::size_t done = 0; done < n; done += kStep) fill_step(material, voxels_ + at + done);
  }

  Status read_shift(int row, int from) {
    const MaterialId* other = voxels_ + grid_.offset(from);
    const std::size_t base = grid_.offset(row);
    std::uint64_t starts = run_starts(other, grid_.length);
    int begin = 0;
    MaterialId material = other[0];
    for (starts &= starts - 1; starts != 0; starts &= starts - 1) {
      const int was = std::countr_zero(starts);
      const int coded = shifts_.next();
      const int is = was + ((coded >> 1) ^ -(coded & 1));
      if (is <= begin || is >= grid_.length) return corrupt("a rows brick shifts a run out of its row");
      fill(base + static_cast<std::size_t>(begin), static_cast<std::size_t>(is - begin), material);
      begin = is;
      material = other[was];
    }
    fill(base + static_cast<std::size_t>(begin), static_cast<std::size_t>(grid_.length - begin), material);
    return ok();
  }

  // Voxels [at, stop) of a stretch that goes on to `end`.
  Status read_segments(std::size_t at, std::size_t stop, std::size_t end) {
    const auto row = static_cast<std::size_t>(grid_.length);
    const std::size_t back[2] = {row, grid_.offset(grid_.per_plane)};
    while (at < stop) {
      const std::uint8_t segment = segments_.next();
      const unsigned kind = segment & 3u;
      std::size_t n = (segment >> 2) + std::size_t{1};
      if (n == kSegmentLengthLimit + 1) n += read_length();
      if (n > end - at || segments_.failed())
        return corrupt("a rows brick has segments longer than their rows");
      if (kind >= kRepeat) {
        if (kind == kRepeat && at == 0) return corrupt("a rows brick repeats a voxel before its first");
        MaterialId material;
        if (kind == kRepeat) {
          material = voxels_[at - 1];
        } else {
          TERRANE_ASSIGN(material, read_material());
        }
        fill(at, n, material);
      } else {
        if (back[kind] > at) return corrupt("a rows brick copies voxels from before its first");
        copy_back(at, n, back[kind]);
      }
      at += n;
    }
    return ok();
  }

  void copy_back(std::size_t at, std::size_t n, std::size_t back) {
    MaterialId* to = voxels_ + at;
    const MaterialId* from = to - back;
    if (back < kStep || at + n + kStep > total_) {
      for (std::size_t i = 0; i < n; ++i) to[i] = from[i];
      return;
    }
    for (std::size_t done = 0; done < n; done += kStep) copy_step(from + done, to + done);
  }

  std::size_t read_length() {
    std::size_t value = 0;
    for (unsigned shift = 0; shift <= 14; shift += 7) {
      const std::uint8_t b = lengths_.next();
      value |= static_cast<std::size_t>(b & 0x7f) << shift;
      if (b < 0x80) return lengths_.failed() ? total_ : value;
    }
    return total_;  // longer than any stretch
  }

  Result<MaterialId> read_material() {
    if (palette_.empty()) {
      const unsigned low = materials_.next(), high = materials_.next();
      if (!materials_.failed()) return static_cast<MaterialId>(low | high << 8);
    } else if (const std::size_t i = materials_.next(); i < palette_.size() && !materials_.failed()) {
      return palette_[i];
    }
    return corrupt("a rows brick names a material that its palette has not");
  }

  RowGrid grid_;
  const std::array<RowKind, kMaxRows>& kinds_;
  MaterialId* voxels_;
  std::size_t total_;
  std::span<const MaterialId> palette_;
  ByteStream segments_, materials_, lengths_, shifts_;
};

}  // namespace

Status read_kinds(const RowsParts& parts, RowGrid grid, RowsScratch& scratch) {
  RowOrigins& origins = scratch.origins;
  origins.start(grid);
  KindReader reader(parts);
  for (int row = 0, y = 0; row < grid.rows; ++row, y = y + 1 < grid.per_plane ? y + 1 : 0) {
    const bool before = y > 0, across = row >= grid.per_plane;
    const RowKind kind = reader.next(origins.context(row, before, across));
    const bool possible = kind == kSegments || (kind % 2 == 0 ? before : across);
    if (!possible) return corrupt("a rows brick copies a row from outside the brick");
    scratch.kinds[static_cast<std::size_t>(row)] = kind;
    origins.record(row, kind);
  }
  if (!reader.good()) return corrupt("a rows brick has not the kinds of exactly its rows");
  return ok();
}

Status read_rows(const RowsParts& parts, RowGrid grid, const std::array<RowKind, kMaxRows>& kinds, int rows,
                 MaterialId* voxels) {
  return RowReader(parts, grid, kinds, voxels).read(rows);
}

Status read_origins(const RowsParts& parts, RowGrid grid, const RowsScratch& scratch, int rows,
                    MaterialId* voxels) {
  return RowReader(parts, grid, scratch.kinds, voxels).read_origins(scratch.origins, rows);
}

}  // namespace terrane::detail

#include "terrane/voxel/pool.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace terrane {
namespace {

// Eight voxels side by side. Compilers turn these into the vectors of the machine (SSE2, NEON).
constexpr int kLanes = 8;
using Lanes = std::uint16_t __attribute__((vector_size(16)));

inline Lanes load(const MaterialId* from) {
  Lanes lanes;
  std::memcpy(&lanes, from, sizeof(lanes));
  return lanes;
}

inline Lanes splat(MaterialId material) {
  return Lanes{} + material;
}

// Comparisons give lanes of 0 or 65535.
template <class Comparison>
inline Lanes mask(Comparison comparison) {
  return reinterpret_cast<Lanes>(comparison);
}

inline bool all_set(Lanes m) {
  std::uint64_t halves[2];
  std::memcpy(halves, &m, sizeof(halves));
  return (halves[0] & halves[1]) == ~std::uint64_t{0};
}

inline Lanes even_lanes(Lanes a, Lanes b) {
  return __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14);
}
inline Lanes odd_lanes(Lanes a, Lanes b) {
  return __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15);
}

// The fluid ids as a short list where they are few, as they are: a comparison with each is faster than
// eight look-ups.
class Fluids {
 public:
  explicit Fluids(const FluidSet& set) : set_(set) {
    // A bitset is its words; std::bitset lets one only ask for one bit at a time.
    static_assert(sizeof(FluidSet) == sizeof(Words));
    const auto words = std::bit_cast<Words>(set);
    for (std::size_t w = 0; w < words.size(); ++w) {
      for (std::uint64_t rest = words[w]; rest != 0; rest &= rest - 1) {
        if (count_ < kMost)
          ids_[count_] = static_cast<MaterialId>(w * 64 + static_cast<unsigned>(std::countr_zero(rest)));
        ++count_;
      }
    }
  }
  const FluidSet& set() const { return set_; }
  bool none() const { return count_ == 0; }

  Lanes test(Lanes v) const {
    Lanes fluid{};
    if (count_ <= kMost) {
      for (std::size_t i = 0; i < count_; ++i) fluid |= mask(v == splat(ids_[i]));
      return fluid;
    }
    for (int i = 0; i < kLanes; ++i) fluid[i] = set_[v[i]] ? 65535 : 0;
    return fluid;
  }

 private:
  using Words = std::array<std::uint64_t, 1024>;
  static constexpr std::size_t kMost = 6;
  const FluidSet& set_;
  std::size_t count_ = 0;
  std::array<MaterialId, kMost> ids_{};
};

// pool_one() in every lane.
template <int kChildren>
Lanes pool_lanes(const Lanes (&children)[kChildren], const Fluids& fluids) {
  Lanes votes[kChildren];  // of the child's material; 0 for the class that lost
  for (Lanes& v : votes) v = splat(1);
  for (int i = 0; i < kChildren; ++i) {
    for (int k = i + 1; k < kChildren; ++k) {
      const Lanes equal = mask(children[i] == children[k]);
      votes[i] -= equal;
      votes[k] -= equal;
    }
  }
  if (!fluids.none()) {
    Lanes fluid[kChildren];
    Lanes count{};
    for (int i = 0; i < kChildren; ++i) {
      fluid[i] = fluids.test(children[i]);
      count -= fluid[i];
    }
    const Lanes fluid_wins = mask(count > splat(kChildren / 2));
    for (int i = 0; i < kChildren; ++i) votes[i] &= ~(fluid[i] ^ fluid_wins);
  }
  Lanes best = children[0], most = votes[0];
  for (int i = 1; i < kChildren; ++i) {
    const Lanes better = mask(votes[i] > most) | (mask(votes[i] == most) & mask(children[i] < best));
    best = (children[i] & better) | (best & ~better);
    most = (votes[i] & better) | (most & ~better);
  }
  return best;
}

// The fine rows beneath one coarse row.
struct Rows {
  std::array<const MaterialId*, 4> at{};
  int count = 0;
  std::int64_t length = 0;
  std::int64_t stride = 1;
};

Rows rows_beneath(ConstVoxelView fine, std::int64_t cx, std::int64_t cy) {
  Rows rows{.at = {}, .count = 0, .length = fine.size.z, .stride = fine.stride.z};
  for (std::int64_t x = 2 * cx; x < std::min(2 * cx + 2, fine.size.x); ++x) {
    for (std::int64_t y = 2 * cy; y < std::min(2 * cy + 2, fine.size.y); ++y) {
      rows.at[static_cast<std::size_t>(rows.count++)] = fine.row(x, y);
    }
  }
  return rows;
}

// Coarse voxels [begin, ceil(length / 2)) of a row.
void pool_row_scalar(const Rows& rows, std::int64_t begin, const FluidSet& fluids, MaterialId* coarse,
                     std::int64_t stride) {
  for (std::int64_t cz = begin; 2 * cz < rows.length; ++cz) {
    MaterialId children[8] = {};
    int n = 0;
    for (int r = 0; r < rows.count; ++r) {
      const MaterialId* row = rows.at[static_cast<std::size_t>(r)];
      children[n++] = row[2 * cz * rows.stride];
      if (2 * cz + 1 < rows.length) children[n++] = row[(2 * cz + 1) * rows.stride];
    }
    const bool same = std::all_of(children + 1, children + n, [&](MaterialId m) { return m == children[0]; });
    coarse[cz * stride] = same ? children[0] : pool_one(children, n, fluids);
  }
}

template <int kRows>
void pool_row(const Rows& rows, const Fluids& fluids, MaterialId* coarse) {
  std::int64_t cz = 0;
  for (; 2 * (cz + kLanes) <= rows.length; cz += kLanes) {
    Lanes low[kRows], high[kRows];
    Lanes same = splat(65535);
    for (int r = 0; r < kRows; ++r) {
      const MaterialId* row = rows.at[static_cast<std::size_t>(r)] + 2 * cz;
      low[r] = load(row);
      high[r] = load(row + kLanes);
      same &= mask(low[r] == low[0]) & mask(high[r] == high[0]);
    }
    const Lanes even = even_lanes(low[0], high[0]), odd = odd_lanes(low[0], high[0]);
    Lanes out = even;
    if (!all_set(same & mask(even == odd))) {
      Lanes children[2 * kRows];
      for (int r = 0; r < kRows; ++r) {
        children[2 * r] = even_lanes(low[r], high[r]);
        children[2 * r + 1] = odd_lanes(low[r], high[r]);
      }
      out = pool_lanes(children, fluids);
    }
    std::memcpy(coarse + cz, &out, sizeof(out));
  }
  pool_row_scalar(rows, cz, fluids.set(), coarse, 1);
}

}  // namespace

MaterialId pool_one(const MaterialId* children, int n, const FluidSet& fluids) {
  int fluid = 0;
  for (int i = 0; i < n; ++i) fluid += fluids[children[i]] ? 1 : 0;
  const bool fluid_wins = 2 * fluid > n;
  MaterialId best = 0;
  std::ptrdiff_t most = 0;
  for (int i = 0; i < n; ++i) {
    if (fluids[children[i]] != fluid_wins) continue;
    const std::ptrdiff_t votes = std::count(children, children + n, children[i]);
    if (votes > most || (votes == most && children[i] < best)) {
      most = votes;
      best = children[i];
    }
  }
  return best;
}

void detail::pool_scalar(ConstVoxelView fine, const FluidSet& fluids, VoxelView coarse) {
  for (std::int64_t cx = 0; cx < coarse.size.x; ++cx) {
    for (std::int64_t cy = 0; cy < coarse.size.y; ++cy) {
      pool_row_scalar(rows_beneath(fine, cx, cy), 0, fluids, coarse.row(cx, cy), coarse.stride.z);
    }
  }
}

void pool(ConstVoxelView fine, const FluidSet& fluids, VoxelView coarse) {
  if (fine.stride.z != 1 || coarse.stride.z != 1) return detail::pool_scalar(fine, fluids, coarse);
  const Fluids listed(fluids);
  for (std::int64_t cx = 0; cx < coarse.size.x; ++cx) {
    for (std::int64_t cy = 0; cy < coarse.size.y; ++cy) {
      const Rows rows = rows_beneath(fine, cx, cy);
      MaterialId* to = coarse.row(cx, cy);
      if (rows.count == 4) {
        pool_row<4>(rows, listed, to);
      } else if (rows.count == 2) {
        pool_row<2>(rows, listed, to);
      } else {
        pool_row<1>(rows, listed, to);
      }
    }
  }
}

}  // namespace terrane

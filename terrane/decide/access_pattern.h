#pragma once

#include <cstdint>

namespace terrane {

// How a part of a store is used: counted by a volume since it was opened, or given by hand. A plain value.
struct AccessPattern {
  std::uint64_t point_reads = 0;  // single voxels asked for
  std::uint64_t brick_reads = 0;  // bricks that reads of boxes touched
  std::uint64_t brick_writes = 0;
  std::uint64_t local_reads = 0;  // of both kinds of reads, those of the brick that the read before was of

  std::uint64_t reads() const { return point_reads + brick_reads; }
  // 0..1: how often a read finds the brick that was read last. 0 where there were no reads.
  double locality() const {
    return reads() == 0 ? 0 : static_cast<double>(local_reads) / static_cast<double>(reads());
  }
  // Expected for each time that a brick is written, once at least.
  double points_per_write() const { return per_write(point_reads); }
  double bricks_per_write() const { return per_write(brick_reads); }

  friend bool operator==(const AccessPattern&, const AccessPattern&) = default;

 private:
  double per_write(std::uint64_t n) const {
    return static_cast<double>(n) / static_cast<double>(brick_writes == 0 ? 1 : brick_writes);
  }
};

}  // namespace terrane

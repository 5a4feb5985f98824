#pragma once

#include <optional>

#include "terrane/codec/codec.h"

namespace terrane {

// What a strategy must keep to, and what time is worth. Limits are on the upper end of what is predicted
// (exceeded by one brick in five), so a strategy that might break one is left out.
struct Requirements {
  std::optional<double> max_read_ms;          // one voxel of a brick that is in no cache
  std::optional<double> max_brick_read_ms;    // a whole brick
  std::optional<double> min_encode_mb_per_s;  // of uint16 voxels
  std::optional<double> max_memory_mb;        // that encoding or decoding one brick works in
  std::optional<double> max_share;            // stored bytes over raw bytes
  // What is minimised: bytes + encode_weight x encoding + the expected reads x read_weight x their time.
  double encode_weight = 0;  // bytes per us
  double read_weight = 0;    // bytes per us

  // archive asks for bytes alone; balanced and fast pay for time, by the times that the model was fitted to,
  // so that the same voxels are coded alike on every machine.
  static Requirements of(Policy policy);
  bool limited() const {
    return max_read_ms || max_brick_read_ms || min_encode_mb_per_s || max_memory_mb || max_share;
  }
};

}  // namespace terrane

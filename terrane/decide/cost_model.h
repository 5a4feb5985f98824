#pragma once

#include <optional>
#include <string_view>

#include "terrane/analyze/brick_stats.h"
#include "terrane/codec/codec.h"

namespace terrane {

// What one strategy is expected to make of one brick.
struct Estimate {
  double bytes = 0;  // without the frame's header
  double encode_us = 0;
  double decode_us = 0;     // the whole brick
  double read_us = 0;       // one voxel, on the encoded bytes
  double memory_bytes = 0;  // worked in, beside the brick itself
  // How sure: the standard deviation of log2(true / expected). 0: exact.
  double bytes_sigma = 0, time_sigma = 0;

  // What four bricks in five stay below.
  double upper_bytes() const;
  double upper(double us) const;  // of one of the times
};

// Foretells what strategies make of a brick, from its statistics alone. const methods are thread-safe; the
// same statistics give the same answer.
class CostModel {
 public:
  virtual ~CostModel() = default;
  virtual std::string_view name() const = 0;
  // nullopt where the model does not know the strategy: it is then never chosen, but may be asked for.
  virtual std::optional<Estimate> estimate(const Codec& codec, const EncodeParameters& how,
                                           const BrickStats& stats, BrickShape shape) const = 0;
};

}  // namespace terrane

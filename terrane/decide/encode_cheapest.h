#pragma once

#include <span>
#include <string>

#include "terrane/codec/frame.h"
#include "terrane/decide/decision.h"

namespace terrane {

// A brick on its way to its frame, which becomes the end of a string. Refers to all that it is given; for one
// thread.
class FrameAttempt {
 public:
  // `spare` holds a second frame while two are compared.
  FrameAttempt(std::span<const MaterialId> voxels, const BrickContext& brick, CodecScratch& scratch,
               std::string& spare, std::string& out)
      : voxels_(voxels), brick_(brick), scratch_(scratch), spare_(spare), out_(out), start_(out.size()) {}

  bool taken() const { return taken_; }
  std::size_t payload_bytes() const { return out_.size() - start_ - kFrameHeaderBytes; }
  BrickShape shape() const { return brick_.shape; }

  // Keeps the smaller of this strategy's frame and what is there.
  void with(const Codec& codec, const EncodeParameters& how);

 private:
  std::span<const MaterialId> voxels_;
  const BrickContext& brick_;
  CodecScratch& scratch_;
  std::string& spare_;
  std::string& out_;
  std::size_t start_;
  bool taken_ = false;
};

// The cheapest by price that takes the brick; for archive, the smallest of the few that may be. Where reads
// do not count, others are tried where the first came to cost far more than they are expected to, and the
// palette, whose bytes are known beforehand, where it costs less. `decision` becomes what was decided. Every
// strategy of the table may decline.
void encode_cheapest(const BrickStats& stats, const AccessPattern& access, const Requirements& requirements,
                     const CostModel& model, Policy policy, const CodecTable& table, Decision& decision,
                     FrameAttempt& attempt);

}  // namespace terrane

#include "terrane/decide/encode_cheapest.h"

#include <algorithm>

namespace terrane {
namespace {

// What archive tries beside the first: strategies expected within a fifth of it.
constexpr double kWorthTrying = 1.2;
constexpr std::size_t kMostTried = 3;
// Where the first came to so many times what another is expected to cost, that one is tried too, unless it
// is slower.
constexpr double kMisjudged = 1.5;

}  // namespace

void FrameAttempt::with(const Codec& codec, const EncodeParameters& how) {
  if (!taken_) {
    taken_ = encode_frame(codec, how, voxels_, brick_, scratch_, out_);
    return;
  }
  spare_.clear();
  if (encode_frame(codec, how, voxels_, brick_, scratch_, spare_) && spare_.size() < out_.size() - start_)
    out_.replace(start_, std::string::npos, spare_);
}

void encode_cheapest(const BrickStats& stats, const AccessPattern& access, const Requirements& requirements,
                     const CostModel& model, Policy policy, const CodecTable& table, Decision& decision,
                     FrameAttempt& attempt) {
  decide(stats, attempt.shape(), access, requirements, model, policy, table, decision);
  const std::vector<Candidate>& candidates = decision.candidates;
  std::size_t next = 0;
  while (!attempt.taken() && next < candidates.size()) {
    attempt.with(*candidates[next].codec, candidates[next].how);
    ++next;
  }
  if (requirements.read_weight != 0) return;  // the model knows best
  const Candidate& first = candidates[next - 1];
  const double cost = first.cost - first.estimate.bytes + static_cast<double>(attempt.payload_bytes());
  const std::size_t tried = policy == Policy::kArchive ? std::max(next, kMostTried) : next;
  for (std::size_t i = next; i < candidates.size(); ++i) {
    const Candidate& other = candidates[i];
    if (other.excluded != Excluded::kNo) break;
    const bool worth_it = i < tried && other.cost <= first.cost * kWorthTrying;
    const bool is_palette = other.codec->id() == CodecId::kPalette;
    const bool misjudged =
        other.cost * (is_palette ? 1 : kMisjudged) < cost &&
        (is_palette || (i < kMostTried && other.estimate.encode_us < first.estimate.encode_us));
    if (worth_it || misjudged) attempt.with(*other.codec, other.how);
  }
}

}  // namespace terrane

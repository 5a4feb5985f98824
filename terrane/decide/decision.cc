#include "terrane/decide/decision.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <numbers>

namespace terrane {
namespace {

// One brick in five lies above mean + this many standard deviations.
constexpr double kUpperFifth = 0.8416;
// What `fast` pays: at 100 bytes per us, 100 MB/s of storage, encoding counts as much as writing what it
// makes.
constexpr double kFastEncodeWeight = 20, kFastReadWeight = 20;
// What `balanced` pays: a byte less is worth 10 us of encoding, once.
constexpr double kBalancedEncodeWeight = 0.1;
constexpr double kBytesPerMb = 1e6;

Excluded limit_broken(const Estimate& e, BrickShape shape, const Requirements& r) {
  const double raw = static_cast<double>(shape.voxels() * sizeof(MaterialId));
  if (r.max_read_ms && e.upper(e.read_us) > *r.max_read_ms * 1000) return Excluded::kReadTime;
  if (r.max_brick_read_ms && e.upper(e.decode_us) > *r.max_brick_read_ms * 1000)
    return Excluded::kBrickReadTime;
  // MB/s are bytes per us.
  if (r.min_encode_mb_per_s && raw < *r.min_encode_mb_per_s * e.upper(e.encode_us))
    return Excluded::kEncodeSpeed;
  if (r.max_memory_mb && e.memory_bytes > *r.max_memory_mb * kBytesPerMb) return Excluded::kMemory;
  if (r.max_share && e.upper_bytes() > *r.max_share * raw) return Excluded::kBudget;
  return Excluded::kNo;
}

// Only a read that does not find its brick in the cache costs a decode; point reads cost one `at` each, or a
// decode where `at` is dearer.
double cost_of(const Estimate& e, const AccessPattern& access, const Requirements& r) {
  const double miss = 1 - access.locality();
  const double reads =
      access.points_per_write() * std::min(e.read_us, e.decode_us) + access.bricks_per_write() * e.decode_us;
  return e.bytes + r.encode_weight * e.encode_us + r.read_weight * miss * reads;
}

// How likely the first is truly cheaper than the other, if both miss by as much as their sigma says.
double wins(const Candidate& first, const Candidate& other) {
  const double sigma = std::hypot(first.estimate.bytes_sigma, other.estimate.bytes_sigma);
  const double lead = std::log2(std::max(other.cost, 1.0) / std::max(first.cost, 1.0));
  if (sigma <= 0) return lead > 0 ? 1 : 0.5;
  return 0.5 * std::erfc(-lead / sigma / std::numbers::sqrt2);
}

void add_candidate(const Codec* codec, const BrickStats& stats, BrickShape shape, const AccessPattern& access,
                   const Requirements& requirements, const CostModel& model, Policy policy, Decision& out) {
  Candidate c;
  c.codec = codec;
  c.how.policy = policy;
  if (const std::optional<Estimate> estimate = model.estimate(*codec, c.how, stats, shape)) {
    c.estimate = *estimate;
    c.cost = cost_of(c.estimate, access, requirements);
    c.excluded = limit_broken(c.estimate, shape, requirements);
  } else {
    c.excluded = Excluded::kUnpriced;
  }
  out.candidates.push_back(c);
}

template <class... Values>
std::string text(const char* format, Values... values) {
  std::array<char, 256> room;
  const int n = std::snprintf(room.data(), room.size(), format, values...);
  return {room.data(), std::min(static_cast<std::size_t>(std::max(n, 0)), room.size() - 1)};
}

}  // namespace

double Estimate::upper_bytes() const {
  return bytes * std::exp2(kUpperFifth * bytes_sigma);
}

double Estimate::upper(double us) const {
  return us * std::exp2(kUpperFifth * time_sigma);
}

Requirements Requirements::of(Policy policy) {
  Requirements r;
  if (policy == Policy::kFast) {
    r.encode_weight = kFastEncodeWeight;
    r.read_weight = kFastReadWeight;
  }
  if (policy == Policy::kBalanced) r.encode_weight = kBalancedEncodeWeight;
  return r;
}

std::string_view name(Excluded excluded) {
  switch (excluded) {
    case Excluded::kNo:
      return "";
    case Excluded::kReadTime:
      return "one voxel takes too long";
    case Excluded::kBrickReadTime:
      return "a brick takes too long to read";
    case Excluded::kEncodeSpeed:
      return "encodes too slowly";
    case Excluded::kMemory:
      return "takes too much memory";
    case Excluded::kBudget:
      return "too many bytes";
    case Excluded::kUnpriced:
      return "no price is known";
  }
  return "unknown";
}

void decide(const BrickStats& stats, BrickShape shape, const AccessPattern& access,
            const Requirements& requirements, const CostModel& model, Policy policy, const CodecTable& table,
            Decision& out) {
  out.candidates.clear();
  for (const Codec* codec : table.all()) {
    if (codec->id() == CodecId::kUniform) continue;  // takes no other bricks, and those are ranges
    add_candidate(codec, stats, shape, access, requirements, model, policy, out);
  }
  std::sort(out.candidates.begin(), out.candidates.end(), [](const Candidate& a, const Candidate& b) {
    const auto rank = [](Excluded e) { return e == Excluded::kNo ? 0 : e == Excluded::kUnpriced ? 2 : 1; };
    if (rank(a.excluded) != rank(b.excluded)) return rank(a.excluded) < rank(b.excluded);
    if (a.cost != b.cost) return a.cost < b.cost;
    return a.codec->id() < b.codec->id();
  });
  out.confidence = 1;
  for (std::size_t i = 1; i < out.candidates.size(); ++i) {
    const Candidate& other = out.candidates[i];
    if (other.excluded == Excluded::kNo)
      out.confidence = std::min(out.confidence, wins(out.primary(), other));
  }
}

std::string reason(const Decision& decision, const BrickStats& stats, const AccessPattern& access) {
  const Candidate& first = decision.primary();
  std::string why(first.codec->name());
  if (decision.all_excluded()) {
    why += ", though no strategy keeps the limits (" + std::string(name(first.excluded)) + ")";
  }
  why += text(": %.0f bytes expected", first.estimate.bytes);
  if (const Candidate* second = decision.runner_up()) {
    why += text(", %.2f of what ", first.estimate.bytes / std::max(second->estimate.bytes, 1.0));
    why += std::string(second->codec->name()) + " would take";
    if (second->estimate.bytes < first.estimate.bytes) why += "; its time makes up for it";
  }
  why += text("; %zu materials, %.1f %% are of one", stats.distinct(), 100 * stats.dominant_share());
  if (stats.rows_new < stats.columns) {
    why += text("; %.0f %% of its columns are copies of a neighbour",
                100 - 100 * static_cast<double>(stats.rows_new) / static_cast<double>(stats.columns));
  }
  const auto excluded = static_cast<std::size_t>(std::count_if(
      decision.candidates.begin(), decision.candidates.end(),
      [](const Candidate& c) { return c.excluded != Excluded::kNo && c.excluded != Excluded::kUnpriced; }));
  if (excluded > 0) why += text("; the limits leave out %zu strategies", excluded);
  if (access.reads() > 0) {
    why += text("; %.3g points and %.3g bricks are read for each write, %.0f %% of them near the last",
                access.points_per_write(), access.bricks_per_write(), 100 * access.locality());
  }
  return why;
}

}  // namespace terrane

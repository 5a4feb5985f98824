#include <algorithm>

#include "terrane/report/report.h"
#include "terrane/report/text.h"

namespace terrane {

namespace {

constexpr double kReduction = 0.75, kOceanReduction = 0.50, kAddedMs = 10, kQueryMs = 50,
                 kIntegrity = 0.99999;

Target at_least(Target target, double limit, std::optional<double> value) {
  target.limit = limit, target.value = value;
  target.met = value && *value >= limit;
  target.measured = value ? percent_text(*value) : "not measured";
  return target;
}

Target below_ms(Target target, double limit, std::optional<double> microseconds) {
  target.limit = limit;
  if (microseconds) target.value = *microseconds / 1000;
  target.met = target.value && *target.value < limit;
  target.measured = microseconds ? micro_text(*microseconds) : "not measured";
  return target;
}

}  // namespace

std::vector<Target> targets_of(const StoreReport& report) {
  std::vector<Target> out;
  const auto target = [](const char* id, const char* name, const char* goal, std::string how) {
    return Target{.id = id, .name = name, .goal = goal, .measured = {}, .value = {}, .how = std::move(how)};
  };
  const bool ingested = report.info.ingested_bytes > 0;
  out.push_back(
      at_least(target("reduction", "Storage reduction", "75 to 85 %, or more",
                      ingested ? "all bytes of all levels, against 2 bytes a voxel of what was ingested"
                               : "nothing was ingested yet"),
               kReduction, ingested ? std::optional(report.info.reduction()) : std::nullopt));
  const RegionSum* ocean = report.regions.find(RegionType::kOcean);
  out.push_back(at_least(target("ocean_reduction", "Storage reduction in the ocean", "50 % or more",
                                ocean != nullptr ? "level 0 of the columns with liquid on top"
                                                 : "there is no ocean in this store"),
                         kOceanReduction,
                         ocean != nullptr ? std::optional(ocean->reduction()) : std::nullopt));
  const Samples& added = report.latency.bricks.added;
  out.push_back(
      below_ms(target("added_latency", "Latency added by compression, p99", "below 10 ms",
                      added.count() > 0 ? "a stored brick, cold, less the same read from voxels in memory"
                                        : "no brick is stored"),
               kAddedMs, added.count() > 0 ? std::optional(added.percentile(99)) : std::nullopt));
  std::optional<double> query;
  for (const Latency* l : {&report.latency.points, &report.latency.boxes}) {
    if (l->cold.count() > 0) query = std::max(query.value_or(0), l->cold.percentile(99));
  }
  out.push_back(
      below_ms(target("query_p99", "Query, p99", "below 50 ms", "the slower of cold points and cold boxes"),
               kQueryMs, query));
  const Integrity& whole = report.integrity;
  out.push_back(at_least(target("integrity", "Data integrity", "99.999 % or more",
                                count_text(whole.checked) +
                                    (whole.full ? " values read, decoded and compared with their hashes: all"
                                                : " values compared with their hashes: a sample")),
                         kIntegrity, whole.checked > 0 ? std::optional(whole.share()) : std::nullopt));
  return out;
}

}  // namespace terrane
